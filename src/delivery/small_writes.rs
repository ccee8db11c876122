//! Small writes, for clients that decode each `recv(1024)` by itself, and when the next is due.
//!
//! The tutorial's client reads up to [`SMALL_WRITE_BYTES`] at once and decodes them at once: where
//! more waits for it, a read ends inside a character and the client stops for good. So it is sent
//! at most that much, whole lines, within [`SMALL_WRITE_INTERVAL`], in which it has surely read.
//! The outbox says what such a write holds.
//!
//! Invariant: a client that waits here has an outbox that is blocked and will be unblocked by
//! [`SmallWrites::pop_due`].

use std::collections::{HashMap, VecDeque};

use super::outbox::Outbox;
use super::transcript::Transcripts;
use crate::id::ClientId;
use crate::limits::{SMALL_WRITE_BYTES, SMALL_WRITE_INTERVAL};
use crate::time::Time;

/// The clients that were written to lately.
#[derive(Debug, Default)]
pub(super) struct SmallWrites {
    recent: HashMap<ClientId, Recent>,
    /// The moments at which clients have read what they were sent; a moment put off since is stale.
    due: VecDeque<(Time, ClientId)>,
}

/// The bytes that one client was sent and may not have read yet.
#[derive(Clone, Copy, Debug)]
struct Recent {
    bytes: usize,
    written: Time,
    /// More is to be written, and did not fit.
    waits: bool,
}

impl SmallWrites {
    /// Bytes that may be written to this client now.
    pub(super) fn room(&self, id: ClientId) -> usize {
        let recent = self.recent.get(&id);
        SMALL_WRITE_BYTES.saturating_sub(recent.map_or(0, |recent| recent.bytes))
    }

    fn note_sent(&mut self, now: Time, id: ClientId, bytes: usize) {
        let nothing = Recent { bytes: 0, written: now, waits: false };
        let recent = self.recent.entry(id).or_insert(nothing);
        recent.bytes += bytes;
        recent.written = now;
        self.due.push_back((now + SMALL_WRITE_INTERVAL, id));
    }

    /// Has a client wait for which more bytes wait than fit. Returns the moment from which the
    /// client may be blamed for waiting: until then, the server waits.
    pub(super) fn wait(&mut self, id: ClientId) -> Option<Time> {
        let recent = self.recent.get_mut(&id)?;
        recent.waits = true;
        Some(recent.written + SMALL_WRITE_INTERVAL)
    }

    /// Notes that a client was sent so many bytes. Whether the next waiting bytes do not fit any
    /// more.
    #[cold]
    pub(super) fn must_wait(
        &mut self,
        now: Time,
        id: ClientId,
        bytes: usize,
        outbox: &Outbox,
        transcripts: &Transcripts,
    ) -> bool {
        self.note_sent(now, id, bytes);
        let fits = outbox.is_empty() || outbox.whole_lines(self.room(id), transcripts) > 0;
        !fits && self.wait(id).is_some()
    }

    /// Whether a client waits.
    pub(super) fn waits(&self, id: ClientId) -> bool {
        self.recent.get(&id).is_some_and(|recent| recent.waits)
    }

    /// The moment at which the next waiting client may be written to.
    pub(super) fn next_due(&mut self) -> Option<Time> {
        while let Some(&(due, id)) = self.due.front() {
            if self.recent.get(&id).is_some_and(|recent| recent.is_due(due)) {
                return Some(due);
            }
            self.due.pop_front();
        }
        None
    }

    /// A client that may be written to again at `now` and has waited for that.
    pub(super) fn pop_due(&mut self, now: Time) -> Option<ClientId> {
        while self.next_due()? <= now {
            let (_, id) = self.due.pop_front()?;
            if self.recent.remove(&id).is_some_and(|recent| recent.waits) {
                return Some(id);
            }
        }
        None
    }

    /// Forgets a client.
    pub(super) fn forget(&mut self, id: ClientId) {
        self.recent.remove(&id);
    }
}

impl Recent {
    /// Whether this is the time at which all was read.
    fn is_due(&self, due: Time) -> bool {
        self.written + SMALL_WRITE_INTERVAL == due
    }
}
