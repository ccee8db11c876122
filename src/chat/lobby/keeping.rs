//! What of the lobby is kept over a restart: what has changed, room by room, and what was kept.
//!
//! Whoever keeps it asks for a batch, writes it, and says whether that went well. Until then
//! nothing is lost and nothing grows: what is to be kept is what rooms remember anyway.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Lobby;
use super::clock::Numbers;
use crate::chat::kept::{Batch, Changes, Snapshot};
use crate::chat::name::RoomName;
use crate::chat::room::RoomId;
use crate::limits::ROOMS_MAX;

/// Rooms that have changed since they were last saved.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Unsaved {
    rooms: VecDeque<RoomId>,
    /// Rooms that are no more and may have been saved.
    gone: Vec<RoomName>,
}

impl Unsaved {
    /// Puts a room on the list. It must not be there.
    pub(super) fn note(&mut self, room: RoomId) {
        self.rooms.push_back(room);
    }

    /// A room is no more. While nobody saves anything, only so many are noted: the others will be
    /// found again after a restart, as rooms that are empty.
    pub(super) fn note_gone(&mut self, id: RoomId, name: RoomName) {
        self.rooms.retain(|room| *room != id);
        if self.gone.len() < ROOMS_MAX {
            self.gone.push(name);
        }
    }
}

impl Lobby {
    /// Takes in what was kept, before anybody comes.
    pub fn restore(&mut self, kept: Snapshot) {
        self.numbers = Numbers::resuming(&kept);
        let mut rooms = kept.rooms;
        // Those that were silent longest count as empty longest.
        rooms.sort_by_key(|room| room.messages.last().map_or(room.forgotten, |it| it.stamp.number));
        for mut room in rooms {
            let surplus = room.messages.len().saturating_sub(self.settings.history);
            let newest = room.messages.drain(..surplus).next_back();
            if let Some(newest) = &newest {
                room.forgotten = newest.stamp.number;
            }
            let restored = self.rooms.restore(room);
            if let Some(id) = restored.filter(|_| newest.is_some()) {
                self.note_changed(id);
            }
        }
        self.remembered = self.rooms.iter().map(|(_, room)| room.history.weight()).sum();
        self.forget_the_oldest();
    }

    /// Whether there is anything to be saved.
    pub fn has_unsaved(&self) -> bool {
        let numbers = self.numbers.saved != self.numbers.last;
        numbers || !self.unsaved.rooms.is_empty() || !self.unsaved.gone.is_empty()
    }

    /// Has what is new saved by `commit`, at most so many rows of it at a time. If that fails,
    /// it is as new as before.
    ///
    /// # Errors
    /// What `commit` says.
    pub fn save<E>(
        &mut self,
        most: usize,
        commit: impl FnOnce(&Batch<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rows = self.unsaved.gone.len();
        let (mut rooms, mut saved) = (Vec::new(), Vec::new());
        for &id in &self.unsaved.rooms {
            let Some(room) = self.rooms.get(id) else { continue };
            if rows >= most {
                break;
            }
            let said = room.history.unsaved(most - rows);
            rows += 1 + said.len();
            let last = said.last().map_or(room.history.saved, |message| message.stamp.number);
            saved.push((id, last));
            let charter = room.charter_changed.then_some(&room.charter);
            let forgotten = room.history.forgotten();
            rooms.push(Changes { name: &room.name, charter, said, forgotten });
        }
        let Numbers { epoch, last, torn, .. } = self.numbers;
        commit(&Batch { epoch, last, torn, gone: &self.unsaved.gone, rooms })?;
        self.unsaved.gone.clear();
        self.numbers.saved = last;
        self.note_saved(&saved);
        Ok(())
    }

    /// These rooms were saved, up to those messages. Who has more to be saved is on the list again.
    fn note_saved(&mut self, saved: &[(RoomId, u64)]) {
        self.unsaved.rooms.drain(..saved.len());
        for &(id, last) in saved {
            let Some(room) = self.rooms.get_mut(id) else { continue };
            room.charter_changed = false;
            room.history.saved = last;
            room.unsaved = room.history.last_number() > last.max(room.history.forgotten());
            if room.unsaved {
                self.unsaved.note(id);
            }
        }
    }

    /// What is settled about a room has changed.
    pub(super) fn note_charter_changed(&mut self, room: RoomId) {
        if let Some(open) = self.rooms.get_mut(room) {
            open.charter_changed = true;
        }
        self.note_changed(room);
    }

    /// Something about a room has changed.
    pub(super) fn note_changed(&mut self, room: RoomId) {
        if let Some(open) = self.rooms.get_mut(room)
            && !std::mem::replace(&mut open.unsaved, true)
        {
            self.unsaved.note(room);
        }
    }
}
