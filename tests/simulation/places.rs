//! Which room makes way when there are as many as may be.

use std::net::IpAddr;

use mio_chat::id::ClientId;

use crate::rooms::{Effect, MAIN, Room, Rooms};

impl Rooms {
    /// Nobody is in a room, which is not the one where everybody starts.
    pub(crate) fn is_empty(&self, room: &str) -> bool {
        room != MAIN && self.members(room).is_empty()
    }

    /// Whether there is a place for one more room. If rooms are kept, one that is empty need only
    /// leave memory; else it is no more: the youngest of those who have made most.
    pub(crate) fn has_place(&mut self, address: Option<IpAddr>) -> bool {
        let empty = self.rooms.iter().filter(|room| self.is_empty(&room.name));
        if self.settings.kept {
            let occupied = self.rooms.len() - empty.count();
            return occupied < self.settings.rooms_max;
        }
        if self.rooms.len() < self.settings.rooms_max {
            return true;
        }
        let made = |founder| {
            let made = |room: &&Room| room.name != MAIN && room.founder == founder;
            self.rooms.iter().filter(made).count()
        };
        let own = around(address);
        let may = |room: &&Room| room.founder == own || made(room.founder) >= made(own) + 2;
        let gone = empty.filter(may).max_by_key(|room| (made(room.founder), room.founded));
        let Some(gone) = gone.map(|room| room.name.clone()) else { return false };
        self.rooms.retain(|room| room.name != gone);
        self.note(1, "forgotten room");
        true
    }

    pub(crate) fn make_room(&mut self, id: ClientId, name: &str) -> Vec<Effect> {
        let address = self.clients[&id].address;
        if !self.has_place(address) {
            return vec![no_place(id)];
        }
        self.found_room(id, name);
        let mut effects = self.move_to(id, name);
        effects.push(self.grant_ownership(id, name));
        effects
    }

    /// The same of a room that nobody could own again, under the name as it is typed now.
    pub(crate) fn make_anew(&mut self, id: ClientId, old: &str, name: &str) -> Vec<Effect> {
        self.rooms.retain(|room| room.name != old);
        self.found_room(id, name);
        let mut effects = self.move_to(id, name);
        effects.push(self.grant_ownership(id, name));
        effects
    }

    /// There is one room more.
    pub(crate) fn found_room(&mut self, id: ClientId, name: &str) {
        self.founded += 1;
        self.rooms.push(Room {
            name: name.to_owned(),
            forgotten: self.last,
            founder: around(self.clients[&id].address),
            founded: self.founded,
            ..Room::default()
        });
    }

    /// Nobody is in a room, and nobody could prove to own it.
    pub(crate) fn is_forsaken(&self, room: &str) -> bool {
        self.is_empty(room) && self.is_ownerless(room)
    }

    pub(crate) fn is_ownerless(&self, room: &str) -> bool {
        room != MAIN && self.room(room).endowed.is_none()
    }

    /// Such a room is as one that was never made.
    pub(crate) fn forget_if_forsaken(&mut self, room: &str) {
        if self.is_forsaken(room) {
            self.room_mut(room).forget();
            self.note(1, "forsaken room");
        }
    }
}

pub(crate) fn no_place(id: ClientId) -> Effect {
    let why = "join one that is there (/rooms lists them)";
    Effect::Tell(id, format!("* no more rooms can be made; {why}\n"))
}

/// All from one /24 have made rooms together, and so have all from this machine.
pub(crate) fn around(address: Option<IpAddr>) -> Option<IpAddr> {
    match address {
        Some(IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            Some(IpAddr::from([a, b, c, 0]))
        }
        other => other,
    }
}
