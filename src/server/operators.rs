//! Those who look after the server, and the passwords that prove it.
//!
//! A password is hashed in 600,000 rounds, a third of a second or more. That is done a few rounds
//! at a time, with a pause after each: others wait a millisecond at most, and somebody who guesses
//! passwords takes a fifth of the server, not all of it.
//!
//! One password of each network is checked at a time, and rounds are done for who comes first by
//! [`Guesses::rank`]: so an operator waits for the check of nobody who has guessed before. Who
//! comes when all places are taken has one whose rank is worse yield.

use std::cmp::Reverse;
use std::time::Duration;

use super::Server;
use super::audit::Audited;
use super::guesses::{GuesserRank, Guesses};
use crate::chat::{NameKey, Network, Outlet, Refusal, Reply, Verb};
use crate::id::ClientId;
use crate::limits::{
    FLOOD_LINES_PER_ANNOUNCEMENT, FLOOD_PER_WRONG_PASSWORD, PASSWORD_CHECKS_MAX, PASSWORD_PAUSE,
    PASSWORD_PAUSE_SHARE, PASSWORD_ROUNDS_PER_TURN,
};
use crate::password::{Check, SlowHash};
use crate::time::Time;

/// Somebody who looks after the server.
#[derive(Clone, Debug)]
pub struct Operator {
    /// By which that person is known, here and as a nickname nobody else may take.
    pub name: String,
    /// What is known of the password; `None`: whoever is logged in to the account of that name
    /// needs none, and nobody else can be that operator.
    pub password: Option<SlowHash>,
}

/// Passwords that are being checked.
#[derive(Debug, Default)]
pub(super) struct Checks {
    /// In the order in which they came.
    waiting: Vec<Waiting>,
    /// When some rounds are due.
    due: Option<Time>,
    guesses: Guesses,
}

#[derive(Debug)]
struct Waiting {
    id: ClientId,
    network: Option<Network>,
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

    fn rank(&self, waiting: &Waiting) -> GuesserRank {
        self.guesses.rank(waiting.id, waiting.network)
    }

    /// In which place the one is that must yield before a newcomer is let in, and whether it does:
    /// to one from the same place only if that has guessed less, and where all places are taken
    /// unless the newcomer has guessed more.
    fn rival(&self, newcomer: &Waiting) -> Option<(usize, bool)> {
        // Of one client there is never a second: it is not heard while its password is checked.
        let network = newcomer.network;
        let same = |other: &Waiting| network.is_some() && other.network == network;
        let rank = |place: usize| self.rank(&self.waiting[place]);
        if let Some(place) = self.waiting.iter().position(same) {
            return Some((place, rank(place) > self.rank(newcomer)));
        }
        if self.waiting.len() < PASSWORD_CHECKS_MAX {
            return None;
        }
        let places = 0..self.waiting.len();
        let worst = places.max_by_key(|place| (rank(*place), Reverse(*place)))?;
        Some((worst, rank(worst) >= self.rank(newcomer)))
    }

    /// The one for whom rounds are done next. Among those who have guessed alike it is the last to
    /// come: a crowd that guesses for the first time is there before the operator who notices.
    fn first(&self) -> Option<usize> {
        let place = |place: &usize| (self.rank(&self.waiting[*place]), Reverse(*place));
        (0..self.waiting.len()).min_by_key(place)
    }
}

