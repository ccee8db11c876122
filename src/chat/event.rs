//! Everything a client may be told, and the one who tells it.

use std::net::SocketAddr;

use super::name::{Nickname, RoomName};
use super::refusal::Refusal;
use super::room::RoomId;
use crate::id::ClientId;

/// Something that happened, as one client is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// Your nickname, please.
    Prompt,
    /// You have your nickname.
    Welcome,
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
    },
    /// Somebody did something in the room.
    Acted {
        /// The actor.
        who: &'a Nickname,
        /// Clean text.
        text: &'a str,
    },
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
        /// Some of them, sorted.
        names: &'a [&'a str],
        /// How many more there are.
        more: usize,
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
    Help,
    /// You said more than you may at once: the rest waits its turn.
    TooFast,
    /// No, and why.
    Refused(&'a Refusal),
    /// This connection ends, and why.
    Farewell(Farewell),
}

impl Event<'_> {
    /// Whether this only tells who comes and goes: the first thing a slow reader goes without.
    pub fn is_presence(&self) -> bool {
        matches!(self, Self::Joined { .. } | Self::Left { .. })
    }
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    Shutdown,
    /// The server holds as many clients as it may.
    ServerFull,
    /// As many clients as may be are connected from this address.
    AddressFull,
}

/// Who hears what happens in a room: its members, as they are now.
#[derive(Clone, Copy, Debug)]
pub struct Audience<'a> {
    /// The room.
    pub room: RoomId,
    /// Everyone in it.
    pub members: &'a [ClientId],
    /// Another for any other room and any other members, so that two audiences are compared by it
    /// alone. One more than before means that exactly one client came, and is the last of the
    /// members, or left, and is the source of what is told of it.
    pub version: u64,
}

/// Where events go: `delivery` implements it, and tests do.
pub trait Outlet {
    /// Tells one client.
    fn tell(&mut self, to: ClientId, event: Event<'_>);

    /// Tells everyone in a room. `source` is the client it is about, which may be in the audience;
    /// some dialects do not echo to it.
    fn publish(&mut self, audience: Audience<'_>, source: ClientId, event: Event<'_>);

    /// Notes that a room has closed: its id may come back as another room's.
    fn close_room(&mut self, room: RoomId);
}
