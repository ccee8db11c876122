//! What the poll loop knows of itself: how long turns take, how late messages are, whom it turned
//! away, and when it had more to do than one turn does.
//!
//! Kept whether or not anybody looks. The cost: per turn one bucket search (5 ns); per flush
//! another one; per [`DELIVERIES_PER_RECORD`] writes one look at the clock and one search, which is
//! about a nanosecond for each write of microseconds. Nothing per message.

use crate::admin::Counts;
use crate::limits::DELIVERIES_PER_RECORD;
use crate::metrics::Histogram;
use crate::server::NotAdmitted;
use crate::time::Time;

use super::clock::Clock;

/// Counters and histograms since the start.
#[derive(Debug)]
pub(super) struct Gauges {
    /// Turns, without the wait for events.
    pub(super) turns: Histogram,
    /// Clients of a flush.
    pub(super) flushes: Histogram,
    /// From the turn in which a message was read to the write that took it.
    pub(super) deliveries: Histogram,
    /// Clients let in.
    pub(super) admitted: u64,
    /// Clients turned away.
    pub(super) rejected: Rejected,
    /// Turns that left something to the next.
    pub(super) cut: Cut,
    /// When the turn began in which the first message that no flush has begun to write was read.
    said_since: Option<Time>,
}

/// Clients turned away at the door, by reason.
#[derive(Debug, Default)]
pub(super) struct Rejected {
    /// `--max-clients`.
    pub(super) full: u64,
    /// `--max-per-address`.
    pub(super) address: u64,
    /// The same for all around an address.
    pub(super) network: u64,
    /// `--ban`.
    pub(super) banned: u64,
    /// No descriptor, for long.
    pub(super) descriptors: u64,
}

/// Turns that left something to the next, by what.
#[derive(Debug, Default)]
pub(super) struct Cut {
    /// Clients at the door.
    pub(super) accepts: u64,
    /// Clients to be read, because there were too many …
    pub(super) reads: u64,
    /// … or because so much was queued that writing came first.
    pub(super) reads_for_writes: u64,
    /// Clients to be written to.
    pub(super) writes: u64,
}

/// The deliveries of one flush that were not recorded yet.
#[derive(Debug)]
pub(super) struct Lap {
    since: Option<Time>,
    count: u64,
}

impl Gauges {
    /// Nothing has happened.
    pub(super) fn new() -> Self {
        Self {
            turns: Histogram::of_times(),
            flushes: Histogram::of_sizes(),
            deliveries: Histogram::of_times(),
            admitted: 0,
            rejected: Rejected::default(),
            cut: Cut::default(),
            said_since: None,
        }
    }

    /// In the turn that began at `now` something was said to a room.
    pub(super) fn note_said(&mut self, now: Time) {
        self.said_since.get_or_insert(now);
    }

    /// A flush to so many begins. Returns since when the oldest message has been waiting for it.
    pub(super) fn begin_flush(&mut self, clients: usize) -> Option<Time> {
        if clients > 0 {
            self.flushes.record_size(clients);
        }
        self.said_since.take()
    }

    /// A socket took something of this flush.
    pub(super) fn note_delivery(&mut self, lap: &mut Lap, clock: Clock) {
        lap.count += 1;
        if lap.count >= DELIVERIES_PER_RECORD {
            self.end_lap(lap, clock.now());
        }
    }

    /// All that sockets took since the last lap was taken by `now`.
    pub(super) fn end_lap(&mut self, lap: &mut Lap, now: Time) {
        let count = std::mem::take(&mut lap.count);
        if let (Some(since), 1..) = (lap.since, count) {
            self.deliveries.record_times(now.since(since), count);
        }
    }
}

impl Lap {
    /// Of a flush whose oldest message was read then; of one without messages, nothing counts.
    pub(super) fn of(since: Option<Time>) -> Self {
        Self { since, count: 0 }
    }
}

impl Rejected {
    /// Counts one more.
    pub(super) fn note(&mut self, reason: NotAdmitted) {
        match reason {
            NotAdmitted::TooMany => self.address += 1,
            NotAdmitted::Crowded => self.network += 1,
            NotAdmitted::Banned => self.banned += 1,
        }
    }

    /// By name.
    pub(super) fn counts(&self) -> Counts {
        let Self { full, address, network, banned, descriptors } = *self;
        Counts(vec![
            ("full", full),
            ("address", address),
            ("network", network),
            ("banned", banned),
            ("descriptors", descriptors),
        ])
    }
}

impl Cut {
    /// By name.
    pub(super) fn counts(&self) -> Counts {
        Counts(vec![
            ("accepts", self.accepts),
            ("reads", self.reads),
            ("reads-for-writes", self.reads_for_writes),
            ("writes", self.writes),
        ])
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flush_counts_from_its_oldest_message_and_only_if_it_has_one() {
        let at = |millis| Time::at(Duration::from_millis(millis));
        let mut gauges = Gauges::new();
        gauges.note_said(at(1));
        gauges.note_said(at(3));
        let mut lap = Lap::of(gauges.begin_flush(2));
        lap.count = 2;
        gauges.end_lap(&mut lap, at(5));
        gauges.end_lap(&mut lap, at(9));
        assert_eq!((gauges.deliveries.count(), gauges.deliveries.sum()), (2, 0.008));
        let mut lap = Lap::of(gauges.begin_flush(1));
        lap.count = 1;
        gauges.end_lap(&mut lap, at(10));
        assert_eq!(gauges.deliveries.count(), 2, "replies alone");
        assert_eq!(gauges.flushes.count(), 2);
        assert_eq!(gauges.begin_flush(0), None);
        assert_eq!(gauges.flushes.count(), 2, "a flush to nobody is none");
    }
}
