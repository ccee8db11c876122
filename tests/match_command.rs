//! `mio-chat match` as a person and a script meet it, against a small server of the test's own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "the server of the test needs a thread and a clock")]

#[path = "punching/model.rs"]
mod model;
mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mio_chat::mc1::Line;
use mio_chat::peer::{Filter, Mapping, Match, MatchError, Path};
use mio_chat::time::Time;
use model::Server;
use rustix::process::{Pid, Signal, kill_process};
use support::{PATIENCE, eventually};

/// The model behind two real sockets, until it is dropped.
struct Fake {
    places: Vec<SocketAddr>,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Fake {
    fn start(ports: usize, model: Server) -> Self {
        let sockets: Vec<UdpSocket> =
            (0..ports).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
        let places = sockets.iter().map(|socket| socket.local_addr().unwrap()).collect();
        let stop = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&stop);
        let thread = std::thread::spawn(move || serve(&sockets, model, &heard));
        Self { places, stop, thread: Some(thread) }
    }

    fn place(&self) -> String {
        self.places[0].to_string()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().unwrap().join();
    }
}

fn serve(sockets: &[UdpSocket], mut model: Server, stop: &AtomicBool) {
    let start = Instant::now();
    let wait = Duration::from_millis(2);
    sockets.iter().for_each(|socket| socket.set_read_timeout(Some(wait)).unwrap());
    let mut room = [0; 2_000];
    while !stop.load(Ordering::Relaxed) {
        for (at, socket) in sockets.iter().enumerate() {
            let now = Time::at(start.elapsed());
            let mut sent = model.expire(now);
            if let Ok((length, from)) = socket.recv_from(&mut room) {
                if room.starts_with(b"MC1 CHECK") {
                    see(sockets, at, from, &room[..length]);
                } else {
                    sent.extend(model.receive(now, from, &room[..length]));
                }
            }
            for (to, bytes) in sent {
                sockets[0].send_to(&bytes, to).unwrap();
            }
        }
    }
}

fn see(sockets: &[UdpSocket], at: usize, from: SocketAddr, bytes: &[u8]) {
    let line = Line::parse(bytes).unwrap();
    let port = |socket: &UdpSocket| socket.local_addr().unwrap().port();
    let others = sockets.iter().filter(|socket| port(socket) != port(&sockets[at]));
    let also: Vec<String> = others.map(|socket| port(socket).to_string()).collect();
    let mut text = format!("MC1 SEEN id={} you={from}", line.get("id").unwrap());
    if !also.is_empty() {
        text += &format!(" also={}", also.join(","));
    }
    assert!(text.len() < bytes.len(), "the answer is longer than the question");
    let wanted = line.number::<u16>("from");
    let by = sockets.iter().find(|socket| Some(port(socket)) == wanted).unwrap_or(&sockets[at]);
    by.send_to((text + "\n").as_bytes(), from).unwrap();
}

