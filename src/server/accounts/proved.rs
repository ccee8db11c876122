//! Passwords that were proved, each remembered as a hash under the secret of the process.
//!
//! The hash is no weaker than the verifier as long as the secret is: who has that has the memory of
//! the process, through which every password comes.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::chat::NameKey;
use crate::limits::PROVED_MAX;
use crate::password::is_same;
use crate::scram::mac;

/// The keyed hash of a name and a password.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct PasswordMac([u8; 32]);

impl PasswordMac {
    /// The hash under the secret of this process.
    pub(super) fn of(secret: &[u8], key: &NameKey, password: &str) -> Self {
        // No key holds a newline.
        Self(mac(secret, format!("account\n{}\n{password}", key.as_str()).as_bytes()))
    }
}

/// The proved password of each account, if one was.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Proved(HashMap<NameKey, PasswordMac>);

impl Proved {
    /// Whether that was proved to be the password.
    pub(super) fn is_right(&self, key: &NameKey, password: PasswordMac) -> bool {
        self.0.get(key).is_some_and(|proved| is_same(&proved.0, &password.0))
    }

    /// It was.
    pub(super) fn note(&mut self, key: NameKey, password: PasswordMac) {
        if self.0.len() < PROVED_MAX || self.0.contains_key(&key) {
            self.0.insert(key, password);
        }
    }

    /// The account has another one now, or is gone.
    pub(super) fn forget(&mut self, key: &NameKey) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_remembered_for_its_name_and_by_this_process() {
        let key = NameKey::of("alice");
        let of =
            |secret: &[u8], name, password| PasswordMac::of(secret, &NameKey::of(name), password);
        let mut proved = Proved::default();
        assert!(!proved.is_right(&key, of(b"s", "alice", "sesame")));
        proved.note(key.clone(), of(b"s", "alice", "sesame"));
        assert!(proved.is_right(&key, of(b"s", "Alice", "sesame")));
        assert!(!proved.is_right(&key, of(b"s", "alice", "Sesame")));
        assert!(!proved.is_right(&key, of(b"t", "alice", "sesame")));
        assert!(!proved.is_right(&NameKey::of("bob"), of(b"s", "alice", "sesame")));
        let written = serde_json::to_string(&proved).unwrap();
        let mut read: Proved = serde_json::from_str(&written).unwrap();
        assert!(read.is_right(&key, of(b"s", "alice", "sesame")));
        read.forget(&key);
        assert!(!read.is_right(&key, of(b"s", "alice", "sesame")));
    }
}
