//! What has happened in a room: all of it, drawn and measured, so that whoever applies the same
//! facts in the same order has the same room.
//!
//! A command becomes a fact when the lobby has decided that it may be
//! ([`Lobby::decide`](super::Lobby::decide)); the fact is stamped, and changes the room when it is
//! applied ([`Lobby::apply`](super::Lobby::apply)). Facts own what they hold: one may be kept,
//! written down, or come from another process.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::message::{MessageId, MessageKind};
use super::name::{Nickname, RoomName};
use super::refusal::Rank;
use super::sanctions::{Sanction, SanctionKind};
use super::secret_hash::SecretHash;
use super::stored::StoredRoom;
use crate::id::ClientId;
use crate::subnet::Subnet;

/// What has happened in one room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// The room was made.
    Founded {
        /// Whom it belongs to.
        by: Nickname,
        /// From where.
        founder: Subnet,
        /// What the key hashes to that proves ownership.
        key: SecretHash,
    },
    /// The room is in memory again, as it was stored.
    Opened(Box<StoredRoom>),
    /// The room is in memory no more.
    Closed,
    /// Somebody came in.
    Came {
        /// Who.
        who: Nickname,
    },
    /// Somebody left.
    Went {
        /// Who.
        who: Nickname,
    },
    /// Somebody said or did something.
    Said {
        /// The speaker.
        who: Nickname,
        /// Whether something was said or done (`/me`).
        kind: MessageKind,
        /// Clean text.
        text: SmolStr,
    },
    /// Somebody who is in the room has another nickname.
    Renamed {
        /// What they were called.
        old: Nickname,
        /// What they are called now.
        new: Nickname,
    },
    /// Somebody was put out.
    PutOut {
        /// Who.
        whom: Nickname,
        /// By whom.
        by: Nickname,
        /// Why; may be empty.
        reason: SmolStr,
    },
    /// Something about the room was changed.
    Changed {
        /// By whom.
        by: Nickname,
        /// What.
        change: Change,
    },
}

/// What was changed about a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// It has another topic; empty: none.
    Topic(SmolStr),
    /// It is entered with a password, or without.
    Password(Option<SecretHash>),
    /// The owner has brought the key.
    Claimed,
    /// It belongs to another, who has another key.
    Given {
        /// To whom.
        to: Nickname,
        /// What that key hashes to.
        key: SecretHash,
    },
    /// Somebody may keep order there, or not any more.
    Operator {
        /// Who.
        whom: Nickname,
        /// Whether they may.
        may: bool,
    },
    /// Somebody is banned or muted. The sanction is numbered where it is applied.
    Imposed {
        /// The ban or mute.
        sanction: Box<Sanction>,
        /// What who imposed it may do there: a ban puts out those who may do less.
        rank: Rank,
    },
    /// Somebody is banned or muted no more.
    Revoked {
        /// What was forbidden.
        kind: SanctionKind,
        /// As the one who revoked it has named it: a nickname, or a number.
        named: SmolStr,
    },
}

/// Who has done something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// A member of this lobby, who is answered.
    Here(ClientId),
    /// A member of another.
    There,
}

impl Author {
    /// The client, if it is here.
    pub fn client(self) -> Option<ClientId> {
        match self {
            Self::Here(id) => Some(id),
            Self::There => None,
        }
    }
}

/// A fact in its place among all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// In which room.
    pub room: RoomName,
    /// When, and after which message.
    pub stamp: MessageId,
    /// What.
    pub fact: Fact,
}
