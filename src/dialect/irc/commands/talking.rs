//! Saying something: PRIVMSG, NOTICE, TAGMSG.

use super::{accounts, target, told};
use crate::chat::{Circle, Command, Recipient, Sending, SentKind};
use crate::dialect::irc::message::Message;
use crate::dialect::steps::Step;
use crate::limits::{CLOAK_DIGITS, IRC_LINE_BYTES_MAX, NAME_BYTES_MAX, USER_NAME_CHARACTERS_MAX};

/// Bytes of a line that fits whatever its source is.
const SURELY_FITTING: usize =
    IRC_LINE_BYTES_MAX - NAME_BYTES_MAX - USER_NAME_CHARACTERS_MAX - CLOAK_DIGITS - 16;

/// What one program asks of another that tells of an action (CTCP).
const ACTION: &str = "ACTION ";
/// What begins and ends a message of one program to another.
const CONTROL: char = '\x01';

/// Tags of clients that are worth to be read again, without a message too: a reaction and its
/// withdrawal (IRCv3 `react`), and whatever a client says is to be kept.
const KEPT: [&str; 3] = ["+draft/persist", "+draft/react", "+draft/unreact"];

/// Whether a message fits one line when others are told it. Clients cut long text by themselves,
/// and must know where.
pub(super) fn fits(message: &Message<'_>, source_bytes: &dyn Fn() -> usize) -> bool {
    let (Some(targets), Some(text)) = (message.get(0), message.get(1)) else { return true };
    let longest = targets.split(',').map(str::len).max().unwrap_or(0);
    let body = message.verb.len() + longest + text.len() + ": ".len() + "  :\r\n".len();
    body <= SURELY_FITTING || body + source_bytes() <= IRC_LINE_BYTES_MAX
}

/// PRIVMSG: a message to a room or a person, to several one after the other.
pub(super) fn message<'a>(message: &Message<'a>, stage: usize) -> Option<Step<'a>> {
    if message.said(0).is_none() {
        return (stage == 0).then(|| told(411, &[], "No recipient given (PRIVMSG)"));
    }
    let Some(text) = message.said(1) else {
        return (stage == 0).then(|| told(412, &[], "No text to send"));
    };
    if message.get(0).is_some_and(accounts::is_service) {
        return (stage == 0).then(|| accounts::service(text));
    }
    let (kind, text) = match control(text) {
        Some(request) => match request.strip_prefix(ACTION) {
            Some(action) => (SentKind::Acted, action),
            None => (SentKind::Control, request),
        },
        None => (SentKind::Said, text),
    };
    send(message, stage, kind, text)
}

/// What one program says to another, if this is that.
fn control(text: &str) -> Option<&str> {
    let text = text.strip_prefix(CONTROL)?;
    Some(text.strip_suffix(CONTROL).unwrap_or(text))
}

/// NOTICE: the same, and never answered by an error.
pub(super) fn notice<'a>(message: &Message<'a>, stage: usize) -> Option<Step<'a>> {
    let (Some(_), Some(text)) = (message.said(0), message.said(1)) else {
        return (stage == 0).then_some(Step::Blank);
    };
    match control(text) {
        Some(answer) => send(message, stage, SentKind::ControlAnswer, answer),
        None => send(message, stage, SentKind::Noticed, text),
    }
}

/// TAGMSG: tags without a text (IRCv3 message-tags).
pub(super) fn tags<'a>(message: &Message<'a>, stage: usize) -> Option<Step<'a>> {
    if message.said(0).is_none() {
        return (stage == 0).then(|| told(461, &["TAGMSG"], "Not enough parameters"));
    }
    let tags = message.client_tags.split(';').map(|tag| tag.split('=').next().unwrap_or(tag));
    let is_kept = tags.into_iter().any(|tag| KEPT.contains(&tag));
    let kind = if is_kept { SentKind::Tagged } else { SentKind::Fleeting };
    send(message, stage, kind, "")
}

fn send<'a>(
    message: &Message<'a>,
    stage: usize,
    kind: SentKind,
    text: &'a str,
) -> Option<Step<'a>> {
    let target = match target(message.said(0)?, stage) {
        Ok(target) => target?,
        Err(step) => return Some(step),
    };
    let to = recipient(target);
    Some(Step::Command(Command::Send(Sending { to, kind, text, tags: message.client_tags })))
}

/// A room, some of those in it, or a person.
pub(in crate::dialect::irc) fn recipient(target: &str) -> Recipient<'_> {
    let circles = [("@", Circle::Operators), ("+", Circle::Voiced), ("", Circle::Everybody)];
    let found = circles.into_iter().find_map(|(prefix, circle)| {
        let room = target.strip_prefix(prefix).filter(|room| room.starts_with('#'))?;
        Some(Recipient::Room { room, circle })
    });
    found.unwrap_or(Recipient::Person(target))
}
