//! Rooms that are somebody's outlive whatever others do: floods of rooms, restarts, a smaller
//! bound, a disk that fails. Told on the whole server in memory.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::shelf::SharedShelf;
use common::{World, settings};
use mio_chat::chat::{Archive, LobbySettings, Rank};
use mio_chat::dialect::commands;
use mio_chat::limits;
use mio_chat::server::{Server, Settings};
use mio_chat::time::UnixTime;

fn at_most(rooms_max: usize) -> Settings {
    let lobby = LobbySettings { rooms_max, ..LobbySettings::default() };
    Settings { lobby, ..settings() }
}

/// What somebody is told alone.
fn told(world: &mut World, name: &str, line: &str) -> String {
    world.hears(name);
    world.types(name, line);
    world.hears(name)
}

fn forget(world: &mut World) {
    for name in world.names() {
        world.hears(&name);
    }
}

/// Saves all that is new.
fn save(world: &mut World, shelf: &SharedShelf) {
    world.save(&mut shelf.get_mut(), 1_000);
}

/// Another process goes on, which finds rooms there.
fn hand_over(world: &mut World, archive: Option<Box<dyn Archive>>) {
    let document = serde_json::to_string(&world.turn.server.handover().state(world.now)).unwrap();
    let state = serde_json::from_str(&document).unwrap();
    let lobby = LobbySettings { history: limits::HISTORY_MESSAGES_MAX, ..LobbySettings::default() };
    world.turn.server = Server::taken_over(Settings { lobby, ..settings() }, state, true);
    world.turn.server.storage().set_archive(archive);
    world.turn.server.handover().limit_history();
    world.turn.server.status().check_invariants();
    world.run();
}

/// Alice has a room with everything in it, and bob one with nothing; both have left. Returns the
/// keys.
fn two_rooms(world: &mut World) -> [String; 2] {
    let mut keys = [String::new(), String::new()];
    for (who, address, room, key) in
        [("alice", "192.0.2.1", "den", 0), ("bob", "198.51.100.2", "tent", 1)]
    {
        world.join_from(who, address);
        let heard = told(world, who, &format!("/join {room}"));
        keys[key] = heard.trim().rsplit(' ').next().unwrap().to_owned();
    }
    for line in ["/topic tea", "/ban mallory", "hello", "/password sesame"] {
        world.types("alice", line);
    }
    for who in ["alice", "bob"] {
        world.types(who, "/leave");
    }
    forget(world);
    keys
}

/// Ten addresses make thousands of rooms, each with a topic.
fn flood(world: &mut World, shelf: Option<&SharedShelf>, rooms: usize) {
    let names: Vec<String> = (0..10).map(|number| format!("m{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        world.join_from(name, &format!("203.0.{number}.7"));
    }
    for number in 0..rooms {
        let name = &names[number % 10];
        world.person(name).says(&format!("/join r{number}\n/topic mine\n"));
        if number % 500 == 499 {
            world.run();
            forget(world);
            if let Some(shelf) = shelf {
                save(world, shelf);
            }
        }
    }
    for name in &names {
        world.types(name, "/join main");
    }
    forget(world);
}

fn both_are_as_they_were(world: &mut World, [den, tent]: &[String; 2]) {
    for (name, address) in
        [("mallory", "203.0.113.66"), ("stranger", "203.0.113.67"), ("owner", "203.0.113.68")]
    {
        world.join_from(name, address);
    }
    assert!(told(world, "mallory", "/join den sesame").starts_with("* you are banned from den"));
    assert!(told(world, "stranger", "/join den").starts_with("* the room den needs a password"));
    let heard = told(world, "stranger", "/join tent");
    assert!(heard.contains("you are alone in tent") && !heard.contains("you own"), "{heard}");
    let heard = told(world, "stranger", "/join den sesame");
    assert!(heard.contains("alice: hello\n"), "{heard}");
    assert!(heard.contains("the topic of den: tea (by alice)\n"), "{heard}");
    for (room, key) in [("tent", tent), ("den", den)] {
        let heard = told(world, "owner", &format!("/join {room} {key}"));
        assert!(heard.contains("owner was made the owner by owner"), "{heard}");
    }
}

#[test]
fn rooms_outlive_a_flood_where_nothing_is_kept() {
    let mut world = World::new(at_most(limits::ROOMS_MAX / 8));
    let keys = two_rooms(&mut world);
    flood(&mut world, None, limits::ROOMS_MAX / 8 + 200);
    // The owners are let in by their keys, and find what was said.
    both_are_as_they_were(&mut world, &keys);
}

#[test]
fn rooms_outlive_a_flood_and_a_restart_where_they_are_kept() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(at_most(16), &shelf);
    let keys = two_rooms(&mut world);
    save(&mut world, &shelf);
    flood(&mut world, Some(&shelf), 600);
    both_are_as_they_were(&mut world, &keys);
    save(&mut world, &shelf);
    assert_eq!(shelf.get().0.rooms.len(), 602, "main was not changed");
    let mut world = World::kept(at_most(3), &shelf);
    both_are_as_they_were(&mut world, &keys);
}

