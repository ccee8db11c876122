//! Bytes for the server's end of an encrypted connection: as the first that come, and behind a
//! handshake, where they are decisions of what both ends say and of what becomes of it on its way.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Read, Write};
use std::sync::{Arc, OnceLock};

use mio_chat::time::UnixTime;
use mio_chat::tls::{Acceptor, Channel, FIRST_BYTE, Received, Scratch, SelfSigned, Sent};
use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};

use super::input::Input;

#[path = "../../common/trusting.rs"]
mod trusting;

/// Bytes that a connection may have for its socket before it is given up, with a record or two.
const OUTGOING_MAX: usize = 100_000;
/// Changes of keys that a client may ask for.
const KEYS_MAX: usize = 30;
/// Steps of one run.
const STEPS_MAX: usize = 200;
/// More flights than any handshake has.
const FLIGHTS_MAX: usize = 8;

/// The server's end of a network.
#[derive(Default)]
struct Pipe {
    came: VecDeque<u8>,
    /// Bytes that one read brings at most.
    each: usize,
    has_ended: bool,
    sent: Vec<u8>,
    /// Bytes that it takes still.
    window: usize,
}

impl Read for Pipe {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = room.len().min(self.each).min(self.came.len());
        if count == 0 && !self.has_ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.came.drain(..count).zip(room).for_each(|(byte, place)| *place = byte);
        Ok(count)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.window);
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.sent.extend_from_slice(&bytes[..count]);
        self.window -= count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn acceptor() -> &'static Acceptor {
    static ACCEPTOR: OnceLock<Acceptor> = OnceLock::new();
    ACCEPTOR.get_or_init(|| {
        let hosts = ["chat.example".to_owned()];
        let pair = SelfSigned::make(&hosts, UnixTime::from_millis(1_763_820_125_123));
        Acceptor::unkept(pair.expect("a pair")).expect("settings that go together")
    })
}

/// Whatever comes, nothing panics, nothing is heard that was not said, and nothing grows.
pub fn check(data: &[u8]) {
    first_bytes(data);
    let mut input = Input::new(data);
    let mut run = Run::new(input.byte());
    for _ in 0..STEPS_MAX {
        if input.is_empty() {
            break;
        }
        run.step(&mut input);
        run.check();
    }
    run.end();
}

/// Bytes without a client that means them say nothing, in whatever pieces they come.
fn first_bytes(data: &[u8]) {
    let whole = [&[FIRST_BYTE], data].concat();
    let mut outcomes = Vec::new();
    for each in [usize::MAX, 1, 100] {
        let mut pipe = Pipe { each, window: usize::MAX, has_ended: true, ..Pipe::default() };
        let (first, rest) = whole.split_at(each.min(whole.len()));
        pipe.came.extend(rest);
        let mut channel = Channel::accept(acceptor(), first).expect("settings that go together");
        let (mut scratch, mut room) = (Scratch::default(), [0; 4_096]);
        let has_failed = loop {
            match channel.read(&mut pipe, &mut room, &mut scratch) {
                Received::Securing => {}
                Received::Failed(_) => break true,
                Received::Nothing => break false,
                other => panic!("{other:?} without a handshake"),
            }
        };
        assert!(pipe.sent.len() < OUTGOING_MAX, "{} bytes for a stranger", pipe.sent.len());
        assert!(has_failed, "it has ended, and is no handshake");
        outcomes.push(pipe.sent.first().copied());
        channel.close(&mut pipe);
    }
    // An alert, or a hello and an alert.
    assert!(outcomes.iter().all(|first| first.is_none_or(|kind| [0x15, 0x16].contains(&kind))));
}

/// Both ends after a handshake.
struct Run {
    client: ClientConnection,
    channel: Channel,
    pipe: Pipe,
    scratch: Scratch,
    /// What the client has said, and what the server has read of it.
    said: Vec<u8>,
    heard: Vec<u8>,
    /// Something was done to what it sends, so that its end may fail.
    is_spoiled: bool,
    has_failed: bool,
    /// The client has told its end, or was told of a failure.
    has_closed: bool,
    /// Times that the client has changed its keys.
    keys: usize,
    /// What the server is to say, what of it was taken, and what is encrypted behind that.
    told: Vec<u8>,
    taken: usize,
    sealed: usize,
    /// What the client has read.
    read: Vec<u8>,
}

impl Run {
    fn new(kind: u8) -> Self {
        let config = trusting::client(if kind.is_multiple_of(2) { &TLS13 } else { &TLS12 }, &[]);
        let name = ServerName::try_from("chat.example").expect("a name");
        let mut client = ClientConnection::new(Arc::new(config), name).expect("a client");
        let mut hello = Vec::new();
        client.write_tls(&mut hello).expect("room in memory");
        let mut run = Self {
            client,
            channel: Channel::accept(acceptor(), &hello).expect("settings that go together"),
            pipe: Pipe { each: usize::MAX, window: usize::MAX, ..Pipe::default() },
            scratch: Scratch::default(),
            said: Vec::new(),
            heard: Vec::new(),
            is_spoiled: false,
            has_failed: false,
            has_closed: false,
            keys: 0,
            told: Vec::new(),
            taken: 0,
            sealed: 0,
            read: Vec::new(),
        };
        for _ in 0..FLIGHTS_MAX {
            run.server_reads(4_096);
            run.client_reads();
            run.client_sends();
        }
        assert!(run.channel.is_secured() && !run.client.is_handshaking());
        run
    }

