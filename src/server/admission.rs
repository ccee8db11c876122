//! How many clients may come from one address.
//!
//! Counted per IPv4 address and per IPv6 /64, which is what one subscriber is given, and per /24
//! and /48 around those, of which one customer may own all. Loopback is exempt: load tests, proxies
//! and tunnels come from there. (It is not exempt from anything that bounds memory.)

use std::net::IpAddr;

use thiserror::Error;

use super::origins::{Origin, Origins};
use crate::chat::{Farewell, Network};
use crate::limits::SEATS_PREFIX_SHARE;
use crate::subnet::{Subnet, SubnetSet};
use crate::time::Time;

/// Why nobody, or nobody else, may connect from an address.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NotAdmitted {
    /// As many clients as may be are connected from there.
    #[error("too many from its address")]
    TooMany,
    /// As many are connected from all around there.
    #[error("too many from around its address")]
    Crowded,
    /// Nobody from there is served.
    #[error("its address is banned")]
    Banned,
}

impl NotAdmitted {
    /// What the client is told of it.
    pub fn farewell(self) -> Farewell {
        match self {
            Self::TooMany => Farewell::AddressFull,
            Self::Crowded => Farewell::NetworkFull,
            Self::Banned => Farewell::AddressBanned,
        }
    }
}

/// Says who may come, and counts who has.
#[derive(Debug)]
pub(super) struct Admission {
    pub(super) origins: Origins,
    per_address: u32,
    /// From where nobody is served; whole networks, as they are counted.
    banned: SubnetSet,
    /// Gateways: as many come from there as like, until it is said for whom.
    exempt: SubnetSet,
}

impl Admission {
    /// With this limit per address, and nobody from those that are banned.
    pub(super) fn new(per_address: u32, banned: &[Subnet], origins: Origins) -> Self {
        let (banned_so_far, exempt) = (SubnetSet::default(), SubnetSet::default());
        let mut admission = Self { origins, per_address, banned: banned_so_far, exempt };
        admission.reconfigure(per_address, banned);
        admission
    }

    /// The limit and the bans are these from now on, for those who come.
    pub(super) fn reconfigure(&mut self, per_address: u32, banned: &[Subnet]) {
        self.origins.set_crowd(per_address);
        let banned = banned.iter().map(|subnet| subnet.widened(Network::IPV6_BITS));
        (self.per_address, self.banned) = (per_address, banned.collect());
    }

    /// From these as many may come as like, from now on.
    pub(super) fn exempt(&mut self, gateways: impl Iterator<Item = Subnet>) {
        self.exempt = gateways.map(|gateway| gateway.widened(Network::IPV6_BITS)).collect();
    }

    /// Whether nobody from there is served. Loopback cannot be banned.
    pub(super) fn bans(&self, address: IpAddr) -> bool {
        !self.banned.is_empty() && Network::of(address).is_some_and(|from| self.bans_network(from))
    }

    /// Whether nobody is served from where this client came.
    pub(super) fn is_banned(&self, origin: Origin) -> bool {
        self.origins.network(origin).is_some_and(|network| self.bans_network(network))
    }

    fn bans_network(&self, network: Network) -> bool {
        self.banned.contains(network.address())
    }

    /// Counts one more client from `address`, to be given to [`Origins::leave`] later.
    pub(super) fn admit(&mut self, now: Time, address: IpAddr) -> Result<Origin, NotAdmitted> {
        let Some(network) = Network::of(address) else { return Ok(Origin::LOOPBACK) };
        self.check(network)?;
        Ok(self.origins.enter(now, network))
    }

    fn check(&self, network: Network) -> Result<(), NotAdmitted> {
        if self.bans_network(network) {
            return Err(NotAdmitted::Banned);
        }
        if self.exempt.contains(network.address()) {
            return Ok(());
        }
        if self.origins.seats(network) >= self.per_address {
            return Err(NotAdmitted::TooMany);
        }
        let around = self.per_address.saturating_mul(SEATS_PREFIX_SHARE);
        if self.origins.seats_around(network) >= around {
            return Err(NotAdmitted::Crowded);
        }
        Ok(())
    }

    /// From where somebody has to make way for a newcomer from `address` where all seats are taken.
    pub(super) fn crowd_for(&self, address: IpAddr) -> Option<Network> {
        let network = Network::of(address)?;
        self.check(network).ok()?;
        self.origins.crowd_for(network)
    }

    /// Counts one who comes from another process, whatever the limit is.
    pub(super) fn take_over(&mut self, network: Option<Network>) -> Origin {
        network.map_or(Origin::LOOPBACK, |network| self.origins.enter(Time::ZERO, network))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(per_address: u32, banned: &[Subnet]) -> Admission {
        Admission::new(per_address, banned, Origins::new(None, &[7; 16]))
    }

    fn admit(admission: &mut Admission, address: &str) -> Result<Origin, NotAdmitted> {
        admission.admit(Time::ZERO, address.parse().unwrap())
    }

    #[test]
    fn each_address_has_its_own_count() {
        let mut admission = admission(2, &[]);
        let first = admit(&mut admission, "192.0.2.7").unwrap();
        assert!(admit(&mut admission, "::ffff:192.0.2.7").is_ok());
        assert_eq!(admit(&mut admission, "192.0.2.7"), Err(NotAdmitted::TooMany));
        assert!(admit(&mut admission, "192.0.2.8").is_ok());
        admission.origins.leave(first);
        assert!(admit(&mut admission, "192.0.2.7").is_ok());
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        let mut admission = admission(1, &[]);
        assert!(admit(&mut admission, "2001:db8::1").is_ok());
        assert_eq!(admit(&mut admission, "2001:db8::ffff:2"), Err(NotAdmitted::TooMany));
        assert!(admit(&mut admission, "2001:db8:0:1::1").is_ok());
    }

    #[test]
    fn what_is_around_counts_too() {
        let mut admission = admission(2, &[]);
        let admitted = (0..40).filter(|host| {
            let address = format!("2001:db8:0:{host:x}::1");
            admit(&mut admission, &address).is_ok() && admit(&mut admission, &address).is_ok()
        });
        assert_eq!(admitted.count() as u32, SEATS_PREFIX_SHARE);
        assert_eq!(admit(&mut admission, "2001:db8:0:ff::1"), Err(NotAdmitted::Crowded));
        assert!(admit(&mut admission, "2001:db8:1::1").is_ok());
        assert_eq!(admission.crowd_for("::1".parse().unwrap()), None, "loopback asks for nothing");
        let crowd = admission.crowd_for("192.0.2.1".parse().unwrap()).map(Network::address);
        assert_eq!(crowd, Some("2001:db8::".parse().unwrap()));
        assert_eq!(admission.crowd_for("2001:db8::1".parse().unwrap()), None);
    }

    #[test]
    fn loopback_is_exempt_and_nothing_is_kept_of_those_who_left() {
        let mut admission = admission(1, &[]);
        for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            for _ in 0..3 {
                assert!(admit(&mut admission, address).is_ok());
            }
        }
        let origin = admit(&mut admission, "203.0.113.5").unwrap();
        admission.origins.leave(origin);
        admission.origins.leave(Origin::LOOPBACK);
        assert_eq!(admission.origins.len(), 0);
        admission.origins.check_invariants();
    }

    #[test]
    fn nobody_comes_from_where_nobody_is_served() {
        let banned = ["203.0.113.0/24", "2001:db8::7"].map(|text| text.parse().unwrap());
        let mut admission = admission(9, &banned);
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
