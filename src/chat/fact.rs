//! Facts: what has happened in a room, with every key drawn and every time measured, so that two
//! lobbies that apply the same facts in the same order have the same rooms.
//!
//! A command becomes a fact when the lobby has decided that it may be
//! ([`Lobby::decide`](super::Lobby::decide)); the fact is stamped, and changes the room when it is
//! applied ([`Lobby::apply`](super::Lobby::apply)). Facts own what they hold: one may be kept,
//! written down, or come from another process.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

pub(super) use super::author::Author;
use super::message::{MessageId, MessageKind};
use super::name::{NameKey, Nickname, RoomName};
use super::refusal::Rank;
use super::room_rules::RoomModes;
use super::sanctions::{Sanction, SanctionKind};
use super::secret_hash::SecretHash;
use super::stored::StoredRoom;
use crate::subnet::Subnet;

/// Something that has happened in one room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// The room was made.
    Founded {
        /// The founder, who owns it.
        by: Nickname,
        /// The network around the founder's address.
        founder: Subnet,
        /// Proof of ownership: the hash of the owner's key; `None`: the room is its founder's only
        /// until everybody has left, or its account's.
        key: Option<SecretHash>,
        /// The founder's account, to which the room belongs.
        #[serde(default)]
        account: Option<NameKey>,
    },
    /// The room is in memory again, as it was stored.
    Opened(Box<StoredRoom>),
    /// The room is in memory no more.
    Closed,
    /// Somebody came in.
    Came {
        /// The newcomer.
        who: Nickname,
    },
    /// Somebody left.
    Went {
        /// The one who left.
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
        /// Tags of the speaker's client, which are told and not remembered.
        #[serde(default, skip_serializing_if = "SmolStr::is_empty")]
        tags: SmolStr,
        /// The account that the speaker was logged in to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<NameKey>,
    },
    /// A message was taken back.
    TakenBack {
        /// Whoever took it back.
        by: Nickname,
        /// Its number.
        number: u64,
        /// The reason; may be empty.
        reason: SmolStr,
    },
    /// Somebody who is in the room has another nickname.
    Renamed {
        /// The old nickname.
        old: Nickname,
        /// The new nickname.
        new: Nickname,
    },
    /// Somebody was kicked.
    PutOut {
        /// The one who was kicked.
        whom: Nickname,
        /// The one who kicked them.
        by: Nickname,
        /// The reason; may be empty.
        reason: SmolStr,
    },
    /// A setting of the room, or who looks after it, was changed.
    Changed {
        /// The one who changed it.
        by: Nickname,
        /// The change.
        change: Change,
    },
}

/// A change to a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// The room has another name.
    Named {
        /// The name.
        name: RoomName,
        /// The reason; may be empty.
        reason: SmolStr,
    },
    /// The room has another topic; empty: none.
    Topic(SmolStr),
    /// The room has another password; `None`: none.
    Password(Option<SecretHash>),
    /// The owner has brought the key.
    Claimed,
    /// The room has another owner, who has another key.
    Given {
        /// The new owner.
        to: Nickname,
        /// The hash of the new owner's key.
        key: SecretHash,
        /// The new owner's account, to which the room belongs.
        #[serde(default)]
        account: Option<NameKey>,
    },
    /// Somebody became an operator, or stopped being one.
    Operator {
        /// The one who did.
        whom: Nickname,
        /// Whether they became one.
        may: bool,
    },
    /// Rules were switched.
    Rules {
        /// Rules that hold from now on.
        set: RoomModes,
        /// Rules that hold no more.
        unset: RoomModes,
    },
    /// Another number may be in the room for others to come in; `None`: any.
    Limit(Option<u32>),
    /// Somebody has a voice, or no longer.
    Voice {
        /// Whose it is.
        whom: Nickname,
        /// Whether they have one.
        may: bool,
    },
    /// A key of the room's metadata has another value.
    Metadata {
        /// The key.
        key: SmolStr,
        /// The value; empty: none.
        value: SmolStr,
    },
    /// Whoever did this looks after the room no more.
    Resigned,
    /// Everybody has left a room that belongs to nobody who could come back with a key: it is as
    /// one that was never made.
    Forgotten,
    /// Somebody is banned or muted. The sanction is numbered where it is applied.
    Imposed {
        /// The ban or mute.
        sanction: Box<Sanction>,
        /// The rank of whoever imposed it: a ban puts out those of a lower rank.
        rank: Rank,
    },
    /// A ban or a mute was revoked.
    Revoked {
        /// Ban or mute.
        kind: SanctionKind,
        /// The sanction as it was named by whoever revoked it: a nickname, or a number.
        named: SmolStr,
    },
}

/// A fact in its order among all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// The room.
    pub room: RoomName,
    /// The date, and the number of the last message.
    pub stamp: MessageId,
    /// The fact.
    pub fact: Fact,
}
