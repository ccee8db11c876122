//! Hashes of secrets, which are all that is remembered of them.
//!
//! For keys that were drawn at random, and for passwords of rooms, which are shared among friends
//! and asked for at every `/join`: one SHA-256 each. Passwords of server operators are hashed
//! slowly, which is left to `server`.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::name::NameKey;

/// 128 bits of a salted SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(Default))]
pub struct SecretHash(u128);

impl SecretHash {
    /// The hash of a secret that belongs to this room, whose name is the salt. A room that gets
    /// another name keeps its salt.
    pub fn of(room: &NameKey, secret: &str) -> Self {
        let hash = Sha256::new().chain_update(room.as_str()).chain_update("\n");
        let hash: [u8; 32] = hash.chain_update(secret).finalize().into();
        let half = hash.first_chunk::<16>().copied().unwrap_or_default();
        Self(u128::from_be_bytes(half))
    }

    /// Reads what was written down.
    pub fn parse(hex: &str) -> Option<Self> {
        u128::from_str_radix(hex, 16).ok().map(Self)
    }
}

impl fmt::Display for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_secrets_of_two_rooms_are_not_seen_to_be_equal() {
        let (games, chess) = (NameKey::of("games"), NameKey::of("chess"));
        let hash = SecretHash::of(&games, "open sesame");
        assert_eq!(hash, SecretHash::of(&games, "open sesame"));
        assert_ne!(hash, SecretHash::of(&games, "Open sesame"));
        assert_ne!(hash, SecretHash::of(&chess, "open sesame"));
        assert_eq!(SecretHash::parse(&hash.to_string()), Some(hash));
        // Held against `printf 'garnes\nopen sesame' | sha256sum`.
        assert_eq!(hash.to_string(), "f324809453c4edc720280d5edf211520");
    }
}
