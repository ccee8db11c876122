//! Replies to one client alone: answers, private messages, notices, and the goodbye.
//!
//! A [`RoomEvent`](super::event::RoomEvent) is for a whole room.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::account_request::AccountAnswer;
use super::command::Guide;
use super::conversation::ConversationReply;
use super::event::{Departure, Moderation};
use super::kept_events::KeptEvent;
use super::message::{HistoryCursor, Message};
use super::metadata_request::MetadataAnswer;
use super::name::{Nickname, RoomName};
use super::people::PeopleReply;
use super::person::Person;
use super::read_marks::ConversationRef;
use super::refusal::Refusal;
use super::room_modes::RoomAnswer;
use super::room_renaming::RenamedAround;
use super::room_settings::Topic;
use super::sanctions::Sanction;
use super::sending::{Circle, Sent};
use crate::time::UnixTime;

/// A reply to one client. "You" is that client.
#[derive(Clone, Copy, Debug)]
pub enum Reply<'a> {
    /// Your nickname, please.
    Prompt,
    /// You have your nickname.
    Welcome {
        /// The nickname.
        nickname: &'a Nickname,
        /// The room that you are about to come into, if you are.
        room: Option<&'a RoomName>,
        /// The last message so far.
        cursor: HistoryCursor,
        /// The present.
        now: UnixTime,
        /// The server's UDP port, where players meet.
        players: Option<u16>,
    },
    /// The message of the day.
    MessageOfTheDay {
        /// One line of it.
        line: &'a str,
    },
    /// You are in this room now, with so many others.
    Entered {
        /// The room.
        room: &'a RoomName,
        /// The number of other members.
        others: usize,
    },
    /// You came into a room that is so big that others are not told of it one by one.
    Joined {
        /// The room.
        room: &'a RoomName,
        /// You.
        who: Person<'a>,
    },
    /// You have a new nickname, and are in no room that is told of it.
    Renamed {
        /// You, by the old nickname.
        old: Person<'a>,
        /// The new nickname.
        new: &'a Nickname,
    },
    /// You have left a room. Most clients know that, for they asked for it.
    Left {
        /// The room.
        room: &'a RoomName,
        /// You.
        who: Person<'a>,
        /// How, and why.
        how: Departure<'a>,
    },
    /// History follows.
    RecallBegins {
        /// The room they were said in.
        room: &'a RoomName,
        /// The number of messages.
        count: usize,
        /// Which messages these are.
        which: Recalled,
    },
    /// One message of the history.
    Remembered {
        /// The room it was said in.
        room: &'a RoomName,
        /// The message.
        message: &'a Message,
        /// The epoch of its number.
        epoch: u32,
        /// The present, so that the day is told where it is another.
        now: UnixTime,
    },
    /// Something that happened in a room between what was said, for programs alone.
    Happened {
        /// The room.
        room: &'a RoomName,
        /// What happened.
        event: &'a KeptEvent,
    },
    /// The history ends.
    RecallEnds {
        /// The room they were said in.
        room: &'a RoomName,
        /// The last message anywhere: all of this room's up to it were told.
        cursor: HistoryCursor,
    },
    /// Up to when you have read a conversation, here or elsewhere.
    ReadUpTo {
        /// The conversation.
        conversation: ConversationRef<'a>,
        /// The date of the last message that was read; `None`: it is not known.
        at: Option<UnixTime>,
    },
    /// Something about metadata.
    Metadata(MetadataAnswer<'a>),
    /// A room that you are in has another name, which programs need not be told that know from the
    /// event.
    RenamedAround(RenamedAround<'a>),
    /// Whether history will be sent to you when you join a room.
    HearsHistory(bool),
    /// The topic of a room.
    Topic {
        /// The room.
        room: &'a RoomName,
        /// The topic; `None`: there is none.
        topic: Option<&'a Topic>,
    },
    /// The room is yours, and this proves it.
    Owns {
        /// The room.
        room: &'a RoomName,
        /// Proof of ownership: the key, which is shown this once.
        key: u64,
    },
    /// The room is entered with a password now, or without.
    PasswordSet {
        /// The room.
        room: &'a RoomName,
        /// Whether with one.
        needed: bool,
    },
    /// An action against you by somebody who looks after a room.
    YouWere(Moderation<'a>),
    /// The bans and mutes of a room.
    Sanctions {
        /// The room.
        room: &'a RoomName,
        /// One page of them.
        list: &'a [&'a Sanction],
        /// Which page this is, from 1, of how many.
        page: (usize, usize),
        /// The present.
        now: UnixTime,
    },
    /// An answer about rooms and their rules.
    Room(RoomAnswer<'a>),
    /// The nicknames that you ignore.
    Ignores(&'a [&'a str]),
    /// You ignore somebody, or no longer.
    IgnoreChanged {
        /// The nickname.
        name: &'a str,
        /// Whether you ignore it now.
        ignored: bool,
    },
    /// You are a server operator now.
    IsServerOperator,
    /// Your password is being checked.
    Checking,
    /// Something about accounts.
    Account(AccountAnswer<'a>),
    /// Somebody said something to you alone.
    Whispered(Whisper<'a>),
    /// Your whisper was passed on.
    WhisperSent(Whisper<'a>),
    /// Somebody said something to some of those in a room, of whom you are one.
    SentToRank {
        /// The room.
        room: &'a RoomName,
        /// Who of those in it.
        circle: Circle,
        /// The message.
        sent: Sent<'a>,
    },
    /// Your message to some of those in a room was passed on.
    SentToRankByYou {
        /// The room.
        room: &'a RoomName,
        /// Who of those in it.
        circle: Circle,
        /// The message.
        sent: Sent<'a>,
    },
    /// The rooms there are, with how many people in each.
    Rooms {
        /// Some of them.
        rooms: &'a [(&'a RoomName, usize)],
        /// The number of rooms that are not listed.
        more: usize,
    },
    /// The people in one room.
    Who {
        /// The room.
        room: &'a RoomName,
        /// One page of them, sorted.
        names: &'a [&'a str],
        /// The number of members in all.
        count: usize,
        /// Which page this is, from 1, of how many.
        page: (usize, usize),
    },
    /// Something about people.
    People(PeopleReply<'a>),
    /// Something about your conversations.
    Conversation(ConversationReply<'a>),
    /// You have a token, and with it a place in a queue.
    TicketGiven(Ticket<'a>),
    /// Your token is good for nothing any more.
    TicketReturned,
    /// Somebody wants to meet you in a queue that nobody else knows.
    Invited {
        /// The one who invites you.
        from: &'a Nickname,
        /// The queue's name.
        queue: &'a str,
    },
    /// Your invitation was passed on.
    InvitationSent {
        /// The receiver.
        to: &'a Nickname,
        /// The queue's name.
        queue: &'a str,
    },
    /// The endpoint with your token has met others.
    Matched {
        /// The other players.
        peers: &'a [Peer<'a>],
    },
    /// A page of help.
    Help(Guide),
    /// You said more than you may at once: the rest waits its turn.
    TooFast,
    /// All clients from your address have said more than they may at once: the rest waits.
    TooFastTogether,
    /// More is said in your room than some there can read: what you say waits for them.
    TooFastForSome,
    /// No, and why.
    Refused(&'a Refusal),
    /// This connection ends, and why.
    Farewell(Farewell),
}

impl Reply<'_> {
    /// Whether this is for people, and not for their programs alone.
    pub fn is_for_people(&self) -> bool {
        match self {
            Self::Left { .. }
            | Self::Metadata(_)
            | Self::RenamedAround(_)
            | Self::Happened { .. } => false,
            Self::Whispered(Whisper { sent, .. })
            | Self::WhisperSent(Whisper { sent, .. })
            | Self::SentToRank { sent, .. }
            | Self::SentToRankByYou { sent, .. } => sent.kind.is_message(),
            _ => true,
        }
    }

    /// Whether these are a person's words, which everybody is sent as they were said.
    pub fn is_speech(&self) -> bool {
        matches!(
            self,
            Self::Whispered(_)
                | Self::WhisperSent(_)
                | Self::Remembered { .. }
                | Self::Conversation(ConversationReply::Message { .. })
        )
    }
}

/// Something that one person says to another.
#[derive(Clone, Copy, Debug)]
pub struct Whisper<'a> {
    /// The receiver.
    pub to: Person<'a>,
    /// The message.
    pub sent: Sent<'a>,
}

/// Which messages are told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recalled {
    /// The last ones.
    Last,
    /// All since a cursor that the client knew.
    Since(u64),
    /// The remembered messages since that cursor: some are missing, or may be.
    Gap(u64),
    /// The last ones before a message.
    Before {
        /// Its number.
        number: u64,
        /// Whether older ones are remembered.
        more: bool,
    },
}

/// A ticket, with which an endpoint of the member enters a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket<'a> {
    /// The queue's name.
    pub queue: &'a str,
    /// The number of players who are to meet.
    pub players: u8,
    /// The token, which ties the endpoint to the member.
    pub token: u64,
    /// The server's UDP port.
    pub port: Option<u16>,
}

