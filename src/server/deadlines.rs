//! When which client must be looked at: a [`TimerQueue`] of sessions, each of which remembers in
//! `armed` for when it is down.

use super::session::Session;
use crate::id::{ClientId, SideTable};
use crate::time::Time;
use crate::timer_queue::TimerQueue;

/// The times at which clients are due.
#[derive(Debug, Default)]
pub(super) struct Deadlines(TimerQueue<ClientId>);

impl Deadlines {
    /// Makes sure that this client is looked at when `due`, or earlier.
    pub(super) fn arm(&mut self, id: ClientId, due: Time, session: &mut Session) {
        if due < session.armed {
            session.armed = due;
            self.0.add(due, id);
        }
    }

    /// A client that is due by `now`, which is then no longer armed.
    pub(super) fn pop_due(
        &mut self,
        now: Time,
        sessions: &mut SideTable<Session>,
    ) -> Option<ClientId> {
        let id = self.0.pop_due(now, is_live(sessions))?;
        sessions.get_mut(id)?.armed = Time::NEVER;
        Some(id)
    }

    /// When the next client is due.
    pub(super) fn next(&mut self, sessions: &SideTable<Session>) -> Option<Time> {
        self.0.next(is_live(sessions))
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.0.trim();
    }

    /// Drops stale entries when they are many. Costs nothing otherwise.
    pub(super) fn compact(&mut self, sessions: &SideTable<Session>) {
        self.0.compact(sessions.len(), is_live(sessions));
    }
}

fn is_live(sessions: &SideTable<Session>) -> impl Fn(Time, ClientId) -> bool {
    |due, id| sessions.get(id).is_some_and(|session| session.armed == due)
}
