//! A part of the internet, as operators write it: `203.0.113.0/24`, `2001:db8::/32` or one address.

mod set;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use set::SubnetSet;

/// An address, and how many of its first bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Subnet {
    /// The first address in it.
    address: IpAddr,
    bits: u8,
}

/// That is no subnet.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error(
    "not an address, alone or with a number of bits (192.0.2.7, 203.0.113.0/24, 2001:db8::/32)"
)]
pub struct NoSubnet;

impl Subnet {
    /// The addresses that share this many leading bits with `address`, at most all of them.
    pub fn around(address: IpAddr, bits: u8) -> Self {
        let address = address.to_canonical();
        let bits = bits.min(if address.is_ipv4() { 32 } else { 128 });
        Self { address: first(address, bits), bits }
    }

    /// Whether an address is in it. An IPv4 address may come in the clothes of IPv6.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && first(address, self.bits) == self.address
    }

    /// Whether all of it is this machine.
    pub fn is_loopback(&self) -> bool {
        self.address.is_loopback() && (self.address.is_ipv6() || self.bits >= 8)
    }

    /// The same subnet, or a larger one of this many bits if it is IPv6 and has more.
    #[must_use]
    pub fn widened(self, ipv6_bits: u8) -> Self {
        if self.address.is_ipv4() || self.bits <= ipv6_bits {
            return self;
        }
        Self { address: first(self.address, ipv6_bits), bits: ipv6_bits }
    }
}

/// The first address that shares this many leading bits.
fn first(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}

/// The last address that shares this many leading bits.
fn last(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let rest = u32::MAX.checked_shr(u32::from(bits)).unwrap_or(0);
            IpAddr::V4((address.to_bits() | rest).into())
        }
        IpAddr::V6(address) => {
            let rest = u128::MAX.checked_shr(u32::from(bits)).unwrap_or(0);
            IpAddr::V6((address.to_bits() | rest).into())
        }
    }
}

impl FromStr for Subnet {
    type Err = NoSubnet;

    fn from_str(text: &str) -> Result<Self, NoSubnet> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| NoSubnet)?)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().map_err(|_| NoSubnet)?;
        let address = written.to_canonical();
        let all = if address.is_ipv4() { 32 } else { 128 };
        // ::ffff:192.0.2.0/120 has the bits of 192.0.2.0/24.
        let hidden = if written.is_ipv6() && address.is_ipv4() { 96 } else { 0 };
        let bits = bits.map_or(Some(all), |bits| bits.checked_sub(hidden)).ok_or(NoSubnet)?;
        if bits > all {
            return Err(NoSubnet);
        }
        Ok(Self { address: first(address, bits), bits })
    }
}

impl From<Subnet> for String {
    fn from(subnet: Subnet) -> Self {
        subnet.to_string()
    }
}

impl TryFrom<String> for Subnet {
    type Error = NoSubnet;

    fn try_from(text: String) -> Result<Self, NoSubnet> {
        text.parse()
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnet_holds_the_addresses_that_begin_like_it() {
        for (subnet, inside, outside) in [
            ("192.0.2.7", &["192.0.2.7", "::ffff:192.0.2.7"][..], &["192.0.2.8", "::1"][..]),
            ("203.0.113.77/24", &["203.0.113.0", "203.0.113.255"], &["203.0.114.0"]),
            ("0.0.0.0/0", &["255.1.2.3", "127.0.0.1"], &["2001:db8::1"]),
            ("2001:db8::/32", &["2001:db8:ffff::1"], &["2001:db9::", "32.1.13.184"]),
            ("::/0", &["::1", "ff02::1"], &["192.0.2.7", "::ffff:192.0.2.7"]),
            ("::ffff:192.0.2.0/120", &["192.0.2.9"], &["192.0.3.0"]),
        ] {
            let parsed: Subnet = subnet.parse().unwrap();
            for address in inside {
                assert!(parsed.contains(address.parse().unwrap()), "{subnet} {address}");
            }
            for address in outside {
                assert!(!parsed.contains(address.parse().unwrap()), "{subnet} {address}");
            }
        }
    }

    #[test]
    fn what_is_none_is_refused_and_what_is_one_is_told_in_one_form() {
        for text in
            ["", "localhost", "1.2.3.4/33", "::/129", "1.2.3.4/", "1.2.3.4/-1", "/8", "1.2.3"]
        {
            assert_eq!(text.parse::<Subnet>(), Err(NoSubnet), "{text:?}");
        }
        for (text, told) in [
            ("203.0.113.77/24", "203.0.113.0/24"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("2001:DB8::1", "2001:db8::1/128"),
        ] {
            assert_eq!(text.parse::<Subnet>().unwrap().to_string(), told);
        }
        assert_eq!("::ffff:192.0.2.7/95".parse::<Subnet>(), Err(NoSubnet));
    }
}
