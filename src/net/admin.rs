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
//! [`ADMIN_VISITORS_MAX`] descriptors beside the listener's and the spare one; an event that was
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
use crate::admin::{Head, Watched, answer};
use crate::limits::{
    ADMIN_ACCEPTS_PER_LOOK, ADMIN_ANSWERS_PER_LOOK, ADMIN_BACKLOG, ADMIN_DROPPED_BYTES_MAX,
    ADMIN_HEAD_BYTES_MAX, ADMIN_PATIENCE, ADMIN_PAUSE, ADMIN_PAUSE_MAX, ADMIN_RETRY,
    ADMIN_VISITORS_MAX,
};
use crate::time::Time;

/// The listener and its visitors.
#[derive(Debug)]
pub(super) struct Admin {
    listener: TcpListener,
    /// Visitors may wait at the door.
    pending: bool,
    /// Those let in, the oldest first.
    visitors: VecDeque<Visitor>,
    /// Descriptors, for when the system has none: one visitor at a time is let in for it.
    spare: Option<File>,
    /// The number of the next visitor.
    next: u16,
    /// Before that nobody is looked at.
    rests_until: Time,
    /// Before that nobody is let in, because there are no descriptors.
    retry_at: Time,
}

/// Somebody who asks.
#[derive(Debug)]
struct Visitor {
    stream: TcpStream,
    /// The number in its token.
    number: u16,
    stage: Stage,
    /// Something may have changed since it was last looked at.
    stirred: bool,
    /// When its patience ends.
    until: Time,
    /// Whether it was let in for the spare descriptor.
    on_spare: bool,
}

/// How far a visit is.
#[derive(Debug)]
enum Stage {
    /// The head is being read.
    Asking(Head),
    /// The answer is being written.
    Told { answer: Vec<u8>, sent: usize },
    /// All is sent; what is still said is dropped, so many bytes of it so far.
    Parting { dropped: usize },
    /// To be closed.
    Gone,
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
            visitors: VecDeque::with_capacity(ADMIN_VISITORS_MAX),
            spare: open_spare(),
            next: 0,
            rests_until: Time::ZERO,
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
    pub(super) fn note_stirred(&mut self, number: u16) {
        if let Some(visitor) = self.visitors.iter_mut().find(|visitor| visitor.number == number) {
            visitor.stirred = true;
        }
    }

    /// When visitors must be looked at; `Time::ZERO` may mean at once.
    pub(super) fn due(&self) -> Option<Time> {
        let door = self.pending.then_some(self.retry_at);
        let stirred = self.visitors.iter().any(|visitor| visitor.stirred).then_some(Time::ZERO);
        let patience = self.visitors.iter().map(|visitor| visitor.until).min();
        let due = door.into_iter().chain(stirred).chain(patience).min();
        due.map(|due| due.max(self.rests_until))
    }

    /// Looks at everybody for whom it is time; `short`: the system has no descriptors left. Returns
    /// whether one was freed that clients may have.
    pub(super) fn look(
        &mut self,
        (clock, registry): (Clock, &Registry),
        short: bool,
        watched: &impl Watched,
    ) -> bool {
        if self.due().is_none() {
            return false;
        }
        let begun = clock.now();
        if self.due().is_none_or(|due| due > begun) {
            return false;
        }
        self.let_in(begun, registry, short);
        let (before, mut answers) = (self.visitors.len(), 0);
        for visitor in &mut self.visitors {
            if answers < ADMIN_ANSWERS_PER_LOOK && std::mem::take(&mut visitor.stirred) {
                answers += usize::from(visitor.attend(begun, watched));
            }
            if visitor.until <= begun {
                visitor.stage = Stage::Gone;
            }
        }
        self.dismiss();
        let ended = clock.now();
        let pause = (ended.since(begun) * ADMIN_PAUSE).min(ADMIN_PAUSE_MAX);
        self.rests_until = ended + pause;
        self.visitors.len() < before
    }

    /// Lets visitors in.
    fn let_in(&mut self, now: Time, registry: &Registry, short: bool) {
        for _ in 0..ADMIN_ACCEPTS_PER_LOOK {
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
                Ok((stream, _)) => self.welcome(stream, now, registry, on_spare),
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
        let is_lent = self.visitors.iter().any(|visitor| visitor.on_spare);
        if self.spare.is_none() && !is_lent {
            self.spare = open_spare();
        }
    }

    fn welcome(&mut self, mut stream: TcpStream, now: Time, registry: &Registry, on_spare: bool) {
        if self.visitors.len() >= ADMIN_VISITORS_MAX {
            self.visitors.pop_front();
        }
        self.next = self.next.wrapping_add(1);
        let number = self.next;
        let both = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = registry.register(&mut stream, Source::Admin(number).into(), both) {
            log::debug!("an admin visitor cannot be polled: {error}");
            return;
        }
        self.visitors.push_back(Visitor {
            stream,
            number,
            stage: Stage::Asking(Head::default()),
            stirred: true,
            until: now + ADMIN_PATIENCE,
            on_spare,
        });
    }

    /// Closes those who are gone.
    fn dismiss(&mut self) {
        self.visitors.retain(|visitor| !matches!(visitor.stage, Stage::Gone));
        self.restore_spare();
    }
}

impl Visitor {
    /// Goes on with the visit as far as the socket lets us, within bounds. Whether an answer was
    /// put together.
    fn attend(&mut self, now: Time, watched: &impl Watched) -> bool {
        let mut answered = false;
        if let Stage::Asking(head) = &mut self.stage {
            let mut room = [0; ADMIN_HEAD_BYTES_MAX + 1];
            match self.stream.read(&mut room) {
                Ok(0) => self.stage = Stage::Gone,
                Ok(count) => {
                    if let Some(asked) = head.push(&room[..count]) {
                        self.stage = Stage::Told { answer: answer(asked, watched), sent: 0 };
                        self.until = now + ADMIN_PATIENCE;
                        answered = true;
                    } else {
                        // There may be more behind, or the end.
                        self.stirred = true;
                    }
                }
                Err(error) => self.bear(&error),
            }
        }
        if let Stage::Told { answer, sent } = &mut self.stage {
            match self.stream.write(&answer[*sent..]) {
                Ok(count) => {
                    *sent += count;
                    self.stirred = true;
                    if *sent >= answer.len() {
                        self.stage = Stage::Parting { dropped: 0 };
                        let _ = self.stream.shutdown(Shutdown::Write);
                    }
                }
                Err(error) => self.bear(&error),
            }
        }
        if let Stage::Parting { dropped } = &mut self.stage {
            let mut room = [0; ADMIN_HEAD_BYTES_MAX];
            self.stirred = false;
            match self.stream.read(&mut room) {
                Ok(count) if count > 0 && *dropped < ADMIN_DROPPED_BYTES_MAX => {
                    *dropped += count;
                    self.stirred = true;
                }
                Ok(_) => self.stage = Stage::Gone,
                Err(error) => self.bear(&error),
            }
        }
        answered
    }

    /// A full or empty socket will say when that is over; any other trouble ends the visit.
    fn bear(&mut self, error: &io::Error) {
        match error.kind() {
            io::ErrorKind::WouldBlock => {}
            io::ErrorKind::Interrupted => self.stirred = true,
            _ => self.stage = Stage::Gone,
        }
    }
}
