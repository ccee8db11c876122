//! Waiting for events, and catching up with all of them after the process was stopped.
//!
//! `reactor` handles the events; the turn knows up to when everybody was heard.

use std::io;
use std::time::Duration;

use mio::Events;

use super::Reactor;
use crate::limits::{CALENDAR_INTERVAL, EVENTS_PER_POLL, POLLS_PER_TURN, STANDSTILL};
use crate::net::error::NetError;
use crate::time::Time;

impl Reactor {
    /// Sleeps until something happens or is due, and notes the events.
    pub(super) fn wait(&mut self) -> Result<(), NetError> {
        if !self.operations.log.is_empty() {
            self.operations.log.drain();
        }
        let due = self.next_due();
        let is_idle = due != Some(Time::ZERO);
        if is_idle {
            self.trim();
        }
        self.checkpoint_state(is_idle);
        let ended = self.clock.now();
        let took = ended.since(self.now);
        self.operations.turns.record(took);
        self.operations.gauges.turns.record_time(took);
        let overslept = self.poll(ended, due)?;
        if took + overslept >= STANDSTILL {
            self.turn.excuse(took + overslept);
        }
        if self.now.since(self.operations.calendar_read) >= CALENDAR_INTERVAL {
            self.read_calendar();
        }
        if let Some(acceptor) = self.sockets.encryption.acceptor() {
            self.operations.certificates.watch(self.now, acceptor);
        }
        self.heartbeat();
        Ok(())
    }

    /// Polls, from `began` until `due`, and again without waiting for as long as there may be more:
    /// after a signal, when as many events came as fit, and when something fell due meanwhile,
    /// because input that came before that is handled first. Returns how much later than `due` it
    /// is.
    fn poll(&mut self, mut began: Time, due: Option<Time>) -> Result<Duration, NetError> {
        let asked = due.map(|due| due.max(began));
        for _ in 0..POLLS_PER_TURN {
            let timeout = due.map(|due| due.since(began));
            let found = self.poll_once(timeout)?;
            self.now = self.clock.now();
            let fell_due = due.is_some_and(|due| began < due && due <= self.now);
            // A full list may hide whatever else there is.
            if found.is_some_and(|count| count < EVENTS_PER_POLL) {
                self.turn.note_poll(began);
                if !fell_due {
                    break;
                }
            }
            began = self.now;
        }
        Ok(asked.map_or(Duration::ZERO, |asked| self.now.since(asked)))
    }

    /// Polls once. How many events there were; `None`: a signal came instead.
    fn poll_once(&mut self, timeout: Option<Duration>) -> Result<Option<usize>, NetError> {
        match self.sockets.poll.poll(&mut self.sockets.events, timeout) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(None),
            Err(error) => return Err(NetError::Wait(error)),
        }
        let events = std::mem::replace(&mut self.sockets.events, Events::with_capacity(0));
        let mut count = 0;
        for event in &events {
            self.note(event);
            count += 1;
        }
        self.sockets.events = events;
        Ok(Some(count))
    }
}
