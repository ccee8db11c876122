//! Readers that stall or are slow: they are cut, and the others hear everything.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use crate::NO_FLOOD_CONTROL;
use crate::herd::Herd;
use crate::pair::Pair;
use crate::support::{Client, Server, process, report, sized};

/// Alice says long lines, Bob hears each, until he hears that somebody left. Returns the lines.
fn talk_until_left(alice: &mut Client, bob: &mut Client, who: &str) -> Vec<String> {
    let mut said = Vec::new();
    for number in 0..5_000 {
        let line = format!("{number:06} {}", "x".repeat(1_000));
        alice.say(&line);
        said.push(format!("alice: {line}"));
        for listener in [&mut *alice, &mut *bob] {
            let left = format!("{who} left!");
            let heard = listener.hear_where(&line, |heard| heard == left || heard == said[number]);
            if heard == left {
                return said;
            }
        }
    }
    panic!("{who} never left");
}

/// What a client that was cut finds when it reads at last: whole lines of what was said, then the
/// reason, unless that came too late.
fn check_last_words(mut cut: Client, said: &[String]) {
    let (text, _) = cut.rest_or_reset();
    let mut expected = said.iter();
    for line in text.split_inclusive('\n').skip_while(|line| line.ends_with(" joined!\n")) {
        if let Some(reason) = line.strip_prefix("* you were cut off: ") {
            assert!(text.ends_with(reason), "more after the reason: {text:?}");
            return;
        }
        let next = expected.next().expect("no more than was said");
        match line.strip_suffix('\n') {
            Some(line) => assert_eq!(line, next),
            None => assert!(next.starts_with(line) && text.ends_with(line), "torn: {line:?}"),
        }
    }
    report("the cut client read too late for the reason, which it may");
}

#[test]
fn a_reader_that_stalls_is_cut_at_the_hard_limit_and_the_others_hear_everything() {
    let limits = ["--outbox-soft", "8KiB", "--outbox-hard", "32KiB", "--outbox-age", "1h"];
    let server = Server::start(&[&NO_FLOOD_CONTROL[..], &limits].concat());
    let stalled = Client::join_with_small_window(server.tcp(), "stalled");
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    alice.expect("bob joined!");
    let said = talk_until_left(&mut alice, &mut bob, "stalled");
    check_last_words(stalled, &said);
    let log = server.stop();
    assert!(log.contains("closed: reason=slow-consumer count=1"), "{log}");
}

#[test]
fn a_reader_that_stalls_for_too_long_is_cut_however_little_waits() {
    let limits = ["--outbox-hard", "16MiB", "--outbox-age", "300ms"];
    let server = Server::start(&[&NO_FLOOD_CONTROL[..], &limits].concat());
    let _stalled = Client::join_with_small_window(server.tcp(), "stalled");
    let mut alice = Client::join(server.tcp(), "alice");
    let long = "x".repeat(1_000);
    for _ in 0..100 {
        alice.say(&long);
    }
    alice.hear("stalled left!");
    let log = server.stop();
    assert!(log.contains("closed: reason=slow-consumer count=1"), "{log}");
}

/// Alice says 8 MiB to fifty people who do not read. Returns the most memory that it cost: the
/// server's own, and what the system held for one of them.
fn cost_of_stalled_readers(limits: &[&str]) -> (usize, usize) {
    let server = Server::start(&[&NO_FLOOD_CONTROL[..], limits].concat());
    let mut alice = Client::join(server.tcp(), "alice");
    let join = |number| Client::join_with_small_window(server.tcp(), &format!("s{number}"));
    let _stalled: Vec<Client> = (0..50).map(join).collect();
    let before = process::status_bytes(server.pid(), "VmHWM");
    let long = "x".repeat(1_015);
    let mut unsent = 0;
    for number in 0..8 * 1_024 {
        alice.say(&long);
        alice.hear_where("herself", |line| line.ends_with(&long));
        if number % 128 == 0 {
            unsent = unsent.max(process::most_unsent_bytes(server.tcp()));
        }
    }
    let growth = process::status_bytes(server.pid(), "VmHWM") - before;
    server.stop();
    (growth, unsent)
}

