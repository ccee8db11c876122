//! The network of a client, for which rules count: one IPv4 address, or an IPv6 /64, which is what
//! one subscriber is given.

use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// An IPv4 address or an IPv6 /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Network(u128);

impl Network {
    /// Bits of an IPv6 address that count.
    pub const IPV6_BITS: u8 = 64;

    /// The network of an address. `None` for loopback: whoever comes from there comes through a
    /// proxy or a tunnel, with everybody else.
    pub fn of(address: IpAddr) -> Option<Self> {
        let address = address.to_canonical();
        if address.is_loopback() {
            return None;
        }
        Some(Self(match address {
            IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
            IpAddr::V6(address) => address.to_bits() >> 64 << 64,
        }))
    }

    /// The larger network around it, which one customer may own: a /24 of IPv4, a /48 of IPv6.
    #[must_use]
    pub fn prefix(self) -> Self {
        let rest = if self.address().is_ipv4() { 8 } else { 80 };
        Self(self.0 >> rest << rest)
    }

    /// The network as bytes, to be hashed.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// Its first address, by which it can be written down and read again.
    pub fn address(self) -> IpAddr {
        IpAddr::V6(Ipv6Addr::from_bits(self.0)).to_canonical()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Option<Network> {
        Network::of(address.parse().unwrap())
    }

    #[test]
    fn one_subscriber_is_one_network() {
        assert_eq!(network("192.0.2.7"), network("::ffff:192.0.2.7"));
        assert_ne!(network("192.0.2.7"), network("192.0.2.8"));
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        for loopback in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(network(loopback), None);
        }
    }

    #[test]
    fn around_a_network_is_what_one_customer_may_own() {
        let prefix = |address| network(address).unwrap().prefix();
        for (inside, outside) in [
            (["192.0.2.7", "192.0.2.255"], "192.0.3.7"),
            (["2001:db8::1", "2001:db8:0:ffff::1"], "2001:db8:1::1"),
        ] {
            assert_eq!(prefix(inside[0]), prefix(inside[1]));
            assert_ne!(prefix(inside[0]), prefix(outside));
        }
    }

    #[test]
    fn what_is_written_down_can_be_read_again() {
        for address in ["192.0.2.7", "2001:db8:0:1::77"] {
            let network = network(address).unwrap();
            assert_eq!(Network::of(network.address()), Some(network));
        }
    }
}
