//! The sender of a datagram, and whether it can be answered at all.
//!
//! The kernel gladly sends to 0.0.0.0 and to multicast groups, so a failed send does not reveal a
//! bad address. Addresses are therefore brought into one form and checked here, once, before
//! anything else looks at them. How often an address may ask is left to `rate`.
//!
//! Invariant: [`Sender::address`] is canonical (no IPv4 inside IPv6), and is neither port 0,
//! unspecified, multicast, broadcast nor one of ours.

use std::fmt;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::net::SocketAddrV6;

use serde::Deserialize;
use serde::Serialize;

use crate::matchmaking::SocketIndex;
use crate::matchmaking::Transmit;

/// The sender of a datagram that may be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sender {
    /// The socket it spoke to.
    via: SocketIndex,
    /// Its address as that socket reported it. A socket that takes IPv4 and IPv6 alike reports,
    /// and must be given back, `::ffff:192.0.2.1`.
    reported: SocketAddr,
    /// Its address in the one form in which addresses are compared and sent to others.
    address: SocketAddr,
}

impl Sender {
    /// The sender, unless the address cannot be a client's.
    pub(super) fn new(via: SocketIndex, reported: SocketAddr, own: &OwnAddresses) -> Option<Self> {
        let address = canonical(reported);
        let ip = address.ip();
        let nobody = address.port() == 0
            || ip.is_unspecified()
            || ip.is_multicast()
            || ip == IpAddr::V4(Ipv4Addr::BROADCAST);
        (!nobody && !own.contains(address)).then_some(Self { via, reported, address })
    }

    /// A datagram to this sender.
    pub(super) fn transmit<'a>(&self, payload: &'a [u8]) -> Transmit<'a> {
        Transmit { via: self.via, to: self.reported, payload }
    }

    /// The same from another of our sockets.
    pub(super) fn transmit_via<'a>(&self, via: SocketIndex, payload: &'a [u8]) -> Transmit<'a> {
        Transmit { via, to: self.reported, payload }
    }

    /// Its canonical address.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Addresses that may be able to reach each other. A loopback address means nothing to a peer
/// elsewhere, and no datagram crosses from IPv4 to IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum AddressKind {
    Ipv4,
    Ipv6,
    Ipv4Loopback,
    Ipv6Loopback,
}

impl AddressKind {
    pub(super) fn of(ip: IpAddr) -> Self {
        match (ip, ip.is_loopback()) {
            (IpAddr::V4(_), false) => Self::Ipv4,
            (IpAddr::V6(_), false) => Self::Ipv6,
            (IpAddr::V4(_), true) => Self::Ipv4Loopback,
            (IpAddr::V6(_), true) => Self::Ipv6Loopback,
        }
    }
}

/// An address as it is sent to others: `192.0.2.1:4000` or `[2001:db8::1]:4000`. The zone of a
/// link-local address is left out, as it is a number of this host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Canonical(pub(super) SocketAddr);

impl fmt::Display for Canonical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.ip() {
            IpAddr::V4(ip) => write!(f, "{ip}:{}", self.0.port()),
            IpAddr::V6(ip) => write!(f, "[{ip}]:{}", self.0.port()),
        }
    }
}

/// The addresses that our own sockets are bound to.
#[derive(Debug)]
pub(super) struct OwnAddresses(Vec<SocketAddr>);

impl OwnAddresses {
    pub(super) fn new(bound: Vec<SocketAddr>) -> Self {
        Self(bound.into_iter().map(canonical).collect())
    }

    /// The port of the first socket.
    pub(super) fn first_port(&self) -> Option<u16> {
        self.0.first().map(SocketAddr::port)
    }

    /// The ports from which this sender may be answered by the address that it asked, each with
    /// its socket.
    pub(super) fn ports(&self, sender: &Sender) -> impl Iterator<Item = (u16, SocketIndex)> {
        let asked = self.0.get(usize::from(sender.via.0)).map(SocketAddr::ip);
        // None: one of the many addresses of a socket that has them all.
        let asked = asked.filter(|ip| !ip.is_unspecified());
        let is_ipv4 = sender.address.is_ipv4();
        let sockets = self.0.iter().zip(0..).filter(move |(own, _)| {
            let same = asked.map_or(own.ip().is_unspecified(), |asked| own.ip() == asked);
            same && own.is_ipv4() == is_ipv4
        });
        sockets.map(|(own, index)| (own.port(), SocketIndex(index)))
    }

