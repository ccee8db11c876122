//! The connection to the server: made, read line by line, written to, closed.
//!
//! Nothing here blocks. What the poll loop is told about it goes to [`Wire::ready`]; the lines come
//! out of [`Wire::read`].
//!
//! Invariants: at most [`HEARD_LINE_BYTES_MAX`] bytes of a line are held, of a longer one the
//! beginning; at most [`UNSENT_BYTES_MAX`] bytes wait to be sent before [`Wire::is_full`].

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::{SockRef, TcpKeepalive};

use crate::limits::{
    CONNECT_PATIENCE, HEARD_BYTES_PER_TURN, HEARD_LINE_BYTES_MAX, KEEPALIVE_IDLE,
    KEEPALIVE_INTERVAL, KEEPALIVE_PROBES, UNSENT_BYTES_MAX, USER_TIMEOUT,
};
use crate::time::Time;

/// How far it is.
#[derive(Debug, PartialEq, Eq)]
enum State {
    /// There is none.
    Idle,
    /// The system tries this address until then.
    Connecting(usize, Time),
    Open,
}

/// What came of being ready.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Nothing,
    Connected,
    /// It is no more: why.
    Closed(String),
}

/// A connection.
pub(super) struct Wire {
    addresses: Vec<SocketAddr>,
    token: Token,
    stream: Option<TcpStream>,
    state: State,
    is_readable: bool,
    /// The beginning of a line.
    begun: Vec<u8>,
    unsent: Vec<u8>,
    /// Nothing more is to be sent after that.
    is_finished: bool,
}

impl Wire {
    /// None yet, to one of these addresses.
    pub(super) fn new(addresses: Vec<SocketAddr>, token: Token) -> Self {
        Self {
            addresses,
            token,
            stream: None,
            state: State::Idle,
            is_readable: false,
            begun: Vec::new(),
            unsent: Vec::new(),
            is_finished: false,
        }
    }

    /// Begins to connect, to the first address that the system does not refuse at once.
    pub(super) fn connect(&mut self, now: Time, registry: &Registry) -> Progress {
        self.try_from(0, now, registry, "there is no address")
    }

    fn try_from(&mut self, first: usize, now: Time, registry: &Registry, why: &str) -> Progress {
        self.close();
        let mut why = why.to_owned();
        for (at, address) in self.addresses.iter().enumerate().skip(first) {
            let connected = TcpStream::connect(*address).and_then(|mut stream| {
                let both = Interest::READABLE | Interest::WRITABLE;
                registry.register(&mut stream, self.token, both)?;
                Ok(stream)
            });
            match connected {
                Ok(stream) => {
                    self.stream = Some(stream);
                    self.state = State::Connecting(at, now + CONNECT_PATIENCE);
                    return Progress::Nothing;
                }
                Err(error) => why = reason(&error),
            }
        }
        Progress::Closed(why)
    }

    /// The poll loop says that something can be done.
    pub(super) fn ready(
        &mut self,
        now: Time,
        registry: &Registry,
        event: &mio::event::Event,
    ) -> Progress {
        self.is_readable |= event.is_readable() || event.is_read_closed() || event.is_error();
        if let State::Connecting(at, _) = self.state {
            let Some(stream) = &self.stream else { return Progress::Nothing };
            let failed = stream.take_error().ok().flatten();
            match (failed, stream.peer_addr()) {
                (Some(error), _) => return self.try_from(at + 1, now, registry, &reason(&error)),
                (None, Ok(_)) => {
                    watch(stream);
                    self.state = State::Open;
                    return Progress::Connected;
                }
                // Not yet.
                (None, Err(_)) => return Progress::Nothing,
            }
        }
        self.flush()
    }

    /// Gives up an address that does not answer.
    pub(super) fn expire(&mut self, now: Time, registry: &Registry) -> Progress {
        match self.state {
            State::Connecting(at, until) if now >= until => {
                self.try_from(at + 1, now, registry, "no answer")
            }
            _ => Progress::Nothing,
        }
    }

