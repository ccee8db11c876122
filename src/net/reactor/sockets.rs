//! The connections of clients, as a turn of the server uses them; and what is logged of it.

use std::io::IoSlice;

use mio::{Events, Poll};

use crate::id::{ClientId, Registry};
use crate::matchmaking::Transmit;
use crate::net::audit::{Address, AuditLog};
use crate::net::clock::Clock;
use crate::net::connection::Connection;
use crate::net::datagram::Datagrams;
use crate::net::listener::Listeners;
use crate::net::proxy_protocol::ProxyConnections;
use crate::server::{CloseReason, Driver, Read, Server, Transport, Written};
use crate::time::Time;
use crate::tls::Acceptor;

/// All sockets but those of the admin listener, and what polls them.
pub(super) struct Sockets {
    pub(super) poll: Poll,
    pub(super) events: Events,
    pub(super) connections: Registry<Connection>,
    pub(super) listeners: Listeners,
    pub(super) proxies: ProxyConnections,
    pub(super) datagrams: Datagrams,
    /// Room for bytes that are put together, or dropped.
    pub(super) scratch: Box<[u8]>,
    pub(super) clients_max: usize,
    /// The most clients since memory was last given back.
    pub(super) clients_peak: usize,
    /// The log was told that the server is full, and not yet that it is not.
    pub(super) full_logged: bool,
    /// With what encrypted connections are accepted, if any are.
    pub(super) tls: Option<Acceptor>,
}

/// The poll loop's parts that a turn uses.
pub(super) struct Serving<'a> {
    pub(super) now: Time,
    pub(super) clock: Clock,
    pub(super) sockets: &'a mut Sockets,
    pub(super) audit: &'a mut AuditLog,
}

impl Transport for Serving<'_> {
    #[inline]
    fn read(&mut self, id: ClientId, room: &mut [u8]) -> Read {
        let Some(connection) = self.sockets.connections.get_mut(id) else { return Read::Nothing };
        let read = connection.read(room);
        if let Read::Bytes { count, .. } = read {
            log::trace!("client {id}: read {count} of {} bytes", room.len());
        }
        read
    }

    #[inline]
    fn write(&mut self, id: ClientId, slices: &[IoSlice<'_>]) -> Written {
        let Some(connection) = self.sockets.connections.get_mut(id) else {
            return Written::Taken(0);
        };
        let written = connection.write(slices, &mut self.sockets.scratch);
        if let Written::Taken(taken) = written {
            let offered = || slices.iter().map(|slice| slice.len()).sum::<usize>();
            log::trace!("client {id}: wrote {taken} of {} bytes", offered());
        }
        written
    }

    fn close(&mut self, id: ClientId, reason: CloseReason) {
        let Some(connection) = self.sockets.connections.remove(id) else { return };
        log::debug!("client {id}: closed, {}", reason.name());
        connection.close(&mut self.sockets.scratch);
        self.sockets.listeners.note_freed(self.now);
    }
}

impl Driver for Serving<'_> {
    fn now(&self) -> Time {
        self.clock.now()
    }

    fn send(&mut self, transmit: Transmit<'_>) {
        self.sockets.datagrams.send(transmit);
    }

    /// Tells the log once who a client is.
    fn heard(&mut self, server: &Server, id: ClientId) {
        if log::log_enabled!(log::Level::Debug)
            && let Some(connection) =
                self.sockets.connections.get_mut(id).filter(|known| !known.named)
            && let Some(nickname) = server.status().lobby().nickname(id)
        {
            connection.named = true;
            log::debug!("client {id}: is {}", nickname.as_str());
        }
    }

    /// Logs what was done in this turn by those who may do more than others.
    fn expired(&mut self, server: &mut Server) {
        while let Some(audited) = server.audit().poll() {
            let id = audited.id();
            let peer = self
                .sockets
                .connections
                .get_mut(id)
                .and_then(|known| known.stream().peer_addr().ok());
            let address = Address::of(server.audit().network(id), peer);
            let nick = server.status().lobby().nickname(id).map_or("", |nick| nick.as_str());
            self.audit.log(self.now, &audited, nick, &address);
        }
        self.audit.note_lost(server.audit().take_lost());
    }
}
