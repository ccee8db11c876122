//! What comes from a client: bytes, the end of its stream, and connections that broke.
//!
//! What the bytes mean is left to `conversation`.

use super::Server;
use super::close_reason::CloseReason;
use super::session::Phase;
use crate::id::ClientId;
use crate::time::Time;

impl Server {
    /// How many bytes may be read from this client now; the server wakes it when
    /// zero is over.
    pub(super) fn appetite(&self, id: ClientId) -> usize {
        self.sessions.get(id).map_or(0, |session| session.appetite(&self.settings))
    }

    /// Bytes came from a client.
    pub(super) fn receive(&mut self, now: Time, id: ClientId, bytes: &mut [u8]) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.phase == Phase::Closing {
            return;
        }
        if session.is_listening() {
            return self.drop_input(now, id, bytes.len());
        }
        session.count_stranger_bytes(bytes.len());
        self.converse(now, id, bytes);
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
        if session.is_listening() {
            return self.end_listening(now, id);
        }
        session.decoder.end();
        self.converse(now, id, &mut []);
        self.settle(now);
        self.arm(id);
    }

    /// Nothing can be written to a client any more. What it said before is still carried out, at
    /// its pace; then it is closed.
    pub(super) fn write_failed(&mut self, id: ClientId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        session.broken = true;
        let is_closing = session.phase == Phase::Closing;
        self.fanout.discard(id);
        self.cut_long_answer_short(id);
        if is_closing {
            self.closed.push_back(id);
        }
    }

    /// A connection broke, and all that had come in before was read. That is carried out as far as
    /// it is whole messages.
    pub(super) fn read_failed(&mut self, now: Time, id: ClientId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        session.broken = true;
        session.decoder.drop_unfinished();
        let is_closing = session.phase == Phase::Closing;
        self.fanout.discard(id);
        self.cut_long_answer_short(id);
        if is_closing {
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

    /// Goes on with a client that had more to say than one turn allows.
    pub(super) fn resume(&mut self, now: Time, id: ClientId) {
        self.converse(now, id, &mut []);
        self.wake(id);
        self.settle(now);
        self.arm(id);
    }
}
