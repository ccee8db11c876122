//! The shell of `mio-chat chat` and `mio-chat match`: terminal, pipe, poll loop and signals.
//!
//! ```text
//!     command ---> conversation ---> peer::Group     a search, and then lines of text
//!                     |
//!                  company ---> lines (pure)         who is there; lines that arrive
//!
//!     chat         the chat in a terminal or a pipe, with such conversations beside it
//!     health       one question to `--admin` of a server
//! ```
//!
//! Invariants: one thread; nothing blocks but the poll, which is bounded by what is due.

pub mod chat;
mod clock;
mod command;
mod conversation;
mod health;
mod lines;
mod notice;
mod peer_set;
mod remote_player;

pub use command::{Ended, MatchCommand};
pub use health::{HealthCheck, HealthError};
