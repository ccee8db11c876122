//! The connection to the server, which may be one of TLS, of WebSocket, or of both: made, read line
//! by line, written to, closed.
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

use super::security::Security;
use crate::console::Tunnel;
use crate::limits::{
    CONNECT_PATIENCE, HEARD_BYTES_PER_TURN, HEARD_LINE_BYTES_MAX, KEEPALIVE_IDLE,
    KEEPALIVE_INTERVAL, KEEPALIVE_PROBES, TLS_ROOM_BYTES, UNSENT_BYTES_MAX,
};
use crate::time::Time;
use crate::tls::client::{ClientChannel, ClientError, Heard};

/// How far it is.
#[derive(Debug, PartialEq, Eq)]
enum State {
    /// There is none.
    Idle,
    /// The system tries this address until then.
    Connecting(usize, Time),
    /// There is one, and until then the server may agree on TLS.
    Securing(Time),
    /// Until then it may agree to WebSocket.
    Agreeing(Time),
    Open,
}

/// The end of what is sent. The system is told of it once: each time that it is told it wakes the
/// poll loop, which would run without a pause until the server closes.
#[derive(Debug, PartialEq, Eq)]
enum End {
    None,
    /// To be sent after the rest.
    Wanted,
    Sent,
}

/// What came of being ready.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Nothing,
    Connected,
    /// It is no more: why.
    Closed(String),
    /// What answers is not the server that was meant: why, and what to do.
    Distrusted(String),
    /// There is none, and trying again would change nothing: why.
    Hopeless(String),
}

/// A connection.
pub(super) struct Wire {
    addresses: Vec<SocketAddr>,
    token: Token,
    /// What lines are wrapped in, if they are.
    tunnel: Option<Tunnel>,
    /// Whom to trust, if what is sent is encrypted.
    security: Option<Security>,
    stream: Option<TcpStream>,
    channel: Option<Box<ClientChannel>>,
    /// What the user is to be told.
    news: Option<String>,
    /// What reads go into.
    room: Vec<u8>,
    state: State,
    is_readable: bool,
    /// The beginning of a line.
    begun: Vec<u8>,
    unsent: Vec<u8>,
    end: End,
}

impl Wire {
    /// None yet, to one of these addresses.
    pub(super) fn new(
        addresses: Vec<SocketAddr>,
        token: Token,
        tunnel: Option<Tunnel>,
        security: Option<Security>,
    ) -> Self {
        Self {
            addresses,
            token,
            tunnel,
            security,
            stream: None,
            channel: None,
            news: None,
            room: vec![0; TLS_ROOM_BYTES],
            state: State::Idle,
            is_readable: false,
            begun: Vec::new(),
            unsent: Vec::new(),
            end: End::None,
        }
    }

    /// Begins to connect, to the first address that the system does not refuse at once.
    pub(super) fn connect(&mut self, now: Time, registry: &Registry) -> Progress {
        // The user may have made up their mind about a certificate.
        if let Some(security) = &mut self.security
            && let Err(error) = security.refresh()
        {
            self.close();
            return Progress::Hopeless(error.to_string());
        }
        self.try_from(0, now, registry, "there is no address")
    }

