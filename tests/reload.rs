//! What may be chosen anew while people are here, and how they are sent away: in memory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::net::IpAddr;
use std::time::Duration;

use common::{World, flood_control, settings};
use mio_chat::chat::{Alphabet, LobbySettings, Nickname};
use mio_chat::server::{CloseReason, Settings};

const WINDOW: Duration = Duration::from_secs(30);

fn count(world: &World, reason: &str) -> u64 {
    let place = CloseReason::NAMES.iter().position(|name| *name == reason).unwrap();
    world.turn.server.status().counters().closed[place]
}

fn reload(world: &mut World, settings: Settings) {
    world.turn.reconfigure(world.now, settings);
    world.run();
}

#[test]
fn everyone_who_comes_is_told_the_message_of_the_day_of_then() {
    let motd = "Be kind.\n\nNo news.".parse().unwrap();
    let lobby = LobbySettings { motd, ..LobbySettings::default() };
    let mut world = World::new(Settings { lobby, ..settings() });
    world.connect("alice");
    world.types("alice", "alice");
    let heard = world.hears("alice");
    let told = "Connected to server!\n* motd: Be kind.\n* motd: No news.\nalice joined!\n";
    assert!(heard.contains(told), "{heard}");
    reload(&mut world, settings());
    assert_eq!(world.hears("alice"), "");
    world.connect("bob");
    world.types("bob", "bob");
    assert!(!world.hears("bob").contains("motd"));
    assert_eq!(world.hears("alice"), "bob joined!\n");
}

#[test]
fn who_is_here_stays_and_who_is_banned_goes() {
    let mut world = World::new(settings());
    world.join("alice");
    world.join_from("bob", "203.0.113.9");
    world.join_from("carol", "2001:db8::1");
    world.types("alice", "/topic tea");
    for name in ["alice", "bob", "carol"] {
        world.hears(name);
    }
    let banned = ["203.0.113.0/24", "2001:db8::77", "0.0.0.0/0"].map(|text| text.parse().unwrap());
    reload(&mut world, Settings { banned: banned.to_vec(), ..settings() });
    for name in ["bob", "carol"] {
        assert!(world.hears(name).ends_with("* nobody from your address is served here\n"));
    }
    assert_eq!(world.hears("alice"), "bob left!\ncarol left!\n", "from here, and not banned");
    assert_eq!(count(&world, "banned"), 2);
    assert!(world.try_connect("dave", IpAddr::from([203, 0, 113, 10])).is_none());
    world.datagram("203.0.113.9:4000", "hello");
    assert_eq!(world.turn.server.status().matchmaker().counters().dropped.banned, 1);
    reload(&mut world, settings());
    assert!(world.try_connect("dave", IpAddr::from([203, 0, 113, 10])).is_some());
}

#[test]
fn limits_bind_from_then_on() {
    let mut world = World::new(settings());
    world.join("alice");
    world.join("bob");
    for number in 0..20 {
        world.types("alice", &format!("message {number}"));
    }
    let history = world.turn.server.status().lobby().remembered();
    world.hears("bob");
    let lobby = LobbySettings { history: 2, rooms_max: 1, ..LobbySettings::default() };
    let chosen = Settings { lobby, flood: flood_control(), ..settings() };
    reload(&mut world, chosen);
    assert!(
        world.turn.server.status().lobby().remembered() < history / 5,
        "what is too much is forgotten"
    );
    world.types("bob", "/history 20");
    let heard = world.hears("bob");
    assert!(!heard.contains("message 17") && heard.contains("message 18"), "{heard}");
    world.types("bob", "/join games");
    assert!(world.hears("bob").contains("no more rooms"));
    for number in 0..20 {
        world.types("alice", &format!("again {number}"));
    }
    assert!(world.turn.server.status().counters().held > 0, "flood control is on");
    world.turn.server.status().check_invariants();
}

