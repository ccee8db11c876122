//! Numbers that nobody outside can guess: cookies, and the numbers of matches.
//!
//! All of it is computed from one secret, so that the same calls give the same numbers in a test
//! and no call draws a random number.
//!
//! Invariants:
//! - nothing is kept for a cookie: it is checked by computing it again;
//! - a cookie is good for one address and one id, and for two time slots at the most.

use std::net::SocketAddr;

use siphasher::sip::SipHasher24;
use siphasher::sip128;

use crate::limits::COOKIE_SLOT;
use crate::time::Time;

/// The secret of one server.
#[derive(Debug)]
pub(super) struct Secrets {
    cookies: SipHasher24,
    numbers: SipHasher24,
    /// The number of numbers drawn so far.
    drawn: u64,
}

impl Secrets {
    /// Each purpose gets a key of its own, so that numbers of one kind reveal nothing about
    /// another.
    pub(super) fn new(secret: &[u8; 16]) -> Self {
        let key = |purpose: &[u8]| {
            let hash = sip128::SipHasher24::new_with_key(secret).hash(purpose);
            SipHasher24::new_with_key(&hash.as_bytes())
        };
        Self { cookies: key(b"cookies"), numbers: key(b"numbers"), drawn: 0 }
    }

    /// The cookie that proves that this address has heard us.
    pub(super) fn cookie(&self, now: Time, address: SocketAddr, id: u64) -> u64 {
        self.cookie_of(slot(now), address, id)
    }

    /// Whether a cookie is that of this time slot or of the one before.
    pub(super) fn is_good(&self, now: Time, address: SocketAddr, id: u64, cookie: u64) -> bool {
        let slot = slot(now);
        let good = |slot| self.cookie_of(slot, address, id) == cookie;
        good(slot) || slot.checked_sub(1).is_some_and(good)
    }

    /// A number that was never drawn before.
    pub(super) fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.numbers.hash(&self.drawn.to_be_bytes())
    }

    /// The number of numbers drawn so far: another process with the same secret skips them.
    pub(super) fn drawn(&self) -> u64 {
        self.drawn
    }

    /// Skips the numbers that another process has drawn.
    pub(super) fn skip(&mut self, drawn: u64) {
        self.drawn = drawn;
    }

    fn cookie_of(&self, slot: u64, address: SocketAddr, id: u64) -> u64 {
        let (ip, zone) = match address {
            SocketAddr::V4(v4) => (v4.ip().to_ipv6_mapped().octets(), 0),
            SocketAddr::V6(v6) => (v6.ip().octets(), v6.scope_id()),
        };
        let mut bytes = [0; 38];
        let parts: [&[u8]; 5] = [
            &ip,
            &address.port().to_be_bytes(),
            &zone.to_be_bytes(),
            &id.to_be_bytes(),
            &slot.to_be_bytes(),
        ];
        let mut rest = &mut bytes[..];
        for part in parts {
            let (place, more) = rest.split_at_mut(part.len());
            place.copy_from_slice(part);
            rest = more;
        }
        self.cookies.hash(&bytes)
    }
}

fn slot(now: Time) -> u64 {
    now.since(Time::ZERO).as_secs() / COOKIE_SLOT.as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn secrets() -> Secrets {
        Secrets::new(&[7; 16])
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_cookie_is_good_for_its_address_and_id_alone() {
        let (secrets, now, alice) = (secrets(), Time::ZERO, address("192.0.2.1:4000"));
        let cookie = secrets.cookie(now, alice, 5);
        assert!(secrets.is_good(now, alice, 5, cookie));
        for (other, id) in [
            ("192.0.2.1:4001", 5),
            ("192.0.2.2:4000", 5),
            ("[2001:db8::1]:4000", 5),
            ("192.0.2.1:4000", 6),
        ] {
            assert!(!secrets.is_good(now, address(other), id, cookie), "{other} {id}");
        }
        assert!(!Secrets::new(&[8; 16]).is_good(now, alice, 5, cookie), "another server");
    }

    #[test]
    fn a_cookie_lives_for_one_to_two_slots() {
        let (secrets, alice) = (secrets(), address("192.0.2.1:4000"));
        let at = |seconds| Time::at(Duration::from_secs(seconds));
        for (given, good_at_last) in [(0, 239), (119, 239), (120, 359)] {
            let cookie = secrets.cookie(at(given), alice, 5);
            assert!(secrets.is_good(at(given), alice, 5, cookie));
            assert!(secrets.is_good(at(good_at_last), alice, 5, cookie));
            assert!(!secrets.is_good(at(good_at_last + 1), alice, 5, cookie));
        }
    }

    #[test]
    fn numbers_do_not_come_twice() {
        let mut secrets = secrets();
        let mut numbers: Vec<u64> = (0..10_000).map(|_| secrets.draw()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 10_000);
    }
}
