//! Budgets belong to where somebody comes from: stories on the whole server in memory, with
//! people from many addresses.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::time::Duration;

use common::{World, flood_control, settings};
use mio_chat::chat::FloodRate;
use mio_chat::limits;
use mio_chat::password::SlowHash;
use mio_chat::server::{CloseReason, Operator, Settings};

const STEP: Duration = Duration::from_millis(10);
/// What somebody's programs do all day in these tests, and how often in a second that was heard.
const DAY: u32 = 30;

fn guarded() -> Settings {
    Settings { flood: flood_control(), ..settings() }
}

/// A world with somebody in `main` who listens.
fn watched(settings: Settings) -> World {
    let mut world = World::new(settings);
    world.join("watcher");
    world
}

/// Programs that come, say all this and are gone, and come again, each from its own address.
struct Churn {
    addresses: Vec<String>,
    said: String,
    visits: u64,
}

impl Churn {
    fn from(addresses: impl IntoIterator<Item = String>, said: &str) -> Self {
        Self { addresses: addresses.into_iter().collect(), said: said.to_owned(), visits: 0 }
    }

    /// Each that is not here comes again.
    fn step(&mut self, world: &mut World) {
        for (number, address) in self.addresses.iter().enumerate() {
            let name = format!("c{number}");
            let here = world.names().contains(&name) && world.person(&name).closed.is_none();
            if !here && world.try_connect(&name, address.parse().unwrap()).is_some() {
                self.visits += 1;
                world.sends(&name, format!("{name}\n{}", self.said).as_bytes());
            }
        }
        world.wait(STEP);
    }

    /// What the watcher has heard a second over [`DAY`] seconds.
    fn day(&mut self, world: &mut World) -> Heard {
        world.hears("watcher");
        for _ in 0..DAY * 100 {
            self.step(world);
        }
        let heard = world.hears("watcher");
        let count = |wanted: fn(&&str) -> bool| {
            heard.lines().filter(wanted).count() as f64 / f64::from(DAY)
        };
        let lines = count(|line| line.split_once(": ").is_some_and(|(who, _)| !who.contains(' ')));
        Heard { lines, joins: count(|line| line.ends_with(" joined!")) }
    }
}

#[derive(Debug)]
struct Heard {
    lines: f64,
    joins: f64,
}

/// Nine lines, and gone.
fn nine_lines() -> String {
    (0..9).map(|number| format!("spam {number}\n")).collect::<String>() + "/quit\n"
}

fn same(address: &str, count: usize) -> impl Iterator<Item = String> + '_ {
    (0..count).map(|_| address.to_owned())
}

#[test]
fn who_comes_back_and_back_says_no_more_than_who_stays() {
    for (programs, address) in [(1, "192.0.2.7"), (32, "192.0.2.7"), (8, "2001:db8::7")] {
        let mut world = watched(guarded());
        let heard = Churn::from(same(address, programs), &nine_lines()).day(&mut world);
        assert!(heard.lines <= 20.0 && heard.joins <= 5.0, "{programs}: {heard:?}");
        assert!(heard.lines >= 7.0, "and it is heard, at its pace: {heard:?}");
        // Who only comes and goes, which costs nothing but its nickname.
        let mut world = watched(guarded());
        let heard = Churn::from(same(address, programs), "/quit\n").day(&mut world);
        assert!(heard.joins <= 5.0, "{programs}: {heard:?}");
    }
}

