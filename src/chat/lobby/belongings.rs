//! What belongs to whom: to the account to which a client is logged in, or to the client itself, as
//! that of a bot does, whose account is not stored.

use super::Lobby;
use crate::chat::belongings::Holder;
use crate::chat::name::NameKey;
use crate::chat::refusal::Refusal;
use crate::id::ClientId;

impl Lobby {
    /// Whose what a client has is.
    pub(super) fn holder(&self, id: ClientId) -> Holder {
        match self.accounts.stored_key_of(id) {
            Some(account) => Holder::Account(account.clone()),
            None => Holder::Client(id),
        }
    }

    /// The same, after what belongs to it was looked for in the archive if it is not in memory.
    pub(super) fn holder_in_memory(&mut self, id: ClientId) -> Result<Holder, Refusal> {
        let holder = self.holder(id);
        if let Holder::Account(account) = &holder
            && !self.belongings.has_account(account)
            && let Some(archive) = &self.archive
        {
            let mut stored = archive.belongings(account).map_err(|_| Refusal::Unreadable)?;
            self.unsaved.renames.follow_marks(&mut stored);
            self.belongings.take_in(account.clone(), stored);
        }
        Ok(holder)
    }

    /// Gives what belongs to a client that has just logged in to its account.
    pub(super) fn bring_belongings(&mut self, id: ClientId) {
        // Where it cannot be read now, it is looked for again when it is needed.
        let Ok(holder) = self.holder_in_memory(id) else { return };
        let Some(own) = self.belongings.remove_client(id) else { return };
        if !own.is_empty() {
            self.belongings.change(&holder).merge(&own);
        }
    }

    /// Logs a client out of its account, if it is logged in. Whether it was.
    pub(super) fn end_log_in(&mut self, id: ClientId) -> bool {
        let account = self.accounts.stored_key_of(id).cloned();
        let was_logged_in = self.accounts.log_out(id);
        if let Some(account) = account {
            self.release_belongings(&account);
        }
        was_logged_in
    }

    /// Forgets what belongs to an account, if nobody is logged in to it and all of it is stored.
    pub(super) fn release_belongings(&mut self, account: &NameKey) {
        if self.accounts.clients_of(account).is_empty() {
            self.belongings.release(account);
        }
    }
}
