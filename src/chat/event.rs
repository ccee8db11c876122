//! Events in a room, which are the same for everybody who hears them.
//!
//! A [`Reply`](super::reply::Reply) is for one client alone.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::message::{MessageId, PrivateId};
use super::name::{Nickname, RoomName};
use super::people::News;
use super::person::Person;
use super::redaction::Redacted;
use super::room_modes::RuleChange;
use super::room_renaming::RoomRenamed;
use super::sending::{Sent, SentId};

/// Something that happened in a room. Which room, the outlet is told beside it.
#[derive(Clone, Copy, Debug)]
pub enum RoomEvent<'a> {
    /// Somebody came into the room.
    Joined {
        /// The newcomer.
        who: Person<'a>,
    },
    /// Somebody left the room.
    Left {
        /// The one who left.
        who: Person<'a>,
        /// How, and why.
        how: Departure<'a>,
    },
    /// Somebody in the room has a new nickname.
    Renamed {
        /// The old nickname.
        old: Person<'a>,
        /// The new nickname.
        new: &'a Nickname,
    },
    /// Somebody said something in the room.
    Said {
        /// The speaker.
        who: Person<'a>,
        /// Clean text.
        text: &'a str,
        /// The message's number and date.
        id: MessageId,
        /// The epoch of its number.
        epoch: u32,
    },
    /// Somebody said something with tags, or in a way that plain lines do not have.
    Sent(Sent<'a>),
    /// Somebody did something in the room.
    Acted {
        /// The actor.
        who: Person<'a>,
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
    /// Something is new about somebody in the room.
    News {
        /// Who.
        who: Person<'a>,
        /// What.
        news: News<'a>,
    },
    /// Somebody changed the topic.
    TopicChanged {
        /// Whoever changed it.
        by: Person<'a>,
        /// The new topic; empty: none.
        text: &'a str,
    },
    /// The room has another name.
    RoomRenamed(RoomRenamed<'a>),
    /// Somebody who looks after the room took action.
    Moderated(Moderation<'a>),
    /// A message was taken back.
    Redacted(Redacted<'a>),
    /// The rules of the room were changed, or something that those want to know who see them.
    Ruled(RuleChange<'a>),
    /// One of the others, which is kept to be read again, and by what it is known.
    Kept {
        /// Its date, and its place among all such.
        id: PrivateId,
        /// The event, which is none of this kind.
        event: &'a Self,
    },
}

impl RoomEvent<'_> {
    /// The event itself, whether it is kept or not.
    pub fn bare(&self) -> &Self {
        match self {
            Self::Kept { event, .. } => event,
            event => event,
        }
    }

    /// Whether this is a message, which is part of the room's history.
    pub fn is_message(&self) -> bool {
        match self.bare() {
            Self::Said { .. } | Self::Acted { .. } => true,
            Self::Sent(sent) => matches!(sent.id, SentId::Numbered(..)),
            _ => false,
        }
    }

    /// Whether somebody's client says this, who knows it already.
    pub fn is_sent(&self) -> bool {
        use RoomEvent::{Acted, Redacted, Said, Sent};
        matches!(self.bare(), Said { .. } | Acted { .. } | Sent(_) | Redacted(_))
    }

    /// Whether this is for people, and not for their programs alone.
    pub fn is_for_people(&self) -> bool {
        match self.bare() {
            Self::Sent(sent) => sent.kind.is_message(),
            Self::News { news: News::RealName(_), .. } => false,
            _ => true,
        }
    }

    /// Whether this is told in every form; if not, only in those that show the rules of a room as
    /// they are kept.
    pub fn is_for_everybody(&self) -> bool {
        use RuleChange::{Invited, Password};
        !matches!(self.bare(), Self::Ruled(Password { .. } | Invited { .. }))
    }

    /// Whether this only tells who comes and goes: the first thing a slow reader goes without.
    pub fn is_presence(&self) -> bool {
        use RoomEvent::{Joined, Left, PresenceSummary};
        matches!(self.bare(), Joined { .. } | Left { .. } | PresenceSummary { .. })
    }
}

/// An action of somebody who looks after a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The target's nickname, or a mask; `None`: an address, which is shown to nobody.
    pub whom: Option<&'a str>,
    /// The target of a ban or a mute as lists show it; otherwise empty.
    pub mask: &'a str,
    /// Whoever took the action.
    pub by: Person<'a>,
    /// The duration; `None`: for ever.
    pub lasts: Option<Duration>,
    /// The reason; may be empty.
    pub reason: &'a str,
}

/// How somebody left a room.
#[derive(Clone, Copy, Debug)]
pub enum Departure<'a> {
    /// It left the room alone.
    Parted {
        /// The reason that it gave; may be empty.
        reason: &'a str,
    },
    /// It left the server.
    Quit {
        /// The reason that it gave, or that the server found; may be empty.
        reason: &'a str,
    },
    /// It was put out of the room. An event of moderation tells of it too, to who stays; more than
    /// one may be put out by one ban.
    PutOut {
        /// Whoever put it out.
        by: Person<'a>,
        /// The reason; may be empty.
        reason: &'a str,
    },
}
