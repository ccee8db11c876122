//! The admin listener: its port, and its few HTTP clients.
//!
//! A client sends one request, gets one answer and is closed; if the chat port speaks TLS, so does
//! this one. A slow client is closed after
//! [`ADMIN_PATIENCE`]; when there is no room for a new one, the oldest makes way. All clients are
//! served together at the end of a turn, and then rest for a time in proportion to what serving
//! them took: whatever they do, they get a twentieth of the loop's time.
//!
//! When descriptors run out, admin clients must not take those that chat clients are waiting for.
//! One spare descriptor is kept for them, so that an operator can always ask how the server is.
//!
//! Requests and answers are parsed and written by `crate::admin`. Invariants: nothing here blocks;
//! there are at most [`ADMIN_CLIENTS_MAX`] descriptors beside the listener's and the spare one; an
//! event that was fetched before a client left can at worst cause a read of another client that
//! brings nothing.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry};
use socket2::Socket;

use super::admin_stream::{AdminStream, AdminTls};
use super::bind::bind_all;
use super::clock::Clock;
use super::error::{NetError, is_exhaustion};
use super::inherited::{BoundAt, Inherited};
use super::listen_at::ListenAt;
use super::listener::{listen_to_both, open_spare};
use super::stream_options::StreamOptions;
use super::token::Source;
use crate::admin::{Head, StatusSource, answer};
use crate::limits::{
    ADMIN_ACCEPTS_PER_POLL, ADMIN_ANSWERS_PER_POLL, ADMIN_BACKLOG, ADMIN_CLIENTS_MAX,
    ADMIN_DROPPED_BYTES_MAX, ADMIN_HEAD_BYTES_MAX, ADMIN_PATIENCE, ADMIN_PAUSE, ADMIN_PAUSE_MAX,
    ADMIN_RETRY,
};
use crate::time::Time;
use crate::tls::{Acceptor, Scratch};

/// The listener and its HTTP clients.
#[derive(Debug)]
pub(super) struct Admin {
    listener: TcpListener,
    /// Connections may wait to be accepted.
    pending: bool,
    /// Accepted clients, the oldest first.
    clients: VecDeque<HttpClient>,
    /// A descriptor for when the system has none left: one client at a time is accepted on it.
    spare: Option<File>,
    /// The number of the next client.
    next: u16,
    /// No client is served before this time.
    paused_until: Time,
    /// No client is accepted before this time, because there are no descriptors.
    retry_at: Time,
    /// Room for encrypted connections, while there are clients.
    scratch: Option<Box<Scratch>>,
}

/// An HTTP client of the admin listener.
#[derive(Debug)]
struct HttpClient {
    stream: AdminStream,
    /// The number in its token.
    number: u16,
    stage: HttpStage,
    /// Something may have changed since it was last served.
    ready: bool,
    /// When it is closed if it has not gone on.
    deadline: Time,
    /// Whether it was accepted on the spare descriptor.
    on_spare: bool,
}

/// The stage of an HTTP exchange.
#[derive(Debug)]
enum HttpStage {
    /// The head is being read.
    ReadingHead(Head),
    /// The answer is being written.
    Answering { answer: Vec<u8>, sent: usize },
    /// All is sent; what is still said is dropped, so many bytes of it so far.
    Draining { dropped: usize },
    /// To be closed.
    Closed,
}

