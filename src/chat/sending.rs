//! Messages that say more than plain lines can: notices, messages of one program to another, and
//! tags of clients.
//!
//! What is said, done or noticed in a room is remembered like any message, and tags without a
//! message where they are to be kept and somebody wants to read them again. The rest is told to
//! those who are there, and forgotten.

use serde::{Deserialize, Serialize};

use super::message::{MessageId, PrivateId};
use super::person::Person;
use crate::time::UnixTime;

/// A message that a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending<'a> {
    /// Its receiver.
    pub to: Recipient<'a>,
    /// Its kind.
    pub kind: SentKind,
    /// The text, which may hold formatting codes; empty where there is none.
    pub text: &'a str,
    /// Tags of the client, as they were written, one after the other with `;` between them.
    pub tags: &'a str,
}

/// The receiver of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient<'a> {
    /// Those in a room.
    Room {
        /// The room's name.
        room: &'a str,
        /// Who of them.
        circle: Circle,
    },
    /// One person, who may be oneself.
    Person(&'a str),
}

/// Who of those in a room is told something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circle {
    /// Everybody.
    Everybody,
    /// Whoever has a voice or looks after the room.
    Voiced,
    /// Whoever looks after the room.
    Operators,
}

/// The kind of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SentKind {
    /// Somebody says something.
    Said,
    /// Somebody does something (`/me`).
    Acted,
    /// Somebody says something that no program answers.
    Noticed,
    /// A program asks the programs of others something; people are not told.
    Control,
    /// A program answers that.
    ControlAnswer,
    /// Tags without a message, which are kept for programs that read them again: a reaction, say.
    Tagged,
    /// Tags without a message, of no interest later: that somebody is typing, say.
    Fleeting,
}

impl SentKind {
    /// Whether it is for people, and remembered.
    pub fn is_message(self) -> bool {
        matches!(self, Self::Said | Self::Acted | Self::Noticed)
    }

    /// Whether it is remembered, if only for programs.
    pub fn is_kept(self) -> bool {
        self.is_message() || self == Self::Tagged
    }
}

/// A message that was sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// Its author.
    pub who: Person<'a>,
    /// Its kind.
    pub kind: SentKind,
    /// Clean text, formatting codes included.
    pub text: &'a str,
    /// Tags of its author's client.
    pub tags: &'a str,
    /// By what it is known.
    pub id: SentId,
}

/// By what a message is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentId {
    /// A number, in an epoch: the message is remembered.
    Numbered(MessageId, u32),
    /// None: it was told to some alone.
    Unnumbered(PrivateId),
}

impl SentId {
    /// Its date.
    pub fn at(self) -> UnixTime {
        match self {
            Self::Numbered(id, _) => id.at,
            Self::Unnumbered(id) => id.at,
        }
    }
}