impl Server {
    /// A member says to be an operator.
    pub(super) fn authenticate(&mut self, now: Time, id: ClientId, name: &str, password: &str) {
        let operators = &self.settings.operators;
        let key = NameKey::of(name);
        let found = operators.iter().find(|operator| NameKey::of(&operator.name) == key);
        let network = self.network_of(id);
        if let Some(Operator { name, password: None }) = found
            && self.lobby.account_of(id).is_some_and(|account| account.key() == key)
        {
            return self.conclude(now, id, network, Some(name.clone()), true);
        }
        if password.is_empty() {
            return self.fanout.reply(id, &Reply::Refused(&Refusal::Incomplete(Verb::Oper)));
        }
        let found = found.filter(|operator| operator.password.is_some());
        let hashes = || operators.iter().filter_map(|operator| operator.password.as_ref());
        let hash = found.and_then(|operator| operator.password.as_ref()).or(hashes().next());
        let Some(hash) = hash else {
            return self.conclude(now, id, network, None, false);
        };
        let check = Check::begin(password, hash);
        let operator = found.map(|found| found.name.clone());
        let newcomer = Waiting { id, network, check, operator };
        self.forget_checks_of_gone();
        if let Some((place, yields)) = self.checks.rival(&newcomer) {
            if !yields {
                return self.fanout.reply(id, &Reply::Refused(&Refusal::OperBusy));
            }
            let rival = self.checks.waiting[place].id;
            self.give_up_check(now, rival);
            self.go_on_after_answer(rival);
        }
        self.checks.waiting.push(newcomer);
        self.checks.due.get_or_insert(now);
        self.fanout.reply(id, &Reply::Checking);
        self.await_answer(now, id);
    }

    /// Somebody's password is checked no longer, who is told to try again.
    pub(super) fn give_up_check(&mut self, now: Time, id: ClientId) {
        if self.give_up_log_in(now, id) {
            return;
        }
        self.checks.waiting.retain(|waiting| waiting.id != id);
        self.begin_answer(id);
        self.fanout.reply(id, &Reply::Refused(&Refusal::OperBusy));
    }

    /// Whether [`Server::go_on_checking`] has something to do.
    pub(super) fn is_check_due(&self, now: Time) -> bool {
        self.checks.due.is_some_and(|due| due <= now)
    }

    /// Does some rounds of a check, if they are due. Who knows how long that took may say so by
    /// [`Server::pause_checks`].
    pub(super) fn go_on_checking(&mut self, now: Time) {
        if !self.is_check_due(now) {
            return;
        }
        self.forget_checks_of_gone();
        self.checks.due = None;
        let Some(place) = self.checks.first() else { return };
        let first = &mut self.checks.waiting[place];
        if let Some(right) = first.check.go_on(PASSWORD_ROUNDS_PER_TURN) {
            let Waiting { id, network, operator, .. } = self.checks.waiting.remove(place);
            self.conclude(now, id, network, operator, right);
            self.go_on_after_answer(id);
        }
        self.checks.due = (!self.checks.waiting.is_empty()).then(|| now + PASSWORD_PAUSE);
    }

    /// The last rounds have taken so long, until `ended`: they get a fifth of the time at most.
    pub(super) fn pause_checks(&mut self, ended: Time, took: Duration) {
        if let Some(due) = &mut self.checks.due {
            *due = ended + took * PASSWORD_PAUSE_SHARE;
        }
    }

    /// Who has left keeps nobody waiting.
    fn forget_checks_of_gone(&mut self) {
        self.checks.waiting.retain(|waiting| self.lobby.is_member(waiting.id));
    }

    /// Somebody has said to be this operator, if there is one, and its password was right or not.
    fn conclude(
        &mut self,
        now: Time,
        id: ClientId,
        network: Option<Network>,
        operator: Option<String>,
        right: bool,
    ) {
        if !self.lobby.is_member(id) {
            return;
        }
        let granted = right && operator.is_some();
        self.begin_answer(id);
        self.audit.push(Audited::Oper { id, operator, granted });
        if granted {
            self.checks.guesses.note_right(id, network);
            self.lobby.promote(id, &mut self.fanout);
        } else {
            self.checks.guesses.note_wrong(id, network);
            self.charge_guess(now, id);
            self.counters.passwords_refused += 1;
            self.fanout.reply(id, &Reply::Refused(&Refusal::OperWrong));
        }
    }

    /// Charges for a wrong password or key what it costs beside the command that brought it.
    pub(super) fn charge_guess(&mut self, now: Time, id: ClientId) {
        self.charge(now, id, FLOOD_PER_WRONG_PASSWORD - FLOOD_LINES_PER_ANNOUNCEMENT);
    }
}
