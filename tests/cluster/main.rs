//! Several nodes on one engine: on a simulated one with every fault there is, and on a real
//! `redis-server`, which must mean the same.
//!
//! `MIO_CHAT_SEED=n` plays one life of the simulation and tells what happens in it;
//! `MIO_CHAT_SIZE=long` plays many.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]
#![allow(clippy::disallowed_methods, reason = "real engines take real time")]

mod differential;
mod faults;
mod random;
mod real;
mod record;
mod redis;
mod server;
mod store;
mod world;

use std::panic::catch_unwind;

use faults::{Outcome, live};

/// Lives in the gate, and by night.
const LIVES: u64 = 200;
const LIVES_LONG: u64 = 20_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn whatever_goes_wrong_nothing_is_lost_doubled_or_out_of_order() {
    if let Some(seed) = number("MIO_CHAT_SEED") {
        println!("{:?}", live(seed, true));
        return;
    }
    let is_long = std::env::var("MIO_CHAT_SIZE").is_ok_and(|size| size == "long");
    let lives = if is_long { LIVES_LONG } else { LIVES };
    let (mut all, mut failed) = (Outcome::default(), Vec::new());
    for seed in 0..lives {
        match catch_unwind(|| live(seed, false)) {
            Ok(outcome) => {
                all.shown += outcome.shown;
                all.holes += outcome.holes;
                all.gaps += outcome.gaps;
                all.skipped += outcome.skipped;
                all.lost += outcome.lost;
                all.wipes += outcome.wipes;
                all.promotions += outcome.promotions;
                all.restarts += outcome.restarts;
                all.conflicts += outcome.conflicts;
            }
            Err(_) => {
                eprintln!("replay with: MIO_CHAT_SEED={seed} cargo test --test cluster whatever");
                failed.push(seed);
            }
        }
    }
    println!("{lives} lives: {all:?}");
    assert!(failed.is_empty(), "{} of {lives} lives: {failed:?}", failed.len());
    // That what is to be tested has happened at all.
    assert!(all.gaps > 0 && all.skipped > 0 && all.lost > lives && all.conflicts > 0, "{all:?}");
    assert!(all.wipes > 0 && all.promotions > 0 && all.restarts > 0, "{all:?}");
}
