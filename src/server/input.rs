//! What comes from a client: bytes, the end of its stream, and connections that broke.
//!
//! What the bytes mean is left to `conversation`.

use super::Server;
use super::close::CloseReason;
use super::session::{Ending, Phase};
use crate::dialect::TIMING_MARK_REFUSED;
use crate::id::ClientId;
use crate::limits::{READ_BYTES_FLOOD_CONTROLLED, READ_BYTES_PER_TURN, REGISTER_BYTES_MAX};
use crate::time::Time;

impl Server {
    /// How many bytes may be read from this client now; the server wakes it when
    /// zero is over.
    pub fn appetite(&self, id: ClientId) -> usize {
        let Some(session) = self.sessions.get(id) else { return 0 };
        if session.is_busy() || session.ended {
            return 0;
        }
        match session.phase {
            Phase::Closing => 0,
            Phase::Silent | Phase::Choosing => {
                REGISTER_BYTES_MAX.saturating_sub(usize::from(session.stranger_bytes))
            }
            Phase::Chatting if self.settings.flood.is_some() => READ_BYTES_FLOOD_CONTROLLED,
            Phase::Chatting => READ_BYTES_PER_TURN,
        }
    }

    /// Bytes came from a client.
    pub(super) fn receive(&mut self, now: Time, id: ClientId, bytes: &[u8]) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.phase == Phase::Closing {
            return;
        }
        let text = session.take_in(now, bytes, &mut self.spare);
        session.charge_noise(now, self.settings.flood, bytes.len().saturating_sub(text));
        if session.inbox.as_mut().is_some_and(|inbox| inbox.take_timing_mark()) {
            self.fanout.push(id, TIMING_MARK_REFUSED);
        }
        self.converse(now, id);
        self.settle(now);
        self.arm(id);
    }

    /// A client will send no more. What it said is still carried out and what it is owed is still
    /// sent; then it is closed.
    pub(super) fn half_closed(&mut self, now: Time, id: ClientId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.phase == Phase::Closing {
            return;
        }
        session.ended = true;
        if let Some(inbox) = &mut session.inbox {
            inbox.end_here();
        }
        self.converse(now, id);
        self.settle(now);
        self.arm(id);
    }

    /// Nothing can be written to a client any more. What it said before is still carried out, at
    /// its pace; then it is closed.
    pub(super) fn write_failed(&mut self, id: ClientId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        session.broken = true;
        self.fanout.discard(id);
        if session.phase == Phase::Closing {
            self.closed.push_back(id);
        }
    }

    /// A connection broke, and all that had come in before was read. That is carried out as far as
    /// it is whole messages.
    pub(super) fn read_failed(&mut self, now: Time, id: ClientId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        session.broken = true;
        if let Some(inbox) = session.inbox.as_mut().filter(|_| session.ending != Ending::Pause) {
            inbox.drop_unfinished();
        }
        self.fanout.discard(id);
        if session.phase == Phase::Closing {
            self.closed.push_back(id);
        } else {
            self.half_closed(now, id);
        }
    }

    /// A connection cannot be served any more.
    pub fn disconnect(&mut self, now: Time, id: ClientId) {
        self.close(now, id, CloseReason::Lost);
        self.settle(now);
    }

    /// Goes on with a client that had more to say than one turn allows. Whether it had; if not, it
    /// may be read.
    pub(super) fn resume(&mut self, now: Time, id: ClientId) -> bool {
        let Some(session) = self.sessions.get_mut(id) else { return false };
        let had_more = std::mem::take(&mut session.unfinished);
        if had_more {
            self.converse(now, id);
            self.wake(id);
            self.settle(now);
            self.arm(id);
        }
        had_more
    }
}
