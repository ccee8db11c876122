//! Where the processes of one load test wait for each other, seen from one of them.
//!
//! A process that is alone never waits. One of several reports its progress to its parent and goes
//! on when told to; meanwhile its clients go on reading.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::time::Duration;

use mio::unix::pipe::Receiver;

use super::client_pool::ClientPool;
use super::error::LoadError;
use super::wire::{Assignment, LineReader, Order, WorkerMessage, line};
use crate::limits::LOAD_PROGRESS_INTERVAL;
use crate::time::Time;

/// The synchronisation of a run.
#[derive(Debug)]
pub(super) enum Barrier {
    /// There is only this process.
    Alone,
    /// There are others.
    Parent(Parent),
}

impl Barrier {
    /// A parent whose orders come from this pipe.
    #[cfg(test)]
    pub(super) fn following(pipe: Receiver) -> Self {
        Self::Parent(Parent::at(pipe))
    }

    /// Has the crowd's poll hear of orders.
    pub(super) fn register(&mut self, pool: &ClientPool) -> Result<(), LoadError> {
        let Self::Parent(parent) = self else { return Ok(()) };
        let fail = |source| LoadError::SetUp { what: "orders", source };
        parent.pipe.set_nonblocking(true).map_err(fail)?;
        pool.events.watch_orders(&mut parent.pipe).map_err(fail)
    }

    /// All clients here were admitted. Returns when all elsewhere were, too.
    pub(super) fn gathered(&mut self, pool: &mut ClientPool) -> Result<(), LoadError> {
        let Self::Parent(parent) = self else { return Ok(()) };
        tell(&WorkerMessage::Gathered)?;
        parent.wait(pool, |order| (*order == Order::Settle).then_some(()))
    }

    /// It is silent here. Returns when all are to begin.
    pub(super) fn start(&mut self, pool: &mut ClientPool) -> Result<Time, LoadError> {
        let Self::Parent(parent) = self else { return Ok(pool.clock.now()) };
        tell(&WorkerMessage::Silent)?;
        parent.wait(pool, |order| match order {
            Order::Start(nanos) => Some(Time::at(Duration::from_nanos(*nanos))),
            _ => None,
        })
    }

    /// The number of messages that all processes have sent.
    pub(super) fn said_by_all(&mut self, pool: &mut ClientPool) -> Result<u64, LoadError> {
        let Self::Parent(parent) = self else { return Ok(pool.tally.said) };
        tell(&WorkerMessage::Said(pool.tally.said))?;
        parent.wait(pool, |order| match order {
            Order::Total(said) => Some(*said),
            _ => None,
        })
    }

    /// Everything was heard here. Returns when it was elsewhere.
    pub(super) fn drained(&mut self, pool: &mut ClientPool) -> Result<(), LoadError> {
        let Self::Parent(parent) = self else { return Ok(()) };
        tell(&WorkerMessage::Drained)?;
        parent.wait(pool, |order| (*order == Order::Leave).then_some(()))
    }

    /// Reads orders that came meanwhile.
    pub(super) fn poll_orders(&mut self, pool: &mut ClientPool) -> Result<(), LoadError> {
        match self {
            Self::Parent(parent) if pool.events.take_orders() => parent.read(),
            _ => Ok(()),
        }
    }

    /// Whether the run is to end before its time.
    pub(super) fn is_stopped(&self) -> bool {
        matches!(self, Self::Parent(parent) if parent.stopped)
    }
}

/// The process that has started this one, at the other ends of stdin and stdout.
#[derive(Debug)]
pub(super) struct Parent {
    pipe: Receiver,
    lines: LineReader,
    orders: VecDeque<Order>,
    stopped: bool,
}

impl Parent {
    fn at(pipe: Receiver) -> Self {
        Self { pipe, lines: LineReader::default(), orders: VecDeque::new(), stopped: false }
    }

    /// Waits for the first word.
    pub(super) fn meet() -> Result<(Self, Assignment), LoadError> {
        let fail = |source| LoadError::SetUp { what: "orders", source };
        let stdin = std::io::stdin().as_fd().try_clone_to_owned().map_err(fail)?;
        let mut parent = Self::at(Receiver::from(stdin));
        let mut piece = [0; 4_096];
        loop {
            if let Some(assignment) = parent.lines.next() {
                return Ok((parent, assignment.map_err(LoadError::Settings)?));
            }
            let count = parent.pipe.read(&mut piece).map_err(fail)?;
            if count == 0 || !parent.lines.push(&piece[..count]) {
                return Err(LoadError::Settings("nobody says what is to be done".to_owned()));
            }
        }
    }

    /// Serves the crowd until the order has come that `wanted` takes.
    fn wait<T>(
        &mut self,
        pool: &mut ClientPool,
        wanted: impl Fn(&Order) -> Option<T>,
    ) -> Result<T, LoadError> {
        loop {
            while let Some(order) = self.orders.pop_front() {
                if let Some(found) = wanted(&order) {
                    return Ok(found);
                }
            }
            pool.wait(pool.clock.now() + LOAD_PROGRESS_INTERVAL)?;
            pool.serve_all();
            if let Some(signal) = pool.events.stop_at_once() {
                return Err(LoadError::AtOnce { signal });
            }
            if pool.events.take_orders() {
                self.read()?;
            }
        }
    }

    fn read(&mut self) -> Result<(), LoadError> {
        let gone = || LoadError::Settings("the process that began this is gone".to_owned());
        let mut piece = [0; 4_096];
        loop {
            match self.pipe.read(&mut piece) {
                Ok(0) => return Err(gone()),
                Ok(count) if self.lines.push(&piece[..count]) => {}
                Ok(_) => return Err(gone()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(gone()),
            }
        }
        while let Some(order) = self.lines.next() {
            match order.map_err(LoadError::Settings)? {
                Order::Stop => self.stopped = true,
                order => self.orders.push_back(order),
            }
        }
        Ok(())
    }
}

/// Sends a message to the parent.
pub(super) fn tell(message: &WorkerMessage) -> Result<(), LoadError> {
    let mut stdout = std::io::stdout().lock();
    let told = stdout.write_all(&line(message)).and_then(|()| stdout.flush());
    told.map_err(|source| LoadError::SetUp { what: "parent", source })
}
