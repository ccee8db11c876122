//! What a client may ask for about metadata, and how it is answered.

use super::name::{Nickname, RoomName};
use super::read_marks::Conversation;
use crate::limits::FLOOD_LINES_PER_ANNOUNCEMENT;

/// Whose metadata is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataSubject<'a> {
    /// One's own.
    Own,
    /// That of a room or of a person.
    Of(Conversation<'a>),
    /// Of everything of which one is told.
    All,
}

/// A request about metadata. Several keys are separated by spaces or colons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataCommand<'a> {
    /// Ask for the values of some keys.
    Get(&'a str),
    /// Ask for all keys and their values.
    List,
    /// Give a key a value.
    Set {
        /// The key.
        key: &'a str,
        /// The value; empty: none.
        value: &'a str,
    },
    /// Take all values away.
    Clear,
    /// Be told when some keys get other values.
    Subscribe(&'a str),
    /// Be told that no more.
    Unsubscribe(&'a str),
    /// Be told of no key any more.
    UnsubscribeAll,
    /// List the keys of which one is told.
    ListSubscribed,
    /// Ask for the values of the keys of which one is told.
    Sync,
}

impl MetadataCommand<'_> {
    /// The charge for flood control, in lines, besides what it costs to tell many.
    pub(super) fn cost(&self) -> u32 {
        match self {
            Self::Set { .. } | Self::Clear | Self::Sync => FLOOD_LINES_PER_ANNOUNCEMENT,
            _ => 1,
        }
    }
}

/// Whose metadata an answer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataOwner<'a> {
    /// You.
    You,
    /// Somebody.
    Person(&'a Nickname),
    /// A room.
    Room(&'a RoomName),
    /// Everything of which you are told.
    All,
}

/// The value of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataValue<'a> {
    /// Clean text.
    Text(&'a str),
    /// It has none.
    Unset,
    /// That can be no key.
    NoKey,
}

impl<'a> MetadataValue<'a> {
    /// This text; empty: none.
    pub(super) fn of(text: &'a str) -> Self {
        if text.is_empty() { Self::Unset } else { Self::Text(text) }
    }
}

/// A key of somebody or of a room, and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetadataEntry<'a> {
    /// Whose it is.
    pub of: MetadataOwner<'a>,
    /// The key; where it is none, as it was typed.
    pub key: &'a str,
    /// The value.
    pub value: MetadataValue<'a>,
}

/// An answer about metadata. "You" is who is told.
#[derive(Clone, Copy, Debug)]
pub enum MetadataAnswer<'a> {
    /// Values that you have asked for, or that go with where you are.
    Listed {
        /// Whose you have asked for.
        of: MetadataOwner<'a>,
        /// Each key.
        entries: &'a [MetadataEntry<'a>],
        /// There are more than can be told.
        more: bool,
    },
    /// You have given a key this value.
    Set(MetadataEntry<'a>),
    /// A key of which you want to hear has this value now.
    News(MetadataEntry<'a>),
    /// There is too much to be told unasked: you may ask for it.
    AskLater(MetadataOwner<'a>),
    /// You are told of these keys from now on.
    Subscribed {
        /// Those, and of which you were told before.
        keys: &'a [&'a str],
        /// What can be no key, as it was typed.
        no_keys: &'a [&'a str],
        /// The first of those of which you are not told, for there are too many.
        refused: Option<&'a str>,
    },
    /// You are told of these keys no more.
    Unsubscribed {
        /// Those.
        keys: &'a [&'a str],
        /// What can be no key, as it was typed.
        no_keys: &'a [&'a str],
    },
    /// You are told of these keys.
    ListSubscribed(&'a [&'a str]),
}

/// Why a request about metadata was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataRefusal {
    /// There is no such room or person, or the member may not know.
    NobodyThere,
    /// That can be no key; as it was typed, if that can be shown.
    NoKey(String),
    /// The value of this key is too long.
    TooLong(String),
    /// What is said of a room or of a person by this key is for others to say; `None`: any key.
    NotYours(Option<String>),
    /// There are as many keys as may be.
    Full,
}
