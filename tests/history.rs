//! What rooms remember: for those who come, who come back, and after a restart.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::time::Duration;

use common::shelf::Shelf;
use common::{World, settings};
use mio_chat::chat::LobbySettings;
use mio_chat::limits::{HISTORY_ROOM_BYTES, REPLAYED_BYTES};
use mio_chat::server::Settings;
use mio_chat::time::UnixTime;

/// A server whose rooms remember so many messages.
fn remembering(history: usize) -> Settings {
    Settings { lobby: LobbySettings { history, ..LobbySettings::default() }, ..settings() }
}

fn company(names: &[&str]) -> World {
    let mut world = World::default();
    for name in names {
        world.join(name);
    }
    world
}

/// The place that the end of a history tells.
fn place(heard: &str) -> String {
    let (_, place) = heard.rsplit_once(" is at ").unwrap_or_else(|| panic!("no place: {heard}"));
    place.split(' ').next().unwrap().to_owned()
}

/// The lines of a history, without what is around it.
fn recited(heard: &str) -> Vec<&str> {
    let begins = |line: &&str| !line.starts_with("* -- ");
    heard.lines().skip_while(begins).skip(1).take_while(begins).collect()
}

#[test]
fn who_comes_is_read_the_last_messages_with_their_times() {
    let mut world = company(&["alice"]);
    world.turn.server.set_calendar(world.now, UnixTime::from_millis(1_763_820_125_000));
    world.types("alice", "hello?");
    world.wait(Duration::from_secs(120));
    world.types("alice", "/me waits");
    world.connect("bob");
    world.types("bob", "bob");
    assert_eq!(
        world.hears("bob"),
        "Connected to server!\n\
         * -- last 2 messages in main (UTC) --\n\
         * [14:02] alice: hello?\n\
         * [14:04] * alice waits\n\
         * -- end of history --\n\
         bob joined!\n\
         * you are in main with 1 other (/help, /who)\n"
    );
    world.wait(Duration::from_secs(24 * 60 * 60));
    world.types("bob", "/history 1");
    assert_eq!(
        world.hears("bob"),
        "* -- last message in main (UTC) --\n\
         * [2025-11-22 14:04] * alice waits\n\
         * -- end of history --\n"
    );
}

#[test]
fn after_midnight_the_day_is_told_though_others_were_read_the_same_before() {
    let mut world = company(&["alice", "bob", "carol"]);
    // Half a second before the end of a day.
    world.turn.server.set_calendar(world.now, UnixTime::from_millis(1_763_855_999_500));
    world.types("alice", "hello?");
    world.hears("carol");
    // What bob does not take is kept, to be read to others as well.
    world.reads_only("bob", 0);
    world.types("bob", "/history");
    world.wait(Duration::from_millis(600));
    world.types("carol", "/history");
    assert_eq!(recited(&world.hears("carol")), ["* [2025-11-22 23:59] alice: hello?"]);
}

#[test]
fn comings_private_messages_and_refusals_are_not_history() {
    let mut world = company(&["alice", "bob"]);
    for line in ["/msg bob psst", "/frobnicate", "/nick alan", "said"] {
        world.types("alice", line);
    }
    world.join("carol");
    world.types("carol", "/history");
    let heard = world.hears("carol");
    assert_eq!(recited(&heard), ["* [00:00] alan: said"]);
}

#[test]
fn what_is_read_at_the_door_is_bounded_and_the_rest_can_be_asked_for() {
    let mut world = company(&["alice"]);
    for number in 0..150 {
        world.types("alice", &format!("message {number}"));
    }
    world.connect("bob");
    world.types("bob", "bob");
    let heard = world.hears("bob");
    assert_eq!(recited(&heard).len(), 20, "{heard}");
    world.types("bob", "/history");
    let heard = world.hears("bob");
    assert_eq!((recited(&heard).len(), recited(&heard)[0]), (100, "* [00:00] alice: message 50"));
    for _ in 0..100 {
        world.types("alice", &"x".repeat(1_000));
    }
    world.connect("carol");
    world.types("carol", "carol");
    let heard = world.hears("carol");
    assert!(heard.len() < REPLAYED_BYTES + 500, "{} bytes", heard.len());
    assert!(world.turn.server.status().lobby().remembered() <= HISTORY_ROOM_BYTES);
}

