//! Records for the audit log: what owners, operators and server operators did. They hold no
//! password and no key.

use std::time::Duration;

use smol_str::SmolStr;

use super::event::ModerationAction;
use super::name::{Nickname, RoomName};
use super::network::Network;
use super::refusal::Rank;
use super::sanctions::Sanction;
use crate::id::ClientId;

/// Something that was done by somebody with special rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Order was kept.
    Moderated(ModerationAction),
    /// Somebody has proved to be the owner of a room.
    Owned,
    /// A room has a password now, or none any more.
    Password(bool),
    /// A room has another name; the target is the old one.
    Named,
    /// A room has another topic.
    Topic,
    /// What is said of a room for programs has changed, or what a person said of itself was taken
    /// away.
    Metadata,
    /// Somebody else's message was taken back.
    Redacted,
    /// The rules of a room were changed, or who is excepted from them.
    Rules,
}

/// One record: what was done, by whom, where and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The action.
    pub done: Done,
    /// The client that did it.
    pub id: ClientId,
    /// That client's nickname.
    pub by: Nickname,
    /// That client's rank in the room.
    pub rank: Rank,
    /// The room.
    pub room: RoomName,
    /// The target's name.
    pub whom: Option<SmolStr>,
    /// The target's network.
    pub network: Option<Network>,
    /// The duration of a ban or mute; `None`: for ever.
    pub lasts: Option<Duration>,
    /// The reason; may be empty.
    pub reason: SmolStr,
}

impl Record {
    /// The record with this person as the target.
    pub(super) fn to(self, whom: &Nickname) -> Self {
        Self { whom: Some(whom.as_str().into()), ..self }
    }

    /// The record with the target, duration and reason of a sanction.
    pub(super) fn of(self, sanction: &Sanction, lasts: Option<Duration>) -> Self {
        let name = sanction.name.as_ref().map(|name| name.as_str().into());
        let whom = name.or_else(|| sanction.mask.as_ref().map(|mask| mask.as_str().into()));
        Self { whom, network: sanction.network, lasts, reason: sanction.reason.clone(), ..self }
    }
}
