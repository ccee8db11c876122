//! A WebSocket client beside one that reads the same in JSON lines, among people on plain lines:
//! whatever its network does to the bytes, what it reads is whole frames, and the same objects.
//!
//! A failure names its seed.

use std::time::Duration;

use mio_chat::delivery::OutboxLimits;
use mio_chat::server::Settings;
use serde_json::Value;

use crate::common::random::Random;
use crate::common::{World, settings};

const RUNS: u64 = 150;
const STEPS: usize = 150;
const TALKERS: [&str; 3] = ["alice", "bob", "carol"];
const HANDSHAKE: &str = "GET /ws HTTP/1.1\r\nHost: chat.test\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const CLOSE: u8 = 0x88;

/// One run.
struct Crowd {
    random: Random,
    world: World,
    /// All that the WebSocket client was sent.
    stream: Vec<u8>,
    /// Pings that it sent.
    pings: usize,
}

/// What the WebSocket client has read.
struct Read {
    objects: Vec<Value>,
    pongs: usize,
    /// The code of the close.
    closed: Option<u16>,
}

impl Crowd {
    fn new(seed: u64) -> Self {
        // Few bytes wait before somebody is spared or cut off, so that both happen.
        let outbox = OutboxLimits { soft: 2_000, hard: 8_000, ..OutboxLimits::default() };
        let world = World::new(Settings { outbox, ..settings() });
        Self { random: Random::new(seed), world, stream: Vec::new(), pings: 0 }
    }