#[test]
fn a_start_with_fewer_rooms_keeps_the_best_in_memory_and_the_others_where_they_are() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(settings(), &shelf);
    let keys = two_rooms(&mut world);
    world.join("carol");
    for room in ["one", "two", "three"] {
        world.types("carol", &format!("/join {room}"));
        world.types("carol", "hello");
    }
    save(&mut world, &shelf);
    let before = shelf.get().0.rooms.clone();
    // A restart that knows nothing of the shelf shows which are in memory.
    let mut lone = World::restored(at_most(2), &shelf.get());
    lone.join("stranger");
    assert!(told(&mut lone, "stranger", "/join den").contains("needs a password"));
    let mut world = World::kept(at_most(3), &shelf);
    world.join("stranger");
    let heard = told(&mut world, "stranger", "/join one");
    assert!(heard.contains("carol: hello") && !heard.contains("you own"), "{heard}");
    world.vanishes("stranger");
    both_are_as_they_were(&mut world, &keys);
    save(&mut world, &shelf);
    for room in before {
        let shelf = shelf.get();
        let same = shelf.0.rooms.iter().find(|other| other.name == room.name).unwrap();
        assert_eq!((&same.settings, &same.messages), (&room.settings, &room.messages));
    }
}

#[test]
fn who_has_founded_most_loses_the_youngest_and_nobody_the_first() {
    let mut world = World::new(at_most(5));
    for (name, address) in
        [("alice", "192.0.2.1"), ("bob", "198.51.100.2"), ("carol", "203.0.113.3")]
    {
        world.join_from(name, address);
    }
    let is_new = |world: &mut World, name: &str, room: &str| {
        let heard = told(world, name, &format!("/join {room}"));
        assert!(heard.contains(" in ") || heard.contains("alone"), "{heard}");
        heard.contains("* you own ")
    };
    for (name, room) in [("bob", "b1"), ("alice", "a1"), ("alice", "a2"), ("alice", "a3")] {
        assert!(is_new(&mut world, name, room));
        world.types(name, "/leave");
    }
    // There are four, and main. Alice has most.
    assert!(is_new(&mut world, "carol", "c1"));
    world.types("carol", "/leave");
    for (name, room) in [("bob", "b1"), ("alice", "a1"), ("alice", "a2"), ("carol", "c1")] {
        assert!(!is_new(&mut world, name, room), "{room}");
        world.types(name, "/leave");
    }
    // Alice has two, the others one each: her next takes the place of her own youngest.
    assert!(is_new(&mut world, "alice", "a4"));
    world.types("alice", "/leave");
    assert!(is_new(&mut world, "alice", "a2"));
    world.types("alice", "/leave");
    // Now a1 and a2 are hers, and nobody may take the only room of anybody.
    assert!(is_new(&mut world, "bob", "b2"), "in the place of b1, which is bob's own");
    world.types("bob", "/leave");
    for (name, room) in [("alice", "a1"), ("carol", "c1"), ("alice", "a2")] {
        assert!(!is_new(&mut world, name, room), "{room}");
        world.types(name, "/leave");
    }
    world.join_from("dave", "192.0.5.1");
    assert!(is_new(&mut world, "dave", "d1"), "alice has two more than dave");
    world.join_from("eve", "192.0.6.1");
    let full = told(&mut world, "eve", "/join e1");
    assert!(full.starts_with("* no more rooms can be made"), "{full}");
    assert!(!is_new(&mut world, "alice", "a1"), "the oldest of hers");
}

#[test]
fn rooms_that_people_are_in_are_no_more_than_may_be_wherever_they_are_kept() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(at_most(3), &shelf);
    for name in ["alice", "bob", "carol"] {
        world.join(name);
        world.types(name, &format!("/join of-{name}"));
        world.types(name, "/leave");
    }
    for is_saved in [false, true] {
        if is_saved {
            save(&mut world, &shelf);
        }
        for name in ["alice", "bob"] {
            world.types(name, &format!("/join of-{name}"));
        }
        for room in ["of-carol", "another"] {
            let full = told(&mut world, "carol", &format!("/join {room}"));
            assert!(full.starts_with("* no more rooms can be made"), "{room}: {full}");
        }
        for name in ["alice", "bob"] {
            world.types(name, "/leave");
        }
        let heard = told(&mut world, "carol", "/join of-carol");
        assert!(heard.contains("* you are alone in of-carol"), "{heard}");
        world.types("carol", "/leave");
    }
}

