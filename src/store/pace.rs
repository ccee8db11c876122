//! When to write. No disk and no clock: the caller reports how long each step took.
//!
//! A commit gathers messages for [`COMMIT_INTERVAL`], and a slow disk commits less often: so much
//! less that the chat waits for it 3 % of the time. Checkpoints sync, so they wait until there is
//! nothing else to do, as long as the log does not grow too much. While commits fail, they are
//! tried less and less often, and no checkpoint is made.

use std::time::Duration;

use crate::limits::{CHECKPOINT_INTERVAL, CHECKPOINT_PAUSE};
use crate::limits::{COMMIT_INTERVAL, COMMIT_INTERVAL_MAX, COMMIT_PAUSE};
use crate::limits::{STORE_LOG_BYTES, STORE_LOG_BYTES_MAX};
use crate::time::Time;

/// When to commit and when to move the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// No commit before this.
    commit_from: Time,
    /// The duration of the last one.
    took: Duration,
    /// No checkpoint before this.
    checkpoint_from: Time,
    /// The wait after a failure; `None` after a success, and at the start.
    patience: Option<Duration>,
}

impl Pace {
    /// Nothing was tried yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a commit and its time. One that was slow for once, because the processor was busy
    /// elsewhere, says nothing about the disk: the quicker of two counts.
    pub fn committed(&mut self, now: Time, took: Duration) {
        let usual = took.min(std::mem::replace(&mut self.took, took));
        let pause = usual.saturating_mul(COMMIT_PAUSE);
        self.commit_from = now + pause.clamp(COMMIT_INTERVAL, COMMIT_INTERVAL_MAX);
        self.patience = None;
    }

    /// A commit has just failed.
    pub fn failed(&mut self, now: Time) {
        let doubled = self.patience.map_or(COMMIT_INTERVAL, |last| last.saturating_mul(2));
        let patience = doubled.min(COMMIT_INTERVAL_MAX);
        self.commit_from = now + patience;
        self.patience = Some(patience);
    }

    /// Notes a checkpoint that was made or has failed, and its time.
    pub fn checkpointed(&mut self, now: Time, took: Duration) {
        self.checkpoint_from = now + took.saturating_mul(CHECKPOINT_PAUSE).max(CHECKPOINT_INTERVAL);
    }

    /// When to commit data that has been waiting since then.
    pub fn due(&self, unsaved_since: Option<Time>) -> Option<Time> {
        unsaved_since.map(|since| (since + COMMIT_INTERVAL).max(self.commit_from))
    }

    /// When to make a checkpoint of a log of that length, if there is nothing else to do or
    /// although there is.
    pub fn checkpoint_due(&self, log_bytes: u64, is_idle: bool) -> Option<Time> {
        let limit = if is_idle { STORE_LOG_BYTES } else { STORE_LOG_BYTES_MAX };
        let wanted = log_bytes > limit && !self.is_failing();
        wanted.then_some(self.checkpoint_from)
    }

    /// Whether the last commit failed.
    pub fn is_failing(&self) -> bool {
        self.patience.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::at(Duration::from_millis(millis))
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_commit_gathers_what_is_said_shortly_after() {
        let mut pace = Pace::new();
        assert_eq!(pace.due(None), None);
        assert_eq!(pace.due(Some(at(7))), Some(at(57)));
        pace.committed(at(57), millis(1));
        assert_eq!(pace.due(None), None);
        assert_eq!(pace.due(Some(at(57))), Some(at(107)));
        assert_eq!(pace.due(Some(at(900))), Some(at(950)));
    }

    #[test]
    fn a_slow_disk_is_asked_less_often() {
        let mut pace = Pace::new();
        pace.committed(at(0), millis(1));
        pace.committed(at(100), millis(10));
        assert_eq!(pace.due(Some(at(100))), Some(at(150)), "slow for once");
        pace.committed(at(200), millis(10));
        assert_eq!(pace.due(Some(at(200))), Some(at(520)));
        pace.committed(at(600), millis(3_000));
        assert_eq!(pace.due(Some(at(600))), Some(at(920)));
        pace.committed(at(4_000), millis(3_000));
        assert_eq!(pace.due(Some(at(4_000))), Some(at(4_000) + COMMIT_INTERVAL_MAX));
    }

    #[test]
    fn a_disk_that_fails_is_tried_less_and_less_often() {
        let mut pace = Pace::new();
        let mut now = at(1_000);
        let mut waits = Vec::new();
        for _ in 0..10 {
            pace.failed(now);
            assert!(pace.is_failing());
            let due = pace.due(Some(at(0))).unwrap();
            waits.push(due.since(now).as_millis());
            now = due;
        }
        assert_eq!(waits, [50, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
        pace.committed(now, millis(1));
        assert!(!pace.is_failing());
        assert_eq!(pace.due(Some(now)), Some(now + COMMIT_INTERVAL));
        pace.failed(now);
        assert_eq!(pace.due(Some(at(0))), Some(now + COMMIT_INTERVAL), "patience is new again");
    }

    #[test]
    fn the_log_is_moved_when_there_is_nothing_else_to_do_or_when_it_is_long() {
        let mut pace = Pace::new();
        assert_eq!(pace.checkpoint_due(STORE_LOG_BYTES, true), None);
        assert_eq!(pace.checkpoint_due(STORE_LOG_BYTES + 1, true), Some(Time::ZERO));
        assert_eq!(pace.checkpoint_due(STORE_LOG_BYTES + 1, false), None);
        assert_eq!(pace.checkpoint_due(STORE_LOG_BYTES_MAX + 1, false), Some(Time::ZERO));
        pace.checkpointed(at(10), millis(1));
        let due = pace.checkpoint_due(STORE_LOG_BYTES_MAX + 1, false);
        assert_eq!(due, Some(at(10) + CHECKPOINT_INTERVAL));
        pace.checkpointed(at(10), millis(300));
        assert_eq!(pace.checkpoint_due(STORE_LOG_BYTES + 1, true), Some(at(30_010)));
        pace.failed(at(20));
        assert_eq!(pace.checkpoint_due(STORE_LOG_BYTES_MAX + 1, true), None);
        pace.committed(at(30), millis(1));
        assert!(pace.checkpoint_due(STORE_LOG_BYTES + 1, true).is_some());
    }
}
