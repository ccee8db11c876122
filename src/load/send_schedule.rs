//! When each message of an open loop is due. Pure: no clock, no sockets.
//!
//! Each client speaks once in each period; their turns are spread evenly over it, and those of
//! several processes interleave. So a server meets an even stream, and no client waits for an
//! answer before its next message: a message is due at its time, however slow the server is.

use std::time::Duration;

use crate::time::Time;

/// The messages of one process, in the order in which they are due.
#[derive(Clone, Debug)]
pub(super) struct SendSchedule {
    start: Time,
    /// Nanoseconds between two messages of this process.
    interval: f64,
    /// Nanoseconds from the start to the first one.
    offset: f64,
    said: u64,
}

impl SendSchedule {
    /// `per_second` messages a second from `start` on. This is process `index` of `processes`.
    pub(super) fn new(start: Time, per_second: f64, index: usize, processes: usize) -> Self {
        let interval = 1e9 / per_second;
        let offset = interval * index as f64 / processes.max(1) as f64;
        Self { start, interval, offset, said: 0 }
    }

    /// The next message that is due now, if there is one: its number and when it was due.
    pub(super) fn take(&mut self, now: Time) -> Option<(u64, Time)> {
        let due = self.next();
        if due > now {
            return None;
        }
        let number = self.said;
        self.said += 1;
        Some((number, due))
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Time {
        let nanos = self.offset + self.interval * self.said as f64;
        if !nanos.is_finite() {
            return Time::NEVER;
        }
        self.start + Duration::from_nanos(nanos as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(3);

    fn due_times(index: usize, processes: usize, count: usize) -> Vec<u128> {
        let mut schedule = SendSchedule::new(Time::at(START), 1_000.0, index, processes);
        let all = std::iter::from_fn(|| schedule.take(Time::NEVER));
        all.take(count).map(|(_, due)| due.since(Time::at(START)).as_micros()).collect()
    }

    #[test]
    fn messages_are_spread_evenly_over_time_and_processes() {
        assert_eq!(due_times(0, 1, 4), [0, 1_000, 2_000, 3_000]);
        assert_eq!(due_times(1, 2, 3), [500, 1_500, 2_500]);
        assert_eq!(due_times(0, 1, 100_001)[100_000], 100_000_000);
    }

    #[test]
    fn nothing_is_taken_before_it_is_due() {
        let mut schedule = SendSchedule::new(Time::ZERO, 10.0, 0, 1);
        assert_eq!(schedule.take(Time::ZERO), Some((0, Time::ZERO)));
        assert_eq!(schedule.take(Time::at(Duration::from_millis(99))), None);
        let late = Time::at(Duration::from_millis(350));
        let taken = std::iter::from_fn(|| schedule.take(late)).count();
        assert_eq!(taken, 3, "100, 200 and 300 ms are due, late as it is");
    }

    #[test]
    fn nobody_speaks_at_a_rate_of_nothing() {
        assert_eq!(SendSchedule::new(Time::ZERO, 0.0, 0, 1).next(), Time::NEVER);
    }
}
