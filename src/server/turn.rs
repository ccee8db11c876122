//! One turn of the server: who is read and written to, in which order, and how much of it.
//!
//! ```text
//! hear     one read for each client that is ready, within a budget
//! expire   what was due
//! write    one write for each client that something waits for, if it is time; within a budget
//! reap     close connections and free ids, within a budget
//! ```
//!
//! [`Turn::run`] is all four. The poll loop of `net`, the worlds of the tests and the bench drive
//! the server by it, each with connections of its own behind [`Transport`]; the simulation takes
//! the four one by one ([`Steps`]), for it changes their budgets. Sockets, clocks and waiting are
//! left to them.
//!
//! Invariants: whoever may have something to be read is on the ready list, or is not to be read
//! now, and the server wakes it when it is; who was not written to in this turn is written to in
//! one of the next.

mod flush;
mod gauges;
mod pacer;
mod ready;
mod steps;

use std::io::IoSlice;
use std::time::Duration;

pub use gauges::{BudgetsHit, Gauges};
pub use steps::Steps;

use flush::Flush;
use pacer::Pacer;
use ready::Ready;

use super::Server;
use super::close_reason::CloseReason;
use crate::id::ClientId;
use crate::limits::{CLOSES_PER_TURN, READ_BYTES_PER_TURN, READS_PER_TURN, WRITES_PER_TURN};
use crate::matchmaking::Transmit;
use crate::time::Time;

/// The connections of clients.
pub trait Transport {
    /// Reads once from a client into `room`.
    fn read(&mut self, id: ClientId, room: &mut [u8]) -> Read;

    /// Writes once to a client.
    fn write(&mut self, id: ClientId, slices: &[IoSlice<'_>]) -> Written;

    /// Closes the connection of a client that is gone, and frees its id.
    fn close(&mut self, id: ClientId, reason: CloseReason);
}

/// What a read has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Bytes.
    Bytes {
        /// How many.
        count: usize,
        /// There may be more behind them, of which nobody will tell.
        more: bool,
    },
    /// The connection is being encrypted: the client is not to be said anything before that is
    /// done. There may be more behind what was read.
    Securing,
    /// It is encrypted from now on. There may be more behind what was read.
    Secured(Secured),
    /// So many bytes that say nothing. There may be more behind them.
    Noise(usize),
    /// The same, and there is no time for it in this turn.
    Later,
    /// Nothing for now. [`Turn::note_readable`] tells when there may be something.
    Nothing,
    /// The client will send no more.
    End,
    /// The connection broke.
    Broken,
    /// The connection could not be encrypted, or what came was not what had been encrypted.
    Insecure,
}

/// What was agreed on when a connection was encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secured {
    /// The language that the client has said it speaks, by the name that ALPN has for it.
    pub protocol: Option<&'static str>,
    /// Clients in general trust the certificate, and may be told to come encrypted only.
    pub is_public: bool,
}

/// What a write has achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// So many bytes were taken. If that is less than was offered, [`Turn::note_writable`] tells
    /// when more may be.
    Taken(usize),
    /// So many bytes were taken; so many behind them are encrypted, and wait so for the socket.
    /// They cannot be taken back. [`Turn::note_writable`] tells when more may be taken, and what is
    /// offered then begins with them.
    Sealed {
        /// Bytes taken.
        taken: usize,
        /// Bytes that cannot be taken back.
        sealed: usize,
    },
    /// The connection broke. What came in before may still be read.
    Broken,
}

/// Whoever drives the server, with a clock and a way for datagrams; and it may look on.
pub trait Driver: Transport {
    /// The present, which goes on while a turn does.
    fn now(&self) -> Time;

