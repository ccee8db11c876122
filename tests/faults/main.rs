//! What must not bring the server down or the others to a halt: no descriptors left, readers that
//! stall, crowds that come and go at once, a network that breaks what it carries, a full disk.
//!
//! Each test has a size for every run and one for a night (`scripts/soak`), and tells what the
//! fault has cost: those who chat meanwhile, and the longest turns of the server's loop.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../common/random.rs"]
mod random;
#[path = "../support/mod.rs"]
mod support;

mod changes;
mod chaos;
mod crowds;
mod descriptors;
mod flooders;
mod herd;
mod kills;
mod log;
mod pair;
mod proxy;
mod readers;
mod resets;
mod signals;
mod slowloris;
mod soak;
mod syscalls;

/// Nobody is slowed down, and each gets as many lines through as it can say.
const NO_FLOOD_CONTROL: [&str; 2] = ["--flood", "off"];
