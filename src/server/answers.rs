//! Clients whose last request is answered later: a password is being checked, or somebody else is
//! asked. What such a client says meanwhile waits, so that it is carried out after what it follows.
//!
//! Invariant: a client is on the list of deadlines if and only if its session awaits an answer.

use std::collections::VecDeque;

use super::Server;
use crate::id::ClientId;
use crate::limits::ANSWER_TIMEOUT;
use crate::time::Time;

/// Until when answers are awaited, the earliest first.
#[derive(Debug, Default)]
pub(super) struct Answers {
    awaited: VecDeque<(Time, ClientId)>,
    /// The requests that end when they are answered, by their numbers.
    requests: Vec<(ClientId, u64)>,
}

impl Answers {
    /// When the next one is given up.
    pub(super) fn due(&self) -> Option<Time> {
        self.awaited.front().map(|(due, _)| *due)
    }

    fn forget(&mut self, id: ClientId) {
        self.awaited.retain(|(_, other)| *other != id);
        self.requests.retain(|(other, _)| *other != id);
    }
}

impl Server {
    /// Hears nothing more of a client until its request is answered, or the time for that is over.
    pub(super) fn await_answer(&mut self, now: Time, id: ClientId) {
        if let Some(session) = self.sessions.get_mut(id) {
            session.awaits_answer = true;
            self.answers.awaited.push_back((now + ANSWER_TIMEOUT, id));
        }
    }

    /// The request of a client that awaits an answer bears this number, and ends with that answer.
    pub(super) fn end_when_answered(&mut self, id: ClientId, number: u64) {
        self.answers.requests.push((id, number));
    }

    /// A client is about to be answered.
    pub(super) fn begin_answer(&mut self, id: ClientId) {
        self.fanout.resume_request(id);
        let request = self.answers.requests.iter().find(|(other, _)| *other == id);
        if let Some((_, number)) = request {
            self.fanout.begin_request(id, *number);
        }
    }

    /// A client was answered: what it has said meanwhile is heard, in its turn.
    pub(super) fn go_on_after_answer(&mut self, id: ClientId) {
        self.fanout.end_request(id, None);
        self.answers.forget(id);
        if let Some(session) = self.sessions.get_mut(id)
            && std::mem::take(&mut session.awaits_answer)
        {
            session.unfinished = true;
            self.woken.push_back(id);
        }
    }

    /// A client is gone, and will not be answered.
    pub(super) fn forget_answer(&mut self, id: ClientId) {
        if let Some(session) = self.sessions.get_mut(id)
            && std::mem::take(&mut session.awaits_answer)
        {
            self.answers.forget(id);
        }
    }

    /// Tells those to try again whose answer did not come in time.
    pub(super) fn give_up_answers(&mut self, now: Time) {
        while let Some(&(due, id)) = self.answers.awaited.front() {
            if due > now {
                break;
            }
            self.give_up_check(now, id);
            self.go_on_after_answer(id);
        }
    }
}