    /// When [`Self::expire`] is due.
    pub(super) fn due(&self) -> Option<Time> {
        match self.state {
            State::Connecting(_, until) => Some(until),
            _ => None,
        }
    }

    /// Reads for one turn and hands over whole lines.
    pub(super) fn read(&mut self, mut hear: impl FnMut(&[u8])) -> Progress {
        let mut room = [0; 16 * 1_024];
        let mut left = HEARD_BYTES_PER_TURN;
        while self.has_input() && left > 0 {
            let Some(stream) = &mut self.stream else { break };
            match stream.read(&mut room) {
                Ok(0) => return self.closed(String::new()),
                Ok(length) => {
                    left = left.saturating_sub(length);
                    self.take(room.get(..length).unwrap_or_default(), &mut hear);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.is_readable = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return self.closed(reason(&error)),
            }
        }
        Progress::Nothing
    }

    fn take(&mut self, mut bytes: &[u8], hear: &mut impl FnMut(&[u8])) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = bytes.split_at(end);
            bytes = rest.get(1..).unwrap_or_default();
            self.keep(line);
            hear(self.begun.strip_suffix(b"\r").unwrap_or(&self.begun));
            self.begun.clear();
        }
        self.keep(bytes);
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = HEARD_LINE_BYTES_MAX - self.begun.len();
        self.begun.extend_from_slice(piece.get(..room).unwrap_or(piece));
    }

    /// Whether there may be more to read without being told.
    pub(super) fn has_input(&self) -> bool {
        self.is_readable && self.state == State::Open
    }

    /// Sends this, now or when the server takes it.
    pub(super) fn send(&mut self, text: &str) -> Progress {
        if self.state != State::Open {
            return Progress::Nothing;
        }
        self.unsent.extend_from_slice(text.as_bytes());
        self.flush()
    }

    fn flush(&mut self) -> Progress {
        if self.state != State::Open {
            return Progress::Nothing;
        }
        while !self.unsent.is_empty() {
            let Some(stream) = &mut self.stream else { break };
            match stream.write(&self.unsent) {
                Ok(length) => drop(self.unsent.drain(..length)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Progress::Nothing;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What the server said before it went is still to be read.
                Err(_) => {
                    self.unsent.clear();
                    self.is_readable = true;
                }
            }
        }
        if self.is_finished
            && let Some(stream) = &self.stream
        {
            let _ = stream.shutdown(Shutdown::Write);
        }
        Progress::Nothing
    }

    /// Nothing more will be sent: the server hears so after the rest.
    pub(super) fn finish(&mut self) {
        self.is_finished = true;
        self.flush();
    }

    /// Whether so much waits that nothing more should be sent.
    pub(super) fn is_full(&self) -> bool {
        self.unsent.len() >= UNSENT_BYTES_MAX
    }

    /// Whether there is a connection, or soon.
    pub(super) fn is_there(&self) -> bool {
        self.state != State::Idle
    }

    /// Where the server is.
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        self.stream.as_ref()?.peer_addr().ok()
    }

    /// Ends the connection.
    pub(super) fn close(&mut self) {
        self.stream = None;
        (self.state, self.is_readable, self.is_finished) = (State::Idle, false, false);
        self.begun.clear();
        self.unsent.clear();
    }

    fn closed(&mut self, why: String) -> Progress {
        self.close();
        Progress::Closed(why)
    }
}

/// Has the system send at once, and find out by itself when the other side is dead. Where it
/// cannot, the connection works all the same.
fn watch(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_PROBES);
    let _ = socket.set_tcp_nodelay(true);
    let _ = socket.set_tcp_keepalive(&keepalive);
    let _ = socket.set_tcp_user_timeout(Some(USER_TIMEOUT));
}

/// What the system says, without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}
