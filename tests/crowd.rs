//! Five thousand people in one room: everyone comes in, hears one message once, and leaves
//! nothing behind. Tells what an idle connection costs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
mod support;
#[path = "common/wires.rs"]
mod wires;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use memchr::memchr_iter;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use mio_chat::id::{ClientId, Registry};
use mio_chat::server::{Server, Turn};
use mio_chat::time::Time;
use support::{Client, PATIENCE, eventually_within, process, report, timed};
use wires::{Clients, Wires};

const CROWD: usize = 5_000;
/// Members that connect at once.
const WAVE: usize = 500;
/// Bytes that the server may keep when everyone has left.
const MEMORY_KEPT_MAX: usize = 8_000_000;
const WELCOME: &[u8] = b"Connected to server!\n";
/// Bytes that nothing but the two messages holds, each twice.
const MARKS: [u8; 2] = *b"=#";

/// One of many, who reads everything and keeps nothing.
struct Member {
    stream: TcpStream,
    named: bool,
    /// Bytes of the welcome that have come.
    welcome: usize,
    /// How often each mark was heard.
    marks: [usize; 2],
}

/// Everyone, driven by one poll.
struct Crowd {
    poll: Poll,
    events: Events,
    members: Vec<Member>,
    room: Box<[u8]>,
}

impl Crowd {
    fn new() -> Self {
        Self {
            poll: Poll::new().unwrap(),
            events: Events::with_capacity(1_024),
            members: Vec::new(),
            room: vec![0; 64 * 1_024].into_boxed_slice(),
        }
    }

    /// Some more come in and are welcomed.
    fn grow(&mut self, to: SocketAddr) {
        for _ in 0..WAVE {
            let mut stream = TcpStream::connect(to).unwrap();
            let token = Token(self.members.len());
            let both = Interest::READABLE | Interest::WRITABLE;
            self.poll.registry().register(&mut stream, token, both).unwrap();
            self.members.push(Member { stream, named: false, welcome: 0, marks: [0; 2] });
        }
        self.listen_until(|member| member.welcome == WELCOME.len());
    }

    /// Everyone listens until what `heard` says is true of each.
    fn listen_until(&mut self, heard: impl Fn(&Member) -> bool) {
        let mut missing = self.members.iter().filter(|member| !heard(member)).count();
        while missing > 0 {
            self.poll.poll(&mut self.events, Some(PATIENCE)).unwrap();
            assert!(!self.events.is_empty(), "{missing} of {} wait", self.members.len());
            for event in &self.events {
                let Token(number) = event.token();
                let member = &mut self.members[number];
                let before = heard(member);
                member.serve(number, &mut self.room);
                missing -= usize::from(!before && heard(member));
            }
        }
    }
}

