//! What must not bring the server down or the others to a halt: no descriptors left, readers that
//! stall, a log that nobody reads, connections that break.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::io::pipe;
use std::net::UdpSocket;
use std::process::Command;

use rustix::process::{Resource, Rlimit, Signal, getrlimit, prlimit};
use support::program::program;
use support::{Client, Launch, Lines, PATIENCE, Server, eventually, process, report, skip};

const FULL: &str = "* the server is full; try again in a minute";
/// Descriptors left to the server in the tests that exhaust them.
const DESCRIPTORS_LEFT: usize = 20;
/// Clients that come, more than that.
const CROWD: usize = 60;
/// A spinning loop uses 100 ticks a second.
const FEW_TICKS: u64 = 50;

/// Takes the server's descriptors away but for a few, as if the system had run out of them.
fn starve(server: &Server) {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = process::descriptor_limit_for(server.pid(), DESCRIPTORS_LEFT);
    let limit = Rlimit { current: Some(current), maximum };
    prlimit(Some(server.pid()), Resource::Nofile, limit).unwrap();
}

/// Clients that have connected, as far as they can see, and sent their nicknames.
fn crowd(server: &Server) -> Vec<Client> {
    let connect = |number| {
        let mut client = Client::connect(server.tcp());
        client.say(&format!("c{number}"));
        client
    };
    (0..CROWD).map(connect).collect()
}

/// The first line that a client gets, without the prompt.
fn first_line(client: &mut Client) -> String {
    let line = client.line();
    line.strip_prefix("NICK").unwrap_or(&line).to_owned()
}

#[test]
fn without_descriptors_new_clients_wait_and_are_served_when_others_leave() {
    // Who waits for longer than the server's patience is turned away; if this machine was so slow,
    // that was not the moment to look.
    for _ in 0..5 {
        let server = Server::start(&["--flood", "off"]);
        starve(&server);
        let mut crowd = crowd(&server);
        server.wait_for_log("out of descriptors");
        let mut waiting = crowd.split_off(DESCRIPTORS_LEFT);
        let gone = 10;
        drop(crowd.split_off(DESCRIPTORS_LEFT - gone));
        let answers: Vec<String> = waiting.iter_mut().take(gone).map(first_line).collect();
        let log = server.stop();
        assert!(log.lines().count() < 30, "{log}");
        if answers.iter().all(|answer| answer == "Connected to server!") {
            return;
        }
        assert!(answers.iter().any(|answer| answer == FULL), "{answers:?}");
    }
    panic!("nobody was ever served");
}

#[test]
fn without_descriptors_the_server_is_calm_and_turns_away_who_waits_too_long() {
    let server = Server::start(&["--flood", "off"]);
    starve(&server);
    let mut crowd = crowd(&server);
    server.wait_for_log("out of descriptors");
    for client in crowd.iter_mut().take(DESCRIPTORS_LEFT) {
        assert_eq!(first_line(client), "Connected to server!");
    }
    let before = process::cpu_ticks(server.pid());
    for client in crowd.iter_mut().skip(DESCRIPTORS_LEFT) {
        assert_eq!(client.rest(), format!("{FULL}\n"));
    }
    let ticks = process::cpu_ticks(server.pid()) - before;
    assert!(ticks < FEW_TICKS, "{ticks} ticks while waiting");
    crowd[0].say("still here");
    crowd[1].hear("c0: still here");
    let log = server.stop();
    assert!(log.lines().count() < 30, "{log}");
}

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
    let server = Server::start(&[&["--flood", "off"][..], &limits].concat());
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
    let server = Server::start(&[&["--flood", "off"][..], &limits].concat());
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
    let server = Server::start(&[&["--flood", "off"][..], limits].concat());
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

#[test]
fn a_log_that_nobody_reads_stops_nobody() {
    let (reader, writer) = pipe().unwrap();
    let server = Launch::new(&["-vv", "--flood", "off"]).stderr(writer).start();
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    alice.expect("bob joined!");
    // Some lines of log each: more than the pipe and the server's own room take.
    for number in 0..5_000 {
        Client::connect(server.tcp()).reset();
        if number % 100 == 0 {
            alice.say("still here?");
            bob.expect("alice: still here?");
        }
    }
    let mut log = Lines::new(reader);
    let dropped = log.hear_where("dropped lines", |line| line.contains("log lines were dropped"));
    assert!(dropped.contains("nobody read the log"), "{dropped}");
    alice.say("and now?");
    bob.expect("alice: and now?");
    server.ask_to_stop();
    log.hear_where("the end", |line| line.contains("stopping: signal=15"));
    log.rest();
    server.expect_good_end();
}

#[test]
fn a_log_whose_reader_has_gone_stops_nobody() {
    let (reader, writer) = pipe().unwrap();
    let server = Launch::new(&["-vv"]).stderr(writer).start();
    drop(reader);
    let mut alice = Client::join(server.tcp(), "alice");
    alice.say("unheard by the log");
    alice.expect("alice: unheard by the log");
    server.stop();
}

