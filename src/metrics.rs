//! How often something took how long, or was how large, in buckets that never change.
//!
//! Invariants: fixed memory; recording is one short search and two additions, whatever was recorded
//! before. The code that records gives the numbers their meaning.

use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// Bounds for durations from microseconds to seconds, in nanoseconds.
const TIMES: &[u64] = &[
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    10_000_000_000,
];
/// Bounds for how many.
const SIZES: &[u64] =
    &[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000];
const NANOS_PER_SECOND: f64 = 1e9;

/// Counts by bucket.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// The largest value of each bucket but the last, which has none.
    bounds: &'static [u64],
    /// Recorded units in one reported unit.
    per_unit: f64,
    /// One more than bounds.
    counts: Vec<u64>,
    sum: u64,
}

impl Histogram {
    /// A histogram of durations, reported in seconds.
    pub fn of_times() -> Self {
        Self::new(TIMES, NANOS_PER_SECOND)
    }

    /// Of numbers of anything.
    pub fn of_sizes() -> Self {
        Self::new(SIZES, 1.0)
    }

    fn new(bounds: &'static [u64], per_unit: f64) -> Self {
        Self { bounds, per_unit, counts: vec![0; bounds.len() + 1], sum: 0 }
    }

    /// Something took this long.
    pub fn record_time(&mut self, took: Duration) {
        self.record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), 1);
    }

    /// Records that this many things took this long.
    pub fn record_times(&mut self, took: Duration, times: u64) {
        self.record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), times);
    }

    /// Something was this large.
    pub fn record_size(&mut self, size: usize) {
        self.record(size as u64, 1);
    }

    /// The bounds in reported units.
    pub fn bounds(&self) -> impl Iterator<Item = f64> {
        self.bounds.iter().map(|bound| *bound as f64 / self.per_unit)
    }

    /// How many were in each bucket; the last has no bound.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The sum of all values in reported units.
    pub fn sum(&self) -> f64 {
        self.sum as f64 / self.per_unit
    }

    fn record(&mut self, value: u64, times: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        self.counts[bucket] += times;
        self.sum = self.sum.saturating_add(value.saturating_mul(times));
    }
}

/// `{"bounds": [...], "counts": [...], "sum": 1.5, "count": 3}`; one more count than bounds.
impl Serialize for Histogram {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Histogram", 4)?;
        fields.serialize_field("bounds", &self.bounds().collect::<Vec<_>>())?;
        fields.serialize_field("counts", &self.counts)?;
        fields.serialize_field("sum", &self.sum())?;
        fields.serialize_field("count", &self.count())?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_in_the_first_bucket_that_holds_it() {
        let mut sizes = Histogram::of_sizes();
        for size in [0, 1, 2, 3, 5, 50_000, 50_001, usize::MAX] {
            sizes.record_size(size);
        }
        assert_eq!(sizes.counts()[..3], [2, 1, 2]);
        assert_eq!(sizes.counts()[sizes.counts().len() - 2..], [1, 2]);
        assert_eq!((sizes.count(), sizes.sum() as u64), (8, u64::MAX));
    }

    #[test]
    fn times_are_told_in_seconds() {
        let mut times = Histogram::of_times();
        times.record_time(Duration::from_micros(10));
        times.record_times(Duration::from_millis(250), 4);
        times.record_time(Duration::MAX);
        let bounds: Vec<f64> = times.bounds().collect();
        assert!(bounds.is_sorted() && bounds[0] == 0.000_01, "{bounds:?}");
        let filled: Vec<u64> = times.counts().iter().copied().filter(|count| *count > 0).collect();
        assert_eq!(filled, [1, 4, 1]);
        let told = serde_json::to_value(&times).unwrap();
        assert_eq!(told["count"], 6);
        assert_eq!(told["counts"].as_array().unwrap().len(), bounds.len() + 1);
    }
}
