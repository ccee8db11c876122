//! Many subnets as one set that is asked for each connection and each datagram.
//!
//! Ranges, sorted and merged: whether an address is in one of 40,000 networks takes sixteen
//! comparisons, and networks that lie within each other or side by side are one.
//!
//! Invariant: ranges grow, and between two of them is at least one address that is in neither.

use std::net::IpAddr;

use super::{Subnet, last};

/// All addresses that are in any of some subnets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubnetSet {
    v4: Vec<(u128, u128)>,
    v6: Vec<(u128, u128)>,
}

impl SubnetSet {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether an address is in it. An IPv4 address may come in the clothes of IPv6.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let ranges = if address.is_ipv4() { &self.v4 } else { &self.v6 };
        let number = number(address);
        let after = ranges.partition_point(|(first, _)| *first <= number);
        after.checked_sub(1).is_some_and(|at| number <= ranges[at].1)
    }
}

impl FromIterator<Subnet> for SubnetSet {
    fn from_iter<T: IntoIterator<Item = Subnet>>(subnets: T) -> Self {
        let mut set = Self::default();
        for Subnet { address, bits } in subnets {
            let range = (number(address), number(last(address, bits)));
            if address.is_ipv4() { set.v4.push(range) } else { set.v6.push(range) }
        }
        (set.v4, set.v6) = (merged(set.v4), merged(set.v6));
        set
    }
}

/// The same addresses, in as few ranges as there can be, in order.
fn merged(mut ranges: Vec<(u128, u128)>) -> Vec<(u128, u128)> {
    ranges.sort_unstable();
    let mut merged: Vec<(u128, u128)> = Vec::with_capacity(ranges.len());
    for (first, end) in ranges {
        match merged.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(end),
            _ => merged.push((first, end)),
        }
    }
    merged.shrink_to_fit();
    merged
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> SubnetSet {
        texts.iter().map(|text| text.parse::<Subnet>().unwrap()).collect()
    }

    #[test]
    fn an_address_is_in_the_set_if_it_is_in_a_subnet() {
        let texts = [
            "10.0.0.0/8",
            "10.1.0.0/16",
            "192.0.2.0/25",
            "192.0.2.128/25",
            "203.0.113.7",
            "255.255.255.255",
            "::ffff:198.51.100.0/120",
            "2001:db8::/32",
            "2001:db8:1::/48",
            "ffff::/16",
        ];
        let subnets: Vec<Subnet> = texts.iter().map(|text| text.parse().unwrap()).collect();
        let set = set(&texts);
        assert_eq!((set.v4.len(), set.v6.len()), (5, 2), "neighbours are one");
        for subnet in &subnets {
            let (first, end) = (subnet.address, last(subnet.address, subnet.bits));
            for edge in [number(first), number(end)] {
                for near in edge.saturating_sub(2)..=edge.saturating_add(2) {
                    let address = match first {
                        IpAddr::V4(_) => match u32::try_from(near) {
                            Ok(near) => IpAddr::V4(near.into()),
                            Err(_) => continue,
                        },
                        IpAddr::V6(_) => IpAddr::V6(near.into()),
                    };
                    let expected = subnets.iter().any(|subnet| subnet.contains(address));
                    assert_eq!(set.contains(address), expected, "{address}");
                }
            }
        }
        assert!(set.contains("::ffff:10.9.9.9".parse().unwrap()));
        assert!(!set.contains("::a09:909".parse().unwrap()), "that is another address");
    }

    #[test]
    fn all_and_none() {
        let none = set(&[]);
        assert!(none.is_empty() && !none.contains("192.0.2.7".parse().unwrap()));
        let all = set(&["0.0.0.0/0", "192.0.2.7", "::/0", "2001:db8::1"]);
        for address in ["0.0.0.0", "255.255.255.255", "::", "ffff:ffff::ffff", "192.0.2.7"] {
            assert!(all.contains(address.parse().unwrap()), "{address}");
        }
        assert_eq!((all.v4.len(), all.v6.len()), (1, 1));
        let v6_only = set(&["::/0"]);
        assert!(!v6_only.contains("192.0.2.7".parse().unwrap()));
    }

    #[test]
    fn in_whatever_order_they_are_listed_the_set_is_the_same() {
        let mut texts: Vec<String> =
            (0..2_000u32).map(|n| format!("{}.{}.0.0/15", 11 + n % 90, n / 8 % 250)).collect();
        let forward: SubnetSet = texts.iter().map(|it| it.parse::<Subnet>().unwrap()).collect();
        texts.reverse();
        let backward: SubnetSet = texts.iter().map(|it| it.parse::<Subnet>().unwrap()).collect();
        assert_eq!(forward, backward);
        assert!(forward.v4.is_sorted() && forward.v4.windows(2).all(|it| it[0].1 + 1 < it[1].0));
    }
}