fn command(flags: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mio-chat"));
    command.arg("match").args(flags);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for the end, within patience.
fn end(mut child: Child) -> Output {
    drop(child.stdin.take());
    eventually("it ends", || child.try_wait().unwrap().is_some());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn two_pipes_exchange_their_lines() {
    let fake = Fake::start(1, Server::new(true, false));
    let mut alice = command(&[&fake.place(), "duel", "--name", "alice"]);
    let mut bob = command(&[&fake.place(), "duel", "--name", "bob"]);
    alice.stdin.take().unwrap().write_all(b"hello\n\x1b[31mred\nno newline").unwrap();
    let lines: String = (0..500).map(|number| format!("line {number}\n")).collect();
    bob.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let (alice, bob) = (end(alice), end(bob));
    assert_eq!((alice.status.code(), bob.status.code()), (Some(0), Some(0)), "{alice:?} {bob:?}");
    assert_eq!(text(&bob.stdout), "hello\n[31mred\nno newline\n");
    assert_eq!(text(&alice.stdout), lines);
    let said = text(&alice.stderr);
    for step in ["* asking 127.0.0.1:", "* player found", "* direct to player", " at 127.0.0.1:"] {
        assert!(said.contains(step), "{step} is not in {said}");
    }
}

/// A command that is heard, line by line.
struct Heard {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStderr>>,
    told: Vec<String>,
}

impl Heard {
    fn start(flags: &[&str]) -> Self {
        let mut child = command(flags);
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, lines, told: vec![] }
    }

    /// Waits until it tells something like that.
    fn until(&mut self, what: &str) {
        while !self.told.last().is_some_and(|line| line.contains(what)) {
            let line = self.lines.next().unwrap_or_else(|| panic!("no {what}: {:?}", self.told));
            self.told.push(line.unwrap());
        }
    }

    /// Waits for the end. All that it has told, and its code.
    fn end(mut self) -> (String, Option<i32>) {
        drop(self.child.stdin.take());
        self.told.extend(self.lines.map_while(Result::ok));
        (self.told.join("\n"), self.child.wait().unwrap().code())
    }
}

/// Both say something and hear the other.
fn talk(mut one: Heard, mut other: Heard) {
    for child in [&mut one.child, &mut other.child] {
        child.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    }
    for heard in [one, other] {
        let Heard { mut child, lines, .. } = heard;
        let told: Vec<String> = lines.map_while(Result::ok).collect();
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((said.as_str(), child.wait().unwrap().code()), ("hello\n", Some(0)), "{told:?}");
    }
}

#[test]
fn who_was_matched_with_one_that_crashed_meets_the_next() {
    let fake = Fake::start(1, Server::new(true, false));
    meets_the_next_after_a_crash(&fake.place());
}

#[test]
fn who_was_matched_with_one_that_crashed_meets_the_next_at_the_real_server() {
    let server = support::Server::start(&[]);
    meets_the_next_after_a_crash(&server.udp().to_string());
}

fn meets_the_next_after_a_crash(place: &str) {
    let flags = [place, "duel"];
    let mut ghost = Heard::start(&flags);
    ghost.until("waiting for others (1 of 2)");
    ghost.child.kill().unwrap();
    ghost.child.wait().unwrap();
    let mut again = Heard::start(&flags);
    again.until("player found");
    again.until("* a player does not answer; looking for another");
    again.until("waiting for others (1 of 2)");
    let mut friend = Heard::start(&flags);
    for heard in [&mut again, &mut friend] {
        heard.until("direct to player");
    }
    talk(again, friend);
}

/// A player that confirms its match and then says nothing.
struct Deaf(UdpSocket);

impl Deaf {
    fn join(fake: &Fake) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(fake.places[0]).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let deaf = Self(socket);
        let join = "MC1 JOIN id=00000000000000dd q=duel n=2";
        deaf.say(&format!("{join} pad={}", "x".repeat(30)));
        let cookie = deaf.told("COOKIE", "c");
        deaf.say(&format!("{join} c={cookie}"));
        deaf.told("WAIT", "have");
        deaf
    }

    fn confirm(&self) {
        let m = self.told("MATCH", "m");
        self.say(&format!("MC1 ACK id=00000000000000dd m={m}"));
    }

    fn say(&self, line: &str) {
        self.0.send(line.as_bytes()).unwrap();
    }

    /// A field of the next line of this kind.
    fn told(&self, verb: &str, key: &str) -> String {
        let mut room = [0; 1_500];
        loop {
            let length = self.0.recv(&mut room).unwrap();
            let line = Line::parse(&room[..length]).unwrap();
            if line.verb == verb {
                return line.get(key).unwrap().to_owned();
            }
        }
    }
}

#[test]
fn a_match_in_which_nobody_is_reached_is_not_the_end() {
    let fake = Fake::start(1, Server::new(false, false));
    let deaf = Deaf::join(&fake);
    let mut patient = Heard::start(&[&fake.place(), "duel", "--timeout", "60s"]);
    patient.until("player found");
    deaf.confirm();
    patient.until("* no path to player 1 was found");
    patient.until("* asking 127.0.0.1:");
    patient.until("waiting for others (1 of 2)");
    let mut friend = Heard::start(&[&fake.place(), "duel"]);
    for heard in [&mut patient, &mut friend] {
        heard.until("direct to player");
    }
    talk(patient, friend);
}

#[test]
fn time_that_passes_in_a_match_that_fails_is_time_too() {
    let fake = Fake::start(1, Server::new(false, false));
    let deaf = Deaf::join(&fake);
    let mut brief = Heard::start(&[&fake.place(), "duel", "--timeout", "2s"]);
    brief.until("player found");
    deaf.confirm();
    let (told, code) = brief.end();
    let ends = "none of the players that 127.0.0.1:";
    assert!(told.lines().last().unwrap().contains(ends), "{told}");
    assert_eq!(code, Some(1));
    // A token is for one match.
    let fake = Fake::start(1, Server::new(false, false));
    let deaf = Deaf::join(&fake);
    let token = ["--token", "00000000000000ff", "--players", "2"];
    let mut holder = Heard::start(&[&[&fake.place(), "duel"], &token[..]].concat());
    holder.until("player found");
    deaf.confirm();
    let (told, code) = holder.end();
    assert!(told.lines().last().unwrap().contains(ends), "{told}");
    assert_eq!(code, Some(1));
}

#[test]
fn three_go_through_the_relay_and_see_who_speaks() {
    let fake = Fake::start(1, Server::new(true, true));
    let flags =
        |name| [fake.place(), "trio".into(), "--players=3".into(), format!("--name={name}")];
    let start = |name| command(&flags(name).each_ref().map(String::as_str));
    let all = ["ann", "ben", "cid"].map(|name| {
        let mut child = start(name);
        child.stdin.take().unwrap().write_all(format!("I am {name}\n").as_bytes()).unwrap();
        child
    });
    let outputs = all.map(end);
    for (output, own) in outputs.iter().zip(["ann", "ben", "cid"]) {
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(text(&output.stderr).contains("through the relay"), "{output:?}");
        for name in ["ann", "ben", "cid"].iter().filter(|name| **name != own) {
            let line = format!("player{}", "");
            let heard = text(&output.stdout);
            assert!(heard.contains(&format!("I am {name}")) && heard.contains(&line), "{heard}");
        }
    }
}

