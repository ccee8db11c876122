//! The lobby as it is stored over a restart: what the store reads and writes.
//!
//! Nothing is queued for saving: a [`SaveBatch`] borrows what is new from the rooms themselves, so
//! that memory is bounded by what rooms remember, however long a disk may fail. What a room has
//! forgotten before it could be saved is not saved.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::account::Account;
use super::mailbox::MailboxChanges;
use super::mailboxes::StoredPrivateMessage;
use super::message::Message;
use super::metadata::Metadata;
use super::name::{NameKey, RoomName};
use super::read_marks::ReadMark;
use super::room_renaming::RoomRename;
use super::room_settings::RoomSettings;
use super::standing::Standing;

/// Rooms that are kept and are not in memory, and belongings of accounts: the lobby asks for one
/// that somebody names.
pub trait Archive: fmt::Debug {
    /// The room of that name, if there is one.
    ///
    /// # Errors
    /// There may be one, and it cannot be read.
    fn room(&self, name: &RoomName) -> Result<Option<StoredRoom>, Unreadable>;

    /// What belongs to an account, which may be nothing.
    ///
    /// # Errors
    /// It cannot be read.
    fn belongings(&self, account: &NameKey) -> Result<StoredBelongings, Unreadable>;
}

/// A room, or what belongs to an account, cannot be read now.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("it cannot be read now")]
pub struct Unreadable;

/// The stored state, or as many of its rooms as fit into memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredLobby {
    /// The epoch of the numbers: each server that began anew has another.
    pub epoch: u32,
    /// The number of the last message that was stored.
    pub last: u64,
    /// Before this number, messages may be missing that nobody knows of.
    pub gap_before: u64,
    /// Whether everything was stored; if not, some of the last messages may be missing.
    pub complete: bool,
    /// Rooms, in any order.
    pub rooms: Vec<StoredRoom>,
    /// Accounts, in any order.
    pub accounts: Vec<Account>,
    /// Private messages, those of an account in the order of their places.
    pub private: Vec<StoredPrivateMessage>,
    /// The secret from which cloaks are made.
    pub cloaks: Option<[u8; 16]>,
}

/// One stored room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRoom {
    /// Its name.
    pub name: RoomName,
    /// Its settings.
    pub settings: RoomSettings,
    /// Its history, oldest first, numbers growing.
    pub messages: Vec<Message>,
    /// The newest message that it does not remember.
    pub forgotten: u64,
    /// Its founder and the day on which it was used last.
    pub standing: Standing,
}

/// What belongs to one account, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredBelongings {
    /// Its read marks, in the order of their places.
    pub marks: Vec<ReadMark>,
    /// What its owner says of itself.
    pub metadata: Metadata,
}

/// The changes since the last batch, or a part of them. To be stored as a whole or not at all.
#[derive(Debug, Default)]
pub struct SaveBatch<'a> {
    /// The epoch of the numbers: each server that began anew has another.
    pub epoch: u32,
    /// The number of the last message in any room.
    pub last: u64,
    /// Before this number, messages may be missing that nobody knows of.
    pub gap_before: u64,
    /// Rooms that are no more, because too many were kept. Done first: one of that name may have
    /// been made since.
    pub gone: &'a [RoomName],
    /// Rooms that have other names, in their order. Done next, each once: nothing may be stored
    /// under a new name before, nor under an old one that is another room's now.
    pub renamed: &'a [RoomRename],
    /// Messages that were taken back, by their numbers.
    pub redacted: &'a [u64],
    /// Rooms that have changed.
    pub rooms: Vec<RoomChanges<'a>>,
    /// The secret from which cloaks are made.
    pub cloaks: Option<[u8; 16]>,
    /// Accounts that are new or have changed.
    pub accounts: Vec<&'a Account>,
    /// What has changed of what belongs to accounts.
    pub belongings: Vec<BelongingsChanges<'a>>,
    /// Mailboxes that have changed.
    pub mailboxes: Vec<MailboxChanges<'a>>,
    /// Somebody is told when this is stored, so it must outlive a loss of power.
    pub must_last: bool,
}

impl SaveBatch<'_> {
    /// The number of rows to write.
    pub fn rows(&self) -> usize {
        self.gone.len()
            + self.renamed.iter().map(|rename| rename.rows).sum::<usize>()
            + self.redacted.len()
            + self.accounts.len()
            + self.belongings.iter().map(BelongingsChanges::rows).sum::<usize>()
            + self.mailboxes.iter().map(MailboxChanges::rows).sum::<usize>()
            + self.rooms.iter().map(|room| 1 + room.said.len()).sum::<usize>()
    }
}

/// The changes in one room.
#[derive(Debug)]
pub struct RoomChanges<'a> {
    /// Its name.
    pub name: &'a RoomName,
    /// Its settings, if they have changed or the room is new.
    pub settings: Option<&'a RoomSettings>,
    /// New messages, oldest first.
    pub said: Vec<&'a Message>,
    /// Messages up to this number are forgotten.
    pub forgotten: u64,
    /// Its founder and the day on which it was used last.
    pub standing: Standing,
}

/// The changes of what belongs to one account.
#[derive(Debug)]
pub struct BelongingsChanges<'a> {
    /// The account.
    pub account: &'a NameKey,
    /// Read marks, each with its place: what was at that place before is no more.
    pub marks: Vec<(usize, &'a ReadMark)>,
    /// Its metadata, if it has changed: what it was before is no more.
    pub metadata: Option<&'a Metadata>,
}

impl BelongingsChanges<'_> {
    /// The number of rows to write.
    pub fn rows(&self) -> usize {
        1 + self.marks.len() + self.metadata.map_or(0, Metadata::len)
    }
}
