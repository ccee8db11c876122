//! Servers that are stopped as they should be: nothing is lost, and the numbers go on.

use std::time::Duration;

use rustix::process::Signal;

use super::folder::{Folder, Message, history, join};
use crate::support::{Client, Server, report, sized, timed};

/// Has somebody say so many things, each of which is numbered as the one before and one more.
fn say(client: &mut Client, from: u64, count: u64) {
    let words: Vec<String> = (0..count).map(|word| format!("word {}\n", from + word)).collect();
    client.send(words.concat().as_bytes());
    for number in from..from + count {
        let line = client.hear_where("a message", |line| line.starts_with('@'));
        let heard = Message::read(&line).unwrap();
        assert_eq!((heard.number, heard.text), (number, format!("word {number}")));
    }
}

fn numbers(server: &Server, room: &str) -> Vec<u64> {
    let found = history(&mut join(server, "reader", room));
    found.iter().map(|message| message.number).collect()
}

#[test]
fn a_stop_loses_nothing_and_the_numbers_go_on() {
    let folder = Folder::new();
    let (mut last, mut ends) = (0, Vec::new());
    for round in 0..sized(4, 40) {
        let server = folder.serve();
        server.wait_for_log("complete=true");
        let numbers = numbers(&server, "main");
        // A room remembers 64 KiB, which is more than 600 words of this length.
        let oldest = numbers.first().map_or(1, |first| *first);
        assert!(round == 0 || numbers.len() >= 100);
        assert_eq!(numbers, (oldest..=last).collect::<Vec<_>>());
        let mut alice = join(&server, "alice", "main");
        say(&mut alice, last + 1, 100);
        last += 100;
        // At once: nothing of it is committed yet.
        let (log, took) = timed(|| server.stop());
        ends.push(took);
        assert!(log.contains("state: all is kept"), "{log}");
        assert_eq!((folder.meta("last"), folder.meta("complete")), (last as i64, 1));
    }
    ends.sort_unstable();
    report(&format!(
        "SIGTERM: {} times right after 100 words: nothing lost; it took p50 {:.1?}, max {:.1?}",
        ends.len(),
        ends[ends.len() / 2],
        ends[ends.len() - 1]
    ));
}

#[test]
fn a_second_sigterm_loses_nothing_either() {
    let folder = Folder::new();
    let mut server = folder.serve();
    let mut alice = join(&server, "alice", "main");
    // More than the machine of somebody who does not read takes: the server would wait.
    let mut stalled = Client::join_with_small_window(server.tcp(), "stalled");
    stalled.send("/help\n".repeat(200).as_bytes());
    say(&mut alice, 1, 5);
    server.signal(Signal::TERM);
    alice.hear_part("* the server is shutting down; come back in ");
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(128 + 15));
    let server = folder.serve();
    server.wait_for_log("messages=5 complete=true");
    assert_eq!(numbers(&server, "main"), [1, 2, 3, 4, 5]);
    server.stop();
}

#[test]
fn a_state_that_a_kill_has_left_stays_incomplete_until_something_is_said() {
    let folder = Folder::new();
    let server = folder.serve();
    let mut alice = join(&server, "alice", "main");
    say(&mut alice, 1, 3);
    let commits = || server.kept("commits");
    crate::support::eventually("a commit", || commits() > 0);
    drop(server);
    for _ in 0..2 {
        let server = folder.serve();
        server.wait_for_log("messages=3 complete=false");
        server.stop();
    }
    let server = folder.serve();
    server.wait_for_log("messages=3 complete=false");
    let mut alice = join(&server, "alice", "main");
    alice.say("back");
    let line = alice.hear_where("it", |line| line.ends_with("alice: back"));
    assert!(Message::read(&line).unwrap().number > 1_000_000_000, "{line}");
    server.stop();
    let server = folder.serve();
    server.wait_for_log("messages=4 complete=true");
    server.stop();
}

#[test]
fn an_idle_server_writes_nothing() {
    let folder = Folder::new();
    let server = folder.serve();
    let _alice = join(&server, "alice", "main");
    let database = || std::fs::read(folder.path().join("mio-chat.db-wal")).unwrap();
    let before = (server.kept("commits"), server.kept("checkpoints"), database());
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!((server.kept("commits"), server.kept("checkpoints"), database()), before);
    server.stop();
}
