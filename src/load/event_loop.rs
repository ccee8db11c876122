//! Waiting: for sockets, for a moment, for a signal, for orders from another process.
//!
//! Everything is registered once and edge-triggered. Ready sockets are copied out of the poll, so
//! that a turn can be interrupted to send messages that have fallen due, and continued.

use std::io;
use std::time::Duration;

use mio::event::Source;
use mio::{Events, Interest, Poll, Token};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook_mio::v1_0::Signals;

use super::clock::Clock;
use super::error::LoadError;
use super::timer::Timer;
use crate::limits::EVENTS_PER_POLL;
use crate::time::Time;

const TIMER: Token = Token(usize::MAX - 1);
const SIGNALS: Token = Token(usize::MAX - 2);
const ORDERS: Token = Token(usize::MAX - 3);

/// A socket that something has happened to.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadySocket {
    /// The key that it was registered under.
    pub(super) key: usize,
    /// There may be something to read.
    pub(super) readable: bool,
    /// There may be room to write.
    pub(super) writable: bool,
    /// The other side has ended, or the connection is broken.
    pub(super) closed: bool,
}

/// The poll and all that wakes it.
pub(super) struct EventLoop {
    poll: Poll,
    events: Events,
    timer: Timer,
    signals: Signals,
    clock: Clock,
    ready: Vec<ReadySocket>,
    /// The number of entries of `ready` that were handed out.
    taken: usize,
    stops: Vec<i32>,
    orders: bool,
}

impl EventLoop {
    /// A loop that hears signals and nothing else yet.
    pub(super) fn new(clock: Clock) -> Result<Self, LoadError> {
        let fail = |what| move |source| LoadError::SetUp { what, source };
        let poll = Poll::new().map_err(fail("epoll"))?;
        let timer = Timer::register(poll.registry(), TIMER, clock).map_err(fail("timer"))?;
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(fail("signals"))?;
        poll.registry()
            .register(&mut signals, SIGNALS, Interest::READABLE)
            .map_err(fail("signals"))?;
        Ok(Self {
            poll,
            events: Events::with_capacity(EVENTS_PER_POLL),
            timer,
            signals,
            clock,
            ready: Vec::with_capacity(EVENTS_PER_POLL),
            taken: 0,
            stops: Vec::new(),
            orders: false,
        })
    }

    /// Hears of a socket from now on, under this key.
    pub(super) fn watch(&self, source: &mut impl Source, key: usize) -> io::Result<()> {
        self.poll.registry().register(source, Token(key), Interest::READABLE | Interest::WRITABLE)
    }

    /// The same of something that is only read.
    pub(super) fn watch_readable(&self, source: &mut impl Source, key: usize) -> io::Result<()> {
        self.poll.registry().register(source, Token(key), Interest::READABLE)
    }

    /// Hears of the pipe from which orders come.
    pub(super) fn watch_orders(&self, pipe: &mut impl Source) -> io::Result<()> {
        self.poll.registry().register(pipe, ORDERS, Interest::READABLE)
    }

    /// Waits until something is ready or the moment has come. Does not wait while something that
    /// was ready was not yet handed out.
    pub(super) fn wait(&mut self, until: Time) -> Result<(), LoadError> {
        if self.has_ready() {
            return Ok(());
        }
        // A timer that is armed already goes off by itself: no clock needs to be read.
        let is_past = until != self.timer.armed() && until <= self.clock.now();
        let timeout = is_past.then_some(Duration::ZERO);
        if timeout.is_none() {
            self.timer.arm(until).map_err(LoadError::Wait)?;
        }
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                return Err(LoadError::Wait(error));
            }
            _ => self.note(),
        }
        Ok(())
    }

    fn note(&mut self) {
        self.ready.clear();
        self.taken = 0;
        for event in &self.events {
            match event.token() {
                TIMER => self.timer.went_off(),
                SIGNALS => self.stops.extend(self.signals.pending()),
                ORDERS => self.orders = true,
                Token(key) => self.ready.push(ReadySocket {
                    key,
                    readable: event.is_readable(),
                    writable: event.is_writable(),
                    closed: event.is_read_closed() || event.is_error(),
                }),
            }
        }
    }

    /// The next socket that is ready.
    pub(super) fn take_ready(&mut self) -> Option<ReadySocket> {
        let ready = self.ready.get(self.taken).copied()?;
        self.taken += 1;
        Some(ready)
    }

    /// The run's clock.
    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// Whether something was ready that was not yet handed out.
    pub(super) fn has_ready(&self) -> bool {
        self.taken < self.ready.len()
    }

    /// Whether orders may have come since the last call.
    pub(super) fn take_orders(&mut self) -> bool {
        std::mem::take(&mut self.orders)
    }

    /// Whether the user wants it to end.
    pub(super) fn is_stopped(&self) -> bool {
        !self.stops.is_empty()
    }

    /// The signal by which the user wants it to end at once, without a report.
    pub(super) fn stop_at_once(&self) -> Option<i32> {
        self.stops.get(1).copied()
    }
}
