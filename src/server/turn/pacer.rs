//! When the next flush may begin.
//!
//! A write costs about the same whatever it carries, so a busy room is served cheapest by few
//! large flushes, and an idle one best by flushing at once. The [`Pacer`] lets batches grow only
//! where that pays: after a flush that took a while, the next waits [`FLUSH_PAUSE`] times as long,
//! at most `max_delay`. A flush that takes more than half of that in itself shortens the pause,
//! and one that takes all of it is followed by none: it has gathered enough meanwhile, and more
//! would only be late. Whether waiting pays depends on who speaks, too: people who speak whenever
//! they like fill the whole pause, while those who wait for an answer before they go on say
//! nothing more until they are served. A pause in whose second half hardly anything came is not
//! made again for a while, and each such pause doubles the while.
//!
//! Reading the clock is left to whoever drives the server. Invariant: a flush is never put off
//! beyond `max_delay` after the last.

use std::time::Duration;

use crate::limits::{FLUSH_PAUSE, FLUSH_WORTH_PACING, FLUSHES_UNPACED_MAX};
use crate::time::Time;

/// Poll waits for whole milliseconds and rounds up; half of one less makes that right on average,
/// which saves a timer.
const POLL_ROUNDING: Duration = Duration::from_micros(500);

/// Decides how long to gather before writing.
#[derive(Debug)]
pub(super) struct Pacer {
    max_delay: Duration,
    pause: Option<Pause>,
    /// Flushes that no pause follows, because the last was useless.
    skip: u32,
    /// How many flushes the next useless pause is paid back with.
    penalty: u32,
}

/// The time after a flush in which there is none.
#[derive(Clone, Copy, Debug)]
struct Pause {
    half: Time,
    end: Time,
    /// Messages that had come during the flush and were read right after it.
    before: Option<u64>,
    /// Messages that came in the first half …
    early: u64,
    /// … and later.
    late: u64,
}

impl Pacer {
    /// Never waits longer than `max_delay`; zero never waits.
    pub(super) fn new(max_delay: Duration) -> Self {
        Self { max_delay, pause: None, skip: 0, penalty: 1 }
    }

    /// Never waits longer than this from now on.
    pub(super) fn set_max_delay(&mut self, max_delay: Duration) {
        if max_delay != self.max_delay {
            *self = Self::new(max_delay);
        }
    }

    /// When the next flush may begin.
    pub(super) fn due(&self) -> Time {
        self.pause.map_or(Time::ZERO, |pause| pause.end)
    }

    /// In the turn that began at `now` so many messages were published.
    pub(super) fn note_published(&mut self, now: Time, messages: u64) {
        // Nothing happened for longer: of this pause nothing is learned.
        self.pause = self.pause.filter(|pause| pause.before.is_some() || now < pause.end);
        if let Some(pause) = &mut self.pause {
            match pause.before {
                None => pause.before = Some(messages),
                Some(_) if now < pause.half => pause.early += messages,
                Some(_) => pause.late += messages,
            }
        }
    }

