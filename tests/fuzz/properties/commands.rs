//! A crowd does whatever the bytes say to the whole server in memory: its parts agree with each
//! other after every step, nobody is sent what does harm, and at the end nothing is left of them.
//!
//! The bytes are settings, and then deeds: which, who, and what that deed needs.

use std::time::Duration;

use mio_chat::chat::{Alphabet, LobbySettings, Motd};
use mio_chat::delivery::OutboxLimits;
use mio_chat::limits;
use mio_chat::server::Settings;

use super::input::Input;
use crate::common::harmless::expect_harmless;
use crate::common::phrases::{ORDERS, PHRASES};
use crate::common::{World, flood_control, settings};

/// People who ever connect, and deeds, so that a run stays short.
const PEOPLE_MAX: usize = 12;
const DEEDS_MAX: usize = 100;
/// From this byte on, somebody keeps order.
const ORDERS_FROM: u8 = 216;
/// What a byte counts when it stands for bytes that a window is opened by.
const WINDOW_STEP: usize = 16;
/// What a byte counts when it stands for time: short waits, and long ones.
const MOMENT: Duration = Duration::from_millis(10);
const WHILE: Duration = Duration::from_millis(500);
/// Who has said much in little time is heard to the end for hours, though it has hung up.
const HOUR: Duration = Duration::from_secs(3_600);
const HOURS_MAX: usize = 24;

/// Plays the bytes.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let mut crowd = Crowd::new(chosen_settings(input.byte()));
    for _ in 0..DEEDS_MAX {
        if input.is_empty() {
            break;
        }
        crowd.act(&mut input);
    }
    crowd.go_home();
}

/// Settings by the bits of a byte.
fn chosen_settings(bits: u8) -> Settings {
    let has = |bit: u8| bits & (1 << bit) != 0;
    let small = OutboxLimits { soft: 200, hard: 1_200, age: limits::OUTBOX_AGE, total: 4_096 };
    let alphabet = if has(0) { Alphabet::Unicode } else { Alphabet::Ascii };
    Settings {
        lobby: LobbySettings {
            alphabet,
            rooms_max: if has(1) { 2 } else { limits::ROOMS_MAX },
            history: if has(5) { 3 } else { limits::HISTORY_MESSAGES },
            digest_above: if has(6) { 2 } else { limits::DIGEST_ABOVE },
            reserved: vec!["kept".to_owned()],
            bots: Vec::new(),
            motd: if has(7) { "be kind".parse().expect("one line") } else { Motd::default() },
        },
        flood: if has(2) { flood_control() } else { None },
        greet_after: if has(3) { Duration::ZERO } else { limits::GREET_AFTER },
        outbox: if has(4) { small } else { settings().outbox },
        ..settings()
    }
}

/// Everybody, and what they have heard so far.
struct Crowd {
    world: World,
    people: Vec<Somebody>,
}

struct Somebody {
    name: String,
    heard: Vec<u8>,
    has_ended: bool,
}

impl Crowd {
    fn new(settings: Settings) -> Self {
        Self { world: World::new(settings), people: Vec::new() }
    }

    /// One deed of one person.
    fn act(&mut self, input: &mut Input<'_>) {
        let chosen = input.byte();
        let deed = if chosen >= ORDERS_FROM { 12 } else { chosen % 12 };
        if deed == 0 || self.people.is_empty() {
            return self.connect();
        }
        let who = usize::from(input.byte()) % self.people.len();
        match deed {
            1 | 2 => self.say(who, input.bytes()),
            3..=5 => self.say(who, input.pick(&PHRASES)),
            6 => {
                let byte = [input.byte()];
                self.say(who, &byte.repeat(usize::from(input.byte()) * WINDOW_STEP));
            }
            7 => self.world.wait(MOMENT * u32::from(input.byte())),
            8 => self.world.wait(WHILE * u32::from(input.byte())),
            9 => self.read(who, usize::from(input.byte()) * WINDOW_STEP),
            10 => self.read(who, usize::MAX),
            12 => self.say(who, input.pick(&ORDERS)),
            _ => self.leave(who, input.byte()),
        }
        self.listen();
    }

    fn connect(&mut self) {
        if self.people.len() < PEOPLE_MAX {
            let name = format!("p{}", self.people.len());
            self.world.connect(&name);
            self.people.push(Somebody { name, heard: Vec::new(), has_ended: false });
        }
    }

    fn say(&mut self, who: usize, bytes: &[u8]) {
        let person = &self.people[who];
        if !person.has_ended {
            self.world.sends(&person.name, bytes);
        }
    }

    /// Somebody's machine takes so many more bytes.
    fn read(&mut self, who: usize, window: usize) {
        self.world.reads_only(&self.people[who].name, window);
    }

    /// Half of a connection ends, or all of it, or the whole server.
    fn leave(&mut self, who: usize, how: u8) {
        let person = &mut self.people[who];
        match how % 8 {
            0..=3 => {
                person.has_ended = true;
                self.world.ends(&person.name);
            }
            4..=6 => {
                person.has_ended = true;
                self.world.vanishes(&person.name);
            }
            _ => {
                self.world.turn.server.shutdown(self.world.now, limits::DRAIN_TIMEOUT);
                self.world.run();
            }
        }
    }

    fn listen(&mut self) {
        for person in &mut self.people {
            person.heard.extend(self.world.hears_bytes(&person.name));
        }
    }

    /// Everybody reads all there is and hangs up. Nobody and nothing may be left.
    fn go_home(mut self) {
        for who in 0..self.people.len() {
            self.read(who, usize::MAX);
        }
        for who in 0..self.people.len() {
            self.leave(who, 0);
        }
        for _ in 0..HOURS_MAX {
            if self.world.turn.server.status().clients() > 0 {
                self.world.wait(HOUR);
            }
        }
        self.listen();
        for Somebody { name, heard, .. } in &self.people {
            expect_harmless(name, heard);
        }
        let server = &self.world.turn.server;
        assert_eq!(
            (server.status().clients(), server.status().lobby().members(), server.status().held()),
            (0, 0, 0)
        );
    }
}
