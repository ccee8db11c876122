//! What is kept for people besides their profiles: for an account as long as there is one, for a
//! client without an account as long as it is here.
//!
//! What belongs to an account is in memory while somebody is logged in to it, and until what has
//! changed is stored; the rest is in the archive.
//!
//! Invariants: the list of changes names each account once; an account whose belongings are stored
//! and to which nobody is logged in has none here.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::metadata::Metadata;
use super::name::NameKey;
use super::read_marks::{ReadMark, ReadMarks};
use super::stored::{BelongingsChanges, StoredBelongings};
use crate::id::ClientId;

/// Whose something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// An account's.
    Account(NameKey),
    /// A client's that is logged in to none.
    Client(ClientId),
}

/// What belongs to one account, or to one client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Belongings {
    pub(super) marks: ReadMarks,
    #[serde(default)]
    metadata: Metadata,
    /// The metadata is to be saved.
    #[serde(default)]
    is_described_anew: bool,
}

impl Belongings {
    pub(super) fn is_empty(&self) -> bool {
        self.marks.is_empty() && self.metadata.is_empty()
    }

    /// Takes over what others have and this has not, or has older.
    pub(super) fn merge(&mut self, others: &Self) {
        self.marks.merge(&others.marks);
        self.is_described_anew |= self.metadata.merge(&others.metadata);
    }

    /// Gives a key of its metadata a value; empty: none.
    pub(super) fn set_metadata(&mut self, key: &str, value: &str) {
        self.is_described_anew |= self.metadata.set(key, value);
    }

    fn restored(stored: StoredBelongings) -> Self {
        let (marks, metadata) = (ReadMarks::restored(stored.marks), stored.metadata);
        Self { marks, metadata, is_described_anew: false }
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Kept {
    belongings: Belongings,
    is_unsaved: bool,
}

/// The belongings of everybody who is here.
#[derive(Debug, Default)]
pub(super) struct AllBelongings {
    of_accounts: HashMap<NameKey, Box<Kept>>,
    of_clients: HashMap<ClientId, Box<Belongings>>,
    /// Accounts of which something has changed since the last save.
    unsaved: VecDeque<NameKey>,
}

/// All of them, for another process.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct BelongingsState {
    of_accounts: Vec<(NameKey, Kept)>,
    of_clients: Vec<(ClientId, Belongings)>,
}

impl AllBelongings {
    /// Whether what belongs to an account is in memory.
    pub(super) fn has_account(&self, account: &NameKey) -> bool {
        self.of_accounts.contains_key(account)
    }

    /// Takes in what belongs to an account.
    pub(super) fn take_in(&mut self, account: NameKey, stored: StoredBelongings) {
        let kept = Kept { belongings: Belongings::restored(stored), is_unsaved: false };
        self.of_accounts.insert(account, Box::new(kept));
    }

    /// The metadata of a client that is logged in to this account, if it is to any.
    pub(super) fn metadata_of(&self, account: Option<&NameKey>, id: ClientId) -> &Metadata {
        let own = match account {
            Some(account) => self.of_accounts.get(account).map(|kept| &kept.belongings),
            None if self.of_clients.is_empty() => None,
            None => self.of_clients.get(&id).map(AsRef::as_ref),
        };
        own.map_or(Metadata::NONE, |own| &own.metadata)
    }

    /// What belongs to somebody, as far as it is in memory.
    pub(super) fn of(&self, holder: &Holder) -> Option<&Belongings> {
        match holder {
            Holder::Account(account) => self.of_accounts.get(account).map(|kept| &kept.belongings),
            Holder::Client(id) => self.of_clients.get(id).map(AsRef::as_ref),
        }
    }

    /// The same, to be changed: an account's is to be saved then.
    pub(super) fn change(&mut self, holder: &Holder) -> &mut Belongings {
        match holder {
            Holder::Client(id) => self.of_clients.entry(*id).or_default(),
            Holder::Account(account) => {
                let kept = self.of_accounts.entry(account.clone()).or_default();
                if !std::mem::replace(&mut kept.is_unsaved, true) {
                    self.unsaved.push_back(account.clone());
                }
                &mut kept.belongings
            }
        }
    }

