//! One person who has a nickname.

use super::name::Nickname;
use super::room::{RoomId, Seat};

/// A registered client: its nickname and where it sits.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) nickname: Nickname,
    /// In the order of joining: the last is the room that unaddressed lines go to.
    pub(super) seats: Vec<Seat>,
}

impl Member {
    /// A person who sits nowhere yet.
    pub(super) fn new(nickname: Nickname) -> Self {
        Self { nickname, seats: Vec::with_capacity(1) }
    }

    /// The room joined last.
    pub(super) fn active_room(&self) -> Option<RoomId> {
        self.seats.last().map(|seat| seat.room)
    }

    /// The seat in this room.
    pub(super) fn seat_in(&self, room: RoomId) -> Option<Seat> {
        self.seats.iter().copied().find(|seat| seat.room == room)
    }
}
