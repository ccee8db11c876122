//! Profiles: what only some members have besides their nickname.
//!
//! A member without one is as cheap as ever; whatever asks for the profile of such a member is told
//! the defaults.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::cloak::CloakKey;
use super::name::Nickname;
use crate::id::ClientId;
use crate::limits::{REAL_NAME_BYTES_MAX, USER_NAME_CHARACTERS_MAX};
use crate::text::{clean, fitting};
use crate::time::UnixTime;

/// The user name of those who brought none.
pub(super) const PLAIN_USER: &str = "~plain";

/// What a client tells of its person when it registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About<'a> {
    /// The user name. Nothing is proved by it, so it is shown behind a `~`.
    pub user: &'a str,
    /// The real name, or whatever the person calls that.
    pub real: &'a str,
}

/// What a member is besides its nickname.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The user name, with the `~` before it; empty: the client has brought none.
    #[serde(default)]
    pub user: SmolStr,
    /// The real name; may be empty.
    #[serde(default)]
    pub real: SmolStr,
    /// The name of the account that the member has logged in to.
    #[serde(default)]
    pub account: Option<Nickname>,
    /// What others are told while the member is away.
    #[serde(default)]
    pub away: Option<Box<str>>,
    /// The member wants to be found by its name alone, not by masks (`+i`).
    #[serde(default)]
    pub is_hidden: bool,
    /// The member wants to hear what operators tell everybody (`+w`).
    #[serde(default)]
    pub hears_operators: bool,
    /// The member says that it is a program (`+B`).
    #[serde(default)]
    pub is_bot: bool,
    /// When the member got its first nickname, if that is known.
    #[serde(default)]
    pub signed_on: Option<UnixTime>,
    /// When the member said something in a room or to somebody last, or came.
    #[serde(default)]
    pub spoke: Option<UnixTime>,
}

impl Profile {
    /// The profile of somebody who has registered with that.
    pub(super) fn new(about: About<'_>, now: UnixTime) -> Self {
        Self {
            user: user_name(about.user),
            real: real_name(about.real),
            signed_on: Some(now),
            spoke: Some(now),
            ..Self::default()
        }
    }

    /// The user name.
    pub fn user(&self) -> &str {
        if self.user.is_empty() { PLAIN_USER } else { &self.user }
    }
}

/// A user name as it is shown: what may be part of one, cut, behind a `~`.
fn user_name(typed: &str) -> SmolStr {
    let good = typed.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c));
    let cut: String = std::iter::once('~').chain(good.take(USER_NAME_CHARACTERS_MAX)).collect();
    if cut.len() > 1 { cut.into() } else { SmolStr::default() }
}

/// Clean text of at most so many bytes.
pub(super) fn real_name(typed: &str) -> SmolStr {
    let cleaned = clean(typed.trim());
    cleaned[..fitting(&cleaned, REAL_NAME_BYTES_MAX)].into()
}

/// The profiles of those who have one, and what else is told of people.
#[derive(Debug)]
pub(super) struct Profiles {
    cloaks: CloakKey,
    of: HashMap<ClientId, Box<Profile>>,
}

impl Profiles {
    pub(super) fn new(secret: [u8; 16]) -> Self {
        Self { cloaks: CloakKey::derived(secret), of: HashMap::new() }
    }

    /// Goes on with a secret that was kept: cloaks stay the same.
    pub(super) fn set_cloak_secret(&mut self, secret: [u8; 16]) {
        self.cloaks = CloakKey::new(secret);
    }

    /// Goes on with the profiles of another process, and with the secret of its cloaks.
    pub(super) fn take_over(
        &mut self,
        secret: Option<[u8; 16]>,
        profiles: Vec<(ClientId, Profile)>,
    ) {
        secret.into_iter().for_each(|secret| self.set_cloak_secret(secret));
        self.of = profiles.into_iter().map(|(id, profile)| (id, Box::new(profile))).collect();
    }

    pub(super) fn cloaks(&self) -> &CloakKey {
        &self.cloaks
    }

    pub(super) fn get(&self, id: ClientId) -> Option<&Profile> {
        // Nobody has one while all speak plain lines.
        if self.of.is_empty() { None } else { self.of.get(&id).map(AsRef::as_ref) }
    }

    /// Notes that a member says something, if that is of interest.
    pub(super) fn note_speech(&mut self, id: ClientId, now: UnixTime) {
        if self.of.is_empty() {
            return;
        }
        if let Some(profile) = self.of.get_mut(&id) {
            profile.spoke = Some(now);
        }
    }

    /// The profile of a member, made now if it has none.
    pub(super) fn entry(&mut self, id: ClientId) -> &mut Profile {
        self.of.entry(id).or_default()
    }

    pub(super) fn remove(&mut self, id: ClientId) -> Option<Box<Profile>> {
        if self.of.is_empty() { None } else { self.of.remove(&id) }
    }

    pub(super) fn clear(&mut self) {
        self.of = HashMap::new();
    }

    pub(super) fn trim(&mut self) {
        self.of.shrink_to_fit();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ClientId, &Profile)> {
        self.of.iter().map(|(id, profile)| (*id, &**profile))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_tells_of_itself_is_cut_and_cleaned() {
        let user = |user| Profile::new(About { user, real: "" }, UnixTime::default()).user;
        assert_eq!(user("irc"), "~irc");
        assert_eq!(user("a user!with@more"), "~auserwithm");
        assert_eq!(user("!@"), "");
        assert_eq!(Profile::default().user(), "~plain");
        let long = "é".repeat(REAL_NAME_BYTES_MAX);
        let about = About { user: "al", real: &long };
        let profile = Profile::new(about, UnixTime::default());
        assert_eq!(profile.real.len(), REAL_NAME_BYTES_MAX / 2 * 2);
    }
}
