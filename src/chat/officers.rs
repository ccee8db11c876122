//! The members who look after a room: its owner, if present, and its operators.
//!
//! They are known by name, so that it means the same in every lobby that has the room. No two
//! members have names that look alike, and whoever leaves looks after the room no more.

use serde::{Deserialize, Serialize};

use super::name::NameKey;
use super::refusal::Rank;

/// The owner, if present, and the operators of one room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Officers {
    owner: Option<NameKey>,
    operators: Vec<NameKey>,
}

impl Officers {
    /// Whether nobody looks after the room.
    pub(super) fn is_empty(&self) -> bool {
        self.owner.is_none() && self.operators.is_empty()
    }

    /// The number of operators.
    pub(super) fn operators(&self) -> usize {
        self.operators.len()
    }

    /// The rank of the member of this name.
    pub(super) fn rank(&self, name: &NameKey) -> Rank {
        match name {
            _ if self.owner.as_ref() == Some(name) => Rank::Owner,
            _ if self.is_operator(name) => Rank::Operator,
            _ => Rank::Member,
        }
    }

    /// The rank of a member, whose name's key is worked out only where somebody looks after the
    /// room.
    pub(super) fn rank_of(&self, name: impl FnOnce() -> NameKey) -> Rank {
        if self.is_empty() { Rank::Member } else { self.rank(&name()) }
    }

    /// Whether this is the name of an operator, who may be the owner too.
    pub(super) fn is_operator(&self, name: &NameKey) -> bool {
        self.operators.contains(name)
    }

    /// Lets somebody own the room, and whoever did so far no more.
    pub(super) fn set_owner(&mut self, name: NameKey) {
        self.owner = Some(name);
    }

    /// Lets somebody keep order, or not any more.
    pub(super) fn set_operator(&mut self, name: NameKey, may: bool) {
        if !may {
            self.operators.retain(|operator| *operator != name);
        } else if !self.is_operator(&name) {
            self.operators.push(name);
        }
    }

    /// Somebody has left.
    pub(super) fn forget(&mut self, name: &NameKey) {
        self.owner = self.owner.take().filter(|owner| owner != name);
        self.operators.retain(|operator| operator != name);
    }

    /// Somebody has another name.
    pub(super) fn rename(&mut self, old: &NameKey, new: &NameKey) {
        for name in self.owner.iter_mut().chain(&mut self.operators) {
            if name == old {
                *name = new.clone();
            }
        }
    }

    /// The names of all of them.
    pub(super) fn names(&self) -> impl Iterator<Item = &NameKey> {
        self.owner.iter().chain(&self.operators)
    }
}
