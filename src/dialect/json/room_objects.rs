//! Objects about the rules of rooms and about invitations into them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// An invitation into a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInvitation<'a> {
    /// The room.
    pub room: Cow<'a, str>,
    /// Who invites the reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Cow<'a, str>>,
    /// Whom the reader has invited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<Cow<'a, str>>,
    /// The same in English.
    pub text: Cow<'a, str>,
}

/// A message was taken back: it is in no history any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redacted<'a> {
    /// The room.
    pub room: Cow<'a, str>,
    /// The number of the message.
    pub n: u64,
    /// Who had said it.
    pub nick: Cow<'a, str>,
    /// Who took it back.
    pub by: Cow<'a, str>,
    /// Why, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
    /// The same in English.
    pub text: Cow<'a, str>,
}

/// A room has another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomRenamed<'a> {
    /// The name that it had.
    pub room: Cow<'a, str>,
    /// The name that it has now.
    pub new: Cow<'a, str>,
    /// Who gave it that.
    pub by: Cow<'a, str>,
    /// Why, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'a, str>>,
    /// The same in English.
    pub text: Cow<'a, str>,
}

/// The rules of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules<'a> {
    /// The room.
    pub room: Cow<'a, str>,
    /// Their letters.
    pub modes: Cow<'a, str>,
    /// How many may be there for others to come in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// It needs a password.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub password: bool,
    /// The same in English.
    pub text: Cow<'a, str>,
}
