//! Random and mutated bytes: the server keeps its invariants, honest people are served, and
//! nothing that a terminal would obey is ever relayed. Each run replays by its seed.

mod common;

use std::time::Duration;

use common::random::Random;
use common::{World, flood_control, settings};
use mio_chat::chat::{Alphabet, LobbySettings};
use mio_chat::server::Settings;

const SEEDS: u64 = 300;
const STEPS: usize = 60;

const PHRASES: [&[u8]; 26] = [
    b"alice",
    b"bob",
    b"m\n",
    b"hello world\n",
    b"/nick ",
    b"/join ",
    b"games\n",
    b"/leave\n",
    b"/who\n",
    b"/rooms\n",
    b"/msg alice hi\n",
    b"/me waves\n",
    b"/help\n",
    b"/quit\n",
    b"\r\n",
    b"\r\0",
    b"\xff\xfa\x1f",
    b"\xff\xf0",
    b"\xff\xfb\x01",
    b"\xe2\x80\xae",
    b"\x1b[2J",
    b"\xf0\x9f\x98\x80",
    b"GET / HTTP/1.1\r\n",
    b"NICK x\r\n",
    b"\xd0\xb0lice\n",
    b"\xcc\x81\xcc\x81\xcc\x81",
];

/// Something between noise and a conversation.
fn utterance(random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..=random.below(4) {
        match random.below(8) {
            0 => bytes.extend((0..random.below(40)).map(|_| random.next() as u8)),
            1 => bytes.extend(std::iter::repeat_n(random.next() as u8, random.below(3_000))),
            _ => bytes.extend_from_slice(random.pick(&PHRASES)),
        }
    }
    if !bytes.is_empty() && random.below(4) == 0 {
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
    }
    bytes
}

/// What must never be sent to anyone.
fn is_unsafe(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        || matches!(character, '\u{200E}' | '\u{200F}' | '\u{061C}')
}

fn play(seed: u64) {
    let mut random = Random::new(seed);
    let mut world = World::new(Settings {
        flood: if seed.is_multiple_of(2) { flood_control() } else { None },
        lobby: LobbySettings { alphabet: Alphabet::Unicode, ..settings().lobby },
        ..settings()
    });
    world.join("honest");
    let mut crowd = 0;
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
            // A web client is answered in HTTP, whose lines end in CR LF.
            let heard = world.hears_lossy(&name).replace('\r', "");
            let bad = heard.chars().find(|character| is_unsafe(*character));
            assert_eq!(bad, None, "seed {seed}: {name} was sent {heard:?}");
        }
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
