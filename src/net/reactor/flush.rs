//! Writing to those for whom something waits, over as many turns as it takes.
//!
//! A flush to a crowd of 19,000 takes a tenth of a second. Meanwhile nobody could be let in, no
//! datagram answered and no signal obeyed, so a turn writes to some thousands and leaves the rest
//! to the next. Who is still to come gets what is said meanwhile in the same write. When a flush
//! begins is left to the pacer.
//!
//! Invariant: who is on the list is written to once; the server lists it anew when more waits.

use std::io::IoSlice;
use std::time::Duration;

use super::Reactor;
use crate::id::ClientId;
use crate::limits::{WRITE_SLICES, WRITES_PER_TURN};
use crate::net::connection::Output;
use crate::net::gauges::Lap;
use crate::time::Time;

/// The clients of one flush.
#[derive(Debug, Default)]
pub(super) struct Flush {
    /// All of them; kept for its memory.
    clients: Vec<ClientId>,
    /// How many were written to.
    written: usize,
    /// How long that took.
    took: Duration,
    /// Since when the oldest message in it has been waiting, if there is one.
    since: Option<Time>,
}

impl Flush {
    /// Whether some are still to be written to.
    pub(super) fn is_under_way(&self) -> bool {
        self.written < self.clients.len()
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        if !self.is_under_way() {
            *self = Self::default();
        }
    }
}

impl Reactor {
    /// Begins a flush, or goes on with the one that is under way.
    pub(super) fn flush(&mut self) {
        let begun = self.clock.now();
        let mut flush = std::mem::take(&mut self.flush);
        if !flush.is_under_way() {
            self.server.take_dirty(&mut flush.clients);
            (flush.written, flush.took) = (0, Duration::ZERO);
            flush.since = self.gauges.begin_flush(flush.clients.len());
        }
        let mut lap = Lap::of(flush.since);
        for &id in flush.clients[flush.written..].iter().take(WRITES_PER_TURN) {
            if self.write(id) {
                self.gauges.note_delivery(&mut lap, self.clock);
            }
            flush.written += 1;
        }
        let ended = self.clock.now();
        self.gauges.end_lap(&mut lap, ended);
        flush.took += ended.since(begun);
        if flush.is_under_way() {
            self.gauges.cut.writes += 1;
        } else {
            self.pacer.flushed(ended, flush.took);
        }
        self.flush = flush;
    }

    /// Writes to one client what waits for it. Whether its socket took anything.
    fn write(&mut self, id: ClientId) -> bool {
        let Some(connection) = self.connections.get_mut(id) else { return false };
        let mut slices = [IoSlice::new(&[]); WRITE_SLICES];
        let count = self.server.gather(id, &mut slices);
        let offered: usize = slices[..count].iter().map(|slice| slice.len()).sum();
        if offered == 0 {
            return false;
        }
        match connection.write(&slices[..count], &mut self.scratch) {
            Output::Taken(taken) => {
                log::trace!("client {id}: wrote {taken} of {offered} bytes");
                self.server.sent(self.now, id, taken, taken < offered);
                taken > 0
            }
            Output::Broken => {
                self.server.write_failed(id);
                // What the client said before is still to be read.
                connection.readable = true;
                self.queue(id);
                false
            }
        }
    }
}
