//! Rooms that get another name: what those who are there are told, and what is still to be stored.

use serde::{Deserialize, Serialize};

use super::name::RoomName;
use super::person::Person;
use super::room_modes::Seat;
use super::room_settings::Topic;
use crate::time::UnixTime;

/// A room has another name.
#[derive(Clone, Copy, Debug)]
pub struct RoomRenamed<'a> {
    /// Whoever gave it the name.
    pub by: Person<'a>,
    /// The name that it had.
    pub old: &'a RoomName,
    /// The name that it has now.
    pub new: &'a RoomName,
    /// The reason; may be empty.
    pub reason: &'a str,
}

/// The same for one member whose program may not know that rooms get other names: all that it
/// takes to leave a room of the old name and to come into one of the new.
#[derive(Clone, Copy, Debug)]
pub struct RenamedAround<'a> {
    /// The member.
    pub who: Person<'a>,
    /// The names and the reason.
    pub renamed: RoomRenamed<'a>,
    /// The topic of the room; `None`: there is none.
    pub topic: Option<&'a Topic>,
    /// Whether the room is listed nowhere.
    pub is_secret: bool,
    /// The members; none, where they are too many to be told to each of them.
    pub people: &'a [Seat<'a>],
    /// Up to when the member has read the room, if that is known.
    pub read: Option<UnixTime>,
}

/// Another name of a room that is not stored yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomRename {
    /// Grows with each, so that none is stored twice.
    pub id: u64,
    /// The name under which the room is stored.
    pub old: RoomName,
    /// The name under which it is to be stored.
    pub new: RoomName,
    /// The number of rows that bear the name, about.
    pub rows: usize,
}
