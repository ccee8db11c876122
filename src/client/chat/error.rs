//! Why a chat could not be begun or went wrong, in one sentence each.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::tls::client::ClientError;

/// A chat that came to nothing, or ended otherwise than it should.
#[derive(Debug, Error)]
pub enum ChatError {
    /// The server's name leads nowhere.
    #[error("cannot find {server}: {source}; is the name spelled right?")]
    Lookup {
        /// As it was given.
        server: String,
        /// What the system says.
        source: io::Error,
    },
    /// Nobody listens there, or it cannot be reached.
    #[error("cannot connect to {server}: {why}; is mio-chat running there?")]
    Connect {
        /// As it was given.
        server: String,
        /// What the system says.
        why: String,
    },
    /// The connection cannot be encrypted.
    #[error("cannot connect to {server} by TLS: {source}")]
    Tls {
        /// As it was given.
        server: String,
        /// Why.
        source: ClientError,
    },
    /// The server is not the one that was meant.
    #[error("not connected to {server}: {why}")]
    Distrusted {
        /// As it was given.
        server: String,
        /// Why, and what to do.
        why: String,
    },
    /// The file of known servers cannot be read.
    #[error(
        "cannot read the file of known servers, {}: {source}; mend or move it",
        file.display()
    )]
    KnownServers {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// There is nobody to be asked for a nickname.
    #[error("no nickname: give one with --nick NAME")]
    NoNickname,
    /// The server does not take the nickname, or not in that room.
    #[error("{server} refuses: {why}")]
    Refused {
        /// As it was given.
        server: String,
        /// What it says.
        why: String,
    },
    /// What answers is no server that this program can talk to.
    #[error("cannot talk to {server}: {why}")]
    Foreign {
        /// As it was given.
        server: String,
        /// What is wrong with it.
        why: String,
    },
    /// The connection ended before the input did.
    #[error("the connection to {server} ended: {why}")]
    Lost {
        /// As it was given.
        server: String,
        /// What the server said last, or the system.
        why: String,
    },
    /// Some of what was to be said was not.
    #[error("{}", undelivered(*missing, *all))]
    Undelivered {
        /// Lines that did not come back.
        missing: usize,
        /// Lines that were to be said.
        all: usize,
    },
    /// What is to be said cannot be read.
    #[error("cannot read what is to be said: {0}")]
    Input(#[source] io::Error),
    /// What is heard cannot be handed on.
    #[error("cannot write what is heard: {0}")]
    Output(#[source] io::Error),
    /// The terminal or the poll loop does not work.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

fn undelivered(missing: usize, all: usize) -> String {
    match missing {
        1 => format!("1 line of {all} was not delivered"),
        _ => format!("{missing} of {all} lines were not delivered"),
    }
}

impl ChatError {
    /// The exit code that tells a script what went wrong.
    pub fn code(&self) -> u8 {
        match self {
            Self::Lookup { .. }
            | Self::Connect { .. }
            | Self::Foreign { .. }
            | Self::Tls { .. }
            | Self::Distrusted { .. } => 3,
            Self::NoNickname | Self::Refused { .. } => 4,
            Self::Undelivered { .. } => 5,
            Self::Lost { .. }
            | Self::Input(_)
            | Self::Output(_)
            | Self::System { .. }
            | Self::KnownServers { .. } => 1,
        }
    }

    /// Of what was tried, for `map_err`.
    pub(super) fn system(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}
