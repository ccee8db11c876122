//! Plain lines about messages that are taken back: `/redact`, and what others are told of it.

use super::date::Dated;
use super::slash::{first_word, needed};
use super::writing::notice;
use crate::chat::{
    Command, MessageRef, Nickname, Person, Redacted, RedactionRefusal, Refusal, RoomCommand,
    SentId, Verb,
};

/// `NUMBER` or `NUMBER REASON`.
pub(in crate::dialect) fn asked(argument: &str) -> Result<Command<'_>, Refusal> {
    let (number, reason) = first_word(needed(Verb::Redact, argument)?);
    let number = number.parse().map_err(|_| Refusal::Incomplete(Verb::Redact))?;
    let message = MessageRef::Number(number);
    Ok(RoomCommand::Redact { message, reason }.in_last_room())
}

/// Appends that a message in a room was taken back. Who sees no numbers is told when it was said.
pub(in crate::dialect) fn told(out: &mut Vec<u8>, redacted: &Redacted<'_>, numbered: bool) {
    let &Redacted { by, author, is_own, id, reason } = redacted;
    let which = match id {
        SentId::Numbered(id, _) if numbered => id.number.to_string(),
        _ => said_at(id),
    };
    let author = author.as_str();
    let (taken, by) = if is_own {
        ("taken back", String::new())
    } else {
        ("removed by ", by.as_str().to_owned())
    };
    let why = because(reason);
    notice(out, format_args!("the message {which} from {author} was {taken}{by}{why}"));
}

/// Appends that what one person said to another was taken back.
pub(in crate::dialect) fn private(
    out: &mut Vec<u8>,
    (from, to): (Person<'_>, &Nickname),
    (id, reason): (SentId, &str),
) {
    let (from, to, which, why) = (from.as_str(), to.as_str(), said_at(id), because(reason));
    notice(out, format_args!("the message {which} from {from} to {to} was taken back{why}"));
}

/// Why a message is not taken back.
pub(in crate::dialect) fn refusal(refusal: RedactionRefusal) -> &'static str {
    match refusal {
        RedactionRefusal::NoSuchMessage => {
            "there is no message of this number here (/numbers on shows them, and /history)"
        }
        RedactionRefusal::NotYours => {
            "that is not your message; those who look after the room can remove it"
        }
        RedactionRefusal::TooMany => "too many messages are being removed; try again in a while",
    }
}

fn said_at(id: SentId) -> String {
    let at = id.at();
    format!("of {} UTC", Dated { at, now: at })
}

/// A reason behind what was done, if there is one.
pub(super) fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}
