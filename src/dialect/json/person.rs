//! Objects about people.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Somebody is away, or back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away<'a> {
    /// Where that is told; it holds everywhere. Absent: the reader itself, or the one to whom it
    /// has written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Cow<'a, str>>,
    /// Who. Absent: the reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<Cow<'a, str>>,
    /// Whether it is away.
    pub on: bool,
    /// What it says meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
    /// The same in English, where it answers the reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Cow<'a, str>>,
}

impl<'a> Away<'a> {
    /// Somebody is away, and says this, or is back.
    pub(super) fn of(nick: &'a str, reason: Option<&'a str>) -> Self {
        Self {
            nick: Some(nick.into()),
            on: reason.is_some(),
            reason: reason.filter(|reason| !reason.is_empty()).map(Cow::from),
            ..Self::default()
        }
    }
}

/// What is known of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonEntry<'a> {
    /// Its nickname.
    pub nick: Cow<'a, str>,
    /// Its user name, which proves nothing.
    pub user: Cow<'a, str>,
    /// What stands for the network that it comes from.
    pub cloak: Cow<'a, str>,
    /// Its real name, if it has told one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub real: Option<Cow<'a, str>>,
    /// The account that it has logged in to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Cow<'a, str>>,
    /// The rooms that it is in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<Cow<'a, str>>,
    /// It looks after the server.
    #[serde(default, skip_serializing_if = "is_false")]
    pub server_operator: bool,
    /// It is a program.
    #[serde(default, skip_serializing_if = "is_false")]
    pub bot: bool,
    /// It is away, and says this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<Cow<'a, str>>,
    /// For how many seconds it has said nothing, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent: Option<u64>,
    /// What it says of itself for programs, by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    /// All of it in English.
    pub text: Cow<'a, str>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}
