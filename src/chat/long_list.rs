//! How far a long list is told: it is told in parts, and what is kept is where the next one begins.
//!
//! Carrying it on is left to the lobby. A list holds no people and no rooms, so whoever comes or
//! goes between two parts changes what is told in the next one.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::name::RoomName;
use super::room::RoomId;
use super::room_modes::RoomFilter;

/// A list that one client has asked for, as far as it was told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum LongList {
    /// The members of a room, with what is known of each.
    Members(SeatsLeft),
    /// The names of the members of a room.
    Names(SeatsLeft),
    /// Everybody whom a mask matches.
    Matching(Matching),
    /// Rooms.
    Rooms(RoomsLeft),
}

/// The seats of a room that were not looked at yet: those at the front. A list begins at the end,
/// for whoever takes the seat of somebody who leaves comes from there: so nobody who stays is left
/// out. Somebody who stays may be told of twice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SeatsLeft {
    pub(super) room: RoomId,
    /// The room's name: another room under its id is not listed.
    pub(super) name: RoomName,
    /// How many. More than there are: the list is at its beginning.
    pub(super) count: usize,
    /// People who were told of.
    pub(super) told: usize,
}

/// A search among everybody, in the order of their slots, which nobody changes while here.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Matching {
    pub(super) mask: SmolStr,
    /// Only those who look after the server.
    pub(super) operators: bool,
    /// The first slot that was not looked at.
    pub(super) next: usize,
    /// People who were told of.
    pub(super) told: usize,
}

/// A list of rooms: the fullest come first, then the others in the order of their ids, which no
/// room changes while it is there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RoomsLeft {
    pub(super) filter: Box<RoomFilter>,
    /// The rooms that were told of first, by their ids.
    pub(super) first: Box<[RoomId]>,
    /// The index of the first room that was not looked at since.
    pub(super) next: usize,
}