#[test]
fn one_subscribers_addresses_are_one_and_a_customers_networks_have_a_bound() {
    let mut world = watched(guarded());
    let addresses = (0..32).map(|host| format!("2001:db8::{host:x}"));
    let heard = Churn::from(addresses, &nine_lines()).day(&mut world);
    assert!(heard.lines <= 20.0 && heard.joins <= 5.0, "one /64: {heard:?}");

    let mut world = watched(guarded());
    let addresses = (0..60).map(|network| format!("2001:db8:0:{network:x}::1"));
    let heard = Churn::from(addresses, &nine_lines()).day(&mut world);
    let most = f64::from(limits::FLOOD_PREFIX_SHARE * 20);
    assert!(heard.lines <= most, "one /48: {heard:?}");

    // Loopback is exempt, and so is everybody where flood control is off.
    let off = Settings { flood: None, ..guarded() };
    let quick = FloodRate::new(1_000, 1_000);
    for (settings, address) in [
        (Settings { flood: quick, ..guarded() }, "127.0.0.1"),
        (off, "192.0.2.7"),
        (Settings { flood: quick, flood_address: None, ..guarded() }, "192.0.2.7"),
    ] {
        let mut world = watched(settings);
        let heard = Churn::from(same(address, 1), &nine_lines()).day(&mut world);
        assert!(heard.lines > 500.0, "{address}: {heard:?}");
    }
}

#[test]
fn a_history_is_not_swept_away_by_who_comes_back() {
    let mut world = watched(guarded());
    world.types("watcher", "what matters");
    let mut churn = Churn::from(same("192.0.2.7", 32), &nine_lines());
    for _ in 0..500 {
        churn.step(&mut world);
    }
    world.hears("watcher");
    world.types("watcher", "/history 100");
    assert!(world.hears("watcher").contains("what matters"), "after five seconds");
}

fn classroom(world: &mut World) -> Vec<String> {
    let pupils: Vec<String> = (0..40).map(|number| format!("pupil{number}")).collect();
    for pupil in &pupils {
        world.join_from(pupil, "198.51.100.9");
        let heard = world.hears(pupil);
        assert!(heard.starts_with("Connected to server!\n"), "{pupil}: {heard}");
    }
    pupils
}

#[test]
fn a_classroom_behind_one_address_comes_in_at_once_and_talks() {
    let mut world = watched(guarded());
    let pupils = classroom(&mut world);
    assert_eq!(world.now, mio_chat::time::Time::ZERO, "nobody has waited");
    for pupil in &pupils {
        world.types(pupil, "hello");
    }
    let heard = world.hears("watcher");
    assert_eq!(heard.matches(": hello\n").count(), 40, "all at once");
    // A lesson: each says something every five seconds, now and then two lines.
    for round in 0..60 {
        for (number, pupil) in pupils.iter().enumerate() {
            world.wait(Duration::from_millis(125));
            world.types(pupil, &format!("word {round}"));
            if (number + round) % 20 == 0 {
                world.types(pupil, &format!("more {round}"));
            }
        }
    }
    assert_eq!(world.turn.server.status().counters().held_by_origin, 0, "and nobody is held");
    // The network of the school is down for a moment.
    for pupil in &pupils {
        world.vanishes(pupil);
    }
    classroom(&mut world);
    assert_eq!(world.turn.server.status().counters().held_by_origin, 0);
}

#[test]
fn a_bot_that_comes_back_after_a_crash_is_not_punished() {
    let mut world = watched(guarded());
    for _ in 0..8 {
        world.join_from("bot", "192.0.2.7");
        world.types("bot", "back again");
        assert!(world.hears("bot").ends_with("bot: back again\n"));
        world.vanishes("bot");
        world.wait(Duration::from_millis(100));
    }
    assert_eq!(world.turn.server.status().counters().held_by_origin, 0);
}

#[test]
fn who_says_little_waits_for_no_more_than_a_line_of_each_neighbour() {
    let mut world = watched(guarded());
    for number in 0..30 {
        let name = format!("loud{number}");
        world.join_from(&name, "192.0.2.7");
        world.sends(&name, "noise\n".repeat(500).as_bytes());
    }
    world.join_from("quiet", "192.0.2.7");
    world.wait(Duration::from_secs(20));
    world.hears("watcher");
    for _ in 0..5 {
        let began = world.now;
        world.types("quiet", "may I?");
        while !world.hears("watcher").contains("quiet: may I?") {
            world.wait(STEP);
        }
        let waited = world.now.since(began);
        assert!(waited <= Duration::from_millis(3_300), "{waited:?}");
    }
    let told = world.hears("quiet");
    assert_eq!(told.matches("* too much comes from your address at once").count(), 1, "{told}");
    assert!(!told.contains("* too fast"));
}

