//! Thousands of clients that one poll drives: they are told what to say, and remember when they
//! were cut off and what they heard at last.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Protocol, Socket, Type};

use crate::support::{PATIENCE, now};

/// Connections that are made at once: fewer than the server's backlog.
const WAVE: usize = 1_000;
/// Bytes that are remembered of what was heard.
const REMEMBERED: usize = 512;
/// Receive buffer of those who are going to stall: the system takes little in their stead.
const SMALL_WINDOW: usize = 4_096;
/// Who counts aloud in some tests.
pub(crate) const COUNTER: &str = "counter";
/// What is heard by everyone who comes in.
const WELCOME: &str = "Connected to server!\n";

/// Everyone, and the poll that drives them.
pub(crate) struct Herd {
    poll: Poll,
    events: Events,
    pub(crate) members: Vec<Member>,
    room: Box<[u8]>,
}

/// One of many.
pub(crate) struct Member {
    stream: TcpStream,
    begun: Instant,
    /// After which time it was cut off.
    pub(crate) ended: Option<Duration>,
    pub(crate) welcome: bool,
    /// The end of what was heard.
    pub(crate) last: Vec<u8>,
    /// What was heard of somebody who counts.
    pub(crate) count: Count,
}

/// How far [`COUNTER`] was heard to count, from one on, with nothing missing and nothing twice.
#[derive(Default)]
pub(crate) struct Count {
    pub(crate) last: u64,
    /// A line whose end is yet to come.
    begun: Vec<u8>,
}

impl Count {
    fn note(&mut self, bytes: &[u8]) {
        self.begun.extend_from_slice(bytes);
        while let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.begun.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let said = line.strip_prefix(COUNTER).and_then(|line| line.strip_prefix(": "));
            if let Some(number) = said {
                assert_eq!(number.trim_end().parse(), Ok(self.last + 1), "after {}", self.last);
                self.last += 1;
            }
        }
    }
}

impl Herd {
    pub(crate) fn new() -> Self {
        Self {
            poll: Poll::new().unwrap(),
            events: Events::with_capacity(1_024),
            members: Vec::new(),
            room: vec![0; 64 * 1_024].into_boxed_slice(),
        }
    }

    /// So many more are connected, a thousand at once.
    pub(crate) fn connect(&mut self, to: SocketAddr, count: usize) {
        for _ in 0..count {
            let stream = TcpStream::connect(to).unwrap();
            self.add(stream);
        }
    }

    /// So many join, with names that begin with `prefix`, and each is welcomed. They come in waves.
    pub(crate) fn join(&mut self, to: SocketAddr, count: usize, prefix: &str) {
        let end = self.members.len() + count;
        while self.members.len() < end {
            let first = self.members.len();
            self.connect(to, WAVE.min(end - first));
            self.name(first, prefix);
        }
    }

    /// The same with machines that take few bytes while nobody reads.
    pub(crate) fn join_with_small_windows(&mut self, to: SocketAddr, count: usize, prefix: &str) {
        let first = self.members.len();
        for _ in 0..count {
            let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP));
            let socket = socket.unwrap();
            socket.set_recv_buffer_size(SMALL_WINDOW).unwrap();
            socket.connect(&to.into()).unwrap();
            socket.set_nonblocking(true).unwrap();
            self.add(TcpStream::from_std(socket.into()));
        }
        self.name(first, prefix);
    }

    /// Everyone from the `first` says its name, and listens until it is welcome.
    fn name(&mut self, first: usize, prefix: &str) {
        let name = |number| format!("{prefix}{number}\n");
        let mut unnamed: Vec<usize> = (first..self.members.len()).collect();
        while !unnamed.is_empty() {
            self.listen(PATIENCE);
            unnamed.retain(|&number| !self.members[number].say(name(number).as_bytes()));
        }
        self.listen_until("welcome", |member| member.welcome);
    }

    fn add(&mut self, mut stream: TcpStream) {
        let token = Token(self.members.len());
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, token, both).unwrap();
        self.members.push(Member {
            stream,
            begun: now(),
            ended: None,
            welcome: false,
            last: Vec::new(),
            count: Count::default(),
        });
    }

    /// Reads what comes with the next event, if one comes in time.
    pub(crate) fn listen(&mut self, patience: Duration) -> bool {
        self.poll.poll(&mut self.events, Some(patience)).unwrap();
        for event in &self.events {
            self.members[event.token().0].read_all(&mut self.room);
        }
        !self.events.is_empty()
    }

    /// Reads for so long.
    pub(crate) fn listen_for(&mut self, time: Duration) {
        let end = now() + time;
        while let Some(left) = end.checked_duration_since(now()) {
            self.listen(left);
        }
    }

    /// Reads until what `is` says is true of everyone.
    pub(crate) fn listen_until(&mut self, what: &str, is: impl Fn(&Member) -> bool) {
        // What was left in the sockets announces itself no more.
        self.members.iter_mut().for_each(|member| member.read_all(&mut self.room));
        loop {
            let missing = self.members.iter().filter(|member| !is(member)).count();
            if missing == 0 {
                return;
            }
            let heard = self.listen(PATIENCE);
            assert!(heard, "{what}: {missing} of {} wait", self.members.len());
        }
    }

    /// Each of these reads so many bytes at most.
    pub(crate) fn sip(&mut self, members: impl Iterator<Item = usize>, bytes: usize) {
        for number in members {
            self.members[number].read(&mut self.room[..bytes]);
        }
    }

    /// How many were not cut off yet.
    pub(crate) fn open(&self) -> usize {
        self.members.iter().filter(|member| member.ended.is_none()).count()
    }
}

impl Member {
    /// Its time begins now.
    pub(crate) fn begin(&mut self) {
        self.begun = now();
    }

    /// Says this, if the socket takes it, and returns whether it has.
    pub(crate) fn say(&mut self, bytes: &[u8]) -> bool {
        self.ended.is_none() && self.stream.write(bytes).is_ok()
    }

    fn read_all(&mut self, room: &mut [u8]) {
        while self.read(room) {}
    }

    /// Reads once, and returns whether there may be more.
    fn read(&mut self, room: &mut [u8]) -> bool {
        if self.ended.is_some() {
            return false;
        }
        match self.stream.read(room) {
            Ok(0) => self.ended = Some(self.begun.elapsed()),
            Ok(count) => {
                self.remember(&room[..count]);
                return true;
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {}
            Err(_) => self.ended = Some(self.begun.elapsed()),
        }
        false
    }

    fn remember(&mut self, bytes: &[u8]) {
        self.count.note(bytes);
        let tail = &bytes[bytes.len().saturating_sub(REMEMBERED)..];
        if !self.welcome {
            self.last.extend_from_slice(bytes);
            self.welcome = String::from_utf8_lossy(&self.last).contains(WELCOME);
        } else {
            self.last.extend_from_slice(tail);
        }
        let beyond = self.last.len().saturating_sub(REMEMBERED);
        self.last.drain(..beyond);
    }
}
