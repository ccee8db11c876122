//! What happens in a room, as its readers are told of it.

use std::io::Write;

use super::capability::{Capabilities, Form, MULTILINE_BATCH, MULTILINE_CONCAT};
use super::numeric::END;
use super::source::{Id, by, channel, write_source};
use super::{redaction, renaming, ruled};
use crate::chat::{
    Departure, Moderation, ModerationAction, News, Nickname, Person, PrivateId, RoomEvent,
    RoomName, Sent, SentId, SentKind,
};
use crate::limits::IRC_LINE_BYTES_MAX;
use crate::text::fitting;
use crate::text::lines::{has_lines, pieces};

/// Appends what happened in a room, for readers of this form.
pub(in crate::dialect) fn write(
    form: Form,
    room: &RoomName,
    event: &RoomEvent<'_>,
    out: &mut Vec<u8>,
) {
    let target = channel(room);
    match *event {
        RoomEvent::Said { who, text, id, epoch } => {
            let (kind, id) = (SentKind::Said, SentId::Numbered(id, epoch));
            sent(form, &Sent { who, kind, text, tags: "", id }, &target, out);
        }
        RoomEvent::Acted { who, text, id, epoch } => {
            let (kind, id) = (SentKind::Acted, SentId::Numbered(id, epoch));
            sent(form, &Sent { who, kind, text, tags: "", id }, &target, out);
        }
        RoomEvent::Sent(ref message) => sent(form, message, &target, out),
        RoomEvent::Joined { who } => {
            let line = by(who, out).word("JOIN").word(&target);
            if form.has(Capabilities::EXTENDED_JOIN) {
                let account = who.account().map_or("*", Nickname::as_str);
                line.word(account).text(who.real());
            } else {
                line.end();
            }
            if let Some(text) = who.away() {
                news(form, who, News::Away(Some(text)), out);
            }
        }
        RoomEvent::Left { who, how } => left(who, how, &target, out),
        RoomEvent::Renamed { old, new } => renamed(old, new, out),
        RoomEvent::News { who, news } => self::news(form, who, news, out),
        // In a room so big a member is shown when it first speaks.
        RoomEvent::PresenceSummary { .. } => {}
        RoomEvent::TopicChanged { by: who, text } => {
            by(who, out).word("TOPIC").word(&target).text(text);
        }
        RoomEvent::RoomRenamed(ref event) => renaming::renamed(form, event, out),
        RoomEvent::Moderated(ref moderation) => moderated(moderation, &target, out),
        RoomEvent::Redacted(ref redacted) => redaction::redacted(form, redacted, &target, out),
        RoomEvent::Ruled(ref change) => ruled::write(form, change, &target, out),
        RoomEvent::Kept { id, event } => kept(form, room, id, event, out),
    }
}

/// Appends what is kept to be read again. Its first line bears its date and its id, whenever it is
/// told.
fn kept(form: Form, room: &RoomName, id: PrivateId, event: &RoomEvent<'_>, out: &mut Vec<u8>) {
    let mut lines = Vec::new();
    write(form, room, event, &mut lines);
    // What was sent has both, and its account.
    if !lines.is_empty() && !lines.starts_with(b"@") {
        let mut separator = b'@';
        if form.has(Capabilities::SERVER_TIME) {
            let _ = write!(out, "@time={}", Stamp(id.at.millis()));
            separator = b';';
        }
        if form.has(Capabilities::MESSAGE_TAGS) {
            out.push(separator);
            let _ = write!(out, "msgid={}", Id(SentId::Unnumbered(id)));
        }
        if form.has(Capabilities::SERVER_TIME) || form.has(Capabilities::MESSAGE_TAGS) {
            out.push(b' ');
        }
    }
    out.extend_from_slice(&lines);
}

/// Appends that somebody has left.
pub(super) fn left(who: Person<'_>, how: Departure<'_>, target: &str, out: &mut Vec<u8>) {
    match how {
        Departure::Parted { reason: "" } => by(who, out).word("PART").word(target).end(),
        Departure::Parted { reason } => by(who, out).word("PART").word(target).text(reason),
        Departure::Quit { reason: "" } => by(who, out).word("QUIT").text("Connection closed"),
        Departure::Quit { reason } => by(who, out).word("QUIT").text(reason),
        Departure::PutOut { by: other, reason } => {
            let line = by(other, out).word("KICK").word(target).word(who.as_str());
            line.text(if reason.is_empty() { other.as_str() } else { reason });
        }
    }
}