    /// Sends a datagram.
    fn send(&mut self, transmit: Transmit<'_>);

    /// A client was heard: what it said before and there was no time for, or what a read brought.
    fn heard(&mut self, _server: &Server, _id: ClientId) {}

    /// What was due was done; nobody who was there then is gone yet.
    fn expired(&mut self, _server: &mut Server) {}

    /// A write to a client was tried.
    fn written(&mut self, _server: &Server, _id: ClientId) {}
}

/// The server, and what it takes to drive it.
#[derive(Debug)]
pub struct Turn {
    /// All that is known of clients, rooms and players.
    pub server: Server,
    /// Clients to be heard, each in its turn.
    ready: Ready,
    flush: Flush,
    pacer: Pacer,
    gauges: Gauges,
    /// Messages published that the pacer was told of.
    published: u64,
    /// Where bytes are read to.
    room: Box<[u8]>,
}

impl Turn {
    /// Drives a server. What is said in a busy room may wait for `max_delay` to be written with
    /// what comes next.
    pub fn new(server: Server, max_delay: Duration) -> Self {
        Self {
            published: server.fanout.counters().published,
            server,
            ready: Ready::default(),
            flush: Flush::default(),
            pacer: Pacer::new(max_delay),
            gauges: Gauges::default(),
            room: vec![0; READ_BYTES_PER_TURN].into_boxed_slice(),
        }
    }

    /// Goes on with a server that was taken over, or begins anew. Connections are the same: whoever
    /// is to be heard still is; those who were to be written to are on the list of that server.
    pub fn take_over(&mut self, server: Server) {
        self.published = server.fanout.counters().published;
        self.flush = Flush::default();
        self.server = server;
    }

    /// Never has anything wait longer than that from now on.
    pub fn set_max_delay(&mut self, max_delay: Duration) {
        self.pacer.set_max_delay(max_delay);
    }

    /// There may be something to be read from a client.
    pub fn note_readable(&mut self, id: ClientId) {
        if self.server.sessions.contains(id) {
            self.ready.push(id);
        }
    }

    /// A client takes bytes again.
    pub fn note_writable(&mut self, id: ClientId) {
        self.server.fanout.unblock(id);
    }

    /// A look that began at `began` has found all who were readable then.
    pub fn note_poll(&mut self, began: Time) {
        self.ready.note_poll(began);
    }

    /// The moment up to which whatever came in was heard: what is due is judged by it.
    pub fn heard_until(&self) -> Time {
        self.ready.heard_until()
    }

    /// The server stood still for so long: what has waited for readers waits that much longer
    /// through no fault of theirs.
    pub fn excuse(&mut self, standstill: Duration) {
        self.server.fanout.excuse(standstill);
    }

    /// All of a turn that began at `now`.
    pub fn run(&mut self, now: Time, driver: &mut impl Driver) {
        self.hear(now, driver);
        self.expire(now, driver);
        if self.may_write(now) {
            self.write(now, WRITES_PER_TURN, driver);
        }
        self.reap(driver);
    }

    /// Hears those who are ready. Ends early when so much is queued that it must be written before
    /// more is added.
    fn hear(&mut self, now: Time, driver: &mut impl Driver) {
        self.gauges.hit.reads += u64::from(self.ready.len() > READS_PER_TURN);
        for _ in 0..self.ready.len().min(READS_PER_TURN) {
            if self.server.wants_flush() {
                self.gauges.hit.reads_for_writes += 1;
                break;
            }
            let Some(id) = self.ready.next() else { break };
            self.hear_one(now, id, driver);
            self.ready.note_one();
        }
    }

    /// Hears one client: what it said before and there was no time for, or what one read brings.
    fn hear_one(&mut self, now: Time, id: ClientId, driver: &mut impl Driver) {
        let server = &mut self.server;
        let Some(session) = server.sessions.get_mut(id) else { return };
        self.ready.take_off(id);
        if std::mem::take(&mut session.unfinished) {
            server.resume(now, id);
        } else {
            // None: not now, and the server will say when.
            let budget = session.appetite(&server.settings);
            if budget == 0 {
                return;
            }
            match driver.read(id, &mut self.room[..budget]) {
                Read::Bytes { count, more } => {
                    server.receive(now, id, &mut self.room[..count]);
                    if more {
                        self.note_readable(id);
                    }
                }
                Read::Nothing => {}
                Read::End => server.half_closed(now, id),
                Read::Broken => server.read_failed(now, id),
                read => self.hear_encrypted(now, id, read),
            }
        }
        self.queue_woken();
        driver.heard(&self.server, id);
    }

