//! What of the server outlives it, and the calendar by which that is dated.
//!
//! Where it is kept, and when, is left to whoever drives the server.

use super::Server;
use crate::chat::{Batch, Context, Network, Snapshot};
use crate::id::ClientId;
use crate::time::{Time, Wall};

impl Server {
    /// Takes in what was kept, before anybody comes.
    pub fn restore(&mut self, kept: Snapshot) {
        self.lobby.restore(kept);
    }

    /// Whether there is anything new to be kept.
    pub fn has_unsaved(&self) -> bool {
        self.lobby.has_unsaved()
    }

    /// Has what is new kept by `commit`, at most so many rows of it at a time.
    ///
    /// # Errors
    /// What `commit` says; everything is as new as before then.
    pub fn save<E>(
        &mut self,
        most: usize,
        commit: impl FnOnce(&Batch<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.lobby.save(most, commit)
    }

    /// Notes what the calendar says at `now`. To be called once in a while: it may be set.
    pub fn set_calendar(&mut self, now: Time, wall: Wall) {
        let since_start = u64::try_from(now.since(Time::ZERO).as_millis()).unwrap_or(u64::MAX);
        self.started = Wall::from_millis(wall.millis().saturating_sub(since_start));
    }

    /// Where clients come from and what the calendar says, for as long as `act` takes, which is
    /// given the rest of the server that commands need.
    pub(super) fn with_context<T>(
        &mut self,
        now: Time,
        act: impl FnOnce(&mut crate::chat::Lobby, &mut crate::delivery::Fanout, &Context<'_>) -> T,
    ) -> T {
        let (sessions, admission) = (&self.sessions, &self.admission);
        let network_of = |id: ClientId| -> Option<Network> {
            sessions.get(id).and_then(|session| admission.network(session.origin))
        };
        let now = self.started + now.since(Time::ZERO);
        act(&mut self.lobby, &mut self.fanout, &Context { now, network_of: &network_of })
    }
}
