//! Clients whose connections are encrypted, as the server knows them: what they may say, what they
//! are told, and when. How bytes are encrypted is tested in `tls` and by the tests over sockets.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::time::Duration;

use common::{World, settings};
use mio_chat::chat::FloodRate;
use mio_chat::dialect::{Encryption, Spoken};
use mio_chat::limits::{
    GREET_AFTER, GREET_BROWSER_AFTER, REGISTER_TIMEOUT, TLS_HANDSHAKE_PATIENCE,
};
use mio_chat::server::{Read, Secured, Settings};

const HOME: &str = "127.0.0.1";
const ABROAD: &str = "192.0.2.7";
const GET: &str = "GET /rooms?x=1 HTTP/1.1\r\nHost: chat.example:55555\r\n\r\n";

fn agreed(protocol: Option<&'static str>) -> Secured {
    Secured { protocol, is_public: false }
}

fn world(encryption: Encryption) -> World {
    let spoken = Spoken { http: true, encryption, ..Spoken::default() };
    World::new(Settings { spoken, ..settings() })
}

fn closed(world: &mut World, name: &str) -> Option<&'static str> {
    world.person(name).closed.map(|reason| reason.name())
}

#[test]
fn nobody_is_prompted_within_a_handshake_and_everybody_some_time_after_it() {
    let mut world = world(Encryption::Offered);
    world.connect("alice");
    world.tells("alice", Read::Securing);
    world.wait(TLS_HANDSHAKE_PATIENCE - Duration::from_secs(1));
    world.tells("alice", Read::Securing);
    assert_eq!(world.hears("alice"), "");
    world.tells("alice", Read::Secured(agreed(None)));
    // One that comes encrypted may be slow the next time, too.
    world.wait(GREET_BROWSER_AFTER - Duration::from_millis(1));
    assert_eq!(world.hears("alice"), "");
    world.wait(Duration::from_millis(1));
    assert_eq!(world.hears("alice"), "NICK");
    world.types("alice", "alice");
    assert!(world.hears("alice").starts_with("Connected to server!\n"));
}

#[test]
fn a_handshake_has_so_long_in_all_and_then_a_nickname_as_long_as_ever() {
    let mut world = world(Encryption::Offered);
    for name in ["slow", "quick"] {
        world.connect(name);
        world.tells(name, Read::Securing);
    }
    world.wait(TLS_HANDSHAKE_PATIENCE - Duration::from_millis(1));
    world.tells("slow", Read::Securing);
    world.tells("quick", Read::Secured(agreed(Some("mio-chat"))));
    world.wait(Duration::from_millis(1));
    assert_eq!((closed(&mut world, "slow"), world.hears("slow").as_str()), (Some("tls"), ""));
    world.wait(REGISTER_TIMEOUT - Duration::from_millis(2));
    assert_eq!(closed(&mut world, "quick"), None);
    world.wait(Duration::from_millis(1));
    assert_eq!(closed(&mut world, "quick"), Some("register-timeout"));
}

#[test]
fn a_handshake_that_fails_or_a_record_that_is_forged_ends_in_silence() {
    let mut world = world(Encryption::Offered);
    world.join("bob");
    world.connect("alice");
    world.tells("alice", Read::Securing);
    world.tells("alice", Read::Insecure);
    assert_eq!((closed(&mut world, "alice"), world.hears("alice").as_str()), (Some("tls"), ""));
    world.connect_encrypted("carol", HOME, agreed(Some("mio-chat")));
    world.types("carol", "carol");
    world.hears("bob");
    world.tells("carol", Read::Insecure);
    assert_eq!(closed(&mut world, "carol"), Some("tls"));
    assert_eq!(world.hears("bob"), "carol left!\n");
}

#[test]
fn who_agreed_on_a_language_is_never_prompted_and_speaks_that_one() {
    for (protocol, said, answer, reason) in [
        ("mio-chat", "alice\n", Some("Connected to server!\n"), None),
        ("mio-chat", GET, Some(""), Some("tls")),
        ("mio-chat", "NICK alice\r\n", Some(""), Some("tls")),
        ("http/1.1", GET, Some("HTTP/1.1 200 OK\r\n"), Some("finished")),
        ("http/1.1", "alice\nhello\n\n", Some("HTTP/1.1 400 "), Some("finished")),
        ("irc", "CAP LS\r\n", Some(":irc.mio-chat CAP * LS :"), None),
        ("irc", "alice\n", Some(""), Some("tls")),
        ("irc", GET, Some(""), Some("tls")),
    ] {
        // However the bytes come.
        for cut in 0..said.len() {
            let mut world = world(Encryption::Offered);
            world.connect_encrypted("alice", HOME, agreed(Some(protocol)));
            world.wait(GREET_BROWSER_AFTER * 2);
            assert_eq!(world.hears("alice"), "", "{protocol}: no prompt");
            world.sends("alice", &said.as_bytes()[..cut]);
            world.sends("alice", &said.as_bytes()[cut..]);
            let heard = world.hears("alice");
            let answer = answer.unwrap();
            let is_so =
                if answer.is_empty() { heard.is_empty() } else { heard.starts_with(answer) };
            assert!(is_so, "{protocol} {said:?} at {cut}: {heard}");
            assert_eq!(closed(&mut world, "alice"), reason, "{protocol} {said:?} at {cut}");
        }
    }
}

