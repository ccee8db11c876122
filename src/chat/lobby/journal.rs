//! A journal of the facts of all rooms, for another lobby that is to have the same rooms.
//!
//! Usually there is no such lobby: then no facts are kept, and noting one costs one comparison.

use super::Lobby;
use crate::chat::fact::{Fact, JournalEntry};
use crate::chat::message::{Message, MessageId};
use crate::chat::name::RoomName;
use crate::chat::room::{Room, RoomId};

/// The facts since they were last taken, oldest first.
#[derive(Debug, Default)]
pub(super) struct Journal(Option<Vec<JournalEntry>>);

impl Journal {
    /// Notes a fact, if a journal is kept.
    pub(super) fn note(&mut self, room: &RoomName, stamp: MessageId, fact: impl FnOnce() -> Fact) {
        if let Some(entries) = &mut self.0 {
            entries.push(JournalEntry { room: room.clone(), stamp, fact: fact() });
        }
    }
}

impl Lobby {
    /// Keeps facts from now on, for [`Lobby::take_journal`], which is to be called after each turn:
    /// nothing else bounds the journal.
    pub fn keep_journal(&mut self) {
        self.journal = Journal(Some(Vec::new()));
    }

    /// The facts since this was last called, if a journal is kept.
    pub fn take_journal(&mut self) -> Vec<JournalEntry> {
        self.journal.0.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Notes a fact of a room in memory. The room is looked up only if a journal is kept.
    pub(super) fn note_in_journal(
        &mut self,
        room: RoomId,
        stamp: MessageId,
        fact: impl FnOnce() -> Fact,
    ) {
        if self.journal.0.is_some()
            && let Some(open) = self.rooms.get(room)
        {
            self.journal.note(&open.name, stamp, fact);
        }
    }

    /// Compares all that facts determine with another lobby.
    ///
    /// # Errors
    /// The first difference, for a person.
    pub fn compare_rooms(&self, other: &Self) -> Result<(), String> {
        if self.sequence.last != other.sequence.last {
            return Err(format!("messages: {} and {}", self.sequence.last, other.sequence.last));
        }
        let counts = [self, other].map(|lobby| lobby.rooms.iter().count());
        if counts[0] != counts[1] {
            return Err(format!("rooms: {counts:?}"));
        }
        self.rooms.iter().try_for_each(|(_, room)| self.compare_room(&room.name, other))
    }

    /// Compares one room.
    ///
    /// # Errors
    /// The first difference, for a person.
    pub fn compare_room(&self, name: &RoomName, other: &Self) -> Result<(), String> {
        let both = [self, other].map(|lobby| lobby.rooms.get(lobby.rooms.find(name)?));
        match both {
            [None, None] => Ok(()),
            [Some(one), Some(two)] if determined(one) == determined(two) => Ok(()),
            both => Err(format!("{:?}", both.map(|room| room.map(determined)))),
        }
    }
}

/// The part of a room that facts determine.
fn determined(room: &Room) -> impl PartialEq + std::fmt::Debug {
    let Room { name, settings, history, standing, officers, .. } = room;
    // By which connection an author is known is each lobby's own.
    let said = |it: &Message| {
        (it.id, it.kind, it.who.clone(), it.text.clone(), it.author.account().cloned())
    };
    let messages: Vec<_> = history.last(usize::MAX).iter().map(said).collect();
    (name, settings, messages, history.forgotten(), standing, officers)
}
