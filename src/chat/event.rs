//! Everything a client may be told, and the one who tells it.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::charter::Topic;
use super::command::Guide;
use super::history::Replay;
use super::message::{Message, Place, Stamp};
use super::name::{Nickname, RoomName};
use super::refusal::Refusal;
use super::room::RoomId;
use super::sanctions::Sanction;
use crate::id::ClientId;
use crate::time::Wall;

/// Something that happened, as one client is told of it.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Your nickname, please.
    Prompt,
    /// You have your nickname.
    Welcome,
    /// What the operator tells everyone.
    MessageOfTheDay {
        /// One line of it.
        line: &'a str,
    },
    /// You are in this room now, with so many others.
    Entered {
        /// The room.
        room: &'a RoomName,
        /// How many others are there.
        others: usize,
    },
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
        stamp: Stamp,
    },
    /// Somebody did something in the room.
    Acted {
        /// The actor.
        who: &'a Nickname,
        /// Clean text.
        text: &'a str,
        /// When.
        stamp: Stamp,
    },
    /// So many came into the room and left it since this was last told.
    Digest {
        /// Who came.
        joined: u32,
        /// Who left.
        left: u32,
        /// Who is here now.
        here: usize,
    },
    /// Messages follow that were said before.
    RecallBegins {
        /// The room they were said in.
        room: &'a RoomName,
        /// How many.
        count: usize,
        /// Which.
        which: Recalled,
    },
    /// One of them.
    Remembered {
        /// The message.
        message: &'a Message,
        /// The present, so that the day is told where it is another.
        now: Wall,
    },
    /// That was all of them.
    RecallEnds {
        /// The room they were said in.
        room: &'a RoomName,
        /// The last message anywhere: all of this room's up to it were told.
        place: Place,
    },
    /// Messages are numbered from now on, or not any more; how far the room is.
    Numbers(Option<Place>),
    /// Whether history will be read to you.
    HearsHistory(bool),
    /// What the room is about.
    Topic {
        /// The room.
        room: &'a RoomName,
        /// Nothing in particular, if `None`.
        topic: Option<&'a Topic>,
    },
    /// That was changed by somebody.
    TopicChanged {
        /// By whom.
        by: &'a Nickname,
        /// What it is about now; empty: nothing in particular.
        text: &'a str,
    },
    /// The room is yours, and this proves it.
    Owns {
        /// The room.
        room: &'a RoomName,
        /// What proves it.
        key: u64,
    },
    /// The room is entered with a password now, or without.
    PasswordSet {
        /// The room.
        room: &'a RoomName,
        /// Whether with one.
        needed: bool,
    },
    /// Order was kept in a room.
    Moderated(Moderation<'a>),
    /// The same, as it is told to whom it was done.
    YouWere(Moderation<'a>),
    /// Who is banned or muted in a room.
    Sanctions {
        /// The room.
        room: &'a RoomName,
        /// One page of them.
        list: &'a [&'a Sanction],
        /// Which page this is, from 1, of how many.
        page: (usize, usize),
        /// The present.
        now: Wall,
    },
    /// Whom you ignore.
    Ignores(&'a [&'a str]),
    /// You hear nothing of this one any more, or hear it again.
    IgnoreChanged {
        /// Who.
        name: &'a str,
        /// Whether you ignore it now.
        ignored: bool,
    },
    /// You keep order everywhere.
    IsServerOperator,
    /// Your password is being checked.
    Checking,
    /// Somebody said something to you alone.
    Whispered {
        /// The speaker.
        from: &'a Nickname,
        /// Clean text.
        text: &'a str,
    },
    /// What you said to one person was passed on.
    WhisperSent {
        /// Who was told.
        to: &'a Nickname,
        /// Clean text.
        text: &'a str,
    },
    /// The rooms there are, with how many people in each.
    Rooms {
        /// Some of them.
        rooms: &'a [(&'a RoomName, usize)],
        /// How many more there are.
        more: usize,
    },
    /// The people in one room.
    Who {
        /// The room.
        room: &'a RoomName,
        /// One page of them, sorted.
        names: &'a [&'a str],
        /// How many there are in all.
        count: usize,
        /// Which page this is, from 1, of how many.
        page: (usize, usize),
    },
    /// You have a token, and with it a place in a queue.
    TicketGiven(Ticket<'a>),
    /// Your token is good for nothing any more.
    TicketReturned,
    /// Somebody wants to meet you in a queue that nobody else knows.
    Invited {
        /// Who invites you.
        from: &'a Nickname,
        /// The queue's name.
        queue: &'a str,
    },
    /// Your invitation was passed on.
    InvitationSent {
        /// Who was told.
        to: &'a Nickname,
        /// The queue's name.
        queue: &'a str,
    },
    /// The endpoint with your token has met others.
    Matched {
        /// Who they are.
        peers: &'a [Peer<'a>],
    },
    /// How this works.
    Help(Guide),
    /// You said more than you may at once: the rest waits its turn.
    TooFast,
    /// All from your address have said more than they may at once: the rest waits its turn.
    TooFastTogether,
    /// More is said in your room than some there can read: what you say waits for them.
    TooFastForSome,
    /// No, and why.
    Refused(&'a Refusal),
    /// This connection ends, and why.
    Farewell(Farewell),
}