#[test]
fn the_name_of_a_bot_is_its_own_and_who_has_it_already_keeps_it() {
    let mut world = World::new(settings());
    world.join("deploy-bot");
    let bots = vec![Nickname::parse("Deploy-Bot", Alphabet::Ascii).unwrap()];
    let lobby = LobbySettings { bots, ..LobbySettings::default() };
    reload(&mut world, Settings { lobby, ..settings() });
    world.types("deploy-bot", "still here");
    assert!(world.hears("deploy-bot").contains("deploy-bot: still here\n"));
    world.types("deploy-bot", "/nick other");
    for name in ["deploy-bot", "DEPLOY-B0T"] {
        world.types("deploy-bot", &format!("/nick {name}"));
        let heard = world.hears("deploy-bot");
        assert!(heard.contains("is kept for the server"), "{heard}");
    }
    world.connect("stranger");
    world.types("stranger", "dep1oy-bot");
    let heard = world.hears("stranger");
    assert!(heard.contains("is kept for the server"), "{heard}");
}

#[test]
fn a_shorter_patience_binds_those_who_wait_already() {
    let mut world = World::new(settings());
    world.connect("stranger");
    reload(&mut world, Settings { register_timeout: Duration::from_secs(3), ..settings() });
    world.wait(Duration::from_secs(4));
    assert_eq!(count(&world, "register-timeout"), 1);
}

#[test]
fn who_is_held_back_goes_on_when_flood_control_is_switched_off() {
    let mut world = World::new(Settings { flood: flood_control(), ..settings() });
    world.join("alice");
    for number in 0..100 {
        world.types("alice", &format!("message {number}"));
    }
    assert!(!world.hears("alice").contains("message 99"));
    reload(&mut world, settings());
    world.wait(Duration::from_millis(1));
    assert!(world.hears("alice").contains("message 99"), "nothing waits any more");
}

#[test]
fn a_lame_duck_sends_everybody_away_one_by_one() {
    let mut world = World::new(settings());
    let names: Vec<String> = (0..30).map(|number| format!("p{number}")).collect();
    for name in &names {
        world.join(name);
    }
    world.turn.server.send_away_within(world.now, WINDOW);
    world.run();
    for gone in 1..30 {
        assert_eq!(world.turn.server.status().clients(), 30 - gone, "one a second");
        world.types("p29", "still here");
        world.wait(Duration::from_secs(1));
    }
    let heard = world.hears("p29");
    assert_eq!(heard.matches("p29: still here\n").count(), 29);
    assert!(heard.contains("p28 left!"), "the others are told");
    assert!(heard.ends_with("* the server is shutting down; come back in 1 s\n"), "{heard}");
    assert_eq!((world.turn.server.status().clients(), count(&world, "shutdown")), (0, 30));
}

#[test]
fn who_is_sent_away_in_haste_is_told_to_come_back_at_leisure() {
    let mut world = World::new(settings());
    for number in 0..10 {
        world.join(&format!("p{number}"));
    }
    world.turn.server.send_away_within(world.now, Duration::ZERO);
    world.run();
    world.wait(Duration::from_secs(1));
    for number in 0..10 {
        let told = format!("come back in {} s\n", number + 1);
        assert!(world.hears(&format!("p{number}")).ends_with(&told), "p{number}");
    }
    assert_eq!(world.turn.server.status().clients(), 0);
}

#[test]
fn a_crowd_is_told_to_come_back_evenly_and_who_is_told_nothing_comes_when_they_like() {
    for (come_back, told) in [(10, Some(10)), (300, Some(300)), (0, None)] {
        let come_back = Duration::from_secs(come_back);
        let mut world = World::new(Settings { come_back, ..settings() });
        let names: Vec<String> = (0..300).map(|number| format!("p{number}")).collect();
        for name in &names {
            world.join(name);
        }
        world.turn.server.shutdown(world.now, Duration::from_secs(5));
        world.run();
        let mut hints: Vec<Option<u64>> = names
            .iter()
            .map(|name| {
                let heard = world.hears(name);
                let (_, hint) = heard.trim_end().rsplit_once("come back ").unwrap();
                let hint = hint.strip_prefix("in ").and_then(|hint| hint.strip_suffix(" s"));
                hint.map(|seconds| seconds.parse().unwrap())
            })
            .collect();
        hints.dedup();
        let expected: Vec<Option<u64>> =
            told.map_or(vec![None], |most| (1..=most).map(Some).collect());
        assert_eq!(hints, expected);
    }
}
