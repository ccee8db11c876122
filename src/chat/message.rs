//! What was said in a room, as it is remembered.
//!
//! Every message has a number. Numbers grow over the whole server, so that a room that was
//! forgotten and made anew does not repeat them; an epoch tells the numbers of one server from
//! those of another.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::name::Nickname;
use crate::limits::MESSAGE_WEIGHT;
use crate::time::UnixTime;

/// Whether something was said or done (`/me`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageKind {
    /// Somebody said something.
    Said,
    /// Somebody did something (`/me`).
    Acted,
}

/// When a message was said, among all others and by the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageId {
    /// Its number: more than that of any message before, in any room.
    pub number: u64,
    /// Its date.
    pub at: UnixTime,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// When it was said.
    pub id: MessageId,
    /// How.
    pub kind: MessageKind,
    /// By whom.
    pub who: Nickname,
    /// Clean text.
    pub text: SmolStr,
}

impl Message {
    /// Bytes that it counts for in a history.
    pub fn weight(&self) -> usize {
        MESSAGE_WEIGHT + self.text.len()
    }
}

/// How far somebody has read: up to the message of this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryCursor {
    /// Whose numbers these are.
    pub epoch: u32,
    /// The last message that was read.
    pub number: u64,
}
