//! Flood control: how much one client may say.
//!
//! A token bucket kept as one [`Time`] per client (the generic cell rate algorithm of ATM): the
//! moment at which everything said so far is paid for. Who is ahead of the present by more than
//! the burst has to wait; nothing is refused or lost. Reading the clock is left to the caller.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// How fast a client may speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloodRate {
    /// Time that one line costs.
    interval: Duration,
    /// How far ahead of the present a client may get.
    burst: Duration,
}

impl FloodRate {
    /// So many lines at once, then so many a second. `None` when either is zero.
    pub fn new(burst_lines: u32, lines_per_second: u32) -> Option<Self> {
        if burst_lines == 0 || lines_per_second == 0 {
            return None;
        }
        let interval = Duration::from_secs(1) / lines_per_second;
        Some(Self { interval, burst: interval.saturating_mul(burst_lines - 1) })
    }

    /// Lines a second.
    pub fn lines_per_second(self) -> u32 {
        (Duration::from_secs(1).as_nanos() / self.interval.as_nanos().max(1)) as u32
    }

    /// Lines at once.
    pub fn burst_lines(self) -> u32 {
        (self.burst.as_nanos() / self.interval.as_nanos().max(1)) as u32 + 1
    }
}

/// What one client has used up. Eight bytes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Allowance {
    paid_until: Time,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { paid_until: Time::ZERO }
    }
}

impl Allowance {
    /// Charges for `lines` said at `now`. May run ahead: the next line then waits.
    pub fn charge(&mut self, now: Time, rate: FloodRate, lines: u32) {
        self.paid_until = self.paid_until.max(now) + rate.interval * lines;
    }

    /// Whether all that was said is paid for.
    pub fn is_whole(self, now: Time) -> bool {
        self.paid_until <= now
    }

    /// When the next line may be said; in the past or present: at once.
    pub fn ready_at(self, rate: FloodRate) -> Time {
        let ahead = self.paid_until.since(Time::ZERO).saturating_sub(rate.burst);
        Time::at(ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate() -> FloodRate {
        FloodRate::new(3, 2).unwrap()
    }

    #[test]
    fn a_burst_passes_and_then_the_rate_binds() {
        let mut allowance = Allowance::default();
        let start = Time::at(Duration::from_secs(100));
        for _ in 0..3 {
            assert!(allowance.ready_at(rate()) <= start);
            allowance.charge(start, rate(), 1);
        }
        assert_eq!(allowance.ready_at(rate()), start + Duration::from_millis(500));
        let later = start + Duration::from_millis(500);
        allowance.charge(later, rate(), 1);
        assert_eq!(allowance.ready_at(rate()), later + Duration::from_millis(500));
    }

    #[test]
    fn silence_earns_the_burst_back_and_no_more() {
        let mut allowance = Allowance::default();
        allowance.charge(Time::ZERO, rate(), 3);
        let next_day = Time::at(Duration::from_secs(86_400));
        assert!(allowance.is_whole(next_day));
        allowance.charge(next_day, rate(), 3);
        assert!(!allowance.is_whole(next_day));
        assert_eq!(allowance.ready_at(rate()), next_day + Duration::from_millis(500));
    }

    #[test]
    fn a_dear_line_delays_the_next_by_its_price() {
        let mut allowance = Allowance::default();
        allowance.charge(Time::ZERO, rate(), 13);
        assert_eq!(allowance.ready_at(rate()), Time::at(Duration::from_millis(5_500)));
    }

    #[test]
    fn a_rate_of_nothing_is_no_rate() {
        assert_eq!(FloodRate::new(0, 2), None);
        assert_eq!(FloodRate::new(3, 0), None);
    }
}
