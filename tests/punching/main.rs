//! Players find each other through every kind of NAT, in every kind of weather, in virtual time.
//!
//! `network` and `server` are models; the clients are the real ones. Whatever goes wrong names the
//! seed that plays it again. `MIO_CHAT_SIZE=long` plays many more.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod abuse;
mod after;
mod model;
mod moving;
mod network;
mod world;

#[path = "../common/random.rs"]
mod random;

use network::{Nat, Weather};
use random::Random;
use world::World;

const FINE: Weather = Weather { loss_percent: 0, double_percent: 0, delay_millis: (20, 0) };
const ROUGH: Weather = Weather { loss_percent: 10, double_percent: 10, delay_millis: (10, 80) };
const STORM: Weather = Weather { loss_percent: 30, double_percent: 20, delay_millis: (10, 150) };

/// Runs for each kind of weather.
fn runs() -> u64 {
    let is_long = std::env::var_os("MIO_CHAT_SIZE").is_some_and(|size| size == "long");
    if is_long { 5_000 } else { 400 }
}

/// Plays one run with players behind random NATs, and looks how it is some seconds after the last
/// of them has heard of the match.
fn play(seed: u64, weather: Weather, seconds: u64) {
    let mut random = Random::new(seed);
    let players = 2 + random.below(4);
    let nats: Vec<Nat> = (0..players).map(|_| *random.pick(&Nat::ALL)).collect();
    let mut world = World::new(&nats, weather, seed);
    world.run_until_matched();
    world.run_for(seconds * 1_000);
    world.check_all_reached();
}

#[test]
fn every_two_kinds_of_nat_find_the_best_way() {
    for one in Nat::ALL {
        for other in Nat::ALL {
            let mut world = World::new(&[one, other], FINE, 1);
            world.run_until(5_000);
            world.check_all_reached();
        }
    }
}

#[test]
fn groups_find_each_other_in_fine_weather() {
    (0..runs()).for_each(|seed| play(seed, FINE, 5));
}

#[test]
fn groups_find_each_other_in_rough_weather() {
    (0..runs()).for_each(|seed| play(seed, ROUGH, 5));
}

#[test]
fn groups_find_each_other_in_a_storm() {
    (0..runs()).for_each(|seed| play(seed, STORM, 15));
}

#[test]
fn a_run_can_be_played_again() {
    let trace = |seed| {
        let mut world = World::new(&[Nat::Restricted, Nat::Symmetric, Nat::Open], STORM, seed);
        world.run_until(15_000);
        (world.network.sent(), world.trace)
    };
    assert_eq!(trace(3), trace(3));
    assert_ne!(trace(3), trace(4));
}
