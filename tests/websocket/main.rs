//! WebSocket as others understand it: the Autobahn suite, other people's libraries, and a crowd in
//! memory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod autobahn;
#[path = "../common/mod.rs"]
mod common;
mod crowd;
mod peers;
#[path = "../support/mod.rs"]
mod support;
mod tungstenite_peer;