#[test]
fn who_must_wait_is_woken_once_for_each_line() {
    let mut world = watched(guarded());
    for number in 0..60 {
        let name = format!("loud{number}");
        world.join_from(&name, "192.0.2.7");
        world.sends(&name, "noise\n".repeat(100).as_bytes());
    }
    world.wait(Duration::from_secs(60));
    let (lines, until) =
        (world.turn.server.status().counters().lines, world.now + Duration::from_secs(30));
    let mut wakings = 0;
    while let Some(due) = world.turn.due().filter(|due| *due <= until) {
        world.now = world.now.max(due);
        world.run();
        wakings += 1;
    }
    let lines = world.turn.server.status().counters().lines - lines;
    assert!(lines.abs_diff(300) <= 2, "ten a second: {lines}");
    assert!(wakings <= lines + 10, "{wakings} for {lines} lines");
}

#[test]
fn a_nickname_that_waits_its_turn_is_heard_however_long_that_takes() {
    let settings = Settings { flood_address: FloodRate::new(3, 1), ..guarded() };
    let settings = Settings { flood: FloodRate::new(3, 1), ..settings };
    let mut world = watched(settings);
    for number in 0..40 {
        let name = format!("loud{number}");
        world.join_from(&name, "192.0.2.7");
        world.sends(&name, "noise\n".repeat(50).as_bytes());
    }
    let id = world.try_connect("late", "192.0.2.7".parse().unwrap()).unwrap();
    world.sends("late", b"taken?\nlate\n");
    world.wait(limits::REGISTER_TIMEOUT);
    assert_eq!(world.hears("late"), "", "a stranger is told nothing before its answer");
    world.wait(6 * limits::REGISTER_TIMEOUT);
    let heard = world.hears("late");
    assert!(heard.starts_with("* that is no name"), "{heard}");
    assert!(heard.contains("\nConnected to server!\n"), "{heard}");
    assert!(heard.contains("\nlate joined!\n"), "{heard}");
    assert!(world.turn.server.status().lobby().is_member(id));
}

#[test]
fn who_leaves_while_waiting_gives_its_turn_back() {
    let mut world = watched(guarded());
    world.join_from("loud", "192.0.2.7");
    world.sends("loud", "noise\n".repeat(10).as_bytes());
    let mut churn = Churn::from(same("192.0.2.7", 1), "");
    for _ in 0..2_000 {
        churn.step(&mut world);
        world.vanishes("c0");
    }
    world.wait(Duration::from_secs(2));
    world.join_from("next", "192.0.2.7");
    world.wait(Duration::from_secs(1));
    assert!(world.hears("next").starts_with("Connected to server!"));
}

