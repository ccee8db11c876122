//! Those who look after the server, and the passwords that prove it.
//!
//! A password is hashed in 600,000 rounds, a third of a second or more. That is done a few rounds
//! at a time, with a pause after each: others wait a millisecond at most, and somebody who guesses
//! passwords takes a fifth of the server, not all of it. One password is checked at a time.

use std::collections::VecDeque;

use super::Server;
use super::audit::Audited;
use crate::chat::{Event, NameKey, Outlet, Refusal};
use crate::id::ClientId;
use crate::limits::{PASSWORD_CHECKS_MAX, PASSWORD_PAUSE, PASSWORD_ROUNDS_PER_TURN};
use crate::password::{Check, SlowHash};
use crate::time::Time;

/// Somebody who looks after the server.
#[derive(Clone, Debug)]
pub struct Operator {
    /// By which that person is known, here and as a nickname nobody else may take.
    pub name: String,
    /// What is known of the password.
    pub password: SlowHash,
}

/// Passwords that are being checked.
#[derive(Debug, Default)]
pub(super) struct Checks {
    waiting: VecDeque<Waiting>,
    /// When some rounds of the first are due.
    due: Option<Time>,
}

#[derive(Debug)]
struct Waiting {
    id: ClientId,
    check: Check,
    /// The operator of that name. If there is none, a check takes as long all the same.
    operator: Option<String>,
}

impl Checks {
    /// Whose passwords they are.
    pub(super) fn clients(&self) -> impl Iterator<Item = ClientId> {
        self.waiting.iter().map(|waiting| waiting.id)
    }

    /// When the next rounds are due.
    pub(super) fn due(&self) -> Option<Time> {
        self.due
    }
}

impl Server {
    /// A member says to be an operator.
    pub(super) fn authenticate(&mut self, now: Time, id: ClientId, name: &str, password: &str) {
        let operators = &self.settings.operators;
        let key = NameKey::of(name);
        let found = operators.iter().find(|operator| NameKey::of(&operator.name) == key);
        let Some(operator) = found.or(operators.first()) else {
            return self.conclude(id, None, false);
        };
        let Checks { waiting, due } = &mut self.checks;
        let waits = waiting.iter().any(|other| other.id == id);
        if waits || waiting.len() >= PASSWORD_CHECKS_MAX {
            return self.fanout.tell(id, Event::Refused(&Refusal::OperBusy));
        }
        let check = Check::begin(password, &operator.password);
        waiting.push_back(Waiting { id, check, operator: found.map(|found| found.name.clone()) });
        due.get_or_insert(now);
        self.fanout.tell(id, Event::Checking);
    }

    /// Does some rounds of the first check, if they are due.
    pub(super) fn go_on_checking(&mut self, now: Time) {
        if self.checks.due.is_none_or(|due| due > now) {
            return;
        }
        // Who has left keeps nobody waiting.
        self.checks.waiting.retain(|waiting| self.lobby.is_member(waiting.id));
        self.checks.due = None;
        let Some(first) = self.checks.waiting.front_mut() else { return };
        if let Some(right) = first.check.go_on(PASSWORD_ROUNDS_PER_TURN) {
            let (id, operator) = (first.id, first.operator.take());
            self.checks.waiting.pop_front();
            self.conclude(id, operator, right);
        }
        self.checks.due = (!self.checks.waiting.is_empty()).then(|| now + PASSWORD_PAUSE);
    }

    /// Somebody has said to be this operator, if there is one, and its password was right or not.
    fn conclude(&mut self, id: ClientId, operator: Option<String>, right: bool) {
        if !self.lobby.is_member(id) {
            return;
        }
        let granted = right && operator.is_some();
        self.audit.push(Audited::Oper { id, operator, granted });
        if granted {
            self.lobby.promote(id, &mut self.fanout);
        } else {
            self.counters.passwords_refused += 1;
            self.fanout.tell(id, Event::Refused(&Refusal::OperWrong));
        }
    }
}
