//! Every room, by its id and by its name.
//!
//! A room opens with its first member. When the last one leaves it is empty, but keeps its
//! settings and its history. Clients that listen keep a room in memory as members do. When there
//! are as many rooms as may be, an empty one makes way: where rooms are kept elsewhere the one that
//! has been empty longest, and nothing is lost; else one of the network that has founded most
//! ([`Standing`]). `main` is always there.
//!
//! Invariants: a room is found by its name and by no other; rooms are counted by their founders.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use slab::Slab;

use super::history::History;
use super::message::MessageId;
use super::name::{NameKey, RoomName};
use super::officers::Officers;
use super::refusal::Refusal;
use super::room::{Membership, Room, RoomId};
use super::room_settings::RoomSettings;
use super::seat_set::SeatSet;
use super::standing::Standing;
use super::stored::StoredRoom;
use crate::id::ClientId;
use crate::limits::ROOMS_UNSAVED_MAX;
use crate::subnet::Subnet;

/// Every room, as one process hands them over to another.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RoomsState {
    rooms: Vec<(RoomId, Room)>,
    changes: u64,
}

/// Every room.
#[derive(Debug)]
pub(super) struct Rooms {
    rooms: Slab<Room>,
    names: HashMap<NameKey, RoomId>,
    max: usize,
    /// The number of rooms by the network of their founder.
    founders: HashMap<Subnet, u32>,
    /// The founding date of the youngest room.
    founded: u64,
    /// Rooms that somebody is in or listens to, `main` always included.
    occupied: usize,
    /// Times that a room was left by its last member, or taken in.
    changes: u64,
}

impl Rooms {
    /// `main`, and room for so many rooms in all.
    pub(super) fn new(max: usize) -> Self {
        let mut rooms = Self {
            rooms: Slab::new(),
            names: HashMap::new(),
            max: max.max(1),
            founders: HashMap::new(),
            founded: 0,
            occupied: 1,
            changes: 0,
        };
        let history = History::beginning_after(0);
        let main =
            rooms.insert(RoomName::main(), RoomSettings::default(), history, Standing::default());
        debug_assert_eq!(main, RoomId::MAIN);
        rooms
    }

    /// Sets the most rooms there may be. Rooms above it stay.
    pub(super) fn set_max(&mut self, max: usize) {
        self.max = max.max(1);
    }

    /// Restores a stored room, as the one that was left last.
    pub(super) fn restore(&mut self, mut kept: StoredRoom) -> RoomId {
        if kept.settings.owner.is_none() && kept.name != RoomName::main() {
            // Nobody could come back to own it, and it was left when the server ended.
            kept.forgotten = kept.messages.last().map_or(kept.forgotten, |last| last.id.number);
            (kept.settings, kept.messages) = (RoomSettings::default(), Vec::new());
        }
        let history = History::restored(kept.messages, kept.forgotten);
        self.changes += 1;
        if let Some(main) = self.find(&kept.name)
            && let Some(open) = self.rooms.get_mut(main.index())
        {
            (open.settings, open.history) = (kept.settings, history);
            return main;
        }
        self.insert(kept.name, kept.settings, history, kept.standing)
    }

    /// Every room, to be taken over by another process.
    pub(super) fn handed_over(&self) -> RoomsState {
        let rooms = self.iter().map(|(id, room)| (id, room.clone())).collect();
        RoomsState { rooms, changes: self.changes }
    }

    /// Replaces all rooms by those of another process. Rooms above the maximum stay until they are
    /// closed.
    pub(super) fn take_over(&mut self, state: RoomsState) {
        self.names = state.rooms.iter().map(|(id, room)| (room.name.key(), *id)).collect();
        self.rooms = state.rooms.into_iter().map(|(id, room)| (id.index(), room)).collect();
        self.rooms.iter_mut().for_each(|(_, room)| room.history.weigh());
        self.changes = state.changes;
        let standings = self.rooms.iter().map(|(_, room)| room.standing);
        self.founded = standings.clone().map(|standing| standing.founded).max().unwrap_or(0);
        self.occupied = self.rooms.len() - self.empty().count();
        self.founders.clear();
        for founder in standings.filter_map(|standing| standing.founder) {
            *self.founders.entry(founder).or_default() += 1;
        }
    }

    /// Makes a room, after the last message anywhere.
    pub(super) fn open(&mut self, name: RoomName, stamp: MessageId, founder: Subnet) -> RoomId {
        self.founded = stamp.at.millis().max(self.founded + 1);
        let used = stamp.at.day();
        let standing = Standing { founder: Some(founder), founded: self.founded, used };
        self.insert(name, RoomSettings::default(), History::beginning_after(stamp.number), standing)
    }