impl Member {
    /// Says its name as soon as it can, and listens.
    fn serve(&mut self, number: usize, room: &mut [u8]) {
        if !self.named {
            match self.stream.write(format!("c{number}\n").as_bytes()) {
                Ok(_) => self.named = true,
                // Not connected yet.
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => panic!("c{number}: {error}"),
            }
        }
        loop {
            match self.stream.read(room) {
                Ok(0) => panic!("c{number}: the server hung up"),
                Ok(count) => self.hear(&room[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => panic!("c{number}: {error}"),
            }
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        let count = bytes.len().min(WELCOME.len() - self.welcome);
        assert_eq!(bytes[..count], WELCOME[self.welcome..][..count]);
        self.welcome += count;
        for (mark, times) in MARKS.iter().zip(&mut self.marks) {
            *times += memchr_iter(*mark, bytes).count();
        }
    }
}

#[test]
fn five_thousand_join_hear_one_message_once_and_leave_nothing_behind() {
    if !process::may_hold(CROWD) {
        return;
    }
    let server = support::Server::start(&["--flood", "off", "--greet-after", "1h"]);
    let descriptors = process::descriptors(server.pid());
    let empty = process::status_bytes(server.pid(), "RssAnon");

    let mut crowd = Crowd::new();
    let ((), joining) = timed(|| (0..CROWD / WAVE).for_each(|_| crowd.grow(server.tcp())));
    let mut alice = Client::join(server.tcp(), "alice");
    alice.say("=hello, everyone=");
    alice.expect("alice: =hello, everyone=");
    crowd.listen_until(|member| member.marks[0] >= 2);
    let full = process::status_bytes(server.pid(), "RssAnon");
    // What was sent twice would have come before this.
    alice.say("#goodbye#");
    crowd.listen_until(|member| member.marks[1] >= 2);
    assert!(crowd.members.iter().all(|member| member.marks == [2, 2]));

    drop(alice);
    let ((), leaving) = timed(|| {
        drop(crowd);
        let gone = || process::descriptors(server.pid()) == descriptors;
        eventually_within(6 * PATIENCE, "everyone gone", gone);
    });
    let kept = process::status_bytes(server.pid(), "RssAnon").saturating_sub(empty);
    let log = server.stop();
    assert!(log.contains("clients=0"), "{log}");
    let each = (full - empty) / CROWD;
    report(&format!(
        "crowd: {CROWD} joined in {joining:.1?} and left in {leaving:.1?}; \
         each cost {each} bytes of memory while idle; {kept} bytes were kept of all"
    ));
    assert!(each < 512, "{each} bytes");
    // Give or take what the allocator cannot give back while something lies above it.
    assert!(kept < MEMORY_KEPT_MAX, "{kept} bytes kept of {CROWD} who have left");
}

/// What happens to everybody at once, in one turn of a server without sockets.
type Blow = fn(&mut Turn, &[ClientId]);

const ALL_ARE_GONE: Blow = |turn, clients| {
    for &id in clients {
        turn.server.disconnect(Time::ZERO, id);
    }
};
/// While something that was said is still to be handed out.
const SHUTDOWN: Blow = |turn, clients| {
    turn.note_readable(clients[0]);
    turn.steps().hear(Time::ZERO, &mut Wires(Lines(vec!["wait".to_owned()])));
    turn.server.shutdown(Time::ZERO, Duration::from_secs(5));
};

/// Clients who say a line each, the last one first.
struct Lines(Vec<String>);

impl Clients for Lines {
    fn say(&mut self, _id: ClientId, room: &mut [u8]) -> usize {
        let line = self.0.pop().map_or_else(String::new, |line| line + "\n");
        room[..line.len()].copy_from_slice(line.as_bytes());
        line.len()
    }
}

/// How long that takes each of a crowd in one room.
fn takes_each(crowd: usize, blow: Blow) -> Duration {
    let server = Server::new(common::settings(), [7; 16]);
    let (mut turn, mut ids) = (Turn::new(server, Duration::ZERO), Registry::default());
    let clients: Vec<ClientId> = (0..crowd).map(|_| ids.insert_with(|_| ())).collect();
    for &id in &clients {
        turn.server.connect(Time::ZERO, id, [127, 0, 0, 1].into()).unwrap();
        turn.note_readable(id);
    }
    let mut wires = Wires(Lines((0..crowd).map(|number| format!("c{number}")).collect()));
    while turn.due() == Some(Time::ZERO) {
        turn.run(Time::ZERO, &mut wires);
    }
    assert_eq!(turn.server.status().lobby().members(), crowd);
    let ((), all) = timed(|| blow(&mut turn, &clients));
    all / crowd as u32
}

#[test]
fn whoever_leaves_with_thousands_costs_no_more_than_with_hundreds() {
    compare(ALL_ARE_GONE);
}

#[test]
fn a_shutdown_costs_thousands_no_more_each_than_hundreds() {
    compare(SHUTDOWN);
}

fn compare(blow: Blow) {
    let mut seen = Vec::new();
    for _ in 0..5 {
        let (few, many) = (takes_each(500, blow), takes_each(20_000, blow));
        // Forty times as long would be a search through all of them; memory is slower beyond the
        // caches, and machines are busy.
        if many < 8 * few {
            report(&format!("it takes each of 500 {few:?}, each of 20,000 {many:?}"));
            return;
        }
        seen.push((few, many));
    }
    panic!("it takes each longer the larger the crowd is: {seen:?}");
}
