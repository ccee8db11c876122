//! The table of accounts, and who is logged in to which.
//!
//! All are in memory: a nickname is looked up here before it is given, and an account takes some
//! 250 bytes. What has changed is saved with the rooms.
//!
//! A bot has an account for as long as it has tokens: it is known from the settings, and never
//! saved. Its password is any of its tokens, which `server` knows.
//!
//! Invariants: an account is found by the key of its name; whoever is logged in, is to an account
//! that there is, and is found by it; the list of changes names each account once; a bot has no
//! account whose name is somebody's already.

use std::collections::{HashMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::account::Account;
use super::name::NameKey;
use crate::id::ClientId;
use crate::scram::Verifier;
use crate::time::UnixTime;

/// Every account.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    known: HashMap<NameKey, Entry>,
    /// Those of bots.
    bots: HashMap<NameKey, Account>,
    /// Those that have changed since the last save.
    unsaved: VecDeque<NameKey>,
    /// Who is logged in.
    logins: HashMap<ClientId, NameKey>,
    /// The same, by account.
    clients: HashMap<NameKey, SmallVec<[ClientId; 2]>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    account: Account,
    is_unsaved: bool,
    /// The change must outlive a loss of power: its owner is told only then.
    must_last: bool,
}

/// All of it, for another process.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct AccountsState {
    known: Vec<Entry>,
    logins: Vec<(ClientId, NameKey)>,
}

impl Accounts {
    /// The number of accounts.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// The account of this key.
    pub(super) fn get(&self, key: &NameKey) -> Option<&Account> {
        self.known.get(key).map(|entry| &entry.account).or_else(|| self.bots.get(key))
    }

    /// Whether an account is a bot's.
    pub(super) fn is_bots(&self, key: &NameKey) -> bool {
        !self.bots.is_empty() && self.bots.contains_key(key)
    }

    /// The account to which a client is logged in.
    pub(super) fn of(&self, id: ClientId) -> Option<&Account> {
        if self.logins.is_empty() {
            return None;
        }
        self.get(self.logins.get(&id)?)
    }

    /// The key of the account to which a client is logged in, if it is one that is stored.
    pub(super) fn stored_key_of(&self, id: ClientId) -> Option<&NameKey> {
        if self.logins.is_empty() {
            return None;
        }
        self.logins.get(&id).filter(|key| !self.is_bots(key))
    }

    /// Those who are logged in to an account.
    pub(super) fn clients_of(&self, key: &NameKey) -> &[ClientId] {
        if self.clients.is_empty() {
            return &[];
        }
        self.clients.get(key).map_or(&[], |clients| clients.as_slice())
    }

    /// Whether a name is an account's to which this client is not logged in.
    pub(super) fn is_anothers(&self, id: ClientId, key: &NameKey) -> bool {
        !self.known.is_empty()
            && self.known.contains_key(key)
            && self.logins.get(&id).is_none_or(|own| own != key)
    }

    /// Whether a client is logged in to the account of this key.
    pub(super) fn is_logged_in_to(&self, id: ClientId, key: &NameKey) -> bool {
        self.logins.get(&id) == Some(key)
    }

    /// Takes in an account that is stored.
    pub(super) fn restore(&mut self, account: Account) {
        let entry = Entry { account, is_unsaved: false, must_last: false };
        let key = entry.account.key();
        self.bots.remove(&key);
        self.known.insert(key, entry);
    }

    /// Replaces the accounts of bots. Those who were logged in to one that is no more are not any
    /// more.
    pub(super) fn set_bots(&mut self, bots: impl Iterator<Item = Account>) {
        let bots = bots.map(|account| (account.key(), account));
        self.bots = bots.filter(|(key, _)| !self.known.contains_key(key)).collect();
        self.log_out_strangers();
    }

    /// Who is logged in to the account of a bot that `stays` does not name.
    pub(super) fn logged_in_to_bots_but(&self, stays: &HashSet<NameKey>) -> Vec<ClientId> {
        let leaves = |key: &NameKey| self.is_bots(key) && !stays.contains(key);
        self.logins.iter().filter(|(_, key)| leaves(key)).map(|(id, _)| *id).collect()
    }

