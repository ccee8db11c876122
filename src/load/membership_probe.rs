//! Finding out who is in a room whose server does not tell: somebody says something until all have
//! heard something.

use super::client::ClientRef;
use super::client_pool::ClientPool;
use super::worker_plan::RoleAssignment;
use crate::limits::LOAD_DRAIN;
use crate::time::Time;

/// What is said; no message of ours.
const PROBE_TEXT: &[u8] = b"?\n";

/// A roll call under way.
#[derive(Debug)]
pub(super) struct MembershipProbe {
    /// One; two where nobody hears itself.
    callers: Vec<ClientRef>,
    echoes: bool,
    /// How many have heard nothing yet, and since when so many.
    missing: usize,
    since: Time,
}

impl MembershipProbe {
    /// Nobody has called yet; nobody will where the server tells who is in, or to an empty room.
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

    /// Whether there is nobody left to wait for.
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

    /// Whether somebody has called, should have heard itself, and has not for so long that it will
    /// not: nobody else has got in meanwhile either. Of others who are missing that cannot be said;
    /// where a queue has overflowed the system tries again after up to 16 s.
    pub(super) fn lacks_its_echo(&self, pool: &ClientPool, now: Time) -> bool {
        let waits = |caller: &ClientRef| pool.is_not_spoken_to(*caller);
        let long = now.since(self.since) >= LOAD_DRAIN;
        self.echoes && long && self.callers.iter().any(waits)
    }
}
