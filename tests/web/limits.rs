//! Requests that take too long, and too many of them.

use std::time::Duration;

use mio_chat::limits;

use super::code;
use super::common::World;

/// Begins a request from an address and does not end it.
fn begin(world: &mut World, name: &str, address: &str) {
    world.try_connect(name, address.parse().unwrap()).unwrap();
    world.sends(name, b"GET / HTTP/1.1\r\n");
}

#[test]
fn a_head_has_so_long_in_all_however_it_comes() {
    let mut world = World::default();
    world.connect("slow");
    world.sends("slow", b"GET / HTTP/1.1\r\nX: ");
    for _ in 0..9 {
        world.wait(Duration::from_secs(1));
        world.sends("slow", b"x");
    }
    assert_eq!(world.person("slow").closed, None);
    world.wait(Duration::from_secs(1));
    assert_eq!(code(&world.hears("slow")), "408");
    assert_eq!(world.person("slow").closed.unwrap().name(), "line-timeout");
}

#[test]
fn a_body_has_so_long_in_all_however_it_comes() {
    let mut world = World::default();
    world.connect("slow");
    world.wait(Duration::from_millis(50));
    world.sends("slow", b"POST /hooks/x HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n");
    for _ in 0..9 {
        world.wait(Duration::from_secs(1));
        world.sends("slow", b"x");
    }
    assert_eq!(world.person("slow").closed, None);
    world.wait(Duration::from_secs(1));
    assert_eq!(code(&world.hears("slow")), "408");
}

#[test]
fn for_one_more_request_than_there_may_be_the_oldest_goes() {
    let mut world = World::default();
    let all = limits::HTTP_REQUESTS_MAX;
    for number in 0..all {
        let (third, last) = (number / 250, number % 250 + 1);
        begin(&mut world, &format!("{number}"), &format!("192.0.{third}.{last}"));
    }
    assert_eq!(world.person("0").closed, None);
    begin(&mut world, "one more", "198.51.100.1");
    let refused = world.hears("0");
    assert_eq!(code(&refused), "503");
    assert!(refused.contains("\r\nRetry-After: 2\r\n"), "{refused}");
    assert_eq!((world.person("1").closed, world.hears("1").as_str()), (None, ""));
    world.sends("1", b"Host: a\r\n\r\n");
    assert_eq!(code(&world.hears("1")), "200");
    begin(&mut world, "another", "198.51.100.2");
    assert_eq!(world.person("2").closed, None, "a place was free");
}

#[test]
fn one_address_has_its_share_of_them() {
    let mut world = World::default();
    let share = limits::HTTP_REQUESTS_PER_ADDRESS;
    begin(&mut world, "somebody", "192.0.2.1");
    (0..share).for_each(|number| begin(&mut world, &format!("{number}"), "203.0.113.5"));
    assert_eq!(world.person("0").closed, None);
    begin(&mut world, "one more", "203.0.113.5");
    assert_eq!(code(&world.hears("0")), "429");
    assert_eq!(world.person("somebody").closed, None);
    for number in 0..=share {
        begin(&mut world, &format!("local {number}"), "127.0.0.1");
    }
    assert_eq!(world.person("local 0").closed, None, "loopback is exempt");
}

#[test]
fn requests_cost_where_they_come_from_what_lines_cost() {
    let settings = mio_chat::server::Settings {
        flood: super::common::flood_control(),
        ..super::common::settings()
    };
    let mut world = World::new(settings);
    let mut answered = 0;
    for number in 0..limits::FLOOD_ADDRESS_BURST + 10 {
        let name = format!("{number}");
        world.try_connect(&name, "203.0.113.5".parse().unwrap()).unwrap();
        world.sends(&name, b"GET /rooms HTTP/1.1\r\nHost: a\r\n\r\n");
        answered += u32::from(!world.hears(&name).is_empty());
    }
    assert_eq!(answered, limits::FLOOD_ADDRESS_BURST);
    world.wait(Duration::from_secs(1));
    let last = format!("{}", limits::FLOOD_ADDRESS_BURST + 9);
    assert_eq!(code(&world.hears(&last)), "200", "the others are answered in turn");
}

#[test]
fn who_asks_while_the_server_stops_is_told_so() {
    let mut world = World::default();
    begin(&mut world, "late", "127.0.0.1");
    world.turn.server.shutdown(world.now, Duration::from_secs(5));
    world.run();
    let answer = world.hears("late");
    assert_eq!(code(&answer), "503");
    assert!(answer.ends_with("\r\n\r\nthe server stops\n"), "{answer}");
}

#[test]
fn answers_that_nobody_reads_keep_their_places_until_the_oldest_goes() {
    let mut world = World::default();
    let all = limits::HTTP_REQUESTS_MAX;
    for number in 0..all {
        let name = format!("{number}");
        world.try_connect(&name, "127.0.0.1".parse().unwrap()).unwrap();
        world.reads_only(&name, 100);
        world.sends(&name, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    assert_eq!(world.person("0").closed, None);
    begin(&mut world, "one more", "127.0.0.1");
    assert_eq!(world.person("0").closed.unwrap().name(), "finished");
    assert_eq!(world.person("1").closed, None);
    // Whoever reads on has all of it in the end, however slowly.
    for _ in 0..3 {
        world.wait(limits::OUTBOX_AGE - Duration::from_secs(1));
        world.reads_only("1", 200);
        world.reads_only("1", 0);
    }
    assert_eq!(world.person("1").closed, None);
    assert!(world.person("2").closed.is_some(), "it has read nothing more");
    world.reads_only("1", usize::MAX);
    assert!(world.hears("1").ends_with("</html>\n"));
}
