//! The rules of a room that can be switched.
//!
//! People on IRC know them as the modes of a channel, by letters, so letters are how they are
//! written down, too. They bind everybody in the room, whatever they speak.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A rule that holds in a room or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomRule {
    /// Nobody may send requests of one program to others (CTCP), but for actions.
    NoRequests,
    /// Only who has logged in to an account may come in.
    AccountsOnly,
    /// Only who is invited may come in.
    InvitedOnly,
    /// Only who has a voice, operators and the owner may speak.
    Moderated,
    /// Only members may speak.
    MembersOnly,
    /// The room is listed to nobody but its members.
    Secret,
    /// Only operators and the owner may set the topic.
    TopicLocked,
}

impl RoomRule {
    /// All of them, in the order of their letters.
    pub const ALL: [Self; 7] = [
        Self::NoRequests,
        Self::AccountsOnly,
        Self::InvitedOnly,
        Self::Moderated,
        Self::MembersOnly,
        Self::Secret,
        Self::TopicLocked,
    ];

    /// The letter by which it is known.
    pub fn letter(self) -> char {
        match self {
            Self::NoRequests => 'C',
            Self::AccountsOnly => 'R',
            Self::InvitedOnly => 'i',
            Self::Moderated => 'm',
            Self::MembersOnly => 'n',
            Self::Secret => 's',
            Self::TopicLocked => 't',
        }
    }

    /// The rule with this letter.
    pub fn of(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.letter() == letter)
    }
}

/// Some of the rules.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct RoomModes(u8);

/// Text that names rules, with a letter of none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no rule has that letter")]
pub struct UnknownRule;

impl RoomModes {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// Whether this rule is one of them.
    pub fn has(self, rule: RoomRule) -> bool {
        self.0 & Self::bit(rule) != 0
    }

    /// These, and one more.
    #[must_use]
    pub fn with(self, rule: RoomRule) -> Self {
        Self(self.0 | Self::bit(rule))
    }

    /// These, and all of the others.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These without the others.
    #[must_use]
    pub fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// Every one of them, in the order of their letters.
    pub fn rules(self) -> impl Iterator<Item = RoomRule> {
        RoomRule::ALL.into_iter().filter(move |rule| self.has(*rule))
    }

    /// The rules with these letters.
    ///
    /// # Errors
    /// One of them is no rule's.
    pub fn parse(letters: &str) -> Result<Self, UnknownRule> {
        letters.chars().try_fold(Self::NONE, |rules, letter| {
            RoomRule::of(letter).map(|rule| rules.with(rule)).ok_or(UnknownRule)
        })
    }

    fn bit(rule: RoomRule) -> u8 {
        1 << rule as u8
    }
}

impl Default for RoomModes {
    /// What holds in a room for which nobody has decided anything.
    fn default() -> Self {
        Self::NONE.with(RoomRule::MembersOnly).with(RoomRule::TopicLocked)
    }
}

impl fmt::Display for RoomModes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rules().try_for_each(|rule| write!(f, "{}", rule.letter()))
    }
}

impl fmt::Debug for RoomModes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{self}")
    }
}

impl TryFrom<SmolStr> for RoomModes {
    type Error = UnknownRule;

    fn try_from(letters: SmolStr) -> Result<Self, UnknownRule> {
        Self::parse(&letters)
    }
}

impl From<RoomModes> for SmolStr {
    fn from(modes: RoomModes) -> Self {
        modes.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_written_as_their_letters() {
        assert_eq!(RoomModes::default().to_string(), "nt");
        for letters in ["", "nt", "CRimnst"] {
            assert_eq!(RoomModes::parse(letters).unwrap().to_string(), letters);
        }
        assert_eq!(RoomModes::parse("nx"), Err(UnknownRule));
        let all = RoomModes::parse("CRimnst").unwrap();
        assert_eq!(all.without(RoomModes::default()).to_string(), "CRims");
        assert!(RoomModes::NONE.is_empty() && !all.is_empty());
        assert_eq!(serde_json::to_string(&RoomModes::default()).unwrap(), r#""nt""#);
        assert_eq!(serde_json::from_str::<RoomModes>(r#""mn""#).unwrap().to_string(), "mn");
    }
}