    /// A flush has taken place, in which writing took this long.
    pub(super) fn flushed(&mut self, ended: Time, took: Duration) {
        // A pause that was cut short shows nothing.
        if let Some(pause) = self.pause.take().filter(|pause| ended >= pause.end + took) {
            self.judge(pause);
        }
        if took < FLUSH_WORTH_PACING {
            return;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        // A flush that takes long in itself has gathered enough meanwhile.
        let excess = 2 * took.saturating_sub(self.max_delay / 2);
        let length = (took * FLUSH_PAUSE).min(self.max_delay).saturating_sub(excess);
        if !length.is_zero() {
            let length = length.saturating_sub(POLL_ROUNDING);
            let (half, end) = (ended + length / 2, ended + length);
            self.pause = Some(Pause { half, end, before: None, early: 0, late: 0 });
        }
    }

    fn judge(&mut self, pause: Pause) {
        let meanwhile = pause.early + pause.late;
        if meanwhile > 0 && pause.late * 4 >= meanwhile {
            self.penalty = 1;
        } else if meanwhile > 0 || pause.before.is_some_and(|messages| messages > 0) {
            self.skip = self.penalty;
            self.penalty = (self.penalty * 2).min(FLUSHES_UNPACED_MAX);
        }
        // Of a pause in which nobody spoke nothing is learned.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_DELAY: Duration = Duration::from_millis(5);

    fn at(time: u64) -> Time {
        Time::at(micros(time))
    }

    fn micros(count: u64) -> Duration {
        Duration::from_micros(count)
    }

    /// When somebody speaks, in microseconds.
    #[derive(Clone, Copy)]
    enum Rhythm {
        /// So long after the last time, come what may.
        Every(u64),
        /// So long after the last message was served.
        AfterAnswer(u64),
    }

    /// Runs a loop for a second in which a flush takes a millisecond. Returns the flushes and the
    /// longest that a message waited for its flush, in microseconds.
    fn run(speaker: Rhythm) -> (u32, u64) {
        let mut pacer = Pacer::new(MAX_DELAY);
        let (mut now, mut flushes, mut longest) = (0, 0, 0);
        let (mut next, mut waiting) = (0, None);
        while now < 1_000_000 {
            if next <= now {
                waiting = waiting.or(Some(next));
                pacer.note_published(at(now), 1);
                next = match speaker {
                    Rhythm::Every(interval) => next + interval,
                    Rhythm::AfterAnswer(_) => u64::MAX,
                };
            } else if let Some(since) = waiting.filter(|_| at(now) >= pacer.due()) {
                longest = longest.max(now - since);
                pacer.flushed(at(now + 1_000), micros(1_000));
                (waiting, flushes, now) = (None, flushes + 1, now + 1_000);
                if let Rhythm::AfterAnswer(delay) = speaker {
                    next = now + delay;
                }
            } else {
                pacer.note_published(at(now), 0);
                now += 20;
            }
        }
        (flushes, longest)
    }

    #[test]
    fn people_who_speak_when_they_like_share_flushes() {
        let (flushes, longest) = run(Rhythm::Every(700));
        assert!((220..310).contains(&flushes), "{flushes} flushes of 1 ms in a second");
        assert!(longest <= 1_000 + 3_000, "{longest} us");
    }

    #[test]
    fn who_waits_for_an_answer_is_not_made_to_wait_longer() {
        let (flushes, _) = run(Rhythm::AfterAnswer(20));
        assert!(flushes > 950, "{flushes} flushes of 1 ms in a second");
    }

    #[test]
    fn a_quiet_room_is_served_at_once() {
        let (flushes, longest) = run(Rhythm::Every(10_000));
        assert!(flushes >= 99);
        assert!(longest <= 20, "{longest} us");
    }

    #[test]
    fn of_a_pause_that_nobody_spoke_in_nothing_is_learned() {
        let mut pacer = Pacer::new(MAX_DELAY);
        pacer.flushed(at(1_000), micros(1_000));
        pacer.note_published(at(10_000_000), 1);
        pacer.flushed(at(10_001_000), micros(1_000));
        assert!(pacer.due() > at(10_001_000), "it is tried again");
        pacer.note_published(at(10_001_100), 60);
        pacer.flushed(at(10_002_200), micros(1_000));
        assert!(pacer.due() > at(10_002_200), "nor of one that a large batch has ended");
    }

    #[test]
    fn quick_flushes_are_not_paced() {
        let mut pacer = Pacer::new(MAX_DELAY);
        pacer.flushed(at(100), micros(100));
        assert_eq!(pacer.due(), Time::ZERO);
        pacer.flushed(at(1_200), micros(1_000));
        assert_eq!(pacer.due(), at(3_700));
        pacer.flushed(at(7_000), micros(2_000));
        assert_eq!(pacer.due(), at(11_500), "never longer than the limit");
        pacer.flushed(at(19_000), micros(4_000));
        assert_eq!(pacer.due(), at(20_500), "less after a flush that is longer than half of it");
        pacer.flushed(at(30_000), micros(5_000));
        assert_eq!(pacer.due(), Time::ZERO);
        let mut never = Pacer::new(Duration::ZERO);
        never.flushed(at(10_000), micros(10_000));
        assert_eq!(never.due(), Time::ZERO);
    }
}