#[test]
fn where_the_web_is_off_who_agreed_on_it_may_say_nothing_else() {
    let spoken = Spoken { encryption: Encryption::Offered, ..Spoken::default() };
    for (said, reason) in [(GET, "http"), ("alice\n", "tls")] {
        let mut world = World::new(Settings { spoken: spoken.clone(), ..settings() });
        world.connect_encrypted("alice", HOME, agreed(Some("http/1.1")));
        world.sends("alice", said.as_bytes());
        assert_eq!(closed(&mut world, "alice"), Some(reason), "{said:?}");
    }
}

#[test]
fn what_is_wrapped_once_more_is_closed() {
    for inner in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"PROXY TCP4 192.0.2.1 192.0.2.2 5000 55555\r\nalice\n",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\x13\x88\xd9\x03",
    ] {
        let mut world = world(Encryption::Offered);
        world.connect_encrypted("alice", HOME, agreed(None));
        world.sends("alice", inner);
        world.sends("alice", b"\nalice\n");
        assert_eq!(closed(&mut world, "alice"), Some("tls"), "{}", inner.escape_ascii());
        assert_eq!(world.turn.server.status().lobby().members(), 0);
    }
}

#[test]
fn without_a_language_agreed_on_the_first_bytes_tell() {
    let mut world = world(Encryption::Offered);
    world.join("bob");
    world.connect_encrypted("alice", HOME, agreed(None));
    world.types("alice", "alice");
    world.types("alice", "hello");
    assert_eq!(world.hears("bob"), "alice joined!\nalice: hello\n");
    world.connect_encrypted("web", HOME, agreed(None));
    world.sends("web", GET.as_bytes());
    assert!(world.hears("web").starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn browsers_are_told_to_come_encrypted_where_others_vouch_for_the_certificate() {
    for (is_public, protocol) in [(true, Some("http/1.1")), (true, None), (false, None)] {
        let mut world = world(Encryption::Offered);
        for target in ["/", "/rooms", "/nothing", "/health", "/rooms/main/events", "not a path"] {
            world.connect_encrypted("web", HOME, Secured { protocol, is_public });
            let request = format!("GET {target} HTTP/1.1\r\nHost: chat.example\r\n\r\n");
            world.sends("web", request.as_bytes());
            let answer = world.hears("web");
            let is_told = answer.contains("\r\nStrict-Transport-Security: max-age=2592000\r\n");
            assert_eq!(is_told, is_public, "{answer}");
        }
        world.connect("plain");
        world.sends("plain", GET.as_bytes());
        assert!(!world.hears("plain").contains("Strict-Transport-Security"));
    }
}

#[test]
fn where_only_encrypted_clients_are_served_others_are_told_so() {
    let mut world = world(Encryption::Required);
    let told = "* the server takes encrypted connections only: use \"mio-chat chat \
                tls://HOST:PORT\", a browser at https://HOST:PORT, or \"openssl s_client -quiet \
                -connect HOST:PORT\"\n";
    for said in ["alice\n", "\n", "/help\n", "\u{feff}/who\n"] {
        world.try_connect("plain", ABROAD.parse().unwrap()).unwrap();
        world.sends("plain", said.as_bytes());
        assert_eq!(world.hears("plain"), told, "{said:?}");
        assert_eq!(closed(&mut world, "plain"), Some("tls-only"));
    }
    // Who says nothing is told when it would have been prompted.
    world.try_connect("silent", ABROAD.parse().unwrap()).unwrap();
    world.wait(GREET_BROWSER_AFTER);
    assert_eq!(
        (world.hears("silent").as_str(), closed(&mut world, "silent")),
        (told, Some("tls-only"))
    );
    assert_eq!(world.turn.server.status().lobby().members(), 0);
    // On this machine nobody listens in.
    world.join("bob");
    world.connect_encrypted("carol", ABROAD, agreed(None));
    world.types("carol", "carol");
    assert_eq!(world.hears("bob"), "carol joined!\n");
}

#[test]
fn where_only_encrypted_clients_are_served_browsers_are_sent_there() {
    let mut world = world(Encryption::Required);
    for from in [HOME, ABROAD] {
        for request in [
            GET.to_owned(),
            GET.replace("\r\n\r\n", "\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"),
            GET.replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n"),
        ] {
            world.try_connect("web", from.parse().unwrap()).unwrap();
            world.sends("web", request.as_bytes());
            let answer = world.hears("web");
            assert!(answer.starts_with("HTTP/1.1 308 Permanent Redirect\r\n"), "{answer}");
            let place = "\r\nLocation: https://chat.example:55555/rooms?x=1\r\n";
            assert!(answer.contains(place), "{answer}");
            assert_eq!(closed(&mut world, "web"), Some("finished"));
        }
    }
    // By which name is not known.
    world.connect("old");
    world.sends("old", b"GET / HTTP/1.0\r\n\r\n");
    assert!(world.hears("old").starts_with("HTTP/1.1 426 Upgrade Required\r\n"));
    // A balancer that asks whether the server is there learns nothing else.
    world.connect("health");
    world.sends("health", b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(world.hears("health").starts_with("HTTP/1.1 200 OK\r\n"));
    world.connect_encrypted("web", ABROAD, agreed(Some("http/1.1")));
    world.sends("web", GET.as_bytes());
    assert!(world.hears("web").starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn a_slow_reader_who_is_cut_off_gets_what_is_encrypted_and_then_the_goodbye() {
    // Before too much waits, and by the very write that finds that it does.
    for at_once in [30, 100] {
        cut_off_a_slow_reader(at_once);
    }
}

/// So many of 200 lines are said at once.
fn cut_off_a_slow_reader(at_once: usize) {
    let mut world = World::new(Settings {
        outbox: mio_chat::delivery::OutboxLimits {
            hard: 64 * 1_024,
            ..mio_chat::delivery::OutboxLimits::default()
        },
        ..settings()
    });
    world.join("bob");
    world.connect_encrypted("alice", HOME, agreed(Some("mio-chat")));
    world.types("alice", "alice");
    world.hears("alice");
    world.reads_only("alice", 100);
    let text = "x".repeat(900);
    let said: Vec<String> = (0..200).map(|number| format!("{number} {text}\n")).collect();
    let (at_once, then) = said.split_at(at_once);
    world.sends("bob", at_once.concat().as_bytes());
    then.iter().for_each(|line| world.sends("bob", line.as_bytes()));
    assert_eq!(closed(&mut world, "alice"), None, "the goodbye waits");
    world.reads_only("alice", usize::MAX);
    let heard = world.hears("alice");
    let lines: Vec<&str> = heard.lines().collect();
    let (last, said) = lines.split_last().unwrap();
    for (number, line) in said.iter().enumerate() {
        assert_eq!(*line, format!("bob: {number} {text}"), "whole lines, in order");
    }
    assert!(said.len() > 10, "all that was encrypted: {} lines", said.len());
    assert!(last.starts_with("* you were cut off: ") && heard.ends_with('\n'), "{last}");
    assert_eq!(closed(&mut world, "alice"), Some("slow-consumer"));
}

#[test]
fn records_that_say_nothing_cost_as_much_as_lines() {
    let flood = FloodRate::new(5, 1);
    let mut world = World::new(Settings { flood, ..settings() });
    world.connect_encrypted("alice", HOME, agreed(Some("mio-chat")));
    world.types("alice", "alice");
    world.hears("alice");
    for _ in 0..40 {
        world.tells("alice", Read::Noise(4_096));
    }
    world.types("alice", "hello");
    let heard = world.hears("alice");
    assert!(!heard.contains("alice: hello"), "{heard}");
}

#[test]
fn who_waits_for_a_turn_with_its_handshake_is_neither_prompted_nor_refused() {
    for encryption in [Encryption::Offered, Encryption::Required] {
        let mut world = world(encryption);
        world.try_connect("alice", ABROAD.parse().unwrap()).unwrap();
        world.tells("alice", Read::Later);
        world.wait(GREET_BROWSER_AFTER * 2);
        assert_eq!((world.hears("alice").as_str(), closed(&mut world, "alice")), ("", None));
        world.tells("alice", Read::Secured(agreed(Some("mio-chat"))));
        world.types("alice", "alice");
        assert!(world.hears("alice").starts_with("Connected to server!\n"));
    }
}

#[test]
fn a_prompt_that_waits_does_not_come_out_in_what_is_encrypted() {
    let mut world = world(Encryption::Offered);
    let id = world.connect("web");
    world.reads_only("web", 0);
    world.wait(GREET_AFTER);
    assert_eq!(world.turn.server.status().waiting(id), b"NICK");
    world.tells("web", Read::Securing);
    assert_eq!(world.turn.server.status().waiting(id), b"");
    world.tells("web", Read::Secured(agreed(Some("http/1.1"))));
    world.reads_only("web", usize::MAX);
    world.sends("web", GET.as_bytes());
    assert!(world.hears("web").starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn a_listener_that_sends_records_without_a_word_is_read_no_more_for_a_while() {
    let mut world = World::new(Settings { flood: FloodRate::new(5, 1), ..settings() });
    world.join("bob");
    world.connect_encrypted("web", HOME, agreed(Some("http/1.1")));
    world.sends("web", b"GET /rooms/main/events HTTP/1.1\r\nHost: a\r\n\r\n");
    let id = world.person("web").id;
    assert!(world.turn.server.status().appetite(id) > 0);
    world.tells("web", Read::Noise(4_096));
    assert_eq!(world.turn.server.status().appetite(id), 0);
    world.wait(Duration::from_secs(600));
    assert!(world.turn.server.status().appetite(id) > 0);
}
