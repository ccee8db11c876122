//! The UDP side as one process hands it over to another.
//!
//! The secret goes with it, so that cookies stay good. Players and pairs name sockets by number: a
//! process that has other sockets begins without them, and the clients' repeats bring them back.

use serde::Deserialize;
use serde::Serialize;

use super::Matchmaker;
use super::counters::Counters;
use super::keyed::KeyedState;
use super::pairing::PairingState;
use crate::time::Time;

/// All that a matchmaker knows but its secret and its settings.
#[derive(Debug, Serialize, Deserialize)]
pub struct MatchmakerState {
    rate: Vec<(usize, Time)>,
    pairing: PairingState,
    keyed: KeyedState,
    counters: Counters,
}

impl Matchmaker {
    /// All that another process needs to go on. Nothing changes here.
    pub fn handed_over(&self, now: Time) -> MatchmakerState {
        MatchmakerState {
            rate: self.rate.handed_over(now),
            pairing: self.pairing.handed_over(),
            keyed: self.keyed.handed_over(),
            counters: self.counters,
        }
    }

    /// Goes on where another process with the same secret and the same sockets has stopped, before
    /// anything was received.
    pub fn take_over(&mut self, state: MatchmakerState) {
        self.rate.take_over(state.rate);
        self.pairing.take_over(state.pairing);
        self.keyed.take_over(state.keyed);
        self.counters = state.counters;
    }
}
