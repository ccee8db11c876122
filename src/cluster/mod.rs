//! Several nodes, one chat: what a node says to the engine (Redis or Valkey) that orders and
//! remembers, and what it makes of the answers.
//!
//! Everything here is pure: bytes in, bytes out, time and randomness handed in. Sockets are
//! `net`'s; what an entry of a log says is the lobby's. Nothing here elects, gossips or replicates:
//! that is the engine's, and `functions.lua` is the part of this that runs there.

pub mod answer;
pub mod engine;
pub mod entry;
pub mod lease;
pub mod link;
pub mod node;
pub mod resp;
pub mod room_log;
