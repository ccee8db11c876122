//! Keeping what happens in a room, where somebody wants to read it again between the messages.
//!
//! A room keeps events from the time on when somebody comes who wants that, or asks for them; rooms
//! of people who never do pay one look for each event. Comings and goings that are told in numbers
//! alone are not kept. Like who is in a room, what is kept is each lobby's own and no fact: whoever
//! applies a fact keeps the event that it tells of, by an id of its own.

use super::Lobby;
use crate::chat::author::Author;
use crate::chat::event::RoomEvent;
use crate::chat::kept_events::{Happening, KeptEvent};
use crate::chat::message::PrivateId;
use crate::chat::outlet::Outlet;
use crate::chat::room::{RoomId, RoomRef};
use crate::id::ClientId;
use crate::limits::HISTORY_TOTAL_BYTES;
use crate::time::UnixTime;

impl Lobby {
    /// Keeps what happens in a room now, if events are kept there. Returns by what it is known
    /// then.
    pub(super) fn keep(
        &mut self,
        room: RoomId,
        now: UnixTime,
        what: impl FnOnce() -> Happening,
    ) -> Option<PrivateId> {
        if !self.keeps_events(room) {
            return None;
        }
        let id = self.next_private_id(now);
        self.keep_as(room, id, what());
        Some(id)
    }

    /// Keeps what happens in several rooms at once, in those that keep events. Returns by what it
    /// is known in all of them, if there are any.
    pub(super) fn keep_everywhere(
        &mut self,
        rooms: &[RoomId],
        now: UnixTime,
        what: impl Fn() -> Happening,
    ) -> Option<PrivateId> {
        if !rooms.iter().any(|room| self.keeps_events(*room)) {
            return None;
        }
        let id = self.next_private_id(now);
        for room in rooms {
            if self.keeps_events(*room) {
                self.keep_as(*room, id, what());
            }
        }
        Some(id)
    }

    /// Whether a room keeps events.
    pub(super) fn keeps_events(&self, room: RoomId) -> bool {
        self.rooms.get(room).is_some_and(|open| open.history.keeps_events())
    }

    /// Keeps what is known already, if the room keeps events. Where all that may be remembered is,
    /// the room forgets its events: they push no message out.
    pub(super) fn keep_as(&mut self, room: RoomId, id: PrivateId, what: Happening) {
        let after = self.sequence.cursor().number;
        let Some(open) = self.rooms.get_mut(room) else { return };
        self.remembered -= open.history.weight();
        open.history.keep(KeptEvent { id, after, what });
        if self.remembered + open.history.weight() > HISTORY_TOTAL_BYTES {
            open.history.forget_events();
        }
        self.remembered += open.history.weight();
    }

    /// Tells everyone in a room what is kept under this id, if it is.
    pub(super) fn publish_kept(
        &self,
        room: RoomId,
        author: Author,
        (kept, event): (Option<PrivateId>, &RoomEvent<'_>),
        outlet: &mut impl Outlet,
    ) {
        if let Some(open) = self.rooms.get(room) {
            publish_in(open.named(room), author, (kept, event), outlet);
        }
    }
}

/// Tells some of those in a room what is kept under this id, if it is.
pub(super) fn publish_in(
    room: RoomRef<'_>,
    author: Author,
    (kept, event): (Option<PrivateId>, &RoomEvent<'_>),
    outlet: &mut impl Outlet,
) {
    match kept {
        Some(id) => outlet.publish(room, author.client(), &RoomEvent::Kept { id, event }, &[]),
        None => outlet.publish(room, author.client(), event, &[]),
    }
}

/// Tells everyone in some rooms what somebody does, which is kept under this id, if it is.
pub(super) fn tell_kept(
    rooms: &[RoomRef<'_>],
    source: ClientId,
    (kept, event): (Option<PrivateId>, &RoomEvent<'_>),
    outlet: &mut impl Outlet,
) {
    match kept {
        Some(id) => outlet.tell_neighbours(rooms, Some(source), &RoomEvent::Kept { id, event }),
        None => outlet.tell_neighbours(rooms, Some(source), event),
    }
}
