//! Everything a client may ask.

use crate::id::ClientId;
use crate::limits::{FLOOD_BYTES_PER_LINE, FLOOD_LINES_PER_ANNOUNCEMENT};

/// One request, whichever dialect it came in; its text is borrowed from the line that held it.
///
/// Text is UTF-8 but otherwise as the client wrote it: names are parsed and text is cleaned where
/// the lobby uses them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Choose a nickname, the first time or anew.
    Nick(&'a str),
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
    Help,
    /// Leave the server.
    Quit,
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
            Self::Nick(_)
            | Self::Join { .. }
            | Self::Leave { .. }
            | Self::Rooms
            | Self::Who { .. }
            | Self::Match { .. }
            | Self::Invite { .. } => FLOOD_LINES_PER_ANNOUNCEMENT,
            Self::Help | Self::Quit | Self::MatchOff => 1,
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
    /// The client asked to be let go.
    Quits,
}
