//! UDP sockets: datagrams in, answers out at once.
//!
//! An answer leaves by the local endpoint that was asked: a socket, and one of its addresses if it
//! has many. A socket that is bound to every address gets an endpoint for each address at which it
//! is asked, up to a limit; beyond that, the system chooses the source address.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};

use mio::net::UdpSocket;
use mio::{Interest, Registry};
use serde::{Deserialize, Serialize};
use socket2::{Protocol, Socket, Type};

use super::bind::{bind_all, open};
use super::datagram_socket::DatagramSocket;
use super::error::NetError;
use super::inherited::{BoundAt, Inherited};
use super::listen_at::ListenAt;
use super::token::Source;
use crate::limits::{DATAGRAMS_PER_TURN, LOCAL_ENDPOINTS_MAX, RELAY_DATAGRAM_BYTES_MAX};
use crate::matchmaking::{SocketIndex, Transmit};

/// All UDP sockets.
#[derive(Debug)]
pub(super) struct Datagrams {
    sockets: Vec<DatagramSocket>,
    /// Whether the socket of the same index may have something to receive.
    readable: Vec<bool>,
    endpoints: LocalEndpoints,
    /// For each socket, the index of the place it was bound for.
    places: Vec<usize>,
}

impl Datagrams {
    /// Binds every port that another process has not bound for us, and registers it.
    pub(super) fn bind(
        places: &[ListenAt],
        inherited: &mut Inherited,
        registry: &Registry,
    ) -> Result<Self, NetError> {
        let bound = bind_all("udp", places, (inherited, |_: &Socket| Ok(())), |address| {
            let socket = open(address, Type::DGRAM, Protocol::UDP)?;
            socket.bind(&address.into())?;
            Ok(socket)
        })?;
        let fail = |source| NetError::SetUp { what: "a udp socket", source };
        let mut sockets = Vec::with_capacity(bound.len());
        let mut for_places = Vec::with_capacity(bound.len());
        for (index, (place, socket)) in bound.into_iter().enumerate() {
            for_places.push(place);
            let socket = UdpSocket::from_std(socket.into());
            let mut socket = DatagramSocket::new(socket).map_err(fail)?;
            let token = Source::Datagram(index as u16).into();
            registry.register(&mut socket.socket, token, Interest::READABLE).map_err(fail)?;
            sockets.push(socket);
        }
        let (readable, endpoints) = (vec![true; sockets.len()], LocalEndpoints::of(sockets.len()));
        Ok(Self { readable, endpoints, sockets, places: for_places })
    }

    /// Notes that datagrams wait at this socket.
    pub(super) fn note_readable(&mut self, index: u16) {
        if let Some(readable) = self.readable.get_mut(usize::from(index)) {
            *readable = true;
        }
    }

    /// Receives waiting datagrams, within the budget of a turn, and sends the replies of `answer`.
    pub(super) fn serve(
        &mut self,
        mut answer: impl FnMut(SocketIndex, SocketAddr, &[u8], &mut dyn FnMut(Transmit<'_>)),
    ) {
        // One byte more than is looked at, to know a longer datagram by its length.
        let mut room = [0; RELAY_DATAGRAM_BYTES_MAX + 1];
        for index in 0..self.sockets.len() {
            // The others were emptied, and will say when there is more.
            if !self.readable[index] {
                continue;
            }
            for _ in 0..DATAGRAMS_PER_TURN {
                let received = match self.sockets[index].receive(&mut room) {
                    Ok(received) => received,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        self.readable[index] = false;
                        break;
                    }
                    // An ICMP answer to something sent before; the next one may be fine.
                    Err(_) => continue,
                };
                let asked = LocalEndpoint { socket: index, at: received.at };
                let via = self.endpoints.number(asked);
                answer(via, received.source, &room[..received.count], &mut |transmit| {
                    // The sender needs no endpoint number: it is answered here however many
                    // endpoints there are.
                    let is_asker = transmit.to == received.source && transmit.via == via;
                    let endpoint =
                        if is_asker { Some(asked) } else { self.endpoints.get(transmit.via) };
                    self.send_by(endpoint, transmit);
                });
            }
        }
    }

    /// Sends one datagram.
    pub(super) fn send(&self, transmit: Transmit<'_>) {
        self.send_by(self.endpoints.get(transmit.via), transmit);
    }

    fn send_by(&self, endpoint: Option<LocalEndpoint>, transmit: Transmit<'_>) {
        let Some(endpoint) = endpoint else { return };
        if let Some(socket) = self.sockets.get(endpoint.socket) {
            socket.send(transmit.payload, transmit.to, endpoint.at);
        }
    }

    /// Whether something may wait to be received.
    pub(super) fn is_readable(&self) -> bool {
        self.readable.contains(&true)
    }

    /// Where datagrams are received.
    pub(super) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.sockets.iter().filter_map(|socket| socket.socket.local_addr().ok())
    }

