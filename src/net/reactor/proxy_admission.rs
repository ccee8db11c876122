//! Connections through a balancer: admitted when the true client is known.

use std::net::SocketAddr;

use mio::net::TcpStream;

use super::Reactor;
use crate::net::proxy_protocol::{HeaderRead, ProxyCounters};
use crate::time::Time;

impl Reactor {
    /// Admits a client, or waits for the header if the connection is a balancer's.
    pub(super) fn receive_connection(&mut self, stream: TcpStream, peer: SocketAddr) {
        if !self.sockets.proxies.trusts(peer) {
            return self.admit(stream, peer);
        }
        // A full server tells a balancer so at once, too, unless another client may make way.
        if self.is_full() && !self.may_lend_seat() {
            return self.refuse(stream);
        }
        let waiting =
            self.sockets.proxies.wait_for(self.now, stream, peer, self.sockets.poll.registry());
        // Most often it has come with the connection.
        if let Some(index) = waiting {
            self.read_proxy_header(index);
        }
    }

    /// Clients and connections that wait for their header: both take descriptors.
    pub(super) fn seats_taken(&self) -> usize {
        self.sockets.connections.len() + self.sockets.proxies.len()
    }

    /// Whether the server is full.
    pub(super) fn is_full(&self) -> bool {
        self.seats_taken() >= self.sockets.clients_max
    }

    /// Reads on in a connection's PROXY header.
    pub(super) fn read_proxy_header(&mut self, index: usize) {
        match self.sockets.proxies.read(index, self.sockets.poll.registry()) {
            HeaderRead::Incomplete => {}
            HeaderRead::Complete(stream, client) => self.admit(stream, client),
            HeaderRead::Invalid => self.sockets.listeners.note_freed(self.now),
        }
    }

    /// Closes balancers' connections that were not worth it.
    pub(super) fn expire_proxy_headers(&mut self, now: Time) {
        if self.sockets.proxies.expire(now) {
            self.sockets.listeners.note_freed(self.now);
        }
    }

    /// Totals of balancers' connections.
    pub fn proxy_counters(&self) -> ProxyCounters {
        self.sockets.proxies.counters()
    }

    /// Logs it where there were any.
    pub(super) fn log_proxied(&self) {
        let counters = self.sockets.proxies.counters();
        if counters != ProxyCounters::default() {
            log::info!(
                "balancers: clients={} themselves={} bad={} late={} crowded={}",
                counters.clients,
                counters.balancers,
                counters.bad,
                counters.late,
                counters.crowded
            );
        }
    }
}
