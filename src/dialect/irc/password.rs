//! The password that IRC clients say to be let in (PASS), for servers that ask for one.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A password, hashed, so that it stands in no log and in no hand-over. It is the operator's and
/// long or not, as the operator likes: nobody else's is at stake.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerPassword([u8; 32]);

impl ServerPassword {
    /// This one.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }
}

impl fmt::Debug for ServerPassword {
    /// Nothing of the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerPassword")
    }
}
