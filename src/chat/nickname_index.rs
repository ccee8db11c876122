//! The index of nicknames, which finds members by what a name looks like.
//!
//! The members keep the names themselves; the index has one number for each, so that a registered
//! name costs little more than its text.
//!
//! Invariant: holds every member whose name was given, once, under the hash that the member keeps.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use hashbrown::HashTable;

use super::member::Member;
use super::name::NameKey;
use crate::id::{ClientId, SideTable};

/// The index of nicknames.
#[derive(Debug, Default)]
pub(super) struct NicknameIndex {
    table: HashTable<ClientId>,
    hasher: RandomState,
}

impl NicknameIndex {
    /// The hash by which a name is found. Keyed at random, so that nobody can choose names that
    /// collide.
    pub(super) fn hash(&self, key: &NameKey) -> u32 {
        self.hasher.hash_one(key) as u32
    }

    /// The member whose nickname has this key.
    pub(super) fn find(&self, key: &NameKey, members: &SideTable<Member>) -> Option<ClientId> {
        let hash = self.hash(key);
        let same = |id: &ClientId| {
            let member = members.get(*id);
            member.is_some_and(|other| other.name_hash == hash && other.nickname.key() == *key)
        };
        self.table.find(spread(hash), same).copied()
    }

    /// Notes the name of a member that is in the table.
    pub(super) fn insert(&mut self, id: ClientId, members: &SideTable<Member>) {
        self.table.insert_unique(hash_of(id, members), id, |id| hash_of(*id, members));
    }

    /// Forgets a name.
    pub(super) fn remove(&mut self, id: ClientId, name_hash: u32) {
        if let Ok(entry) = self.table.find_entry(spread(name_hash), |other| *other == id) {
            entry.remove();
        }
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self, members: &SideTable<Member>) {
        self.table.shrink_to_fit(|id| hash_of(*id, members));
    }

    /// The number of names.
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }
}

fn hash_of(id: ClientId, members: &SideTable<Member>) -> u64 {
    members.get(id).map_or(0, |member| spread(member.name_hash))
}

/// The hash as the table wants it, which looks at both ends of 64 bits.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}
