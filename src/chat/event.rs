//! What happens in a room: the same for everybody who hears it.
//!
//! What one client alone is told is a [`Reply`](super::reply::Reply).

use std::time::Duration;

use super::message::MessageId;
use super::name::{Nickname, RoomName};

/// Something that happened in a room. Which room, the outlet is told beside it.
#[derive(Clone, Copy, Debug)]
pub enum RoomEvent<'a> {
    /// Somebody came into the room.
    Joined {
        /// Who came.
        who: &'a Nickname,
    },
    /// Somebody left the room.
    Left {
        /// Who left.
        who: &'a Nickname,
    },
    /// Somebody in the room has a new nickname.
    Renamed {
        /// Who it was.
        old: &'a Nickname,
        /// Who it is now.
        new: &'a Nickname,
    },
    /// Somebody said something in the room.
    Said {
        /// The speaker.
        who: &'a Nickname,
        /// Clean text.
        text: &'a str,
        /// When.
        id: MessageId,
    },
    /// Somebody did something in the room.
    Acted {
        /// The actor.
        who: &'a Nickname,
        /// Clean text.
        text: &'a str,
        /// When.
        id: MessageId,
    },
    /// So many came into the room and left it since this was last told.
    PresenceSummary {
        /// Who came.
        joined: u32,
        /// Who left.
        left: u32,
        /// Who is here now.
        here: usize,
    },
    /// That was changed by somebody.
    TopicChanged {
        /// By whom.
        by: &'a Nickname,
        /// What it is about now; empty: nothing in particular.
        text: &'a str,
    },
    /// Order was kept in a room.
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

/// What was done to keep order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModerationAction {
    /// Put out of the room.
    Kicked,
    /// Kept out.
    Banned,
    /// Not kept out any more.
    Unbanned,
    /// Made to be quiet.
    Muted,
    /// Allowed to speak again.
    Unmuted,
    /// Allowed to keep order.
    Promoted,
    /// Not allowed that any more.
    Demoted,
    /// Given the room.
    MadeOwner,
}

/// One such action, and all about it.
#[derive(Clone, Copy, Debug)]
pub struct Moderation<'a> {
    /// What was done.
    pub action: ModerationAction,
    /// Where.
    pub room: &'a RoomName,
    /// To whom; `None`: to an address, which is nobody's business.
    pub whom: Option<&'a str>,
    /// By whom.
    pub by: &'a Nickname,
    /// For how long; `None`: for ever.
    pub lasts: Option<Duration>,
    /// Why; may be empty.
    pub reason: &'a str,
}
