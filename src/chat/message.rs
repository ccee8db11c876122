//! Messages in a room, as its history keeps them.
//!
//! Every message has a number. Numbers grow over the whole server, so that a room that was
//! forgotten and made anew does not repeat them; an epoch tells the numbers of one server from
//! those of another.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::authorship::Authorship;
use super::name::Nickname;
use crate::limits::MESSAGE_WEIGHT;
use crate::time::UnixTime;

/// Whether something was said, done (`/me`) or noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageKind {
    /// Somebody said something.
    Said,
    /// Somebody did something (`/me`).
    Acted,
    /// Somebody said something that no program answers.
    Noticed,
}

/// The number and the date of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageId {
    /// Its number: more than that of any message before, in any room.
    pub number: u64,
    /// Its date.
    pub at: UnixTime,
}

/// By what a private message is known, which has no number: its date, and its place among all such
/// of the process that told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PrivateId {
    /// Its date.
    pub at: UnixTime,
    /// Its place among all such.
    pub count: u32,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its number and date.
    pub id: MessageId,
    /// Whether it was said or done (`/me`).
    pub kind: MessageKind,
    /// The speaker.
    pub who: Nickname,
    /// Clean text.
    pub text: SmolStr,
    /// By what the speaker is known again.
    #[serde(default)]
    pub author: Authorship,
}

impl Message {
    /// The bytes that it counts for in a history.
    pub fn weight(&self) -> usize {
        MESSAGE_WEIGHT + self.text.len() + self.author.weight()
    }
}

/// A reader's position in the history: it has read up to the message of this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryCursor {
    /// The epoch of the numbers: each server that began anew has another.
    pub epoch: u32,
    /// The last message that was read.
    pub number: u64,
}
