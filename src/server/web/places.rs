//! Places of requests that are neither answered nor upgraded: there are only so many, in all and
//! for one address, and for one more the oldest goes. So whoever begins requests and ends none
//! keeps nobody out. Loopback has no count of its own, like everywhere: proxies come from there.

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

    /// Gives back the place of a request, if it has one.
    fn leave(&mut self, id: ClientId) {
        if let Some(place) = self.0.iter().position(|(open, _)| *open == id) {
            self.0.remove(place);
        }
    }
}

impl Server {
    /// A client has begun a request.
    pub(in crate::server) fn open_request(&mut self, now: Time, id: ClientId) {
        let Some(origin) = self.sessions.get(id).map(|session| session.origin) else { return };
        while let Some((oldest, farewell)) = self.web.places.surplus(origin) {
            self.web.places.leave(oldest);
            self.close(now, oldest, CloseReason::Told(farewell));
        }
        self.web.places.0.push_back((id, origin));
        let network = self.admission.origins.network(origin);
        self.web.browsers.note(now, network);
    }

    /// The request of a client is answered, upgraded or lost, if it had one.
    pub(in crate::server) fn close_request(&mut self, id: ClientId) {
        self.web.places.leave(id);
    }
}
