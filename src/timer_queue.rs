//! A queue of timers: when each of many owners is due.
//!
//! A heap with at most one live entry for each owner, for the earliest thing that is due. Entries
//! are not removed when plans change: an entry counts only if its owner still says so, and an owner
//! whose plans moved later is simply looked at too early once. The caller remembers each owner's
//! entry and decides what to do when it is due.
//!
//! Invariant: after [`TimerQueue::compact`] the heap holds at most twice as many entries as there
//! are owners, plus some.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Time;

/// Stale entries that are tolerated whatever the number of owners.
const SLACK: usize = 64;

/// The times at which the owners of these keys are due.
#[derive(Debug)]
pub struct TimerQueue<K>(BinaryHeap<Reverse<(Time, K)>>);

impl<K: Ord> Default for TimerQueue<K> {
    fn default() -> Self {
        Self(BinaryHeap::new())
    }
}

impl<K: Copy + Ord> TimerQueue<K> {
    /// Adds an entry. The owner's former one is stale from now on.
    pub fn add(&mut self, due: Time, key: K) {
        self.0.push(Reverse((due, key)));
    }

    /// Takes out the earliest live entry, if that is due by `now`.
    pub fn pop_due(&mut self, now: Time, is_live: impl Fn(Time, K) -> bool) -> Option<K> {
        if self.next(is_live)? > now {
            return None;
        }
        self.0.pop().map(|Reverse((_, key))| key)
    }

    /// When the earliest live entry is due. Stale ones before it are dropped.
    pub fn next(&mut self, is_live: impl Fn(Time, K) -> bool) -> Option<Time> {
        while let Some(&Reverse((due, key))) = self.0.peek() {
            if is_live(due, key) {
                return Some(due);
            }
            self.0.pop();
        }
        None
    }

    /// Drops stale entries when they are many for so many owners. Costs nothing otherwise.
    pub fn compact(&mut self, owners: usize, is_live: impl Fn(Time, K) -> bool) {
        if self.0.len() > 2 * owners + SLACK {
            self.0.retain(|&Reverse((due, key))| is_live(due, key));
        }
    }

    /// Gives back memory that a crowd has needed.
    pub fn trim(&mut self) {
        self.0.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> Time {
        Time::at(Duration::from_secs(seconds))
    }

    #[test]
    fn stale_entries_are_passed_over_and_dropped() {
        let mut armed = [at(5), at(3)];
        let mut queue = TimerQueue::default();
        for (due, key) in [(5, 0), (9, 1), (3, 1)] {
            queue.add(at(due), key);
        }
        let is_live = |armed: [Time; 2]| move |due, key: usize| armed[key] == due;
        assert_eq!(queue.next(is_live(armed)), Some(at(3)));
        assert_eq!(queue.pop_due(at(2), is_live(armed)), None);
        assert_eq!(queue.pop_due(at(9), is_live(armed)), Some(1));
        armed[1] = Time::NEVER;
        assert_eq!(queue.pop_due(at(9), is_live(armed)), Some(0));
        armed[0] = Time::NEVER;
        assert_eq!(queue.next(is_live(armed)), None);
    }

    #[test]
    fn a_crowd_of_stale_entries_does_not_stay() {
        let mut queue = TimerQueue::default();
        for second in 0..10_000 {
            queue.add(at(second), 0);
            queue.compact(1, |due, _| due == at(second));
            assert!(queue.0.len() <= 2 + SLACK);
        }
    }
}
