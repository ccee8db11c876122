//! Everything a client may ask.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::message::HistoryCursor;
use super::sanctions::SanctionKind;
use crate::id::ClientId;
use crate::limits::{FLOOD_BYTES_PER_LINE, FLOOD_LINES_PER_ANNOUNCEMENT};

/// One request, whichever dialect it came in; its text is borrowed from the line that held it.
///
/// Text is UTF-8 but otherwise as the client wrote it: names are parsed and text is cleaned where
/// the lobby uses them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Choose a nickname, the first time or anew. Who has none yet begins in `main`.
    Nick(&'a str),
    /// Choose a nickname the first time, and where to begin.
    Register {
        /// The nickname.
        nickname: &'a str,
        /// Where to be, then and whenever one is in no room.
        landing: Landing,
    },
    /// Say something in a room; `None` is the room joined last.
    Say {
        /// The room's name.
        room: Option<&'a str>,
        /// What is said.
        text: &'a str,
    },
    /// Do something in a room (`/me`); `None` is the room joined last.
    Act {
        /// The room's name.
        room: Option<&'a str>,
        /// What is done.
        text: &'a str,
    },
    /// Say something to one person.
    Whisper {
        /// That person's nickname.
        to: &'a str,
        /// What is said.
        text: &'a str,
    },
    /// Go into a room.
    Join {
        /// The room's name.
        room: &'a str,
        /// What opens it, if it needs that.
        password: Option<&'a str>,
        /// Whether to stay in the other rooms too. Plain lines show one room at a time.
        stay: bool,
    },
    /// Leave a room; `None` is the room joined last. Who leaves the last one is back in `main`.
    Leave {
        /// The room's name.
        room: Option<&'a str>,
    },
    /// Which rooms are there?
    Rooms,
    /// Who is in this room? `None` is the room joined last.
    Who {
        /// The room's name.
        room: Option<&'a str>,
        /// Which part of a long list, from 1.
        page: usize,
    },
    /// Whether to be read what was said before, on coming into a room.
    HearHistory(bool),
    /// What concerns a room as such, and order in it.
    InRoom {
        /// The room's name; `None` is the room joined last.
        room: Option<&'a str>,
        /// What is asked there.
        command: RoomCommand<'a>,
    },
    /// Hear nothing of somebody any more; `None`: who is ignored?
    Ignore(Option<&'a str>),
    /// Hear somebody again.
    Unignore(&'a str),
    /// Prove that one keeps order everywhere.
    Oper {
        /// Who one is.
        name: &'a str,
        /// What proves it.
        password: &'a str,
    },
    /// Find players for a game, by a UDP endpoint that brings a token.
    Match {
        /// Those who name the same queue meet.
        queue: &'a str,
        /// How many are to meet.
        players: u8,
    },
    /// Find no players any more.
    MatchOff,
    /// Meet one person in a queue that nobody else knows.
    Invite {
        /// That person's nickname.
        to: &'a str,
    },
    /// How does this work?
    Help(Guide),
    /// Leave the server.
    Quit,
}

/// Where a member is that is in no room of its own choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Landing {
    /// In `main`.
    #[default]
    Main,
    /// Nowhere.
    Nowhere,
}

/// One request that concerns one room, in which the member must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomCommand<'a> {
    /// What was said there before?
    Recall(Recall),
    /// What is the room about?
    AskTopic,
    /// Say what it is about; empty: nothing in particular.
    SetTopic(&'a str),
    /// Let in only those who know this; `None`: everybody.
    SetPassword(Option<&'a str>),
    /// Prove that the room is one's own.
    Own {
        /// What the owner was given.
        key: &'a str,
    },
    /// Give the room to another.
    Give {
        /// That person's nickname.
        to: &'a str,
    },
    /// Let somebody keep order, or not any more.
    Op {
        /// That person's nickname.
        whom: &'a str,
        /// Whether they may.
        may: bool,
    },
    /// Put somebody out.
    Kick {
        /// That person's nickname.
        whom: &'a str,
        /// Why; may be empty.
        reason: &'a str,
    },
    /// Keep somebody out, or quiet.
    Sanction(SanctionRequest<'a>),
    /// Do so no longer.
    Revoke {
        /// What was forbidden.
        kind: SanctionKind,
        /// A nickname, or the number of the ban or mute.
        whom: &'a str,
    },
    /// Who is banned or muted?
    Sanctions {
        /// Which part of a long list, from 1.
        page: usize,
    },
}

impl<'a> RoomCommand<'a> {
    /// The same, of the room joined last.
    pub fn in_last_room(self) -> Command<'a> {
        Command::InRoom { room: None, command: self }
    }
}

/// What is to be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guide {
    /// How to talk.
    Talking,
    /// How to look after a room.
    Rooms,
}

/// Which messages are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recall {
    /// The last ones, at most so many.
    Last(usize),
    /// All after that cursor.
    After(HistoryCursor),
}

/// A ban or a mute that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SanctionRequest<'a> {
    /// What is to be forbidden.
    pub kind: SanctionKind,
    /// To whom: a nickname or, by address, an address.
    pub whom: &'a str,
    /// Whether to everybody from the same address, too.
    pub by_address: bool,
    /// For how long; `None`: for ever.
    pub lasts: Option<Duration>,
    /// Why; may be empty.
    pub reason: &'a str,
}

impl Command<'_> {
    /// What flood control charges, in lines: one, more for long text, more for what a whole
    /// room must be told or what the server must gather.
    pub fn cost(&self) -> u32 {
        let by_length = |text: &str| 1 + (text.len() / FLOOD_BYTES_PER_LINE) as u32;
        match self {
            Self::Say { text, .. } | Self::Act { text, .. } | Self::Whisper { text, .. } => {
                by_length(text)
            }
            Self::Help(_)
            | Self::Quit
            | Self::MatchOff
            | Self::InRoom { command: RoomCommand::AskTopic, .. }
            | Self::HearHistory(_)
            | Self::Ignore(_)
            | Self::Unignore(_) => 1,
            _ => FLOOD_LINES_PER_ANNOUNCEMENT,
        }
    }
}

/// What a command means beyond the lobby, which has carried out the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The conversation goes on.
    Stays,
    /// The same, and the client has a new nickname.
    Renamed,
    /// The client asks for so many players in this queue.
    SeeksMatch {
        /// The queue's name.
        queue: &'a str,
        /// How many are to meet.
        players: u8,
    },
    /// The client wants no players any more.
    StopsSeeking,
    /// The client wants to meet this one.
    Invites(ClientId),
    /// The client says that it keeps order everywhere; the password is to be checked.
    Authenticates {
        /// Who it says it is.
        name: &'a str,
        /// What is to prove it.
        password: &'a str,
    },
    /// The client has brought a wrong password or key, and was told so.
    Guessed,
    /// The client is banned from the server, and was told so.
    KeptOut,
    /// The client asked to be let go.
    Quits,
}
