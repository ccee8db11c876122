//! A server that is stopped for a while, as by `docker pause`, a debugger or a suspended machine:
//! what came in time is heard, and nobody is blamed for what the server did not read.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::time::Duration;

use rustix::process::Signal;
use support::{Client, Server};

/// A deadline of the server, and a stop that is longer.
const DEADLINE: &str = "1s";
const STOP: Duration = Duration::from_millis(1_500);

/// Stops the server for longer than its deadlines. That time passes is what is tested.
fn standstill(server: &Server, meanwhile: impl FnOnce()) {
    server.signal(Signal::STOP);
    meanwhile();
    std::thread::sleep(STOP);
    server.signal(Signal::CONT);
}

#[test]
fn what_came_in_time_is_heard_after_a_stop() {
    let flags = ["--register-timeout", DEADLINE, "--line-timeout", DEADLINE, "--flood", "off"];
    let server = Server::start(&flags);
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    alice.expect("bob joined!");
    let mut newcomers: Vec<Client> = (0..5).map(|_| Client::connect(server.tcp())).collect();
    // The prompts show that the server knows them, and their deadlines run.
    newcomers.iter_mut().for_each(|newcomer| newcomer.hear_part("NICK"));
    bob.send(b"begun and");
    standstill(&server, || {
        for (number, newcomer) in newcomers.iter_mut().enumerate() {
            newcomer.say(&format!("new{number}"));
        }
        bob.say(" ended");
    });
    newcomers.iter_mut().for_each(|newcomer| newcomer.hear("Connected to server!"));
    alice.hear("bob: begun and ended");
    let mut idle = Client::connect(server.tcp());
    assert!(idle.rest().ends_with("* no nickname came in time; connect again and type one\n"));
    server.stop();
}

#[test]
fn a_reader_that_has_caught_up_during_a_stop_is_not_cut_off() {
    let server = Server::start(&["--outbox-age", DEADLINE, "--flood", "off"]);
    let mut speaker = Client::join(server.tcp(), "speaker");
    let mut reader = Client::join_with_small_window(server.tcp(), "reader");
    speaker.expect("reader joined!");
    // More than the reader's machine takes, and less than may wait.
    let text = "x".repeat(1_000);
    for number in 0..150 {
        speaker.say(&format!("{number} {text}"));
        speaker.expect(&format!("speaker: {number} {text}"));
    }
    standstill(&server, || {});
    for number in 0..150 {
        reader.hear(&format!("speaker: {number} {text}"));
    }
    speaker.say("still here?");
    reader.hear("speaker: still here?");
    server.stop();
}
