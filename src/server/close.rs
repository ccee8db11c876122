//! Why connections end, and how: the rooms hear of it at once, the client is told why, and it is
//! freed when it has read that, or has had the time to.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Server;
use super::session::Phase;
use crate::chat::{Farewell, Outlet, Reply};
use crate::dialect::Foreign;
use crate::id::ClientId;
use crate::limits::CLOSE_TIMEOUT;
use crate::time::Time;

/// Why one client was closed, as the log and the counters tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CloseReason {
    /// The client ended its side and everything it was owed was sent.
    Ended,
    /// The connection broke, or its last bytes were not read in time.
    Lost,
    /// The first bytes were of a language that this port does not speak.
    Foreign(Foreign),
    /// Another reason, which the client was told.
    Told(Farewell),
}

impl CloseReason {
    /// Every reason, by the name it has in log and counters.
    pub const NAMES: [&'static str; 14] = [
        "ended",
        "lost",
        Foreign::NAMES[0],
        Foreign::NAMES[1],
        Foreign::NAMES[2],
        "shutdown",
        "quit",
        "register-timeout",
        "too-many-tries",
        "line-timeout",
        "slow-consumer",
        "refused",
        "banned",
        "kicked",
    ];

    /// The place of those who read too slowly in [`CloseReason::NAMES`].
    pub const SLOW_CONSUMER: usize = 10;

    /// The reason's place in [`CloseReason::NAMES`].
    pub fn index(self) -> usize {
        match self {
            Self::Ended => 0,
            Self::Lost => 1,
            Self::Foreign(language) => 2 + language.index(),
            Self::Told(Farewell::Shutdown { .. }) => 5,
            Self::Told(Farewell::Quit) => 6,
            Self::Told(Farewell::RegisterTimeout) => 7,
            Self::Told(Farewell::TooManyTries) => 8,
            Self::Told(Farewell::LineTimeout) => 9,
            Self::Told(Farewell::SlowReader { .. }) => Self::SLOW_CONSUMER,
            Self::Told(
                Farewell::ServerFull
                | Farewell::AddressFull
                | Farewell::NetworkFull
                | Farewell::MadeWay,
            ) => 11,
            Self::Told(Farewell::Banned | Farewell::AddressBanned) => 12,
            Self::Told(Farewell::Kicked) => 13,
        }
    }

    /// The reason's name.
    pub fn name(self) -> &'static str {
        Self::NAMES[self.index()]
    }

    /// What the client is told of it.
    pub(super) fn farewell(self) -> Option<Farewell> {
        match self {
            Self::Told(farewell) => Some(farewell),
            Self::Ended | Self::Lost | Self::Foreign(_) => None,
        }
    }
}

impl Server {
    pub(super) fn close(&mut self, now: Time, id: ClientId, reason: CloseReason) {
        self.close_within(now, id, reason, CLOSE_TIMEOUT);
    }

    pub(super) fn close_slow(&mut self, now: Time, id: ClientId) {
        if self.sessions.get(id).is_none_or(|session| session.phase == Phase::Closing) {
            return;
        }
        let backlog = u32::try_from(self.fanout.backlog(id)).unwrap_or(u32::MAX);
        self.fanout.cut(id);
        self.close(now, id, CloseReason::Told(Farewell::SlowReader { backlog }));
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
        self.lobby.leave(id, &mut self.fanout);
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
