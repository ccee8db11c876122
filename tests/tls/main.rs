//! TLS on the chat port over real sockets: other people's programs, hostile bytes, readers that
//! stall, and servers that take encrypted clients only.

#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod calls;
mod files;
mod hostile;
mod only;
mod openssl;
mod peer;
mod programs;
mod readers;
mod storm;
#[path = "../support/mod.rs"]
mod support;
mod talk;
#[path = "../common/trusting.rs"]
mod trusting;
