//! That a room has another name, as those are told of it who have not taken `draft/channel-rename`:
//! it looks as if they had left it and come into another, as a JOIN would be answered.

use super::{marks, rooms};
use crate::chat::{ConversationRef, Departure, RenamedAround, RoomEvent, RoomRenamed};
use crate::dialect::irc::addressee::Addressee;
use crate::dialect::irc::capability::Capabilities;
use crate::dialect::irc::events;
use crate::dialect::irc::source::channel;

/// Appends that a room has another name.
pub(super) fn write(reader: &Addressee, around: &RenamedAround<'_>, out: &mut Vec<u8>) {
    let form = reader.capabilities.form();
    if form.has(Capabilities::CHANNEL_RENAME) {
        return;
    }
    let &RenamedAround { who, renamed, topic, is_secret, people, read } = around;
    let RoomRenamed { old, new, reason, .. } = renamed;
    events::left(who, Departure::Parted { reason }, &channel(old), out);
    events::write(form, new, &RoomEvent::Joined { who }, out);
    if topic.is_some() {
        rooms::topic(reader, new, topic, out);
    }
    marks::write(reader, ConversationRef::Room(new), read, out);
    if !reader.capabilities.has(Capabilities::NO_IMPLICIT_NAMES) {
        rooms::names(reader, new, (is_secret, people), out);
        rooms::end_of_names(reader, new, out);
    }
}
