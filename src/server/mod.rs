//! The whole server without a syscall.
//!
//! Whoever drives it (the poll loop of `net`, or a test) has a [`Turn`] of it, which hears, writes
//! to and closes clients, and hands in what else happens:
//!
//! ```text
//! new, taken_over                          how it begins
//! connect, make_way, disconnect            who comes and goes
//! datagram, set_calendar                   what else comes in
//! shutdown, send_away_within               how it ends
//! storage, handover                        what outlives it
//! audit, status                            what is to be written down, and to be seen
//! ```
//!
//! The last four are views, each for one kind of caller, so that this list stays short: a call that
//! one of them needs goes there (`tests/tidy.rs` counts). A turn uses the server itself.
//!
//! Sockets, accepting and the log are left to `net`.
//!
//! Invariants: an id is known from `connect` until [`Transport::close`], and every call with
//! an id that is not known does nothing. A client is decided to close once; the room hears of it
//! in the same call.

mod accounts;
mod admission;
mod answers;
mod audit;
mod bots;
mod close;
mod close_reason;
mod conversation;
mod counters;
mod deadlines;
mod gateway;
mod guesses;
mod handover;
mod input;
mod jams;
mod leaving;
mod listening;
mod long_answers;
mod making_way;
mod matches;
mod operators;
mod origins;
mod persistence;
mod securing;
mod session;
mod settings;
mod turn;
mod turns;
mod wait;
mod watching;
mod web;

use std::collections::VecDeque;
use std::net::IpAddr;

pub use admission::NotAdmitted;
pub use audit::{AuditTrail, Audited};
pub use bots::{Bot, BotKind, TokenHash};
pub use close_reason::CloseReason;
pub use counters::ServerCounters;
pub use gateway::Gateway;
pub use handover::{Handover, ServerState};
pub use operators::Operator;
pub use persistence::Storage;
pub use settings::Settings;
pub use turn::{BudgetsHit, Driver, Gauges, Read, Secured, Steps, Transport, Turn, Written};
pub use watching::{SlowReader, Status};

use accounts::LogIns;
use admission::Admission;
use answers::Answers;
use audit::Audit;
use bots::Bots;
use deadlines::Deadlines;
use jams::Jams;
use leaving::Leaving;
use long_answers::LongAnswers;
use operators::Checks;
use origins::Origins;
use session::{Phase, Session};
use wait::Wait;
use web::Web;

use crate::chat::{Farewell, Lobby, Network, Outlet, Reply};
use crate::delivery::{Fanout, SendStatus};
use crate::id::{ClientId, SideTable};
use crate::limits::{
    CLOSE_PROGRESS_BYTES, CLOSE_TIMEOUT, CLOSES_PER_TURN, DIGEST_INTERVAL, EXPIRIES_PER_TURN,
};
use crate::matchmaking::Matchmaker;
use crate::time::{Time, UnixTime};

/// Every client, every room and every UDP endpoint.
#[derive(Debug)]
pub struct Server {
    settings: Settings,
    /// What hashes are keyed with.
    secret: [u8; 16],
    sessions: SideTable<Session>,
    lobby: Lobby,
    fanout: Fanout,
    matchmaker: Matchmaker,
    admission: Admission,
    deadlines: Deadlines,
    /// Clients that may be heard again: held no longer, or with lines left for the next turn.
    woken: VecDeque<ClientId>,
    /// Clients to be freed.
    closed: VecDeque<ClientId>,
    /// When the next lines are heard of those who wait for others.
    turns: SideTable<Wait>,
    /// Everybody was told goodbye: nobody is given more time.
    stopping: bool,
    /// Who is still to be sent away, one by one.
    leaving: Option<Leaving>,
    counters: ServerCounters,
    /// What the calendar said at the start.
    started: UnixTime,
    /// When rooms are told who came and went.
    summary_at: Option<Time>,
    checks: Checks,
    log_ins: LogIns,
    bots: Bots,
    answers: Answers,
    long_answers: LongAnswers,
    audit: Audit,
    /// The last message before the request that is being carried out, if that bears a number.
    said_before: u64,
    /// Rooms that were looked for on disk before this turn.
    recalled_before: u64,
    jams: Jams,
    web: Web,
}

