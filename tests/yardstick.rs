//! The tutorial's threaded server of thirty lines as the yardstick: the same pupils in the same
//! lessons, there and here. Whatever it serves, we serve.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;

use support::program::{Program, program};
use support::{PATIENCE, Server};

/// How a copy of the tutorial's client decodes what one `recv(1024)` brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decoder {
    Ascii,
    Utf8,
    /// Not at all; for those whose reads are not what is looked at.
    None,
}

/// A copy of the tutorial's client: it sends no newline, and it dies of a read that it cannot
/// decode.
#[derive(Debug)]
struct Pupil {
    stream: TcpStream,
    decoder: Decoder,
    name: &'static str,
    heard: String,
}

impl Pupil {
    fn join(server: SocketAddr, name: &'static str, decoder: Decoder) -> Self {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut pupil = Self { stream, decoder, name, heard: String::new() };
        pupil.read();
        assert_eq!(pupil.heard, "NICK");
        pupil.stream.write_all(name.as_bytes()).unwrap();
        pupil.hears(&format!("{name} joined!"));
        pupil
    }

    fn read(&mut self) {
        let mut room = [0; 1_024];
        let count = self.stream.read(&mut room).unwrap();
        assert!(count > 0, "{}: the server has hung up", self.name);
        let bytes = &room[..count];
        if self.decoder == Decoder::None {
            return self.heard.push_str(&String::from_utf8_lossy(bytes));
        }
        let text = std::str::from_utf8(bytes).ok();
        let decoded = text.filter(|text| self.decoder == Decoder::Utf8 || text.is_ascii());
        let Some(text) = decoded else {
            panic!("{} dies of {}", self.name, bytes.escape_ascii());
        };
        self.heard.push_str(text);
    }

    fn says(&mut self, text: &str) {
        self.stream.write_all(format!("{}: {text}", self.name).as_bytes()).unwrap();
    }

    fn hears(&mut self, text: &str) {
        while !self.heard.contains(text) {
            self.read();
        }
    }
}

/// A lesson in a language: each says each line, and everybody hears it.
fn lesson(pupils: &mut [Pupil], lines: &[&str]) {
    for line in lines {
        for speaker in 0..pupils.len() {
            pupils[speaker].says(line);
            let said = format!("{}: {line}", pupils[speaker].name);
            for pupil in pupils.iter_mut() {
                pupil.hears(&said);
                pupil.heard.clear();
            }
        }
    }
}

const FRENCH: [&str; 3] =
    ["\u{e7}a va ?", "d\u{e9}j\u{e0} vu au caf\u{e9}", "No\u{eb}l \u{2013} \u{ab} oui \u{bb}"];
const CHINESE: [&str; 2] =
    ["\u{4eca}\u{5929}\u{7684}\u{8bfe}\u{662f}\u{5957}\u{63a5}\u{5b57}", "\u{4f60}\u{597d}"];

/// Everything that is asked of both servers.
fn school(server: SocketAddr) {
    let mut pupils = ["ann", "ben", "chloe"].map(|name| Pupil::join(server, name, Decoder::Utf8));
    lesson(&mut pupils, &FRENCH);
    lesson(&mut pupils, &CHINESE);
    // Whoever comes after that reads ASCII alone, and lives.
    let mut late = Pupil::join(server, "dave", Decoder::Ascii);
    let mut later = Pupil::join(server, "erin", Decoder::Ascii);
    later.says("hello");
    late.hears("erin: hello");
    late.says("hello erin");
    later.hears("dave: hello erin");
    for pupil in &mut pupils {
        pupil.hears("dave: hello erin");
    }
}

#[test]
fn the_threaded_server_keeps_its_pupils_alive() {
    let Some(python3) = program("python3") else { return };
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/python/threaded_server.py");
    let mut threaded = Program::start(python3, [script]);
    let port: u16 = threaded.stdout.line().parse().unwrap();
    school((Ipv4Addr::LOCALHOST, port).into());
}

#[test]
fn ours_does_too() {
    let server = Server::start(&[]);
    school(server.tcp());
    server.stop();
}

#[test]
fn a_dozen_who_speak_at_once_tear_nobodys_read() {
    let server = Server::start(&["--flood", "off"]);
    let mut listener = Pupil::join(server.tcp(), "listener", Decoder::Utf8);
    let names = ["a1", "b2", "c3", "d4", "e5", "f6", "g7", "h8", "j9", "k10", "n11", "p12"];
    let mut speakers = names.map(|name| Pupil::join(server.tcp(), name, Decoder::None));
    for round in 0..10 {
        let text = format!("{round} {}", CHINESE[0].repeat(1 + round % 5));
        for speaker in &mut speakers {
            speaker.says(&text);
        }
        for name in names {
            listener.hears(&format!("{name}: {text}\n"));
        }
        // The others read too, or what waits for them would pass what may.
        for speaker in &mut speakers {
            names.iter().for_each(|name| speaker.hears(&format!("{name}: {round} ")));
            speaker.heard.clear();
        }
    }
    server.stop();
}
