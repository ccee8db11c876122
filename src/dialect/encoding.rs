//! In which language and style a client is told things.
//!
//! Readers of one encoding share the same encoded bytes. Nothing outside this folder names a
//! variant, so that a new one is added here alone.

use serde::{Deserialize, Serialize};

use super::wording;
use crate::chat::{Reply, RoomEvent, RoomName};

/// How a client reads what it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// Plain lines.
    #[default]
    Line,
    /// The same, each message with its number and its date.
    NumberedLine,
}

impl Encoding {
    /// Every encoding, by its index.
    pub const ALL: [Self; 2] = [Self::Line, Self::NumberedLine];

    /// Plain lines, with numbers or without.
    pub fn line(numbered: bool) -> Self {
        if numbered { Self::NumberedLine } else { Self::Line }
    }

    /// Its place in [`Encoding::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// Appends what happened in a room, with all that ends it.
    pub fn room_event(self, _room: &RoomName, event: &RoomEvent<'_>, out: &mut Vec<u8>) {
        wording::room_event(event, self == Self::NumberedLine, out);
    }

    /// Appends what one client is told, with all that ends it.
    pub fn reply(self, reply: &Reply<'_>, out: &mut Vec<u8>) {
        wording::reply(reply, self == Self::NumberedLine, out);
    }

    /// Whether a reader who has not asked is told that there is no history: a program that counts
    /// messages begins to count at the number told then.
    pub fn announces_empty_history(self) -> bool {
        self == Self::NumberedLine
    }
}