#[test]
fn history_can_be_refused_by_those_who_come_and_by_the_server() {
    let mut world = company(&["alice"]);
    world.types("alice", "hello?");
    world.connect("bob");
    world.types("bob", "/history off");
    assert_eq!(world.hears("bob"), "* you will not be read what was said before\n");
    world.types("bob", "bob");
    let joined =
        "Connected to server!\nbob joined!\n* you are in main with 1 other (/help, /who)\n";
    assert_eq!(world.hears("bob"), joined);
    world.types("bob", "/history");
    assert_eq!(recited(&world.hears("bob")), ["* [00:00] alice: hello?"]);

    let mut world = World::new(remembering(0));
    world.join("alice");
    world.types("alice", "hello?");
    world.connect("bob");
    world.types("bob", "bob");
    assert_eq!(world.hears("bob"), joined);
    world.types("bob", "/history");
    let refusal = "* the history is off here: nothing that is said is remembered\n";
    assert_eq!(world.hears("bob"), refusal);
}

#[test]
fn an_empty_room_remembers() {
    let mut world = company(&["alice", "bob"]);
    world.types("alice", "/join games");
    world.types("alice", "anyone?");
    world.types("alice", "/leave");
    world.types("bob", "/rooms");
    assert!(world.hears("bob").contains("* there is 1 room: main (2)\n"), "nobody is in games");
    world.types("bob", "/join games");
    let heard = world.hears("bob");
    assert_eq!(recited(&heard), ["* [00:00] alice: anyone?"]);
    assert!(!heard.contains("you own"), "alice has made it: {heard}");
}

#[test]
fn numbers_come_before_messages_for_those_who_want_them() {
    let mut world = company(&["alice", "bob"]);
    world.types("alice", "one");
    world.hears("bob");
    world.types("bob", "/numbers on");
    let heard = world.hears("bob");
    assert!(heard.starts_with("* -- numbers are on: each message begins with @NUMBER"), "{heard}");
    world.types("alice", "two");
    world.types("alice", "/me waves");
    world.types("alice", "/msg bob psst");
    let heard = world.hears("bob");
    assert_eq!(heard, "@2 0 alice: two\n@3 0 * alice waves\n[alice] psst\n");
    assert_eq!(world.hears("alice").lines().nth(1), Some("alice: two"), "alice did not ask");
    world.types("bob", "/numbers off");
    world.types("alice", "four");
    assert_eq!(world.hears("bob"), "* no numbers any more\nalice: four\n");
}

#[test]
fn who_comes_back_is_told_all_that_was_missed() {
    let mut world = company(&["alice"]);
    world.connect("bob");
    for line in ["/numbers on", "bob"] {
        world.types("bob", line);
    }
    let here = place(&world.hears("bob"));
    world.types("alice", "one");
    world.vanishes("bob");
    world.types("alice", "two");
    world.types("alice", "/me waves");
    world.connect("bob again");
    for line in ["/numbers on", "/history off", "bob", &format!("/history after {here}")] {
        world.types("bob again", line);
    }
    let heard = world.hears("bob again");
    assert!(heard.contains("* -- 3 messages in main since 0 --\n"), "{heard}");
    assert_eq!(recited(&heard[heard.find("* -- 3").unwrap()..]).len(), 3);
    let there = place(&heard);
    world.types("bob again", &format!("/history after {there}"));
    assert!(world.hears("bob again").starts_with("* -- 0 messages in main since 3 --\n"));
    let future = there.replace(":3", ":4");
    world.types("bob again", &format!("/history after {future}"));
    assert!(world.hears("bob again").starts_with("* -- gap: "), "nobody has said that yet");
}

#[test]
fn who_comes_back_too_late_is_told_of_the_gap() {
    let mut world = World::new(remembering(3));
    world.join("alice");
    world.types("alice", "/numbers on");
    let heard = world.hears("alice");
    let start = heard.rsplit_once("now at ").unwrap().1.split(' ').next().unwrap().to_owned();
    for number in 1..=4 {
        world.types("alice", &format!("message {number}"));
    }
    world.hears("alice");
    world.types("alice", &format!("/history after {start}"));
    let heard = world.hears("alice");
    let gap = "* -- gap: not all since 0 is remembered; 3 messages in main --\n";
    assert!(heard.starts_with(gap), "{heard}");
    world.types("alice", &format!("/history after {}", start.replace(":0", ":1")));
    assert!(world.hears("alice").starts_with("* -- 3 messages in main since 1 --\n"));
    world.types("alice", "/history after 12345678:1");
    assert!(world.hears("alice").starts_with("* -- gap: "), "another server's numbers");
}

