//! What is kept of other names: over a save, a restart and another process that goes on.

use std::time::Duration;

use mio_chat::chat::LobbySettings;
use mio_chat::server::{Server, Settings};

use crate::common::shelf::SharedShelf;
use crate::common::{World, settings};
use crate::{comes_by_irc, forget, told, word_behind};

/// Another process goes on.
fn hand_over(world: &mut World, shelf: &SharedShelf) {
    let document = serde_json::to_string(&world.turn.server.handover().state(world.now)).unwrap();
    let state = serde_json::from_str(&document).unwrap();
    world.turn.take_over(Server::taken_over(quick(), state, true));
    world.turn.server.storage().set_archive(shelf.archive());
    world.turn.server.status().check_invariants();
    world.run();
}

fn quick() -> Settings {
    Settings { account_rounds: 10, ..settings() }
}

/// The names of the rooms that are stored, and what was said in each.
fn stored(shelf: &SharedShelf) -> Vec<(String, Vec<String>)> {
    let shelf = shelf.get();
    let mut rooms: Vec<(String, Vec<String>)> = shelf
        .0
        .rooms
        .iter()
        .map(|room| {
            let said = room.messages.iter().map(|message| message.text.to_string());
            (room.name.as_str().to_owned(), said.collect())
        })
        .filter(|(name, _)| name != "main")
        .collect();
    rooms.sort();
    rooms
}

fn rooms(rooms: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
    let said = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    rooms.iter().map(|(name, texts)| ((*name).to_owned(), said(texts))).collect()
}

#[test]
fn secrets_open_the_room_under_every_name() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    world.join("alice");
    world.types("alice", "/join den");
    let key = word_behind(&world.hears("alice"), "/join den ");
    world.types("alice", "/password sesame");
    world.types("alice", "/rename-room cave");
    let enters = |world: &mut World, name: &str, line: &str| {
        world.join(name);
        world.types(name, line);
        world.hears(name)
    };
    assert!(enters(&mut world, "bob", "/join cave sesame").contains("* you are in cave "));
    assert!(enters(&mut world, "carl", "/join cave other").contains("* that is not the password"));
    world.types("alice", "/give bob");
    let next = word_behind(&world.hears("bob"), "/join cave ");
    let a_part: Result<(), ()> = world.turn.server.storage().save(1, |batch| {
        shelf.get_mut().keep(batch);
        Ok(())
    });
    assert_eq!(a_part, Ok(()));
    hand_over(&mut world, &shelf);
    world.save(&mut shelf.get_mut(), 1);
    world = World::kept(quick(), &shelf);
    assert!(enters(&mut world, "dora", "/join cave sesame").contains("* you are alone in cave "));
    assert!(!enters(&mut world, "eve", &format!("/join cave {key}")).contains("* you are in cave"));
    let owner = enters(&mut world, "bob", &format!("/join cave {next}"));
    assert!(owner.contains("* the room cave: bob was made the owner by bob\n"), "{owner}");
    // A password that is chosen now opens it under its first name, too.
    world.types("bob", "/password open");
    world.types("bob", "/rename-room den");
    assert!(enters(&mut world, "gus", "/join den open").contains("* you are in den with 2 others"));
}

#[test]
fn a_room_is_stored_under_its_last_name_and_another_may_have_the_first() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    for name in ["alice", "bob"] {
        world.join(name);
    }
    world.types("alice", "/join den");
    world.types("alice", "one");
    world.save(&mut shelf.get_mut(), 100);
    assert_eq!(stored(&shelf), rooms(&[("den", &["one"])]));
    // Twice between two saves; and somebody makes a room that is called as the first was.
    world.types("alice", "/rename-room cave");
    world.types("alice", "/rename-room attic");
    world.types("alice", "two");
    forget(&mut world);
    world.types("bob", "/join den");
    assert!(world.hears("bob").contains("* you own den "));
    world.types("bob", "other");
    // What is not stored yet is not lost when another process goes on.
    hand_over(&mut world, &shelf);
    world.save(&mut shelf.get_mut(), 1);
    let expected = rooms(&[("attic", &["one", "two"]), ("den", &["other"])]);
    assert_eq!(stored(&shelf), expected);
    let mut world = World::kept(quick(), &shelf);
    world.join("carl");
    world.types("carl", "/join attic");
    let read = world.hears("carl");
    assert!(read.contains("alice: one") && read.contains("alice: two"), "{read}");
    world.types("carl", "/join cave");
    assert!(world.hears("carl").contains("* you own cave "), "the name in between is free");
}

