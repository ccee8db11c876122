//! MARKREAD: up to when a conversation was read. Source: IRCv3 `draft/read-marker`.

use super::history::date;
use super::room;
use crate::chat::{Command, Conversation};
use crate::dialect::irc::message::Message;
use crate::dialect::irc::note::Told;
use crate::dialect::steps::Step;

/// What MARKREAD asks for.
pub(super) fn step<'a>(message: &Message<'a>) -> Step<'a> {
    let Some(target) = message.said(0) else {
        return fail("NEED_MORE_PARAMS", &[], "Say of which channel or person");
    };
    let read = match message.said(1) {
        None => None,
        Some(written) => match written.strip_prefix("timestamp=").and_then(date) {
            Some(read) => Some(read),
            None => return fail("INVALID_PARAMS", &[target], "That is no timestamp"),
        },
    };
    let conversation = match room(target) {
        Some(room) => Conversation::Room(room),
        None => Conversation::Person(target),
    };
    Step::Command(Command::MarkRead { conversation, read })
}

fn fail<'a>(code: &'static str, about: &[&'a str], text: &'a str) -> Step<'a> {
    Step::Told(Told::fail("MARKREAD", code, about, text))
}
