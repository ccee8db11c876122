//! Gateways that say for whom they come (WEBIRC): who may, what is counted where from then on, and
//! what those are told who may not.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;
mod support;

use std::time::Duration;

use common::{World, settings};
use mio_chat::dialect::{Encryption, Spoken};
use mio_chat::limits::ANSWER_TIMEOUT;
use mio_chat::password::SlowHash;
use mio_chat::server::{CloseReason, Gateway, Secured, Server as Inner, Settings};
use rustix::process::Signal;
use support::{Client, Server};

/// The password is `password`, hashed in 4,096 rounds.
const HASH: &str = "pbkdf2-sha256:4096:73616c74:\
                    c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a";

fn with_gateways(from: &[&str]) -> Settings {
    let password = SlowHash::parse(HASH).unwrap();
    let gateway = |from: &&str| Gateway { from: from.parse().unwrap(), password: password.clone() };
    let spoken = Spoken { server_name: "irc.test".into(), ..settings().spoken };
    let gateways = from.iter().map(gateway).collect();
    Settings { gateways, per_address: 2, spoken, ..settings() }
}

fn introduction(password: &str, address: &str) -> String {
    format!("WEBIRC {password} kiwi host.example {address}\r\n")
}

fn registration(name: &str) -> String {
    format!("CAP LS 302\r\nNICK {name}\r\nUSER {name} 0 * :{name}\r\nCAP END\r\n")
}

/// Connects somebody from an address who says this at once, and waits until all is checked.
fn told(world: &mut World, name: &str, from: &str, said: &str) -> String {
    world.try_connect(name, from.parse().unwrap()).unwrap();
    world.sends(name, said.as_bytes());
    world.wait(Duration::from_secs(2));
    world.turn.server.status().check_invariants();
    world.hears(name)
}

/// The source of somebody, as others are told of it.
fn source(world: &mut World, name: &str) -> String {
    world.hears(name);
    world.sends(name, format!("USERHOST {name}\r\n").as_bytes());
    let heard = world.hears(name);
    heard.split(['=', '\r']).nth(1).unwrap_or_default().to_owned()
}

fn closed(world: &mut World, name: &str) -> Option<CloseReason> {
    world.person(name).closed
}

#[test]
fn somebody_behind_a_gateway_is_counted_and_cloaked_where_it_comes_from() {
    let mut world = World::new(with_gateways(&["127.0.0.1"]));
    let said = introduction("password", "203.0.113.7 :secure") + &registration("alice");
    let heard = told(&mut world, "alice", "127.0.0.1", &said);
    assert!(heard.contains(" CAP * LS :") && heard.contains(" 001 alice "), "{heard}");
    let heard = told(&mut world, "bob", "203.0.113.7", &registration("bob"));
    assert!(heard.contains(" 001 bob "), "{heard}");
    let cloak_of = |source: String| source.split_once('@').unwrap().1.to_owned();
    let (one, other) = (source(&mut world, "alice"), source(&mut world, "bob"));
    assert_eq!(cloak_of(one), cloak_of(other));
    // Two may come from there, whichever way they take.
    let said = introduction("password", "203.0.113.7") + &registration("carol");
    let heard = told(&mut world, "carol", "127.0.0.1", &said);
    assert!(heard.starts_with("ERROR :") && !heard.contains("001"), "{heard}");
    assert!(world.try_connect("dave", "203.0.113.7".parse().unwrap()).is_none());
    world.ends("alice");
    let heard = told(&mut world, "dave", "203.0.113.7", &registration("dave"));
    assert!(heard.contains(" 001 dave "), "{heard}");
    let counters = world.turn.server.status().counters();
    assert_eq!((counters.introduced, counters.introductions_refused), (1, 0));
}

#[test]
fn addresses_that_are_banned_are_banned_behind_a_gateway_too() {
    let banned = vec!["2001:db8:bad::/48".parse().unwrap()];
    let mut world = World::new(Settings { banned, ..with_gateways(&["127.0.0.1"]) });
    let said = introduction("password", "2001:db8:bad::7") + &registration("mallory");
    let heard = told(&mut world, "mallory", "127.0.0.1", &said);
    assert!(heard.starts_with("ERROR :") && heard.contains("served here"), "{heard}");
    let said = introduction("password", "2001:db8:ace::7 secure") + &registration("alice");
    let heard = told(&mut world, "alice", "127.0.0.1", &said);
    assert!(heard.contains(" 001 alice "), "{heard}");
    let source = source(&mut world, "alice");
    assert!(!source.ends_with("@local") && !source.contains("2001"), "{source}");
}