/// A player whom a member's endpoint has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer<'a> {
    /// Its nickname, if it is a member too.
    pub nickname: Option<&'a Nickname>,
    /// Its address, where players may know each other's.
    pub address: Option<SocketAddr>,
}

/// Why the server ends a connection, as its client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Farewell {
    /// The client asked for it.
    Quit,
    /// No nickname in time.
    RegisterTimeout,
    /// Too many lines or bytes without a good nickname.
    TooManyTries,
    /// Too many wrong passwords of accounts.
    TooManyPasswords,
    /// A line was started and not finished in time.
    LineTimeout,
    /// The client does not read what it is sent: so many bytes wait.
    SlowReader {
        /// Bytes waiting.
        backlog: u32,
    },
    /// The server stops.
    Shutdown {
        /// In so many seconds the client may be back: not all at once. Zero: some time.
        back_in: u32,
    },
    /// The server holds as many clients as it may.
    ServerFull,
    /// As many clients as may be are connected from this address.
    AddressFull,
    /// As many clients as may be are connected from all around this address.
    NetworkFull,
    /// The server was full, and most were from around this address: the client made way.
    MadeWay,
    /// Nobody from that address is served.
    AddressBanned,
    /// Banned from the server, which the client was told.
    Banned,
    /// Put out of `main`, which the client was told.
    Kicked,
    /// Only encrypted connections are served.
    TlsOnly,
}
