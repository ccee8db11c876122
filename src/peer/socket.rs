//! The UDP socket of a player, and where it is.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::error::MatchError;
use crate::address::{NoServer, ServerAddress};
use crate::limits::UDP_PORT;
use crate::mc1::is_private;
use crate::peer::protocol::Transmit;
use crate::time::Time;

/// Which addresses of a server are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressFamily {
    /// IPv4 first, then IPv6.
    #[default]
    Any,
    /// IPv4 alone.
    V4,
    /// IPv6 alone.
    V6,
}

/// The addresses of a server, in the order in which they are tried.
pub(super) fn look_up(server: &str, family: AddressFamily) -> Result<Vec<SocketAddr>, MatchError> {
    let name = || server.to_owned();
    let typed: ServerAddress =
        server.parse().map_err(|problem: NoServer| MatchError::JoinRequest(problem.to_string()))?;
    let found = (typed.host(), typed.port_or(UDP_PORT)).to_socket_addrs();
    let found = found.map_err(|source| MatchError::Lookup { server: name(), source })?;
    let mut addresses: Vec<SocketAddr> = found.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    addresses.dedup();
    let (wanted, named): (fn(&SocketAddr) -> bool, _) = match family {
        AddressFamily::Any => (|_| true, "IPv4 or IPv6"),
        AddressFamily::V4 => (SocketAddr::is_ipv4, "IPv4"),
        AddressFamily::V6 => (SocketAddr::is_ipv6, "IPv6"),
    };
    addresses.retain(wanted);
    if addresses.is_empty() {
        return Err(MatchError::AddressFamily { server: name(), family: named });
    }
    Ok(addresses)
}

/// A non-blocking socket of the server's family alone, so that addresses have one form.
pub(super) fn open(server: SocketAddr, port: u16) -> Result<UdpSocket, MatchError> {
    let opened = || {
        let family = Domain::for_address(server);
        let socket = Socket::new(family, Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        let any: SocketAddr = if server.is_ipv6() {
            socket.set_only_v6(true)?;
            (Ipv6Addr::UNSPECIFIED, port).into()
        } else {
            (Ipv4Addr::UNSPECIFIED, port).into()
        };
        socket.bind(&any.into())?;
        Ok(UdpSocket::from(socket))
    };
    opened().map_err(|source| MatchError::Socket { what: "open a UDP socket", source })
}

/// Sends a datagram. The bound on the routers that it may pass is its own: others have none.
pub(super) fn send(socket: &UdpSocket, transmit: &Transmit) -> io::Result<()> {
    let send = || socket.send_to(&transmit.bytes, transmit.to).map(drop);
    let Some(hops) = transmit.hops else { return send() };
    let socket = SockRef::from(socket);
    if transmit.to.is_ipv6() {
        let usual = socket.unicast_hops_v6()?;
        socket.set_unicast_hops_v6(hops.into())?;
        let sent = send();
        socket.set_unicast_hops_v6(usual)?;
        sent
    } else {
        let usual = socket.ttl_v4()?;
        socket.set_ttl_v4(hops.into())?;
        let sent = send();
        socket.set_ttl_v4(usual)?;
        sent
    }
}

/// The own address towards a server. Nothing is sent.
pub(super) fn own_address(socket: &UdpSocket, server: SocketAddr) -> io::Result<SocketAddr> {
    let probe = open(server, 0).map_err(io::Error::other)?;
    probe.connect(server)?;
    Ok(SocketAddr::new(probe.local_addr()?.ip(), socket.local_addr()?.port()))
}

/// The own address if others in the same network can use it.
pub(super) fn lan_candidates(socket: &UdpSocket, server: SocketAddr) -> Vec<SocketAddr> {
    let own = own_address(socket, server).ok().filter(|own| is_private(own.ip()));
    own.into_iter().collect()
}

/// Waits until one of them may be read, or the moment has come. Whether the other may be.
pub(super) fn wait<'a>(
    socket: &'a UdpSocket,
    other: Option<rustix::fd::BorrowedFd<'a>>,
    now: Time,
    until: Time,
) -> Result<bool, MatchError> {
    let mut fds = vec![PollFd::new(socket, PollFlags::IN)];
    fds.extend(other.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
    let timeout = (until != Time::NEVER).then(|| Timespec::try_from(until.since(now)));
    match poll(&mut fds, timeout.and_then(Result::ok).as_ref()) {
        Ok(_) => {}
        // The caller looks by itself whether it is to stop.
        Err(rustix::io::Errno::INTR) => return Ok(false),
        Err(error) => {
            return Err(MatchError::Socket { what: "wait for datagrams", source: error.into() });
        }
    }
    Ok(fds.get(1).is_some_and(|other| !other.revents().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_datagram_that_is_bound_passes_fewer_routers() {
        for family in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(other) = UdpSocket::bind(family) else { continue };
            let to = other.local_addr().unwrap();
            let socket = open(to, 0).unwrap();
            let hops = || match to {
                SocketAddr::V4(_) => SockRef::from(&socket).ttl_v4().unwrap(),
                SocketAddr::V6(_) => SockRef::from(&socket).unicast_hops_v6().unwrap(),
            };
            let usual = hops();
            assert!(usual > 2, "{usual}");
            for hops_of_one in [Some(2), None, Some(1)] {
                let transmit = Transmit { to, bytes: b"x".to_vec(), hops: hops_of_one };
                send(&socket, &transmit).unwrap();
                assert_eq!(hops(), usual);
                assert_eq!(other.recv(&mut [0; 9]).unwrap(), 1);
            }
        }
    }
}
