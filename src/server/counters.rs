//! What clients said and how they went, in numbers.

use serde::{Deserialize, Serialize};

use super::close_reason::CloseReason;
use crate::delivery::as_many_as_were_known;

/// Plain counters since the start.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct ServerCounters {
    /// Lines carried out or refused.
    pub lines: u64,
    /// Lines that had to wait for flood control.
    pub held: u64,
    /// Lines that had to wait for others from the same place.
    #[serde(default)]
    pub held_by_origin: u64,
    /// Lines that had to wait for those who read in the same room.
    #[serde(default)]
    pub held_by_room: u64,
    /// Passwords of operators that were wrong.
    pub passwords_refused: u64,
    /// Log-ins to accounts.
    #[serde(default)]
    pub logins: u64,
    /// Passwords of accounts that were wrong.
    #[serde(default)]
    pub logins_refused: u64,
    /// Accounts registered.
    #[serde(default)]
    pub registrations: u64,
    /// Clients that a gateway has introduced.
    #[serde(default)]
    pub introduced: u64,
    /// Those that were not let in because the gateway was none, or wrong.
    #[serde(default)]
    pub introductions_refused: u64,
    /// Clients closed, by [`CloseReason::index`].
    #[serde(deserialize_with = "as_many_as_were_known")]
    pub closed: [u64; CloseReason::NAMES.len()],
}

impl ServerCounters {
    pub(super) fn note_close(&mut self, reason: CloseReason) {
        self.closed[reason.index()] += 1;
    }
}
