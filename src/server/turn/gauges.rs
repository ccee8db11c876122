//! What a turn knows of itself: how late messages are, how many a flush is for, and when there was
//! more to do than one turn does.
//!
//! Kept whether or not anybody looks. The cost: per flush one bucket search (5 ns); per
//! [`DELIVERIES_PER_RECORD`] writes one look at the clock and one search, which is about a
//! nanosecond for each write of microseconds. Nothing per message.

use crate::limits::DELIVERIES_PER_RECORD;
use crate::metrics::Histogram;
use crate::time::Time;

/// Counters and histograms since the start.
#[derive(Debug)]
pub struct Gauges {
    /// Clients of a flush.
    pub flushes: Histogram,
    /// From the turn in which a message was read to the write that took it.
    pub deliveries: Histogram,
    /// Turns that left something to the next.
    pub hit: BudgetsHit,
    /// When the turn began in which the first message that no flush has begun to write was read.
    said_since: Option<Time>,
}

/// Turns that left something to the next, by what.
#[derive(Clone, Copy, Debug, Default)]
pub struct BudgetsHit {
    /// Clients to be read, because there were too many …
    pub reads: u64,
    /// … or because so much was queued that writing came first.
    pub reads_for_writes: u64,
    /// Clients to be written to.
    pub writes: u64,
}

/// The deliveries of one flush that were not recorded yet.
#[derive(Debug)]
pub(super) struct DeliveryTimer {
    since: Option<Time>,
    count: u64,
}

impl Default for Gauges {
    fn default() -> Self {
        Self {
            flushes: Histogram::of_sizes(),
            deliveries: Histogram::of_times(),
            hit: BudgetsHit::default(),
            said_since: None,
        }
    }
}

impl Gauges {
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
    pub(super) fn note_delivery(&mut self, timer: &mut DeliveryTimer, clock: impl Fn() -> Time) {
        timer.count += 1;
        if timer.count >= DELIVERIES_PER_RECORD {
            self.record(timer, clock());
        }
    }

    /// All that sockets took since this was last called was taken by `now`.
    pub(super) fn record(&mut self, timer: &mut DeliveryTimer, now: Time) {
        let count = std::mem::take(&mut timer.count);
        if let (Some(since), 1..) = (timer.since, count) {
            self.deliveries.record_times(now.since(since), count);
        }
    }
}

impl DeliveryTimer {
    /// Of a flush whose oldest message was read then; of one without messages, nothing counts.
    pub(super) fn of(since: Option<Time>) -> Self {
        Self { since, count: 0 }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flush_counts_from_its_oldest_message_and_only_if_it_has_one() {
        let at = |millis| Time::at(Duration::from_millis(millis));
        let mut gauges = Gauges::default();
        gauges.note_said(at(1));
        gauges.note_said(at(3));
        let mut timer = DeliveryTimer::of(gauges.begin_flush(2));
        timer.count = 2;
        gauges.record(&mut timer, at(5));
        gauges.record(&mut timer, at(9));
        assert_eq!((gauges.deliveries.count(), gauges.deliveries.sum()), (2, 0.008));
        let mut timer = DeliveryTimer::of(gauges.begin_flush(1));
        timer.count = 1;
        gauges.record(&mut timer, at(10));
        assert_eq!(gauges.deliveries.count(), 2, "replies alone");
        assert_eq!(gauges.flushes.count(), 2);
        assert_eq!(gauges.begin_flush(0), None);
        assert_eq!(gauges.flushes.count(), 2, "a flush to nobody is none");
    }
}
