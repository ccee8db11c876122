//! After the match: what a client does while the game is played, and before it is found.

use std::time::Duration;

use mio_chat::peer::protocol::{Event, Path};
use mio_chat::time::Time;

use crate::model::Server;
use crate::network::Nat;
use crate::world::World;
use crate::{FINE, STORM};

#[test]
fn events_tell_the_story_in_order() {
    let mut world = World::new(&[Nat::Restricted, Nat::Open], FINE, 2);
    world.run_until(5_000);
    let last = world.at(2);
    let events: Vec<&Event> = world.players[last].events.iter().map(|(_, event)| event).collect();
    let [Event::Asking, Event::Matched { you: 2, peers }, Event::Punching, reached, Event::Done] =
        events[..]
    else {
        panic!("{}", world.says("another story"))
    };
    assert_eq!(peers, &[1]);
    assert!(matches!(reached, Event::PeerReached { slot: 1, path: Path::Direct(_), rtt }
        if *rtt == Duration::from_millis(40)));
    let told: Vec<_> = world.server.results.values().map(String::as_str).collect();
    assert_eq!(told, ["direct", "direct"]);
    let peer = world.players[last].client.peers().next().unwrap();
    assert_eq!(peer.nick, Some("player1"));
}

#[test]
fn data_of_the_game_arrives_as_it_was_sent_directly_and_through_the_relay() {
    for nats in [[Nat::Cone, Nat::Open], [Nat::Symmetric, Nat::Symmetric], [Nat::House, Nat::House]]
    {
        let mut world = World::new(&nats, FINE, 7);
        world.run_until(6_000);
        let (one, other) = (world.at(1), world.at(2));
        world.say(one, 2, b"\x00\xff\nmove 7\n");
        world.say(other, 1, b"MC2");
        world.run_for(1_000);
        assert_eq!(world.players[other].data, [(1, b"\x00\xff\nmove 7\n".to_vec())], "{nats:?}");
        assert_eq!(world.players[one].data, [(2, b"MC2".to_vec())], "{nats:?}");
    }
}

#[test]
fn hidden_addresses_lead_through_the_relay_at_once() {
    let server = Server::new(true, true);
    let mut world = World::with_server(&[Nat::Open, Nat::Open, Nat::House], FINE, 1, server);
    world.run_until(1_500);
    for (by, to) in [(0, 1), (1, 2), (2, 0)] {
        assert_eq!(world.how(by, to), Some("relay"), "{}", world.says("not there"));
    }
}

#[test]
fn without_a_relay_some_are_out_of_reach_and_the_server_hears_of_it() {
    let server = Server::new(false, false);
    let mut world = World::with_server(&[Nat::Symmetric, Nat::Restricted], FINE, 1, server);
    world.run_until(7_000);
    for player in &world.players {
        let events: Vec<&Event> = player.events.iter().map(|(_, event)| event).collect();
        assert!(matches!(events[..], [.., Event::PeerFailed { .. }, Event::Done]));
    }
    let told: Vec<_> = world.server.results.values().map(String::as_str).collect();
    assert_eq!(told, ["failed", "failed"]);
}

#[test]
fn paths_stay_open_and_silence_is_noticed() {
    let mut world = World::new(&[Nat::Restricted, Nat::Symmetric, Nat::Cone], STORM, 5);
    world.run_until(20_000);
    world.check_all_reached();
    let before = world.network.sent();
    world.run_for(600_000);
    world.check_all_reached();
    let silences = |world: &World| {
        let events = world.players.iter().flat_map(|player| &player.events);
        events.filter(|(_, event)| matches!(event, Event::PeerSilent { .. })).count()
    };
    assert_eq!(silences(&world), 0, "{}", world.says("somebody is silent"));
    let per_pair_and_minute = (world.network.sent() - before) / 30;
    assert!(per_pair_and_minute < 60, "{per_pair_and_minute} datagrams to keep NATs open");
    world.players[2].is_dead = true;
    world.run_for(70_000);
    assert_eq!(silences(&world), 2, "{}", world.says("nobody noticed"));
    world.players[2].is_dead = false;
    world.run_for(60_000);
    let back = |(_, event): &(Time, Event)| matches!(event, Event::PeerReached { .. });
    assert!(world.players[..2].iter().all(|player| back(player.events.last().unwrap())));
}

#[test]
fn a_server_that_starts_again_finds_those_who_wait() {
    let mut world = World::new(&[Nat::Open, Nat::Cone], FINE, 1);
    world.players[1].is_dead = true;
    world.run_until(7_000);
    world.server.restart();
    world.run_for(8_000);
    world.players[1].is_dead = false;
    world.run_for(8_000);
    world.check_all_reached();
}

#[test]
fn whoever_leaves_is_forgotten_and_a_server_that_is_not_there_is_given_up() {
    let mut world = World::new(&[Nat::Open, Nat::Cone], FINE, 1);
    world.players[1].is_dead = true;
    world.run_until(2_000);
    world.leave(0);
    world.run_for(1_000);
    assert_eq!(world.server.left, 1);
    assert!(world.players[0].client.has_ended());
    assert_eq!(world.players[0].events.last().unwrap().1, Event::Left);

    let lost = crate::Weather { loss_percent: 100, ..FINE };
    let mut world = World::new(&[Nat::Open], lost, 1);
    world.run_until(60_000);
    let (at, event) = world.players[0].events.last().unwrap();
    assert_eq!((event, world.players[0].client.has_ended()), (&Event::Unanswered, true));
    assert!((29..32).contains(&at.since(Time::ZERO).as_secs()), "after {at:?}");
    let sent = world.network.sent();
    assert!((20..40).contains(&sent), "{sent} questions");
}
