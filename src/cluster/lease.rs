//! A node's lease, and what is known of the others': who lives, and who surely does not.
//!
//! The engine counts five seconds from the beat that reached it; a node counts four from when it
//! *sent* the last beat that was answered. So a node takes its names for lost before anybody else
//! may, however slow the way was. That a lease lasts is no proof that its node lives: right after a
//! crash it lasts on for seconds. A beat that was made after one began to ask is.
//!
//! Invariant: for the length of a lease after the engine came (back), nobody is taken for dead: all
//! leases may have died with it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::answer::Leases;
use super::entry::NodeRun;
use crate::limits::{BEAT_EVERY, LEASE, LEASE_TRUSTED};
use crate::time::Time;

/// What is known of a node's lease.
#[derive(Clone, Copy, Debug)]
struct Peer {
    /// Its last beat was made then or later.
    beat: Time,
    is_over: bool,
}

/// One's own lease and all others.
#[derive(Debug)]
pub struct Lease {
    /// When the next beat is due; never while the engine is away.
    due: Time,
    /// When the beats were sent that are not answered yet.
    sent: VecDeque<Time>,
    /// When the last answered beat was sent.
    answered: Option<Time>,
    /// Until then nobody is taken for dead.
    settled: Time,
    peers: BTreeMap<NodeRun, Peer>,
}

impl Default for Lease {
    fn default() -> Self {
        Self {
            due: Time::NEVER,
            sent: VecDeque::new(),
            answered: None,
            settled: Time::NEVER,
            peers: BTreeMap::new(),
        }
    }
}

impl Lease {
    /// The engine is there, or another term has begun.
    pub fn up(&mut self, now: Time) {
        (self.due, self.settled) = (now, now + LEASE);
        self.peers.clear();
    }

    /// The engine is gone.
    pub fn down(&mut self) {
        (self.due, self.settled) = (Time::NEVER, Time::NEVER);
        self.sent.clear();
        self.peers.clear();
    }

    /// When the next beat is due.
    pub fn due(&self) -> Time {
        self.due
    }

    /// A beat was sent, or could not be and is to be tried again as late.
    pub fn beat(&mut self, now: Time, is_sent: bool) {
        self.due = now + BEAT_EVERY;
        if is_sent {
            self.sent.push_back(now);
        }
    }

    /// The next beat was answered. Returns whether the lease had run out, or was forgotten: then
    /// others may have cleared up, and all that this node has is to be entered again.
    pub fn answered(&mut self, leases: &Leases) -> bool {
        let Some(sent) = self.sent.pop_front() else { return false };
        let lapsed = !leases.held && self.answered.is_some();
        self.answered = Some(sent);
        self.peers.clear();
        for (run, left) in &leases.left {
            // The engine looked after `sent`, so the beat is no older than this.
            let left_for = Duration::from_millis(u64::try_from(*left).unwrap_or(0));
            let age = LEASE.saturating_sub(left_for);
            let beat = Time::at(sent.since(Time::at(age)));
            self.peers.insert(run.clone(), Peer { beat, is_over: *left <= 0 });
        }
        lapsed
    }

    /// Whether this node's names are surely its own.
    pub fn is_held(&self, now: Time) -> bool {
        self.answered.is_some_and(|sent| now < sent + LEASE_TRUSTED)
    }

    /// When one's own lease is to be taken for lost.
    pub fn held_until(&self) -> Time {
        self.answered.map_or(Time::ZERO, |sent| sent + LEASE_TRUSTED)
    }

    /// Whether a run has made a beat since then: proof that it lives.
    pub fn has_beaten_since(&self, run: &NodeRun, since: Time) -> bool {
        self.peers.get(run).is_some_and(|peer| !peer.is_over && peer.beat > since)
    }

    /// Whether a run's names may be taken: its lease is over or forgotten, and that means
    /// something.
    pub fn is_dead(&self, now: Time, run: &NodeRun) -> bool {
        let is_over = self.peers.get(run).is_none_or(|peer| peer.is_over);
        now >= self.settled && !self.peers.is_empty() && is_over
    }

    /// Runs whose leases are over and that nobody has buried.
    pub fn dead(&self, now: Time) -> impl Iterator<Item = &NodeRun> {
        let is_settled = now >= self.settled;
        let over = self.peers.iter().filter(move |(_, peer)| is_settled && peer.is_over);
        over.map(|(run, _)| run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::at(Duration::from_millis(millis))
    }

    fn run(name: &str) -> NodeRun {
        NodeRun::new(name, 1).unwrap()
    }

    fn leases(held: bool, left: &[(&str, i64)]) -> Leases {
        Leases { at: 0, held, left: left.iter().map(|(name, left)| (run(name), *left)).collect() }
    }

    #[test]
    fn a_lease_counts_from_when_its_beat_was_sent() {
        let mut lease = Lease::default();
        assert!(!lease.is_held(at(0)) && lease.due() == Time::NEVER);
        lease.up(at(1_000));
        assert_eq!(lease.due(), at(1_000));
        lease.beat(at(1_000), true);
        lease.beat(at(2_000), true);
        // The way takes three seconds.
        assert!(!lease.answered(&leases(false, &[("a", 5_000)])), "the first is no lapse");
        assert!(lease.is_held(at(4_999)) && !lease.is_held(at(5_000)));
        assert_eq!(lease.held_until(), at(5_000));
        assert!(!lease.answered(&leases(true, &[])));
        assert!(lease.is_held(at(5_999)));
        assert!(!lease.answered(&leases(false, &[])), "no beat is on its way");
        lease.beat(at(9_000), true);
        assert!(lease.answered(&leases(false, &[])), "it had lapsed");
    }

    #[test]
    fn only_a_beat_since_then_proves_that_a_node_lives() {
        let mut lease = Lease::default();
        lease.up(at(0));
        lease.beat(at(10_000), true);
        lease.answered(&leases(false, &[("b", 4_200), ("c", -1)]));
        assert!(lease.has_beaten_since(&run("b"), at(9_199)));
        assert!(!lease.has_beaten_since(&run("b"), at(9_200)), "its lease lasts, no more");
        assert!(!lease.has_beaten_since(&run("c"), at(0)));
        assert!(lease.is_dead(at(10_000), &run("c")) && !lease.is_dead(at(10_000), &run("b")));
        assert!(lease.is_dead(at(10_000), &run("d")), "forgotten");
        assert_eq!(lease.dead(at(10_000)).collect::<Vec<_>>(), [&run("c")]);
    }

    #[test]
    fn nobody_is_dead_right_after_the_engine_came_back() {
        let mut lease = Lease::default();
        lease.up(at(0));
        lease.beat(at(0), true);
        lease.answered(&leases(false, &[("a", 5_000), ("b", -9_000)]));
        assert!(!lease.is_dead(at(4_999), &run("b")) && lease.dead(at(4_999)).next().is_none());
        assert!(lease.is_dead(at(5_000), &run("b")));
        lease.down();
        assert!(!lease.is_dead(at(9_000), &run("b")), "nothing is known");
    }
}
