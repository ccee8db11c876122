//! Finding out who is in a room whose server does not tell: somebody says something until all have
//! heard something.

use super::client::Seat;
use super::crowd::Crowd;
use super::share::Cast;
use crate::limits::LOAD_DRAIN;
use crate::time::Time;

/// What is said; no message of ours.
const CALL: &[u8] = b"?\n";

/// A roll call under way.
#[derive(Debug)]
pub(super) struct RollCall {
    /// One; two where nobody hears itself.
    callers: Vec<Seat>,
    echoes: bool,
    /// How many have heard nothing yet, and since when so many.
    missing: usize,
    since: Time,
}

impl RollCall {
    /// Nobody has called yet; nobody will where the server tells who is in, or to an empty room.
    pub(super) fn new(crowd: &Crowd, cast: &Cast, now: Time) -> Self {
        let (registers, echoes) = (crowd.language().registers(), crowd.language().echoes());
        let needed = if echoes { 1 } else { 2 };
        let all = [&cast.listeners, &cast.passers, &cast.stalled].into_iter().flatten();
        let mut callers: Vec<Seat> = all.copied().take(needed).collect();
        if registers || callers.len() < needed {
            callers.clear();
        }
        Self { callers, echoes, missing: usize::MAX, since: now }
    }

    /// Calls once.
    pub(super) fn call(&self, crowd: &mut Crowd) {
        for caller in &self.callers {
            crowd.send_as_it_is(*caller, CALL);
        }
    }

    /// Whether there is nobody left to wait for.
    pub(super) fn is_over(&mut self, crowd: &Crowd, now: Time) -> bool {
        if self.callers.is_empty() {
            return true;
        }
        let missing = crowd.not_spoken_to();
        if missing < self.missing {
            (self.missing, self.since) = (missing, now);
        }
        missing == 0
    }

    /// Whether somebody has called, should have heard itself, and has not for so long that it will
    /// not: nobody else has got in meanwhile either. Of others who are missing that cannot be said;
    /// where a queue has overflowed the system tries again after up to 16 s.
    pub(super) fn lacks_its_echo(&self, crowd: &Crowd, now: Time) -> bool {
        let waits = |caller: &Seat| crowd.is_not_spoken_to(*caller);
        let long = now.since(self.since) >= LOAD_DRAIN;
        self.echoes && long && self.callers.iter().any(waits)
    }
}
