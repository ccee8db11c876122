//! Answers that are told in parts, each when its client has been sent most of the one before.
//!
//! Two things make an answer long: a list with more people or rooms than are told at once, of which
//! the lobby keeps where it goes on; and a line that asks for many things, of which the decoder
//! keeps the rest. Either way the client is not heard meanwhile, so that what it says next is
//! answered next; and what waits for it stays far below what it would be cut off for.
//!
//! A label that the answer bears is put off between the parts: what others tell the client then is
//! no answer.
//!
//! Invariants: the session of a client that is awaited awaits an answer; it has something to be
//! sent, or is on the list of those who are told more.

use std::collections::{BTreeMap, VecDeque};

use super::Server;
use super::session::Phase;
use crate::id::ClientId;
use crate::limits::{ANSWER_BACKLOG_MAX, FOUND_PER_LINE, PARTS_PER_TURN};
use crate::time::Time;

/// Clients that are told more when they were sent what they were told.
#[derive(Debug, Default)]
pub(super) struct LongAnswers {
    /// Whether each is on the list below.
    awaited: BTreeMap<ClientId, bool>,
    /// Those who were sent it, first in, first out.
    ready: VecDeque<ClientId>,
}

impl LongAnswers {
    /// Whether nobody is awaited, which is asked after every write.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.awaited.is_empty()
    }

    /// Those who are awaited.
    pub(super) fn clients(&self) -> impl Iterator<Item = ClientId> {
        self.awaited.keys().copied()
    }

    /// When somebody is to be told more, if anybody is: at once.
    pub(super) fn due(&self) -> Option<Time> {
        (!self.ready.is_empty()).then_some(Time::ZERO)
    }
}

impl Server {
    /// Whether the rest of what this client asks for waits until it has been sent what it was told.
    pub(super) fn must_catch_up(&mut self, id: ClientId) -> bool {
        let has_more = self.lobby.has_more_to_tell(id);
        let Some(session) = self.sessions.get_mut(id) else { return false };
        if session.phase == Phase::Closing {
            return false;
        }
        if session.awaits_answer {
            // Or else a password is being checked, and the rest of the line is not about that.
            return self.long_answers.awaited.contains_key(&id);
        }
        let backlog = self.fanout.outbox(id).map_or(0, |outbox| outbox.backlog());
        if !has_more && backlog <= ANSWER_BACKLOG_MAX {
            return false;
        }
        session.awaits_answer = true;
        self.await_reader(id);
        true
    }

    /// Tells a client more when it has been sent most of what waits for it.
    pub(super) fn await_reader(&mut self, id: ClientId) {
        self.long_answers.awaited.insert(id, false);
        self.fanout.put_off_answer(id);
        self.note_sent(id);
    }

    /// Notes that something was sent to a client, or can never be.
    #[cold]
    pub(super) fn note_sent(&mut self, id: ClientId) {
        let has_caught_up = self.has_caught_up(id);
        if let Some(is_ready) = self.long_answers.awaited.get_mut(&id)
            && has_caught_up
            && !std::mem::replace(is_ready, true)
        {
            self.long_answers.ready.push_back(id);
        }
    }

    /// Tells more to those who were sent what they were told.
    pub(super) fn go_on_with_long_answers(&mut self, now: Time) {
        for _ in 0..PARTS_PER_TURN.min(self.long_answers.ready.len()) {
            if self.fanout.wants_flush() {
                break;
            }
            let Some(id) = self.long_answers.ready.pop_front() else { break };
            let Some(is_ready) = self.long_answers.awaited.get_mut(&id) else { continue };
            *is_ready = false;
            if !self.has_caught_up(id) {
                continue;
            }
            if self.lobby.has_more_to_tell(id) {
                self.tell_more(now, id);
            }
            if self.lobby.has_more_to_tell(id) {
                self.note_sent(id);
            } else {
                self.end_catching_up(id);
            }
        }
    }

    fn tell_more(&mut self, now: Time, id: ClientId) {
        self.fanout.resume_request(id);
        let people =
            self.with_context(now, |lobby, fanout, context| lobby.tell_more(id, context, fanout));
        self.fanout.put_off_answer(id);
        self.charge(now, id, u32::try_from(people / FOUND_PER_LINE).unwrap_or(u32::MAX));
    }

    /// The rest of a line is carried out now: what comes of it is a part of the answer again.
    pub(super) fn resume_answer(&mut self, id: ClientId) {
        if !self.long_answers.awaited.contains_key(&id) {
            self.fanout.resume_request(id);
        }
    }

    /// A client is heard again: the rest of its line first.
    fn end_catching_up(&mut self, id: ClientId) {
        self.long_answers.awaited.remove(&id);
        if let Some(session) = self.sessions.get_mut(id)
            && std::mem::take(&mut session.awaits_answer)
        {
            session.unfinished = true;
            self.woken.push_back(id);
        }
    }

    /// A client is told nothing more: it is gone.
    pub(super) fn forget_long_answer(&mut self, id: ClientId) {
        self.long_answers.awaited.remove(&id);
    }

    /// A client can be sent nothing any more. What it has said is still carried out.
    pub(super) fn cut_long_answer_short(&mut self, id: ClientId) {
        self.lobby.tell_no_more(id);
        self.note_sent(id);
    }

    fn has_caught_up(&self, id: ClientId) -> bool {
        self.fanout.outbox(id).is_none_or(|outbox| outbox.backlog() <= ANSWER_BACKLOG_MAX)
    }
}
