//! Taking messages back: what is asked, and what others are told.
//!
//! Whoever said something may take it back, and so may those who look after the room.

use super::message::{HistoryCursor, PrivateId};
use super::name::Nickname;
use super::person::Person;
use super::sending::SentId;

/// A message, as somebody names it who wants it taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageRef {
    /// By its number.
    Number(u64),
    /// By its number, in an epoch.
    Place(HistoryCursor),
    /// By the id of a private message.
    Private(PrivateId),
    /// By something that names no message of this server.
    Nothing,
}

impl MessageRef {
    /// The number of the message, in a lobby of this epoch.
    pub(super) fn number(self, epoch: u32) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Place(cursor) if cursor.epoch == epoch => Some(cursor.number),
            _ => None,
        }
    }
}

/// A message in a room was taken back.
#[derive(Clone, Copy, Debug)]
pub struct Redacted<'a> {
    /// Whoever took it back.
    pub by: Person<'a>,
    /// Whoever had said it.
    pub author: &'a Nickname,
    /// Whether these are the same.
    pub is_own: bool,
    /// The message.
    pub id: SentId,
    /// The reason; may be empty.
    pub reason: &'a str,
}
