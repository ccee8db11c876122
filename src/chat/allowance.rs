//! Flood control: how much one client may say.
//!
//! A token bucket kept as one [`Time`] per client (the generic cell rate algorithm of ATM): the
//! moment at which everything said so far is paid for. A client ahead of the present by more than
//! the burst has to wait; nothing is refused or lost. Reading the clock is left to the caller.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// The rate at which a client may speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloodRate {
    /// Time that one line costs.
    interval: Duration,
    /// The time that a client may get ahead of the present.
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

    /// The rate of so many clients together.
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        let interval = self.interval / count.max(1);
        let lines = self.burst_lines().saturating_mul(count);
        Self { interval, burst: interval.saturating_mul(lines.saturating_sub(1)) }
    }

    /// This rate, raised to the other's lines at once and lines a second where these are more.
    #[must_use]
    pub fn at_least(self, other: Self) -> Self {
        let interval = self.interval.min(other.interval);
        let lines = self.burst_lines().max(other.burst_lines());
        Self { interval, burst: interval.saturating_mul(lines - 1) }
    }
}

/// The part of its rate that one client, or one network, has used up. Eight bytes.
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

    /// Notes that something was said at `now` that costs nothing.
    pub fn touch(&mut self, now: Time) {
        self.paid_until = self.paid_until.max(now);
    }

    /// Gives back the price of one line that was not said.
    pub fn refund(&mut self, rate: FloodRate) {
        self.paid_until = Time::at(self.paid_until.since(Time::ZERO).saturating_sub(rate.interval));
    }

    /// The moment at which all that was said is paid for.
    pub fn paid_until(self) -> Time {
        self.paid_until
    }

    /// The moment at which the next line may be said; in the past or present: at once.
    pub fn ready_at(self, rate: FloodRate) -> Time {
        self.ready_with(rate, 0)
    }

    /// The moment at which the next line may be said where so many more may be said at once.
    pub fn ready_with(self, rate: FloodRate, more: u32) -> Time {
        let burst = rate.burst.saturating_add(rate.interval.saturating_mul(more));
        Time::at(self.paid_until.since(Time::ZERO).saturating_sub(burst))
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
    fn several_share_what_each_may_say_and_what_was_not_said_is_given_back() {
        let (each, all) = (rate(), rate().times(4));
        assert_eq!((all.burst_lines(), all.lines_per_second()), (12, 8));
        assert_eq!(each.at_least(all), all);
        let wide = FloodRate::new(100, 1).unwrap();
        let both = each.at_least(wide);
        assert_eq!((both.burst_lines(), both.lines_per_second()), (100, 2));
        let mut allowance = Allowance::default();
        let now = Time::at(Duration::from_secs(9));
        allowance.charge(now, each, 5);
        let ready = allowance.ready_at(each);
        assert_eq!(ready, now + Duration::from_millis(1_500));
        assert_eq!(allowance.ready_with(each, 3), now);
        allowance.charge(now, each, 1);
        allowance.refund(each);
        assert_eq!(allowance.ready_at(each), ready);
    }

    #[test]
    fn a_rate_of_nothing_is_no_rate() {
        assert_eq!(FloodRate::new(0, 2), None);
        assert_eq!(FloodRate::new(3, 0), None);
    }
}
