//! Counters of a run.

use std::collections::BTreeMap;
use std::io;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// The most reasons that are told apart; further ones are counted as one.
const REASONS_MAX: usize = 12;
/// Characters of a reason.
const REASON_CHARS_MAX: usize = 250;

/// Why clients failed, and how many for each reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failures(BTreeMap<String, u64>);

impl Failures {
    /// Counts one.
    pub(super) fn note(&mut self, reason: &str) {
        self.add_reason(reason, 1);
    }

    /// Adds the failures of another process.
    pub(super) fn add(&mut self, other: &Self) {
        for (reason, count) in &other.0 {
            self.add_reason(reason, *count);
        }
    }

    fn add_reason(&mut self, reason: &str, count: u64) {
        let known = self.0.contains_key(reason) || self.0.len() < REASONS_MAX;
        let reason: String = match known {
            true => reason.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect(),
            false => "other reasons".to_owned(),
        };
        *self.0.entry(reason).or_default() += count;
    }

    /// The most frequent failure.
    pub(super) fn most_frequent(&self) -> Option<&str> {
        self.by_count().first().map(|(reason, _)| *reason)
    }

    /// Each reason and its count, the most frequent first.
    pub(super) fn by_count(&self) -> Vec<(&str, u64)> {
        let mut all: Vec<_> =
            self.0.iter().map(|(reason, count)| (reason.as_str(), *count)).collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all
    }
}

/// A failure in few words.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            "connection reset by the server".to_owned()
        }
        io::ErrorKind::TimedOut => "no answer from the machine".to_owned(),
        _ => error.to_string(),
    }
}

/// Counts of the whole run, from the first connection on.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Clients that were let in.
    pub(super) admitted: u64,
    /// Clients that were not.
    pub(super) failed: u64,
    /// Clients that were admitted and whose connection ended before they left.
    pub(super) lost: u64,
    /// Why the failed and the lost were.
    pub(super) failures: Failures,
    /// Messages that were said.
    pub(super) said: u64,
    /// Messages of these that were due in the measured time.
    pub(super) said_in_window: u64,
    /// Messages that were due and could not be said, because the server did not read or the
    /// speaker was gone.
    pub(super) held_back: u64,
    /// How often the server told a client that it talks too fast.
    pub(super) slowed_down: u64,
    /// Messages heard by permanent listeners.
    pub(super) heard_by_listeners: u64,
    /// Messages heard by clients that come and go.
    pub(super) heard_by_others: u64,
    /// Bytes heard, notices included.
    pub(super) bytes: u64,
}

/// The progress of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ProgressCounts {
    /// Clients that were let in.
    pub(super) admitted: u64,
    /// Clients that were not, or were lost.
    pub(super) failed: u64,
    /// Messages heard.
    pub(super) heard: u64,
}

impl AddAssign for ProgressCounts {
    fn add_assign(&mut self, other: Self) {
        self.admitted += other.admitted;
        self.failed += other.failed;
        self.heard += other.heard;
    }
}

impl Tally {
    /// The progress of the run.
    pub(super) fn progressed(&self) -> ProgressCounts {
        ProgressCounts {
            admitted: self.admitted,
            failed: self.failed + self.lost,
            heard: self.heard(),
        }
    }

    /// Messages heard by anybody.
    pub(super) fn heard(&self) -> u64 {
        self.heard_by_listeners + self.heard_by_others
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_apart_up_to_a_bound() {
        let mut failures = Failures::default();
        for number in 0..20 {
            failures.note(&format!("reason {number}\r"));
        }
        failures.note("reason 0");
        let mut sum = failures.clone();
        sum.add(&failures);
        let told = sum.by_count();
        assert_eq!((told[0].0, sum.most_frequent()), ("other reasons", Some("other reasons")));
        assert!(told.len() <= REASONS_MAX + 1, "{told:?}");
        assert_eq!(told.iter().map(|(_, count)| count).sum::<u64>(), 42);
    }
}
