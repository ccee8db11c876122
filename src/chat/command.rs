//! Commands: everything a client may ask for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::account_request::AccountRequest;
use super::conversation::ConversationCommand;
use super::message::HistoryCursor;
use super::metadata_request::{MetadataCommand, MetadataSubject};
use super::people::PeopleCommand;
use super::profile::About;
use super::read_marks::Conversation;
use super::redaction::MessageRef;
use super::room_modes::{ModeRequest, RoomsQuestion};
use super::sanctions::SanctionKind;
use super::sending::Sending;
use super::window::Window;
use crate::id::ClientId;
use crate::limits::{FLOOD_BYTES_PER_LINE, FLOOD_LINES_PER_ANNOUNCEMENT};
use crate::text::lines::count_pieces;
use crate::time::UnixTime;

/// One request, whichever dialect it came in; its text is borrowed from the line that held it.
///
/// Text is UTF-8 but otherwise as the client wrote it: names are parsed and text is cleaned where
/// the lobby uses them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Choose a nickname, the first time or anew. A client without one begins in `main`.
    Nick(&'a str),
    /// Choose the first nickname, and where to begin.
    Register {
        /// The nickname.
        nickname: &'a str,
        /// Where the member is, then and whenever it has left its last room.
        landing: Landing,
        /// What the client tells of its person.
        about: Option<About<'a>>,
    },
    /// Say something in a room; `None` is the room joined last.
    Say {
        /// The room's name.
        room: Option<&'a str>,
        /// The text.
        text: &'a str,
    },
    /// Do something in a room (`/me`); `None` is the room joined last.
    Act {
        /// The room's name.
        room: Option<&'a str>,
        /// The action.
        text: &'a str,
    },
    /// Say something to one person.
    Whisper {
        /// The nickname.
        to: &'a str,
        /// The text.
        text: &'a str,
    },
    /// Join a room.
    Join {
        /// The room's name.
        room: &'a str,
        /// The password or the owner's key, if the room needs one.
        password: Option<&'a str>,
        /// Whether to stay in the other rooms too. Plain lines show one room at a time.
        stay: bool,
        /// Which messages to be sent on coming in; `None`: as the client has chosen before.
        recall: Option<Recall>,
        /// Whether to be told who is there.
        list: bool,
        /// Whether a room that is made by it belongs to the member without a key, until everybody
        /// has left. What is brought as a password then is none where the room has none.
        keyless: bool,
    },
    /// Leave a room. A member that leaves its last room is back where it began ([`Landing`]).
    Leave {
        /// The room's name.
        room: Option<&'a str>,
        /// The reason; may be empty.
        reason: &'a str,
    },
    /// Leave all rooms, and be back where the member began.
    LeaveAll,
    /// List the rooms.
    Rooms,
    /// List the members of a room.
    Who {
        /// The room's name.
        room: Option<&'a str>,
        /// Which part of a long list, from 1.
        page: usize,
    },
    /// A question about rooms.
    About(RoomsQuestion<'a>),
    /// Whether the room's history is sent to the client when it joins.
    HearHistory(bool),
    /// A command about a room itself, or about order in it.
    InRoom {
        /// The room's name; `None` is the room joined last.
        room: Option<&'a str>,
        /// The command.
        command: RoomCommand<'a>,
    },
    /// Ignore somebody; `None`: list those who are ignored.
    Ignore(Option<&'a str>),
    /// Stop ignoring somebody.
    Unignore(&'a str),
    /// Log in as a server operator.
    Oper {
        /// The operator's name.
        name: &'a str,
        /// The operator's password.
        password: &'a str,
    },
    /// Find players for a game, by a UDP endpoint that brings a token.
    Match {
        /// The queue's name: players who name the same queue meet.
        queue: &'a str,
        /// The number of players who are to meet.
        players: u8,
    },
    /// Stop looking for players.
    MatchOff,
    /// Invite one person to a queue that nobody else knows.
    Invite {
        /// The nickname.
        to: &'a str,
    },
    /// Something about accounts.
    Account(AccountRequest<'a>),
    /// Send a message of any kind.
    Send(Sending<'a>),
    /// Ask up to when a conversation was read, or say so.
    MarkRead {
        /// The conversation.
        conversation: Conversation<'a>,
        /// The date of the last message that was read.
        read: Option<UnixTime>,
    },
    /// Something about metadata.
    Metadata {
        /// Whose.
        of: MetadataSubject<'a>,
        /// The command.
        command: MetadataCommand<'a>,
    },
    /// Something about people.
    People(PeopleCommand<'a>),
    /// Something about one's own conversations.
    Conversation(ConversationCommand<'a>),
    /// Show a page of help.
    Help(Guide),
    /// Leave the server, for a reason that may be empty.
    Quit(&'a str),
}

/// Where a member is that has left its last room.
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
    /// Ask for the room's history.
    Recall(Recall),
    /// Ask for the topic.
    AskTopic,
    /// Set the topic; empty: take it away.
    SetTopic(&'a str),
    /// Give the room another name.
    Rename {
        /// The name.
        name: &'a str,
        /// The reason; may be empty.
        reason: &'a str,
    },
    /// Set the password that newcomers need; `None`: take it away.
    SetPassword(Option<&'a str>),
    /// Claim the room by its key.
    Own {
        /// The key, which was shown to the owner when the room was made or given away.
        key: &'a str,
    },
    /// Give the room to another member.
    Give {
        /// The nickname.
        to: &'a str,
    },
    /// Make somebody an operator of the room, or no longer.
    Op {
        /// The nickname.
        whom: &'a str,
        /// Whether they become an operator; if not, they stop being one.
        may: bool,
    },
    /// Kick somebody.
    Kick {
        /// The nickname.
        whom: &'a str,
        /// The reason; may be empty.
        reason: &'a str,
    },
    /// Ask about the rules of the room, or change them.
    Mode(ModeRequest<'a>),
    /// Ban or mute somebody.
    Sanction(SanctionRequest<'a>),
    /// Revoke a ban or a mute.
    Revoke {
        /// Ban or mute.
        kind: SanctionKind,
        /// A nickname, or the number of the ban or mute.
        whom: &'a str,
    },
    /// Take a message back.
    Redact {
        /// The message.
        message: MessageRef,
        /// The reason; may be empty.
        reason: &'a str,
    },
    /// List the bans and mutes.
    Sanctions {
        /// Which part of a long list, from 1.
        page: usize,
    },
}

impl<'a> RoomCommand<'a> {
    /// This command, given in the room joined last.
    pub fn in_last_room(self) -> Command<'a> {
        Command::InRoom { room: None, command: self }
    }
}

/// A page of help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guide {
    /// Talking.
    Talking,
    /// Looking after a room.
    Rooms,
}

/// Which messages are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recall {
    /// The last ones, at most so many.
    Last(usize),
    /// All after that cursor.
    After(HistoryCursor),
    /// Those in a window.
    Window(Window),
    /// The last ones before the message of this number, at most so many.
    Before {
        /// The number.
        number: u64,
        /// How many, at most.
        most: usize,
    },
}

/// A ban or a mute that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SanctionRequest<'a> {
    /// Ban or mute.
    pub kind: SanctionKind,
    /// The target: a nickname or, by address, an address.
    pub whom: &'a str,
    /// Whether the sanction is on everybody from the target's address as well.
    pub by_address: bool,
    /// The duration; `None`: for ever.
    pub lasts: Option<Duration>,
    /// The reason; may be empty.
    pub reason: &'a str,
}

impl<'a> Command<'a> {
    /// This command, given in a room, if it was given in the one joined last.
    #[must_use]
    pub fn in_room(mut self, name: &'a str) -> Self {
        if let Self::Say { room, .. }
        | Self::Act { room, .. }
        | Self::Leave { room, .. }
        | Self::Who { room, .. }
        | Self::InRoom { room, .. } = &mut self
        {
            room.get_or_insert(name);
        }
        self
    }

    /// The charge for flood control, in lines: one, more for long text, more for what a whole
    /// room must be told or what the server must gather.
    pub fn cost(&self) -> u32 {
        let by_length = |text: &str| 1 + (text.len() / FLOOD_BYTES_PER_LINE) as u32;
        match self {
            Self::Say { text, .. } | Self::Act { text, .. } | Self::Whisper { text, .. } => {
                by_length(text)
            }
            Self::People(command) => command.cost(),
            Self::Metadata { command, .. } => command.cost(),
            Self::Send(sending) => {
                let lines = count_pieces(sending.text) as u32;
                by_length(sending.text).max(lines)
                    + (sending.tags.len() / FLOOD_BYTES_PER_LINE) as u32
            }
            Self::Help(_)
            | Self::Quit(_)
            | Self::MatchOff
            | Self::About(RoomsQuestion::Names { .. } | RoomsQuestion::Invitations)
            | Self::InRoom { command: RoomCommand::AskTopic, .. }
            | Self::InRoom {
                command: RoomCommand::Mode(ModeRequest::Ask | ModeRequest::Masks(_)),
                ..
            }
            | Self::HearHistory(_)
            | Self::MarkRead { .. }
            | Self::Ignore(_)
            | Self::Unignore(_) => 1,
            _ => FLOOD_LINES_PER_ANNOUNCEMENT,
        }
    }
}

/// The outcome of a command: what is left to do outside of the lobby.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The conversation goes on.
    Stays,
    /// The conversation goes on, and the client has a new nickname.
    Renamed,
    /// The client asks for so many players in this queue.
    SeeksMatch {
        /// The queue's name.
        queue: &'a str,
        /// The number of players who are to meet.
        players: u8,
    },
    /// The client stops looking for players.
    StopsSeeking,
    /// The client wants to meet this one.
    Invites(ClientId),
    /// The client logs in as a server operator; the password is to be checked.
    Authenticates {
        /// The operator's name, as the client gave it.
        name: &'a str,
        /// The password that the client gave.
        password: &'a str,
    },
    /// The client asks for something about accounts.
    Account(AccountRequest<'a>),
    /// The client was told of so many people.
    Listed(usize),
    /// The client asks how many are here.
    CountsPeople,
    /// The client has brought a wrong password or key, and was told so.
    Guessed,
    /// The client is banned from the server, and was told so.
    KeptOut,
    /// The client asked to be let go, for a reason that may be empty.
    Quits(&'a str),
}
