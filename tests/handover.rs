//! Stories about a server that another process goes on with, told on the whole server in memory.
//! That nobody notices is shown by `tests/simulation`, where it happens all the time; here is what
//! somebody does notice, and what that does not play.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::path::Path;
use std::time::Duration;

use common::{World, settings};
use mio_chat::chat::LobbySettings;
use mio_chat::limits;
use mio_chat::mc1::Line;
use mio_chat::password::SlowHash;
use mio_chat::server::{Operator, Server, Settings};

const PAD: &str = "pad=xxxxxxxxxxxxxxxxxxxxxxxx";
const ALICES: &str = "192.0.2.1:4001";
const BOBS: &str = "198.51.100.2:4002";

impl World {
    /// Another process goes on, with these settings.
    fn hand_over(&mut self, settings: Settings, same_sockets: bool) {
        let document = serde_json::to_string(&self.turn.server.handover().state(self.now)).unwrap();
        let state = serde_json::from_str(&document).unwrap();
        self.turn.take_over(Server::taken_over(settings, state, same_sockets));
        self.turn.server.status().check_invariants();
        self.run();
    }

    /// The last datagram that went to an endpoint, if any did.
    fn told(&mut self, endpoint: &str) -> Option<String> {
        let told = self.datagrams();
        told.into_iter().rfind(|(to, _)| to.to_string() == endpoint).map(|(_, text)| text)
    }

    fn cookie(&mut self, endpoint: &str, id: u64) -> String {
        self.datagram(endpoint, &format!("MC1 JOIN id={id:016x} {PAD}\n"));
        let told = self.told(endpoint).expect("a cookie");
        field(&told, "c")
    }

    fn joins(&mut self, endpoint: &str, id: u64, fields: &str, cookie: &str) -> String {
        self.datagram(endpoint, &format!("MC1 JOIN id={id:016x} {fields} c={cookie}\n"));
        self.told(endpoint).expect("an answer")
    }
}

fn field(line: &str, key: &str) -> String {
    let found = Line::parse(line.as_bytes()).and_then(|line| line.get(key).map(str::to_owned));
    found.unwrap_or_else(|| panic!("no {key} in {line}"))
}

/// With somebody who looks after the server.
fn governed() -> Settings {
    let password = SlowHash::of("password", b"salt");
    let operators = vec![Operator { name: "root_7".into(), password: Some(password) }];
    Settings { operators, ..settings() }
}

#[test]
fn whose_password_is_being_checked_is_asked_to_try_again() {
    let governed = governed();
    let mut world = World::new(governed.clone());
    world.join("dave");
    world.types("dave", "/oper root_7 password");
    world.hand_over(governed, true);
    let heard = world.hears("dave");
    assert!(heard.ends_with("passwords are being checked; try again in a while\n"), "{heard}");
    world.types("dave", "/oper root_7 password");
    world.wait(Duration::from_secs(20));
    assert!(world.hears("dave").contains("* you look after the server now"));
}

#[test]
fn who_is_put_out_while_a_password_is_checked_hears_nothing_behind_the_goodbye() {
    let governed = governed();
    let mut world = World::new(governed.clone());
    world.join("dave");
    world.types("dave", "/oper root_7 password");
    world.wait(Duration::from_secs(20));
    world.join("eve");
    world.types("eve", "/oper root_7 passw0rd");
    world.reads_only("eve", 0);
    world.types("dave", "/kick eve");
    world.hand_over(governed, true);
    world.reads_only("eve", usize::MAX);
    let heard = world.hears("eve");
    assert!(heard.ends_with("* goodbye\n"), "{heard}");
}

#[test]
fn the_new_process_has_its_own_settings() {
    let mut world = World::default();
    world.join("alice");
    for number in 0..9 {
        world.types("alice", &format!("word {number}"));
    }
    let lobby = LobbySettings { history: 2, rooms_max: 1, ..LobbySettings::default() };
    world.types("alice", "/join den");
    world.hand_over(Settings { lobby, greet_after: Duration::ZERO, ..settings() }, true);
    // The room that is there stays, and another is one too many.
    world.types("alice", "/join tent");
    assert!(world.hears("alice").contains("rooms"), "there may be one room");
    world.connect("bob");
    assert_eq!(world.hears("bob"), "NICK");
    world.types("bob", "bob");
    let heard = world.hears("bob");
    assert!(!heard.contains("word 6") && heard.contains("word 7\n"), "{heard}");
}

