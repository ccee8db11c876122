//! Players who get another address, partners who are not there, and routers that must be opened
//! before somebody knocks.

use std::time::Duration;

use mio_chat::peer::protocol::{Event, Input};
use mio_chat::time::Time;

use crate::FINE;
use crate::model::Server;
use crate::network::Nat;
use crate::world::World;

/// Two who have met, in a world that is some seconds old.
fn two_who_met(nats: [Nat; 2]) -> World {
    let mut world = World::new(&nats, FINE, 4);
    world.run_until(6_000);
    world.check_all_reached();
    world
}

/// Both play: each sends something ten times a second, for so many milliseconds. The longest time
/// for which one of them heard nothing.
fn play(world: &mut World, millis: u64) -> u64 {
    let (mut quiet, mut longest) = ([0; 2], 0);
    for _ in 0..millis / 100 {
        let before = [0, 1].map(|number| world.players[number].data.len());
        for by in [0, 1] {
            let slot = world.players[1 - by].client.you().unwrap();
            world.say(by, slot, b"move");
        }
        world.run_for(100);
        for (number, before) in before.into_iter().enumerate() {
            let is_quiet = world.players[number].data.len() == before;
            quiet[number] = if is_quiet { quiet[number] + 100 } else { 0 };
            longest = longest.max(quiet[number]);
        }
    }
    assert_eq!(quiet, [0; 2], "{}", world.says("they have lost each other"));
    longest
}

const PAIRS: [[Nat; 2]; 6] = [
    [Nat::Restricted, Nat::Restricted],
    [Nat::Restricted, Nat::Open],
    [Nat::Open, Nat::Restricted],
    [Nat::Cone, Nat::Restricted],
    [Nat::Symmetric, Nat::Restricted],
    [Nat::Symmetric, Nat::Open],
];

#[test]
fn who_plays_and_gets_another_address_is_found_within_seconds() {
    for nats in PAIRS {
        let mut world = two_who_met(nats);
        play(&mut world, 5_000);
        world.network.move_host(0);
        let quiet = play(&mut world, 15_000);
        assert!(quiet <= 5_000, "{nats:?}: silence for {quiet} ms");
        world.check_all_reached();
        assert_eq!(world.server.left + world.server.dissolved as usize, 0);
    }
}

#[test]
fn who_says_nothing_for_minutes_and_gets_another_address_is_found_too() {
    for nats in PAIRS {
        let mut world = two_who_met(nats);
        world.run_for(200_000);
        world.network.move_host(1);
        world.run_for(30_000);
        assert_eq!(play(&mut world, 3_000), 0, "{nats:?}");
        world.check_all_reached();
    }
}

#[test]
fn whoever_knows_that_it_has_moved_says_so_at_once() {
    for nats in PAIRS {
        let mut world = two_who_met(nats);
        play(&mut world, 3_000);
        world.network.move_host(0);
        world.tell(0, Input::Moved { lan: &[] });
        let quiet = play(&mut world, 10_000);
        assert!(quiet <= 500, "{nats:?}: silence for {quiet} ms");
    }
    // Who waits asks again at once, too, and is still the same.
    let mut world = World::new(&[Nat::Restricted, Nat::Open], FINE, 1);
    world.players[1].begins = Time::at(Duration::from_secs(8));
    world.run_until(4_000);
    world.network.move_host(0);
    world.tell(0, Input::Moved { lan: &[] });
    world.run_until(10_000);
    world.check_all_reached();
}

#[test]
fn who_is_not_known_any_more_does_not_wait_in_the_queue_for_others() {
    let mut world = two_who_met([Nat::Restricted, Nat::Restricted]);
    world.server.restart();
    world.network.move_host(0);
    world.run_for(60_000);
    assert_eq!(world.server.left, 2, "both have asked, and left the queue again");
    let is_story = |(_, event): &(Time, Event)| !matches!(event, Event::Waiting { .. });
    let after = Time::at(Duration::from_secs(6));
    for player in &world.players {
        assert!(player.events.iter().filter(|(at, _)| *at > after).all(is_story));
    }
}

#[test]
fn a_partner_that_is_not_there_costs_two_seconds() {
    let nats = [Nat::Open, Nat::Restricted, Nat::Restricted];
    let server = Server::new(true, false);
    let mut world = World::with_groups_of(2, &nats, FINE, 1, server);
    world.players[1].begins = Time::at(Duration::from_secs(2));
    world.players[2].begins = Time::at(Duration::from_secs(6));
    world.run_until(1_500);
    // It is killed while it waits.
    world.players[0].is_dead = true;
    world.run_until(9_000);
    assert_eq!(world.server.dissolved, 1);
    assert_eq!([world.how(1, 2), world.how(2, 1)], [Some("direct"); 2], "{}", world.says(""));
    let told: Vec<&Event> = world.players[1].events.iter().map(|(_, event)| event).collect();
    let [Event::Asking, before @ ..] = &told[..] else { panic!("{told:?}") };
    assert!(matches!(before[0], Event::Matched { .. }), "{told:?}");
    let taken_back = world.players[1].events.iter().find(|(_, event)| *event == Event::Dissolved);
    let (at, _) = taken_back.unwrap();
    assert!(*at < Time::at(Duration::from_millis(4_500)), "at {at:?}");
    assert_eq!(world.players[1].client.you(), Some(1), "its place was kept");
}

#[test]
fn who_reached_nobody_looks_for_others_under_another_id() {
    let nats = [Nat::Symmetric, Nat::Symmetric, Nat::Open];
    let mut world = World::with_groups_of(2, &nats, FINE, 1, Server::new(false, false));
    world.players[2].begins = Time::at(Duration::from_secs(9));
    world.run_until(7_000);
    assert_eq!(world.how(0, 1), None);
    assert!(world.search_again(0), "it came without a token");
    assert!(!world.search_again(0), "it is in no match now");
    world.run_until(12_000);
    assert_eq!(world.how(0, 2), Some("direct"), "{}", world.says("not met"));
    assert_eq!(world.server.left, 1);
}

/// How many of eight pairs behind careless routers reach each other directly, if the second of
/// each hears of the match so many milliseconds later.
fn direct(opens: bool, late: u64, other: Nat) -> usize {
    let pairs = (0..8).filter(|&seed| {
        let mut world = World::new(&[Nat::Careless, other], FINE, seed);
        world.opens = opens;
        world.network.delay_news(1, Duration::from_millis(late));
        world.run_until(6_000);
        world.how(0, 1) == Some("direct") && world.how(1, 0) == Some("direct")
    });
    pairs.count()
}

#[test]
fn an_opener_keeps_the_port_behind_careless_routers() {
    assert_eq!(direct(false, 80, Nat::Careless), 0, "without, 80 ms late");
    for late in [0, 80] {
        assert_eq!(direct(true, late, Nat::Careless), 8, "with, {late} ms late");
        for filtered in [Nat::Restricted, Nat::Cone, Nat::Open] {
            assert_eq!(direct(true, late, filtered), 8, "{filtered:?}, {late} ms late");
        }
    }
}