    /// Has the read marks of two conversations change places, those of everybody. What is left of a
    /// room that is no more then bears the other name: it lies before all that is said in a new
    /// room of that name, and hides none of it.
    pub(super) fn exchange_marks(&mut self, one: &str, other: &str) {
        for own in self.of_clients.values_mut() {
            own.marks.exchange(one, other);
        }
        for (account, kept) in &mut self.of_accounts {
            if kept.belongings.marks.exchange(one, other)
                && !std::mem::replace(&mut kept.is_unsaved, true)
            {
                self.unsaved.push_back(account.clone());
            }
        }
    }

    /// Takes away what belongs to a client alone.
    pub(super) fn remove_client(&mut self, id: ClientId) -> Option<Box<Belongings>> {
        if self.of_clients.is_empty() { None } else { self.of_clients.remove(&id) }
    }

    /// Forgets what belongs to an account to which nobody is logged in, if all of it is stored.
    pub(super) fn release(&mut self, account: &NameKey) {
        if self.of_accounts.get(account).is_some_and(|kept| !kept.is_unsaved) {
            self.of_accounts.remove(account);
        }
    }

    /// Nobody is here any more: what is stored is forgotten.
    pub(super) fn dismiss_everyone(&mut self) {
        self.of_clients = HashMap::new();
        self.of_accounts.retain(|_, kept| kept.is_unsaved);
    }

    /// Whether something is to be saved.
    pub(super) fn has_unsaved(&self) -> bool {
        !self.unsaved.is_empty()
    }

    /// What has changed, account by account until that makes so many rows.
    pub(super) fn unsaved(&self, most: usize) -> Vec<BelongingsChanges<'_>> {
        let (mut changed, mut rows) = (Vec::new(), 0);
        for account in &self.unsaved {
            let Some(kept) = self.of_accounts.get(account) else { continue };
            if rows >= most {
                break;
            }
            let marks: Vec<(usize, &ReadMark)> = kept.belongings.marks.unsaved().collect();
            let own = &kept.belongings;
            let metadata = own.is_described_anew.then_some(&own.metadata);
            let changes = BelongingsChanges { account, marks, metadata };
            rows += changes.rows();
            changed.push(changes);
        }
        changed
    }

    /// What has changed of the first so many accounts was saved.
    pub(super) fn note_saved(&mut self, count: usize, is_here: impl Fn(&NameKey) -> bool) {
        for account in self.unsaved.drain(..count) {
            if !is_here(&account) {
                self.of_accounts.remove(&account);
            } else if let Some(kept) = self.of_accounts.get_mut(&account) {
                kept.is_unsaved = false;
                kept.belongings.marks.note_saved();
                kept.belongings.is_described_anew = false;
            }
        }
    }

    /// All of them, for another process.
    pub(super) fn handed_over(&self) -> BelongingsState {
        let accounts = self.of_accounts.iter().map(|(key, kept)| (key.clone(), (**kept).clone()));
        let clients = self.of_clients.iter().map(|(id, own)| (*id, (**own).clone()));
        BelongingsState { of_accounts: accounts.collect(), of_clients: clients.collect() }
    }

    /// Goes on where another process has stopped.
    pub(super) fn take_over(&mut self, state: BelongingsState) {
        for (key, kept) in state.of_accounts {
            if kept.is_unsaved {
                self.unsaved.push_back(key.clone());
            }
            self.of_accounts.insert(key, Box::new(kept));
        }
        let clients = state.of_clients.into_iter();
        self.of_clients = clients.map(|(id, own)| (id, Box::new(own))).collect();
    }

    /// Panics where the tables disagree. For tests.
    pub(super) fn check_invariants(&self, is_here: impl Fn(&NameKey) -> bool) {
        for (account, kept) in &self.of_accounts {
            let listed = self.unsaved.iter().filter(|unsaved| *unsaved == account).count();
            assert_eq!(listed, usize::from(kept.is_unsaved), "a change is listed once");
            assert!(kept.is_unsaved || is_here(account), "belongings of an account not in use");
        }
        assert!(self.unsaved.iter().all(|key| self.of_accounts.contains_key(key)), "no change");
    }
}