#[test]
fn a_signal_ends_it_as_a_shell_expects() {
    let fake = Fake::start(1, Server::new(false, false));
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut child = command(&[&fake.place(), "lonely"]);
        let stdin = child.stdin.take();
        let mut said = String::new();
        let mut stderr = child.stderr.take().unwrap();
        while !said.contains("waiting for others (1 of 2)") {
            let mut room = [0; 100];
            let length = stderr.read(&mut room).unwrap();
            assert_ne!(length, 0, "{said}");
            said += &text(&room[..length]);
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(end(child).status.code(), Some(code));
        drop(stdin);
    }
}

#[test]
fn what_does_not_come_about_is_one_sentence() {
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap();
    let silent = nobody.local_addr().unwrap().to_string();
    let fake = Fake::start(1, Server::new(false, false));
    let lonely = end(command(&[&fake.place(), "duel", "--timeout", "300ms"]));
    assert_eq!(lonely.status.code(), Some(1));
    assert!(text(&lonely.stderr).contains("mio-chat: nobody came within 0 s"), "{lonely:?}");
    let blocked = end(command(&["--check", &silent]));
    assert_eq!((blocked.status.code(), text(&blocked.stdout)), (Some(1), String::new()));
    let said = text(&blocked.stderr);
    assert!(said.starts_with(&format!("mio-chat: no answer from {silent}; either UDP")), "{said}");
    let six = end(command(&["-6", "--check", &silent]));
    assert!(text(&six.stderr).contains("by IPv6: it has no such address"), "{six:?}");
    for flags in [&["a:0", "duel"][..], &["a:1"], &["a:1", "b", "c"], &["a:1", "--token", "x"]] {
        assert_eq!(end(command(flags)).status.code(), Some(2), "{flags:?}");
    }
}

#[test]
fn the_check_tells_that_there_is_no_nat_here() {
    for (ports, meaning) in [(2, "others may write to it first"), (1, "No NAT: your address is")] {
        let fake = Fake::start(ports, Server::new(false, false));
        let output = end(command(&["--check", &fake.place()]));
        let said = text(&output.stdout);
        assert!(said.contains("sees you at 127.0.0.1:") && said.contains(meaning), "{said}");
        assert_eq!(output.status.code(), Some(0));
    }
    let fake = Fake::start(2, Server::new(false, false));
    let check = mio_chat::peer::NatCheck {
        server: fake.place(),
        others: vec![],
        family: Default::default(),
    };
    let verdict = mio_chat::peer::check(&check).unwrap();
    assert_eq!((verdict.mapping, verdict.filter), (Mapping::None, Filter::Open));
}

#[test]
fn the_check_understands_stun_of_our_own_server() {
    let server = support::Server::start(&["--tcp", "127.0.0.1:0", "--udp", "127.0.0.1:0"]);
    let output = end(command(&["--check", &server.udp().to_string()]));
    assert!(text(&output.stdout).contains("No NAT: your address is your own"), "{output:?}");
    server.stop();
}

#[test]
fn games_get_a_group_and_then_the_socket() {
    let fake = Fake::start(1, Server::new(false, false));
    let search = Match::new(&fake.place()).timeout(PATIENCE);
    let other = search.clone();
    let one = std::thread::spawn(move || other.join("game").unwrap());
    let mut two = search.join("game").unwrap();
    let mut one = one.join().unwrap();
    assert_eq!(one.own_slot() + two.own_slot(), 3);
    assert_eq!(one.peers()[0].slot, two.own_slot());
    assert!(matches!(one.peers()[0].path, Some((Path::Direct(_), _))));
    let mut room = [0; 100];
    two.set_timeout(Some(PATIENCE));
    one.send_to(two.own_slot(), b"move 7").unwrap();
    assert_eq!(two.receive(&mut room).unwrap(), Some((one.own_slot(), 6)));
    assert_eq!(&room[..6], b"move 7");
    assert!(matches!(one.send_to(9, b"x"), Err(MatchError::Slot { slot: 9 })));
    assert!(matches!(one.send_to(1, b"MC1 x"), Err(MatchError::Payload { .. })));
    one.set_timeout(Some(Duration::from_millis(1)));
    assert_eq!(one.receive(&mut room).unwrap(), None);
    let slot = two.own_slot();
    let ((one, places), (two, _)) = (one.into_socket().unwrap(), two.into_socket().unwrap());
    assert_eq!(places[0].0, slot);
    one.send_to(b"by itself", places[0].1).unwrap();
    two.set_read_timeout(Some(PATIENCE)).unwrap();
    while !room.starts_with(b"by itself") {
        two.recv_from(&mut room).unwrap();
    }
}