#[test]
fn two_rooms_exchange_their_names_between_two_saves() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    for (name, room) in [("alice", "den"), ("bob", "cave")] {
        world.join(name);
        world.types(name, &format!("/join {room}"));
        world.types(name, &format!("in {room}"));
    }
    world.save(&mut shelf.get_mut(), 100);
    world.types("alice", "/rename-room attic");
    world.types("bob", "/rename-room den");
    world.types("alice", "/rename-room cave");
    world.types("bob", "more");
    // A disk that fails once changes nothing.
    let failed = world.turn.server.storage().save(100, |_| Err::<(), _>("full"));
    assert!(failed.is_err());
    world.save(&mut shelf.get_mut(), 1);
    let expected = rooms(&[("cave", &["in den"]), ("den", &["in cave", "more"])]);
    assert_eq!(stored(&shelf), expected);
}

#[test]
fn a_name_on_disk_is_in_use_and_one_that_nobody_comes_back_to_is_free() {
    let shelf = SharedShelf::default();
    let few = || Settings {
        lobby: LobbySettings { rooms_max: 3, ..LobbySettings::default() },
        ..quick()
    };
    let mut world = World::kept(few(), &shelf);
    world.join("bob");
    for room in ["kept", "a", "b", "c"] {
        world.types("bob", &format!("/join {room}"));
        world.save(&mut shelf.get_mut(), 100);
    }
    comes_by_irc(&mut world, "ivan", "message-tags");
    told(&mut world, "ivan", "PART #den");
    world.save(&mut shelf.get_mut(), 100);
    forget(&mut world);
    world.types("bob", "/rename-room KEPT");
    let taken = "* there is a room KEPT already, or one that looks like it\n";
    assert_eq!(world.hears("bob"), taken);
    world.types("bob", "/rename-room Den");
    assert_eq!(world.hears("bob"), "* the room c is called Den now, by bob\n");
    world.turn.server.status().check_invariants();
    *shelf.is_broken.borrow_mut() = true;
    world.types("bob", "/rename-room x");
    assert!(world.hears("bob").starts_with("* no more rooms can be opened while the disk"));
    *shelf.is_broken.borrow_mut() = false;
    // It is looked for by the name that it has, though it is stored under another yet.
    world.types("bob", "/join c");
    assert!(world.hears("bob").contains("* you own c "));
    world.types("bob", "/join den");
    assert!(!world.hears("bob").contains("* you own "));
    world.save(&mut shelf.get_mut(), 100);
    let names: Vec<String> = stored(&shelf).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Den", "a", "b", "c", "kept"]);
}

#[test]
fn invitations_and_read_marks_follow_the_room() {
    let shelf = SharedShelf::default();
    let mut world = World::kept(quick(), &shelf);
    comes_by_irc(&mut world, "ivan", "draft/read-marker");
    comes_by_irc(&mut world, "ada", "draft/read-marker");
    for name in ["ivan", "ada"] {
        world.sends(name, b"REGISTER * * sesame\r\n");
        world.save(&mut shelf.get_mut(), 100);
        world.wait(Duration::from_secs(1));
        told(&mut world, name, "MARKREAD #den timestamp=1970-01-01T00:00:00.500Z");
    }
    world.join("bob");
    told(&mut world, "ivan", "MODE #den +i");
    told(&mut world, "ivan", "INVITE bob #den");
    // Ada is gone; hers are on disk.
    told(&mut world, "ada", "QUIT");
    world.save(&mut shelf.get_mut(), 100);
    forget(&mut world);
    let answer = told(&mut world, "ivan", "RENAME #den #cave");
    let mark = "MARKREAD #cave timestamp=1970-01-01T00:00:00.500Z\n";
    assert!(answer.contains(mark), "{answer}");
    world.types("bob", "/join cave");
    assert!(world.hears("bob").contains("* you are in cave "));
    let comes_back = |world: &mut World| {
        world.connect("ada");
        told(world, "ada", "CAP REQ :draft/read-marker");
        told(world, "ada", "PASS ada:sesame\r\nNICK ada\r\nUSER a 0 * :a\r\nCAP END");
        world.wait(Duration::from_secs(1));
        let answer = told(world, "ada", "MARKREAD #cave");
        assert!(answer.contains(mark), "{answer}");
        told(world, "ada", "QUIT");
    };
    comes_back(&mut world);
    world.save(&mut shelf.get_mut(), 1);
    comes_back(&mut World::kept(quick(), &shelf));
}
