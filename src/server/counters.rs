//! What clients said and how they went, in numbers.

use serde::{Deserialize, Deserializer, Serialize};

use super::close_reason::CloseReason;

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
    /// Clients closed, by [`CloseReason::index`].
    #[serde(deserialize_with = "of_all_reasons")]
    pub closed: [u64; CloseReason::NAMES.len()],
}

/// The counters of an older process, which knows fewer reasons.
fn of_all_reasons<'de, D: Deserializer<'de>>(
    counts: D,
) -> Result<[u64; CloseReason::NAMES.len()], D::Error> {
    let mut closed = [0; CloseReason::NAMES.len()];
    for (all, count) in closed.iter_mut().zip(Vec::<u64>::deserialize(counts)?) {
        *all = count;
    }
    Ok(closed)
}

impl ServerCounters {
    pub(super) fn note_close(&mut self, reason: CloseReason) {
        self.closed[reason.index()] += 1;
    }
}
