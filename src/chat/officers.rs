//! The members who look after a room, its owner, if present, and its operators; and those who have
//! a voice there.
//!
//! They are known by name, so that it means the same in every lobby that has the room. No two
//! members have names that look alike, and whoever leaves looks after the room no more.

use serde::{Deserialize, Serialize};

use super::name::NameKey;
use super::refusal::Rank;

/// The owner, if present, the operators of one room, and who has a voice there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Officers {
    owner: Option<NameKey>,
    operators: Vec<NameKey>,
    /// Who may speak where not everybody may.
    #[serde(default)]
    voiced: Vec<NameKey>,
}

impl Officers {
    /// Whether nobody looks after the room or has a voice.
    pub(super) fn is_empty(&self) -> bool {
        self.owner.is_none() && self.operators.is_empty() && self.voiced.is_empty()
    }

    /// Whether this is the name of somebody who has a voice.
    pub(super) fn has_voice(&self, name: &NameKey) -> bool {
        self.voiced.contains(name)
    }

    /// Whether this is the name of somebody who looks after the room or has a voice.
    pub(super) fn has(&self, name: &NameKey) -> bool {
        self.names().any(|known| known == name)
    }

    /// The number of those who have a voice.
    pub(super) fn voiced(&self) -> usize {
        self.voiced.len()
    }

    /// Gives somebody a voice, or takes it away.
    pub(super) fn set_voice(&mut self, name: NameKey, may: bool) {
        if !may {
            self.voiced.retain(|voiced| *voiced != name);
        } else if !self.has_voice(&name) {
            self.voiced.push(name);
        }
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

    /// The rank of a member, and whether it has a voice. The key of its name is worked out only
    /// where somebody has either.
    pub(super) fn standing(&self, name: impl FnOnce() -> NameKey) -> (Rank, bool) {
        if self.is_empty() {
            return (Rank::Member, false);
        }
        let name = name();
        (self.rank(&name), self.has_voice(&name))
    }

    /// Whether this is the name of an operator, who may be the owner too.
    pub(super) fn is_operator(&self, name: &NameKey) -> bool {
        self.operators.contains(name)
    }

    /// Lets somebody own the room, and whoever did so far no more.
    pub(super) fn set_owner(&mut self, name: NameKey) {
        self.owner = Some(name);
    }

    /// Lets somebody look after the room no more.
    pub(super) fn resign(&mut self, name: &NameKey) {
        self.owner = self.owner.take().filter(|owner| owner != name);
        self.operators.retain(|operator| operator != name);
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
        self.resign(name);
        self.voiced.retain(|voiced| voiced != name);
    }

    /// Somebody has another name.
    pub(super) fn rename(&mut self, old: &NameKey, new: &NameKey) {
        let all = self.owner.iter_mut().chain(&mut self.operators).chain(&mut self.voiced);
        for name in all {
            if name == old {
                *name = new.clone();
            }
        }
    }

    /// The names of all of them.
    pub(super) fn names(&self) -> impl Iterator<Item = &NameKey> {
        self.owner.iter().chain(&self.operators).chain(&self.voiced)
    }
}
