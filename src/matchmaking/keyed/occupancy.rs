//! The number of players in each network.
//!
//! Two tables of counters, one for households or machines and one for whole networks; `network`
//! maps addresses to counters.
//!
//! Invariant: the tables have the same size for one player as for all of the internet.

use std::net::IpAddr;

use crate::limits::PLAYER_CELLS;
use crate::matchmaking::network::NetworkHash;

/// The counters of all networks.
#[derive(Debug)]
pub(super) struct Occupancy {
    tables: [Vec<u16>; 2],
    /// Players of one household or machine, and of one whole network.
    limits: [u16; 2],
    hash: NetworkHash,
}

impl Occupancy {
    pub(super) fn new(limits: [u16; 2], secret: &[u8; 16]) -> Self {
        let table = || vec![0; PLAYER_CELLS];
        Self { tables: [table(), table()], limits, hash: NetworkHash::new(secret) }
    }

    /// Whether the network of this address has fewer than it may.
    pub(super) fn has_room(&mut self, ip: IpAddr) -> bool {
        let Some(cells) = self.cells_of(ip) else { return true };
        let limits = self.limits;
        let counters = self.counters(cells);
        counters.iter().zip(limits).all(|(counter, limit)| **counter < limit)
    }

    /// Counts one more from this address, unless its network has as many as it may.
    pub(super) fn enter(&mut self, ip: IpAddr) -> bool {
        let has_room = self.has_room(ip);
        if has_room {
            self.take_over(ip);
        }
        has_room
    }

    /// Counts one more whatever the limits are: a player of the old process.
    pub(super) fn take_over(&mut self, ip: IpAddr) {
        let Some(cells) = self.cells_of(ip) else { return };
        for counter in self.counters(cells) {
            *counter = counter.saturating_add(1);
        }
    }

    /// Counts one less; the address must have entered.
    pub(super) fn leave(&mut self, ip: IpAddr) {
        let Some(cells) = self.cells_of(ip) else { return };
        for counter in self.counters(cells) {
            debug_assert!(*counter > 0, "{ip} leaves and has not entered");
            *counter = counter.saturating_sub(1);
        }
    }

    /// The number of players in the table of households.
    pub(super) fn total(&self) -> usize {
        let [households, _] = &self.tables;
        households.iter().map(|&counter| usize::from(counter)).sum()
    }

    fn counters(&mut self, cells: [usize; 2]) -> [&mut u16; 2] {
        let [households, prefixes] = &mut self.tables;
        let [household, prefix] = cells;
        [&mut households[household], &mut prefixes[prefix]]
    }

    /// The indices of the counters, always inside the tables; none for loopback, which is exempt.
    fn cells_of(&self, ip: IpAddr) -> Option<[usize; 2]> {
        let cells = || [self.hash.household(ip, PLAYER_CELLS), self.hash.prefix(ip, PLAYER_CELLS)];
        (!ip.is_loopback()).then(cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: [u16; 2] = [64, 1_024];

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_household_has_a_limit_and_its_neighbour_another() {
        let mut occupancy = Occupancy::new(LIMITS, &[7; 16]);
        for (one, other) in [("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8:0:1::1")]
            .map(|(a, b)| (ip(a), ip(b)))
        {
            for _ in 0..LIMITS[0] {
                assert!(occupancy.enter(one));
            }
            assert!(!occupancy.enter(one));
            assert!(occupancy.enter(other));
            occupancy.leave(one);
            assert!(occupancy.enter(one), "a place is free again");
        }
    }

    #[test]
    fn a_whole_network_has_a_limit_too() {
        let mut occupancy = Occupancy::new(LIMITS, &[7; 16]);
        let entered = (0..=255).flat_map(|host| [host; 32]);
        let entered = entered.filter(|&host| occupancy.enter([192, 0, 2, host].into())).count();
        assert_eq!(entered, usize::from(LIMITS[1]));
        assert!(occupancy.enter(ip("198.51.100.1")), "another network");
        let mut occupancy = Occupancy::new(LIMITS, &[7; 16]);
        let household = |n: u32| IpAddr::from([0x2001, 0xdb8, 0, (n % 512) as u16, 0, 0, 0, 1]);
        let entered = (0..8_192).filter(|&n| occupancy.enter(household(n))).count();
        assert_eq!(entered, usize::from(LIMITS[1]));
    }

    #[test]
    fn loopback_is_exempt() {
        let mut occupancy = Occupancy::new(LIMITS, &[7; 16]);
        assert!(
            (0..10_000).all(|_| occupancy.enter(ip("127.0.0.9")) && occupancy.enter(ip("::1")))
        );
        occupancy.leave(ip("::1"));
        assert_eq!(occupancy.total(), 0);
    }
}
