//! What must hold whatever the bytes are, one file for each part of the server.
//!
//! Each has one function, `check`, that panics where its property does not hold. The fuzz targets
//! call it with what libFuzzer makes up, and `tests/corpus.rs` with what is kept in the corpus.

pub mod commands;
pub mod datagram;
pub mod detect;
pub mod engine;
pub mod frames;
pub mod heads;
mod input;
pub mod irc;
pub mod keyed;
pub mod lines;
pub mod names;
pub mod proxy;
pub mod records;
pub mod requests;
pub mod scram;
pub mod stun;
pub mod text;
pub mod tls;
