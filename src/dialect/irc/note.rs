//! What a client's reader is to know of a line, or to tell its client in answer to it.

use super::capability::Capabilities;
use crate::dialect::AccountOffer;

/// Something that the decoder of a client says to its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note<'a> {
    /// A client begins to speak IRC with a server of this name.
    Begin {
        /// The server's name.
        server: &'a str,
        /// What is offered of accounts.
        accounts: AccountOffer,
    },
    /// A line with a label begins.
    Label(&'a str),
    /// A line asks for something: what follows answers it.
    Asks {
        /// The verb, as it was written.
        verb: &'a str,
        /// The room, the person or the mask that it is about.
        about: &'a str,
        /// What of the verb it is, where a verb has several meanings.
        subcommand: &'a str,
    },
    /// All of a line with a label was said.
    End,
    /// The client has taken these capabilities.
    Takes(Capabilities),
    /// An answer of the language itself.
    Tell(Told<'a>),
}

impl Note<'_> {
    /// Whether a client is told what it may ask for, which asks nothing of it.
    pub fn is_offer(&self) -> bool {
        matches!(self, Self::Tell(Told::Offered { .. }))
    }
}

/// An answer of the language itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told<'a> {
    /// A numeric.
    Numeric {
        /// Its number.
        code: u16,
        /// Its parameters between the nickname and the text.
        about: Words<'a>,
        /// Its text.
        text: &'a str,
    },
    /// A standard reply that a command has failed.
    Fail {
        /// The command.
        verb: &'a str,
        /// The code.
        code: &'static str,
        /// What it is about.
        about: Words<'a>,
        /// The reason, for people.
        text: &'a str,
    },
    /// The capabilities that are offered.
    Offered {
        /// One more of which the client is told, with its value.
        and_told: Option<String>,
    },
    /// Those that the client has taken.
    Taken,
    /// A request for capabilities is granted, or not.
    Requested {
        /// Whether it is.
        granted: bool,
        /// The request.
        request: &'a str,
    },
    /// A question about the server itself.
    Asked(Question<'a>),
    /// The connection is alive.
    Pong(&'a str),
    /// A line of a SASL exchange.
    Authenticate(&'a str),
    /// Why the connection is closed.
    Error(&'static str),
    /// What the service says that old clients' scripts know.
    Service(&'a str),
}

impl<'a> Told<'a> {
    /// A numeric.
    pub(super) fn numeric(code: u16, about: &[&'a str], text: &'a str) -> Note<'a> {
        Note::Tell(Self::Numeric { code, about: Words::of(about), text })
    }

    /// What the service says.
    pub(super) fn service(text: &'a str) -> Note<'a> {
        Note::Tell(Self::Service(text))
    }

    /// A standard reply that a command has failed.
    pub(super) fn fail(
        verb: &'a str,
        code: &'static str,
        about: &[&'a str],
        text: &'a str,
    ) -> Note<'a> {
        Note::Tell(Self::Fail { verb, code, about: Words::of(about), text })
    }
}

/// Up to three words, of which those that are left out come last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Words<'a>([Option<&'a str>; 3]);

impl<'a> Words<'a> {
    fn of(words: &[&'a str]) -> Self {
        let mut places = [None; 3];
        for (place, word) in places.iter_mut().zip(words) {
            *place = Some(*word);
        }
        Self(places)
    }

    /// Each word.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'a str> {
        self.0.iter().flatten().copied()
    }
}

/// A question about the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question<'a> {
    /// Its version and its limits.
    Version,
    /// What it is.
    Info,
    /// Who looks after it.
    Admin,
    /// Other servers.
    Links,
    /// Figures of this kind.
    Stats(&'a str),
    /// How a command is used; empty: which there are.
    Help(&'a str),
}