impl Server {
    /// A server without clients. `secret` keys the hashes of the UDP side.
    pub fn new(settings: Settings, secret: [u8; 16]) -> Self {
        let mut bots = Bots::default();
        bots.replace(&settings.bots);
        let origins = Origins::new(settings.flood_of_origin(), &secret);
        let mut admission = Admission::new(settings.per_address, &settings.banned, origins);
        admission.exempt(settings.gateways.iter().map(|gateway| gateway.from));
        Self {
            lobby: Lobby::new(settings.lobby.clone(), secret),
            fanout: Fanout::new(settings.outbox),
            matchmaker: Matchmaker::new(settings.matchmaking.clone(), secret),
            admission,
            sessions: SideTable::default(),
            deadlines: Deadlines::default(),
            woken: VecDeque::new(),
            closed: VecDeque::new(),
            turns: SideTable::default(),
            stopping: false,
            leaving: None,
            counters: ServerCounters::default(),
            started: UnixTime::default(),
            summary_at: None,
            checks: Checks::default(),
            log_ins: LogIns::default(),
            bots,
            answers: Answers::default(),
            long_answers: LongAnswers::default(),
            audit: Audit::default(),
            said_before: 0,
            recalled_before: 0,
            jams: Jams::default(),
            web: Web::default(),
            settings,
            secret,
        }
    }

    /// A client connected from `peer`.
    ///
    /// # Errors
    /// Nobody, or nobody else, may connect from there; nothing is known of the id then.
    pub fn connect(&mut self, now: Time, id: ClientId, peer: IpAddr) -> Result<(), NotAdmitted> {
        let origin = self.admission.admit(now, peer)?;
        self.sessions.insert(id, Session::new(now, origin));
        self.fanout.open(id);
        if self.settings.patience_before_prompt().is_zero() && !self.may_be_browser(now, id) {
            self.greet(id);
        }
        self.arm(id);
        Ok(())
    }

    /// Whether so much is queued that a flush should come before more is read.
    fn wants_flush(&self) -> bool {
        self.fanout.wants_flush()
    }

    /// A client's socket took `count` bytes; `full`: that was less than it was offered.
    #[inline]
    fn sent(&mut self, now: Time, id: ClientId, count: usize, full: bool) {
        match self.fanout.sent(now, id, count, full) {
            SendStatus::AllSent => {
                if !self.long_answers.is_empty() {
                    self.note_sent(id);
                }
            }
            SendStatus::Finished => self.closed.push_back(id),
            status => self.note_waiting(now, id, count, status),
        }
    }

    /// A client's socket took `count` bytes of what it was offered, and `sealed` bytes behind them
    /// cannot be taken back.
    #[cold]
    fn sent_and_sealed(&mut self, now: Time, id: ClientId, count: usize, sealed: usize) {
        let status = self.fanout.sent_and_sealed(now, id, count, sealed);
        self.note_waiting(now, id, count, status);
    }

    /// A client whose connection is to be closed and whose id is to be freed, and why.
    fn poll_reap(&mut self) -> Option<(ClientId, CloseReason)> {
        loop {
            let id = self.closed.pop_front()?;
            // A client may be listed twice: its last byte sent, and then its connection lost.
            let Some(session) = self.sessions.remove(id) else { continue };
            self.fanout.close(id);
            self.close_request(id);
            self.admission.origins.leave(session.origin);
            let reason = session.reason.unwrap_or(CloseReason::Lost);
            self.counters.note_close(reason);
            return Some((id, reason));
        }
    }

    /// Where a client comes from; `None` for loopback, and for one that is not known.
    fn network_of(&self, id: ClientId) -> Option<Network> {
        let session = self.sessions.get(id)?;
        self.admission.origins.network(session.origin)
    }

    /// Whether somebody is to be written to. When, is for the caller to choose.
    fn is_dirty(&self) -> bool {
        self.fanout.is_dirty()
    }

    /// When the next turn must begin at the latest, but for writing; `Time::ZERO`: at once.
    fn poll_timeout(&mut self) -> Option<Time> {
        if self.fanout.has_overflowed() || !self.woken.is_empty() || !self.closed.is_empty() {
            return Some(Time::ZERO);
        }
        let clients = self.deadlines.next(&self.sessions);
        let leaving = self.leaving.as_ref().and_then(Leaving::due);
        let small_writes = self.fanout.next_small_write();
        let others = [
            self.matchmaker.poll_timeout(),
            self.summary_at,
            self.checks.due(),
            self.log_ins.due(),
            self.answers.due(),
            self.long_answers.due(),
            leaving,
            small_writes,
        ];
        clients.into_iter().chain(others.into_iter().flatten()).min()
    }

    /// Does what was due by `now`. Closing a crowd tells everyone else of each: when that is much,
    /// the rest is left for the next turn, after a flush.
    fn handle_timeout(&mut self, now: Time) {
        self.recalled_before = self.lobby.recalled();
        if self.summary_at.is_some_and(|due| due <= now) {
            self.summary_at = None;
            self.lobby.tell_summaries(&mut self.fanout);
        }
        self.go_on_checking(now);
        self.go_on_log_ins(now);
        self.conclude_storing(now);
        self.give_up_answers(now);
        self.go_on_with_long_answers(now);
        self.fanout.resume_small_writes(now);
        for id in self.fanout.over_total(now) {
            self.close_slow(now, id);
        }
        self.send_away(now);
        let mut served = 0;
        while self.has_time_for_more(served) {
            let Some(id) = self.deadlines.pop_due(now, &mut self.sessions) else { break };
            self.expire(now, id);
            self.arm(id);
            served += 1;
        }
        self.settle(now);
    }

