//! JSON dialect 1: what a program is told and asks for, one object at a time.
//!
//! ```text
//!     object   the objects, for who writes them and who reads them
//!     events, replies, errors     what happens, as objects
//!     requests                    what a program asks for
//! ```
//!
//! An object is written without what ends it: the encoding knows whether that is a newline or the
//! length of a frame in front. No object holds a byte below U+0020.

mod accounts;
mod conversations;
mod depth;
mod endings;
mod errors;
mod events;
mod marks;
mod object;
mod people;
mod person;
mod private;
mod replies;
mod requests;
mod room_objects;
mod room_requests;
mod said;

pub(super) use events::room_event;
pub use object::{
    Action, Bye, Error, Greeting, Limits, Message, Moderated, Object, PeerEntry, Redacted,
    RoomEntry, RoomInvitation, RoomRenamed, Rules, SanctionEntry, Text, VERSION,
};
pub use person::{Away, PersonEntry};
pub use private::{ConversationEntry, Conversations, Forgotten, Private, Remembered};
pub(super) use replies::{acknowledge, format, reply};
pub(super) use requests::RequestSteps;

#[cfg(test)]
mod tests;
