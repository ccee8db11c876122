//! UDP sockets: datagrams in, answers out at once.
//!
//! A datagram that cannot be sent now is dropped, as any may be on its way; who asked asks again.

use std::io;
use std::net::SocketAddr;

use mio::net::UdpSocket;
use mio::{Interest, Registry};
use socket2::{Protocol, Type};

use super::error::NetError;
use super::listener::{ListenAt, bind_all, open};
use super::token::Source;
use crate::limits::{DATAGRAM_BYTES_MAX, DATAGRAMS_PER_TURN};
use crate::matchmaking::{Answers, SocketIndex};

/// All UDP sockets.
#[derive(Debug)]
pub(super) struct Datagrams {
    sockets: Vec<DatagramSocket>,
}

#[derive(Debug)]
struct DatagramSocket {
    socket: UdpSocket,
    /// There may be something to receive.
    readable: bool,
}

impl Datagrams {
    /// Binds every port and registers it.
    pub(super) fn bind(places: &[ListenAt], registry: &Registry) -> Result<Self, NetError> {
        let bound = bind_all("udp", places, |address| {
            let socket = open(address, Type::DGRAM, Protocol::UDP)?;
            socket.bind(&address.into())?;
            Ok(socket)
        })?;
        let mut sockets = Vec::with_capacity(bound.len());
        for (index, socket) in bound.into_iter().enumerate() {
            let mut socket = UdpSocket::from_std(socket.into());
            registry
                .register(&mut socket, Source::Datagram(index as u16).into(), Interest::READABLE)
                .map_err(|source| NetError::SetUp { what: "a udp socket", source })?;
            sockets.push(DatagramSocket { socket, readable: true });
        }
        Ok(Self { sockets })
    }

    /// Notes that datagrams wait at this socket.
    pub(super) fn note_readable(&mut self, index: u16) {
        if let Some(socket) = self.sockets.get_mut(usize::from(index)) {
            socket.readable = true;
        }
    }

    /// Receives what waits, within the budget of a turn, and sends what `answer` answers.
    pub(super) fn serve(
        &mut self,
        mut answer: impl FnMut(SocketIndex, SocketAddr, &[u8]) -> Answers,
    ) {
        // One byte more than is looked at, to know a longer datagram by its length.
        let mut room = [0; DATAGRAM_BYTES_MAX + 1];
        for index in 0..self.sockets.len() {
            for _ in 0..DATAGRAMS_PER_TURN {
                let Some(socket) = self.sockets.get_mut(index) else { break };
                let (count, source) = match socket.socket.recv_from(&mut room) {
                    Ok(received) => received,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        socket.readable = false;
                        break;
                    }
                    // An ICMP answer to something sent before; the next one may be fine.
                    Err(_) => continue,
                };
                for transmit in answer(SocketIndex(index as u16), source, &room[..count]) {
                    let via = usize::from(transmit.via.0);
                    if let Some(socket) = self.sockets.get(via) {
                        let _ = socket.socket.send_to(transmit.payload.as_ref(), transmit.to);
                    }
                }
            }
        }
    }

    /// Whether something may wait to be received.
    pub(super) fn is_readable(&self) -> bool {
        self.sockets.iter().any(|socket| socket.readable)
    }

    /// Where datagrams are received.
    pub(super) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.sockets.iter().filter_map(|socket| socket.socket.local_addr().ok())
    }

    /// Stops receiving.
    pub(super) fn close(&mut self) {
        self.sockets.clear();
    }
}