    /// Gives back memory that a crowd has needed and the present does not.
    fn trim(&mut self) {
        self.lobby.trim();
        self.fanout.trim();
        self.deadlines.trim();
        self.admission.origins.trim();
        self.matchmaker.trim();
        self.woken.shrink_to_fit();
        self.closed.shrink_to_fit();
    }

    /// Closes whoever a full outbox has shown to be slow; each close may show another.
    fn settle(&mut self, now: Time) {
        self.note_jams(now);
        let mut served = 0;
        while self.has_time_for_more(served) {
            let Some(id) = self.fanout.pop_overflowed() else { break };
            self.close_slow(now, id);
            served += 1;
        }
        // Those who were closed just now may be the first of whom a room is to be told.
        if self.summary_at.is_none() && self.lobby.has_summaries() {
            self.summary_at = Some(now + DIGEST_INTERVAL);
        }
    }

    /// Whether another client may be looked at in this turn after so many: some always, more only
    /// while no flush is wanted.
    fn has_time_for_more(&self, served: usize) -> bool {
        let most = if self.fanout.wants_flush() { EXPIRIES_PER_TURN } else { CLOSES_PER_TURN };
        served < most
    }

    /// Since when this client's oldest bytes wait for its socket, if that is full as far as is
    /// known: nobody is judged before a write was tried.
    fn waiting_since(&self, id: ClientId) -> Option<Time> {
        self.fanout.outbox(id).filter(|outbox| outbox.is_blocked())?.waiting_since()
    }

    /// A client has not taken all that waits for it.
    fn note_waiting(&mut self, now: Time, id: ClientId, count: usize, status: SendStatus) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.phase == Phase::Closing {
            // There are only so many answers, so whoever reads at all is let go on.
            let is_answer = session.reason == Some(CloseReason::Finished) && count > 0;
            if (count >= CLOSE_PROGRESS_BYTES || is_answer) && !self.stopping {
                let until = now + session.reason.map_or(CLOSE_TIMEOUT, |it| self.patience(it));
                let Some(session) = self.sessions.get_mut(id) else { return };
                session.since = session.since.max(until);
            }
        } else if status == SendStatus::SlowConsumer {
            self.close_slow(now, id);
            self.settle(now);
        } else {
            if !self.long_answers.is_empty() {
                self.note_sent(id);
            }
            self.arm(id);
        }
    }

    fn greet(&mut self, id: ClientId) {
        if let Some(session) = self.sessions.get_mut(id) {
            session.phase = Phase::Choosing;
            session.decoder.note_prompt();
            self.fanout.reply(id, &Reply::Prompt);
        }
    }

    fn wake(&mut self, id: ClientId) {
        if self.appetite(id) > 0 {
            self.woken.push_back(id);
        }
    }

    fn expire(&mut self, now: Time, id: ClientId) {
        let waiting_since = self.waiting_since(id);
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.phase == Phase::Closing {
            if now >= session.since {
                session.since = Time::NEVER;
                if session.reason == Some(CloseReason::Ended) {
                    session.reason = Some(CloseReason::Lost);
                }
                self.closed.push_back(id);
            }
        } else if waiting_since.is_some_and(|since| now >= since + self.settings.outbox.age) {
            self.close_slow(now, id);
        } else if session.is_listening() {
            self.keep_listening(now, id);
        } else if session.secure_due() <= now {
            self.insecure(now, id);
        } else if session.register_due(&self.settings) <= now {
            self.close(now, id, CloseReason::Told(Farewell::RegisterTimeout));
        } else if session.greet_due(&self.settings) <= now {
            if self.may_be_browser(now, id) {
                // It has more time.
            } else if self.must_be_encrypted(id) {
                self.close(now, id, CloseReason::Told(Farewell::TlsOnly));
            } else {
                self.greet(id);
            }
        } else if session.line_due(&self.settings) <= now {
            self.close(now, id, CloseReason::Told(Farewell::LineTimeout));
        } else {
            let is_quiet = session.quiet_due() <= now;
            if is_quiet {
                session.decoder.pause();
            }
            // Or else it was due for something that has been done meanwhile.
            if std::mem::take(&mut session.held) || is_quiet {
                self.converse(now, id, &mut []);
                self.wake(id);
            }
        }
    }

    /// Notes when this client must be looked at next.
    fn arm(&mut self, id: ClientId) {
        let (waiting_since, turn) = (self.waiting_since(id), self.turn(id));
        if let Some(session) = self.sessions.get_mut(id) {
            let due = session.next_due(&self.settings, turn, waiting_since);
            self.deadlines.arm(id, due, session);
        }
        self.deadlines.compact(&self.sessions);
    }
}

#[cfg(test)]
mod tests;
