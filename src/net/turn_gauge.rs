//! Durations of the poll loop's turns.
//!
//! While a turn goes on everybody waits, so this is the first number to look at when people say
//! that the chat hangs. A turn counts from the moment poll has returned to the moment it is called
//! again; waiting in it does not count. Reading the clock is left to `reactor`.
//!
//! Invariant: fixed memory (3 KB), whatever happens.

use std::time::Duration;
use std::{fmt, io};

use hdrhistogram::Histogram;

use super::error::NetError;
use crate::limits::TURN_MAX;

/// Values that differ by six hundredths are told apart: enough to act on, in 3 KB.
const SIGNIFICANT_DIGITS: u8 = 1;

/// Counts turns by the microseconds they took.
#[derive(Debug)]
pub(super) struct TurnGauge {
    micros: Histogram<u64>,
}

impl TurnGauge {
    /// No turn was taken yet.
    pub(super) fn new() -> Result<Self, NetError> {
        let longest = TURN_MAX.as_micros() as u64;
        match Histogram::new_with_bounds(1, longest, SIGNIFICANT_DIGITS) {
            Ok(micros) => Ok(Self { micros }),
            Err(error) => {
                Err(NetError::SetUp { what: "the turn gauge", source: io::Error::other(error) })
            }
        }
    }

    /// A turn took this long.
    pub(super) fn record(&mut self, took: Duration) {
        self.micros.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1));
    }

    /// Begins anew.
    pub(super) fn reset(&mut self) {
        self.micros.reset();
    }
}

/// `count=5021 p50_us=17 p99_us=120 p999_us=450 max_us=900`.
impl fmt::Display for TurnGauge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "count={}", self.micros.len())?;
        for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999)] {
            write!(formatter, " {name}_us={}", self.micros.value_at_quantile(quantile))?;
        }
        write!(formatter, " max_us={}", self.micros.max())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_most_turns_took_and_what_the_longest_took() {
        let mut gauge = TurnGauge::new().unwrap();
        for _ in 0..990 {
            gauge.record(Duration::from_micros(10));
        }
        for _ in 0..10 {
            gauge.record(Duration::from_micros(30));
        }
        assert_eq!(gauge.to_string(), "count=1000 p50_us=10 p99_us=10 p999_us=30 max_us=30");
        gauge.record(Duration::ZERO);
        gauge.record(Duration::MAX);
        let text = gauge.to_string();
        assert!(text.starts_with("count=1002 "), "{text}");
        let (_, longest) = text.rsplit_once('=').unwrap();
        assert!(longest.parse::<u128>().unwrap() >= TURN_MAX.as_micros(), "{text}");
        gauge.reset();
        assert_eq!(gauge.to_string(), "count=0 p50_us=0 p99_us=0 p999_us=0 max_us=0");
    }
}