    fn begin(&mut self) {
        for name in TALKERS {
            self.world.join(name);
        }
        self.world.connect("lines");
        self.world.types("lines", "/format json\n/history off\nlines");
        self.world.connect("web");
        let mut bytes = HANDSHAKE.as_bytes().to_vec();
        bytes.extend(self.frames(r#"{"t":"hello","v":1,"nick":"web","room":"main"}"#));
        self.send(&bytes);
    }

    /// A request as one frame or as fragments, each with a mask of its own, and pings in between.
    fn frames(&mut self, request: &str) -> Vec<u8> {
        let (mut left, mut bytes) = (request.as_bytes(), Vec::new());
        let (mut opcode, count) = (1, [1, 1, 1, 2, 5][self.random.below(5)]);
        for part in 1..=count {
            let length = if part == count { left.len() } else { self.random.below(left.len() + 1) };
            let (payload, rest) = left.split_at(length);
            let last = if part == count { 0x80 } else { 0 };
            self.frame(last | opcode, payload, &mut bytes);
            if self.pings < 4 && self.random.below(8) == 0 {
                self.pings += 1;
                self.frame(0x89, b"there?", &mut bytes);
            }
            (left, opcode) = (rest, 0);
        }
        bytes
    }

    fn frame(&mut self, first: u8, payload: &[u8], out: &mut Vec<u8>) {
        out.push(first);
        match payload.len() {
            length @ ..=125 => out.push(0x80 | length as u8),
            length => {
                out.push(0x80 | 126);
                out.extend((length as u16).to_be_bytes());
            }
        }
        let mask = (self.random.next() as u32).to_be_bytes();
        out.extend(mask);
        out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
    }

    /// Sends bytes of the WebSocket client, cut anywhere.
    fn send(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let most = [bytes.len(), 3, 40][self.random.below(3)].min(bytes.len());
            let (piece, rest) = bytes.split_at(1 + self.random.below(most));
            self.world.sends("web", piece);
            bytes = rest;
        }
        self.listen();
    }

    fn listen(&mut self) {
        self.stream.extend(self.world.hears_bytes("web"));
    }

    fn step(&mut self) {
        let talker = *self.random.pick(&TALKERS);
        match self.random.below(12) {
            0..=4 => {
                let text = "x".repeat(self.random.below(300));
                self.world.types(talker, &format!("{} {text}", self.random.below(1_000)));
            }
            5 => self.world.types(talker, "/me waves \u{e9}"),
            6 => {
                let room = ["/join tea", "/leave"][self.random.below(2)];
                self.world.types(talker, room);
            }
            7 | 8 => {
                let text = format!("{} from the web", self.random.below(1_000));
                let request = format!(r#"{{"t":"say","room":"main","text":"{text}"}}"#);
                let bytes = self.frames(&request);
                self.send(&bytes);
            }
            9 => {
                let windows = [0, 1, 7, 100, 1_000, usize::MAX, usize::MAX];
                let window = *self.random.pick(&windows);
                self.world.reads_only("web", window);
            }
            10 => self.world.wait(Duration::from_millis(self.random.below(400) as u64)),
            _ => {
                let bytes = self.frames(r#"{"t":"ping"}"#);
                self.send(&bytes);
            }
        }
        self.listen();
    }

    /// Whether it was told to go.
    fn is_over(&mut self) -> bool {
        self.world.person("web").closed.is_some()
    }

    fn end(&mut self) {
        self.world.reads_only("web", usize::MAX);
        if !self.is_over() {
            let mut close = Vec::new();
            self.frame(CLOSE, &1000_u16.to_be_bytes(), &mut close);
            self.send(&close);
        }
        self.world.wait(Duration::from_secs(5));
        self.listen();
    }
}

/// Takes a server's stream apart, which must be whole frames.
fn read(stream: &[u8]) -> Read {
    let head = stream.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a head");
    assert!(stream.starts_with(b"HTTP/1.1 101 "));
    let mut rest = &stream[head + 4..];
    let mut all = Read { objects: Vec::new(), pongs: 0, closed: None };
    while !rest.is_empty() {
        assert_eq!(all.closed, None, "something follows the close: {}", rest.escape_ascii());
        let (header, length) = match rest[1] {
            126 => (4, usize::from(u16::from_be_bytes([rest[2], rest[3]]))),
            length => (2, usize::from(length)),
        };
        assert!(rest[1] < 127 && (header == 2 || length > 125), "the shortest header");
        assert!(rest.len() >= header + length, "a frame was cut: {}", rest.escape_ascii());
        let payload = &rest[header..header + length];
        match rest[0] {
            0x81 => all.objects.push(serde_json::from_slice(payload).expect("an object")),
            0x8A => all.pongs += usize::from(payload == b"there?"),
            CLOSE => all.closed = Some(u16::from_be_bytes([payload[0], payload[1]])),
            other => panic!("no server of ours sends {other:x}"),
        }
        rest = &rest[header + length..];
    }
    all
}

/// What was said, in its order.
fn messages(objects: &[Value]) -> Vec<&Value> {
    objects.iter().filter(|object| object["t"] == "message").collect()
}

#[test]
fn a_websocket_reader_is_told_what_a_reader_of_lines_is() {
    let (mut slow, mut whole) = (0, 0);
    for seed in 1..=RUNS {
        let played = std::panic::catch_unwind(|| {
            let mut crowd = Crowd::new(seed);
            crowd.begin();
            for _ in 0..STEPS {
                if crowd.is_over() {
                    break;
                }
                crowd.step();
            }
            crowd.end();
            let lines = crowd.world.hears("lines");
            let lines: Vec<Value> = lines
                .lines()
                .map(|line| serde_json::from_str(line.trim_start_matches("NICK")).unwrap())
                .collect();
            let web = read(&crowd.stream);
            let (all, heard) = (messages(&lines), messages(&web.objects));
            let first = heard.first().map_or(0, |first| first["n"].as_u64().unwrap());
            let all: Vec<&Value> =
                all.into_iter().filter(|message| message["n"].as_u64() >= Some(first)).collect();
            match web.closed.expect("a close comes last") {
                1000 => {
                    assert_eq!(heard, all);
                    assert_eq!(web.pongs, crowd.pings);
                }
                1008 => {
                    assert!(all.starts_with(&heard), "{heard:?} are not the first of {all:?}");
                    let last = web.objects.last().expect("the last words");
                    assert_eq!((&last["t"], &last["code"]), (&"bye".into(), &"slow".into()));
                }
                other => panic!("closed with {other}"),
            }
            web.closed
        });
        match played.unwrap_or_else(|_| panic!("seed {seed}")) {
            Some(1000) => whole += 1,
            _ => slow += 1,
        }
    }
    assert!(slow > 5 && whole > 5, "{slow} were cut off, {whole} read all");
}