    /// Whether one of our sockets may have that address.
    ///
    /// A socket bound to every address of the host is known by its port and a loopback address
    /// only. Its other addresses do no harm: none of our answers is ever answered.
    fn contains(&self, address: SocketAddr) -> bool {
        self.0.iter().any(|own| {
            let same_ip = own.ip() == address.ip();
            let any_ip = own.ip().is_unspecified() && address.ip().is_loopback();
            own.port() == address.port() && (same_ip || any_ip)
        })
    }
}

/// One form for each address: IPv4 is IPv4, and no flow label tells two senders apart. The zone of
/// a link-local address stays, since the same address may exist on two links.
fn canonical(address: SocketAddr) -> SocketAddr {
    match (address, address.ip().to_canonical()) {
        (SocketAddr::V6(given), IpAddr::V6(ip)) => {
            SocketAddrV6::new(ip, given.port(), 0, given.scope_id()).into()
        }
        (_, ip) => SocketAddr::new(ip, address.port()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(source: &str, own: &[&str]) -> Option<Sender> {
        let own = own.iter().map(|address| address.parse().unwrap()).collect();
        Sender::new(SocketIndex(0), source.parse().unwrap(), &OwnAddresses::new(own))
    }

    #[test]
    fn addresses_that_nobody_can_have_are_refused() {
        let refused = [
            "192.0.2.1:0",
            "[2001:db8::1]:0",
            "0.0.0.0:4000",
            "[::]:4000",
            "[::ffff:0.0.0.0]:4000",
            "224.0.0.1:4000",
            "239.255.255.250:1900",
            "[::ffff:224.0.0.251]:5353",
            "[ff02::1]:4000",
            "[ff0e::1:2]:4000",
            "255.255.255.255:4000",
            "[::ffff:255.255.255.255]:4000",
        ];
        for source in refused {
            assert_eq!(sender(source, &[]), None, "{source}");
        }
        for source in ["192.0.2.1:1", "127.0.0.1:65535", "[::1]:4000", "[fe80::1%3]:4000"] {
            assert!(sender(source, &[]).is_some(), "{source}");
        }
    }

    #[test]
    fn our_own_addresses_are_refused_in_every_spelling() {
        let table: [(&str, &[&str], bool); 10] = [
            ("192.0.2.1:50000", &["192.0.2.1:50000"], false),
            ("[::ffff:192.0.2.1]:50000", &["192.0.2.1:50000"], false),
            ("192.0.2.1:50000", &["[::ffff:192.0.2.1]:50000"], false),
            ("192.0.2.1:50001", &["192.0.2.1:50000"], true),
            ("127.0.0.1:50000", &["0.0.0.0:50000"], false),
            ("[::ffff:127.9.9.9]:50000", &["0.0.0.0:50000"], false),
            ("[::1]:50000", &["[2001:db8::1]:50000", "[::]:50000"], false),
            ("127.0.0.1:50001", &["0.0.0.0:50000", "[::]:50000"], true),
            ("192.0.2.1:50000", &["0.0.0.0:50000"], true),
            ("127.0.0.1:50000", &["192.0.2.1:50000"], true),
        ];
        for (source, own, admitted) in table {
            assert_eq!(sender(source, own).is_some(), admitted, "{source} while we have {own:?}");
        }
    }

    #[test]
    fn one_sender_has_one_address_but_is_answered_as_reported() {
        let mapped = sender("[::ffff:192.0.2.1]:4000", &[]).unwrap();
        assert_eq!(mapped.address(), "192.0.2.1:4000".parse().unwrap());
        assert_eq!(mapped.transmit(b"").to, "[::ffff:192.0.2.1]:4000".parse().unwrap());

        let labelled = SocketAddrV6::new("fe80::1".parse().unwrap(), 4000, 99, 3);
        let zoned = SocketAddrV6::new("fe80::1".parse().unwrap(), 4000, 0, 3);
        assert_eq!(canonical(labelled.into()), zoned.into());
    }
}