    fn step(&mut self, input: &mut Input<'_>) {
        match input.byte() % 12 {
            0..=2 => {
                let bytes = input.bytes().repeat(1 + usize::from(input.byte() % 4) * 40);
                if self.has_closed {
                    return;
                }
                self.said.extend_from_slice(&bytes);
                self.client.writer().write_all(&bytes).expect("room in memory");
                self.client_sends();
            }
            3 => {
                let bytes = input.bytes();
                self.is_spoiled |= !bytes.is_empty();
                self.pipe.came.extend(bytes);
            }
            4 => {
                let (at, bit) = (usize::from(input.byte()), input.byte() % 8);
                if let Some(byte) = self.pipe.came.iter_mut().rev().nth(at) {
                    *byte ^= 1 << bit;
                    self.is_spoiled = true;
                }
            }
            5 => {
                let copy: Vec<u8> = self.pipe.came.iter().copied().collect();
                self.is_spoiled |= !copy.is_empty();
                self.pipe.came.extend(copy);
            }
            6 => {
                // More are taken for an attack.
                self.keys += 1;
                self.is_spoiled |= self.keys > KEYS_MAX;
                let _ = self.client.refresh_traffic_keys();
                self.client_sends();
            }
            7 => {
                self.pipe.each = [usize::MAX, 1, 5, 100][usize::from(input.byte() % 4)];
                self.server_reads([4_096, 1, 16, 20_000][usize::from(input.byte() % 4)]);
            }
            8 | 9 => {
                let count = usize::from(input.byte()) * [1, 10, 200][usize::from(input.byte() % 3)];
                let from = self.told.len();
                self.told.extend((from..from + count).map(|at| (at % 251) as u8));
                self.server_writes([usize::MAX, 0, 1, 300][usize::from(input.byte() % 4)]);
            }
            10 => self.client_reads(),
            _ => {
                if input.byte().is_multiple_of(4) {
                    self.has_closed = true;
                    self.client.send_close_notify();
                    self.client_sends();
                }
            }
        }
    }

    fn client_sends(&mut self) {
        let mut sent = Vec::new();
        while self.client.wants_write() {
            self.client.write_tls(&mut sent).expect("room in memory");
        }
        self.pipe.came.extend(sent);
    }

    fn client_reads(&mut self) {
        let sent = std::mem::take(&mut self.pipe.sent);
        let mut sent = &sent[..];
        while !sent.is_empty() {
            // It reads nothing behind an alert.
            let Ok(taken) = self.client.read_tls(&mut sent) else { break };
            let understood = self.client.process_new_packets();
            assert!(understood.is_ok() || self.is_spoiled, "{understood:?}");
            self.has_closed |= understood.is_err();
            let _ = self.client.reader().read_to_end(&mut self.read);
            if taken == 0 {
                break;
            }
        }
    }

    fn server_reads(&mut self, room: usize) {
        let mut room = vec![0; room];
        self.pipe.window = usize::MAX;
        // Each brings a byte at the least, or is the last.
        loop {
            match self.channel.read(&mut self.pipe, &mut room, &mut self.scratch) {
                Received::Bytes { count, .. } => {
                    assert!(count > 0 && !self.has_failed);
                    self.heard.extend_from_slice(&room[..count]);
                }
                Received::Securing | Received::Secured { .. } | Received::Noise(_) => {}
                Received::Nothing | Received::End => return,
                Received::Broken => panic!("a pipe cannot break"),
                Received::Failed(error) => {
                    assert!(self.is_spoiled, "{error}");
                    assert!(!self.has_failed, "it fails once");
                    self.has_failed = true;
                }
            }
        }
    }

    fn server_writes(&mut self, window: usize) {
        if self.has_failed {
            return;
        }
        self.pipe.window = window;
        let waiting = &self.told[self.taken..];
        let (one, other) = waiting.split_at(waiting.len() / 3);
        let slices = [IoSlice::new(one), IoSlice::new(other)];
        match self.channel.write(&mut self.pipe, &slices, &mut self.scratch) {
            Sent::Taken { taken, sealed } => {
                assert!(taken + sealed <= waiting.len());
                let is_kept = taken >= self.sealed || taken + sealed >= self.sealed;
                assert!(is_kept, "{} were encrypted, {taken} taken, {sealed} are", self.sealed);
                self.taken += taken;
                self.sealed = sealed;
            }
            Sent::Broken => panic!("a pipe cannot break"),
        }
    }

    fn check(&self) {
        assert!(self.said.starts_with(&self.heard), "something is heard that was not said");
        let owed = &self.told[..self.taken + self.sealed];
        assert!(owed.starts_with(&self.read), "something is read that was not written");
        assert!(self.pipe.sent.len() <= self.told.len() * 30 + OUTGOING_MAX, "it answers too much");
    }

    /// What is said is heard, and what is told is read, in the end.
    fn end(mut self) {
        self.pipe.each = usize::MAX;
        self.server_reads(4_096);
        assert!(self.is_spoiled || self.heard == self.said, "all that was said is heard");
        for _ in 0..3 {
            self.server_writes(usize::MAX);
        }
        self.client_reads();
        self.check();
        assert!(self.has_failed || self.taken == self.told.len(), "all is taken");
        assert!(self.is_spoiled || self.read == self.told, "all that was told is read");
        self.channel.close(&mut self.pipe);
    }
}
