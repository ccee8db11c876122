//! Finding out which clients are in a room, where the server does not confirm admission: a client
//! says something until all have heard something.

use super::client::ClientRef;
use super::client_pool::ClientPool;
use super::worker_plan::RoleAssignment;
use crate::limits::LOAD_DRAIN;
use crate::time::Time;

/// The text of a probe; it is not a message of the test.
const PROBE_TEXT: &[u8] = b"?\n";

/// A roll call under way.
#[derive(Debug)]
pub(super) struct MembershipProbe {
    /// One client; two where clients do not hear themselves.
    callers: Vec<ClientRef>,
    echoes: bool,
    /// How many clients have heard nothing yet, and since when it has been that many.
    missing: usize,
    since: Time,
}

impl MembershipProbe {
    /// A probe that was not sent yet, and never is where the server confirms admission, or to an
    /// empty room.
    pub(super) fn new(pool: &ClientPool, roles: &RoleAssignment, now: Time) -> Self {
        let (registers, echoes) = (pool.codec().registers(), pool.codec().echoes());
        let needed = if echoes { 1 } else { 2 };
        let all = [&roles.listeners, &roles.passers, &roles.stalled].into_iter().flatten();
        let mut callers: Vec<ClientRef> = all.copied().take(needed).collect();
        if registers || callers.len() < needed {
            callers.clear();
        }
        Self { callers, echoes, missing: usize::MAX, since: now }
    }

    /// Calls once.
    pub(super) fn send_probe(&self, pool: &mut ClientPool) {
        for caller in &self.callers {
            pool.send_as_it_is(*caller, PROBE_TEXT);
        }
    }

    /// Whether no client is left to wait for.
    pub(super) fn is_over(&mut self, pool: &ClientPool, now: Time) -> bool {
        if self.callers.is_empty() {
            return true;
        }
        let missing = pool.not_spoken_to();
        if missing < self.missing {
            (self.missing, self.since) = (missing, now);
        }
        missing == 0
    }

    /// Whether a caller should have heard itself, and has not for so long that it never will: no
    /// other client has got in meanwhile either. Of other missing clients that cannot be said:
    /// where a queue has overflowed the system tries again after up to 16 s.
    pub(super) fn lacks_its_echo(&self, pool: &ClientPool, now: Time) -> bool {
        let waits = |caller: &ClientRef| pool.is_not_spoken_to(*caller);
        let long = now.since(self.since) >= LOAD_DRAIN;
        self.echoes && long && self.callers.iter().any(waits)
    }
}
