//! A UDP socket that knows which of its addresses a datagram was sent to, and answers from there.
//!
//! A socket that is bound to every address of the host would otherwise answer from the address that
//! suits the route best. A NAT, or a client that is connected to the other address, would drop that
//! answer. The system passes the address beside the datagram in both directions (`IP_PKTINFO`).

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::AsRawFd;

use mio::net::UdpSocket;
use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt,
    sockopt,
};

/// A bound UDP socket that does not block.
#[derive(Debug)]
pub(super) struct DatagramSocket {
    /// For registering; datagrams go through the methods here.
    pub(super) socket: UdpSocket,
    /// Buffer for the ancillary data; none if the socket is bound to a single address.
    beside: Option<Vec<u8>>,
}

/// One received datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Received {
    /// Bytes that were put into the room for them.
    pub(super) count: usize,
    /// The sender's address.
    pub(super) source: SocketAddr,
    /// Which of our addresses it was sent to, if there are several and one alone is meant.
    pub(super) at: Option<IpAddr>,
}

impl DatagramSocket {
    /// Asks the system for the destination address of each datagram if there may be several.
    pub(super) fn new(socket: UdpSocket) -> io::Result<Self> {
        let place = socket.local_addr()?;
        if !place.ip().is_unspecified() {
            return Ok(Self { socket, beside: None });
        }
        if place.is_ipv4() {
            setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
        } else {
            setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?;
        }
        Ok(Self { socket, beside: Some(nix::cmsg_space!(in6_pktinfo)) })
    }

    /// Receives one datagram.
    pub(super) fn receive(&mut self, room: &mut [u8]) -> io::Result<Received> {
        let Some(beside) = &mut self.beside else {
            let (count, source) = self.socket.recv_from(room)?;
            return Ok(Received { count, source, at: None });
        };
        self.socket.try_io(|| {
            let mut rooms = [IoSliceMut::new(room)];
            let descriptor = self.socket.as_raw_fd();
            let message = recvmsg(descriptor, &mut rooms, Some(beside), MsgFlags::empty())?;
            let source = message.address.and_then(|address| socket_address(&address));
            let source = source.ok_or(io::ErrorKind::InvalidData)?;
            let at = message.cmsgs()?.find_map(|told| address_asked(&told));
            Ok(Received { count: message.bytes, source, at })
        })
    }

    /// Sends one datagram, from one of our addresses if there are several.
    pub(super) fn send(&self, payload: &[u8], to: SocketAddr, from: Option<IpAddr>) {
        // One that cannot be sent now is dropped, as any may be on its way.
        let _ = match from {
            None => self.socket.send_to(payload, to),
            Some(from) => match self.socket.try_io(|| self.send_from(payload, to, from)) {
                // Not our address any more, or one that is good on some links only.
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                    self.socket.send_to(payload, to)
                }
                sent => sent,
            },
        };
    }

    fn send_from(&self, payload: &[u8], to: SocketAddr, from: IpAddr) -> io::Result<usize> {
        let (v4, v6);
        let beside = match from {
            IpAddr::V4(ip) => {
                let source = in_addr { s_addr: u32::from_ne_bytes(ip.octets()) };
                let none = in_addr { s_addr: 0 };
                v4 = in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: source, ipi_addr: none };
                ControlMessage::Ipv4PacketInfo(&v4)
            }
            IpAddr::V6(ip) => {
                let source = in6_addr { s6_addr: ip.octets() };
                v6 = in6_pktinfo { ipi6_addr: source, ipi6_ifindex: 0 };
                ControlMessage::Ipv6PacketInfo(&v6)
            }
        };
        let (payload, to) = ([IoSlice::new(payload)], SockaddrStorage::from(to));
        let descriptor = self.socket.as_raw_fd();
        Ok(sendmsg(descriptor, &payload, &[beside], MsgFlags::empty(), Some(&to))?)
    }
}

fn socket_address(address: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = address.as_sockaddr_in().map(|v4| SocketAddrV4::from(*v4).into());
    v4.or_else(|| address.as_sockaddr_in6().map(|v6| SocketAddrV6::from(*v6).into()))
}

/// The address of ours that a datagram was sent to. A group's is none.
fn address_asked(told: &ControlMessageOwned) -> Option<IpAddr> {
    let ip = match told {
        // Of a broadcast this is the address at which it came in.
        ControlMessageOwned::Ipv4PacketInfo(v4) => {
            IpAddr::from(v4.ipi_spec_dst.s_addr.to_ne_bytes())
        }
        ControlMessageOwned::Ipv6PacketInfo(v6) => IpAddr::from(v6.ipi6_addr.s6_addr),
        _ => return None,
    };
    (!ip.is_multicast()).then_some(ip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket as Client;

    fn socket(place: &str) -> (DatagramSocket, u16) {
        let socket = UdpSocket::bind(place.parse().unwrap()).unwrap();
        let port = socket.local_addr().unwrap().port();
        (DatagramSocket::new(socket).unwrap(), port)
    }

    /// Waits for a datagram, which on loopback is there as soon as it was sent.
    fn receive(socket: &mut DatagramSocket) -> (Received, Vec<u8>) {
        let mut room = [0; 8];
        let received = socket.receive(&mut room).unwrap();
        (received, room[..received.count].to_vec())
    }

    #[test]
    fn a_socket_with_many_addresses_tells_which_was_asked_and_answers_from_it() {
        let (mut socket, port) = socket("0.0.0.0:0");
        let client = Client::bind("127.0.0.1:0").unwrap();
        for at in ["127.0.0.1", "127.0.0.2", "127.1.2.3"] {
            client.send_to(b"hello", (at, port)).unwrap();
            let (received, bytes) = receive(&mut socket);
            let source = client.local_addr().unwrap();
            let at: IpAddr = at.parse().unwrap();
            assert_eq!(received, Received { count: 5, source, at: Some(at) });
            assert_eq!(bytes, b"hello");
            socket.send(b"answer", source, received.at);
            assert_eq!(client.recv_from(&mut [0; 8]).unwrap(), (6, (at, port).into()));
        }
    }

    #[test]
    fn a_socket_with_one_address_needs_not_be_told() {
        let (mut socket, port) = socket("127.0.0.2:0");
        let client = Client::bind("127.0.0.1:0").unwrap();
        client.send_to(b"far too long", ("127.0.0.2", port)).unwrap();
        let (received, bytes) = receive(&mut socket);
        assert_eq!((received.at, bytes.as_slice()), (None, &b"far too "[..]));
        socket.send(b"", received.source, received.at);
        assert_eq!(client.recv_from(&mut [0; 8]).unwrap(), (0, ([127, 0, 0, 2], port).into()));
        assert_eq!(socket.receive(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn an_empty_queue_is_told_as_such() {
        let (mut socket, _) = socket("0.0.0.0:0");
        assert_eq!(socket.receive(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
