//! WebSocket as others understand it: the Autobahn suite, and other people's libraries.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod autobahn;
mod peers;
#[path = "../support/mod.rs"]
mod support;
mod tungstenite_peer;