/// Appends that somebody has another nickname.
pub(super) fn renamed(old: Person<'_>, new: &Nickname, out: &mut Vec<u8>) {
    by(old, out).word("NICK").word(new.as_str()).end();
}

/// Appends an action of somebody who looks after a room. Who is put out has left already.
fn moderated(moderation: &Moderation<'_>, target: &str, out: &mut Vec<u8>) {
    let whom = moderation.whom.unwrap_or("*");
    let (mode, whom) = match moderation.action {
        ModerationAction::Kicked => return,
        ModerationAction::Banned | ModerationAction::Muted => ("+b", moderation.mask),
        ModerationAction::Unbanned | ModerationAction::Unmuted => ("-b", moderation.mask),
        ModerationAction::Promoted | ModerationAction::MadeOwner => ("+o", whom),
        ModerationAction::Demoted => ("-o", whom),
    };
    by(moderation.by, out).word("MODE").word(target).word(mode).word(whom).end();
}

/// Appends that the reader was put out of a room.
pub(super) fn put_out(moderation: &Moderation<'_>, whom: &str, out: &mut Vec<u8>) {
    let who = moderation.by;
    let line = by(who, out).word("KICK").word(&channel(moderation.room)).word(whom);
    line.text(if moderation.reason.is_empty() { who.as_str() } else { moderation.reason });
}

/// Appends what is new about somebody, for those who want to know.
pub(super) fn news(form: Form, who: Person<'_>, news: News<'_>, out: &mut Vec<u8>) {
    match news {
        News::Away(_) if !form.has(Capabilities::AWAY_NOTIFY) => {}
        News::Away(None) => by(who, out).word("AWAY").end(),
        News::Away(Some("")) => by(who, out).word("AWAY").text("away"),
        News::Away(Some(text)) => by(who, out).word("AWAY").text(text),
        News::Account if !form.has(Capabilities::ACCOUNT_NOTIFY) => {}
        News::Account => {
            let account = who.account().map_or("*", Nickname::as_str);
            by(who, out).word("ACCOUNT").word(account).end();
        }
        News::RealName(_) if !form.has(Capabilities::SETNAME) => {}
        News::RealName(real) => by(who, out).word("SETNAME").text(real),
    }
}

/// Appends a message, in as many lines as it takes: the first bears its id.
pub(super) fn sent(form: Form, message: &Sent<'_>, target: &str, out: &mut Vec<u8>) {
    if matches!(message.kind, SentKind::Tagged | SentKind::Fleeting) {
        if form.has(Capabilities::MESSAGE_TAGS) {
            write_tags(form, message, true, out);
            by(message.who, out).word("TAGMSG").word(target).end();
        }
        return;
    }
    let (verb, before, behind) = match message.kind {
        SentKind::Noticed => ("NOTICE", "", ""),
        SentKind::Control => ("PRIVMSG", "\x01", "\x01"),
        SentKind::ControlAnswer => ("NOTICE", "\x01", "\x01"),
        SentKind::Acted => ("PRIVMSG", "\x01ACTION ", "\x01"),
        _ => ("PRIVMSG", "", ""),
    };
    let mut head = Vec::new();
    write_source(message.who, &mut head);
    let _ = write!(head, " {verb} {target} :{before}");
    let most = IRC_LINE_BYTES_MAX.saturating_sub(head.len() + behind.len() + END.len()).max(1);
    let is_long = message.text.len() > most || has_lines(message.text);
    if is_long && message.kind == SentKind::Said && form.has(Capabilities::MULTILINE) {
        return in_batch(form, message, target, (&head, most), out);
    }
    let mut is_first = true;
    for (_, piece) in pieces(message.text) {
        let mut rest = piece;
        // Nobody is told a blank line who does not see that it is one of several.
        while !rest.is_empty() || message.text.is_empty() && is_first {
            write_tags(form, message, is_first, out);
            let (line, left) = cut(rest, most, true);
            write_line(&head, line, behind, out);
            (rest, is_first) = (left, false);
        }
    }
}

fn write_line(head: &[u8], text: &str, behind: &str, out: &mut Vec<u8>) {
    for part in [head, text.as_bytes(), behind.as_bytes(), END] {
        out.extend_from_slice(part);
    }
}