#[test]
fn a_room_that_was_forgotten_and_made_anew_does_not_pretend_to_know() {
    let mut world = World::new(Settings {
        lobby: LobbySettings { rooms_max: 2, ..LobbySettings::default() },
        ..settings()
    });
    world.join("alice");
    for line in ["/numbers on", "/join games", "one"] {
        world.types("alice", line);
    }
    let here = place(&world.hears("alice"));
    for line in ["/leave", "/join chess", "/leave", "/join games", "two"] {
        world.types("alice", line);
    }
    world.hears("alice");
    world.types("alice", &format!("/history after {here}"));
    let heard = world.hears("alice");
    assert!(heard.starts_with("* -- gap: "), "{heard}");
}

#[test]
fn history_topic_and_place_survive_a_restart() {
    let mut world = company(&["alice"]);
    let mut shelf = Shelf::default();
    for line in ["/numbers on", "/join games", "/topic chess", "one", "two", "three"] {
        world.types("alice", line);
    }
    let here = place(&world.hears("alice"));
    world.save(&mut shelf, 2);
    world.types("alice", "four");
    world.save(&mut shelf, 100);
    for (complete, told) in [(true, "* -- 4 messages in games since"), (false, "* -- gap: ")] {
        let mut shelf = shelf.clone();
        shelf.0.complete = complete;
        let mut world = World::restored(settings(), &shelf);
        world.join("alice");
        for line in ["/numbers on", "/join games"] {
            world.types("alice", line);
        }
        let heard = world.hears("alice");
        assert!(heard.contains("* the topic of games: chess (by alice)\n"), "{heard}");
        assert!(heard.contains("@4 0 alice: four\n"), "{heard}");
        world.types("alice", &format!("/history after {here}"));
        let heard = world.hears("alice");
        assert!(heard.starts_with(told), "{heard}");
        assert_eq!(recited(&heard).len(), 4);
        world.types("alice", "five");
        let number = if complete { "@5 0 " } else { "@1000000005 0 " };
        assert_eq!(world.hears("alice"), format!("{number}alice: five\n"));
        // The gap is known for good, whatever the next end is like.
        world.save(&mut shelf, 100);
        shelf.0.complete = true;
        let mut later = World::restored(settings(), &shelf);
        later.join("alice");
        later.types("alice", "/join games");
        later.hears("alice");
        later.types("alice", &format!("/history after {here}"));
        let gap = later.hears("alice").starts_with("* -- gap: ");
        assert_ne!(gap, complete, "it is not forgotten after a clean end");
    }
}

#[test]
fn what_could_not_be_saved_is_saved_later_and_only_once() {
    let mut world = company(&["alice"]);
    let mut shelf = Shelf::default();
    for line in ["one", "two"] {
        world.types("alice", line);
    }
    for _ in 0..3 {
        assert_eq!(
            world.turn.server.storage().save(100, |_| Err("the disk is full")),
            Err("the disk is full")
        );
    }
    world.types("alice", "three");
    world.save(&mut shelf, 1);
    world.save(&mut shelf, 1);
    assert!(!world.turn.server.status().has_unsaved());
    let texts: Vec<&str> =
        shelf.0.rooms[0].messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["one", "two", "three"]);
}

#[test]
fn a_server_that_may_remember_less_now_does() {
    let mut world = company(&["alice"]);
    let mut shelf = Shelf::default();
    for number in 0..50 {
        world.types("alice", &format!("message {number}"));
    }
    world.save(&mut shelf, 100);
    let mut world = World::restored(remembering(5), &shelf);
    world.join("bob");
    world.types("bob", "/history");
    assert_eq!(recited(&world.hears("bob")).len(), 5);
    let mut world = World::restored(remembering(0), &shelf);
    world.join("bob");
    assert_eq!(world.turn.server.status().lobby().remembered(), 0);
}

#[test]
fn what_is_said_while_nothing_is_remembered_is_a_gap() {
    let mut world = company(&["alice"]);
    let mut shelf = Shelf::default();
    world.types("alice", "/numbers on");
    world.types("alice", "one");
    world.save(&mut shelf, 100);
    let epoch = shelf.0.epoch;
    let mut world = World::restored(remembering(0), &shelf);
    world.join("alice");
    world.types("alice", "two");
    world.save(&mut shelf, 100);
    assert!(shelf.0.rooms.iter().all(|room| room.messages.is_empty()), "nothing is kept");
    let mut world = World::restored(settings(), &shelf);
    world.join("alice");
    world.types("alice", &format!("/history after {epoch:08x}:1"));
    assert!(world.hears("alice").starts_with("* -- gap: "), "two was missed");
}
