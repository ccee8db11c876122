//! How many clients may come from one address.
//!
//! Counted per IPv4 address and per IPv6 /64, which is what one subscriber is given. Loopback is
//! exempt: load tests, proxies and tunnels come from there. (It is not exempt from anything that
//! bounds memory.)

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use slab::Slab;
use thiserror::Error;

use crate::chat::{Farewell, Network};
use crate::subnet::{Subnet, SubnetSet};

/// Why nobody, or nobody else, may connect from an address.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NotAdmitted {
    /// As many clients as may be are connected from there.
    #[error("too many from its address")]
    TooMany,
    /// Nobody from there is served.
    #[error("its address is banned")]
    Banned,
}

impl NotAdmitted {
    /// What the client is told of it.
    pub fn farewell(self) -> Farewell {
        match self {
            Self::TooMany => Farewell::AddressFull,
            Self::Banned => Farewell::AddressBanned,
        }
    }
}

/// Where a client comes from, as far as counting goes: four bytes for each client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin(u32);

impl Origin {
    /// Is not counted.
    const LOOPBACK: Self = Self(u32::MAX);
}

/// Counts clients by origin.
#[derive(Debug)]
pub(super) struct Admission {
    origins: HashMap<Network, Origin>,
    connected: Slab<(Network, u32)>,
    per_address: u32,
    /// From where nobody is served; whole networks, as they are counted.
    banned: SubnetSet,
}

impl Admission {
    /// With this limit per address, and nobody from those that are banned.
    pub(super) fn new(per_address: u32, banned: &[Subnet]) -> Self {
        let banned = banned.iter().map(|subnet| subnet.widened(Network::IPV6_BITS)).collect();
        Self { origins: HashMap::new(), connected: Slab::new(), per_address, banned }
    }

    /// The limit and the bans are these from now on, for those who come.
    pub(super) fn reconfigure(&mut self, per_address: u32, banned: &[Subnet]) {
        let new = Self::new(per_address, banned);
        (self.per_address, self.banned) = (new.per_address, new.banned);
    }

    /// Whether nobody from there is served. Loopback cannot be banned.
    pub(super) fn bans(&self, address: IpAddr) -> bool {
        !self.banned.is_empty() && Network::of(address).is_some_and(|from| self.bans_network(from))
    }

    /// Whether nobody is served from where this client came.
    pub(super) fn is_banned(&self, origin: Origin) -> bool {
        self.network(origin).is_some_and(|network| self.bans_network(network))
    }

    fn bans_network(&self, network: Network) -> bool {
        self.banned.contains(network.address())
    }

    /// Counts one more client from `address`, to be given to [`Admission::release`] later.
    pub(super) fn admit(&mut self, address: IpAddr) -> Result<Origin, NotAdmitted> {
        let Some(network) = Network::of(address) else { return Ok(Origin::LOOPBACK) };
        if self.bans_network(network) {
            return Err(NotAdmitted::Banned);
        }
        match self.origins.entry(network) {
            Entry::Occupied(entry) => {
                let origin = *entry.get();
                let (_, connected) = &mut self.connected[origin.0 as usize];
                if *connected >= self.per_address {
                    return Err(NotAdmitted::TooMany);
                }
                *connected += 1;
                Ok(origin)
            }
            Entry::Vacant(entry) => {
                let origin = Origin(self.connected.insert((network, 1)) as u32);
                Ok(*entry.insert(origin))
            }
        }
    }

    /// Counts one who comes from another process, whatever the limit is.
    pub(super) fn take_over(&mut self, network: Option<Network>) -> Origin {
        let Some(network) = network else { return Origin::LOOPBACK };
        let connected = &mut self.connected;
        let new = || Origin(connected.insert((network, 0)) as u32);
        let origin = *self.origins.entry(network).or_insert_with(new);
        if let Some((_, connected)) = self.connected.get_mut(origin.0 as usize) {
            *connected += 1;
        }
        origin
    }

    /// Where a client comes from; `None`: from where everybody may.
    pub(super) fn network(&self, origin: Origin) -> Option<Network> {
        self.connected.get(origin.0 as usize).map(|(network, _)| *network)
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.origins.shrink_to_fit();
        self.connected.shrink_to_fit();
    }

    /// Counts one client less.
    pub(super) fn release(&mut self, origin: Origin) {
        let Some((network, connected)) = self.connected.get_mut(origin.0 as usize) else { return };
        *connected -= 1;
        if *connected == 0 {
            self.origins.remove(network);
            self.connected.remove(origin.0 as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(admission: &mut Admission, address: &str) -> Result<Origin, NotAdmitted> {
        admission.admit(address.parse().unwrap())
    }

    #[test]
    fn each_address_has_its_own_count() {
        let mut admission = Admission::new(2, &[]);
        let first = admit(&mut admission, "192.0.2.7").unwrap();
        assert!(admit(&mut admission, "::ffff:192.0.2.7").is_ok());
        assert_eq!(admit(&mut admission, "192.0.2.7"), Err(NotAdmitted::TooMany));
        assert!(admit(&mut admission, "192.0.2.8").is_ok());
        admission.release(first);
        assert!(admit(&mut admission, "192.0.2.7").is_ok());
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        let mut admission = Admission::new(1, &[]);
        assert!(admit(&mut admission, "2001:db8::1").is_ok());
        assert_eq!(admit(&mut admission, "2001:db8::ffff:2"), Err(NotAdmitted::TooMany));
        assert!(admit(&mut admission, "2001:db8:0:1::1").is_ok());
    }

    #[test]
    fn loopback_is_exempt_and_nothing_is_kept_of_those_who_left() {
        let mut admission = Admission::new(1, &[]);
        for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            for _ in 0..3 {
                assert!(admit(&mut admission, address).is_ok());
            }
        }
        let origin = admit(&mut admission, "203.0.113.5").unwrap();
        admission.release(origin);
        admission.release(Origin::LOOPBACK);
        assert!(admission.connected.is_empty() && admission.origins.is_empty());
    }

    #[test]
    fn nobody_comes_from_where_nobody_is_served() {
        let banned = ["203.0.113.0/24", "2001:db8::7"].map(|text| text.parse().unwrap());
        let mut admission = Admission::new(9, &banned);
        for address in ["203.0.113.9", "::ffff:203.0.113.9", "2001:db8::ffff:7"] {
            assert_eq!(admit(&mut admission, address), Err(NotAdmitted::Banned), "{address}");
            assert!(admission.bans(address.parse().unwrap()));
        }
        let origin = admit(&mut admission, "203.0.114.9").unwrap();
        assert!(!admission.is_banned(origin));
        admission.reconfigure(9, &["203.0.0.0/8", "127.0.0.0/8"].map(|text| text.parse().unwrap()));
        assert!(admission.is_banned(origin));
        assert_eq!(admit(&mut admission, "127.0.0.1"), Ok(Origin::LOOPBACK));
    }
}
