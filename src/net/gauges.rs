//! The poll loop's own numbers: how long turns take, clients accepted and rejected, and turns that
//! left waiting connections to the next.
//!
//! Counted whether or not anybody asks, at the price of one bucket search (5 ns) a turn. The other
//! numbers of a turn are counted by `server`.

use crate::admin::Counts;
use crate::metrics::Histogram;
use crate::server::{BudgetsHit, NotAdmitted};

/// Counters and histograms since the start.
#[derive(Debug)]
pub(super) struct LoopGauges {
    /// Turns, without the wait for events.
    pub(super) turns: Histogram,
    /// Clients let in.
    pub(super) admitted: u64,
    /// Clients turned away.
    pub(super) rejected: Rejected,
    /// Turns that left waiting connections to the next.
    pub(super) accepts_cut: u64,
}

/// Clients turned away, by reason.
#[derive(Debug, Default)]
pub(super) struct Rejected {
    /// `--max-clients`.
    pub(super) full: u64,
    /// `--max-per-address`.
    pub(super) address: u64,
    /// The same for the network of an address.
    pub(super) network: u64,
    /// `--ban`.
    pub(super) banned: u64,
    /// No descriptor for a long time.
    pub(super) descriptors: u64,
}

impl LoopGauges {
    /// Nothing has happened.
    pub(super) fn new() -> Self {
        Self {
            turns: Histogram::of_times(),
            admitted: 0,
            rejected: Rejected::default(),
            accepts_cut: 0,
        }
    }

    /// Turns that left work to the next turn, by kind of work.
    pub(super) fn turns_cut(&self, hit: &BudgetsHit) -> Counts {
        Counts(vec![
            ("accepts", self.accepts_cut),
            ("reads", hit.reads),
            ("reads-for-writes", hit.reads_for_writes),
            ("writes", hit.writes),
        ])
    }
}

impl Rejected {
    /// Counts one more.
    pub(super) fn note(&mut self, reason: NotAdmitted) {
        match reason {
            NotAdmitted::TooMany => self.address += 1,
            NotAdmitted::Crowded => self.network += 1,
            NotAdmitted::Banned => self.banned += 1,
        }
    }

    /// By name.
    pub(super) fn counts(&self) -> Counts {
        let Self { full, address, network, banned, descriptors } = *self;
        Counts(vec![
            ("full", full),
            ("address", address),
            ("network", network),
            ("banned", banned),
            ("descriptors", descriptors),
        ])
    }
}