#[test]
fn who_is_no_gateway_is_told_so_and_closed() {
    let mut world = World::new(with_gateways(&["10.0.0.5"]));
    for (from, said, why) in [
        ("127.0.0.1", introduction("password", "203.0.113.7"), "not accepted from your address"),
        ("10.0.0.6", introduction("password", "203.0.113.7"), "not accepted from your address"),
        ("10.0.0.5", introduction("passw0rd", "203.0.113.7"), "the password of WEBIRC is wrong"),
        ("10.0.0.5", introduction("password", "host.example"), "and an IP address"),
        ("10.0.0.5", introduction("password", "::1"), "a zero before it"),
        ("10.0.0.5", "WEBIRC password\r\n".into(), "and an IP address"),
        (
            "10.0.0.5",
            format!("NICK x\r\n{}", introduction("password", "203.0.113.7")),
            "must be the first line",
        ),
        (
            "10.0.0.5",
            introduction("password", "203.0.113.7") + &introduction("password", "203.0.113.8"),
            "must be the first line",
        ),
    ] {
        let heard = told(&mut world, "x", from, &(said.clone() + &registration("x")));
        assert!(heard.starts_with("ERROR :Closing link: ") && heard.contains(why), "{heard}");
        assert_eq!(heard.matches("\r\n").count(), 1, "{said}: {heard}");
        assert_eq!(closed(&mut world, "x"), Some(CloseReason::Finished));
    }
    assert_eq!(world.turn.server.status().counters().introductions_refused, 8);
}

#[test]
fn members_cannot_become_somebody_else() {
    let mut world = World::new(with_gateways(&["127.0.0.1"]));
    told(&mut world, "alice", "127.0.0.1", &registration("alice"));
    world.sends("alice", introduction("password", "203.0.113.7").as_bytes());
    assert_eq!(world.hears("alice"), ":irc.test 462 alice :You may not reregister\r\n");
    assert_eq!(closed(&mut world, "alice"), None);
}

#[test]
fn a_gateway_brings_a_crowd_at_once_and_one_password_is_checked() {
    let mut world = World::new(with_gateways(&["10.0.0.0/24", "10.0.0.5"]));
    for number in 0..60 {
        let (name, address) = (format!("p{number}"), format!("198.51.{number}.7"));
        // As many as there are, for all are from one address so far.
        world.try_connect(&name, "10.0.0.5".parse().unwrap()).unwrap();
        let said = introduction("password", &address) + &registration(&name);
        world.sends(&name, said.as_bytes());
    }
    // What 4,096 rounds take, and not sixty times as long.
    world.wait(Duration::from_millis(100));
    for number in 0..60 {
        let heard = world.hears(&format!("p{number}"));
        assert!(heard.contains(&format!(" 001 p{number} ")), "{heard}");
    }
    // The next one is known at once.
    world.try_connect("late", "10.0.0.9".parse().unwrap()).unwrap();
    let said = introduction("password", "198.51.100.200") + &registration("late");
    world.sends("late", said.as_bytes());
    assert!(world.hears("late").contains(" 001 late "));
    world.turn.server.status().check_invariants();
}

#[test]
fn others_talk_while_a_gateway_waits_and_who_leaves_is_forgotten() {
    let mut world = World::new(with_gateways(&["127.0.0.1"]));
    world.join("plain");
    world.connect("gone");
    world.sends("gone", introduction("password", "203.0.113.7").as_bytes());
    world.sends("gone", registration("gone").as_bytes());
    assert_eq!(world.hears("gone"), "");
    world.types("plain", "hello");
    assert!(world.hears("plain").ends_with("plain: hello\n"));
    world.vanishes("gone");
    world.wait(Duration::from_secs(2));
    assert_eq!(world.turn.server.status().counters().introduced, 0);
    world.turn.server.status().check_invariants();
}

