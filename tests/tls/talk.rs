//! Plain and encrypted clients in one room, and how their conversations end.

use std::io::Write;
use std::net::Shutdown;

use rustls::version::{TLS12, TLS13};

use crate::files::SELF_SIGNED;
use crate::peer::{End, Peer};
use crate::support::{Client, Server};
use crate::trusting;

#[test]
fn plain_and_encrypted_clients_talk_in_one_room() {
    let server = Server::start(&SELF_SIGNED);
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Peer::join(server.tcp(), "bob");
    let config = trusting::client(&TLS12, &["mio-chat"]);
    let mut carol = Peer::connect(server.tcp(), config).register("carol");
    alice.hear("carol joined!");
    alice.say("hello");
    for peer in [&mut bob, &mut carol] {
        peer.hear("alice: hello");
    }
    // More than a record holds, and lines across records.
    let long = "x".repeat(900);
    bob.send(format!("{long}\n").repeat(40).as_bytes());
    for _ in 0..40 {
        alice.hear(&format!("bob: {long}"));
        carol.hear(&format!("bob: {long}"));
    }
    bob.say("/quit");
    assert_eq!(bob.hear_where("goodbye", |line| line.starts_with("* ")), "* goodbye");
    assert_eq!(bob.rest(), (String::new(), End::Told));
    alice.hear("bob left!");
    server.ask_to_stop();
    let (last, end) = carol.rest();
    assert!(last.contains("* the server is shutting down"), "{last}");
    assert_eq!(end, End::Told);
    drop(alice);
    let log = server.expect_good_end();
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn who_will_say_no_more_is_told_all_and_then_that_nothing_follows() {
    let server = Server::start(&SELF_SIGNED);
    let mut alice = Client::join(server.tcp(), "alice");
    for version in [&TLS12, &TLS13] {
        let config = trusting::client(version, &["mio-chat"]);
        let mut bob = Peer::connect(server.tcp(), config).register("bob");
        bob.send(b"one\n/who\nlast words");
        bob.finish();
        let (text, end) = bob.rest();
        assert!(text.contains("bob: one\n") && text.contains("alice"), "{text}");
        assert_eq!(end, End::Told, "{version:?}");
        alice.hear("bob: one");
        alice.hear("bob: last words");
        alice.hear("bob left!");
    }
}

#[test]
fn a_stream_that_just_ends_is_a_half_close_and_not_an_error() {
    let server = Server::start(&SELF_SIGNED);
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Peer::join(server.tcp(), "bob");
    bob.send(b"one\nlast words");
    bob.tcp.shutdown(Shutdown::Write).unwrap();
    let (text, end) = bob.rest();
    assert!(text.ends_with("bob: one\n") || text.ends_with("last words\n"), "{text}");
    assert_eq!(end, End::Told);
    alice.hear("bob: last words");
    alice.hear("bob left!");
    // Within a record, which nobody can read.
    let mut carol = Peer::join(server.tcp(), "carol");
    let record = carol.sealed(b"torn\n");
    carol.tcp.write_all(&record[..record.len() - 1]).unwrap();
    carol.tcp.shutdown(Shutdown::Write).unwrap();
    assert_eq!(carol.rest().1, End::Told);
    alice.hear("carol joined!");
    assert_eq!(alice.line(), "carol left!");
}

#[test]
fn what_follows_the_end_that_a_client_has_told_is_not_heard() {
    let server = Server::start(&SELF_SIGNED);
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Peer::join(server.tcp(), "bob");
    bob.finish();
    let _ = bob.tcp.write_all(b"\x17\x03\x03\x00\x05late\nlate\n");
    bob.rest();
    alice.hear("bob joined!");
    assert_eq!(alice.line(), "bob left!");
}

#[test]
fn a_handshake_a_byte_at_a_time_is_one() {
    let server = Server::start(&SELF_SIGNED);
    for version in [&TLS12, &TLS13] {
        let config = trusting::client(version, &[]);
        let mut bob = Peer::connect(server.tcp(), config);
        while bob.tls.is_handshaking() || bob.tls.wants_write() {
            let mut flight = Vec::new();
            while bob.tls.wants_write() {
                bob.tls.write_tls(&mut flight).unwrap();
            }
            for byte in flight {
                bob.tcp.write_all(&[byte]).unwrap();
            }
            if bob.tls.is_handshaking() {
                bob.tls.read_tls(&mut bob.tcp).unwrap();
                bob.tls.process_new_packets().unwrap();
            }
        }
        for byte in bob.sealed(b"bob\n/quit\n") {
            bob.tcp.write_all(&[byte]).unwrap();
        }
        let (text, end) = bob.rest();
        assert!(text.contains("bob joined!\n") && text.ends_with("* goodbye\n"), "{text}");
        assert_eq!(end, End::Told);
    }
    server.stop();
}
