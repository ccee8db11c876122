//! Logging in and registering: passwords of accounts, checked a few rounds at a time.
//!
//! ```text
//! request ──> remembered? ──yes──────────────────────────────┐
//!    │            └─no─> queue ──rounds──> right? ──> logged in
//!    └─register, change ─> queue ──rounds──> lobby ──save──> told
//! ```
//!
//! A password that was proved is remembered as a hash under the secret of this process, so that it
//! costs a microsecond when its owner comes back. While a password is checked, its client is not
//! heard. A name of which there is no account is checked as long as one of which there is.
//!
//! Left to others: who may have which name (`chat`), when accounts are stored (`net`).

mod gateways;
mod proved;
mod queue;
mod registrations;
mod requests;
mod storing;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Server;
use super::audit::Audited;
use super::close_reason::CloseReason;
use super::session::Phase;
use crate::chat::{
    AccountRefusal, Command, Farewell, LogInWay, NameKey, Nickname, Outlet, Refusal, Reply,
};
use crate::dialect::GatewayRefusal;
use crate::id::ClientId;
use crate::limits::WRONG_LOGINS_MAX;
use crate::password::Derivation;
use crate::scram::{Exchange, SALT_BYTES, Verifier};
use crate::time::Time;

use gateways::{Introduced, ProvedGateways};
use proved::{PasswordMac, Proved};
use queue::LogInQueue;
use registrations::Registrations;
use storing::Storing;

/// What is known of those who log in or register.
#[derive(Debug, Default)]
pub(super) struct LogIns {
    queue: LogInQueue,
    proved: Proved,
    gateways: ProvedGateways,
    /// Those whose gateways' passwords another process was checking: they are given up.
    unchecked: Vec<ClientId>,
    registrations: Registrations,
    /// Wrong passwords of clients that are here.
    wrong: HashMap<ClientId, u8>,
    /// Exchanges of SCRAM that are under way.
    scrams: HashMap<ClientId, Box<Scram>>,
    /// What is to be stored before its client is told.
    storing: Vec<Storing>,
    /// Whether the last save went well, if there was one since the list was looked at.
    saved: Option<bool>,
}

/// An exchange of SCRAM.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Scram {
    key: NameKey,
    exchange: Exchange,
    /// The client has proved that it knows the password, and has to confirm that the server does.
    is_proved: bool,
}

/// What a password is hashed for.
#[derive(Debug)]
enum Purpose {
    /// To log in.
    LogIn { key: NameKey, verifier: Verifier, mac: PasswordMac, way: LogInWay },
    /// To register an account.
    Register { name: Nickname, email: Option<String>, fresh: Fresh },
    /// To see whether it is the old one; then the new one is hashed.
    ChangeFrom { key: NameKey, verifier: Verifier, next: Box<(Derivation, Fresh)> },
    /// It is the new one.
    ChangeTo { key: NameKey, fresh: Fresh },
    /// To see whether a gateway is one.
    Introduce(Box<Introduced>),
}

/// What somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    /// Something about an account, which was asked for in this way.
    Account(LogInWay),
    /// To be let in, which a gateway has asked for.
    Entry,
}

impl Purpose {
    /// What its client waits for.
    fn awaited(&self) -> Awaited {
        match self {
            Self::LogIn { way, .. } => Awaited::Account(*way),
            Self::Introduce(_) => Awaited::Entry,
            _ => Awaited::Account(LogInWay::Typed),
        }
    }
}

/// A new password.
#[derive(Debug)]
struct Fresh {
    salt: [u8; SALT_BYTES],
    rounds: u32,
    mac: PasswordMac,
}

impl Fresh {
    /// What is stored of it, now that it was salted.
    fn verifier(&self, salted: &[u8; 32]) -> Verifier {
        Verifier::of(salted, self.salt, self.rounds)
    }
}

/// What another process needs to go on.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct LogInsState {
    proved: Proved,
    registrations: Registrations,
    wrong: Vec<(ClientId, u8)>,
    scrams: Vec<(ClientId, Box<Scram>)>,
    /// Those whose passwords are being checked, who are asked to try again.
    waiting: Vec<(ClientId, LogInWay)>,
    #[serde(default)]
    gateways: ProvedGateways,
    /// Those whose gateways' passwords are being checked.
    #[serde(default)]
    introduced: Vec<ClientId>,
}

impl LogIns {
    /// When something is due.
    pub(super) fn due(&self) -> Option<Time> {
        let has_saved = self.saved.is_some() && !self.storing.is_empty();
        if has_saved { Some(Time::ZERO) } else { self.queue.due() }
    }

    /// Notes that all that is new was saved, or could not be.
    pub(super) fn note_saved(&mut self, well: bool) {
        if !self.storing.is_empty() {
            self.saved = Some(well);
        }
    }

