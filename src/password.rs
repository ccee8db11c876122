//! Passwords, hashed slowly: PBKDF2 with HMAC-SHA-256 (RFC 8018, 5.2), because its rounds can be
//! done a few at a time. The caller does some, serves others, and goes on; nothing waits for the
//! 600,000 rounds that OWASP asks for. What is stored of an operator's password is a [`SlowHash`];
//! of an account's, what `scram` makes of a [`Derivation`].
//!
//! Where hashes are kept, and how many rounds are done at a time, is left to others.

use std::fmt;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::hex;
use crate::limits::{PASSWORD_ROUNDS, PASSWORD_ROUNDS_MAX};

const SCHEME: &str = "pbkdf2-sha256";
/// Bytes of a hash: one block, so that an attacker has no less work than we.
const HASH_BYTES: usize = 32;

/// A stored password: `pbkdf2-sha256:ROUNDS:SALT:HASH`, both in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowHash {
    rounds: u32,
    salt: Vec<u8>,
    hash: [u8; HASH_BYTES],
}

impl SlowHash {
    /// The hash of a password, with as many rounds as are usual. Takes up to a second.
    pub fn of(password: &str, salt: &[u8]) -> Self {
        let mut check = Rounds::begin(password, salt);
        check.go_on(PASSWORD_ROUNDS);
        Self { rounds: PASSWORD_ROUNDS, salt: salt.to_vec(), hash: check.sum }
    }

    /// Begins to hash what may be the password, for [`Self::is_of`].
    pub fn derivation(&self, password: &str) -> Derivation {
        Derivation::begin(password, &self.salt, self.rounds)
    }

    /// Whether this is the hash of the password.
    pub fn is_of(&self, hash: &[u8; HASH_BYTES]) -> bool {
        is_same(hash, &self.hash)
    }

    /// Parses a stored hash.
    pub fn parse(written: &str) -> Option<Self> {
        let mut parts = written.split(':');
        let scheme = parts.next()?;
        let rounds = parts.next()?.parse().ok()?;
        let (salt, hash) = (hex::parse(parts.next()?)?, hex::parse(parts.next()?)?);
        let is_whole = scheme == SCHEME && parts.next().is_none() && !salt.is_empty();
        let hash = <[u8; HASH_BYTES]>::try_from(hash).ok()?;
        (is_whole && (1..=PASSWORD_ROUNDS_MAX).contains(&rounds)).then_some(Self {
            rounds,
            salt,
            hash,
        })
    }
}

impl fmt::Display for SlowHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (salt, hash) = (hex::written(&self.salt), hex::written(&self.hash));
        write!(f, "{SCHEME}:{}:{salt}:{hash}", self.rounds)
    }
}

/// A password that is being hashed.
#[derive(Debug)]
pub struct Derivation {
    rounds: Rounds,
    left: u32,
}

impl Derivation {
    /// Begins to hash a password, which takes so many rounds, at least one.
    pub fn begin(password: &str, salt: &[u8], rounds: u32) -> Self {
        Self { rounds: Rounds::begin(password, salt), left: rounds.max(1) }
    }

    /// Does at most this many rounds. After the last one, returns the hash.
    pub fn go_on(&mut self, most: u32) -> Option<[u8; HASH_BYTES]> {
        let now = self.left.min(most);
        self.rounds.go_on(now);
        self.left -= now;
        (self.left == 0).then_some(self.rounds.sum)
    }
}

/// Whether two hashes are the same. All bytes are looked at, whichever differ.
pub fn is_same(one: &[u8; HASH_BYTES], other: &[u8; HASH_BYTES]) -> bool {
    one.iter().zip(other).fold(0, |all, (a, b)| all | a ^ b) == 0
}

/// A password that is being checked.
#[derive(Debug)]
pub struct Check {
    derivation: Derivation,
    expected: [u8; HASH_BYTES],
}

impl Check {
    /// Begins to check whether this is the password of that hash.
    pub fn begin(password: &str, expected: &SlowHash) -> Self {
        Self { derivation: expected.derivation(password), expected: expected.hash }
    }

    /// Does at most this many rounds. After the last one, returns whether it is the password.
    pub fn go_on(&mut self, most: u32) -> Option<bool> {
        self.derivation.go_on(most).map(|hash| is_same(&hash, &self.expected))
    }
}

/// HMAC-SHA-256 under a key.
pub fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // It takes keys of any length.
    <Hmac<Sha256>>::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

/// The first block of PBKDF2, as far as it is computed.
struct Rounds {
    keyed: Hmac<Sha256>,
    /// The result of the last round.
    last: Option<[u8; HASH_BYTES]>,
    /// The results of all rounds, added up.
    sum: [u8; HASH_BYTES],
    salt: Vec<u8>,
}

impl Rounds {
    fn begin(password: &str, salt: &[u8]) -> Self {
        let keyed = keyed(password.as_bytes());
        Self { keyed, last: None, sum: [0; HASH_BYTES], salt: salt.to_vec() }
    }

    fn go_on(&mut self, rounds: u32) {
        for _ in 0..rounds {
            let mut mac = self.keyed.clone();
            match &self.last {
                Some(last) => mac.update(last),
                None => {
                    mac.update(&self.salt);
                    mac.update(&1_u32.to_be_bytes());
                }
            }
            let made: [u8; HASH_BYTES] = mac.finalize().into_bytes().into();
            self.sum.iter_mut().zip(&made).for_each(|(sum, made)| *sum ^= made);
            self.last = Some(made);
        }
    }
}

impl fmt::Debug for Rounds {
    /// Nothing of the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rounds")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 4096)` of Python.
    const WRITTEN: &str = "pbkdf2-sha256:4096:73616c74:\
                           c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a";

    #[test]
    fn a_known_hash_is_that_of_its_password() {
        let hash = SlowHash::parse(WRITTEN).unwrap();
        assert_eq!(hash.to_string(), WRITTEN);
        for (password, right) in [("password", true), ("Password", false), ("", false)] {
            let mut check = Check::begin(password, &hash);
            let mut steps = 0;
            let found = loop {
                steps += 1;
                if let Some(found) = check.go_on(1_000) {
                    break found;
                }
            };
            assert_eq!((found, steps), (right, 5), "{password:?}");
        }
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        let long = format!("{WRITTEN}00");
        for written in [
            "",
            "secret",
            "md5:4096:73616c74:c5e4",
            "pbkdf2-sha256:0:73616c74:00",
            "pbkdf2-sha256:4096::00",
            "pbkdf2-sha256:4096:7:00",
            &long,
            &WRITTEN.replace("4096", "4294967295"),
            &format!("{WRITTEN}:x"),
        ] {
            assert_eq!(SlowHash::parse(written), None, "{written:?}");
        }
    }

    #[test]
    fn a_hash_that_was_made_here_is_good() {
        let hash = SlowHash::of("open sesame", b"0123456789abcdef");
        let read = SlowHash::parse(&hash.to_string()).unwrap();
        assert_eq!(Check::begin("open sesame", &read).go_on(u32::MAX), Some(true));
    }
}