    /// The sockets, and where they are bound.
    pub(super) fn handed_over(&self) -> impl Iterator<Item = (BoundAt, BorrowedFd<'_>)> {
        self.sockets.iter().zip(&self.places).filter_map(|(socket, &place)| {
            let address = socket.socket.local_addr().ok()?;
            Some((BoundAt { place, address }, socket.socket.as_fd()))
        })
    }

    /// The numbers of endpoints, for another process with the same sockets.
    pub(super) fn endpoints(&self) -> &LocalEndpoints {
        &self.endpoints
    }

    /// Goes on with the numbers of another process with the same sockets.
    pub(super) fn take_over(&mut self, endpoints: LocalEndpoints) {
        self.endpoints = endpoints;
    }

    /// Stops receiving.
    pub(super) fn close(&mut self) {
        self.sockets.clear();
        self.readable.clear();
    }
}

/// The local endpoint of a datagram: the socket and the address that it was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct LocalEndpoint {
    /// An index of the list of sockets.
    socket: usize,
    /// Which of the socket's addresses, if it has many.
    at: Option<IpAddr>,
}

/// A permanent number for each endpoint: a pair is answered at both ends, and one of them waited.
///
/// Invariant: the first entries are those of each socket without an address, in order; beside them
/// there are never more than `LOCAL_ENDPOINTS_MAX`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LocalEndpoints(Vec<LocalEndpoint>);

impl LocalEndpoints {
    fn of(sockets: usize) -> Self {
        Self((0..sockets).map(|socket| LocalEndpoint { socket, at: None }).collect())
    }

    /// The number of an endpoint; that of the whole socket if there are too many.
    fn number(&mut self, endpoint: LocalEndpoint) -> SocketIndex {
        let known = self.0.iter().position(|known| *known == endpoint);
        let position = known.unwrap_or_else(|| {
            if self.0.len() >= LOCAL_ENDPOINTS_MAX {
                return endpoint.socket;
            }
            self.0.push(endpoint);
            self.0.len() - 1
        });
        SocketIndex(position as u16)
    }

    fn get(&self, index: SocketIndex) -> Option<LocalEndpoint> {
        self.0.get(usize::from(index.0)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_keeps_its_number_and_there_is_a_limit() {
        let mut endpoints = LocalEndpoints::of(2);
        let endpoint = |socket, ip: u32| LocalEndpoint { socket, at: Some(IpAddr::V4(ip.into())) };
        assert_eq!(endpoints.number(LocalEndpoint { socket: 1, at: None }), SocketIndex(1));
        for round in 0..2 {
            for ip in 0..LOCAL_ENDPOINTS_MAX as u32 - 2 {
                let number = endpoints.number(endpoint(1, ip));
                assert_eq!(number, SocketIndex(ip as u16 + 2), "round {round}");
                assert_eq!(endpoints.get(number), Some(endpoint(1, ip)));
            }
        }
        assert_eq!(endpoints.number(endpoint(1, 0xFFFF_FFFF)), SocketIndex(1), "the socket alone");
        assert_eq!(endpoints.get(SocketIndex(1)), Some(LocalEndpoint { socket: 1, at: None }));
        assert_eq!(endpoints.get(SocketIndex(u16::MAX)), None);
    }
}