#[test]
fn players_go_on_waiting_and_a_cookie_stays_good() {
    let mut world = World::default();
    world.join("alice");
    let cookies = [world.cookie(ALICES, 1), world.cookie(BOBS, 2)];
    world.types("alice", "/match duel");
    let heard = world.hears("alice");
    let token = heard.split_once(" is ").unwrap().1.split_once(':').unwrap().0.to_owned();
    world.hand_over(settings(), true);
    let fields = format!("token={token}");
    let waits = world.joins(ALICES, 1, &fields, &cookies[0]);
    assert!(waits.starts_with("MC1 WAIT"), "{waits}");
    world.hand_over(settings(), true);
    let met = world.joins(BOBS, 2, "q=duel n=2", &cookies[1]);
    assert!(met.starts_with("MC1 MATCH"), "{met}");
    assert!(world.hears("alice").contains("198.51.100.2:4002"));
    world.hand_over(settings(), true);
    // Who has not confirmed is told again.
    world.wait(Duration::from_secs(1));
    let again = world.told(ALICES).expect("the match again");
    assert_eq!(field(&again, "m"), field(&met, "m"));
}

#[test]
fn other_sockets_have_no_players_and_cookies_stay_good() {
    let mut world = World::default();
    let cookie = world.cookie(ALICES, 1);
    world.joins(ALICES, 1, "q=duel n=2", &cookie);
    assert_eq!(world.turn.server.status().matchmaker().players(), 1);
    world.hand_over(settings(), false);
    assert_eq!(world.turn.server.status().matchmaker().players(), 0);
    let waits = world.joins(ALICES, 1, "q=duel n=2", &cookie);
    assert!(waits.starts_with("MC1 WAIT"), "{waits}");
}

#[test]
fn a_line_that_is_partly_sent_is_sent_whole() {
    let mut world = World::default();
    world.join("alice");
    world.join("slow");
    world.reads_only("slow", 10);
    world.types("alice", "a line that does not fit");
    world.types("alice", "another");
    world.hand_over(settings(), true);
    world.reads_only("slow", usize::MAX);
    assert_eq!(world.hears("slow"), "alice: a line that does not fit\nalice: another\n");
}

/// A bit of everything, for the document that is kept.
fn lively() -> World {
    let mut world = World::default();
    for name in ["alice", "bob", "slow"] {
        world.join_from(name, "192.0.2.9");
    }
    world.reads_only("slow", 10);
    for line in ["/join den sesame", "/join den", "/topic tea", "/op bob", "/ban mallory 1h spam"] {
        world.types("alice", line);
    }
    for line in ["hello", "/me waves", "/ignore slow", "/numbers on", "/match duel"] {
        world.types("bob", line);
    }
    world.sends("alice", b"half a l");
    world.connect("stranger");
    for (id, endpoint) in [(1, ALICES), (2, BOBS)] {
        let cookie = world.cookie(endpoint, id);
        world.joins(endpoint, id, "q=duel n=2", &cookie);
    }
    let cookie = world.cookie("203.0.113.3:4003", 3);
    world.joins("203.0.113.3:4003", 3, "q=raid n=3", &cookie);
    world.datagram("203.0.113.4:4004", "hello");
    world
}

#[test]
fn a_document_of_the_present_format_is_understood_for_ever() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/handover.json");
    if std::env::var_os("MIO_CHAT_UPDATE").is_some() {
        let mut world = lively();
        let document =
            serde_json::to_string_pretty(&world.turn.server.handover().state(world.now)).unwrap();
        std::fs::write(&file, document + "\n").unwrap();
    }
    let document = std::fs::read_to_string(&file).unwrap();
    let understood = serde_json::from_str(&document).map(|state| {
        let server = Server::taken_over(settings(), state, true);
        server.status().check_invariants();
        (
            server.status().clients(),
            server.status().lobby().members(),
            server.status().matchmaker().players(),
        )
    });
    let help = "a server that runs cannot hand over to this one any more: give what is new a \
                default, or raise FORMAT in src/net/handover_state.rs and write \
                tests/handover.json anew (MIO_CHAT_UPDATE=1)";
    assert_eq!(understood.expect(help), (4, 3, 3));
}

#[test]
fn requests_by_http_that_are_half_read_go_on_and_keep_their_places() {
    let mut world = World::default();
    let connect = |world: &mut World, name: &str| {
        world.try_connect(name, "192.0.2.1".parse().unwrap()).unwrap();
    };
    let begin = |world: &mut World, name: &str| {
        connect(world, name);
        world.sends(name, b"POST /hooks/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
    };
    begin(&mut world, "first");
    connect(&mut world, "listener");
    world.sends("listener", b"GET /rooms/main/events HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(world.hears("listener").starts_with("HTTP/1.1 200 OK\r\n"));
    world.hand_over(settings(), true);
    assert_eq!((world.hears("first").as_str(), world.hears("listener").as_str()), ("", ""));
    for number in 1..limits::HTTP_REQUESTS_PER_ADDRESS {
        begin(&mut world, &format!("{number}"));
    }
    assert_eq!(world.person("first").closed, None, "it is one of as many as may be");
    begin(&mut world, "one more");
    assert!(world.hears("first").starts_with("HTTP/1.1 429 "), "it was the oldest");
    assert_eq!(world.person("listener").closed, None, "it was answered");
    world.sends("1", b"l");
    world.hand_over(settings(), true);
    world.sends("1", b"lo");
    assert!(world.hears("1").starts_with("HTTP/1.1 404 "), "there is no such hook");
}
