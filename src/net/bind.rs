//! Binding ports: the requested ones, on every address or on one, unless another process has bound
//! them already.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

use super::error::NetError;
use super::inherited::{BoundAt, Inherited};
use super::listen_at::ListenAt;

/// Tries to find a port that is free for IPv4 and IPv6 alike.
const SAME_PORT_TRIES: usize = 16;

/// A socket that does not block, bound to nothing yet. IPv6 sockets serve IPv6 alone, so that no
/// address has two forms.
pub(super) fn open(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

/// Binds every requested place, in order, unless an inherited socket can be adopted for it.
/// Activated sockets replace all of them. Returns each socket with the index of its place.
pub(super) fn bind_all(
    protocol: &'static str,
    places: &[ListenAt],
    (inherited, adopt): (&mut Inherited, impl Fn(&Socket) -> io::Result<()>),
    bind: impl Fn(SocketAddr) -> io::Result<Socket>,
) -> Result<Vec<(usize, Socket)>, NetError> {
    let activated = inherited.take_activated();
    if !activated.is_empty() {
        let fail = |source| NetError::SetUp { what: "a socket that was passed to us", source };
        activated.iter().try_for_each(&adopt).map_err(fail)?;
        warn_of_ipv6_alone(protocol, &activated);
        return Ok(activated.into_iter().map(|socket| (BoundAt::ACTIVATED, socket)).collect());
    }
    let mut sockets = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let passed = inherited.take(index, *place);
        let bound = match *place {
            _ if !passed.is_empty() && passed.iter().all(|it| adopt(it).is_ok()) => match *place {
                ListenAt::Everywhere(_) => with_both_families(protocol, passed, &bind),
                ListenAt::Address(_) => passed,
            },
            ListenAt::Address(address) => {
                let fail = |source| NetError::Listen { protocol, address, source };
                vec![bind(address).map_err(fail)?]
            }
            ListenAt::Everywhere(port) => bind_everywhere(protocol, port, &bind)?,
        };
        sockets.extend(bound.into_iter().map(|socket| (index, socket)));
    }
    Ok(sockets)
}

/// Sockets that another server has bound to every address, and that of a family which it did not
/// serve, as its flags were others.
fn with_both_families(
    protocol: &'static str,
    mut passed: Vec<Socket>,
    bind: &impl Fn(SocketAddr) -> io::Result<Socket>,
) -> Vec<Socket> {
    let bound = addresses(&passed);
    let hosts: [IpAddr; 2] = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
    for host in hosts.into_iter().filter(|host| bound.iter().all(|at| at.ip() != *host)) {
        let Some(port) = bound.first().map(SocketAddr::port) else { continue };
        match bind(SocketAddr::new(host, port)) {
            Ok(socket) => passed.push(socket),
            Err(error) => log::info!("no {protocol} on {host}: {error}"),
        }
    }
    passed
}

/// Warns where inherited sockets leave IPv4 out, which a unit that says `[::]` seldom means.
fn warn_of_ipv6_alone(protocol: &'static str, sockets: &[Socket]) {
    let bound = addresses(sockets);
    for at in bound.iter().filter(|at| at.is_ipv6() && at.ip().is_unspecified()) {
        if !bound.iter().any(|other| other.is_ipv4() && other.port() == at.port()) {
            log::warn!(
                "IPv4 is not served at {protocol} {at}: the socket that was passed to us is for \
                 IPv6 alone; pass one for 0.0.0.0:{} as well",
                at.port()
            );
        }
    }
}

fn addresses(sockets: &[Socket]) -> Vec<SocketAddr> {
    sockets.iter().filter_map(|socket| socket.local_addr().ok()?.as_socket()).collect()
}

/// Binds one port for IPv4 and IPv6. A machine without IPv6 is served without.
fn bind_everywhere(
    protocol: &'static str,
    port: u16,
    bind: &impl Fn(SocketAddr) -> io::Result<Socket>,
) -> Result<Vec<Socket>, NetError> {
    let any = |host: IpAddr, port| SocketAddr::new(host, port);
    let mut tries = 0;
    loop {
        tries += 1;
        let address = any(Ipv4Addr::UNSPECIFIED.into(), port);
        let fail = |source| NetError::Listen { protocol, address, source };
        let first = bind(address).map_err(fail)?;
        let bound = first.local_addr().map_err(fail)?.as_socket().map_or(port, |at| at.port());
        let address = any(Ipv6Addr::UNSPECIFIED.into(), bound);
        match bind(address) {
            Ok(second) => return Ok(vec![first, second]),
            // The system picked a port that another process holds on IPv6: let it pick another.
            Err(error)
                if error.kind() == io::ErrorKind::AddrInUse
                    && port == 0
                    && tries < SAME_PORT_TRIES => {}
            Err(source) if source.kind() == io::ErrorKind::AddrInUse => {
                return Err(NetError::Listen { protocol, address, source });
            }
            Err(error) => {
                log::info!("no {protocol} on IPv6: {error}");
                return Ok(vec![first]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::inherited::InheritedSocket;

    fn bind(address: SocketAddr) -> io::Result<Socket> {
        let socket = open(address, Type::DGRAM, Protocol::UDP)?;
        socket.bind(&address.into())?;
        Ok(socket)
    }

    #[test]
    fn a_family_that_the_server_before_us_has_left_out_is_served() {
        for host in ["0.0.0.0:0", "[::]:0"] {
            let Ok(socket) = bind(host.parse().unwrap()) else { continue };
            let address = socket.local_addr().unwrap().as_socket().unwrap();
            let at = BoundAt { place: 0, address };
            let mut inherited = Inherited(vec![InheritedSocket { at, socket }]);
            let places = [ListenAt::Everywhere(address.port())];
            let adopt = |_: &Socket| Ok(());
            let bound = bind_all("udp", &places, (&mut inherited, adopt), bind).unwrap();
            let sockets: Vec<Socket> = bound.into_iter().map(|(_, socket)| socket).collect();
            let bound = addresses(&sockets);
            assert!(bound.len() == 2 && bound.iter().any(SocketAddr::is_ipv4), "{bound:?}");
            assert!(bound.iter().all(|at| at.port() == address.port()), "{bound:?}");
        }
    }
}
