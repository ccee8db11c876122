//! The keyed protocol's counters.
//!
//! Invariant: each request that led to something is counted in exactly one field of the first
//! group; the other fields count its consequences.

use serde::Deserialize;
use serde::Serialize;

use super::request::ReachMethod;

/// Totals since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyedCounters {
    /// Requests answered by a cookie.
    pub cookies: u64,
    /// Requests of players that wait or go on waiting.
    pub waits: u64,
    /// Requests that completed a match.
    pub completed: u64,
    /// Requests of matched players, answered with their match again.
    pub retold: u64,
    /// Requests refused with a reason.
    pub refused: u64,
    /// Confirmations of a match.
    pub acks: u64,
    /// Reports of how a player was reached, repeats included.
    pub reports: u64,
    /// Players who left.
    pub left: u64,
    /// Datagrams relayed.
    pub relayed: u64,

    /// Players matched.
    pub matched: u64,
    /// Bytes of game data relayed.
    pub relayed_bytes: u64,
    /// Players that were reached inside their own network, as the others report.
    pub lan: u64,
    /// Players that were reached directly.
    pub direct: u64,
    /// Players that were reached through the relay.
    pub relay: u64,
    /// Players that were not reached.
    pub failed: u64,
    /// Matches sent again because no player had confirmed them.
    pub repeats: u64,
    /// Matches that lost players who had never answered.
    #[serde(default)]
    pub dissolved: u64,
    /// Players who continued from another address.
    #[serde(default)]
    pub moved: u64,
    /// Waiting players who did not ask again in time.
    pub expired: u64,
    /// Matches forgotten before their time because the table was full.
    pub evicted: u64,
    /// Players who made room in a full table for players of smaller networks.
    #[serde(default)]
    pub displaced: u64,
}

impl KeyedCounters {
    /// Requests that led to something.
    pub(in crate::matchmaking) fn total(&self) -> u64 {
        let joins = self.cookies + self.waits + self.completed + self.retold + self.refused;
        joins + self.acks + self.reports + self.left + self.relayed
    }

    /// Counts how one player was reached.
    pub(super) fn count(&mut self, how: ReachMethod) {
        let counter = match how {
            ReachMethod::Lan => &mut self.lan,
            ReachMethod::Direct => &mut self.direct,
            ReachMethod::Relay => &mut self.relay,
            ReachMethod::Failed => &mut self.failed,
        };
        *counter += 1;
    }
}