#[test]
fn where_all_seats_are_taken_the_silent_of_the_largest_crowd_make_way() {
    let mut world = watched(guarded());
    let address = |network: u32| format!("2001:db8:0:{network:x}::1");
    let crowd: Vec<String> = (0..100).map(|number| format!("m{number}")).collect();
    for (number, name) in crowd.iter().enumerate() {
        world.join_from(name, &address(number as u32 / 40));
    }
    for number in 0..40 {
        world.join_from(&format!("pupil{number}"), "198.51.100.9");
    }
    world.wait(Duration::from_secs(5));
    world.types("m0", "I am here");
    let stranger = world.try_connect("stranger", address(7).parse().unwrap());
    let goes = |world: &mut World, peer: &str| {
        let made = world.turn.server.make_way(world.now, peer.parse().unwrap());
        world.run();
        let gone = |name: &&String| world.person(name).closed.is_some();
        (made, crowd.iter().filter(gone).count())
    };
    assert!(stranger.is_some() && world.person("stranger").closed.is_none());
    assert_eq!(goes(&mut world, "192.0.2.1"), (true, 0), "strangers go first");
    let told = world.hears("stranger");
    assert!(told.ends_with("who was silent longest made way\n"), "{told}");
    assert_eq!(goes(&mut world, "192.0.2.1"), (true, 1));
    assert!(world.person("m1").closed.is_some(), "m0 has said something since");
    for peer in ["2001:db8:0:9::1", "127.0.0.1", "::1"] {
        assert_eq!(goes(&mut world, peer), (false, 1), "{peer}");
    }
    for gone in 2..=36 {
        assert_eq!(goes(&mut world, "192.0.2.1"), (true, gone));
    }
    assert_eq!(goes(&mut world, "192.0.2.1"), (false, 36), "as many as one address may have stay");
    for number in 0..40 {
        assert!(world.person(&format!("pupil{number}")).closed.is_none());
    }
}

#[test]
fn a_reload_binds_those_who_wait() {
    let mut world = watched(guarded());
    for number in 0..30 {
        let name = format!("loud{number}");
        world.join_from(&name, "192.0.2.7");
        world.sends(&name, "noise\n".repeat(10).as_bytes());
    }
    world.wait(Duration::from_secs(1));
    assert!(world.turn.server.status().counters().held_by_origin > 0);
    world.hears("watcher");
    world.turn.reconfigure(world.now, Settings { flood_address: None, ..guarded() });
    world.wait(Duration::from_secs(4));
    let heard = world.hears("watcher");
    assert!(heard.matches("noise").count() > 150, "only each one's own pace is left: {heard}");
}

#[test]
fn nobody_else_is_told_or_closed_for_it() {
    let mut world = watched(guarded());
    Churn::from(same("192.0.2.7", 32), &nine_lines()).day(&mut world);
    let closed = world.turn.server.status().counters().closed;
    for (name, count) in CloseReason::NAMES.iter().zip(closed) {
        assert!(count == 0 || *name == "quit", "{name}: {count}");
    }
}

/// `password` in 4,096 rounds, which are three turns.
const HASH: &str = "pbkdf2-sha256:4096:73616c74:\
                    c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a";

/// Somebody looks after the server.
fn looked_after() -> Settings {
    let operators = vec![Operator {
        name: "root_7".to_owned(),
        password: Some(SlowHash::parse(HASH).expect("a hash")),
    }];
    Settings { operators, ..guarded() }
}

/// Whoever of these may guess again does, whatever the pace.
fn guess(world: &mut World, guessers: &[String]) {
    for name in guessers {
        if !world.hears(name).contains("being checked\n") {
            world.types(name, "/oper root_7 guess");
        }
    }
}

#[test]
fn an_operator_waits_for_nobody_who_has_guessed() {
    let check = 3 * limits::PASSWORD_PAUSE;
    for (address, networks) in [("203.0.113.1", 1), ("198.18.0.1", 32), ("127.0.0.1", 1)] {
        let mut world = watched(Settings { flood_address: None, ..looked_after() });
        let guessers: Vec<String> = (0..32).map(|number| format!("g{number}")).collect();
        for (number, name) in guessers.iter().enumerate() {
            let address = match networks {
                1 => address.to_owned(),
                _ => format!("198.18.{number}.1"),
            };
            world.join_from(name, &address);
        }
        for _ in 0..200 {
            guess(&mut world, &guessers);
            world.wait(check);
        }
        assert!(world.turn.server.status().counters().passwords_refused > 0, "{address}");
        let operators = if address == "127.0.0.1" { address } else { "192.0.2.7" };
        world.join_from("op", operators);
        world.hears("op");
        world.types("op", "/oper root_7 password");
        let began = world.now;
        while !world.hears("op").contains("* you look after the server now") {
            guess(&mut world, &guessers);
            world.wait(Duration::from_millis(1));
            let waited = world.now.since(began);
            assert!(waited <= check + limits::PASSWORD_PAUSE, "{address}: {waited:?}");
        }
    }
}

