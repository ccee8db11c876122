//! Random numbers from a secret seed: ids and nonces.
//!
//! Where the seed comes from is left to the caller, so that a test can play a run again.

use siphasher::sip::SipHasher24;
use std::hash::Hasher;

/// A sequence of numbers. Known ones do not reveal the next.
#[derive(Clone, Debug)]
pub(super) struct SecretRandom {
    key: [u8; 16],
    taken: u64,
}

impl SecretRandom {
    /// The row of this seed.
    pub(super) fn new(seed: u128) -> Self {
        Self { key: seed.to_le_bytes(), taken: 0 }
    }

    /// The next number.
    pub(super) fn next(&mut self) -> u64 {
        self.taken += 1;
        let mut hasher = SipHasher24::new_with_key(&self.key);
        hasher.write_u64(self.taken);
        hasher.finish()
    }

    /// The next number, of half the length.
    pub(super) fn next_half(&mut self) -> u32 {
        (self.next() >> 32) as u32
    }
}
