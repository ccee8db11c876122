//! Cloaks: what is shown of where somebody comes from. No address is ever shown.
//!
//! A cloak is a keyed hash of the network: equal for all who come from one network, so that a mask
//! can name it, and worth nothing to who wants to know the address.

use std::fmt;
use std::hash::Hasher;

use siphasher::sip::SipHasher24;
use smol_str::SmolStr;

use super::network::Network;
use crate::limits::CLOAK_DIGITS;

/// Sets these hashes apart from others under the same secret.
const DOMAIN: u8 = 11;

/// Digits and letters.
const RADIX: u32 = 36;

/// What tells that a cloak stands for an address.
const SUFFIX: &str = ".ip";

/// The cloak of those who come from no network that rules could count by: from the server's own
/// machine, or from another server.
const LOCAL: &str = "local";

/// A cloak, of ASCII letters, digits and dots. So short that it takes no memory of its own: one is
/// made whenever it is to be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Cloak(SmolStr);

impl Cloak {
    /// The cloak of those who come from no network.
    pub const LOCAL: Self = Self(SmolStr::new_inline(LOCAL));

    /// The cloak as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cloak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Cloak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The secret from which cloaks are made.
#[derive(Clone)]
pub(super) struct CloakKey([u8; 16]);

impl CloakKey {
    pub(super) fn new(secret: [u8; 16]) -> Self {
        Self(secret)
    }

    /// A secret that follows from another, and does not tell it: this one is stored.
    pub(super) fn derived(secret: [u8; 16]) -> Self {
        let half = |number: u8| {
            let mut hasher = SipHasher24::new_with_key(&secret);
            hasher.write(&[DOMAIN, number]);
            u128::from(hasher.finish())
        };
        Self((half(0) << 64 | half(1)).to_be_bytes())
    }

    /// The secret, to be stored.
    pub(super) fn secret(&self) -> [u8; 16] {
        self.0
    }

    /// The cloak of a network.
    pub(super) fn cloak(&self, network: Option<Network>) -> Cloak {
        let Some(network) = network else { return Cloak::LOCAL };
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write_u8(DOMAIN);
        hasher.write(&network.to_bytes());
        let mut rest = hasher.finish();
        let digits = std::iter::repeat_with(|| {
            let digit = (rest % u64::from(RADIX)) as u32;
            rest /= u64::from(RADIX);
            char::from_digit(digit, RADIX).unwrap_or_default()
        });
        Cloak(digits.take(CLOAK_DIGITS).chain(SUFFIX.chars()).collect())
    }
}

impl fmt::Debug for CloakKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CloakKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_has_one_cloak_that_shows_no_address() {
        let key = CloakKey::new([7; 16]);
        let cloak = |address: &str| key.cloak(Network::of(address.parse().unwrap()));
        assert_eq!(cloak("192.0.2.7"), cloak("::ffff:192.0.2.7"));
        assert_eq!(cloak("2001:db8::1"), cloak("2001:db8::2"));
        assert_ne!(cloak("192.0.2.7"), cloak("192.0.2.8"));
        assert_eq!(cloak("127.0.0.1").as_str(), "local");
        let shown = cloak("192.0.2.7");
        assert_eq!(shown.as_str().len(), CLOAK_DIGITS + 3);
        assert!(shown.as_str().ends_with(".ip"));
        assert!(shown.as_str().chars().all(|c| c == '.' || c.is_digit(RADIX)));
        let other = CloakKey::new([8; 16]).cloak(Network::of("192.0.2.7".parse().unwrap()));
        assert_ne!(shown, other, "the cloak depends on the secret");
    }
}
