//! Read marks: what a program asks of them, and how it is told.

use super::object::Object;
use crate::chat::{Command, Conversation, ConversationRef, Refusal};
use crate::time::UnixTime;

/// What a request asks that names a room or a person, and a date in seconds maybe.
pub(super) fn asked<'a>(
    room: Option<&'a str>,
    nick: Option<&'a str>,
    at: Option<u64>,
) -> Result<Command<'a>, Refusal> {
    let conversation = match (room, nick) {
        (Some(room), None) => Conversation::Room(room),
        (None, Some(nick)) => Conversation::Person(nick),
        _ => return Err(Refusal::RequestMalformed),
    };
    // All that was said in that second was read.
    let last = |at: u64| UnixTime::from_millis(at.saturating_mul(1_000).saturating_add(999));
    Ok(Command::MarkRead { conversation, read: at.map(last) })
}

/// Up to when a conversation was read.
pub(super) fn object(conversation: ConversationRef<'_>, at: Option<UnixTime>) -> Object<'_> {
    let (room, nick) = match conversation {
        ConversationRef::Room(room) => (Some(room.as_str().into()), None),
        ConversationRef::Person(person) => (None, Some(person.as_str().into())),
    };
    Object::Read { room, nick, at: at.map(|at| at.millis() / 1_000) }
}