#[test]
fn guesses_at_a_rooms_password_are_few_and_keep_nobody_else_out() {
    let mut world = watched(guarded());
    world.join_from("owner", "198.51.100.1");
    world.types("owner", "/join den");
    world.types("owner", "/password sesame");
    let said: String = (0..9).map(|number| format!("/join den guess{number}\n")).collect();
    let mut churn = Churn::from(same("192.0.2.7", 8), &(said + "/quit\n"));
    let refused = |world: &World| {
        let kinds = mio_chat::chat::Refusal::KINDS.iter();
        let password = kinds.zip(world.turn.server.status().delivery_counters().refused);
        password.filter(|(kind, _)| **kind == "password").map(|(_, count)| count).sum::<u64>()
    };
    let mut wrong = 0;
    for _ in 0..DAY * 100 {
        churn.step(&mut world);
        for number in 0..8 {
            wrong += world.hears(&format!("c{number}")).matches("* that is not the pass").count();
        }
    }
    assert!(wrong <= 16, "{wrong} passwords were tried");
    assert!(refused(&world) <= u64::from(DAY) * 5, "{}", refused(&world));
    // Who knows it comes in, also from next door, and from where everybody comes.
    for (name, address) in [("friend", "192.0.2.8"), ("local", "127.0.0.1")] {
        world.join_from(name, address);
        world.types(name, "/join den sesame");
        let heard = world.hears(name);
        assert!(heard.contains("* you are in den with"), "{name}: {heard}");
    }
    world.join_from("late", "192.0.2.7");
    world.wait(Duration::from_secs(120));
    world.types("late", "/join den sesame");
    let heard = world.hears("late");
    assert!(heard.contains("* you are in den with"), "when the pause is over: {heard}");
}

/// Many speakers, each from a network of its own, and what a reader of so many bytes a second makes
/// of it for so long.
fn flooded(settings: Settings, bytes_a_second: usize, seconds: u64) -> World {
    let mut world = watched(settings);
    world.join_from("reader", "192.0.2.7");
    world.reads_only("reader", 0);
    for number in 0..200 {
        let name = format!("s{number}");
        world.join_from(&name, &format!("10.{number}.0.1"));
        world.sends(&name, format!("{}\n", "x".repeat(240)).repeat(200).as_bytes());
    }
    for _ in 0..seconds * 20 {
        world.reads_only("reader", bytes_a_second / 20);
        world.wait(Duration::from_millis(50));
    }
    world
}

#[test]
fn who_reads_stays_and_who_speaks_waits() {
    let mut world = flooded(guarded(), 60_000, 20);
    assert!(world.person("reader").closed.is_none(), "60 kB/s are enough");
    assert!(world.turn.server.status().counters().held_by_room > 0);
    let heard = world.hears("watcher");
    let lines = heard.matches(": xxx").count();
    assert!(lines * 240 > 20 * 45_000, "and nearly that is said: {lines} lines");
    // Without flood control nobody waits for anybody.
    let mut world = flooded(Settings { flood: None, ..guarded() }, 60_000, 1);
    let reader = world.person("reader").id;
    assert!(!world.turn.server.status().lobby().is_member(reader));
    assert_eq!(world.turn.server.status().counters().held_by_room, 0);
}

#[test]
fn who_has_stalled_silences_nobody() {
    let mut world = flooded(guarded(), 0, 8);
    assert_eq!(world.turn.server.status().counters().closed[CloseReason::SLOW_CONSUMER], 1);
    world.hears("watcher");
    world.wait(Duration::from_secs(1));
    assert!(world.hears("watcher").matches(": xxx").count() > 150, "all go on");
}
