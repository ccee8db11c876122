//! Notices for plain-line clients about history, moderation and big rooms.

use std::io::Write;
use std::time::Duration;

use super::accounts;
use super::date::Dated;
use super::rounded::Rounded;
use super::writing::{Listing, line, notice, number};
use crate::chat::{
    HistoryCursor, Message, MessageKind, Moderation, ModerationAction, Person, Recalled, Reply,
    RoomName, Sanction, SanctionKind, Topic,
};
use crate::text::lines::shown_lines;
use crate::text::without_formatting;
use crate::time::UnixTime;

/// Appends a reply that `wording` has no line for.
pub(in crate::dialect) fn write(reply: &Reply<'_>, numbered: bool, out: &mut Vec<u8>) {
    match *reply {
        Reply::RecallBegins { room, count, which } => recall_begins(out, room, count, which),
        Reply::RecallEnds { room, cursor } => recall_ends(out, room, numbered.then_some(cursor)),
        Reply::HearsHistory(true) => line(out, &["* you will be read what was said before"]),
        Reply::HearsHistory(false) => line(out, &["* you will not be read what was said before"]),
        Reply::Topic { room, topic } => tell_topic(out, room, topic),
        Reply::Owns { room, key } => owns(out, room, key),
        Reply::PasswordSet { room, needed } => password_set(out, room, needed),
        Reply::YouWere(moderation) => moderated(out, &moderation, true),
        Reply::Sanctions { room, list, page: (page, pages), now } => {
            list_sanctions(out, room, list, now);
            if page < pages {
                notice(out, format_args!("there are more: /bans {}", page + 1));
            }
        }
        Reply::Ignores(names) => list_ignored(out, names),
        Reply::IgnoreChanged { name, ignored: true } => {
            line(out, &["* you hear nothing of ", name, " any more (/unignore ", name, ")"]);
        }
        Reply::IgnoreChanged { name, ignored: false } => {
            line(out, &["* you hear ", name, " again"]);
        }
        Reply::Account(answer) => accounts::answer(&answer, out),
        Reply::Checking => line(out, &["* your password is being checked"]),
        Reply::IsServerOperator => {
            line(out, &["* you look after the server now (/help rooms: what you can do)"]);
        }
        // Written by `wording`.
        _ => {}
    }
}

/// A message of the history: numbered as it was, or else dated, as a notice, so that no program
/// takes it for one that is said now. No nickname begins with a bracket.
pub(in crate::dialect) fn remembered(
    out: &mut Vec<u8>,
    numbered: bool,
    message: &Message,
    now: UnixTime,
) {
    let (who, text) = (message.who.as_str(), without_formatting(&message.text));
    for text in shown_lines(&text) {
        if numbered {
            number(out, numbered, message.id);
        } else {
            let _ = write!(out, "* [{}] ", Dated { at: message.id.at, now });
        }
        match message.kind {
            MessageKind::Said | MessageKind::Noticed => line(out, &[who, ": ", &text]),
            MessageKind::Acted => line(out, &["* ", who, " ", &text]),
        }
    }
}

/// The summary of comings and goings: how many came, left and are here.
pub(in crate::dialect) fn presence_summary(out: &mut Vec<u8>, joined: u32, left: u32, here: usize) {
    let _ = match (joined, left) {
        (joined, 0) => write!(out, "* +{joined}"),
        (0, left) => write!(out, "* -{left}"),
        (joined, left) => write!(out, "* +{joined} -{left}"),
    };
    let _ = writeln!(out, ", {} here", Grouped(here));
}

/// A number as people read it: `1,204`.
struct Grouped(usize);

impl std::fmt::Display for Grouped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            small @ ..1_000 => write!(f, "{small}"),
            large => write!(f, "{},{:03}", Self(large / 1_000), large % 1_000),
        }
    }
}

/// The topic, and who set it.
pub(in crate::dialect) fn topic_changed(out: &mut Vec<u8>, by: Person<'_>, text: &str) {
    match text {
        "" => line(out, &["* there is no topic any more, by ", by.as_str()]),
        text => line(out, &["* the topic is now: ", text, " (by ", by.as_str(), ")"]),
    }
}

fn recall_begins(out: &mut Vec<u8>, room: &RoomName, count: usize, which: Recalled) {
    let room = room.as_str();
    let messages = if count == 1 { "message" } else { "messages" };
    match which {
        Recalled::Last if count == 0 => {
            notice(out, format_args!("-- no messages in {room} yet --"));
        }
        Recalled::Last if count == 1 => {
            notice(out, format_args!("-- last message in {room} (UTC) --"));
        }
        Recalled::Last => notice(out, format_args!("-- last {count} messages in {room} (UTC) --")),
        Recalled::Since(number) => {
            notice(out, format_args!("-- {count} {messages} in {room} since {number} --"));
        }
        Recalled::Before { number, .. } => {
            notice(out, format_args!("-- {count} {messages} in {room} before {number} --"));
        }
        Recalled::Gap(number) => notice(
            out,
            format_args!(
                "-- gap: not all since {number} is remembered; {count} {messages} in {room} --"
            ),
        ),
    }
}

fn recall_ends(out: &mut Vec<u8>, room: &RoomName, cursor: Option<HistoryCursor>) {
    match cursor {
        None => line(out, &["* -- end of history --"]),
        Some(HistoryCursor { epoch, number }) => {
            let room = room.as_str();
            notice(out, format_args!("-- end of history: {room} is at {epoch:08x}:{number} --"));
        }
    }
}

