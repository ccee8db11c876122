//! What a reader that is cut off is still sent: the rest of a message that it has begun to read,
//! and what is encrypted already, for no record can be taken back.

use super::{Flag, NOTHING, Outbox, Pool};
use crate::delivery::transcript::Transcripts;

impl Outbox {
    /// Notes that so many bytes at the front are encrypted, and wait so for the socket. A reader
    /// that is cut off is sent these, and the rest of the message that they end in.
    pub(in crate::delivery) fn seal(
        &mut self,
        sealed: usize,
        transcripts: &Transcripts,
        pool: &mut Pool,
    ) {
        let sealed = sealed.min(self.backlog());
        let rest =
            self.encoding.framing().owed(self.slices(transcripts), self.owed(transcripts), sealed);
        self.owe(sealed + rest.unwrap_or(0), pool);
        if let Some(overflow) = &mut self.overflow {
            overflow.sealed = sealed;
        }
    }

    /// Bytes at the front that a reader who is cut off is still sent; of a message that has no end,
    /// those alone that cannot be taken back.
    pub(super) fn owed(&self, transcripts: &Transcripts) -> usize {
        let owed = self.overflow.as_ref().map_or(0, |overflow| overflow.owed);
        if self.flags.has(Flag::Open) && !self.is_empty() {
            let end = self.encoding.framing().owed(self.slices(transcripts), 0, 1);
            return owed.max(end.map_or(0, |end| 1 + end));
        }
        owed
    }

    /// Notes how many bytes at the front a reader who is cut off is still sent.
    pub(super) fn owe(&mut self, owed: usize, pool: &mut Pool) {
        if owed > 0 {
            pool.take(&mut self.overflow).owed = owed;
        } else if let Some(overflow) = &mut self.overflow {
            overflow.owed = 0;
        }
    }

    /// Drops all that waits but the rest of a message that is partly sent.
    pub(in crate::delivery) fn cut_after_message(
        &mut self,
        transcripts: &Transcripts,
        pool: &mut Pool,
    ) {
        let owed = self.owed(transcripts);
        let sealed = self.overflow.as_ref().map_or(0, |overflow| overflow.sealed);
        let mut kept = Vec::with_capacity(owed);
        for slice in self.slices(transcripts) {
            kept.extend_from_slice(&slice[..slice.len().min(owed - kept.len())]);
        }
        self.first = NOTHING;
        // Only another write shows whether the socket takes the little that is left.
        self.flags.set(Flag::Blocked, false);
        pool.give_back(&mut self.overflow);
        self.flags.set(Flag::Open, false);
        self.push_own(&kept, pool);
        self.owe(kept.len(), pool);
        if let Some(overflow) = &mut self.overflow {
            overflow.sealed = sealed;
        }
    }
}