#[test]
fn a_disk_that_cannot_be_read_gives_nobodys_room_away() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(at_most(3), &shelf);
    let keys = two_rooms(&mut world);
    save(&mut world, &shelf);
    world.join("eve");
    for line in ["/join other", "/leave"] {
        world.types("eve", line);
    }
    save(&mut world, &shelf);
    // One of the two has made way in memory.
    *shelf.is_broken.borrow_mut() = true;
    let refused = "* no more rooms can be opened while the disk cannot be read; \
                   try again in a while\n";
    let mut heard = Vec::new();
    for room in ["den", "tent", "new"] {
        heard.push(told(&mut world, "eve", &format!("/join {room}")));
    }
    assert!(heard.iter().all(|told| !told.contains("you own")), "{heard:?}");
    assert_eq!(heard[2], refused);
    *shelf.is_broken.borrow_mut() = false;
    world.vanishes("eve");
    both_are_as_they_were(&mut world, &keys);
}

#[test]
fn a_disk_that_cannot_be_written_to_bounds_rooms_as_if_nothing_were_kept() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(at_most(16), &shelf);
    let keys = two_rooms(&mut world);
    save(&mut world, &shelf);
    flood(&mut world, None, limits::ROOMS_UNSAVED_MAX + 50);
    both_are_as_they_were(&mut world, &keys);
    save(&mut world, &shelf);
    let kept = shelf.get().0.rooms.len();
    assert!((limits::ROOMS_UNSAVED_MAX..limits::ROOMS_UNSAVED_MAX + 20).contains(&kept), "{kept}");
}

#[test]
fn the_day_of_the_last_use_is_known_before_the_first_command() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(settings(), &shelf);
    let noon = |day: u64| UnixTime::from_millis(day * 86_400_000 + 43_200_000);
    world.turn.server.set_calendar(world.now, noon(20_000));
    for name in ["alice", "bob"] {
        world.join(name);
        world.types(name, &format!("/join of-{name}"));
    }
    save(&mut world, &shelf);
    let used = |room: &str| {
        let shelf = shelf.get();
        shelf.0.rooms.iter().find(|kept| kept.name.as_str() == room).unwrap().standing.used
    };
    assert_eq!((used("of-alice"), used("of-bob")), (20_000, 20_000));
    hand_over(&mut world, shelf.archive());
    // The new process has not looked at the calendar yet.
    world.vanishes("alice");
    save(&mut world, &shelf);
    assert_eq!(used("of-alice"), 20_000);
    world.turn.server.set_calendar(world.now, noon(20_001));
    world.vanishes("bob");
    save(&mut world, &shelf);
    assert_eq!((used("of-alice"), used("of-bob")), (20_000, 20_001));
}

#[test]
fn what_others_say_pushes_no_history_off_the_disk() {
    let shelf = SharedShelf::default();
    let lobby = LobbySettings { history: limits::HISTORY_MESSAGES_MAX, ..LobbySettings::default() };
    let mut world = World::kept(Settings { lobby, ..settings() }, &shelf);
    let keys = two_rooms(&mut world);
    save(&mut world, &shelf);
    world.join("mallory-1");
    let text = "x".repeat(1_000);
    let each = limits::HISTORY_ROOM_BYTES / (text.len() + limits::MESSAGE_WEIGHT) + 1;
    for room in 0..limits::HISTORY_TOTAL_BYTES / limits::HISTORY_ROOM_BYTES + 20 {
        world.person("mallory-1").says(&format!("/join r{room}\n"));
        for _ in 0..each {
            world.person("mallory-1").says(&format!("{text}\n"));
        }
        world.run();
        world.hears("mallory-1");
        save(&mut world, &shelf);
        assert!(world.turn.server.status().lobby().remembered() <= limits::HISTORY_TOTAL_BYTES);
    }
    // Nor does an upgrade, which takes over no more than may be remembered.
    let remembered = world.turn.server.status().lobby().remembered();
    assert!(remembered > limits::HISTORY_TOTAL_BYTES / 8 * 7, "{remembered}");
    for archive in [shelf.archive(), None] {
        hand_over(&mut world, archive);
        assert_eq!(world.turn.server.status().lobby().remembered(), remembered);
        assert!(!world.turn.server.status().has_unsaved());
    }
    world.turn.server.storage().set_archive(shelf.archive());
    both_are_as_they_were(&mut world, &keys);
}

#[test]
fn the_table_of_commands_says_who_may() {
    let mut world = World::default();
    world.join("alice");
    world.types("alice", "/join den");
    world.join("bob");
    for command in commands().filter(|command| command.name != "quit") {
        world.types("bob", "/join den");
        world.hears("bob");
        world.types("bob", &format!("/{} alice", command.name));
        let heard = world.hears("bob");
        let needs = [("to own den", Rank::Owner), ("to be an operator of den", Rank::Operator)];
        let refused = needs.iter().find(|(words, _)| heard.contains(words));
        let needed = refused.map_or(Rank::Member, |(_, rank)| *rank);
        assert_eq!(needed, command.needs, "/{}: {heard}", command.name);
    }
}
