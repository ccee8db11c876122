//! Servers that ask IRC clients for a password, and nobody else.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::{World, settings};
use mio_chat::dialect::{ServerPassword, Spoken};
use mio_chat::server::Settings;

fn heard(lines: &str) -> String {
    let irc_password = Some(ServerPassword::of("sesame"));
    let spoken = Spoken { server_name: "irc.test".into(), irc_password, ..settings().spoken };
    let mut world = World::new(Settings { spoken, ..settings() });
    world.connect("alice");
    world.sends("alice", lines.replace('\n', "\r\n").as_bytes());
    let mut plain = world.hears("alice");
    world.join("plain");
    plain.push_str(&world.hears("alice"));
    plain
}

#[test]
fn who_gives_the_password_is_let_in() {
    let told = heard("PASS sesame\nNICK alice\nUSER a 0 * :Alice\n");
    assert!(told.contains(" 001 alice "), "{told}");
}

#[test]
fn who_does_not_is_told_and_sent_away() {
    for before in ["", "PASS sesam\n", "CAP LS\nCAP END\n"] {
        let told = heard(&format!("{before}NICK alice\nUSER a 0 * :Alice\n"));
        assert!(told.contains(" 464 * :Password incorrect\r\nERROR :"), "{told}");
        assert!(!told.contains(" 001 "), "{told}");
    }
}
