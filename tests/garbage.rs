//! Random and mutated bytes: the server keeps its invariants, honest people are served, and
//! nothing that a terminal would obey is ever relayed. Each run replays by its seed.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::harmless::expect_harmless;
use common::phrases::utterance;
use common::random::Random;
use common::{World, flood_control, settings};
use mio_chat::chat::{Alphabet, LobbySettings};
use mio_chat::server::Settings;

const SEEDS: u64 = 300;
const STEPS: usize = 60;

fn play(seed: u64) {
    let mut random = Random::new(seed);
    let mut world = World::new(Settings {
        flood: if seed.is_multiple_of(2) { flood_control() } else { None },
        lobby: LobbySettings { alphabet: Alphabet::Unicode, ..settings().lobby },
        ..settings()
    });
    world.join("honest");
    let (mut crowd, mut heard) = (0, BTreeMap::<String, Vec<u8>>::new());
    for _ in 0..STEPS {
        let names = world.names();
        let name = names[random.below(names.len())].clone();
        let present = world.person(&name).closed.is_none() && name != "honest";
        match random.below(12) {
            0 | 1 => {
                crowd += 1;
                world.connect(&format!("m{crowd}"));
            }
            2 => world.wait(Duration::from_millis(random.below(3_000) as u64)),
            3 if present => world.ends(&name),
            4 if present => world.vanishes(&name),
            5 if present => world.reads_only(&name, random.below(500)),
            _ if present => {
                let bytes = utterance(&mut random);
                world.sends(&name, &bytes);
            }
            _ => {}
        }
        for name in world.names() {
            heard.entry(name.clone()).or_default().extend(world.hears_bytes(&name));
        }
    }
    for (name, heard) in &heard {
        expect_harmless(&format!("seed {seed}: {name}"), heard);
    }
    world.types("honest", "still here");
    world.wait(Duration::from_secs(20));
    assert!(world.hears("honest").contains("honest: still here\n"), "seed {seed}");
}

#[test]
fn garbage_hurts_nobody() {
    match std::env::var("MIO_CHAT_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => play(seed),
        None => (1..=SEEDS).for_each(play),
    }
}
