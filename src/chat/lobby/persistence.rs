//! Saving the lobby, room by room, and restoring it after a restart.
//!
//! The store asks for a batch, writes it, and says whether that went well. Until then nothing is
//! lost and nothing grows: the messages to be saved are those that rooms remember anyway.

use std::cmp::Reverse;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Lobby;
use super::renames::Renames;
use super::sequence::Sequence;
use crate::chat::mailbox::MailboxChanges;
use crate::chat::mailboxes::StoredPrivateMessage;
use crate::chat::name::{NameKey, RoomName};
use crate::chat::room::RoomId;
use crate::chat::stored::{BelongingsChanges, RoomChanges, SaveBatch, StoredLobby};
use crate::limits::HISTORY_TOTAL_BYTES;

/// The changes since the last save.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Unsaved {
    rooms: VecDeque<RoomId>,
    /// Rooms that are to be deleted from the store.
    gone: Vec<RoomName>,
    /// Messages that were taken back, by their numbers: they are to be deleted from the store.
    #[serde(default)]
    redacted: Vec<u64>,
    /// Other names of rooms.
    #[serde(default)]
    pub(super) renames: Renames,
}

impl Unsaved {
    /// Puts a room on the list. It must not be there.
    pub(super) fn note(&mut self, room: RoomId) {
        self.rooms.push_back(room);
    }

    /// Notes that a room has left memory.
    pub(super) fn forget(&mut self, id: RoomId) {
        self.rooms.retain(|room| *room != id);
    }

    /// Rooms are to be kept no longer. No more are noted before these are gone.
    pub(super) fn note_gone(&mut self, names: Vec<RoomName>) {
        debug_assert!(self.gone.is_empty(), "others are to go first");
        self.gone = names;
    }

    /// Notes that a message was taken back.
    pub(super) fn note_redacted(&mut self, number: u64) {
        self.redacted.push(number);
    }

    /// How many messages that were taken back are still to be deleted.
    pub(super) fn redactions(&self) -> usize {
        self.redacted.len()
    }

    /// Notes that a room is to stay stored after all.
    pub(super) fn keep(&mut self, name: &RoomName) {
        self.gone.retain(|gone| gone != name);
    }

    /// What another process has left to be saved. Which rooms are too many is for this one to say:
    /// an older one forgot rooms that are somebody's.
    pub(super) fn taken_over(mut self) -> Self {
        self.gone.clear();
        self
    }
}

impl Lobby {
    /// Takes in what was kept, before anybody comes: of the rooms, the best for which there is
    /// room. The others stay where they are kept.
    pub fn restore(&mut self, stored: StoredLobby) {
        self.sequence = Sequence::resuming(&stored);
        if let Some(secret) = stored.cloaks {
            self.profiles.set_cloak_secret(secret);
        }
        stored.accounts.into_iter().for_each(|account| self.accounts.restore(account));
        let has_owner =
            |stored: &StoredPrivateMessage| self.accounts.get(&stored.account).is_some();
        self.mailboxes.restore(stored.private.into_iter().filter(has_owner));
        if self.settings.history == 0 {
            self.mailboxes.forget_all();
        }
        let mut rooms = stored.rooms;
        rooms.sort_by_cached_key(|room| (!self.rooms.is_main(&room.name), Reverse(room.worth())));
        let (mut chosen, mut remembered) = (Vec::new(), 0);
        let mut places = self.rooms.max() - 1;
        for mut room in rooms {
            let is_shorter = room.shorten(self.settings.history);
            let weight = room.weight();
            if !self.rooms.is_main(&room.name) {
                if places == 0 || remembered + weight > HISTORY_TOTAL_BYTES {
                    continue;
                }
                places -= 1;
            }
            remembered += weight;
            chosen.push((room, is_shorter));
        }
        // The best were left last.
        for (room, is_shorter) in chosen.into_iter().rev() {
            let id = self.rooms.restore(room);
            if is_shorter {
                self.note_changed(id);
            }
        }
        self.remembered = self.rooms.iter().map(|(_, room)| room.history.weight()).sum();
    }

    /// Whether there is anything to be saved.
    pub fn has_unsaved(&self) -> bool {
        let new_messages = self.sequence.saved != self.sequence.last;
        new_messages
            || self.accounts.has_unsaved()
            || self.belongings.has_unsaved()
            || self.mailboxes.has_unsaved()
            || !self.unsaved.rooms.is_empty()
            || !self.unsaved.gone.is_empty()
            || !self.unsaved.redacted.is_empty()
            || !self.unsaved.renames.all().is_empty()
    }

