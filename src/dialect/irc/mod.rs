//! IRC: RFC 1459, RFC 2812 and the extensions of IRCv3.
//!
//! ```text
//!     message        one line taken apart: tags, verb, parameters
//!     capability     what a client may ask for, and which of it changes what a room is told
//!     decoder        bytes to lines, and lines to steps
//!     registration   CAP, PASS, NICK, USER, until the client is a member
//!     gateway        WEBIRC: for whom a gateway comes
//!     sasl           AUTHENTICATE; accounts: what is told and offered of accounts
//!     commands       what the verbs ask for
//!     multiline      messages of several lines, until they are whole
//!     note           what a client's reader is to know or to tell of a line
//!     reader         one client's end: its nickname, its label, answers put together
//!     events         what happens in a room; replies, refusals: what one client is told
//!     redaction      messages that are taken back
//!     renaming       rooms that get another name
//!     server         questions that the language answers alone: version, help
//!     frames         the same lines in messages of WebSocket
//!     password       the one that a server may ask for; strict_transport: the way to TLS (STS)
//!     numeric        lines as they are written; isupport: what the server says of its limits
//! ```
//!
//! Rooms, people and rules are the lobby's and the same for everybody: here is only how they are
//! said in IRC. `#games` is the room `games`.
//!
//! Invariants: every line is UTF-8 and ends in CR LF, its body takes no more than 512 bytes, and no
//! client is sent a tag or a command of a capability that it has not taken.

mod accounts;
mod addressee;
mod bounds;
mod capability;
mod commands;
pub(super) mod decoder;
mod events;
mod frames;
mod gateway;
mod isupport;
mod message;
mod multiline;
mod note;
mod numeric;
mod password;
mod reader;
mod redaction;
mod refusals;
mod registration;
mod renaming;
mod replies;
mod ruled;
mod sasl;
mod server;
mod source;
mod strict_transport;
mod told;

use crate::chat::{RoomEvent, RoomName};

pub use capability::Form;
pub use gateway::{GatewayRefusal, Introduction};
pub use note::Note;
pub use password::ServerPassword;
pub use reader::{OwnEvent, Reader};
pub use strict_transport::StrictTransport;

/// Appends what happened in a room, for those who have taken these capabilities.
pub(super) fn room_event(form: Form, room: &RoomName, event: &RoomEvent<'_>, out: &mut Vec<u8>) {
    let Some(opcode) = form.opcode() else { return events::write(form, room, event, out) };
    let mut lines = Vec::new();
    events::write(form, room, event, &mut lines);
    frames::write_lines(opcode, &lines, out);
}

/// Whether this is a verb by which a client shows that it speaks IRC.
pub(super) use commands::begins_irc;
