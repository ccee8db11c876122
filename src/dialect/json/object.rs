//! The objects of JSON dialect 1, the same for who writes them and who reads them.
//!
//! Source: `docs/PROTOCOL.md`, "JSON dialect 1", which fixes names and meanings. The order of the
//! fields here is the order on the wire. What does not apply is left out. A field may be added;
//! none is renamed or gets another meaning.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use super::endings::{Bye, Error};
use super::person::{Away, PersonEntry};
use super::private::{Conversations, Forgotten, Private, Remembered};
pub use super::room_objects::{Redacted, RoomInvitation, RoomRenamed, Rules};

/// The version that [`Greeting::v`] tells.
pub const VERSION: u32 = 1;

/// A string of an object: borrowed where it is written, owned where it was read.
pub type Text<'a> = Cow<'a, str>;

/// One object. `t` says which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Object<'a> {
    /// A nickname, please.
    Prompt,
    /// What follows is JSON.
    Format(Greeting<'a>),
    /// The nickname is good.
    Welcome(Greeting<'a>),
    /// One line of the message of the day.
    Motd {
        /// The line.
        text: Text<'a>,
    },
    /// The reader is in this room now.
    Room {
        /// Its name.
        room: Text<'a>,
        /// How many are there, the reader included.
        total: usize,
    },
    /// Somebody said something.
    Message(Message<'a>),
    /// A message was taken back.
    Redacted(Redacted<'a>),
    /// Somebody came.
    Joined {
        /// Where.
        room: Text<'a>,
        /// Who.
        nick: Text<'a>,
    },
    /// Somebody left.
    Left {
        /// Where.
        room: Text<'a>,
        /// Who.
        nick: Text<'a>,
    },
    /// Somebody is away, or back.
    Away(Away<'a>),
    /// What is known of one person.
    Person(Box<PersonEntry<'a>>),
    /// Somebody has a new nickname.
    Renamed {
        /// Where that is told; it holds everywhere. Absent: the reader itself, who is in no room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<Text<'a>>,
        /// Who it was.
        nick: Text<'a>,
        /// Who it is.
        new: Text<'a>,
    },
    /// A room has another name.
    RoomRenamed(RoomRenamed<'a>),
    /// Somebody has logged in to an account, or out of one.
    LoggedIn {
        /// Where that is told; it holds everywhere.
        room: Text<'a>,
        /// Who.
        nick: Text<'a>,
        /// To which account; absent: to none any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<Text<'a>>,
    },
    /// So many came and left since this was last told.
    Presence {
        /// Where.
        room: Text<'a>,
        /// How many came.
        came: u32,
        /// How many left.
        went: u32,
        /// How many are there.
        total: usize,
    },
    /// Something between two people.
    Private(Private<'a>),
    /// What a room is about.
    Topic {
        /// The room.
        room: Text<'a>,
        /// Empty: nothing in particular.
        text: Text<'a>,
        /// Who has set it or taken it away.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Text<'a>>,
        /// It was changed just now.
        #[serde(default, skip_serializing_if = "is_false")]
        changed: bool,
    },
    /// Order was kept in a room.
    Moderated(Moderated<'a>),
    /// Messages follow that were said before.
    History {
        /// Where.
        room: Text<'a>,
        /// Some that were asked for are missing, or may be.
        gap: bool,
        /// How many follow.
        count: usize,
        /// The number after which they were asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<u64>,
        /// The number before which they were asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<u64>,
        /// Older ones are remembered, too.
        #[serde(default, skip_serializing_if = "is_false")]
        more: bool,
    },
    /// That was all of them.
    End {
        /// Where.
        room: Text<'a>,
        /// How far the room was told: `EPOCH:NUMBER`.
        at: Text<'a>,
    },
    /// Up to when the reader has read a conversation, here or on another of its devices.
    Read {
        /// The room, if it is one's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<Text<'a>>,
        /// The other person, if it is one's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nick: Option<Text<'a>>,
        /// In seconds since the beginning of 1970; absent: it is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<u64>,
    },
    /// Private messages follow that were said before …
    Conversation(Remembered<'a>),
    /// … and that was all of them.
    ConversationEnd {
        /// With whom.
        nick: Text<'a>,
    },
    /// With whom there are such.
    Conversations(Conversations<'a>),
    /// Private messages are remembered no more.
    Forgotten(Forgotten<'a>),
    /// A wish of the reader's is kept in mind.
    Setting {
        /// Which: `history`.
        name: Text<'a>,
        /// Whether it is wanted.
        on: bool,
        /// The same in English.
        text: Text<'a>,
    },
    /// Who is in a room.
    Names {
        /// The room.
        room: Text<'a>,
        /// One page of them, sorted.
        names: Vec<Text<'a>>,
        /// How many there are in all.
        total: usize,
        /// The next page, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<usize>,
    },
    /// Which rooms there are, the fullest first.
    Rooms {
        /// Some of them.
        rooms: Vec<RoomEntry<'a>>,
        /// How many more there are.
        #[serde(default, skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// Who is banned or muted in a room.
    Sanctions {
        /// The room.
        room: Text<'a>,
        /// One page of them.
        list: Vec<SanctionEntry<'a>>,
        /// The next page, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<usize>,
    },
    /// The room is the reader's, and this key makes it so again.
    Owner {
        /// The room.
        room: Text<'a>,
        /// Sixteen hexadecimal digits.
        key: Text<'a>,
    },
    /// A room needs a password now, or none any more.
    Password {
        /// The room.
        room: Text<'a>,
        /// Whether it needs one.
        needed: bool,
        /// The same in English.
        text: Text<'a>,
    },
    /// Somebody is invited into a room.
    RoomInvitation(RoomInvitation<'a>),
    /// Which rules hold in a room.
    Rules(Rules<'a>),
    /// Whom the reader ignores.
    Ignored {
        /// Their nicknames.
        names: Vec<Text<'a>>,
    },
    /// The reader ignores somebody now, or does not any more.
    Ignoring {
        /// Who.
        nick: Text<'a>,
        /// Whether they are ignored.
        on: bool,
        /// The same in English.
        text: Text<'a>,
    },
    /// The reader looks after the server now.
    ServerOperator {
        /// The same in English.
        text: Text<'a>,
    },
    /// A password is being checked; what comes of it follows.
    Checking {
        /// The same in English.
        text: Text<'a>,
    },
    /// The reader is logged in, or is not any more.
    Account {
        /// To which account; absent: to none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<Text<'a>>,
        /// It was registered just now.
        #[serde(default, skip_serializing_if = "is_false")]
        registered: bool,
        /// The same in English.
        text: Text<'a>,
    },
    /// A token for the UDP port.
    Token {
        /// The queue's name.
        queue: Text<'a>,
        /// How many players are to meet.
        n: u8,
        /// Sixteen hexadecimal digits.
        token: Text<'a>,
        /// The server's UDP port, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        udp: Option<u16>,
    },
    /// The token is good for nothing any more.
    MatchOff {
        /// The same in English.
        text: Text<'a>,
    },
    /// Somebody wants to meet somebody in a queue that nobody else knows.
    Invited {
        /// Who invites the reader.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Text<'a>>,
        /// Whom the reader has invited.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Text<'a>>,
        /// The queue's name.
        queue: Text<'a>,
    },
    /// The endpoint with the reader's token has met others.
    Matched {
        /// Who they are.
        peers: Vec<PeerEntry<'a>>,
    },
    /// How to use plain lines.
    Help {
        /// What they explain.
        lines: Vec<Text<'a>>,
    },
    /// What the reader says waits its turn.
    Held {
        /// Who says too much: `you`, `address` or `room`.
        by: Text<'a>,
        /// The same in English.
        text: Text<'a>,
    },
    /// Anything else that people should read.
    Notice {
        /// Where, if it is about a room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<Text<'a>>,
        /// What it says.
        text: Text<'a>,
    },
    /// A request was carried out.
    Ok {
        /// Its number.
        re: u64,
        /// The number of the message that came of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        n: Option<u64>,
    },
    /// The answer to `ping`.
    Pong,
    /// Something was not done.
    Error(Error<'a>),
    /// The server closes the connection.
    Bye(Bye<'a>),
    /// Something that a later server says.
    #[serde(other)]
    Unknown,
}

/// What a connection is told once about itself and the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeting<'a> {
    /// [`VERSION`].
    pub v: u32,
    /// The reader's nickname, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<Text<'a>>,
    /// The room that the reader is in or about to come into, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Text<'a>>,
    /// Tells the numbers of this server from those of another: eight hexadecimal digits.
    pub epoch: Text<'a>,
    /// The number of the last message so far.
    pub n: u64,
    /// The present, in seconds since the beginning of 1970.
    pub now: u64,
    /// How much the reader may send.
    #[serde(default)]
    pub limits: Limits,
    /// What this server has that others have not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<Vec<Text<'a>>>,
    /// The server's UDP port, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub udp: Option<u16>,
}

/// How much a reader may send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Bytes of a line, its end included.
    pub line: usize,
    /// Bytes of a text in a request.
    pub text: usize,
    /// Bytes of a message over WebSocket.
    pub frame: usize,
}

/// Something that was said or done in a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message<'a> {
    /// Its number: more than that of any message before, in any room.
    pub n: u64,
    /// When, in seconds since the beginning of 1970.
    pub at: u64,
    /// Where.
    pub room: Text<'a>,
    /// Who.
    pub nick: Text<'a>,
    /// What.
    pub text: Text<'a>,
    /// Its lines, where it has several: `text` is all of them as one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Text<'a>>,
    /// It was done and not said (`/me`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub me: bool,
    /// It was said before and is told again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub old: bool,
}

/// What was done to keep order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Put out of the room.
    Kicked,
    /// Kept out of it.
    Banned,
    /// Let in again.
    Unbanned,
    /// Made to be quiet.
    Muted,
    /// Allowed to speak again.
    Unmuted,
    /// Made an operator.
    Promoted,
    /// Made none any more.
    Demoted,
    /// Made the owner.
    MadeOwner,
    /// Something that a later server tells.
    #[serde(other)]
    Unknown,
}

/// Order was kept in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moderated<'a> {
    /// Where.
    pub room: Text<'a>,
    /// What was done.
    pub action: Action,
    /// To whom; absent: to an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<Text<'a>>,
    /// It was done to the reader.
    #[serde(default, skip_serializing_if = "is_false")]
    pub you: bool,
    /// By whom.
    pub by: Text<'a>,
    /// For how many seconds; absent: for ever, or at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<u64>,
    /// Why, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<'a>>,
    /// All of it in English.
    pub text: Text<'a>,
}

/// A room of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomEntry<'a> {
    /// Its name.
    pub room: Text<'a>,
    /// How many are there.
    pub total: usize,
}

/// A ban or a mute of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SanctionEntry<'a> {
    /// What `/unban` and `/unmute` take.
    pub number: u32,
    /// `ban` or `mute`.
    pub kind: Text<'a>,
    /// On whom; absent: on an address alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<Text<'a>>,
    /// On an address, too.
    #[serde(default, skip_serializing_if = "is_false")]
    pub address: bool,
    /// The mask that it is on, instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<Text<'a>>,
    /// By whom.
    pub by: Text<'a>,
    /// For how many seconds more; absent: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<u64>,
    /// Why, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<'a>>,
}

/// One whom the reader's endpoint has met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerEntry<'a> {
    /// Its nickname, if it has one in the chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<Text<'a>>,
    /// Its address, unless all is relayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Text<'a>>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}
