//! The settings of a room: topic, owner, password, rules, bans and mutes.
//!
//! They outlive the members: a room that is empty keeps them.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::metadata::Metadata;
use super::name::{NameKey, Nickname};
use super::room_rules::{RoomModes, RoomRule};
use super::sanctions::Sanctions;
use super::secret_hash::SecretHash;
use crate::time::UnixTime;

/// The topic of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// Clean text.
    pub text: SmolStr,
    /// The nickname of whoever set it.
    pub by: Nickname,
    /// When; 0: it is not known.
    #[serde(default)]
    pub at: UnixTime,
}

/// The owner of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The owner's nickname at the time. It proves nothing: somebody else may have it now.
    pub name: Nickname,
    /// Proof of ownership: the hash of the key shown when the room was made or given away.
    pub key: SecretHash,
    /// The account to which the room belongs, whose owner needs no key.
    #[serde(default)]
    pub account: Option<NameKey>,
}

/// The settings of one room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomSettings {
    /// The topic.
    pub topic: Option<Topic>,
    /// The owner; `main` has none.
    pub owner: Option<Owner>,
    /// The password that newcomers need.
    pub password: Option<SecretHash>,
    /// Bans and mutes, and exceptions from what keeps people out.
    pub sanctions: Sanctions,
    /// The rules that hold.
    #[serde(default)]
    pub modes: RoomModes,
    /// How many may be in the room for others to come in; `None`: any number.
    #[serde(default)]
    pub limit: Option<u32>,
    /// What those who keep order say of it for programs.
    #[serde(default)]
    pub metadata: Metadata,
    /// With what the password and the owner's key are hashed: the key of a name that the room had
    /// before; `None`: that of its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<NameKey>,
}

impl RoomSettings {
    /// Whether everybody may know of the room, and come in who is not banned.
    pub fn is_open(&self) -> bool {
        let shut = [RoomRule::InvitedOnly, RoomRule::AccountsOnly, RoomRule::Secret];
        self.password.is_none() && !shut.into_iter().any(|rule| self.modes.has(rule))
    }

    /// Whether anything is configured besides the owner, whom every room has.
    pub fn is_configured(&self) -> bool {
        let sanctions = self.sanctions.iter().next().is_some();
        let rules = self.modes != RoomModes::default() || self.limit.is_some();
        let said = self.topic.is_some() || !self.metadata.is_empty();
        said || self.password.is_some() || sanctions || rules
    }
}
