//! Who is muted in one room, as it was found since its lists changed last.
//!
//! A verdict is of a person as it was looked at: under another nickname, or logged in to another
//! account, it is looked at anew. User names and networks of a client never change.

use std::cell::RefCell;
use std::collections::HashMap;

use super::name::Nickname;
use super::person::Person;
use crate::id::ClientId;
use crate::limits::VERDICTS_MAX;
use crate::time::UnixTime;

/// What was found of those who spoke.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdicts(RefCell<HashMap<ClientId, Verdict>>);

/// What was found of one person.
#[derive(Clone, Debug)]
struct Verdict {
    nickname: Nickname,
    account: Option<Nickname>,
    /// The number of the mute on it.
    mute: Option<u32>,
    /// When it was found.
    from: UnixTime,
    /// When it is to be looked at anew.
    until: Option<UnixTime>,
}

impl Verdicts {
    /// The number of the mute on a person; `None`: that is to be found.
    pub(super) fn known(&self, person: Person<'_>, now: UnixTime) -> Option<Option<u32>> {
        let verdicts = self.0.borrow();
        let verdict = verdicts.get(&person.id()?)?;
        let holds = verdict.from <= now && verdict.until.is_none_or(|until| now < until);
        let is_same =
            verdict.nickname == *person.nickname() && verdict.account.as_ref() == person.account();
        (holds && is_same).then_some(verdict.mute)
    }

    /// Remembers what was found.
    pub(super) fn note(
        &self,
        person: Person<'_>,
        mute: Option<u32>,
        from: UnixTime,
        until: Option<UnixTime>,
    ) {
        let Some(id) = person.id() else { return };
        let mut verdicts = self.0.borrow_mut();
        if verdicts.len() >= VERDICTS_MAX {
            verdicts.clear();
        }
        let (nickname, account) = (person.nickname().clone(), person.account().cloned());
        verdicts.insert(id, Verdict { nickname, account, mute, from, until });
    }

    /// Forgets everything: the lists have changed.
    pub(super) fn forget(&mut self) {
        *self.0.get_mut() = HashMap::new();
    }
}
