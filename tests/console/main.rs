//! Stories of the terminal client: what is typed and heard, and what is then sent and seen.
//!
//! No terminal, no sockets, no clock. Pictures of the view are in `tests/screens`;
//! `MIO_CHAT_UPDATE=1 cargo test --test console` draws them anew.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod pictures;
mod play;
mod stories;
#[path = "../../src/console/samples.rs"]
mod told;
