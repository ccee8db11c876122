//! Who must wait before its next line is heard, and what a line costs.
//!
//! A line is charged to its session and to where it comes from (`origins`). Who is ahead of its
//! own allowance waits until that is paid for. Where an origin is ahead, its clients are heard one
//! after the other: who has a line ready is given a moment of its own.
//!
//! Invariant: a client with a moment of its own has a line ready, is held, and has paid for it.

use super::Server;
use super::session::Phase;
use super::wait::Wait;
use crate::chat::{Outlet, Reply};
use crate::dialect::Decoded;
use crate::id::ClientId;
use crate::limits::FLOOD_PER_NICKNAME;
use crate::time::Time;

impl Server {
    /// Whether others are heard before the next line of this client, which is held then.
    pub(super) fn must_wait_its_turn(
        &mut self,
        now: Time,
        id: ClientId,
        decoded: &Decoded<'_>,
    ) -> bool {
        let turn = self.turn(id);
        let Some(session) = self.sessions.get_mut(id) else { return true };
        let (origin, origins) = (session.origin, &mut self.admission.origins);
        if session.told_to_wait && decoded.has_line() && session.allowance.is_whole(now) {
            session.told_to_wait = !origins.is_whole(now, origin);
        }
        match turn {
            Wait::Free if origins.ready_at(origin) > now && decoded.has_line() => {
                self.turns.insert(id, Wait::Origin(origins.reserve(now, origin)));
                self.counters.held_by_origin += 1;
            }
            Wait::Origin(moment) if moment <= now => {
                self.turns.remove(id);
                origins.refund(origin);
                // Who had to wait has all of its time for another try.
                if session.phase == Phase::Choosing {
                    session.since = now;
                }
                return false;
            }
            Wait::Free => return false,
            Wait::Origin(_) | Wait::Room(_) => {}
        }
        session.held = true;
        true
    }

    /// Lets a client have its turn now: moments that were given at another rate mean nothing.
    pub(super) fn hasten_turn(&mut self, now: Time, id: ClientId) {
        if let Some(turn) = self.turns.get_mut(id) {
            *turn = match *turn {
                Wait::Free => Wait::Free,
                Wait::Origin(_) => Wait::Origin(now),
                Wait::Room(_) => Wait::Room(now),
            };
        }
    }

    /// When the next line of this client is heard, if others are heard before it.
    pub(super) fn turn(&self, id: ClientId) -> Wait {
        self.turns.get(id).copied().unwrap_or_default()
    }

    /// Tells a member once that what it said waits. A stranger expects an answer to its nickname
    /// and nothing else.
    pub(super) fn tell_to_wait(&mut self, id: ClientId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.phase != Phase::Chatting || session.told_to_wait {
            return;
        }
        session.told_to_wait = true;
        let reply = match self.turn(id) {
            Wait::Free => Reply::TooFast,
            Wait::Origin(_) => Reply::TooFastTogether,
            Wait::Room(_) => Reply::TooFastForSome,
        };
        self.fanout.reply(id, &reply);
    }

    /// Charges a member, and where it comes from, for so many lines.
    pub(super) fn charge(&mut self, now: Time, id: ClientId, lines: u32) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let Some(rate) = self.settings.flood else { return session.allowance.touch(now) };
        session.allowance.charge(now, rate, lines);
        self.admission.origins.charge(now, session.origin, lines);
    }

    /// Charges where a client without a nickname comes from, and counts it there if it has one now.
    pub(super) fn charge_stranger(&mut self, now: Time, id: ClientId, is_member: bool) {
        let Some(session) = self.sessions.get(id) else { return };
        let origins = &mut self.admission.origins;
        if is_member {
            origins.name(session.origin);
        }
        origins.charge(now, session.origin, if is_member { FLOOD_PER_NICKNAME } else { 1 });
    }

    /// Takes a client that is being closed out of what is counted for its origin, but for its seat.
    pub(super) fn settle_origin(&mut self, id: ClientId) {
        let Some(session) = self.sessions.get(id) else { return };
        let origins = &mut self.admission.origins;
        if session.phase == Phase::Chatting {
            origins.unname(session.origin);
        }
        if matches!(self.turns.get(id), Some(Wait::Origin(_))) {
            origins.refund(session.origin);
        }
    }
}
