//! What is configured about a room besides who is in it: topic, owner, password, bans and mutes.
//!
//! It outlives the members: a room that is empty keeps it.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::name::Nickname;
use super::sanctions::Sanctions;
use super::secret_hash::SecretHash;

/// What a room is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// Clean text.
    pub text: SmolStr,
    /// Who says so.
    pub by: Nickname,
}

/// Whom a room belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// What the owner was called then. Anybody may be called so now: it proves nothing.
    pub name: Nickname,
    /// What proves it.
    pub key: SecretHash,
}

/// What is configured about one room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomSettings {
    /// What it is about.
    pub topic: Option<Topic>,
    /// Whom it belongs to; `main` belongs to nobody.
    pub owner: Option<Owner>,
    /// What newcomers must know.
    pub password: Option<SecretHash>,
    /// Who must keep out, and who must be quiet.
    pub sanctions: Sanctions,
}

impl RoomSettings {
    /// Whether somebody has configured anything but whose the room is, which goes without saying.
    pub fn is_configured(&self) -> bool {
        let sanctions = self.sanctions.iter().next().is_some();
        self.topic.is_some() || self.password.is_some() || sanctions
    }
}
