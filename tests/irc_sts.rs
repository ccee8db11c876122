//! How IRC clients are told to come encrypted (STS).

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::net::IpAddr;

use common::{World, settings};
use mio_chat::dialect::{Encryption, Spoken, StrictTransport};
use mio_chat::server::{Secured, Settings};

const PUBLIC: Secured = Secured { protocol: None, is_public: true };

fn world(seconds: u32, encryption: Encryption) -> World {
    let strict_transport = Some(StrictTransport { seconds, port: Some(6697) });
    let spoken = Spoken {
        server_name: "irc.test".into(),
        strict_transport,
        encryption,
        ..settings().spoken
    };
    World::new(Settings { spoken, ..settings() })
}

/// The value of `sts`, if what was heard has one.
fn sts(heard: &str) -> Option<&str> {
    heard.split([' ', ':', '\r']).find_map(|word| word.strip_prefix("sts"))
}

fn heard(world: &mut World, name: &str, lines: &str) -> String {
    world.sends(name, lines.replace('\n', "\r\n").as_bytes());
    world.hears(name)
}

#[test]
fn a_client_is_told_the_port_in_plain_text_and_the_time_over_tls() {
    let mut world = world(2_592_000, Encryption::Offered);
    world.connect("plain");
    let told = heard(&mut world, "plain", "CAP LS 302\n");
    assert_eq!(sts(&told), Some("=port=6697"), "{told}");
    world.connect_encrypted("secure", "203.0.113.7", PUBLIC);
    let told = heard(&mut world, "secure", "CAP LS 302\n");
    assert_eq!(sts(&told), Some("=duration=2592000,port=6697"), "{told}");
    // Members are told the same.
    let told = heard(&mut world, "secure", "NICK s\nUSER s 0 * :s\nCAP END\nCAP LS 302\n");
    assert_eq!(sts(&told), Some("=duration=2592000,port=6697"), "{told}");
    // A certificate that nobody vouches for.
    let secured = Secured { is_public: false, ..PUBLIC };
    world.connect_encrypted("own", "203.0.113.8", secured);
    let told = heard(&mut world, "own", "CAP LS 302\n");
    assert_eq!(sts(&told), None, "{told}");
}

#[test]
fn it_is_no_capability_that_a_client_takes_and_unknown_to_old_ones() {
    let mut world = world(60, Encryption::Offered);
    world.connect("old");
    let told = heard(&mut world, "old", "CAP LS\n");
    assert_eq!(sts(&told), None, "{told}");
    world.connect("new");
    heard(&mut world, "new", "CAP LS 302\n");
    let told = heard(&mut world, "new", "CAP REQ :sts message-tags\nCAP REQ sts\nCAP LIST\n");
    let expected = ":irc.test CAP * NAK :sts message-tags\r\n\
                    :irc.test CAP * NAK :sts\r\n\
                    :irc.test CAP * LIST :cap-notify\r\n";
    assert_eq!(told, expected);
}

#[test]
fn a_policy_is_taken_back_over_tls_alone() {
    let mut world = world(0, Encryption::Offered);
    world.connect("plain");
    let told = heard(&mut world, "plain", "CAP LS 302\n");
    assert_eq!(sts(&told), None, "{told}");
    world.connect_encrypted("secure", "203.0.113.7", PUBLIC);
    let told = heard(&mut world, "secure", "CAP LS 302\n");
    assert_eq!(sts(&told), Some("=duration=0,port=6697"), "{told}");
}

#[test]
fn who_must_come_encrypted_is_told_where_before_it_is_closed() {
    let from: IpAddr = "203.0.113.7".parse().unwrap();
    for (said, is_told) in [
        ("CAP LS 302\nNICK a\nUSER a 0 * :a\n", true),
        ("CAP LS\n", false),
        ("NICK a\nUSER a 0 * :a\n", false),
        ("AUTHENTICATE PLAIN\nAUTHENTICATE AGFsaWNlAHNlc2FtZQ==\n", false),
        ("PASS alice:sesame\nNICK a\nUSER a 0 * :a\n", false),
    ] {
        let mut world = world(60, Encryption::Required);
        world.try_connect("a", from).unwrap();
        let told = heard(&mut world, "a", said);
        assert_eq!(sts(&told), is_told.then_some("=port=6697"), "{told}");
        let last = told.lines().last().unwrap();
        assert!(last.starts_with("ERROR :") && last.contains("encrypted"), "{told}");
        // Nobody is asked for a password.
        assert_eq!(told.lines().count(), 1 + usize::from(said.starts_with("CAP")), "{told}");
    }
}

#[test]
fn without_a_policy_it_is_told_so_all_the_same() {
    let spoken = Spoken { encryption: Encryption::Required, ..settings().spoken };
    let mut world = World::new(Settings { spoken, ..settings() });
    for said in ["NICK a\nUSER a 0 * :a\n", "CAP LS 302\n", "CAP REQ sasl\n", "WHO a\n"] {
        world.try_connect("a", "203.0.113.7".parse().unwrap()).unwrap();
        let told = heard(&mut world, "a", said);
        assert!(told.lines().last().unwrap().starts_with("ERROR :"), "{said}: {told}");
        assert!(told.lines().count() <= 2, "{told}");
    }
}
