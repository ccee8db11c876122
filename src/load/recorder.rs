//! Latencies, kept as a histogram that can be sent to another process and added up.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::error::LoadError;
use crate::limits::LOAD_LATENCY_MAX;
use crate::time::Time;

/// Latencies below a microsecond are not told apart.
const NANOS_MIN: u64 = 1_000;
/// Digits of a value that count.
const DIGITS: u8 = 3;

/// Records how long messages took that were due within a span of time.
#[derive(Clone, Debug)]
pub(super) struct Recorder {
    from: Time,
    until: Time,
    histogram: Histogram<u64>,
}

impl Recorder {
    /// Records nothing until it is given a span.
    pub(super) fn new() -> Result<Self, LoadError> {
        let most = u64::try_from(LOAD_LATENCY_MAX.as_nanos()).unwrap_or(u64::MAX);
        let histogram =
            Histogram::new_with_bounds(NANOS_MIN, most, DIGITS).map_err(|_| LoadError::SetUp {
                what: "histogram",
                source: std::io::Error::from(std::io::ErrorKind::InvalidInput),
            })?;
        Ok(Self { from: Time::NEVER, until: Time::NEVER, histogram })
    }

    /// Records messages that are due in this span.
    pub(super) fn open(&mut self, from: Time, until: Time) {
        (self.from, self.until) = (from, until);
    }

    /// `count` things that were due at `due` have happened at `now`.
    pub(super) fn record(&mut self, due: Time, now: Time, count: u64) {
        if (self.from..self.until).contains(&due) {
            let nanos = u64::try_from(now.since(due).as_nanos()).unwrap_or(u64::MAX);
            self.histogram.saturating_record_n(nanos, count);
        }
    }

    /// Adds the latencies of another recorder.
    pub(super) fn add(&mut self, cells: &Cells) {
        for (nanos, count) in &cells.0 {
            self.histogram.saturating_record_n(*nanos, *count);
        }
    }

    /// The recorded latencies, to be sent on.
    pub(super) fn cells(&self) -> Cells {
        let cells = self.histogram.iter_recorded();
        Cells(
            cells
                .map(|cell| (cell.value_iterated_to(), cell.count_since_last_iteration()))
                .collect(),
        )
    }

    /// The number of recorded latencies.
    pub(super) fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The time that this share of all took at most.
    pub(super) fn quantile(&self, share: f64) -> Duration {
        Duration::from_nanos(self.histogram.value_at_quantile(share))
    }

    /// The mean of all.
    pub(super) fn mean(&self) -> Duration {
        Duration::from_nanos(self.histogram.mean() as u64)
    }

    /// The shortest of all.
    pub(super) fn min(&self) -> Duration {
        Duration::from_nanos(self.histogram.min())
    }

    /// The longest of all.
    pub(super) fn max(&self) -> Duration {
        Duration::from_nanos(self.histogram.max())
    }

    /// The number of latencies between `from` and `to`, as exactly as was recorded.
    pub(super) fn count_between(&self, from: Duration, to: Duration) -> u64 {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.histogram.count_between(nanos(from), nanos(to))
    }
}

/// A histogram as pairs of a time in nanoseconds and how many took it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cells(Vec<(u64, u64)>);

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn recorded(latencies: impl Iterator<Item = u32>) -> Recorder {
        let mut recorder = Recorder::new().unwrap();
        recorder.open(Time::ZERO, Time::NEVER);
        for latency in latencies {
            recorder.record(Time::at(MS), Time::at(MS) + latency * MS, 1);
        }
        recorder
    }

    #[test]
    fn adding_up_is_as_recording_all_in_one() {
        let (all, odd) = (recorded(1..=1_000), recorded((1..=1_000).step_by(2)));
        let mut sum = recorded((2..=1_000).step_by(2));
        sum.add(&odd.cells());
        assert_eq!(sum.cells(), all.cells());
        assert_eq!((sum.count(), sum.max()), (1_000, all.max()));
        for share in [0.5, 0.9, 0.99, 0.999] {
            assert_eq!(sum.quantile(share), all.quantile(share));
        }
        let median = all.quantile(0.5).as_secs_f64();
        assert!((0.4995..0.5005).contains(&median), "{median}");
    }

    #[test]
    fn what_is_due_outside_the_span_does_not_count() {
        let mut recorder = Recorder::new().unwrap();
        let at = |ms: u32| Time::at(ms * MS);
        recorder.record(at(5), at(6), 1);
        recorder.open(at(10), at(20));
        for due in [9, 10, 19, 20] {
            recorder.record(at(due), at(25), 1);
        }
        assert_eq!(recorder.count(), 2);
        assert_eq!(recorder.count_between(Duration::ZERO, 7 * MS), 1);
    }
}
