//! By what the author of a message is known again, who may take it back.
//!
//! A nickname proves nothing, so a message remembers its author by what does: the account that the
//! author was logged in to, or else the connection, for as long as that lasts.

use serde::{Deserialize, Serialize};

use super::name::NameKey;
use crate::id::ClientId;
use crate::limits::AUTHOR_WEIGHT;

/// By what the author of a message is known again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Authorship {
    /// By nothing: it was a bot, is in another lobby, or was here before the server began anew.
    #[default]
    Unknown,
    /// By its connection: it was logged in to no account.
    Client(ClientId),
    /// By the account that it was logged in to.
    Account(Box<NameKey>),
}

impl Authorship {
    /// The authorship of a client that is logged in to this account, if it is.
    pub(super) fn of(client: Option<ClientId>, account: Option<NameKey>) -> Self {
        match (account, client) {
            (Some(account), _) => Self::Account(Box::new(account)),
            (None, Some(client)) => Self::Client(client),
            (None, None) => Self::Unknown,
        }
    }

    /// Whether this client, logged in to this account, is the author.
    pub(super) fn is_of(&self, client: ClientId, account: Option<&NameKey>) -> bool {
        match self {
            Self::Unknown => false,
            Self::Client(author) => *author == client,
            Self::Account(author) => account == Some(author),
        }
    }

    /// The account.
    pub fn account(&self) -> Option<&NameKey> {
        match self {
            Self::Account(account) => Some(account),
            _ => None,
        }
    }

    /// The bytes that it counts for in a history.
    pub(super) fn weight(&self) -> usize {
        if self.account().is_some() { AUTHOR_WEIGHT } else { 0 }
    }
}
