//! New accounts and passwords on their way to the disk: a client is told when they are stored.

use super::{PasswordMac, Server};
use crate::chat::{AccountAnswer, AccountRefusal, NameKey, Outlet, Reply};
use crate::id::ClientId;
use crate::scram::Verifier;
use crate::server::session::Phase;
use crate::time::Time;

/// A new account or password that is to be stored.
#[derive(Debug)]
pub(super) struct Storing {
    /// Who waits; `None`: nobody any more.
    pub(super) id: Option<ClientId>,
    pub(super) key: NameKey,
    /// What was known of the password before; `None`: the account is new.
    pub(super) before: Option<Verifier>,
    pub(super) mac: PasswordMac,
}

impl Server {
    /// Tells those whose accounts or passwords were stored since this was last called, or could
    /// not be.
    pub(in crate::server) fn conclude_storing(&mut self, now: Time) {
        let Some(well) = self.log_ins.saved.take() else { return };
        for storing in std::mem::take(&mut self.log_ins.storing) {
            if self.lobby.is_account_stored(&storing.key) {
                self.note_stored(now, storing);
            } else if well {
                // There was more to be saved than one commit takes.
                self.log_ins.storing.push(storing);
            } else {
                self.undo(storing);
            }
        }
    }

    fn note_stored(&mut self, now: Time, storing: Storing) {
        let Storing { id, key, before, mac } = storing;
        self.log_ins.proved.note(key.clone(), mac);
        let Some(id) = id.filter(|id| self.is_waiting(*id)) else { return };
        self.begin_answer(id);
        if before.is_some() {
            self.fanout.reply(id, &Reply::Account(AccountAnswer::PasswordChanged));
        } else {
            self.counters.registrations += 1;
            self.admit(now, id, &key, None, false);
        }
        self.end_log_in(now, id);
    }

    fn undo(&mut self, storing: Storing) {
        let Storing { id, key, before, .. } = storing;
        match before {
            Some(before) => drop(self.lobby.change_password_of(&key, before)),
            None => self.lobby.remove_account(&key),
        }
        let Some(id) = id.filter(|id| self.is_waiting(*id)) else { return };
        self.begin_answer(id);
        self.refuse_account(id, AccountRefusal::NotStored);
        self.go_on_after_answer(id);
    }

    /// Whether a client is still here and waits for an answer.
    fn is_waiting(&self, id: ClientId) -> bool {
        let session = self.sessions.get(id);
        session.is_some_and(|session| session.awaits_answer && session.phase != Phase::Closing)
    }
}
