//! The domain: people with nicknames, rooms they sit in, and the rules between them.
//!
//! Knows no byte of any wire format, no socket and no clock: a [`Command`] comes in, the
//! [`Outlet`] is told [`Event`]s, and time is handed in where a rule needs it.
//! How commands and events look on the wire is left to `dialect`, and how events reach people to
//! `delivery`.

mod allowance;
mod command;
mod event;
mod lobby;
mod member;
mod name;
mod names;
mod refusal;
mod room;
mod text;

pub use allowance::{Allowance, FloodRate};
pub use command::{Command, Outcome};
pub use event::{Audience, Event, Farewell, Outlet, Peer, Ticket};
pub use lobby::{Lobby, LobbySettings};
pub use name::{Alphabet, NameKey, Nickname, RoomName};
pub use refusal::{Refusal, Verb, quoted};
pub use room::RoomId;
pub use text::{clean, is_unsafe};