    fn log_out_strangers(&mut self) {
        let (known, bots) = (&self.known, &self.bots);
        let is_there = |key: &NameKey| known.contains_key(key) || bots.contains_key(key);
        self.logins.retain(|_, key| is_there(key));
        self.clients.retain(|key, _| is_there(key));
    }

    /// Adds an account, which is to be stored.
    pub(super) fn add(&mut self, account: Account) {
        let key = account.key();
        self.restore(account);
        self.note_changed(&key, true);
    }

    /// Gives an account another password. Returns what was known of the one so far.
    pub(super) fn change(&mut self, key: &NameKey, verifier: Verifier) -> Option<Verifier> {
        let entry = self.known.get_mut(key)?;
        let old = std::mem::replace(&mut entry.account.verifier, verifier);
        self.note_changed(key, true);
        Some(old)
    }

    /// Removes an account that could not be stored, and was not before.
    pub(super) fn remove(&mut self, key: &NameKey) {
        self.known.remove(key);
        self.unsaved.retain(|unsaved| unsaved != key);
        self.logins.retain(|_, own| own != key);
        self.clients.remove(key);
    }

    /// Logs a client in to an account that there is. Whether anything has changed for others.
    pub(super) fn log_in(&mut self, id: ClientId, key: &NameKey, now: UnixTime) -> bool {
        if let Some(entry) = self.known.get_mut(key) {
            // To be stored once a day at most, not at each log-in.
            if std::mem::replace(&mut entry.account.seen, now).day() != now.day() {
                self.note_changed(key, false);
            }
        }
        if self.logins.get(&id) == Some(key) {
            return false;
        }
        self.log_out(id);
        self.logins.insert(id, key.clone());
        self.clients.entry(key.clone()).or_default().push(id);
        true
    }

    /// Logs a client out, or forgets one that is gone. Whether it was logged in.
    pub(super) fn log_out(&mut self, id: ClientId) -> bool {
        if self.logins.is_empty() {
            return false;
        }
        let Some(key) = self.logins.remove(&id) else { return false };
        if let Some(clients) = self.clients.get_mut(&key) {
            clients.retain(|client| *client != id);
            if clients.is_empty() {
                self.clients.remove(&key);
            }
        }
        true
    }

    /// Nobody is here any more.
    pub(super) fn dismiss_everyone(&mut self) {
        (self.logins, self.clients) = Default::default();
    }

    /// Whether something is to be saved.
    pub(super) fn has_unsaved(&self) -> bool {
        !self.unsaved.is_empty()
    }

    /// Accounts that have changed, at most so many, and whether that must outlive a loss of power.
    pub(super) fn unsaved(&self, most: usize) -> (Vec<&Account>, bool) {
        let entries = self.unsaved.iter().take(most).filter_map(|key| self.known.get(key));
        let must_last = entries.clone().any(|entry| entry.must_last);
        (entries.map(|entry| &entry.account).collect(), must_last)
    }

    /// The first so many of those were saved.
    pub(super) fn note_saved(&mut self, count: usize) {
        for key in self.unsaved.drain(..count) {
            if let Some(entry) = self.known.get_mut(&key) {
                (entry.is_unsaved, entry.must_last) = (false, false);
            }
        }
    }

    /// Whether the account of this key is as it is stored.
    pub(super) fn is_saved(&self, key: &NameKey) -> bool {
        self.known.get(key).is_some_and(|entry| !entry.must_last)
    }

    fn note_changed(&mut self, key: &NameKey, must_last: bool) {
        let Some(entry) = self.known.get_mut(key) else { return };
        entry.must_last |= must_last;
        if !std::mem::replace(&mut entry.is_unsaved, true) {
            self.unsaved.push_back(key.clone());
        }
    }

    /// All of it, for another process.
    pub(super) fn handed_over(&self) -> AccountsState {
        AccountsState {
            known: self.known.values().cloned().collect(),
            logins: self.logins.iter().map(|(id, key)| (*id, key.clone())).collect(),
        }
    }

