//! Rooms that belong to nobody who could come back with a key: people on IRC make them.
//!
//! When everybody has left, such a room is as one that was never made, and whoever comes next makes
//! it anew: nothing that was said behind a closed door is read to a stranger, and no rule keeps out
//! everybody for ever.

use super::{Context, Lobby};
use crate::chat::fact::{Author, Change, Fact};
use crate::chat::history::History;
use crate::chat::name::Nickname;
use crate::chat::officers::Officers;
use crate::chat::outlet::Outlet;
use crate::chat::room::{Room, RoomId};
use crate::chat::room_settings::RoomSettings;

impl Lobby {
    /// Whether nobody could prove to own a room.
    pub(super) fn is_ownerless(&self, room: RoomId) -> bool {
        let has_owner = |open: &Room| open.settings.owner.is_some();
        room != RoomId::MAIN && self.rooms.get(room).is_some_and(|open| !has_owner(open))
    }

    /// Whether such a room is empty.
    pub(super) fn is_forsaken(&self, room: RoomId) -> bool {
        self.is_ownerless(room) && self.rooms.get(room).is_some_and(Room::is_empty)
    }

    /// Forgets a room, if somebody has left it who was the last.
    pub(super) fn forget_if_forsaken(
        &mut self,
        room: RoomId,
        by: &Nickname,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        if self.is_forsaken(room) {
            let forgotten = Fact::Changed { by: by.clone(), change: Change::Forgotten };
            self.happen(room, Author::There, forgotten, context, outlet);
        }
    }

    /// Makes a room what it was before anybody came.
    pub(super) fn forget_room(&mut self, room: RoomId) {
        let Some(open) = self.rooms.get_mut(room) else { return };
        self.remembered -= open.history.weight();
        open.settings = RoomSettings::default();
        open.history = History::beginning_after(open.history.last_number());
        open.officers = Officers::default();
        open.guesses = Default::default();
        if !self.invitations.is_empty() {
            self.invitations.forget_room(&open.name.key());
        }
        self.note_settings_changed(room);
    }
}
