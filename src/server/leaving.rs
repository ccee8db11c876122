//! How everybody is sent away when the server stops: all at once, or one by one over a while.
//!
//! Each comes back at another moment, so that they do not return as one herd: it is told a moment,
//! or was sent away at one. The moments are spread evenly, which no random draw would do better.

use std::collections::VecDeque;
use std::time::Duration;

use super::Server;
use super::close_reason::CloseReason;
use crate::chat::Farewell;
use crate::id::ClientId;
use crate::limits::EXPIRIES_PER_TURN;
use crate::time::Time;

/// Those who are sent away one by one.
#[derive(Debug)]
pub(super) struct Leaving {
    waiting: VecDeque<ClientId>,
    /// How many would be back at one moment: one, or all if they go over so short a time that it
    /// does not spread them.
    herd: usize,
    /// When the first of them goes.
    due: Time,
    /// Time from one to the next.
    step: Duration,
}

impl Leaving {
    /// When the next one goes.
    pub(super) fn due(&self) -> Option<Time> {
        (!self.waiting.is_empty()).then_some(self.due)
    }
}

impl Server {
    /// Says goodbye to every client; who has not read it after `drain` is closed all the same.
    /// Nobody is told that the others leave.
    pub fn shutdown(&mut self, now: Time, drain: Duration) {
        self.lobby.dismiss_everyone();
        self.fanout.hand_out();
        self.stopping = true;
        self.leaving = None;
        let mut everyone: Vec<ClientId> = self.sessions.iter().map(|(id, _)| id).collect();
        everyone.sort_unstable();
        for (place, id) in everyone.iter().copied().enumerate() {
            let back_in = self.back_in(place, everyone.len());
            self.close_within(now, id, CloseReason::Told(Farewell::Shutdown { back_in }), drain);
            // Who was leaving already has no more time than the others.
            if let Some(session) = self.sessions.get_mut(id) {
                session.since = session.since.min(now + drain);
            }
            self.arm(id);
        }
    }

    /// From now on sends everybody away, spread evenly over `window`; until then all goes on as it
    /// does. Those who come meanwhile stay until [`Server::shutdown`].
    pub fn send_away_within(&mut self, now: Time, window: Duration) {
        let waiting: VecDeque<ClientId> = self.sessions.iter().map(|(id, _)| id).collect();
        let step = window / u32::try_from(waiting.len()).unwrap_or(u32::MAX).max(1);
        let herd = if window < self.settings.come_back { waiting.len() } else { 1 };
        self.leaving = Some(Leaving { waiting, herd, due: now, step });
    }

    /// Sends away those whose turn it is. The rooms hear that they leave.
    pub(super) fn send_away(&mut self, now: Time) {
        for _ in 0..EXPIRIES_PER_TURN {
            let Some(leaving) = &mut self.leaving else { return };
            if leaving.due > now {
                return;
            }
            let Some(id) = leaving.waiting.pop_front() else { return self.leaving = None };
            leaving.due = leaving.due + leaving.step;
            let (herd, others) = (leaving.herd, leaving.waiting.len());
            let back_in = self.back_in(herd.saturating_sub(others + 1), herd);
            self.close(now, id, CloseReason::Told(Farewell::Shutdown { back_in }));
        }
    }

    /// In how many seconds the one at this place of so many may be back; zero tells no time.
    fn back_in(&self, place: usize, of: usize) -> u32 {
        let within = self.settings.come_back.as_secs();
        let seconds = (place as u64).saturating_mul(within) / (of as u64).max(1);
        if within == 0 { 0 } else { 1 + u32::try_from(seconds).unwrap_or(u32::MAX - 1) }
    }
}
