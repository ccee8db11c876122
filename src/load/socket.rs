//! Opening sockets, each from an address of its own where that is possible.
//!
//! A connection is identified by both its ends. From one address only some 28,000 can lead to one
//! port; but all of 127.0.0.0/8 is this machine, so clients of a loopback server come from many
//! addresses.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use mio::net::{TcpStream, UdpSocket};
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use crate::limits::LOAD_SOURCES;

/// Begins to connect a client to a server; does not wait.
pub(super) fn connect(server: SocketAddr, number: u32) -> io::Result<TcpStream> {
    let kind = Type::STREAM.nonblocking().cloexec();
    let socket = Socket::new(Domain::for_address(server), kind, Some(Protocol::TCP))?;
    socket.set_tcp_nodelay(true)?;
    if let Some(source) = source(server, number) {
        socket.bind(&source.into())?;
    }
    match socket.connect(&server.into()) {
        Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => Err(error),
        _ => Ok(TcpStream::from_std(socket.into())),
    }
}

/// A UDP endpoint that sends to a server and hears only that.
pub(super) fn endpoint(server: SocketAddr, number: u32) -> io::Result<UdpSocket> {
    let kind = Type::DGRAM.nonblocking().cloexec();
    let socket = Socket::new(Domain::for_address(server), kind, Some(Protocol::UDP))?;
    if let Some(source) = fresh_source(server, number) {
        socket.bind(&source.into())?;
    }
    socket.connect(&server.into())?;
    Ok(UdpSocket::from_std(socket.into()))
}

/// The source address of an endpoint: another one for each of the next four million, because a
/// server remembers the addresses that it has answered.
fn fresh_source(server: SocketAddr, number: u32) -> Option<SocketAddr> {
    match server.ip() {
        IpAddr::V4(ip) if ip.is_loopback() => {
            let [_, high, middle, low] = number.to_be_bytes();
            let ip = Ipv4Addr::new(127, 64 + high % 64, middle, low);
            Some(SocketAddr::new(ip.into(), 0))
        }
        _ => None,
    }
}

/// The address that a client comes from; none: the system may choose.
fn source(server: SocketAddr, number: u32) -> Option<SocketAddr> {
    match server.ip() {
        IpAddr::V4(ip) if ip.is_loopback() => {
            let place = number % LOAD_SOURCES;
            let [_, _, high, low] = place.to_be_bytes();
            // 127.0.0.1 is left to others; .0 and .255 look like networks and broadcasts.
            let ip = Ipv4Addr::new(127, 1 + high, low, 1);
            Some(SocketAddr::new(ip.into(), 0))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn clients_of_a_loopback_server_come_from_many_addresses() {
        let server = "127.0.0.1:5".parse().unwrap();
        let sources: HashSet<_> =
            (0..2 * LOAD_SOURCES).map(|number| source(server, number).unwrap()).collect();
        assert_eq!(sources.len(), LOAD_SOURCES as usize);
        assert!(sources.iter().all(|source| source.ip().is_loopback() && source.port() == 0));
        for elsewhere in ["192.0.2.1:5", "[::1]:5"] {
            assert_eq!(source(elsewhere.parse().unwrap(), 7), None);
        }
    }
}