/// Appends a message of several lines as a batch (IRCv3 `multiline`), its lines in pieces that fit.
fn in_batch(
    form: Form,
    message: &Sent<'_>,
    target: &str,
    (head, most): (&[u8], usize),
    out: &mut Vec<u8>,
) {
    let batch = match message.id {
        SentId::Numbered(id, _) => format!("m{}", id.number),
        SentId::Unnumbered(id) => format!("w{}", id.count),
    };
    write_tags(form, message, true, out);
    by(message.who, out)
        .word("BATCH")
        .word(&format!("+{batch}"))
        .word(MULTILINE_BATCH)
        .word(target)
        .end();
    for (goes_on, piece) in pieces(message.text) {
        let (mut rest, mut is_first) = (piece, true);
        while is_first || !rest.is_empty() {
            let _ = write!(out, "@batch={batch}");
            if goes_on || !is_first {
                let _ = write!(out, ";{MULTILINE_CONCAT}");
            }
            out.push(b' ');
            let (line, left) = cut(rest, most, false);
            write_line(head, line, "", out);
            (rest, is_first) = (left, false);
        }
    }
    by(message.who, out).word("BATCH").word(&format!("-{batch}")).end();
}

/// Appends the tags of a message that readers of this form have asked for.
fn write_tags(form: Form, message: &Sent<'_>, is_first: bool, out: &mut Vec<u8>) {
    let start = out.len();
    let begin = |out: &mut Vec<u8>| out.push(if out.len() == start { b'@' } else { b';' });
    if form.has(Capabilities::SERVER_TIME) {
        begin(out);
        let _ = write!(out, "time={}", Stamp(message.id.at().millis()));
    }
    if form.has(Capabilities::ACCOUNT_TAG)
        && let Some(account) = message.who.account()
    {
        begin(out);
        let _ = write!(out, "account={}", account.as_str());
    }
    if form.has(Capabilities::MESSAGE_TAGS) {
        if is_first {
            begin(out);
            let _ = write!(out, "msgid={}", Id(message.id));
        }
        if !message.tags.is_empty() {
            begin(out);
            out.extend_from_slice(message.tags.as_bytes());
        }
        if message.who.is_bot() {
            begin(out);
            out.extend_from_slice(b"bot");
        }
    }
    if out.len() > start {
        out.push(b' ');
    }
}

/// As much of a text as fits, and the rest: cut at a space, which may be left out, or else between
/// two characters.
fn cut(text: &str, most: usize, without_space: bool) -> (&str, &str) {
    if text.len() <= most {
        return (text, "");
    }
    let end = fitting(text, most);
    let end = if end == 0 { text.chars().next().map_or(0, char::len_utf8) } else { end };
    match text[..end].rfind(' ').filter(|space| *space > end / 2) {
        Some(space) if without_space => (&text[..space], &text[space + 1..]),
        Some(space) => text.split_at(space + 1),
        None => text.split_at(end),
    }
}

/// A date as the tag `time` has it (IRCv3 `server-time`): `2011-10-19T16:40:51.620Z`.
pub(super) struct Stamp(pub(super) u64);

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = i64::try_from(self.0 / 1_000).unwrap_or(i64::MAX);
        // A year of five digits has no messages.
        let at = time::UtcDateTime::from_unix_timestamp(seconds).unwrap_or(time::UtcDateTime::MAX);
        let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
        let (hour, minute, second) = (at.hour(), at.minute(), at.second());
        let millis = self.0 % 1_000;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (millis, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_319_042_451_620, "2011-10-19T16:40:51.620Z"),
            (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Stamp(millis).to_string(), expected);
        }
    }

    #[test]
    fn long_text_is_cut_at_a_space_and_never_inside_a_character() {
        assert_eq!(cut("hello", 9, true), ("hello", ""));
        assert_eq!(cut("hello you there", 11, true), ("hello you", "there"));
        assert_eq!(cut("a bcdefghijklmnop", 9, true), ("a bcdefgh", "ijklmnop"));
        assert_eq!(cut("\u{e4}\u{e4}", 3, true), ("\u{e4}", "\u{e4}"));
        assert_eq!(cut("\u{1F600}x", 1, true), ("\u{1F600}", "x"));
    }
}