    /// Forgets a client that is gone. What it has registered is stored all the same.
    pub(super) fn forget(&mut self, id: ClientId) {
        self.queue.remove(id);
        self.unchecked.retain(|other| *other != id);
        self.wrong.remove(&id);
        self.scrams.remove(&id);
    }

    /// Gives up whatever a client waits for, if it waits here. What that is.
    fn give_up(&mut self, id: ClientId) -> Option<Awaited> {
        if let Some(purpose) = self.queue.remove(id) {
            return Some(purpose.awaited());
        }
        if self.unchecked.contains(&id) {
            return Some(Awaited::Entry);
        }
        let waits = self.storing.iter_mut().find(|storing| storing.id == Some(id))?;
        waits.id = None;
        Some(Awaited::Account(LogInWay::Typed))
    }

    /// What another process needs to go on.
    pub(super) fn handed_over(&self) -> LogInsState {
        let stored = self.storing.iter().filter_map(|storing| storing.id);
        let waiting = self.queue.clients().filter_map(|(id, awaited)| match awaited {
            Awaited::Account(way) => Some((id, way)),
            Awaited::Entry => None,
        });
        let introduced = self.queue.clients().filter(|(_, awaited)| *awaited == Awaited::Entry);
        let introduced = introduced.map(|(id, _)| id).chain(self.unchecked.iter().copied());
        LogInsState {
            gateways: self.gateways.clone(),
            introduced: introduced.collect(),
            proved: self.proved.clone(),
            registrations: self.registrations.clone(),
            wrong: self.wrong.iter().map(|(id, count)| (*id, *count)).collect(),
            scrams: self.scrams.iter().map(|(id, scram)| (*id, scram.clone())).collect(),
            waiting: waiting.chain(stored.map(|id| (id, LogInWay::Typed))).collect(),
        }
    }
}

impl Server {
    /// Goes on where another process has stopped. Who waited is asked to try again.
    pub(super) fn take_over_log_ins(&mut self, state: LogInsState) {
        self.log_ins.proved = state.proved;
        self.log_ins.gateways = state.gateways;
        self.log_ins.registrations = state.registrations;
        self.log_ins.wrong = state.wrong.into_iter().collect();
        self.log_ins.scrams = state.scrams.into_iter().collect();
        for (id, way) in state.waiting {
            self.refuse_account(id, AccountRefusal::Busy(way));
            self.go_on_after_answer(id);
        }
        for &id in &state.introduced {
            self.await_answer(Time::ZERO, id);
        }
        self.log_ins.unchecked = state.introduced;
    }

    /// Gives up the check of a client's password, if it is one of an account. Whether it is.
    pub(super) fn give_up_log_in(&mut self, now: Time, id: ClientId) -> bool {
        match self.log_ins.give_up(id) {
            None => return false,
            Some(Awaited::Account(way)) => {
                self.begin_answer(id);
                self.refuse_account(id, AccountRefusal::Busy(way));
            }
            Some(Awaited::Entry) => self.refuse_gateway(now, id, GatewayRefusal::Unchecked),
        }
        true
    }

    /// Logs a client in that has proved to know the password. `is_heard`: the request is being
    /// carried out right now.
    fn admit(
        &mut self,
        now: Time,
        id: ClientId,
        key: &NameKey,
        way: Option<LogInWay>,
        is_heard: bool,
    ) {
        self.log_ins.wrong.remove(&id);
        self.counters.logins += 1;
        self.with_context(now, |lobby, fanout, context| {
            lobby.log_in(id, key, way, context, fanout);
        });
        if way != Some(LogInWay::Typed) || self.lobby.is_member(id) {
            return;
        }
        let name = self.lobby.account(key).map(|account| account.name.clone());
        let Some(name) = name else { return };
        self.obey(now, id, Command::Nick(name.as_str()));
        if !is_heard && self.lobby.is_member(id) {
            self.charge_stranger(now, id, true);
            if let Some(session) = self.sessions.get_mut(id) {
                session.phase = Phase::Chatting;
            }
        }
    }

    /// Tells a client that it has brought a wrong password; after three it is closed.
    fn refuse_log_in(&mut self, now: Time, id: ClientId, key: &NameKey, way: LogInWay) {
        self.counters.logins_refused += 1;
        let account = self.lobby.account(key).map(|account| account.name.clone());
        self.audit.push(Audited::WrongPassword { id, account });
        self.charge_guess(now, id);
        self.refuse_account(id, AccountRefusal::LogInFailed(way));
        let wrong = self.log_ins.wrong.entry(id).or_default();
        *wrong += 1;
        if *wrong >= WRONG_LOGINS_MAX || way == LogInWay::Entrance {
            self.close(now, id, CloseReason::Told(Farewell::TooManyPasswords));
        }
    }

    fn refuse_account(&mut self, id: ClientId, refusal: AccountRefusal) {
        self.fanout.reply(id, &Reply::Refused(&Refusal::Account(refusal)));
    }
}
