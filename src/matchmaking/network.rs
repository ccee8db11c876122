//! Which cell of a table a network uses.
//!
//! Tables that limit networks have a fixed number of cells. A keyed hash maps a network to its
//! cell, so nobody can aim at a neighbour's; networks that share a cell share its limit. The tables
//! define what a cell holds.

use std::net::IpAddr;

use siphasher::sip::SipHasher13;

/// The hash of one server.
#[derive(Debug)]
pub(super) struct NetworkHash(SipHasher13);

impl NetworkHash {
    pub(super) fn new(secret: &[u8; 16]) -> Self {
        Self(SipHasher13::new_with_key(secret))
    }

    /// The cell of a household or machine: a /32 of IPv4, a /64 of IPv6.
    pub(super) fn household(&self, ip: IpAddr, cells: usize) -> usize {
        self.cell(ip, [4, 8], cells)
    }

    /// The cell of a whole network that one customer may own: a /24 of IPv4, a /48 of IPv6.
    pub(super) fn prefix(&self, ip: IpAddr, cells: usize) -> usize {
        self.cell(ip, [3, 6], cells)
    }

    /// The cell of the first bytes of an address; IPv4 and IPv6 cannot be mistaken, as the number
    /// of bytes differs.
    fn cell(&self, ip: IpAddr, [v4, v6]: [usize; 2], cells: usize) -> usize {
        let hash = match ip {
            IpAddr::V4(ip) => self.0.hash(&ip.octets()[..v4]),
            IpAddr::V6(ip) => self.0.hash(&ip.octets()[..v6]),
        };
        (hash % cells as u64) as usize
    }
}
