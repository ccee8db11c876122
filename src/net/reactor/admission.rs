//! Admitting clients, and turning away those for whom there is no place.

use std::net::SocketAddr;

use mio::Interest;
use mio::net::TcpStream;

use super::Reactor;
use crate::chat::{self, Farewell};
use crate::dialect;
use crate::id::ClientId;
use crate::limits::{ACCEPTS_PER_TURN, SEATS_LENT_MAX};
use crate::net::connection::Connection;
use crate::net::token::Source;

impl Reactor {
    /// Accepts waiting connections, within a budget.
    pub(super) fn accept(&mut self) {
        let mut served = 0;
        while served < ACCEPTS_PER_TURN {
            let Some((stream, peer)) = self.sockets.listeners.accept(self.now) else { break };
            self.receive_connection(stream, peer);
            served += 1;
        }
        self.operations.gauges.accepts_cut += u64::from(served == ACCEPTS_PER_TURN);
        for _ in 0..ACCEPTS_PER_TURN {
            let Some(stream) = self.sockets.listeners.accept_to_refuse() else { break };
            self.operations.gauges.rejected.descriptors += 1;
            self.turn_away(Connection::new(stream), Farewell::ServerFull);
        }
        self.sockets.listeners.restore_spare();
    }

    pub(super) fn admit(&mut self, stream: TcpStream, peer: SocketAddr) {
        let has_seat = !self.is_full()
            || (self.may_lend_seat() && self.turn.server.make_way(self.now, peer.ip()));
        if !has_seat {
            return self.refuse(stream);
        }
        let id = self.sockets.connections.insert_with(|_| Connection::new(stream));
        self.sockets.clients_peak = self.sockets.clients_peak.max(self.sockets.connections.len());
        let admitted = self.turn.server.connect(self.now, id, peer.ip());
        log::debug!("client {id}: connected from {peer}");
        self.register_client(id);
        let Err(reason) = admitted else {
            self.operations.gauges.admitted += 1;
            return;
        };
        self.operations.gauges.rejected.note(reason);
        log::debug!("client {id}: refused, {reason}");
        if let Some(connection) = self.sockets.connections.remove(id) {
            self.turn_away(connection, reason.farewell());
        }
    }

    /// Turns a connection away because the server is full.
    pub(super) fn refuse(&mut self, stream: TcpStream) {
        if !std::mem::replace(&mut self.sockets.full_logged, true) {
            log::warn!("full: refusing clients beyond max_clients={}", self.sockets.clients_max);
        }
        self.operations.gauges.rejected.full += 1;
        self.turn_away(Connection::new(stream), Farewell::ServerFull);
    }

    /// Whether a client may come though all seats are taken, if another makes way: that one holds a
    /// descriptor until it is closed.
    pub(super) fn may_lend_seat(&self) -> bool {
        self.turn.server.status().has_crowd()
            && self.seats_taken() < self.sockets.clients_max + SEATS_LENT_MAX
    }

    /// Registers a client with poll, which also reports what it is ready for already.
    pub(super) fn register_client(&mut self, id: ClientId) {
        let Some(connection) = self.sockets.connections.get_mut(id) else { return };
        let all = Interest::READABLE | Interest::WRITABLE | Interest::PRIORITY;
        let (registry, stream) = (self.sockets.poll.registry(), connection.stream());
        if let Err(error) = registry.register(stream, Source::Client(id).into(), all) {
            log::warn!("client {id}: cannot be polled, {error}");
            self.turn.server.disconnect(self.now, id);
        }
    }

    fn turn_away(&mut self, connection: Connection, farewell: Farewell) {
        let mut last = Vec::new();
        dialect::Encoding::default().reply(&chat::Reply::Farewell(farewell), None, None, &mut last);
        connection.turn_away(&last, &mut self.sockets.scratch);
    }
}
