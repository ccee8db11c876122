//! A server that is followed by another process while people talk: nothing is lost or doubled, and
//! whatever is wrong with the new one, the old one goes on.
//!
//! ```text
//! running   a server by a path that can be made to lead to another program
//! stories   what survives            failures   programs that are no successor
//! encrypted the same by TLS
//! ```

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod encrypted;
mod failures;
mod running;
mod stories;
#[path = "../support/mod.rs"]
mod support;
