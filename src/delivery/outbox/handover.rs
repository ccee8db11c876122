//! An outbox as one process hands it over to another: the bytes that wait, and how its client
//! reads.

use serde::{Deserialize, Serialize};

use super::{Flag, Mark, Outbox, Pool};
use crate::delivery::transcript::Transcripts;
use crate::dialect::Encoding;

/// An outbox as one process hands it over to another.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::delivery) struct OutboxState {
    #[serde(with = "crate::hex")]
    waiting: Vec<u8>,
    blocked: bool,
    ending: bool,
    spoke: bool,
    #[serde(default)]
    small: bool,
    #[serde(default)]
    ascii: bool,
    #[serde(default)]
    encoding: Encoding,
    /// A message was partly sent.
    mid_line: bool,
    /// Bytes of it that are owed. Older servers tell only that there are some.
    #[serde(default)]
    owed: usize,
    /// Bytes at the front whose ciphertext waits for the socket.
    #[serde(default, skip_serializing_if = "is_zero")]
    sealed: usize,
    mark: Option<Mark>,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl OutboxState {
    /// One if its client reads the server's words in ASCII.
    pub(in crate::delivery) fn ascii_readers(&self) -> usize {
        usize::from(self.ascii)
    }
}

impl Outbox {
    /// The state that another process needs to go on.
    pub(in crate::delivery) fn handed_over(&self, transcripts: &Transcripts) -> OutboxState {
        OutboxState {
            waiting: self.slices(transcripts).flatten().copied().collect(),
            blocked: self.flags.has(Flag::Blocked),
            ending: self.flags.has(Flag::Ending),
            spoke: self.flags.has(Flag::Spoke),
            small: self.flags.has(Flag::Small),
            ascii: self.flags.has(Flag::Ascii),
            encoding: self.encoding,
            mid_line: self.flags.has(Flag::Open) || self.owed(transcripts) > 0,
            owed: self.overflow.as_ref().map_or(0, |overflow| overflow.owed),
            sealed: self.overflow.as_ref().map_or(0, |overflow| overflow.sealed),
            mark: self.overflow.as_ref().and_then(|overflow| overflow.mark),
        }
    }

    /// Restores everything from another process but the waiting bytes.
    pub(in crate::delivery) fn begin_as(&mut self, state: &OutboxState) {
        self.flags.set(Flag::Blocked, state.blocked);
        for (flag, is_true) in [
            (Flag::Ending, state.ending),
            (Flag::Spoke, state.spoke),
            (Flag::Small, state.small),
            (Flag::Ascii, state.ascii),
            (Flag::Open, state.mid_line && state.owed == 0),
        ] {
            self.flags.set(flag, is_true);
        }
        self.encoding = state.encoding;
    }

    /// Queues the bytes that waited in another process.
    pub(in crate::delivery) fn take_over(&mut self, state: &OutboxState, pool: &mut Pool) {
        self.push_own(&state.waiting, pool);
        if let Some(overflow) = &mut self.overflow {
            overflow.mark = state.mark;
            overflow.owed = state.owed.min(state.waiting.len());
            overflow.sealed = state.sealed.min(state.waiting.len());
        }
    }
}