    /// Goes on where another process has stopped.
    pub(super) fn take_over(&mut self, state: AccountsState) {
        for entry in state.known {
            let key = entry.account.key();
            if entry.is_unsaved {
                self.unsaved.push_back(key.clone());
            }
            self.bots.remove(&key);
            self.known.insert(key, entry);
        }
        let mut logins = state.logins;
        logins.sort_unstable_by_key(|(id, _)| *id);
        for (id, key) in &logins {
            self.clients.entry(key.clone()).or_default().push(*id);
        }
        self.logins = logins.into_iter().collect();
        self.log_out_strangers();
    }

    /// Panics where the tables disagree. For tests.
    pub(super) fn check_invariants(&self) {
        for (key, entry) in &self.known {
            assert_eq!(*key, entry.account.key(), "an account is found by its name");
            let listed = self.unsaved.iter().filter(|unsaved| *unsaved == key).count();
            assert_eq!(listed, usize::from(entry.is_unsaved), "a change is listed once");
        }
        for (id, key) in &self.logins {
            assert!(self.get(key).is_some(), "{id} is logged in to no account");
            assert!(self.clients_of(key).contains(id), "{id} is not found by its account");
        }
        for key in self.bots.keys() {
            assert!(!self.known.contains_key(key), "a bot has somebody's account");
        }
        let clients: usize = self.clients.values().map(|clients| clients.len()).sum();
        assert_eq!(clients, self.logins.len(), "who is logged in, by account");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Nickname;
    use crate::scram::SALT_BYTES;

    fn account(name: &str) -> Account {
        let name = Nickname::restored(name).unwrap();
        let verifier = Verifier::of_nobody([1; SALT_BYTES], 1, b"x");
        let now = UnixTime::default();
        Account { name, verifier, email: None, made: now, seen: now }
    }

    #[test]
    fn names_belong_to_who_is_logged_in() {
        let (mut accounts, [alice, bob]) = (Accounts::default(), [1, 2].map(ClientId::from_bits));
        let key = NameKey::of("alice");
        accounts.add(account("Alice"));
        assert!(accounts.is_anothers(alice, &key));
        assert!(accounts.log_in(alice, &key, UnixTime::default()));
        assert!(!accounts.log_in(alice, &key, UnixTime::default()), "nothing new");
        assert!(!accounts.is_anothers(alice, &key) && accounts.is_anothers(bob, &key));
        assert_eq!(accounts.of(alice).map(|account| account.name.as_str()), Some("Alice"));
        assert!(accounts.log_out(alice) && !accounts.log_out(alice));
        accounts.remove(&key);
        assert!(!accounts.is_anothers(bob, &key));
        accounts.check_invariants();
    }

    #[test]
    fn changes_are_saved_once_and_again_if_that_fails() {
        let mut accounts = Accounts::default();
        let names = |accounts: &Accounts, most| -> Vec<String> {
            let (changed, _) = accounts.unsaved(most);
            changed.iter().map(|account| account.name.as_str().to_owned()).collect()
        };
        ["alice", "bob"].iter().for_each(|name| accounts.add(account(name)));
        assert_eq!(names(&accounts, 9), ["alice", "bob"]);
        assert!(accounts.unsaved(9).1 && !accounts.is_saved(&NameKey::of("alice")));
        accounts.note_saved(1);
        assert_eq!(names(&accounts, 9), ["bob"]);
        assert!(accounts.is_saved(&NameKey::of("alice")));
        accounts.note_saved(1);
        let tomorrow = UnixTime::from_millis(90_000_000);
        let alice = ClientId::from_bits(1);
        accounts.log_in(alice, &NameKey::of("alice"), tomorrow);
        accounts.log_in(alice, &NameKey::of("alice"), tomorrow);
        assert_eq!(names(&accounts, 9), ["alice"]);
        assert!(!accounts.unsaved(9).1, "a date may be lost");
        let state = serde_json::to_string(&accounts.handed_over()).unwrap();
        let mut later = Accounts::default();
        later.take_over(serde_json::from_str(&state).unwrap());
        assert_eq!((names(&later, 9), later.len()), (vec!["alice".to_owned()], 2));
        assert!(later.of(alice).is_some());
        later.check_invariants();
    }
}
