//! When which client must be looked at.
//!
//! A heap with at most one live entry per client, for the earliest thing that is due. Entries are
//! not removed when plans change: an entry counts only if its session still says so, and a session
//! whose plans moved later is simply looked at once too early.
//!
//! Invariant: the heap holds at most twice as many entries as there are clients, plus some.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::session::Session;
use crate::id::{ClientId, SideTable};
use crate::time::Time;

/// Stale entries that are tolerated whatever the number of clients.
const SLACK: usize = 64;

/// The times at which clients are due.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    heap: BinaryHeap<Reverse<(Time, ClientId)>>,
}

impl Deadlines {
    /// Makes sure that this client is looked at when `due`, or earlier.
    pub(super) fn arm(&mut self, id: ClientId, due: Time, session: &mut Session) {
        if due < session.armed {
            session.armed = due;
            self.heap.push(Reverse((due, id)));
        }
    }

    /// A client that is due by `now`, which is then no longer armed.
    pub(super) fn pop_due(
        &mut self,
        now: Time,
        sessions: &mut SideTable<Session>,
    ) -> Option<ClientId> {
        while let Some(&Reverse((due, id))) = self.heap.peek() {
            if due > now {
                return None;
            }
            self.heap.pop();
            if let Some(session) = sessions.get_mut(id)
                && session.armed == due
            {
                session.armed = Time::NEVER;
                return Some(id);
            }
        }
        None
    }

    /// When the next client is due.
    pub(super) fn next(&mut self, sessions: &SideTable<Session>) -> Option<Time> {
        while let Some(&Reverse((due, id))) = self.heap.peek() {
            if is_live(due, id, sessions) {
                return Some(due);
            }
            self.heap.pop();
        }
        None
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.heap.shrink_to_fit();
    }

    /// Drops stale entries when they are many. Costs nothing otherwise.
    pub(super) fn compact(&mut self, sessions: &SideTable<Session>) {
        if self.heap.len() > 2 * sessions.len() + SLACK {
            self.heap.retain(|&Reverse((due, id))| is_live(due, id, sessions));
        }
    }
}

fn is_live(due: Time, id: ClientId, sessions: &SideTable<Session>) -> bool {
    sessions.get(id).is_some_and(|session| session.armed == due)
}