    /// Makes a room anew that everybody has left, after the last message anywhere.
    pub(super) fn open_again(
        &mut self,
        id: RoomId,
        name: RoomName,
        stamp: MessageId,
        founder: Subnet,
    ) {
        self.founded = stamp.at.millis().max(self.founded + 1);
        let standing =
            Standing { founder: Some(founder), founded: self.founded, used: stamp.at.day() };
        let Some(room) = self.rooms.get_mut(id.index()) else { return };
        room.name = name;
        room.history = History::beginning_after(stamp.number);
        let former = std::mem::replace(&mut room.standing, standing).founder;
        self.count_founder(former, founder);
    }

    /// A room counts for another network now.
    fn count_founder(&mut self, former: Option<Subnet>, founder: Subnet) {
        if let Some(former) = former
            && let Some(count) = self.founders.get_mut(&former)
        {
            *count -= 1;
            if *count == 0 {
                self.founders.remove(&former);
            }
        }
        *self.founders.entry(founder).or_default() += 1;
    }

    /// Whether somebody may be in one more room.
    pub(super) fn has_place(&self) -> bool {
        self.occupied < self.max
    }

    /// Takes one room out of memory that is kept elsewhere as it is here, if there must be fewer:
    /// the one that has been empty longest.
    pub(super) fn evict(&mut self) -> Option<(RoomId, Room)> {
        if self.rooms.len() < self.max {
            return None;
        }
        let saved = self.empty().filter(|(_, room)| !room.unsaved);
        let idlest = saved.min_by_key(|(_, room)| room.emptied).map(|(id, _)| id);
        idlest.and_then(|id| self.take(id))
    }

    /// Takes one room out of memory that is kept elsewhere as it is here and remembers something:
    /// the one that has been silent longest.
    pub(super) fn evict_silent(&mut self) -> Option<(RoomId, Room)> {
        let saved = self.empty().filter(|(_, room)| !room.unsaved && room.history.weight() > 0);
        let silent = saved.min_by_key(|(_, room)| room.history.last_number()).map(|(id, _)| id);
        silent.and_then(|id| self.take(id))
    }

    /// Takes away one room, if there is no place for another that was founded from there.
    /// `is_kept`: rooms are kept elsewhere, and there is room until they are saved.
    pub(super) fn displace(
        &mut self,
        founder: Option<Subnet>,
        today: u32,
        is_kept: bool,
    ) -> Result<Option<(RoomId, Room)>, Refusal> {
        if is_kept && !self.has_place() {
            return Err(Refusal::TooManyRooms);
        }
        let most = self.max + if is_kept { ROOMS_UNSAVED_MAX } else { 0 };
        if self.rooms.len() < most {
            return Ok(None);
        }
        let left = self.empty().filter(|(_, room)| room.standing.is_left(&room.settings, today));
        let left = left.min_by_key(|(_, room)| room.standing.used).map(|(id, _)| id);
        let id = left.or_else(|| self.youngest_of_most(founder)).ok_or(Refusal::TooManyRooms)?;
        Ok(self.take(id))
    }

    /// The youngest empty room of the network that has founded most. A network that has founded as
    /// many as others pushes out only its own.
    fn youngest_of_most(&self, founder: Option<Subnet>) -> Option<RoomId> {
        let count = |founder: Subnet| self.founders.get(&founder).copied().unwrap_or(0);
        let own = founder.map_or(0, count);
        let rank = |room: &Room| {
            let other = room.standing.founder?;
            let may = Some(other) == founder || count(other) >= own + 2;
            may.then_some((count(other), room.standing.founded))
        };
        let ranked = self.empty().filter_map(|(id, room)| Some((rank(room)?, id)));
        ranked.max_by_key(|(rank, _)| *rank).map(|(_, id)| id)
    }

    /// Rooms that nobody is in and nobody listens to, but for `main`.
    fn empty(&self) -> impl Iterator<Item = (RoomId, &Room)> {
        self.iter().filter(|(id, room)| *id != RoomId::MAIN && room.is_unused())
    }

    /// Gives a room another name, unless another room has it. Returns the old name.
    pub(super) fn rename(&mut self, id: RoomId, name: RoomName) -> Option<RoomName> {
        let key = name.key();
        if self.names.get(&key).is_some_and(|other| *other != id) {
            return None;
        }
        let room = self.rooms.get_mut(id.index())?;
        let old = std::mem::replace(&mut room.name, name);
        self.names.remove(&old.key());
        self.names.insert(key, id);
        Some(old)
    }

    /// Takes a room away.
    pub(super) fn take(&mut self, id: RoomId) -> Option<(RoomId, Room)> {
        let room = self.rooms.try_remove(id.index())?;
        self.names.remove(&room.name.key());
        if let Some(founder) = room.standing.founder
            && let Some(count) = self.founders.get_mut(&founder)
        {
            *count -= 1;
            if *count == 0 {
                self.founders.remove(&founder);
            }
        }
        Some((id, room))
    }

