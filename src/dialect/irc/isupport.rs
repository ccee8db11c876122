//! What the server says of its limits and ways (numeric 005, `RPL_ISUPPORT`).
//!
//! Every number is one of `limits`.

use crate::limits::{
    AWAY_BYTES_MAX, IRC_HISTORY_MAX, IRC_MODES_MAX, IRC_NAMES_MAX, IRC_TARGETS_MAX, MASKS_MAX,
    NAME_COLUMNS_MAX, REAL_NAME_BYTES_MAX, REASON_BYTES_MAX, ROOM_NAME_COLUMNS_MAX,
    ROOMS_PER_MEMBER_MAX, TOPIC_BYTES_MAX, USER_NAME_CHARACTERS_MAX, WATCHED_MAX,
};

/// What fits one line, with its text.
const TOKENS_PER_LINE: usize = 13;

/// The tokens, line by line.
pub(super) fn lines() -> Vec<String> {
    let tokens = tokens();
    tokens.chunks(TOKENS_PER_LINE).map(|tokens| tokens.join(" ")).collect()
}

fn tokens() -> Vec<String> {
    let most = IRC_TARGETS_MAX;
    vec![
        "CASEMAPPING=ascii".into(),
        "CHANTYPES=#".into(),
        "PREFIX=(ov)@+".into(),
        format!("NICKLEN={NAME_COLUMNS_MAX}"),
        format!("CHANNELLEN={ROOM_NAME_COLUMNS_MAX}"),
        "CHANMODES=beI,k,l,CRimnst".into(),
        "EXCEPTS=e".into(),
        "INVEX=I".into(),
        "EXTBAN=,am".into(),
        "ACCOUNTEXTBAN=a".into(),
        "ELIST=CMNTU".into(),
        "STATUSMSG=@+".into(),
        format!("MODES={IRC_MODES_MAX}"),
        format!("MAXLIST=b:{MASKS_MAX},e:{MASKS_MAX},I:{MASKS_MAX}"),
        format!("TOPICLEN={TOPIC_BYTES_MAX}"),
        format!("KICKLEN={REASON_BYTES_MAX}"),
        format!("USERLEN={USER_NAME_CHARACTERS_MAX}"),
        format!("NAMELEN={REAL_NAME_BYTES_MAX}"),
        format!("CHANLIMIT=#:{ROOMS_PER_MEMBER_MAX}"),
        format!(
            "TARGMAX=PRIVMSG:{most},NOTICE:{most},TAGMSG:{most},JOIN:,PART:,KICK:{most},\
             NAMES:{IRC_NAMES_MAX}"
        ),
        format!("AWAYLEN={AWAY_BYTES_MAX}"),
        format!("MONITOR={WATCHED_MAX}"),
        format!("CHATHISTORY={IRC_HISTORY_MAX}"),
        "MSGREFTYPES=msgid,timestamp".into(),
        "WHOX".into(),
        "BOT=B".into(),
        "UTF8ONLY".into(),
        "NETWORK=mio-chat".into(),
    ]
}
