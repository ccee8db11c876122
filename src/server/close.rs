//! How connections end: the rooms hear of it at once, the client is told why, and it is
//! freed when it has read that, or has had the time to.

use std::time::Duration;

use super::Server;
use super::close_reason::CloseReason;
use super::session::Phase;
use crate::chat::{Farewell, Outlet, Reply};
use crate::id::ClientId;
use crate::limits::CLOSE_TIMEOUT;
use crate::time::Time;

impl Server {
    pub(super) fn close(&mut self, now: Time, id: ClientId, reason: CloseReason) {
        let patience = self.patience(reason);
        self.close_within(now, id, reason, patience);
    }

    /// How long a client that is closed for this reason may take to go on reading. Last words are
    /// short; an answer may be a page.
    pub(super) fn patience(&self, reason: CloseReason) -> Duration {
        match reason {
            CloseReason::Finished => self.settings.outbox.age.max(CLOSE_TIMEOUT),
            _ => CLOSE_TIMEOUT,
        }
    }

    pub(super) fn close_slow(&mut self, now: Time, id: ClientId) {
        if self.sessions.get(id).is_none_or(|session| session.phase == Phase::Closing) {
            return;
        }
        let backlog = u32::try_from(self.fanout.backlog(id)).unwrap_or(u32::MAX);
        self.fanout.cut(id);
        self.close(now, id, CloseReason::Told(Farewell::SlowReader { backlog }));
    }

    /// Takes a client out of its rooms, which are told why.
    pub(super) fn leave_lobby(&mut self, now: Time, id: ClientId, reason: &str) {
        self.with_context(now, |lobby, fanout, context| lobby.leave(id, reason, context, fanout));
    }

    /// Decides that a client is closed: its rooms hear it now, it is told why, and it is freed
    /// when it has read that or at the latest after `patience`.
    pub(super) fn close_within(
        &mut self,
        now: Time,
        id: ClientId,
        reason: CloseReason,
        patience: Duration,
    ) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.phase == Phase::Closing {
            if reason == CloseReason::Lost {
                self.closed.push_back(id);
            }
            return;
        }
        let before_notice = session.decoder.before_notice();
        self.settle_origin(id);
        let Some(session) = self.sessions.get_mut(id) else { return };
        session.begin_close(reason, now + patience);
        self.turns.remove(id);
        self.forget_answer(id);
        self.forget_long_answer(id);
        self.log_ins.forget(id);
        self.leave_lobby(now, id, reason.told());
        self.log_ins.forget(id);
        self.matchmaker.release(id);
        if let Some(farewell) = reason.farewell() {
            if !before_notice.is_empty() {
                self.fanout.push(id, before_notice);
            }
            self.fanout.reply(id, &Reply::Farewell(farewell));
        }
        self.fanout.end(id);
        if reason == CloseReason::Lost || self.fanout.backlog(id) == 0 {
            self.closed.push_back(id);
        } else {
            self.arm(id);
        }
    }
}
