//! Events in a room, which are the same for everybody who hears them.
//!
//! A [`Reply`](super::reply::Reply) is for one client alone.

use std::time::Duration;

use super::message::MessageId;
use super::name::{Nickname, RoomName};

/// Something that happened in a room. Which room, the outlet is told beside it.
#[derive(Clone, Copy, Debug)]
pub enum RoomEvent<'a> {
    /// Somebody came into the room.
    Joined {
        /// The newcomer.
        who: &'a Nickname,
    },
    /// Somebody left the room.
    Left {
        /// The one who left.
        who: &'a Nickname,
    },
    /// Somebody in the room has a new nickname.
    Renamed {
        /// The old nickname.
        old: &'a Nickname,
        /// The new nickname.
        new: &'a Nickname,
    },
    /// Somebody said something in the room.
    Said {
        /// The speaker.
        who: &'a Nickname,
        /// Clean text.
        text: &'a str,
        /// The message's number and date.
        id: MessageId,
        /// The epoch of its number.
        epoch: u32,
    },
    /// Somebody did something in the room.
    Acted {
        /// The actor.
        who: &'a Nickname,
        /// Clean text.
        text: &'a str,
        /// The message's number and date.
        id: MessageId,
        /// The epoch of its number.
        epoch: u32,
    },
    /// The comings and goings since they were last told, in numbers.
    PresenceSummary {
        /// How many came.
        joined: u32,
        /// How many left.
        left: u32,
        /// How many are here now.
        here: usize,
    },
    /// Somebody changed the topic.
    TopicChanged {
        /// Whoever changed it.
        by: &'a Nickname,
        /// The new topic; empty: none.
        text: &'a str,
    },
    /// Somebody who looks after the room took action.
    Moderated(Moderation<'a>),
}

impl RoomEvent<'_> {
    /// Whether this is a message, which is part of the room's history.
    pub fn is_message(&self) -> bool {
        matches!(self, Self::Said { .. } | Self::Acted { .. })
    }

    /// Whether this only tells who comes and goes: the first thing a slow reader goes without.
    pub fn is_presence(&self) -> bool {
        matches!(self, Self::Joined { .. } | Self::Left { .. } | Self::PresenceSummary { .. })
    }
}

/// An action of somebody who looks after a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModerationAction {
    /// Put the target out of the room.
    Kicked,
    /// Ban the target.
    Banned,
    /// Revoke a ban.
    Unbanned,
    /// Mute the target.
    Muted,
    /// Revoke a mute.
    Unmuted,
    /// Make the target an operator.
    Promoted,
    /// Make the target an operator no longer.
    Demoted,
    /// Give the target the room.
    MadeOwner,
}

/// One action, with its target and its reason.
#[derive(Clone, Copy, Debug)]
pub struct Moderation<'a> {
    /// The action.
    pub action: ModerationAction,
    /// The room.
    pub room: &'a RoomName,
    /// The target's nickname; `None`: an address, which is shown to nobody.
    pub whom: Option<&'a str>,
    /// The nickname of whoever took the action.
    pub by: &'a Nickname,
    /// The duration; `None`: for ever.
    pub lasts: Option<Duration>,
    /// The reason; may be empty.
    pub reason: &'a str,
}
