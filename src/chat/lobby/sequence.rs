//! The numbers of messages, and the keys of rooms.
//!
//! Both follow from the secret that the lobby was given: nothing is drawn at random here.

use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;

use crate::chat::fact::Fact;
use crate::chat::message::{HistoryCursor, MessageId};
use crate::chat::stored::StoredLobby;
use crate::limits::NUMBERS_SKIPPED;
use crate::time::UnixTime;

/// Sets these hashes apart from others under the same secret.
const DOMAIN: u8 = 6;

/// Numbers the messages of all rooms.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Sequence {
    pub(super) epoch: u32,
    pub(super) last: u64,
    /// The last number that was saved.
    pub(super) saved: u64,
    /// Before this number, messages may be missing that nobody knows of.
    pub(super) gap_before: u64,
}

impl Sequence {
    /// A new sequence: the first message will be number one.
    pub(super) fn beginning(epoch: u32) -> Self {
        Self { epoch, last: 0, saved: 0, gap_before: 0 }
    }

    /// Goes on with numbers that were kept. If not all was kept, numbers are left out: some may
    /// have been given to messages that are lost.
    pub(super) fn resuming(kept: &StoredLobby) -> Self {
        let &StoredLobby { epoch, last, gap_before, complete, .. } = kept;
        if complete {
            return Self { epoch, last, saved: last, gap_before };
        }
        let last = last.saturating_add(NUMBERS_SKIPPED);
        Self { epoch, last, saved: last, gap_before: last }
    }

    /// The stamp of what happens next: a message has a number of its own.
    pub(super) fn stamp(&self, fact: &Fact, at: UnixTime) -> MessageId {
        let behind = self.behind_all(at);
        match fact {
            Fact::Said { .. } => MessageId { number: behind.number + 1, ..behind },
            _ => behind,
        }
    }

    /// The stamp of what is no message: behind all messages so far.
    pub(super) fn behind_all(&self, at: UnixTime) -> MessageId {
        MessageId { number: self.last, at }
    }

    /// Notes the number of a message.
    pub(super) fn follow(&mut self, stamp: MessageId) {
        self.last = self.last.max(stamp.number);
    }

    /// The cursor behind all messages so far.
    pub(super) fn cursor(&self) -> HistoryCursor {
        HistoryCursor { epoch: self.epoch, number: self.last }
    }

    /// Whether all that was said in a room since a cursor is surely known, if the room has
    /// forgotten nothing after `forgotten`.
    pub(super) fn knows_all_since(&self, cursor: HistoryCursor, forgotten: u64) -> bool {
        cursor.epoch == self.epoch
            && (self.gap_before..=self.last).contains(&cursor.number)
            && cursor.number >= forgotten
    }
}

/// Draws keys from a secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RoomKeys {
    secret: [u8; 16],
    drawn: u64,
}

impl RoomKeys {
    pub(super) fn new(secret: [u8; 16]) -> Self {
        Self { secret, drawn: 0 }
    }

    /// The epoch, which tells the numbers of this lobby from those of another.
    pub(super) fn epoch(&self) -> u32 {
        self.hash(0) as u32
    }

    /// Draws a key that nobody can guess.
    pub(super) fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.hash(self.drawn)
    }

    fn hash(&self, number: u64) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&self.secret);
        hasher.write_u8(DOMAIN);
        hasher.write_u64(number);
        hasher.finish()
    }
}
