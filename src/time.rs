//! Time as an argument.
//!
//! Nothing below `net` reads a clock: every step of the server is handed the [`Time`] at which it
//! happens, so a test can play a whole day in a millisecond and play it again exactly.
//! What people read, and what is kept over a restart, has the date: that is [`UnixTime`], handed
//! in as well. Reading the real clocks is left to `net`.

use std::ops::Add;
use std::time::Duration;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// A moment, counted in nanoseconds from the start of the server (584 years fit).
///
/// Half the size of `std::time::Instant`, and it can be written down in a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Time(u64);

impl Time {
    /// The start of the server.
    pub const ZERO: Self = Self(0);
    /// Later than anything that happens; also "no deadline".
    pub const NEVER: Self = Self(u64::MAX);

    /// The moment this long after the start.
    pub fn at(since_start: Duration) -> Self {
        Self::ZERO + since_start
    }

    /// How long ago `earlier` was; zero when it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}

/// A moment as a calendar has it: milliseconds since the beginning of 1970, UTC.
///
/// May jump when the system's clock is set, so nothing waits for it; dates and expiry dates are
/// measured by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct UnixTime(u64);

impl UnixTime {
    /// Days since the beginning of 1970, UTC.
    pub fn day(self) -> u32 {
        u32::try_from(self.0 / (24 * 3_600 * 1_000)).unwrap_or(u32::MAX)
    }

    /// This many milliseconds after the beginning of 1970.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the beginning of 1970.
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero when it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for UnixTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_saturate_instead_of_wrapping() {
        assert_eq!(Time::ZERO + Duration::MAX, Time::NEVER);
        assert_eq!(Time::NEVER + Duration::from_secs(1), Time::NEVER);
        assert_eq!(Time::ZERO.since(Time::NEVER), Duration::ZERO);
        let noon = Time::at(Duration::from_secs(3));
        assert_eq!((noon + Duration::from_millis(50)).since(noon), Duration::from_millis(50));
    }
}