    fn try_from(&mut self, first: usize, now: Time, registry: &Registry, why: &str) -> Progress {
        self.close();
        let mut why = why.to_owned();
        // What TLS says first takes its time, and the server does not wait for ever.
        let channel = self.security.as_ref().map(|known| ClientChannel::new(known.connector()));
        match channel.transpose() {
            Ok(channel) => self.channel = channel.map(Box::new),
            Err(error) => return self.closed(error.to_string()),
        }
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
                    return self.secure(now + CONNECT_PATIENCE);
                }
                // Not yet.
                (None, Err(_)) => return Progress::Nothing,
            }
        }
        self.flush()
    }

    /// The system has made the connection.
    fn secure(&mut self, until: Time) -> Progress {
        if self.channel.is_none() {
            return self.greet(until);
        }
        // To be read is how a handshake begins.
        (self.state, self.is_readable) = (State::Securing(until), true);
        Progress::Nothing
    }

    /// There is a connection through which the server may be talked to.
    fn greet(&mut self, until: Time) -> Progress {
        let Some(tunnel) = &mut self.tunnel else {
            self.state = State::Open;
            return Progress::Connected;
        };
        self.state = State::Agreeing(until);
        self.unsent = tunnel.begin();
        self.flush()
    }

    /// Gives up an address that does not answer.
    pub(super) fn expire(&mut self, now: Time, registry: &Registry) -> Progress {
        match self.state {
            State::Connecting(at, until) if now >= until => {
                self.try_from(at + 1, now, registry, "no answer")
            }
            State::Securing(until) | State::Agreeing(until) if now >= until => {
                self.closed("no answer".to_owned())
            }
            _ => Progress::Nothing,
        }
    }

    /// When [`Self::expire`] is due.
    pub(super) fn due(&self) -> Option<Time> {
        match self.state {
            State::Connecting(_, until) | State::Securing(until) | State::Agreeing(until) => {
                Some(until)
            }
            _ => None,
        }
    }

    /// Reads for one turn and hands over whole lines.
    pub(super) fn read(&mut self, mut hear: impl FnMut(&[u8])) -> Progress {
        let mut left = HEARD_BYTES_PER_TURN;
        while self.has_input() && left > 0 {
            let progress = match self.receive() {
                Ok(Heard::Nothing) => {
                    self.is_readable = false;
                    Progress::Nothing
                }
                Ok(Heard::End) => self.closed(String::new()),
                Ok(Heard::Secured(verdict)) => {
                    self.news = self.security.as_mut().and_then(|known| known.note(verdict));
                    match self.state {
                        State::Securing(until) => self.greet(until),
                        _ => Progress::Nothing,
                    }
                }
                Ok(Heard::Bytes { count, .. }) => {
                    left = left.saturating_sub(count);
                    let room = std::mem::take(&mut self.room);
                    let progress = self.take(room.get(..count).unwrap_or_default(), &mut hear);
                    self.room = room;
                    progress
                }
                Err(error) => self.failed(&error),
            };
            if progress != Progress::Nothing {
                return progress;
            }
        }
        Progress::Nothing
    }

    /// Reads once, into the room.
    fn receive(&mut self) -> Result<Heard, ClientError> {
        let Some(stream) = &mut self.stream else { return Ok(Heard::Nothing) };
        if let Some(channel) = &mut self.channel {
            return channel.read(stream, &mut self.room);
        }
        loop {
            return match stream.read(&mut self.room) {
                Ok(0) => Ok(Heard::End),
                Ok(count) => Ok(Heard::Bytes { count, emptied: false }),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Heard::Nothing),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(ClientError::Socket(error)),
            };
        }
    }

    fn failed(&mut self, error: &ClientError) -> Progress {
        match (error, &self.security) {
            (ClientError::Socket(error), _) => self.closed(reason(error)),
            (ClientError::Distrusted(why), Some(security)) => {
                let told = security.warning(why);
                self.close();
                Progress::Distrusted(told)
            }
            (other, _) => {
                let is_lasting = other.is_lasting() && matches!(self.state, State::Securing(_));
                self.close();
                let why = other.to_string();
                if is_lasting { Progress::Hopeless(why) } else { Progress::Closed(why) }
            }
        }
    }

    fn take(&mut self, bytes: &[u8], hear: &mut impl FnMut(&[u8])) -> Progress {
        let Some(tunnel) = &mut self.tunnel else {
            self.take_lines(bytes, hear);
            return Progress::Nothing;
        };
        match tunnel.hear(bytes, hear) {
            Ok(answers) => self.unsent.extend(answers),
            Err(why) if tunnel.is_sent_away() => {
                self.close();
                return Progress::Hopeless(why);
            }
            Err(why) => return self.closed(why),
        }
        if tunnel.is_open() && matches!(self.state, State::Agreeing(_)) {
            self.state = State::Open;
            return Progress::Connected;
        }
        self.flush()
    }

    fn take_lines(&mut self, mut bytes: &[u8], hear: &mut impl FnMut(&[u8])) {
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
        self.is_readable && self.is_made()
    }

    /// Whether the system has made the connection.
    fn is_made(&self) -> bool {
        matches!(self.state, State::Securing(_) | State::Agreeing(_) | State::Open)
    }

    /// Sends this, now or when the server takes it.
    pub(super) fn send(&mut self, text: &str) -> Progress {
        if self.state != State::Open {
            return Progress::Nothing;
        }
        match &mut self.tunnel {
            Some(tunnel) => self.unsent.extend(tunnel.say(text)),
            None => self.unsent.extend_from_slice(text.as_bytes()),
        }
        self.flush()
    }

    fn flush(&mut self) -> Progress {
        if !self.is_made() {
            return Progress::Nothing;
        }
        match self.transmit() {
            Ok(true) => {}
            Ok(false) => return Progress::Nothing,
            // What the server said before it went is still to be read.
            Err(_) => {
                self.unsent.clear();
                self.is_readable = true;
            }
        }
        if self.end == End::Wanted
            && let Some(stream) = &mut self.stream
        {
            self.end = End::Sent;
            if let Some(channel) = &mut self.channel {
                let _ = channel.finish(stream);
            }
            let _ = stream.shutdown(Shutdown::Write);
        }
        Progress::Nothing
    }

    /// Writes what waits. Returns whether that is all.
    fn transmit(&mut self) -> io::Result<bool> {
        let Some(stream) = &mut self.stream else { return Ok(true) };
        if let Some(channel) = &mut self.channel {
            channel.flush(stream)?;
            while channel.is_secured() && !self.unsent.is_empty() {
                let taken = channel.write(stream, &self.unsent)?;
                if taken == 0 {
                    return Ok(false);
                }
                self.unsent.drain(..taken);
            }
            return Ok(!channel.has_unsent());
        }
        while !self.unsent.is_empty() {
            match stream.write(&self.unsent) {
                Ok(length) => drop(self.unsent.drain(..length)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Nothing more will be sent: the server hears so after the rest.
    pub(super) fn finish(&mut self) {
        match &mut self.tunnel {
            _ if self.end != End::None => {}
            Some(tunnel) => {
                self.unsent.extend(tunnel.finish());
                self.end = End::Sent;
            }
            None => self.end = End::Wanted,
        }
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

    /// What the user is to be told.
    pub(super) fn take_news(&mut self) -> Option<String> {
        self.news.take()
    }

    /// Where the server is.
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        self.stream.as_ref()?.peer_addr().ok()
    }

    /// Ends the connection.
    pub(super) fn close(&mut self) {
        (self.stream, self.channel) = (None, None);
        (self.state, self.is_readable, self.end) = (State::Idle, false, End::None);
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
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(crate::limits::USER_TIMEOUT));
}

/// What the system says, without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Duration;

    use mio::{Events, Poll};

    use super::*;

    #[test]
    fn the_end_is_sent_once_however_long_the_server_takes() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut poll = Poll::new().unwrap();
        let mut events = Events::with_capacity(8);
        let start = Time::default();
        let mut wire = Wire::new(vec![listener.local_addr().unwrap()], Token(0), None, None);
        assert_eq!(wire.connect(start, poll.registry()), Progress::Nothing);
        while wire.state != State::Open {
            poll.poll(&mut events, None).unwrap();
            events.iter().for_each(|event| drop(wire.ready(start, poll.registry(), event)));
        }
        let (mut server, _) = listener.accept().unwrap();
        wire.send("the last line\n");
        wire.finish();
        let mut heard = String::new();
        server.read_to_string(&mut heard).unwrap();
        assert_eq!(heard, "the last line\n");
        // The server says nothing: what is ready is soon told, and then nothing more.
        let is_quiet = (0..100).any(|_| {
            poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
            events.iter().for_each(|event| drop(wire.ready(start, poll.registry(), event)));
            events.is_empty()
        });
        assert!(is_quiet, "the poll loop is woken again and again");
        wire.finish();
        assert_eq!(wire.end, End::Sent);
    }
}
