//! Places of requests that are not upgraded and whose answers were not sent: there are only so
//! many, in all and for one address, and for one more the oldest goes. So what waits for those who
//! do not read their answers is bounded, too. Loopback has no count of its own, like everywhere:
//! proxies come from there.

use std::collections::VecDeque;

use crate::chat::Farewell;
use crate::id::ClientId;
use crate::limits::{HTTP_REQUESTS_MAX, HTTP_REQUESTS_PER_ADDRESS};
use crate::server::Server;
use crate::server::close_reason::CloseReason;
use crate::server::origins::Origin;
use crate::time::Time;

/// Open requests, the oldest first.
#[derive(Debug, Default)]
pub(in crate::server) struct Places(VecDeque<(ClientId, Origin)>);

impl Places {
    /// Who has to go before one more request from there has a place, and what it is told.
    fn surplus(&self, origin: Origin) -> Option<(ClientId, Farewell)> {
        let is_from_there = |(_, from): &&(ClientId, Origin)| *from == origin;
        let from_there = self.0.iter().filter(is_from_there).count();
        if origin != Origin::LOOPBACK && from_there >= HTTP_REQUESTS_PER_ADDRESS {
            let oldest = self.0.iter().find(is_from_there);
            return oldest.map(|(id, _)| (*id, Farewell::AddressFull));
        }
        let oldest = self.0.front().filter(|_| self.0.len() >= HTTP_REQUESTS_MAX);
        oldest.map(|(id, _)| (*id, Farewell::MadeWay))
    }

    /// Gives back the place of a request. Whether it has had one.
    fn leave(&mut self, id: ClientId) -> bool {
        let place = self.0.iter().position(|(open, _)| *open == id);
        place.is_some_and(|place| self.0.remove(place).is_some())
    }
}

impl Server {
    /// A client has begun a request.
    pub(in crate::server) fn open_request(&mut self, now: Time, id: ClientId) {
        let Some(origin) = self.sessions.get(id).map(|session| session.origin) else { return };
        while let Some((oldest, farewell)) = self.web.places.surplus(origin) {
            self.web.places.leave(oldest);
            self.close(now, oldest, CloseReason::Told(farewell));
            if self
                .sessions
                .get(oldest)
                .is_some_and(|session| session.reason != Some(CloseReason::Told(farewell)))
            {
                // It was answered, and has not read that.
                self.close(now, oldest, CloseReason::Lost);
            }
        }
        self.web.places.0.push_back((id, origin));
        if let Some(session) = self.sessions.get_mut(id) {
            // A browser may have had the connection for a while before it needed it.
            session.since = now;
        }
        let network = self.admission.origins.network(origin);
        self.web.browsers.note(now, network);
    }

    /// Goes on with a request of another process.
    pub(in crate::server) fn take_over_request(&mut self, id: ClientId) {
        if let Some(session) = self.sessions.get(id) {
            self.web.places.0.push_back((id, session.origin));
        }
    }

    /// The request of a client is upgraded, or its answer was sent or lost. Whether it had one.
    pub(in crate::server) fn close_request(&mut self, id: ClientId) -> bool {
        self.web.places.leave(id)
    }
}
