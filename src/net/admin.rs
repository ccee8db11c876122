//! The admin listener: its port, and the few visitors that it has at once.
//!
//! A visitor asks once, is answered once, and is gone; who dawdles is gone after
//! [`ADMIN_PATIENCE`], and who has been there longest makes way when there is no room. Visitors are
//! looked at at the end of a turn, all of them at once, and after a look there is a pause in
//! proportion to what it took: whatever they do, they get a twentieth of the time.
//!
//! When descriptors run out, visitors must not take those that clients are waiting for. One is kept
//! back for them, so that somebody can always ask how the server is.
//!
//! What is asked and answered is left to `crate::admin`. Invariants: nothing here blocks; at most
//! [`ADMIN_CLIENTS_MAX`] descriptors beside the listener's and the spare one; an event that was
//! fetched before a visitor left can at worst cause a read of another that brings nothing.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry};
use socket2::Socket;

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

/// The listener and its visitors.
#[derive(Debug)]
pub(super) struct Admin {
    listener: TcpListener,
    /// Visitors may wait at the door.
    pending: bool,
    /// Those let in, the oldest first.
    clients: VecDeque<HttpClient>,
    /// Descriptors, for when the system has none: one visitor at a time is let in for it.
    spare: Option<File>,
    /// The number of the next visitor.
    next: u16,
    /// Before that nobody is looked at.
    paused_until: Time,
    /// Before that nobody is let in, because there are no descriptors.
    retry_at: Time,
}

/// Somebody who asks.
#[derive(Debug)]
struct HttpClient {
    stream: TcpStream,
    /// The number in its token.
    number: u16,
    stage: HttpStage,
    /// Something may have changed since it was last looked at.
    ready: bool,
    /// When its patience ends.
    deadline: Time,
    /// Whether it was let in for the spare descriptor.
    on_spare: bool,
}

/// How far a visit is.
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

    /// Notes that visitors wait at the door.
    pub(super) fn note_pending(&mut self) {
        self.pending = true;
    }

    /// Notes that something happened to a visitor.
    pub(super) fn note_ready(&mut self, number: u16) {
        if let Some(client) = self.clients.iter_mut().find(|client| client.number == number) {
            client.ready = true;
        }
    }

    /// When visitors must be looked at; `Time::ZERO` may mean at once.
    pub(super) fn due(&self) -> Option<Time> {
        let door = self.pending.then_some(self.retry_at);
        let ready = self.clients.iter().any(|client| client.ready).then_some(Time::ZERO);
        let patience = self.clients.iter().map(|client| client.deadline).min();
        let due = door.into_iter().chain(ready).chain(patience).min();
        due.map(|due| due.max(self.paused_until))
    }

    /// Looks at everybody for whom it is time; `short`: the system has no descriptors left. Returns
    /// whether one was freed that clients may have.
    pub(super) fn poll(
        &mut self,
        (clock, registry): (Clock, &Registry),
        short: bool,
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
        for client in &mut self.clients {
            if answers < ADMIN_ANSWERS_PER_POLL && std::mem::take(&mut client.ready) {
                answers += usize::from(client.serve(begun, source));
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

    /// Lets visitors in.
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
                // It was gone before it was let in.
                Err(_) => {}
            }
            self.restore_spare();
        }
    }

    /// Keeps a descriptor back again, unless a visitor has it.
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
            log::debug!("an admin visitor cannot be polled: {error}");
            return;
        }
        self.clients.push_back(HttpClient {
            stream,
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
        self.restore_spare();
    }
}

impl HttpClient {
    /// Goes on with the visit as far as the socket lets us, within bounds. Whether an answer was
    /// put together.
    fn serve(&mut self, now: Time, source: &impl StatusSource) -> bool {
        let mut answered = false;
        if let HttpStage::ReadingHead(head) = &mut self.stage {
            let mut room = [0; ADMIN_HEAD_BYTES_MAX + 1];
            match self.stream.read(&mut room) {
                Ok(0) => self.stage = HttpStage::Closed,
                Ok(count) => {
                    if let Some(asked) = head.push(&room[..count]) {
                        self.stage =
                            HttpStage::Answering { answer: answer(asked, source), sent: 0 };
                        self.deadline = now + ADMIN_PATIENCE;
                        answered = true;
                    } else {
                        // There may be more behind, or the end.
                        self.ready = true;
                    }
                }
                Err(error) => self.handle_error(&error),
            }
        }
        if let HttpStage::Answering { answer, sent } = &mut self.stage {
            match self.stream.write(&answer[*sent..]) {
                Ok(count) => {
                    *sent += count;
                    self.ready = true;
                    if *sent >= answer.len() {
                        self.stage = HttpStage::Draining { dropped: 0 };
                        let _ = self.stream.shutdown(Shutdown::Write);
                    }
                }
                Err(error) => self.handle_error(&error),
            }
        }
        if let HttpStage::Draining { dropped } = &mut self.stage {
            let mut room = [0; ADMIN_HEAD_BYTES_MAX];
            self.ready = false;
            match self.stream.read(&mut room) {
                Ok(count) if count > 0 && *dropped < ADMIN_DROPPED_BYTES_MAX => {
                    *dropped += count;
                    self.ready = true;
                }
                Ok(_) => self.stage = HttpStage::Closed,
                Err(error) => self.handle_error(&error),
            }
        }
        answered
    }

    /// A full or empty socket will say when that is over; any other trouble ends the visit.
    fn handle_error(&mut self, error: &io::Error) {
        match error.kind() {
            io::ErrorKind::WouldBlock => {}
            io::ErrorKind::Interrupted => self.ready = true,
            _ => self.stage = HttpStage::Closed,
        }
    }
}
