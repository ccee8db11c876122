//! Objects that say why something was not done, or why the connection ends.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Something was not done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error<'a> {
    /// The number of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub re: Option<u64>,
    /// Why, as one word of the list in `docs/PROTOCOL.md`.
    pub code: Cow<'a, str>,
    /// Why, in English.
    pub text: Cow<'a, str>,
    /// The nickname that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<Cow<'a, str>>,
    /// The room that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Cow<'a, str>>,
    /// Why somebody is banned or muted, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
    /// In so many seconds it makes sense to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<u64>,
}

/// The server closes the connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bye<'a> {
    /// Why, as one word of the list in `docs/PROTOCOL.md`.
    pub code: Cow<'a, str>,
    /// Why, in English.
    pub text: Cow<'a, str>,
    /// In so many seconds the reader may be back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<u64>,
}
