//! Objects about what two people say to each other alone.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Something between two people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Private<'a> {
    /// Who said it; absent where the reader did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Cow<'a, str>>,
    /// To whom the reader said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Cow<'a, str>>,
    /// What was said.
    pub text: Cow<'a, str>,
    /// It was done, and not said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub me: bool,
    /// Its lines, where it has several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Cow<'a, str>>,
    /// When, in seconds since the beginning of 1970.
    #[serde(default)]
    pub at: u64,
    /// It was said before and is told again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub old: bool,
}

/// Messages with one person follow that were said before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered<'a> {
    /// With whom.
    pub nick: Cow<'a, str>,
    /// How many follow.
    pub count: usize,
}

/// Messages are remembered no more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten<'a> {
    /// Those with whom; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<Cow<'a, str>>,
    /// How many.
    pub count: usize,
    /// The same in English.
    pub text: Cow<'a, str>,
}

/// With whom there are messages that were said before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversations<'a> {
    /// Each conversation, that of the oldest last message first.
    pub list: Vec<ConversationEntry<'a>>,
}

/// One conversation of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationEntry<'a> {
    /// In which room …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Cow<'a, str>>,
    /// … or with whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<Cow<'a, str>>,
    /// When its last message was said, in seconds since the beginning of 1970.
    pub at: u64,
}
