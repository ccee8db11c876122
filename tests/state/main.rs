//! What a server keeps with `--state`, as a real process on a real disk: through kills, clean ends,
//! disks that are full, fail or are slow, and folders that are not for it.
//!
//! Each test has a size for every run and one for a night (`scripts/soak`).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../faults/pair.rs"]
mod pair;
#[path = "../common/random.rs"]
mod random;
#[path = "../support/mod.rs"]
mod support;

mod folder;
mod full;
mod injection;
mod kills;
mod ledger;
mod refused;
mod stops;
mod talkers;