    /// A read has brought something that only encrypted connections bring.
    #[cold]
    fn hear_encrypted(&mut self, now: Time, id: ClientId, read: Read) {
        let server = &mut self.server;
        match read {
            Read::Securing | Read::Later => server.securing(now, id),
            Read::Secured(secured) => server.secured(now, id, secured),
            Read::Noise(bytes) => server.receive_noise(now, id, bytes),
            Read::Insecure => return server.insecure(now, id),
            Read::Bytes { .. } | Read::Nothing | Read::End | Read::Broken => {}
        }
        self.note_readable(id);
    }

    /// Does what was due before the moment up to which everybody has been heard.
    fn expire(&mut self, now: Time, driver: &mut impl Driver) {
        self.check_passwords(now, driver);
        self.expire_until(self.heard_until(), driver);
    }

    /// Does what was due by then.
    fn expire_until(&mut self, until: Time, driver: &mut impl Driver) {
        self.server.handle_timeout(until);
        self.server.handle_match_timeout(until, &mut |transmit| driver.send(transmit));
        self.queue_woken();
        driver.expired(&mut self.server);
    }

    /// Does some rounds of a password check, if they are due, and sees how long they take.
    fn check_passwords(&mut self, now: Time, driver: &impl Driver) {
        if self.server.is_check_due(now) {
            let began = driver.now();
            self.server.go_on_checking(now);
            let ended = driver.now();
            // Where the clock stands still, nothing is known of it.
            if ended > began {
                self.server.pause_checks(ended, ended.since(began));
            }
        }
        if self.server.is_log_in_due(now) {
            let began = driver.now();
            self.server.go_on_log_ins(now);
            let ended = driver.now();
            if ended > began {
                self.server.pause_log_ins(ended, ended.since(began));
            }
        }
    }

    /// Whether it is time to write. While more is said than is good to write one by one, what
    /// waits may grow, unless it has grown enough.
    fn may_write(&mut self, now: Time) -> bool {
        let published = self.server.fanout.counters().published;
        self.pacer.note_published(now, published - self.published);
        if published > self.published {
            self.gauges.note_said(now);
        }
        self.published = published;
        let server = &self.server;
        // A flush that is wanted takes place even if all sockets are full: it begins a new count.
        self.flush.is_under_way()
            || server.wants_flush()
            || server.is_dirty() && (now >= self.pacer.due() || server.stopping)
    }

    /// Closes those who are gone.
    fn reap(&mut self, transport: &mut impl Transport) {
        for _ in 0..CLOSES_PER_TURN {
            let Some((id, reason)) = self.server.poll_reap() else { break };
            self.ready.take_off(id);
            transport.close(id, reason);
        }
    }

    /// Takes over settings that were chosen anew.
    pub fn reconfigure(&mut self, now: Time, settings: super::Settings) {
        self.server.reconfigure(now, settings);
        self.queue_woken();
    }

    /// When the next turn must begin at the latest; [`Time::ZERO`]: at once.
    pub fn due(&mut self) -> Option<Time> {
        if self.flush.is_under_way() || self.server.wants_flush() || !self.ready.is_empty() {
            return Some(Time::ZERO);
        }
        let write = self.server.is_dirty().then(|| self.pacer.due());
        self.server.poll_timeout().into_iter().chain(write).min()
    }

    /// Whether a client is on the list of those to be heard.
    pub fn is_listed(&self, id: ClientId) -> bool {
        self.ready.is_listed(id)
    }

    /// Whether some of the flush that is under way are still to be written to.
    pub fn is_writing(&self) -> bool {
        self.flush.is_under_way()
    }

    /// What is known of the turns so far.
    pub fn gauges(&self) -> &Gauges {
        &self.gauges
    }

    /// Gives back memory that a crowd has needed and the present does not.
    pub fn trim(&mut self) {
        self.flush.trim();
        self.ready.trim();
        self.server.trim();
    }

    fn queue_woken(&mut self) {
        while let Some(id) = self.server.woken.pop_front() {
            self.note_readable(id);
        }
    }
}