#[test]
fn a_log_file_is_opened_again_after_its_rotation() {
    let directory = tempfile::tempdir().unwrap();
    let [path, old] = ["log", "log.1"].map(|name| directory.path().join(name));
    let server = Server::start(&["--log-file", path.to_str().unwrap(), "-v"]);
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    Client::join(server.tcp(), "alice");
    eventually("alice in the log", || read(&path).contains("closed, "));
    std::fs::rename(&path, &old).unwrap();
    server.signal(Signal::HUP);
    eventually("a new log", || read(&path).contains("log reopened"));
    Client::join(server.tcp(), "bob");
    eventually("bob in the new log", || read(&path).contains("closed, "));
    assert_eq!(server.stop(), "", "nothing went to stderr");
    assert!(read(&path).contains("stopping: signal=15"));
    assert_eq!(read(&old).matches("closed, ").count(), 1);
}

#[test]
fn a_storm_of_resets_disturbs_nobody_and_leaves_nothing() {
    let server = Server::start(&["--flood", "off"]);
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    let before = process::descriptors(server.pid());
    for number in 0..300 {
        let mut broken = Client::connect(server.tcp());
        match number % 3 {
            0 => {}
            1 => broken.send(b"mid-li"),
            _ => broken.send(format!("c{number}\nhello\nhalf a mess").as_bytes()),
        }
        broken.reset();
        alice.say(&format!("{number}"));
        bob.hear(&format!("alice: {number}"));
    }
    eventually("all gone", || process::descriptors(server.pid()) == before);
    server.stop();
}

/// What waits for events; not every system has both.
const POLLS: [&str; 2] = ["epoll_wait", "epoll_pwait"];
/// What else the poll loop may call; `mmap` and the like are the allocator's.
const SYSCALLS: [&str; 17] = [
    // With a timeout of zero: whether a socket that was written much to has room.
    "poll",
    "ppoll",
    "epoll_ctl",
    "accept4",
    "recvfrom",
    "writev",
    "write",
    "sendto",
    "close",
    // Debug builds look whether a descriptor is open before they close it.
    "fcntl",
    "mmap",
    "munmap",
    "mremap",
    "brk",
    "rt_sigreturn",
    "sigaltstack",
    "exit_group",
];

/// Whether this machine lets strace trace.
fn strace() -> Option<std::path::PathBuf> {
    let strace = program("strace")?;
    let tried = Command::new(&strace).args(["-qq", "-o", "/dev/null", "true"]).status().unwrap();
    if !tried.success() {
        skip("strace may not trace here");
    }
    tried.success().then_some(strace)
}

/// A bit of everything: chat, a prompt, datagrams, a half-close, a reset, a signal.
fn small_life(server: &Server) {
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    let mut silent = Client::connect(server.tcp());
    assert_eq!(silent.chunk(), b"NICK");
    alice.say("hello");
    bob.expect("alice: hello");
    let long = "x".repeat(1_000);
    for _ in 0..20 {
        alice.say(&long);
        bob.hear_where("alice", |line| line.ends_with(&long));
    }
    let peers = ["one", "other"].map(|_| UdpSocket::bind("127.0.0.1:0").unwrap());
    for peer in &peers {
        peer.set_read_timeout(Some(PATIENCE)).unwrap();
        peer.send_to(b"hello", server.udp()).unwrap();
    }
    for peer in &peers {
        peer.recv_from(&mut [0; 64]).unwrap();
    }
    bob.finish();
    bob.rest();
    silent.reset();
    server.signal(Signal::HUP);
    server.wait_for_log("nothing to reopen");
    alice.say("/quit");
    alice.hear("* goodbye");
}

#[test]
fn once_it_serves_the_server_calls_nothing_that_blocks_but_poll() {
    let Some(strace) = strace() else { return };
    let trace = tempfile::NamedTempFile::new().unwrap();
    let wrapper = [strace.as_path(), "-f".as_ref(), "-o".as_ref(), trace.path()];
    let server = Launch::new(&["-vv", "--flood", "off"]).under(&wrapper).start();
    small_life(&server);
    server.stop();
    let trace = std::fs::read_to_string(trace.path()).unwrap();
    // Each line begins with the process's id; those about signals have no parenthesis.
    let calls = trace.lines().filter_map(|line| line.split_once(' ')?.1.trim().split_once('('));
    let serving: Vec<_> = calls.skip_while(|(name, _)| !POLLS.contains(name)).collect();
    assert!(serving.len() > 30, "{trace}");
    for (name, arguments) in serving {
        assert!(
            SYSCALLS.contains(&name) || POLLS.contains(&name),
            "not allowed: {name}({arguments}"
        );
        assert!(name != "accept4" || arguments.contains("SOCK_NONBLOCK"), "accept4({arguments}");
        assert!(
            !name.ends_with("poll") || arguments.contains("{tv_sec=0, tv_nsec=0}"),
            "{arguments}"
        );
        assert!(name != "fcntl" || arguments.contains("F_GETFD"), "fcntl({arguments}");
    }
}