#[test]
fn fifty_stalled_readers_cost_what_was_said_once() {
    let limits = ["--outbox-hard", "16MiB", "--outbox-total", "32MiB", "--outbox-age", "1h"];
    let (growth, unsent) = cost_of_stalled_readers(&limits);
    report(&format!("8 MiB said to 50 stalled readers: {growth} bytes, {unsent} unsent for one"));
    assert!(growth < 12 << 20, "{growth} bytes for 8 MiB said");
    // Two probes and the longest line, and what its machine takes in the end.
    assert!(unsent < 40 << 10, "the system holds {unsent} bytes for one of them");
    let (growth, _) = cost_of_stalled_readers(&[]);
    assert!(growth < 2 << 20, "{growth} bytes though they are cut off after 256 KiB");
}

#[test]
fn many_replies_that_nobody_reads_stop_nobody() {
    // Each below its own limit, all together more than one turn may queue, and no socket has room.
    let server = Server::start(&["--flood", "off", "--outbox-age", "1h"]);
    let join = |number| Client::join_with_small_window(server.tcp(), &format!("s{number}"));
    let mut stalled: Vec<Client> = (0..60).map(join).collect();
    let questions = "/help\n".repeat(450);
    for client in &mut stalled {
        client.send(questions.as_bytes());
    }
    let mut alice = Client::join(server.tcp(), "alice");
    alice.say("anybody?");
    alice.hear("alice: anybody?");
}

/// Lines of 1,000 bytes that one says to all, in two seconds: more than may wait for anybody.
const SPEECH: usize = 400;
/// What is cut off is cut before so much waits, for all of them together.
const QUEUED_MAX: usize = 64 << 20;
/// Bytes that a slow reader reads at once, four times a second.
const SIP: usize = 512;

/// One says a lot to the room where everybody is, at a steady pace.
fn speak(to: SocketAddr) {
    let mut speaker = Client::join(to, "speaker");
    let long = "x".repeat(1_000);
    for _ in 0..SPEECH {
        speaker.say(&long);
        speaker.hear_where("herself", |line| line.ends_with(&long));
        thread::sleep(Duration::from_millis(5));
    }
}

/// Half of them read nothing and half of them 2 KiB a second while one speaks; then all read on to
/// their end.
fn dawdle(herd: &mut Herd, server: SocketAddr) {
    let slow = |number: &usize| number.is_multiple_of(2);
    thread::scope(|scope| {
        let speaking = scope.spawn(|| speak(server));
        while !speaking.is_finished() {
            herd.sip((0..herd.members.len()).filter(slow), SIP);
            thread::sleep(Duration::from_millis(250));
        }
    });
    herd.listen_until("their end", |member| member.ended.is_some());
}

#[test]
fn readers_that_are_slow_or_stall_are_cut_and_slow_down_nobody() {
    let count = sized(10, 1_000);
    if !process::may_hold(count) {
        return;
    }
    let server = Server::start(&NO_FLOOD_CONTROL);
    let mut pair = Pair::join(server.tcp());
    pair.talk_while(|| speak(server.tcp()));
    let quiet = pair.trips();
    let mut herd = Herd::new();
    herd.join_with_small_windows(server.tcp(), count, "s");
    server.turns();
    let memory = process::status_bytes(server.pid(), "VmHWM");
    pair.talk_while(|| dawdle(&mut herd, server.tcp()));
    let queued = process::status_bytes(server.pid(), "VmHWM") - memory;
    let (trips, turns) = (pair.trips(), server.turns());
    let why = "* you were cut off: ";
    let told = |last: &[u8]| String::from_utf8_lossy(last).contains(why);
    let told = herd.members.iter().filter(|member| told(&member.last)).count();
    let log = server.stop();
    assert!(log.contains(&format!("closed: reason=slow-consumer count={count}")), "{log}");
    assert!(queued < QUEUED_MAX, "{queued} bytes");
    report(&format!(
        "slow readers: all {count} were cut, {told} read why; {} KiB more memory at most; {trips}; \
         without them p99 {:.1?}, ratio {:.2}; {turns}",
        queued / 1_024,
        quiet.p99,
        trips.ratio_to(&quiet),
    ));
}