    /// Saves changes by `commit`, at most so many rows at a time. If that fails, they stay to be
    /// saved.
    ///
    /// # Errors
    /// The error of `commit`.
    pub fn save<E>(
        &mut self,
        most: usize,
        commit: impl FnOnce(&SaveBatch<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (accounts, must_last) = self.accounts.unsaved(most);
        let redacted = &self.unsaved.redacted[..self.unsaved.redacted.len().min(most)];
        let (redactions, accounts_saved) = (redacted.len(), accounts.len());
        let mut rows = self.unsaved.gone.len() + redactions + accounts_saved;
        let renamed = self.unsaved.renames.first(most.saturating_sub(rows));
        let renames = renamed.len();
        rows += renamed.iter().map(|rename| rename.rows).sum::<usize>();
        // What has a name is stored when all names are.
        let most = if renames < self.unsaved.renames.all().len() { 0 } else { most };
        let belongings = self.belongings.unsaved(most.saturating_sub(rows));
        let owners_saved = belongings.len();
        rows += belongings.iter().map(BelongingsChanges::rows).sum::<usize>();
        let mailboxes = self.mailboxes.unsaved(most.saturating_sub(rows));
        let mailboxes_saved: Vec<u64> = mailboxes.iter().map(MailboxChanges::last).collect();
        rows += mailboxes.iter().map(MailboxChanges::rows).sum::<usize>();
        let (mut rooms, mut saved) = (Vec::new(), Vec::new());
        for &id in &self.unsaved.rooms {
            let Some(room) = self.rooms.get(id) else { continue };
            if rows >= most {
                break;
            }
            let said = room.history.unsaved(most - rows);
            let sanctions = room.settings.sanctions.len();
            rows += 1 + said.len() + if room.settings_changed { sanctions } else { 0 };
            let last = said.last().map_or(room.history.saved, |message| message.id.number);
            saved.push((id, last));
            let settings = room.settings_changed.then_some(&room.settings);
            let (forgotten, standing) = (room.history.forgotten(), room.standing);
            rooms.push(RoomChanges { name: &room.name, settings, said, forgotten, standing });
        }
        let Sequence { epoch, last, gap_before, .. } = self.sequence;
        let gone = &self.unsaved.gone;
        let cloaks = Some(self.profiles.cloaks().secret());
        commit(&SaveBatch {
            epoch,
            last,
            gap_before,
            gone,
            renamed,
            redacted,
            rooms,
            cloaks,
            accounts,
            belongings,
            mailboxes,
            must_last,
        })?;
        self.accounts.note_saved(accounts_saved);
        self.unsaved.redacted.drain(..redactions);
        self.unsaved.renames.note_saved(renames);
        self.mailboxes.note_saved(&mailboxes_saved);
        let accounts = &self.accounts;
        let is_in_use = |account: &NameKey| !accounts.clients_of(account).is_empty();
        self.belongings.note_saved(owners_saved, is_in_use);
        self.unsaved.gone.clear();
        self.sequence.saved = last;
        self.note_saved(&saved);
        Ok(())
    }

    /// Notes that rooms were saved, up to these messages. Rooms with more to be saved are listed
    /// again.
    fn note_saved(&mut self, saved: &[(RoomId, u64)]) {
        self.unsaved.rooms.drain(..saved.len());
        for &(id, last) in saved {
            let Some(room) = self.rooms.get_mut(id) else { continue };
            room.settings_changed = false;
            room.history.saved = last;
            room.unsaved = room.history.last_number() > last.max(room.history.forgotten());
            if room.unsaved {
                self.unsaved.note(id);
            }
        }
    }

    /// Notes that the settings of a room have changed.
    pub(super) fn note_settings_changed(&mut self, room: RoomId) {
        if let Some(open) = self.rooms.get_mut(room) {
            open.settings_changed = true;
        }
        self.note_changed(room);
    }

    /// Notes that a room has changed.
    pub(super) fn note_changed(&mut self, room: RoomId) {
        if let Some(open) = self.rooms.get_mut(room)
            && !std::mem::replace(&mut open.unsaved, true)
        {
            self.unsaved.note(room);
        }
    }
}
