//! Masks: whom a ban, a mute or an exception is on, where that is no single person.
//!
//! A mask names people as IRC does, `nick!user@cloak`, with `*` for any characters and `?` for one;
//! or an account, `a:NAME`. Capitals count for nothing.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::person::Person;
use super::wildcard::{Folded, Wildcard};
use crate::limits::MASK_BYTES_MAX;
use crate::text::is_unsafe;

/// What a mask that names an account begins with.
const ACCOUNT: &str = "a:";

/// A mask, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mask(SmolStr);

/// What a mask is on.
enum Parts<'a> {
    Account(&'a str),
    Person { nick: &'a str, user: &'a str, cloak: &'a str },
}

/// A mask, taken apart and folded once for many looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    Account(Wildcard),
    Person { nick: Wildcard, user: Wildcard, cloak: Wildcard },
}

/// All of a person that masks look at, folded once for many masks.
#[derive(Debug)]
pub(super) struct Looks {
    account: Option<Folded>,
    nick: Folded,
    user: Folded,
    cloak: Folded,
}

impl Looks {
    pub(super) fn of(person: Person<'_>) -> Self {
        Self {
            account: person.account().map(|account| Folded::of(account.as_str())),
            nick: Folded::of(person.as_str()),
            user: Folded::of(person.user()),
            cloak: Folded::of(person.cloak().as_str()),
        }
    }
}

impl Pattern {
    /// Whether the mask is on a person who looks like this.
    pub(super) fn fits(&self, looks: &Looks) -> bool {
        match self {
            Self::Account(account) => {
                looks.account.as_ref().is_some_and(|own| account.matches(own))
            }
            Self::Person { nick, user, cloak } => {
                nick.matches(&looks.nick)
                    && user.matches(&looks.user)
                    && cloak.matches(&looks.cloak)
            }
        }
    }
}

impl Mask {
    /// The mask that somebody has typed, with whatever was left out: a word is a nickname, and
    /// `user@cloak` holds for every nickname. `None`: it is too long, or no mask.
    pub fn parse(typed: &str) -> Option<Self> {
        let is_good = |character: char| !character.is_whitespace() && !is_unsafe(character);
        if typed.is_empty() || typed.len() > MASK_BYTES_MAX || !typed.chars().all(is_good) {
            return None;
        }
        if let Some(account) = typed.strip_prefix(ACCOUNT) {
            return (!account.is_empty()).then(|| Self(typed.into()));
        }
        let any = |part: &str| if part.is_empty() { "*".into() } else { SmolStr::from(part) };
        let (person, cloak) = typed.rsplit_once('@').unwrap_or((typed, ""));
        let (nick, user) = match person.split_once('!') {
            Some(both) => both,
            None if typed.contains('@') => ("", person),
            None => (person, ""),
        };
        let mut written = String::new();
        let _ = write!(written, "{}!{}@{}", any(nick), any(user), any(cloak));
        Some(Self(written.into()))
    }

    /// The mask of everybody with this cloak.
    pub fn of_cloak(cloak: &str) -> Self {
        Self(format!("*!*@{cloak}").into())
    }

    /// The mask of everybody with this nickname and this cloak.
    pub fn of_both(name: &str, cloak: &str) -> Self {
        Self(format!("{name}!*@{cloak}").into())
    }

    /// The mask of one nickname.
    pub fn of_nickname(name: &str) -> Self {
        Self(format!("{name}!*@*").into())
    }

    /// The mask as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nickname, if the mask names one person and nothing else of it.
    pub fn nickname(&self) -> Option<&str> {
        match self.parts() {
            Parts::Person { nick, user: "*", cloak: "*" } if !nick.contains(['*', '?']) => {
                Some(nick)
            }
            _ => None,
        }
    }

    /// Whether both name the same people, capitals or not.
    pub fn is_like(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }

    /// The mask, folded for many looks.
    pub(super) fn pattern(&self) -> Pattern {
        match self.parts() {
            Parts::Account(account) => Pattern::Account(Wildcard::new(account)),
            Parts::Person { nick, user, cloak } => {
                let [nick, user, cloak] = [nick, user, cloak].map(Wildcard::new);
                Pattern::Person { nick, user, cloak }
            }
        }
    }

    fn parts(&self) -> Parts<'_> {
        if let Some(account) = self.0.strip_prefix(ACCOUNT) {
            return Parts::Account(account);
        }
        let (person, cloak) = self.0.rsplit_once('@').unwrap_or((&self.0, "*"));
        let (nick, user) = person.split_once('!').unwrap_or((person, "*"));
        Parts::Person { nick, user, cloak }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(typed: &str) -> Option<String> {
        Mask::parse(typed).map(|mask| mask.as_str().to_owned())
    }

    #[test]
    fn what_was_left_out_is_anything() {
        for (typed, meant) in [
            ("bob", "bob!*@*"),
            ("b?b*", "b?b*!*@*"),
            ("bob!irc", "bob!irc@*"),
            ("~irc@*", "*!~irc@*"),
            ("*!*@8k2m.ip", "*!*@8k2m.ip"),
            ("!@", "*!*@*"),
            ("a:bob", "a:bob"),
        ] {
            assert_eq!(mask(typed).as_deref(), Some(meant), "{typed}");
        }
        for typed in ["", "a b", "a\x07", "a:", &"x".repeat(MASK_BYTES_MAX + 1)] {
            assert_eq!(mask(typed), None, "{typed:?}");
        }
        assert_eq!(Mask::parse("bob").unwrap().nickname(), Some("bob"));
        for typed in ["b*b", "bob!irc", "bob!*@x", "a:bob"] {
            assert_eq!(Mask::parse(typed).unwrap().nickname(), None, "{typed}");
        }
    }
}
