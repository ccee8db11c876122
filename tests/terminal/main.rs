//! `mio-chat chat` as somebody in front of a terminal has it: keys go in, and what they see, and
//! what the program leaves behind, is looked at.
//!
//! ```text
//!     pty          a pseudo-terminal         terminal   a program in it, and its screen
//!     sequences    what was written to it    hostile    lines that nobody should send
//!     fake_server  does as it is told        proofs     that all this finds what is wrong
//!     stories      what people do with the client
//!     hangup       the server, when its terminal is closed
//! ```

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../common/random.rs"]
mod random;
#[path = "../support/mod.rs"]
mod support;

mod fake_server;
mod hangup;
mod hostile;
mod proofs;
mod pty;
mod sequences;
mod stories;
mod terminal;
#[path = "../../src/console/samples.rs"]
mod told;
