//! Browsers open connections ahead of need, on which the server has said `NICK` when they speak.

use std::time::Duration;

use mio_chat::limits;
use mio_chat::server::Settings;

use super::common::{World, settings};
use super::{code, got};

const REQUEST: &[u8] = b"GET /health HTTP/1.1\r\nHost: chat.test\r\n\r\n";

/// Whether a silent client is prompted within so long.
fn is_prompted_within(world: &mut World, name: &str, time: Duration) -> bool {
    world.wait(time);
    world.hears(name) == "NICK"
}

#[test]
fn a_prompted_browser_is_answered_in_full_and_told_what_to_do() {
    let mut world = World::default();
    world.connect("early");
    assert!(is_prompted_within(&mut world, "early", limits::GREET_AFTER));
    world.sends("early", REQUEST);
    let answer = world.hears("early");
    let start = "HTTP/1.1 200 OK\r\nX-Note: opened too early, press F5\r\n";
    assert!(answer.starts_with(start) && answer.ends_with("\r\n\r\nok\n"), "{answer}");
    assert!(!got(&mut world, "/health").contains("X-Note"));
}

#[test]
fn silent_clients_from_where_http_was_spoken_are_prompted_later() {
    let mut world = World::default();
    world.connect("first");
    world.connect("person");
    world.sends("first", REQUEST);
    assert_eq!(code(&world.hears("first")), "200");
    world.connect("second");
    let usual = limits::GREET_AFTER;
    assert!(!is_prompted_within(&mut world, "second", usual * 2));
    assert_eq!(world.hears("person"), "", "it came before, and is given that time too");
    world.sends("second", REQUEST);
    assert!(!world.hears("second").contains("X-Note"));
    let later = limits::GREET_BROWSER_AFTER - usual * 2;
    assert!(is_prompted_within(&mut world, "person", later));
    world.wait(limits::BROWSER_MEMORY);
    world.connect("tomorrow");
    assert!(is_prompted_within(&mut world, "tomorrow", usual), "it is forgotten");
}

#[test]
fn the_address_counts_and_nobody_is_prompted_at_once_where_browsers_are() {
    let mut world = World::new(Settings { greet_after: Duration::ZERO, ..settings() });
    let connect = |world: &mut World, name: &str, address: &str| {
        world.try_connect(name, address.parse().unwrap()).unwrap();
    };
    connect(&mut world, "browser", "192.0.2.1");
    assert_eq!(world.hears("browser"), "NICK");
    world.sends("browser", REQUEST);
    assert_eq!(code(&world.hears("browser")), "200");
    connect(&mut world, "again", "192.0.2.1");
    connect(&mut world, "neighbour", "192.0.2.2");
    assert_eq!((world.hears("again").as_str(), world.hears("neighbour").as_str()), ("", "NICK"));
    assert!(is_prompted_within(&mut world, "again", limits::GREET_BROWSER_AFTER));
}

#[test]
fn a_person_who_speaks_meanwhile_is_served_as_ever() {
    let mut world = World::default();
    got(&mut world, "/health");
    world.join("alice");
    world.types("alice", "hello");
    assert_eq!(world.hears("alice"), "alice: hello\n");
}
