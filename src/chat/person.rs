//! How an event names a person: by the nickname, and with whatever a reader may ask for besides.
//!
//! Most readers are shown the nickname alone. So everything else is looked up when an encoding asks
//! for it: an event that nobody reads in such an encoding costs a few pointers.

use std::fmt;

use super::author::Author;
use super::cloak::Cloak;
use super::name::Nickname;
use super::network::Network;
use super::profile::{PLAIN_USER, Profile, Profiles};
use crate::id::ClientId;
use crate::time::UnixTime;

/// Somebody whom an event or a reply names.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    nickname: &'a Nickname,
    known: Known<'a>,
}

/// What is known of a person besides the nickname.
#[derive(Clone, Copy)]
enum Known<'a> {
    /// Nothing: it is not here, or not any more.
    Nothing,
    /// It is a bot of the server's administrator.
    Bot,
    /// Whatever is known of this client.
    Here {
        id: ClientId,
        profiles: &'a Profiles,
        network_of: &'a dyn Fn(ClientId) -> Option<Network>,
    },
}

impl<'a> Person<'a> {
    /// Somebody of whom nothing is known but the nickname.
    pub fn named(nickname: &'a Nickname) -> Self {
        Self { nickname, known: Known::Nothing }
    }

    /// A bot of the server's administrator, which is no client.
    pub(super) fn bot(nickname: &'a Nickname) -> Self {
        Self { nickname, known: Known::Bot }
    }

    /// The author of an event. What is told of it is looked up when somebody asks.
    pub(super) fn of(
        profiles: &'a Profiles,
        author: Author,
        nickname: &'a Nickname,
        network_of: &'a dyn Fn(ClientId) -> Option<Network>,
    ) -> Self {
        match author {
            Author::Here(id) => Self { nickname, known: Known::Here { id, profiles, network_of } },
            Author::There => Self::named(nickname),
        }
    }

    /// The nickname.
    pub fn nickname(self) -> &'a Nickname {
        self.nickname
    }

    /// The nickname as it is shown.
    pub fn as_str(self) -> &'a str {
        self.nickname.as_str()
    }

    /// The user name, with the `~` before it.
    pub fn user(self) -> &'a str {
        match self.known {
            Known::Bot => "~bot",
            _ => self.profile().map_or(PLAIN_USER, Profile::user),
        }
    }

    /// What is shown of where the person comes from. Worked out anew at each call.
    pub fn cloak(self) -> Cloak {
        match self.known {
            Known::Here { id, profiles, network_of } => profiles.cloaks().cloak(network_of(id)),
            Known::Nothing | Known::Bot => Cloak::LOCAL,
        }
    }

    /// The account that the person has logged in to.
    pub fn account(self) -> Option<&'a Nickname> {
        match self.known {
            Known::Bot => Some(self.nickname),
            _ => self.profile().and_then(|profile| profile.account.as_ref()),
        }
    }

    /// The real name; may be empty.
    pub fn real(self) -> &'a str {
        self.profile().map_or("", |profile| &profile.real)
    }

    /// What others are told while the person is away; `None`: it is not.
    pub fn away(self) -> Option<&'a str> {
        self.profile().and_then(|profile| profile.away.as_deref())
    }

    /// When the person came, and when it said something last, if that is known.
    pub fn seen(self) -> Option<(UnixTime, UnixTime)> {
        let profile = self.profile()?;
        Some((profile.signed_on?, profile.spoke?))
    }

    /// Whether the person is a program.
    pub fn is_bot(self) -> bool {
        match self.known {
            Known::Bot => true,
            _ => self.profile().is_some_and(|profile| profile.is_bot),
        }
    }

    fn profile(self) -> Option<&'a Profile> {
        match self.known {
            Known::Here { id, profiles, .. } => profiles.get(id),
            Known::Nothing | Known::Bot => None,
        }
    }
}

impl<'a> From<&'a Nickname> for Person<'a> {
    fn from(nickname: &'a Nickname) -> Self {
        Self::named(nickname)
    }
}

impl fmt::Debug for Person<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.nickname)
    }
}
