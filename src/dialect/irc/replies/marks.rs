//! Read marks, as those are told of them who have taken `draft/read-marker`.

use crate::chat::ConversationRef;
use crate::dialect::irc::addressee::Addressee;
use crate::dialect::irc::capability::Capabilities;
use crate::dialect::irc::events::Stamp;
use crate::dialect::irc::source::channel;
use crate::time::UnixTime;

/// Appends up to when a conversation was read.
pub(super) fn write(
    reader: &Addressee,
    conversation: ConversationRef<'_>,
    at: Option<UnixTime>,
    out: &mut Vec<u8>,
) {
    if !reader.capabilities.has(Capabilities::READ_MARKER) {
        return;
    }
    let target = match conversation {
        ConversationRef::Room(room) => channel(room),
        ConversationRef::Person(person) => person.as_str().to_owned(),
    };
    let stamp = at.map_or_else(|| "*".to_owned(), |at| format!("timestamp={}", Stamp(at.millis())));
    reader.line(out).word("MARKREAD").word(&target).word(&stamp).end();
}
