//! Rooms and who sits in them.
//!
//! A room keeps its members in one dense vector, which is what a message is fanned out over. A
//! member remembers its place there, so that leaving a room of any size costs the same: the last
//! member moves into the gap. A room opens with its first member and closes with its last; only
//! `main` is always open.

use std::collections::HashMap;

use slab::Slab;

use super::name::{NameKey, RoomName};
use super::refusal::Refusal;
use crate::id::ClientId;

/// Names one open room. Reused after the room has closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(u32);

impl RoomId {
    /// The room where everyone starts.
    pub const MAIN: Self = Self(0);

    /// A number below the most rooms that were ever open at once.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One member's place in one room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) room: RoomId,
    /// Index into the room's members.
    pub(super) place: u32,
}

/// An open room.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) name: RoomName,
    pub(super) members: Vec<ClientId>,
    /// The number of the change that made the members what they are.
    pub(super) version: u64,
}

/// What an emptied seat leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vacancy {
    /// Nobody moved.
    Gap,
    /// This client moved into the seat: its place in the room is now that one.
    Filled(ClientId),
    /// It was the last seat, and the room has closed.
    Closed,
}

/// Every open room.
#[derive(Debug)]
pub(super) struct Rooms {
    rooms: Slab<Room>,
    names: HashMap<NameKey, RoomId>,
    max: usize,
    /// Times that somebody came into a room or left one.
    changes: u64,
}

impl Rooms {
    /// `main`, and room for so many rooms in all.
    pub(super) fn new(max: usize) -> Self {
        let mut rooms =
            Self { rooms: Slab::new(), names: HashMap::new(), max: max.max(1), changes: 0 };
        let main = rooms.insert(RoomName::main());
        debug_assert_eq!(main, RoomId::MAIN);
        rooms
    }

    /// The room of that name, opened if need be.
    pub(super) fn find_or_open(&mut self, name: RoomName) -> Result<RoomId, Refusal> {
        match self.find(&name) {
            Some(room) => Ok(room),
            None if self.rooms.len() >= self.max => Err(Refusal::TooManyRooms),
            None => Ok(self.insert(name)),
        }
    }

    /// Seats a client in an open room.
    pub(super) fn seat(&mut self, room: RoomId, client: ClientId) -> Seat {
        let open = self.change(room);
        open.members.push(client);
        Seat { room, place: (open.members.len() - 1) as u32 }
    }

    /// Empties a seat, closing the room with its last member.
    pub(super) fn unseat(&mut self, seat: Seat) -> Vacancy {
        let room = self.change(seat.room);
        room.members.swap_remove(seat.place as usize);
        if room.members.is_empty() && seat.room != RoomId::MAIN {
            let key = room.name.key();
            self.names.remove(&key);
            self.rooms.remove(seat.room.index());
            return Vacancy::Closed;
        }
        room.members.get(seat.place as usize).copied().map_or(Vacancy::Gap, Vacancy::Filled)
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        for (_, room) in &mut self.rooms {
            room.members.shrink_to_fit();
        }
    }

    /// The open room of that name.
    pub(super) fn find(&self, name: &RoomName) -> Option<RoomId> {
        self.names.get(&name.key()).copied()
    }

    /// An open room.
    pub(super) fn get(&self, room: RoomId) -> Option<&Room> {
        self.rooms.get(room.index())
    }

    /// Every open room.
    pub(super) fn iter(&self) -> impl Iterator<Item = (RoomId, &Room)> {
        self.rooms.iter().map(|(index, room)| (RoomId(index as u32), room))
    }

    /// How many rooms are open.
    pub(super) fn len(&self) -> usize {
        self.rooms.len()
    }

    /// An open room whose members are about to change.
    fn change(&mut self, room: RoomId) -> &mut Room {
        self.changes += 1;
        let room = &mut self.rooms[room.index()];
        room.version = self.changes;
        room
    }

    fn insert(&mut self, name: RoomName) -> RoomId {
        let key = name.key();
        let room = Room { name, members: Vec::new(), version: 0 };
        let room = RoomId(self.rooms.insert(room) as u32);
        self.names.insert(key, room);
        room
    }
}
