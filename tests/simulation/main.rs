//! A crowd in memory, all of it from one seed: a network that cuts, delays, breaks and blocks
//! whatever passes, people who talk, stall, lie and come back, datagrams that are lost, doubled and
//! forged; and beside the server a naive model that says what each of them must hear.
//!
//! ```text
//! world     one run: what happens, the clock                   persistence  what is saved of it
//! crowd     the network as turns of the server use it
//! people    what they say            wire   how it gets to the server, and how they read
//! model     what the server must do  client one of them        expected  what one must hear
//! slow      who is cut off           offices  digests, passwords, a restart
//! hearing   a line, in its language
//! rooms     who is where             talk   what they say      memory    what rooms remember
//! moving    coming, leaving, names
//! order     whose rooms are          sentences  bans and mutes
//! places    which room makes way
//! words     commands taken apart     texts  what the server says, and names and times
//! json      what readers of JSON were sent, as plain lines
//! irc       people who speak IRC: what their lines ask for, about rooms in irc_rooms, irc_modes
//! irc_words what its readers are told   irc_wire  what they were sent   irc_people  what they say
//! endpoints the UDP side, with a model of its own
//! origins   what all from one address have used up
//! secure    those who come encrypted
//! rules     limits of this run       seen   what has happened at all
//! ```
//!
//! `MIO_CHAT_SEED=n` plays one seed and prints what happens; `scripts/simulate` plays many.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod client;
#[path = "../common/mod.rs"]
mod common;
mod crowd;
mod endpoints;
mod expected;
mod hearing;
mod irc;
mod irc_modes;
mod irc_people;
mod irc_rooms;
mod irc_wire;
mod irc_words;
mod json;
mod memory;
mod model;
mod moving;
mod naming;
mod offices;
mod order;
mod origins;
mod people;
mod persistence;
mod places;
mod replica;
mod rooms;
mod rules;
mod secure;
mod seen;
mod sentences;
mod slow;
mod talk;
mod texts;
#[path = "../common/trusting.rs"]
mod trusting;
mod wire;
mod words;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use common::random;
use seen::Seen;
use world::World;

/// Seeds of a run of `cargo test`, in so many tests that run beside each other.
const SEEDS: u64 = 256;
const PARTS: u64 = 4;
const STEPS: usize = 3_000;
/// In one of four runs, each after all are gone.
const RESTARTS: usize = 2;

/// Plays one seed to its end. Returns the hash of all that was sent, and what happened.
fn play(seed: u64, trace: bool) -> (u64, Seen) {
    let run = || {
        let mut world = World::new(seed, trace);
        for _ in 0..STEPS {
            world.step();
        }
        if seed.is_multiple_of(4) {
            for _ in 0..RESTARTS {
                world.shut_down();
                world.restart();
                for _ in 0..STEPS / 8 {
                    world.step();
                }
            }
        }
        world.come_to_rest();
        (world.hash(), world.seen())
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|failure| {
        let command = "cargo test --test simulation one_seed -- --nocapture";
        eprintln!("replay with: MIO_CHAT_SEED={seed} {command}");
        resume_unwind(failure)
    })
}

fn play_all(seeds: impl Iterator<Item = u64>) -> Seen {
    let mut all = Seen::default();
    for seed in seeds {
        all.add(&play(seed, false).1);
    }
    all
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// One of the parts of the gate; each sees everything there is to see.
fn play_part(part: u64) {
    let each = SEEDS / PARTS;
    let seen = play_all(part * each + 1..=(part + 1) * each);
    assert_eq!(seen.missing(), Vec::<&str>::new(), "never happened; all: {seen:?}");
}

#[test]
fn crowd_one() {
    play_part(0);
}

#[test]
fn crowd_two() {
    play_part(1);
}

#[test]
fn crowd_three() {
    play_part(2);
}

#[test]
fn crowd_four() {
    play_part(3);
}

#[test]
fn the_same_seed_is_the_same_run() {
    let once = [1, 2].map(|seed| play(seed, false).0);
    assert_eq!([1, 2].map(|seed| play(seed, false).0), once);
    assert_ne!(once[0], once[1]);
}

/// `MIO_CHAT_SEED=n`: that one, told step by step.
#[test]
fn one_seed() {
    let Some(seed) = number("MIO_CHAT_SEED") else { return };
    let (hash, seen) = play(seed, true);
    eprintln!("seed {seed}: hash {hash:016x}, {seen:?}");
}

/// `MIO_CHAT_SEEDS=first-last`: all of those.
#[test]
fn some_seeds() {
    let range = std::env::var("MIO_CHAT_SEEDS").unwrap_or_default();
    let Some((first, last)) = range.split_once('-') else { return };
    let seen = play_all(first.parse().unwrap()..=last.parse().unwrap());
    eprintln!("seeds {first} to {last}: {seen:?}");
}