#[test]
fn where_all_must_come_encrypted_the_gateway_says_who_does() {
    let mut chosen = with_gateways(&["127.0.0.1", "10.0.0.5"]);
    chosen.spoken.encryption = Encryption::Required;
    let mut world = World::new(chosen);
    // Over loopback nobody listens in.
    for (options, is_in) in [(" :secure", true), ("", false)] {
        let said = introduction("password", &format!("203.0.113.7{options}"));
        let heard = told(&mut world, "a", "127.0.0.1", &(said + &registration("a")));
        assert_eq!(heard.contains(" 001 a "), is_in, "{heard}");
        assert_eq!(heard.starts_with("ERROR :"), !is_in, "{heard}");
        if is_in {
            world.ends("a");
        }
    }
    let secured = Secured { protocol: None, is_public: false };
    for (options, is_in) in [(" :secure", true), ("", false)] {
        world.connect_encrypted("b", "10.0.0.5", secured);
        let said = introduction("password", &format!("203.0.113.7{options}"));
        world.sends("b", (said + &registration("b")).as_bytes());
        world.wait(Duration::from_secs(2));
        let heard = world.hears("b");
        assert_eq!(heard.contains(" 001 b "), is_in, "{heard}");
        assert_eq!(heard.starts_with("ERROR :"), !is_in, "{heard}");
        if is_in {
            world.ends("b");
        }
    }
    // A gateway in plain text is nobody's secret.
    let said = introduction("password", "203.0.113.7 :secure");
    let heard = told(&mut world, "c", "10.0.0.5", &(said + &registration("c")));
    assert!(heard.starts_with("ERROR :") && !heard.contains("001"), "{heard}");
}

#[test]
fn another_process_knows_a_proved_password_and_gives_up_one_that_was_being_checked() {
    let chosen = with_gateways(&["127.0.0.1"]);
    let mut world = World::new(chosen.clone());
    let said = introduction("password", "203.0.113.7") + &registration("alice");
    assert!(told(&mut world, "alice", "127.0.0.1", &said).contains(" 001 alice "));
    world.connect("waits");
    world.sends("waits", introduction("passw0rd", "203.0.113.8").as_bytes());
    world.sends("waits", registration("waits").as_bytes());
    let before = source(&mut world, "alice");
    let document = serde_json::to_string(&world.turn.server.handover().state(world.now)).unwrap();
    assert!(!document.contains("passw0rd"), "{document}");
    let state = serde_json::from_str(&document).unwrap();
    world.turn.take_over(Inner::taken_over(chosen, state, true));
    world.turn.server.status().check_invariants();
    world.run();
    assert_eq!(source(&mut world, "alice"), before);
    world.connect("bob");
    let said = introduction("password", "203.0.113.9") + &registration("bob");
    world.sends("bob", said.as_bytes());
    assert!(world.hears("bob").contains(" 001 bob "));
    world.wait(ANSWER_TIMEOUT);
    let heard = world.hears("waits");
    assert!(heard.starts_with("ERROR :") && heard.contains("try again"), "{heard}");
    assert_eq!(closed(&mut world, "waits"), Some(CloseReason::Finished));
}

#[test]
fn over_sockets_a_file_names_the_gateways_and_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateways");
    std::fs::write(&file, format!("# kiwi\n127.0.0.1 {HASH}\n")).unwrap();
    let server = Server::start(&["--webirc", file.to_str().unwrap(), "-v"]);
    let says = |said: String| {
        let mut client = Client::connect(server.tcp());
        client.send(said.as_bytes());
        client
    };
    let mut alice = says(introduction("password", "203.0.113.7 :secure") + &registration("alice"));
    alice.hear_where("welcome", |line| line.contains(" 001 alice "));
    let refused = says(introduction("passw0rd", "203.0.113.7")).rest();
    assert!(refused.starts_with("ERROR :Closing link: "), "{refused}");
    server.wait_for_log("gateway refused: address=127.0.0.1 why=password");
    // Those who are here stay.
    std::fs::write(&file, "# nobody\n").unwrap();
    server.signal(Signal::HUP);
    server.wait_for_log("reloaded: ");
    let refused = says(introduction("password", "203.0.113.7")).rest();
    assert!(refused.contains("not accepted from your address"), "{refused}");
    alice.say("PING x");
    alice.hear_where("an answer", |line| line.contains(" PONG "));
    let log = server.stop();
    assert!(log.contains("gateway refused: address=127.0.0.1 why=address"), "{log}");
    assert!(!log.contains("passw") || log.contains("why=password"), "{log}");
    assert!(!log.contains("passw0rd"), "{log}");
}
