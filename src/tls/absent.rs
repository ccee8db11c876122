//! Encryption in a program that was built without the feature `tls`: there is none, and nothing of
//! these types can be made.

use std::io::{self, IoSlice, Read, Write};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The first byte of every handshake.
pub const FIRST_BYTE: u8 = 0x16;

/// Why there is no encryption.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("this mio-chat was built without the feature `tls`")]
pub struct ChannelError;

/// What cannot be had.
#[derive(Clone, Debug)]
pub enum Acceptor {}

impl Acceptor {
    /// Never asked.
    pub fn is_public(&self) -> bool {
        match *self {}
    }

    /// Never asked.
    pub(crate) fn tickets(&self) -> TicketsState {
        match *self {}
    }

    /// Never called.
    pub(crate) fn take_over_tickets(&self, _tickets: &TicketsState) {
        match *self {}
    }
}

/// Keys of tickets, which nobody has given out.
#[derive(Serialize, Deserialize)]
pub(crate) struct TicketsState {}

/// No connection.
#[derive(Debug)]
pub enum Channel {}

/// Nothing.
#[derive(Debug, Default)]
pub struct Scratch;

/// What no read brings.
#[derive(Debug)]
pub enum Received {
    /// A part of the handshake.
    Securing,
    /// The end of the handshake.
    Secured {
        /// The language that was agreed on.
        protocol: Option<&'static str>,
        /// The client came with a ticket.
        resumed: bool,
    },
    /// Plain bytes.
    Bytes {
        /// How many.
        count: usize,
        /// There are more.
        more: bool,
    },
    /// Bytes that say nothing.
    Noise(usize),
    /// Nothing for now.
    Nothing,
    /// The client will send no more.
    End,
    /// The connection broke.
    Broken,
    /// The handshake failed.
    Failed(ChannelError),
}

/// What no write achieves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Bytes that the socket has, and bytes that are encrypted and wait.
    Taken {
        /// Bytes that the socket has.
        taken: usize,
        /// Bytes that are encrypted and wait.
        sealed: usize,
    },
    /// The connection broke.
    Broken,
}

impl Channel {
    /// Never called.
    ///
    /// # Errors
    /// None: there is no acceptor.
    pub fn accept(acceptor: &Acceptor, _begun: &[u8]) -> Result<Self, ChannelError> {
        match *acceptor {}
    }

    /// Never asked.
    pub fn awaits_hello(&self) -> bool {
        match *self {}
    }

    /// Never asked.
    pub fn is_secured(&self) -> bool {
        match *self {}
    }

    /// Never called.
    pub fn read(
        &mut self,
        _socket: &mut (impl Read + Write),
        _room: &mut [u8],
        _scratch: &mut Scratch,
    ) -> Received {
        match *self {}
    }

    /// Never called.
    pub fn write(
        &mut self,
        _socket: &mut (impl Read + Write),
        _slices: &[IoSlice<'_>],
        _scratch: &mut Scratch,
    ) -> Sent {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn flush(&mut self, _socket: &mut (impl Read + Write)) -> io::Result<()> {
        match *self {}
    }

    /// Never called.
    pub fn close(self, _socket: &mut (impl Read + Write)) {
        match self {}
    }
}
