//! Readers: what is known of one client and is not the same for all who read so.
//!
//! Only clients whose encoding needs one have a [`Reader`](crate::dialect::Reader). What they have
//! done themselves is told to them like to everybody else, or apart, or not at all, as their reader
//! says.

use super::fanout::Fanout;
use crate::chat::{RoomEvent, RoomRef};
use crate::dialect::{Note, OwnEvent};
use crate::id::ClientId;

impl Fanout {
    /// Has a client's reader take a note, and tells the client what comes of it.
    pub fn note(&mut self, id: ClientId, note: &Note<'_>) {
        if !self.encoding(id).needs_reader() {
            return;
        }
        let mut told = std::mem::take(&mut self.encoded);
        told.clear();
        self.readers.entry(id).or_default().note(note, &mut told);
        if !told.is_empty() {
            self.push(id, &told);
        }
        self.encoded = told;
    }

    /// The client whose reader is told of its own event apart from all others, or not at all.
    pub(super) fn told_apart(
        &self,
        room: RoomRef<'_>,
        source: Option<ClientId>,
        event: &RoomEvent<'_>,
    ) -> Option<(ClientId, OwnEvent)> {
        if self.readers.is_empty() {
            return None;
        }
        let source = source?;
        let mut own = self.readers.get(&source)?.own_event(event);
        let keeps_list = self.encoding(source).lists_members();
        let is_left_out =
            !room.to.includes(keeps_list) || event.is_sent() && !self.hears(room.id, source);
        if own == OwnEvent::Shared && is_left_out {
            // It speaks from outside, or is not shown yet, and is told what others are told.
            own = OwnEvent::Alone;
        }
        (own != OwnEvent::Shared).then_some((source, own))
    }

    /// Tells a client what it has done itself in a room.
    pub(super) fn tell_own_event(
        &mut self,
        id: ClientId,
        room: RoomRef<'_>,
        event: &RoomEvent<'_>,
    ) {
        let mut told = std::mem::take(&mut self.encoded);
        told.clear();
        if let Some(reader) = self.readers.get_mut(&id) {
            reader.room_event(room.name, event, &mut told);
        }
        if !told.is_empty() {
            self.push(id, &told);
        }
        self.encoded = told;
    }
}
