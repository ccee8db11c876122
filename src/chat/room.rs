//! One room and who is in it. All rooms together are in [`rooms`](super::rooms).
//!
//! A room keeps its members in a dense vector, and a member remembers its index there, so that
//! leaving a room of any size costs the same: the last member moves into the gap. The outlet keeps
//! its own list of those who are sent what happens in a room.

use serde::{Deserialize, Serialize};

use super::audience::Audience;
use super::guesses::PasswordGuesses;
use super::history::History;
use super::name::{NameKey, RoomName};
use super::officers::Officers;
use super::room_settings::RoomSettings;
use super::seat_set::SeatSet;
use super::standing::Standing;
use crate::id::ClientId;

/// Names one room. Reused after the room has closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RoomId(pub(super) u32);

impl RoomId {
    /// The room where everyone starts.
    pub const MAIN: Self = Self(0);

    /// A number below the most rooms that were ever open at once.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A room as its subscribers are told of it.
#[derive(Clone, Copy, Debug)]
pub struct RoomRef<'a> {
    /// Which room.
    pub id: RoomId,
    /// Its name, as its founder wrote it.
    pub name: &'a RoomName,
    /// Those of them who are told.
    pub to: Audience,
}

/// A member's entry in the list of one room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Membership {
    pub(super) room: RoomId,
    /// Index into the room's members.
    pub(super) index: u32,
}

/// A room.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Room {
    pub(super) name: RoomName,
    pub(super) members: Vec<ClientId>,
    /// The seats of those who came while the room was so big that they were only counted, and have
    /// had no part in what was told since.
    #[serde(default)]
    pub(super) unseen: SeatSet,
    /// The number of clients that hear the room and are not in it.
    #[serde(default)]
    pub(super) listeners: u32,
    pub(super) settings: RoomSettings,
    pub(super) history: History,
    #[serde(default)]
    pub(super) standing: Standing,
    /// The owner and operators who are present.
    pub(super) officers: Officers,
    /// Wrong passwords that were brought.
    #[serde(default)]
    pub(super) guesses: PasswordGuesses,
    /// Comings and goings that were not told yet.
    pub(super) arrivals: u32,
    pub(super) departures: u32,
    /// Its rank in the order in which rooms were left by their last members.
    pub(super) emptied: u64,
    /// On the list of rooms to be saved.
    pub(super) unsaved: bool,
    /// The settings are to be saved.
    pub(super) settings_changed: bool,
}

impl Room {
    pub(super) fn new(
        name: RoomName,
        settings: RoomSettings,
        history: History,
        standing: Standing,
    ) -> Self {
        Self {
            name,
            members: Vec::new(),
            unseen: SeatSet::default(),
            listeners: 0,
            settings,
            history,
            standing,
            officers: Officers::default(),
            guesses: PasswordGuesses::default(),
            arrivals: 0,
            departures: 0,
            emptied: 0,
            unsaved: false,
            settings_changed: false,
        }
    }

    /// The number of members.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether the room has no members.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Whether nobody is in the room, and nobody listens.
    pub(super) fn is_unused(&self) -> bool {
        self.members.is_empty() && self.listeners == 0
    }

    /// The number of listeners.
    pub(super) fn listeners(&self) -> usize {
        self.listeners as usize
    }

    /// The members.
    pub(super) fn members(&self) -> impl Iterator<Item = ClientId> {
        self.members.iter().copied()
    }

    /// With what its secrets are hashed.
    pub(super) fn salt(&self) -> NameKey {
        self.settings.salt.clone().unwrap_or_else(|| self.name.key())
    }

    /// The number of rows that it is stored in, about.
    pub(super) fn rows(&self) -> usize {
        let settings = &self.settings;
        1 + self.history.len() + settings.sanctions.len() + settings.metadata.len()
    }

    /// The member in a seat, if there is one.
    pub(super) fn member_at(&self, seat: usize) -> Option<ClientId> {
        self.members.get(seat).copied()
    }

    /// Whether a member was not shown.
    pub(super) fn is_unseen(&self, membership: Membership) -> bool {
        self.unseen.has(membership.index as usize)
    }

    /// Notes that a member was not shown, or is now.
    pub(super) fn set_unseen(&mut self, membership: Membership, is_unseen: bool) {
        self.unseen.set(membership.index as usize, is_unseen);
    }

    /// The room under this id, as its subscribers are told of it.
    pub(super) fn named(&self, id: RoomId) -> RoomRef<'_> {
        RoomRef { id, name: &self.name, to: Audience::Everybody }
    }

    /// Whether the list of members has this client where the membership says.
    pub(super) fn is_member(&self, membership: Membership, id: ClientId) -> bool {
        self.members.get(membership.index as usize) == Some(&id)
    }
}
