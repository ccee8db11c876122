//! What was done by those who may do more than others, for whoever looks after the server to read
//! later. Holds no password and no key.

use std::time::Duration;

use smol_str::SmolStr;

use super::event::ModerationAction;
use super::name::{Nickname, RoomName};
use super::network::Network;
use super::refusal::Rank;
use super::sanctions::Sanction;
use crate::id::ClientId;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Order was kept.
    Moderated(ModerationAction),
    /// Somebody has proved to be the owner of a room.
    Owned,
    /// A room has a password now, or none any more.
    Password(bool),
    /// A room has another topic.
    Topic,
}

/// One such thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What was done.
    pub done: Done,
    /// By which client.
    pub id: ClientId,
    /// How that is called.
    pub by: Nickname,
    /// What it may do there.
    pub rank: Rank,
    /// Where.
    pub room: RoomName,
    /// To whom, by name.
    pub whom: Option<SmolStr>,
    /// To whom, by address.
    pub network: Option<Network>,
    /// For how long, where that is settled; otherwise for ever.
    pub lasts: Option<Duration>,
    /// Why; may be empty.
    pub reason: SmolStr,
}

impl Record {
    /// The same, done to this person.
    pub(super) fn to(self, whom: &Nickname) -> Self {
        Self { whom: Some(whom.as_str().into()), ..self }
    }

    /// The same, done to whom a sanction is on, for as long as that lasts.
    pub(super) fn of(self, sanction: &Sanction, lasts: Option<Duration>) -> Self {
        let whom = sanction.name.as_ref().map(|name| name.as_str().into());
        Self { whom, network: sanction.network, lasts, reason: sanction.reason.clone(), ..self }
    }
}