    /// Adds a client to the list of members.
    pub(super) fn add_member(&mut self, id: RoomId, client: ClientId) -> Membership {
        let room = &mut self.rooms[id.index()];
        self.occupied += usize::from(id != RoomId::MAIN && room.is_unused());
        room.members.push(client);
        Membership { room: id, index: (room.members.len() - 1) as u32 }
    }

    /// Takes a client off the list of members. Returns who has moved to its index, if anybody.
    pub(super) fn remove_member(&mut self, membership: Membership) -> Option<ClientId> {
        let room = &mut self.rooms[membership.room.index()];
        room.members.swap_remove(membership.index as usize);
        room.unseen.swap_remove(membership.index as usize, room.members.len());
        if room.is_empty() {
            self.changes += 1;
            (room.emptied, room.arrivals, room.departures) = (self.changes, 0, 0);
            self.occupied -= usize::from(membership.room != RoomId::MAIN && room.is_unused());
        }
        room.members.get(membership.index as usize).copied()
    }

    /// Counts one more listener.
    pub(super) fn add_listener(&mut self, id: RoomId) {
        let room = &mut self.rooms[id.index()];
        self.occupied += usize::from(id != RoomId::MAIN && room.is_unused());
        room.listeners += 1;
    }

    /// Counts one listener less.
    pub(super) fn remove_listener(&mut self, id: RoomId) {
        let room = &mut self.rooms[id.index()];
        room.listeners -= 1;
        if room.is_unused() {
            self.changes += 1;
            room.emptied = self.changes;
            self.occupied -= usize::from(id != RoomId::MAIN);
        }
    }

    /// Empties every room.
    pub(super) fn clear(&mut self) {
        self.occupied = 1;
        for (_, room) in &mut self.rooms {
            (room.members, room.unseen) = (Vec::new(), SeatSet::default());
            room.listeners = 0;
            room.officers = Officers::default();
            (room.arrivals, room.departures) = (0, 0);
        }
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        for (_, room) in &mut self.rooms {
            room.members.shrink_to_fit();
            room.unseen.trim();
        }
    }

    /// The room of that name.
    pub(super) fn find(&self, name: &RoomName) -> Option<RoomId> {
        self.names.get(&name.key()).copied()
    }

    /// A room.
    pub(super) fn get(&self, room: RoomId) -> Option<&Room> {
        self.rooms.get(room.index())
    }

    /// A room.
    pub(super) fn get_mut(&mut self, room: RoomId) -> Option<&mut Room> {
        self.rooms.get_mut(room.index())
    }

    /// Every room.
    pub(super) fn iter(&self) -> impl Iterator<Item = (RoomId, &Room)> {
        self.rooms.iter().map(|(index, room)| (RoomId(index as u32), room))
    }

    /// Every room from this index on, in the order of their ids.
    pub(super) fn iter_from(&self, index: usize) -> impl Iterator<Item = (RoomId, &Room)> {
        let end = self.rooms.iter().next_back().map_or(0, |(last, _)| last + 1);
        (index..end).filter_map(|index| Some((RoomId(index as u32), self.rooms.get(index)?)))
    }

    fn insert(
        &mut self,
        name: RoomName,
        settings: RoomSettings,
        history: History,
        standing: Standing,
    ) -> RoomId {
        let key = name.key();
        self.founded = self.founded.max(standing.founded);
        if let Some(founder) = standing.founder {
            *self.founders.entry(founder).or_default() += 1;
        }
        let room = Room { emptied: self.changes, ..Room::new(name, settings, history, standing) };
        let room = RoomId(self.rooms.insert(room) as u32);
        self.names.insert(key, room);
        room
    }

    /// Whether this is the name of the room where everyone starts.
    pub(super) fn is_main(&self, name: &RoomName) -> bool {
        self.find(name) == Some(RoomId::MAIN)
    }

    /// The most rooms there may be.
    pub(super) fn max(&self) -> usize {
        self.max
    }

    /// Panics where rooms are counted wrongly. For tests.
    pub(super) fn check_invariants(&self) {
        let mut founders: HashMap<Subnet, u32> = HashMap::new();
        for founder in self.iter().filter_map(|(_, room)| room.standing.founder) {
            *founders.entry(founder).or_default() += 1;
        }
        assert_eq!(self.founders, founders, "rooms by founder");
        let has_seats = |room: &Room| room.unseen.last_set().is_none_or(|last| last < room.len());
        assert!(self.iter().all(|(_, room)| has_seats(room)), "nobody sits where one is unseen");
        let empty = self.empty().count();
        assert_eq!(self.occupied, self.rooms.len() - empty, "rooms that somebody is in");
    }
}