impl Event<'_> {
    /// Whether these are a person's words, which everybody is sent as they were said.
    pub fn is_speech(&self) -> bool {
        matches!(
            self,
            Self::Said { .. }
                | Self::Acted { .. }
                | Self::Whispered { .. }
                | Self::WhisperSent { .. }
                | Self::Remembered { .. }
        )
    }

    /// Whether this only tells who comes and goes: the first thing a slow reader goes without.
    pub fn is_presence(&self) -> bool {
        matches!(self, Self::Joined { .. } | Self::Left { .. } | Self::Digest { .. })
    }
}

/// Which messages are told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recalled {
    /// The last ones.
    Last,
    /// All since a place that the client knew.
    Since(u64),
    /// Those that are remembered of what was said since: some are missing, or may be.
    Gap(u64),
}

/// What was done to keep order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
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
    Endowed,
}

/// One such deed.
#[derive(Clone, Copy, Debug)]
pub struct Moderation<'a> {
    /// What was done.
    pub deed: Deed,
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

/// What a member needs to send an endpoint into a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket<'a> {
    /// The queue's name.
    pub queue: &'a str,
    /// How many are to meet.
    pub players: u8,
    /// What ties the endpoint to the member.
    pub token: u64,
    /// The server's UDP port.
    pub port: Option<u16>,
}

/// One whom a member's endpoint has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer<'a> {
    /// Its nickname, if it is a member too.
    pub nickname: Option<&'a Nickname>,
    /// Its address, unless that is nobody's business.
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
}

/// A room, as those are told of it who hear what happens there.
#[derive(Clone, Copy, Debug)]
pub struct RoomRef<'a> {
    /// Which room.
    pub id: RoomId,
    /// Its name, as its founder wrote it.
    pub name: &'a RoomName,
}

/// Messages of one room that are told again to one client.
#[derive(Clone, Copy, Debug)]
pub struct Recollection<'a> {
    /// Where they were said.
    pub room: RoomRef<'a>,
    /// The messages, oldest first.
    pub messages: Replay<'a>,
    /// Which ones these are.
    pub which: Recalled,
    /// The last message anywhere.
    pub place: Place,
    /// The client has asked for them. If not, most programs need not hear that there are none.
    pub asked: bool,
    /// The present, so that the day is told where it is another.
    pub now: Wall,
}

/// Where events go: `delivery` implements it, and tests do.
///
/// How an event looks to whom, and in which bytes, is the outlet's business.
pub trait Outlet {
    /// Tells one client.
    fn tell(&mut self, to: ClientId, event: Event<'_>);

    /// Tells all subscribers of a room but the `deaf`, who are some of them. `source` is the client
    /// that the event is about, which may be a subscriber too.
    fn publish(&mut self, room: RoomRef<'_>, source: ClientId, event: Event<'_>, deaf: &[ClientId]);

    /// Lets a client hear what is published to a room from now on.
    fn subscribe(&mut self, room: RoomId, client: ClientId);

    /// Lets a client hear nothing more of a room.
    fn unsubscribe(&mut self, room: RoomId, client: ClientId);

    /// Tells one client what was said before. Those who are told the same one after the other may
    /// be given the same bytes.
    fn replay(&mut self, to: ClientId, recollection: &Recollection<'_>);

    /// Notes that a room has closed: its id may come back as another room's.
    fn close_room(&mut self, room: RoomId);
}
