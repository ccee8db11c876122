//! A real server under a storm of garbage over TCP and UDP at once: random bytes, real
//! conversations spoiled, datagrams that nobody would send. Two honest people go on chatting and
//! lose nothing, and an honest STUN request is answered.
//!
//! `MIO_CHAT_SIZE=long cargo test --release --test hostile` sends some hundred times as much, and
//! `MIO_CHAT_SEED=n` another storm.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::time::Duration;

use common::harmless::{expect_harmless, is_harmful};
use common::phrases::utterance;
use common::random::Random;
use socket2::SockRef;
use support::{Client, Server, eventually, process, report, sized};

/// How much is sent at the least: bytes over TCP, and datagrams.
#[derive(Clone, Copy)]
struct Size {
    bytes: usize,
    datagrams: usize,
}

const GATE: Size = Size { bytes: 4 << 20, datagrams: 30_000 };
const LONG: Size = Size { bytes: 2 << 30, datagrams: 10_000_000 };
/// Pranksters at the same time, bytes that one sends at once, and datagrams between two rounds.
const PRANKSTERS: usize = 8;
const BYTES_AT_ONCE: usize = 8 * 1_024;
const DATAGRAMS_AT_ONCE: usize = 256;
/// The honest people. Nobody else can be called so while they are there.
const HONEST: [&str; 2] = ["hilda", "hugo"];
/// Times that an honest program asks before it gives up, each for this long.
const ASKED_MAX: usize = 50;
const ANSWER_TIMEOUT: Duration = Duration::from_millis(200);
const STUN_REQUEST: &[u8] = b"\x00\x01\x00\x00\x21\x12\xa4\x42mio-chat-doc";

#[test]
fn a_storm_of_garbage_hurts_nobody() {
    let size = sized(GATE, LONG);
    let seed = std::env::var("MIO_CHAT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    // One thread does everything here, so the honest read late while a storm of megabytes blows.
    let patient = ["--outbox-hard", "16777216"];
    let server =
        Server::start(&[&["-vv", "--flood", "off", "--names", "unicode"], &patient[..]].concat());
    let mut honest = HONEST.map(|name| Honest::join(server.tcp(), name));
    let descriptors = process::descriptors(server.pid());

    let mut storm = Storm::new(&server, seed);
    let mut words = 0;
    while storm.bytes < size.bytes || storm.datagrams < size.datagrams {
        storm.blow(size);
        honest.iter_mut().for_each(|person| person.say(words));
        honest.iter_mut().for_each(Honest::listen);
        words += 1;
    }
    report(&format!("{} bytes, {} datagrams, {words} words", storm.bytes, storm.datagrams));
    expect_own_address(server.udp());
    drop(storm);

    for person in &mut honest {
        eventually("every word is heard", || {
            person.listen();
            person.heard == [words; 2]
        });
    }
    eventually("every descriptor is free again", || {
        honest.iter_mut().for_each(Honest::listen);
        process::descriptors(server.pid()) == descriptors
    });
    expect_harmless_log(&server.stop());
}

/// Everybody who means no good.
struct Storm {
    tcp: SocketAddr,
    random: Random,
    conversations: Vec<Vec<u8>>,
    pranksters: Vec<Peer>,
    udp: UdpSocket,
    /// Sent so far.
    bytes: usize,
    datagrams: usize,
}

impl Storm {
    fn new(server: &Server, seed: u64) -> Self {
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        udp.connect(server.udp()).unwrap();
        udp.set_nonblocking(true).unwrap();
        Self {
            tcp: server.tcp(),
            random: Random::new(seed),
            conversations: conversations(),
            pranksters: Vec::new(),
            udp,
            bytes: 0,
            datagrams: 0,
        }
    }

    /// Each prankster does something, and a few hundred datagrams fly.
    fn blow(&mut self, size: Size) {
        while self.pranksters.len() < PRANKSTERS {
            let mut peer = Peer::new(TcpStream::connect(self.tcp).unwrap());
            if self.random.below(4) > 0 {
                peer.send(format!("m{}\n", self.random.below(1_000)).as_bytes());
            }
            self.pranksters.push(peer);
        }
        for mut peer in std::mem::take(&mut self.pranksters) {
            let garbage = self.garbage();
            self.bytes += peer.send(&garbage);
            peer.listen(|_| {});
            match self.random.below(16) {
                0 => peer.reset(),
                1 => drop(peer),
                2 => drop(peer.socket.shutdown(Shutdown::Write)),
                _ if peer.is_closed => {}
                _ => self.pranksters.push(peer),
            }
        }
        if self.datagrams < size.datagrams {
            for _ in 0..DATAGRAMS_AT_ONCE {
                let datagram = self.datagram();
                self.datagrams += usize::from(self.udp.send(&datagram).is_ok());
            }
        }
        self.expect_sound_answers();
    }

    /// Bytes for one prankster to send.
    fn garbage(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let wanted = self.random.below(BYTES_AT_ONCE);
        while bytes.len() < wanted {
            match self.random.below(32) {
                0 => bytes.extend(utterance(&mut self.random)),
                1..8 => {
                    bytes.extend((0..self.random.below(2_000)).map(|_| self.random.next() as u8));
                }
                _ => {
                    let conversation = self.random.below(self.conversations.len());
                    bytes.extend(&self.conversations[conversation]);
                }
            }
        }
        self.spoil(&mut bytes);
        bytes
    }

    fn datagram(&mut self) -> Vec<u8> {
        let mut bytes = match self.random.below(4) {
            0 => (0..self.random.below(600)).map(|_| self.random.next() as u8).collect(),
            1 => utterance(&mut self.random),
            _ => [STUN_REQUEST, b"\x80\x22\x00\x04test"].concat(),
        };
        bytes.truncate(1_400);
        if bytes.starts_with(&STUN_REQUEST[..2]) && self.random.below(2) == 0 {
            bytes[3] = 8;
        }
        self.spoil(&mut bytes);
        bytes
    }

    /// Turns a bit in a few places.
    fn spoil(&mut self, bytes: &mut [u8]) {
        for _ in 0..self.random.below(4).min(bytes.len()) {
            let at = self.random.below(bytes.len());
            bytes[at] ^= 1 << self.random.below(8);
        }
    }

    /// What the server says over UDP is STUN, or an address and a newline.
    fn expect_sound_answers(&self) {
        let mut answer = [0; 2_048];
        while let Ok(len) = self.udp.recv(&mut answer) {
            let answer = &answer[..len];
            // Also that of clients that send no magic cookie.
            let is_stun = len >= 20 && answer[0] == 1 && [0x01, 0x11].contains(&answer[1]);
            let text = answer.strip_suffix(b"\n").and_then(|text| std::str::from_utf8(text).ok());
            let is_address = text.is_some_and(|text| text.parse::<SocketAddr>().is_ok());
            assert!(is_stun || is_address, "{}", answer.escape_ascii());
        }
    }
}

/// What is typed in each golden conversation, but for goodbyes: who quits is heard no more.
fn conversations() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let typed = |path| {
        let written = std::fs::read_to_string(path).unwrap();
        let lines = written.lines().filter(|line| !line.starts_with([' ', '#']));
        let texts = lines.filter_map(|line| Some(line.split_once(": ")?.1));
        let texts = texts.filter(|text| *text != "/quit");
        texts.flat_map(|text| [text.as_bytes(), b"\n"].concat()).collect()
    };
    let mut files: Vec<_> = files.collect();
    files.sort();
    files.into_iter().map(typed).filter(|typed: &Vec<u8>| !typed.is_empty()).collect()
}