impl Admin {
    /// Binds the port and registers it.
    pub(super) fn bind(
        at: SocketAddr,
        inherited: &mut Inherited,
        registry: &Registry,
    ) -> Result<Self, NetError> {
        let options = StreamOptions {
            backlog: ADMIN_BACKLOG,
            keepalive: Duration::ZERO,
            user_timeout: Duration::ZERO,
        };
        let passed = (inherited, |_: &Socket| Ok(()));
        let mut sockets =
            bind_all("admin", &[ListenAt::Address(at)], passed, |at| listen_to_both(at, options))?;
        let fail = |source| NetError::SetUp { what: "the admin listener", source };
        let none = || fail(io::ErrorKind::AddrNotAvailable.into());
        let mut listener = TcpListener::from_std(sockets.pop().ok_or_else(none)?.1.into());
        registry
            .register(&mut listener, Source::AdminListener.into(), Interest::READABLE)
            .map_err(fail)?;
        Ok(Self {
            listener,
            pending: true,
            clients: VecDeque::with_capacity(ADMIN_CLIENTS_MAX),
            spare: open_spare(),
            next: 0,
            paused_until: Time::ZERO,
            retry_at: Time::ZERO,
            scratch: None,
        })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// The listener, for another process.
    pub(super) fn handed_over(&self) -> Option<(BoundAt, BorrowedFd<'_>)> {
        Some((BoundAt { place: 0, address: self.address()? }, self.listener.as_fd()))
    }

    /// Notes that connections wait to be accepted.
    pub(super) fn note_pending(&mut self) {
        self.pending = true;
    }

    /// Notes that something happened to a client.
    pub(super) fn note_ready(&mut self, number: u16) {
        if let Some(client) = self.clients.iter_mut().find(|client| client.number == number) {
            client.ready = true;
        }
    }

    /// When clients must be served; `Time::ZERO` may mean at once.
    pub(super) fn due(&self) -> Option<Time> {
        let accept = self.pending.then_some(self.retry_at);
        let ready = self.clients.iter().any(|client| client.ready).then_some(Time::ZERO);
        let patience = self.clients.iter().map(|client| client.deadline).min();
        let due = accept.into_iter().chain(ready).chain(patience).min();
        due.map(|due| due.max(self.paused_until))
    }

    /// Looks at everybody for whom it is time; `short`: the system has no descriptors left. Returns
    /// whether one was freed that clients may have.
    pub(super) fn poll(
        &mut self,
        (clock, registry): (Clock, &Registry),
        short: bool,
        acceptor: Option<&Acceptor>,
        source: &impl StatusSource,
    ) -> bool {
        if self.due().is_none() {
            return false;
        }
        let begun = clock.now();
        if self.due().is_none_or(|due| due > begun) {
            return false;
        }
        self.accept(begun, registry, short);
        let (before, mut answers) = (self.clients.len(), 0);
        let mut tls = AdminTls { acceptor, scratch: &mut self.scratch };
        for client in &mut self.clients {
            if answers < ADMIN_ANSWERS_PER_POLL && std::mem::take(&mut client.ready) {
                answers += usize::from(client.serve(begun, &mut tls, source));
            }
            if client.deadline <= begun {
                client.stage = HttpStage::Closed;
            }
        }
        self.remove_closed();
        let ended = clock.now();
        let pause = (ended.since(begun) * ADMIN_PAUSE).min(ADMIN_PAUSE_MAX);
        self.paused_until = ended + pause;
        self.clients.len() < before
    }

    /// Accepts clients.
    fn accept(&mut self, now: Time, registry: &Registry, short: bool) {
        for _ in 0..ADMIN_ACCEPTS_PER_POLL {
            if !self.pending || now < self.retry_at {
                return;
            }
            let tried = (!short).then(|| self.listener.accept());
            let exhausted = |tried: &io::Result<_>| tried.as_ref().err().is_some_and(is_exhaustion);
            let (accepted, on_spare) = match tried {
                Some(tried) if !exhausted(&tried) => (tried, false),
                _ if self.spare.take().is_some() => (self.listener.accept(), true),
                _ => {
                    self.retry_at = now + ADMIN_RETRY;
                    return;
                }
            };
            match accepted {
                Ok((stream, _)) => self.add_client(stream, now, registry, on_spare),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.pending = false,
                Err(error) if is_exhaustion(&error) => self.retry_at = now + ADMIN_RETRY,
                // It was gone before it was accepted.
                Err(_) => {}
            }
            self.restore_spare();
        }
    }

    /// Opens the spare descriptor again, unless a client holds it.
    fn restore_spare(&mut self) {
        let is_lent = self.clients.iter().any(|client| client.on_spare);
        if self.spare.is_none() && !is_lent {
            self.spare = open_spare();
        }
    }

    fn add_client(
        &mut self,
        mut stream: TcpStream,
        now: Time,
        registry: &Registry,
        on_spare: bool,
    ) {
        if self.clients.len() >= ADMIN_CLIENTS_MAX {
            self.clients.pop_front();
        }
        self.next = self.next.wrapping_add(1);
        let number = self.next;
        let both = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = registry.register(&mut stream, Source::Admin(number).into(), both) {
            log::debug!("an admin client cannot be polled: {error}");
            return;
        }
        self.clients.push_back(HttpClient {
            stream: AdminStream::new(stream),
            number,
            stage: HttpStage::ReadingHead(Head::default()),
            ready: true,
            deadline: now + ADMIN_PATIENCE,
            on_spare,
        });
    }

    /// Closes those who are gone.
    fn remove_closed(&mut self) {
        self.clients.retain(|client| !matches!(client.stage, HttpStage::Closed));
        if self.clients.is_empty() {
            self.scratch = None;
        }
        self.restore_spare();
    }
}

impl HttpClient {
    /// Goes on with the exchange as far as the socket lets us, within bounds. Whether an answer was
    /// put together, or a handshake answered.
    fn serve(&mut self, now: Time, tls: &mut AdminTls<'_>, source: &impl StatusSource) -> bool {
        let mut has_worked = false;
        if let HttpStage::ReadingHead(head) = &mut self.stage {
            let mut room = [0; ADMIN_HEAD_BYTES_MAX + 1];
            match self.stream.read(&mut room, tls) {
                Ok(0) => self.stage = HttpStage::Closed,
                Ok(count) => {
                    if let Some(asked) = head.push(&room[..count], self.stream.is_secured()) {
                        self.stage =
                            HttpStage::Answering { answer: answer(asked, source), sent: 0 };
                        self.deadline = now + ADMIN_PATIENCE;
                        has_worked = true;
                    } else {
                        // There may be more behind, or the end.
                        self.ready = true;
                    }
                }
                Err(error) => {
                    has_worked = self.stream.has_stepped();
                    self.handle_error(&error);
                }
            }
        }
        if let HttpStage::Answering { answer, sent } = &mut self.stage {
            match self.stream.write(&answer[*sent..], tls) {
                Ok(count) => {
                    *sent += count;
                    self.ready = true;
                    if *sent >= answer.len() {
                        self.stage = HttpStage::Draining { dropped: 0 };
                        self.stream.finish();
                    }
                }
                Err(error) => self.handle_error(&error),
            }
        }
        if let HttpStage::Draining { dropped } = &mut self.stage {
            let mut room = [0; ADMIN_HEAD_BYTES_MAX];
            self.ready = false;
            match self.stream.read(&mut room, tls) {
                Ok(count) if count > 0 && *dropped < ADMIN_DROPPED_BYTES_MAX => {
                    *dropped += count;
                    self.ready = true;
                }
                Ok(_) => self.stage = HttpStage::Closed,
                Err(error) => self.handle_error(&error),
            }
        }
        has_worked
    }

    /// A full or empty socket will say when that is over; any other error ends the exchange.
    fn handle_error(&mut self, error: &io::Error) {
        match error.kind() {
            io::ErrorKind::WouldBlock => {}
            io::ErrorKind::Interrupted => self.ready = true,
            _ => self.stage = HttpStage::Closed,
        }
    }
}
