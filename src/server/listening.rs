//! Clients that listen to a room, as browsers and scripts do over HTTP. What such a client sends is
//! read and dropped.
//!
//! When nothing was said in the room for a while, a listener is sent a comment, so that it, and
//! whatever lies between, know that the connection is alive. A session's `since` is when to look
//! whether that is so; what is delivered costs no more for it.

use super::Server;
use super::close_reason::CloseReason;
use super::session::{Phase, Session};
use crate::chat::{HistoryCursor, RoomId};
use crate::dialect::{Decoder, Encoding};
use crate::id::ClientId;
use crate::limits::{FLOOD_BYTES_PER_LINE, LISTENER_SILENCE};
use crate::time::{Time, UnixTime};

impl Server {
    /// Tells a client what is said in a room from now on, after what was said since it was there.
    pub(super) fn begin_listening(
        &mut self,
        now: Time,
        id: ClientId,
        room: RoomId,
        after: Option<HistoryCursor>,
    ) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        session.phase = Phase::Listening;
        session.since = now + LISTENER_SILENCE;
        self.fanout.set_encoding(id, Encoding::LISTENER);
        self.with_context(now, |lobby, fanout, context| {
            lobby.listen(id, room, after, context, fanout);
        });
    }

    /// A listener has sent so many bytes, which cost as much to read as others.
    pub(super) fn drop_input(&mut self, now: Time, id: ClientId, bytes: usize) {
        let lines = bytes.div_ceil(FLOOD_BYTES_PER_LINE) as u32;
        self.charge(now, id, lines);
        if let (Some(session), Some(rate)) = (self.sessions.get_mut(id), self.settings.flood) {
            session.held = session.allowance.ready_at(rate) > now;
        }
        self.arm(id);
    }

    /// A listener will send no more: it is gone.
    pub(super) fn end_listening(&mut self, now: Time, id: ClientId) {
        let is_broken = self.sessions.get(id).is_some_and(|session| session.broken);
        let reason = if is_broken { CloseReason::Lost } else { CloseReason::Ended };
        self.close(now, id, reason);
        self.settle(now);
    }

    /// Does what is due for a listener: reads on, and says that the connection is alive.
    pub(super) fn keep_listening(&mut self, now: Time, id: ClientId) {
        let heard_last = self.lobby.heard_last(id).unwrap_or_default();
        let present: UnixTime = self.started + now.since(Time::ZERO);
        let Some(session) = self.sessions.get_mut(id) else { return };
        if std::mem::take(&mut session.held) {
            self.wake(id);
        }
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.since > now {
            return;
        }
        let silence = present.since(heard_last);
        if silence < LISTENER_SILENCE {
            session.since = now + (LISTENER_SILENCE - silence);
        } else {
            session.since = now + LISTENER_SILENCE;
            self.fanout.push(id, Encoding::LISTENER.comment());
        }
    }
}

impl Session {
    /// Whether it listens to a room.
    pub(super) fn is_listening(&self) -> bool {
        self.phase == Phase::Listening
    }

    /// Lets go of what the client has said: nothing it says is looked at any more.
    pub(super) fn forget_input(&mut self) {
        self.decoder = Decoder::default();
    }
}
