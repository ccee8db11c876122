//! Who goes when all seats are taken and somebody comes from where fewer are.
//!
//! Whoever owns a whole prefix could fill any number of seats, each address within its limit. So
//! a newcomer takes the place of one of the largest crowd: clients of one prefix who are more than
//! one address may have, and more than those around the newcomer. Who goes is who has no nickname,
//! the longest connected first, then who was silent longest. Who comes from a prefix that is no
//! crowd never goes, and nobody goes for loopback.

use std::net::IpAddr;

use super::Server;
use super::close_reason::CloseReason;
use super::session::{Phase, Session};
use crate::chat::Farewell;
use crate::id::ClientId;
use crate::time::Time;

impl Server {
    /// Has somebody make way for a newcomer from `peer`, to be called where all seats are taken.
    /// Whether somebody does.
    pub fn make_way(&mut self, now: Time, peer: IpAddr) -> bool {
        let Some(crowd) = self.admission.crowd_for(peer) else { return false };
        let origins = &self.admission.origins;
        let is_in_crowd = |session: &Session| {
            origins.network(session.origin).is_some_and(|network| network.prefix() == crowd)
        };
        let may_go = |id: ClientId, session: &Session| {
            session.phase != Phase::Closing
                && is_in_crowd(session)
                && !self.lobby.is_server_operator(id)
        };
        let crowd = self.sessions.iter().filter(|(id, session)| may_go(*id, session));
        let silent_longest = crowd.min_by_key(|(id, session)| {
            (session.phase == Phase::Chatting, session.heard_last(), *id)
        });
        let Some((id, _)) = silent_longest else { return false };
        self.close(now, id, CloseReason::Told(Farewell::MadeWay));
        self.settle(now);
        true
    }
}

impl Session {
    /// When it said something last, or came; later than that if it said much.
    fn heard_last(&self) -> Time {
        self.since.max(self.allowance.paid_until())
    }
}