/// One end of a connection that never makes the test wait.
struct Peer {
    socket: TcpStream,
    /// The begun line.
    rest: Vec<u8>,
    is_closed: bool,
}

impl Peer {
    fn new(socket: TcpStream) -> Self {
        socket.set_nonblocking(true).unwrap();
        Self { socket, rest: Vec::new(), is_closed: false }
    }

    /// Sends what the system takes; how many bytes.
    fn send(&mut self, bytes: &[u8]) -> usize {
        self.socket.write(bytes).unwrap_or(0)
    }

    /// Reads what has come, sees that it is harmless, and hands out the lines.
    fn listen(&mut self, mut each: impl FnMut(&str)) {
        let mut room = vec![0; 256 * 1_024];
        loop {
            match self.socket.read(&mut room) {
                Ok(0) => self.is_closed = true,
                Ok(count) => self.rest.extend_from_slice(&room[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => self.is_closed = true,
            }
            let end = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
            expect_harmless("a client", &self.rest[..end]);
            let lines: Vec<u8> = self.rest.drain(..end).collect();
            std::str::from_utf8(&lines).unwrap().lines().for_each(&mut each);
            if self.is_closed {
                return expect_harmless("a client, at last,", &self.rest);
            }
        }
    }

    fn reset(self) {
        SockRef::from(&self.socket).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// Somebody who says numbered words and hears everybody's.
struct Honest {
    peer: Peer,
    name: &'static str,
    /// Words heard of each of the honest, all in order.
    heard: [usize; 2],
}

impl Honest {
    fn join(to: SocketAddr, name: &'static str) -> Self {
        Self { peer: Peer::new(Client::join(to, name).source), name, heard: [0; 2] }
    }

    fn say(&mut self, number: usize) {
        let line = format!("word {number}\n");
        assert_eq!(self.peer.send(line.as_bytes()), line.len(), "{} is heard", self.name);
    }

    fn listen(&mut self) {
        let (name, heard) = (self.name, &mut self.heard);
        self.peer.listen(|line| {
            for (who, heard) in HONEST.iter().zip(heard.iter_mut()) {
                let word = line.strip_prefix(who).and_then(|rest| rest.strip_prefix(": word "));
                if let Some(number) = word {
                    assert_eq!(number, heard.to_string(), "{name} has missed a word of {who}");
                    *heard += 1;
                }
            }
        });
        assert!(!self.peer.is_closed, "{} was closed", self.name);
    }
}

/// Asks for its own address until it is told.
fn expect_own_address(server: SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(server).unwrap();
    socket.set_read_timeout(Some(ANSWER_TIMEOUT)).unwrap();
    let port = socket.local_addr().unwrap().port() ^ 0x2112;
    let mapped = [&b"\x00\x20\x00\x08\x00\x01"[..], &port.to_be_bytes(), b"\x5e\x12\xa4\x43"];
    let mut answer = [0; 64];
    for _ in 0..ASKED_MAX {
        socket.send(STUN_REQUEST).unwrap();
        if let Ok(len) = socket.recv(&mut answer) {
            return assert_eq!(answer[20..len], mapped.concat());
        }
    }
    panic!("an honest STUN request is never answered");
}

/// The log is one line of harmless text for each record.
fn expect_harmless_log(log: &str) {
    let harm = log.chars().find(|character| *character != '\n' && is_harmful(*character));
    assert_eq!(harm, None, "in the log");
    assert!(log.contains("is hilda"), "nicknames are not in this log");
}
