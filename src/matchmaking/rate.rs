//! The rate of answered datagrams for each network.
//!
//! Every IPv4 address, and every IPv6 /64 (a household), has a bucket. There is a fixed number of
//! cells, and `network` maps addresses to them. The caller decides which datagrams cost.
//!
//! A cell is the bucket in one number: the time at which it will be full again (known as GCRA).
//!
//! Invariant: the table has the same size for one sender as for all of the internet.

use std::net::IpAddr;
use std::time::Duration;

use crate::limits::UDP_RATE_BURST;
use crate::limits::UDP_RATE_CELLS;
use crate::matchmaking::network::NetworkHash;
use crate::time::Time;

/// The buckets of all networks.
#[derive(Debug)]
pub(super) struct RateTable {
    /// When each bucket is full again; in the past for an idle one. Never empty.
    full_at: Vec<Time>,
    networks: NetworkHash,
    /// The price of one datagram; zero when nothing is limited.
    interval: Duration,
    /// How far ahead of now a bucket may be emptied: the burst, less the datagram that asks.
    tolerance: Duration,
}

impl RateTable {
    /// A table that lets `per_second` datagrams through for each network; 0 means all of them.
    pub(super) fn new(per_second: u32, secret: &[u8; 16]) -> Self {
        let mut table = Self {
            full_at: vec![Time::ZERO; UDP_RATE_CELLS],
            networks: NetworkHash::new(secret),
            interval: Duration::ZERO,
            tolerance: Duration::ZERO,
        };
        table.set_rate(per_second);
        table
    }

    /// Changes the rate. Datagrams used before count at their old price.
    pub(super) fn set_rate(&mut self, per_second: u32) {
        self.interval = Duration::from_secs(1).checked_div(per_second).unwrap_or_default();
        self.tolerance = self.interval.saturating_mul(UDP_RATE_BURST.saturating_sub(1));
    }

    /// Whether a datagram of this sender may be processed; if so, it is charged.
    pub(super) fn admits(&mut self, now: Time, sender: IpAddr) -> bool {
        if self.interval.is_zero() || sender.is_loopback() {
            return true;
        }
        let cell = self.cell_of(sender);
        let full_at = &mut self.full_at[cell];
        if *full_at > now + self.tolerance {
            return false;
        }
        *full_at = now.max(*full_at) + self.interval;
        true
    }

    /// The cells whose buckets are not full, to be taken over by another process.
    pub(super) fn handed_over(&self, now: Time) -> Vec<(usize, Time)> {
        let cells = self.full_at.iter().copied().enumerate();
        cells.filter(|(_, full_at)| *full_at > now).collect()
    }

    /// Goes on where another process with the same secret has stopped.
    pub(super) fn take_over(&mut self, cells: Vec<(usize, Time)>) {
        for (cell, full_at) in cells {
            if let Some(place) = self.full_at.get_mut(cell) {
                *place = full_at;
            }
        }
    }

    /// The number of cells.
    #[cfg(test)]
    pub(super) fn cells(&self) -> usize {
        self.full_at.len()
    }

    /// The index of the sender's cell, always inside the table.
    fn cell_of(&self, sender: IpAddr) -> usize {
        self.networks.household(sender, self.full_at.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BURST: usize = UDP_RATE_BURST as usize;

    fn table(per_second: u32) -> RateTable {
        RateTable::new(per_second, &[7; 16])
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// How many of `tries` datagrams at one moment get through.
    fn admitted(table: &mut RateTable, now: Time, sender: &str, tries: usize) -> usize {
        (0..tries).filter(|_| table.admits(now, ip(sender))).count()
    }

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let mut table = table(20);
        assert_eq!(admitted(&mut table, Time::ZERO, "192.0.2.1", 1_000), BURST);
        let second = |n| Time::at(Duration::from_secs(n));
        assert_eq!(admitted(&mut table, second(1), "192.0.2.1", 1_000), 20);
        assert_eq!(admitted(&mut table, second(2), "192.0.2.1", 1_000), 20);
        assert_eq!(admitted(&mut table, second(3_600), "192.0.2.1", 1_000), BURST, "no hoarding");
        assert_eq!(admitted(&mut table, second(3_601), "192.0.2.1", 5), 5);
        assert_eq!(admitted(&mut table, Time::NEVER, "192.0.2.1", 1), 1);
    }

    #[test]
    fn no_window_admits_more_than_burst_and_rate() {
        let mut table = table(20);
        let step = Duration::from_millis(7);
        let mut passed = Vec::new();
        let mut now = Time::ZERO;
        for _ in 0..3_000 {
            now = now + step;
            if table.admits(now, ip("192.0.2.1")) {
                passed.push(now);
            }
        }
        for (i, &first) in passed.iter().enumerate() {
            for (j, &last) in passed.iter().enumerate().skip(i) {
                let allowed = BURST as f64 + last.since(first).as_secs_f64() * 20.0;
                assert!((j - i + 1) as f64 <= allowed + 1e-6);
            }
        }
        let all = BURST as f64 + 20.0 * 21.0;
        assert!(passed.len() as f64 >= all - 2.0, "and nearly as many do pass: {}", passed.len());
    }

    #[test]
    fn a_household_shares_and_its_neighbours_do_not() {
        let mut table = table(20);
        assert_eq!(admitted(&mut table, Time::ZERO, "2001:db8::1", 1_000), BURST);
        assert_eq!(admitted(&mut table, Time::ZERO, "2001:db8::ffff:1:2:3", 1_000), 0);
        assert_eq!(admitted(&mut table, Time::ZERO, "2001:db8:0:1::1", 1_000), BURST);
        assert_eq!(admitted(&mut table, Time::ZERO, "192.0.2.1", 1_000), BURST);
        assert_eq!(admitted(&mut table, Time::ZERO, "192.0.2.2", 1_000), BURST);
    }

    #[test]
    fn loopback_is_exempt_and_zero_means_no_limit() {
        let mut limited = table(1);
        assert_eq!(admitted(&mut limited, Time::ZERO, "127.0.0.9", 1_000), 1_000);
        assert_eq!(admitted(&mut limited, Time::ZERO, "::1", 1_000), 1_000);
        assert_eq!(admitted(&mut table(0), Time::ZERO, "192.0.2.1", 1_000), 1_000);
        assert_eq!(admitted(&mut table(u32::MAX), Time::ZERO, "192.0.2.1", 1_000), 1_000);
    }

    #[test]
    fn networks_spread_over_the_cells_as_the_secret_says() {
        let (one, other) = (RateTable::new(1, &[1; 16]), RateTable::new(1, &[2; 16]));
        let networks = || (0..65_536_u32).map(|n| IpAddr::from(n.to_be_bytes()));
        let mut load = vec![0; UDP_RATE_CELLS];
        networks().for_each(|ip| load[one.cell_of(ip)] += 1);
        assert!(load.iter().all(|&n| n < 40), "8 each, more or less");
        let same = networks().filter(|&ip| one.cell_of(ip) == other.cell_of(ip)).count();
        assert!(same < 40, "another secret is another table");
    }
}
