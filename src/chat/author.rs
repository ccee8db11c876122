//! Whether what happens is done by somebody here.

use crate::id::ClientId;

/// The author of a fact: in this lobby, or in another that it is replicated from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// A member of this lobby, who is answered.
    Here(ClientId),
    /// Nobody who can be answered here: a member of another lobby, or a bot.
    There,
}

impl Author {
    /// The client, if it is here.
    pub fn client(self) -> Option<ClientId> {
        match self {
            Self::Here(id) => Some(id),
            Self::There => None,
        }
    }
}
