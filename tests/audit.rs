//! What the log says of those who may do more than others, and of those who try to become that:
//! one line for each thing, with names that forge nothing, and without any secret.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::io::Write;
use std::net::TcpStream;

use support::{Client, Lines, Server};
use tempfile::TempDir;

/// The operator `olga` with the password `sesame`, hashed in few rounds.
const OPERATOR: &str = "olga pbkdf2-sha256:1000:73616c74:\
    0ba726dc4da13fe4814a66e8469c1b33a06fbc2249defecf4f105d7b436bf530\n";

/// Ends what a client asks for with something that is answered after it.
fn done(client: &mut Client) {
    client.say("/topic");
    client.hear_where("the topic", |line| line.contains("topic"));
}

/// The lines of the log about moderation, without their beginning.
fn moderation(log: &str) -> Vec<&str> {
    log.lines().filter_map(|line| Some(line.split_once("INFO  moderation: ")?.1)).collect()
}

#[test]
fn whatever_keeps_order_leaves_one_line_and_no_secret() {
    let server = Server::start(&["--flood", "off"]);
    let mut alice = Client::join(server.tcp(), "alice");
    alice.say("/join den");
    let told = alice.hear_where("the key", |line| line.starts_with("* you own den"));
    let key = told.rsplit(' ').next().unwrap().to_owned();
    let join = |name: &str| {
        let mut guest = Client::join(server.tcp(), name);
        guest.say("/join den");
        guest.hear_where("the den", |line| line.starts_with("* you are in den"));
        guest
    };
    let mut bob = join("bob");
    let _carol = join("carol");
    for asked in [
        "/topic tea",
        "/op bob",
        "/deop bob",
        "/mute carol 10m calm \"down\"",
        "/unmute carol",
        "/kick carol too loud",
        "/ban carol 2h30m spam did=nothing",
        "/ban mallory",
        "/unban 1",
        "/password hunter2",
        "/password off",
        "/give bob",
    ] {
        alice.say(asked);
        done(&mut alice);
    }
    // What is refused leaves no line.
    for asked in ["/kick bob", "/op bob", "/password hunter3", "/unban nobody", "/kick alice"] {
        alice.say(asked);
        done(&mut alice);
    }
    alice.say(&format!("/own {key}"));
    alice.hear_where("the old key is void", |line| line.contains("key"));
    let told = bob.hear_where("the new key", |line| line.starts_with("* you own den"));
    let key = told.rsplit(' ').next().unwrap().to_owned();
    alice.say(&format!("/own {key}"));
    done(&mut alice);
    alice.say(&format!("/part\n/join den {key}"));
    done(&mut alice);
    let log = server.stop();
    let expected = [
        "by=alice did=topic room=den",
        "by=alice did=op room=den whom=bob",
        "by=alice did=deop room=den whom=bob",
        "by=alice did=mute room=den whom=carol for=10m reason=\"calm \\\"down\\\"\"",
        "by=alice did=unmute room=den whom=carol",
        "by=alice did=kick room=den whom=carol reason=\"too loud\"",
        "by=alice did=ban room=den whom=carol for=2h30m reason=\"spam did=nothing\"",
        "by=alice did=ban room=den whom=mallory for=ever",
        "by=alice did=unban room=den whom=carol",
        "by=alice did=password room=den",
        "by=alice did=no-password room=den",
        "by=alice did=give room=den whom=bob",
        "by=alice did=own room=den",
        "by=alice did=own room=den",
    ]
    .map(|line| format!("{line} address=127.0.0.1"));
    assert_eq!(moderation(&log), expected, "{log}");
    assert!(!log.contains("hunter") && !log.contains(&key), "{log}");
}

#[test]
fn who_becomes_an_operator_or_tries_to_is_told_and_what_is_typed_is_not() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("operators");
    std::fs::write(&file, OPERATOR).unwrap();
    let file = file.to_str().unwrap();
    let flags = ["--operators", file, "--proxy-protocol", "127.0.0.1", "--flood", "off"];
    let server = Server::start(&flags);
    let join = |address: &str, name: &str| {
        let mut stream = TcpStream::connect(server.tcp()).unwrap();
        let family = if address.contains(':') {
            "TCP6 2001:db8::7 ::1"
        } else {
            "TCP4 203.0.113.7 10.0.0.1"
        };
        write!(stream, "PROXY {family} 4000 55555\r\n{name}\n").unwrap();
        let mut client: Client = Lines::new(stream);
        client.hear_where("the room", |line| line.starts_with("* you are "));
        client
    };
    let mut mallory = join("203.0.113.7", "mallory");
    for guess in ["/oper olga wrong", "/oper swordfish sesame"] {
        mallory.say(guess);
        mallory.hear_where("no", |line| line.starts_with("* no one who looks after"));
    }
    let mut eve = join("2001:db8::7", "eve");
    eve.say("/oper olga sesame");
    eve.hear_where("yes", |line| line.starts_with("* you look after the server"));
    eve.say("/ban-ip mallory 1d guessing");
    mallory.rest_or_reset();
    eve.say("/unban mallory");
    eve.hear_where("the end of it", |line| line.contains("allowed back"));
    let log = server.stop();
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("oper ") || line.contains("moderation"))
        .filter_map(|line| line.split_once(' ').map(|(_, line)| line))
        .collect();
    let expected = [
        "WARN  oper refused: address=203.0.113.7 nick=mallory operator=olga",
        "WARN  oper refused: address=203.0.113.7 nick=mallory",
        "INFO  oper granted: address=2001:db8::/64 nick=eve operator=olga",
        "INFO  moderation: by=eve did=ban room=main whom=mallory from=203.0.113.7 for=1d \
         reason=\"guessing\" address=2001:db8::/64",
        "INFO  moderation: by=eve did=unban room=main whom=mallory from=203.0.113.7 \
         address=2001:db8::/64",
    ];
    assert_eq!(lines, expected, "{log}");
    assert!(!log.contains("sesame") && !log.contains("swordfish"), "{log}");
}

#[test]
fn a_flood_of_it_is_counted_and_fills_no_disk() {
    let server = Server::start(&["--flood", "off"]);
    let mut alice = Client::join(server.tcp(), "alice");
    alice.say("/join den");
    alice.hear_where("the den", |line| line.starts_with("* you own den"));
    let turns = "/ban mallory\n/unban mallory\n".repeat(200);
    alice.send(turns.as_bytes());
    done(&mut alice);
    let guesses = "/oper olga wrong\n".repeat(300);
    alice.send(guesses.as_bytes());
    done(&mut alice);
    let log = server.stop();
    let left_out = |what: &str| {
        let counts = log.lines().filter_map(|line| line.split_once(what)?.1.parse::<usize>().ok());
        counts.sum::<usize>()
    };
    let done = log.matches(" by=alice did=").count();
    assert!((100..200).contains(&done), "{done}");
    assert_eq!(done + left_out("moderation: left_out="), 400);
    let refused = log.matches("oper refused: address=").count();
    assert!((100..200).contains(&refused), "{refused}");
    assert_eq!(refused + left_out("oper refused: left_out="), 300);
}
