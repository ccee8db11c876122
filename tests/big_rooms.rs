//! Rooms so big that who comes and goes is only counted.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::{World, settings};
use mio_chat::chat::LobbySettings;
use mio_chat::limits::{DIGEST_INTERVAL, LISTED_MAX};
use mio_chat::server::Settings;

fn world(digest_above: usize) -> World {
    let lobby = LobbySettings { digest_above, ..LobbySettings::default() };
    World::new(Settings { lobby, ..settings() })
}

#[test]
fn a_big_room_hears_how_many_came_and_went() {
    let mut world = world(3);
    for name in ["alice", "bob", "carol"] {
        world.join(name);
    }
    world.connect("dave");
    world.types("dave", "dave");
    assert_eq!(world.hears("alice"), "", "four are more than three");
    assert_eq!(
        world.hears("dave"),
        "Connected to server!\ndave joined!\n* you are in main with 3 others (/help, /who)\n"
    );
    world.connect("eve");
    world.types("eve", "eve");
    world.types("bob", "/quit");
    world.wait(DIGEST_INTERVAL);
    assert_eq!(world.hears("alice"), "* +2 -1, 4 here\n");
    assert!(world.hears("eve").ends_with("* +2 -1, 4 here\n"));
    world.wait(10 * DIGEST_INTERVAL);
    assert_eq!(world.hears("alice"), "", "nothing has happened since");
    world.types("eve", "/join games");
    assert_eq!(world.hears("alice"), "");
    world.types("dave", "hello");
    assert_eq!(world.hears("carol").lines().last(), Some("dave: hello"));
    world.types("dave", "/quit");
    assert_eq!(world.hears("alice"), "dave: hello\ndave left!\n", "two are no crowd");
    world.wait(DIGEST_INTERVAL);
    assert_eq!(world.hears("alice"), "* -1, 2 here\n");
}

#[test]
fn what_is_said_while_a_crowd_comes_and_goes_reaches_everybody_who_is_there() {
    let mut world = world(2);
    for name in ["alice", "bob", "carol", "dave"] {
        world.join(name);
    }
    // All of it in one turn of the loop.
    for (name, line) in
        [("alice", "one"), ("bob", "/join games"), ("carol", "two"), ("dave", "three")]
    {
        world.person(name).says(&format!("{line}\n"));
    }
    world.run();
    for name in ["alice", "carol", "dave"] {
        assert_eq!(world.hears(name), "alice: one\ncarol: two\ndave: three\n", "{name}");
    }
    let heard = world.hears("bob");
    assert!(heard.starts_with("alice: one\n") && !heard.contains("two"), "{heard}");
}

#[test]
fn a_storm_of_newcomers_costs_each_a_bounded_number_of_bytes() {
    let mut world = World::new(settings());
    let (mut most, mut all) = (0, 0);
    let crowd = 1_500;
    for number in 0..crowd {
        let name = format!("d{number}");
        world.connect(&name);
        world.types(&name, &name);
        if number % 500 == 499 {
            world.wait(DIGEST_INTERVAL);
        }
    }
    for name in world.names() {
        let heard = world.hears(&name).len();
        (most, all) = (most.max(heard), all + heard);
    }
    // The first two hundred hear of each other one by one.
    assert!(most < 200 * 20, "{most} bytes to one");
    assert!(all / crowd < 1_000, "{} bytes to each", all / crowd);
}

#[test]
fn who_is_left_alone_hears_of_the_crowd_whatever_else_it_asks() {
    let mut world = world(2);
    for name in ["alice", "bob", "carol"] {
        world.join(name);
    }
    for name in ["carol", "bob"] {
        world.types(name, "/quit");
    }
    assert_eq!(world.hears("alice"), "bob left!\n", "carol is only counted");
    world.types("alice", "/numbers on");
    world.hears("alice");
    world.wait(DIGEST_INTERVAL);
    assert_eq!(world.hears("alice"), "* +1 -1, 1 here\n");
}

#[test]
fn a_long_list_has_pages() {
    let mut world = world(10);
    for number in 0..(LISTED_MAX + 50) {
        world.join(&format!("d{number:04}"));
    }
    world.types("d0000", "/who");
    let heard = world.hears("d0000");
    assert!(heard.starts_with("* there are 250 in main, page 1 of 2: d0000, d0001"), "{heard}");
    assert!(heard.ends_with("* there are more: /who main 2\n"), "{heard}");
    world.types("d0000", "/who 2");
    let heard = world.hears("d0000");
    assert!(heard.starts_with("* there are 250 in main, page 2 of 2: d0200"), "{heard}");
    assert!(heard.ends_with(", d0249\n"), "{heard}");
    world.types("d0000", "/who main 99");
    assert_eq!(world.hears("d0000"), heard, "a page that there is not is the last one");
}