/// The answer to `/numbers`: how far the messages are, or that they have no numbers any more.
pub(in crate::dialect) fn numbers(out: &mut Vec<u8>, cursor: Option<HistoryCursor>) {
    match cursor {
        None => line(out, &["* no numbers any more"]),
        Some(HistoryCursor { epoch, number }) => notice(
            out,
            format_args!(
                "-- numbers are on: each message begins with @NUMBER SECONDS; \
                 now at {epoch:08x}:{number} --"
            ),
        ),
    }
}

/// The answer to `/format text`.
pub(in crate::dialect) fn plain_again(out: &mut Vec<u8>) {
    line(out, &["* you read plain lines from now on (/format json: one JSON object a line)"]);
}

fn tell_topic(out: &mut Vec<u8>, room: &RoomName, topic: Option<&Topic>) {
    match topic {
        None => line(out, &["* there is no topic in ", room.as_str()]),
        Some(Topic { text, by, .. }) => {
            let (room, by) = (room.as_str(), by.as_str());
            line(out, &["* the topic of ", room, ": ", text, " (by ", by, ")"]);
        }
    }
}

fn owns(out: &mut Vec<u8>, room: &RoomName, key: u64) {
    let room = room.as_str();
    notice(
        out,
        format_args!(
            "you own {room} (/help rooms); keep this, it makes you its owner again when you come \
             back: /join {room} {key:016x}"
        ),
    );
}

fn password_set(out: &mut Vec<u8>, room: &RoomName, needed: bool) {
    let room = room.as_str();
    if needed {
        line(out, &["* the room ", room, " needs a password now: /join ", room, " PASSWORD"]);
    } else {
        line(out, &["* the room ", room, " needs no password any more"]);
    }
}

/// An action of a moderator. `to_whom`: as its target is told of it.
pub(in crate::dialect) fn moderated(out: &mut Vec<u8>, moderation: &Moderation<'_>, to_whom: bool) {
    let &Moderation { action, room, whom, by, lasts, reason, .. } = moderation;
    let (done, from) = match action {
        ModerationAction::Kicked => ("put out", "of"),
        ModerationAction::Banned => ("banned", "from"),
        ModerationAction::Unbanned => ("allowed back", "in"),
        ModerationAction::Muted => ("muted", "in"),
        ModerationAction::Unmuted => ("allowed to speak again", "in"),
        ModerationAction::Promoted => ("made an operator", "of"),
        ModerationAction::Demoted => ("removed as an operator", "of"),
        ModerationAction::MadeOwner => ("made the owner", "of"),
    };
    let room = room.as_str();
    let _ = match to_whom {
        true => write!(out, "* you were {done} {from} {room}"),
        false => {
            let whom = whom.unwrap_or("an address");
            write!(out, "* the room {room}: {whom} was {done}")
        }
    };
    let _ = write!(out, " by {}", by.as_str());
    if matches!(action, ModerationAction::Banned | ModerationAction::Muted) {
        for_how_long(out, lasts);
    }
    because(out, reason);
    out.push(b'\n');
}

fn for_how_long(out: &mut Vec<u8>, lasts: Option<Duration>) {
    if let Some(lasts) = lasts {
        let _ = write!(out, " for {}", Rounded(lasts));
    }
}

/// The end of a line that tells why, if anybody has said so.
pub(in crate::dialect) fn because(out: &mut Vec<u8>, reason: &str) {
    if !reason.is_empty() {
        let _ = write!(out, ": {reason}");
    }
}

fn list_sanctions(out: &mut Vec<u8>, room: &RoomName, list: &[&Sanction], now: UnixTime) {
    if list.is_empty() {
        return line(out, &["* nobody is banned from ", room.as_str(), " or muted there"]);
    }
    for sanction in list {
        let kind = match sanction.kind {
            SanctionKind::Ban => "ban",
            SanctionKind::Mute => "mute",
            SanctionKind::BanException => "exception",
            SanctionKind::InviteException => "open invitation",
        };
        let whom = match (&sanction.name, sanction.network) {
            (None, None) => sanction.mask.as_ref().map_or("", |mask| mask.as_str()).to_owned(),
            (Some(name), None) => name.as_str().to_owned(),
            (Some(name), Some(_)) => format!("{} and the address", name.as_str()),
            (None, _) => "an address".to_owned(),
        };
        let (number, by) = (sanction.number, sanction.by.as_str());
        let _ = write!(out, "* the {kind} {number} in {}: {whom}", room.as_str());
        for_how_long(out, sanction.until.map(|until| until.since(now)));
        let _ = write!(out, ", by {by}");
        because(out, &sanction.reason);
        out.push(b'\n');
    }
}

fn list_ignored(out: &mut Vec<u8>, names: &[&str]) {
    if names.is_empty() {
        return line(out, &["* you ignore nobody (/ignore NAME)"]);
    }
    let mut listing = Listing::begin(out, format_args!("you ignore "));
    for name in names {
        listing.add(format_args!("{name}"));
    }
    listing.end(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_their_two_largest_units() {
        for (seconds, said) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (61, "1m1s"),
            (3_600, "1h"),
            (5_430, "1h30m"),
            (86_400, "1d"),
            (93_600, "1d2h"),
            (31_536_000, "365d"),
        ] {
            assert_eq!(Rounded(Duration::from_secs(seconds)).to_string(), said);
        }
        assert_eq!(Rounded(Duration::from_millis(600)).to_string(), "1s");
    }

    #[test]
    fn comings_and_goings_of_a_crowd_are_one_short_line() {
        for (joined, left, here, told) in [
            (37, 12, 1_204, "* +37 -12, 1,204 here\n"),
            (1, 0, 201, "* +1, 201 here\n"),
            (0, 3, 12_345_678, "* -3, 12,345,678 here\n"),
        ] {
            let mut out = Vec::new();
            presence_summary(&mut out, joined, left, here);
            assert_eq!(String::from_utf8(out).unwrap(), told);
        }
    }
}
