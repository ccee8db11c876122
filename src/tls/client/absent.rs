//! Connecting by TLS in a program that was built without the feature `tls`: it is refused.

use std::convert::Infallible;
use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use thiserror::Error;

/// Why a connection by TLS came to nothing.
#[derive(Debug, Error)]
pub enum ClientError {
    /// There is no TLS.
    #[error("this mio-chat was built without the feature `tls`")]
    Absent,
    /// Never made: no certificate is looked at.
    #[error(transparent)]
    Distrusted(Distrust),
    /// A socket without encryption has failed.
    #[error(transparent)]
    Socket(io::Error),
}

impl ClientError {
    /// Whether it would be the same the next time.
    pub fn is_lasting(&self) -> bool {
        !matches!(self, Self::Socket(_))
    }
}

/// Nobody is distrusted.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("{never}")]
pub struct Distrust {
    never: Infallible,
}

impl Distrust {
    /// Never asked.
    pub fn is_change(&self) -> bool {
        match self.never {}
    }

    /// Never asked.
    pub fn is_unknown_authority(&self) -> bool {
        match self.never {}
    }
}

/// No fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fingerprint {}

impl fmt::Display for Fingerprint {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl FromStr for Fingerprint {
    type Err = ClientError;

    fn from_str(_: &str) -> Result<Self, ClientError> {
        Err(ClientError::Absent)
    }
}

/// What is known of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Its certificate.
    Certificate(Fingerprint),
    /// An authority vouched for it.
    Authority,
}

/// Why a server would count as the one it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has the certificate that was asked for.
    Pinned,
    /// An authority vouches for it.
    Authority,
    /// It has the certificate that it had before.
    Known,
    /// It is met for the first time.
    New(Fingerprint),
}

/// Whom to trust.
#[derive(Clone, Debug)]
pub enum Trust {
    /// The authorities that this system trusts.
    System,
    /// Those of a file.
    Authorities(Vec<u8>),
    /// One certificate.
    Pin(Fingerprint),
    /// A self-signed certificate, too.
    FirstUse(Option<Known>),
}

/// Whom to connect to.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// The server's name or address.
    pub name: &'a str,
    /// What will be spoken.
    pub protocol: Option<&'a str>,
    /// Whether to come back by ticket.
    pub resumes: bool,
}

/// No way to connect.
#[derive(Clone, Copy, Debug)]
pub enum Connector {}

impl Connector {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn new(_: &Target<'_>, _: Trust) -> Result<Self, ClientError> {
        Err(ClientError::Absent)
    }

    /// Never asked.
    pub fn seen(&self) -> Option<Fingerprint> {
        match *self {}
    }

    /// Never called.
    pub fn remember(&self, _: Known) {
        match *self {}
    }
}

/// What no read brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing yet.
    Nothing,
    /// The handshake is done.
    Secured(Verdict),
    /// Plain bytes.
    Bytes {
        /// How many.
        count: usize,
        /// The socket had no more.
        emptied: bool,
    },
    /// The server will say nothing more.
    End,
}

/// No connection.
#[derive(Debug)]
pub enum ClientChannel {}

impl ClientChannel {
    /// Never called.
    ///
    /// # Errors
    /// None: there is no connector.
    pub fn new(connector: &Connector) -> Result<Self, ClientError> {
        match *connector {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn read(
        &mut self,
        _socket: &mut (impl Read + Write),
        _room: &mut [u8],
    ) -> Result<Heard, ClientError> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn write(
        &mut self,
        _socket: &mut (impl Read + Write),
        _bytes: &[u8],
    ) -> Result<usize, ClientError> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn finish(&mut self, _socket: &mut (impl Read + Write)) -> Result<(), ClientError> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn flush(&mut self, _socket: &mut (impl Read + Write)) -> Result<(), ClientError> {
        match *self {}
    }

    /// Never asked.
    pub fn has_unsent(&self) -> bool {
        match *self {}
    }

    /// Never asked.
    pub fn is_secured(&self) -> bool {
        match *self {}
    }
}

impl From<ClientError> for io::Error {
    fn from(error: ClientError) -> Self {
        Self::other(error)
    }
}
