//! Writing to those for whom something waits, over as many turns as it takes.
//!
//! A flush to a crowd of 19,000 takes a tenth of a second. Meanwhile nobody could be let in, no
//! datagram answered and no signal obeyed, so a turn writes to some thousands and leaves the rest
//! to the next. Who is still to come gets what is said meanwhile in the same write. When a flush
//! begins is left to the pacer.
//!
//! Invariant: who is on the list is written to once; the server lists it anew when more waits.

use std::time::Duration;

use super::gauges::DeliveryTimer;
use super::{Driver, Turn, Written};
use crate::delivery::Slices;
use crate::id::ClientId;
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

impl Turn {
    /// Begins a flush, or goes on with the one that is under way; writes to so many at most.
    pub(super) fn write(&mut self, now: Time, most: usize, driver: &mut impl Driver) {
        let begun = driver.now();
        let mut flush = std::mem::take(&mut self.flush);
        if !flush.is_under_way() {
            self.server.fanout.take_dirty(&mut flush.clients);
            (flush.written, flush.took) = (0, Duration::ZERO);
            flush.since = self.gauges.begin_flush(flush.clients.len());
        }
        let mut timer = DeliveryTimer::of(flush.since);
        for &id in flush.clients[flush.written..].iter().take(most) {
            if self.write_to(now, id, driver) {
                self.gauges.note_delivery(&mut timer, || driver.now());
            }
            flush.written += 1;
        }
        let ended = driver.now();
        self.gauges.record(&mut timer, ended);
        flush.took += ended.since(begun);
        if flush.is_under_way() {
            self.gauges.hit.writes += 1;
        } else {
            self.pacer.flushed(ended, flush.took);
        }
        self.flush = flush;
    }

    /// Writes to one client what waits for it. Whether its connection took anything.
    fn write_to(&mut self, now: Time, id: ClientId, driver: &mut impl Driver) -> bool {
        let mut slices = Slices::new();
        let offered = self.server.fanout.gather(id, &mut slices);
        if offered == 0 {
            return false;
        }
        let written = driver.write(id, &slices);
        // Its bytes are the server's, which is to change now.
        drop(slices);
        let taken = match written {
            Written::Taken(taken) => {
                self.server.sent(now, id, taken, taken < offered);
                taken
            }
            Written::Sealed { taken, sealed } => {
                self.server.sent_and_sealed(now, id, taken, sealed);
                taken
            }
            Written::Broken => {
                self.server.write_failed(id);
                // What the client said before is still to be read.
                self.note_readable(id);
                0
            }
        };
        driver.written(&self.server, id);
        taken > 0
    }
}
