//! Saying something: PRIVMSG, NOTICE.

use super::{room, target, told};
use crate::chat::Command;
use crate::dialect::irc::message::Message;
use crate::dialect::steps::Step;

/// How a client asks that something be told as an action (CTCP).
const ACTION: &str = "\x01ACTION ";
/// What begins and ends a message of one program to another.
const CONTROL: char = '\x01';

/// PRIVMSG: a message to a room or a person, to several one after the other.
pub(super) fn message<'a>(message: &Message<'a>, stage: usize) -> Option<Step<'a>> {
    let Some(targets) = message.said(0) else {
        return (stage == 0).then(|| told(411, &[], "No recipient given (PRIVMSG)"));
    };
    let Some(text) = message.said(1) else {
        return (stage == 0).then(|| told(412, &[], "No text to send"));
    };
    let target = match target(targets, stage) {
        Ok(target) => target?,
        Err(step) => return Some(step),
    };
    let action = text.strip_prefix(ACTION).map(|text| text.strip_suffix(CONTROL).unwrap_or(text));
    Some(Step::Command(match (room(target), action) {
        (Some(room), Some(text)) => Command::Act { room: Some(room), text },
        (Some(room), None) => Command::Say { room: Some(room), text },
        (None, _) => Command::Whisper { to: target, text: action.unwrap_or(text) },
    }))
}

/// NOTICE: the same, and never answered by an error.
pub(super) fn notice<'a>(message: &Message<'a>, stage: usize) -> Option<Step<'a>> {
    let (Some(_), Some(_)) = (message.said(0), message.said(1)) else {
        return (stage == 0).then_some(Step::Blank);
    };
    self::message(message, stage)
}
