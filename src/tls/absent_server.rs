//! The server's side of encryption where there is none.

use std::io::{self, IoSlice, Read, Write};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::outcome::Sent;
use crate::time::UnixTime;

/// Why there is no certificate.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum IdentityError {
    /// This program cannot read it.
    #[error("this mio-chat was built without the feature `tls`")]
    Absent,
}

impl IdentityError {
    /// No file is wrong.
    pub fn is_no_key(&self) -> bool {
        false
    }

    /// See [`Self::is_no_key`].
    pub fn is_of_key(&self) -> bool {
        false
    }
}

/// Why there is no encryption.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TlsError {
    /// This program has none.
    #[error("this mio-chat was built without the feature `tls`")]
    Absent,
}

/// A certificate with its key, which cannot be had.
#[derive(Clone, Debug)]
pub enum Identity {}

impl Identity {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn from_pem(_: &[u8], _: &[u8]) -> Result<Self, IdentityError> {
        Err(IdentityError::Absent)
    }
}

/// A certificate and its key in PEM, which are not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfSigned {
    /// The certificate.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

impl SelfSigned {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn make(_: &[String], _: UnixTime) -> Result<Self, IdentityError> {
        Err(IdentityError::Absent)
    }

    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn identity(&self) -> Result<Identity, IdentityError> {
        Err(IdentityError::Absent)
    }
}

/// What is to be known of a certificate, of which there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {}

impl Certificate {
    /// Never called, as everything below: there is no such certificate.
    pub fn names(&self) -> &[String] {
        match *self {}
    }

    /// See [`Self::names`].
    pub fn name(&self) -> &str {
        match *self {}
    }

    /// See [`Self::names`].
    pub fn ends(&self) -> UnixTime {
        match *self {}
    }

    /// See [`Self::names`].
    pub fn ends_on(&self) -> &str {
        match *self {}
    }

    /// See [`Self::names`].
    pub fn fingerprint(&self) -> String {
        match *self {}
    }

    /// See [`Self::names`].
    pub fn is_self_signed(&self) -> bool {
        match *self {}
    }

    /// See [`Self::names`].
    pub fn concerns(&self, _: UnixTime) -> Vec<String> {
        match *self {}
    }
}

/// What encrypted connections would be accepted with.
#[derive(Clone, Debug)]
pub enum Acceptor {}

impl Acceptor {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn new(_: Vec<Identity>) -> Result<Self, TlsError> {
        Err(TlsError::Absent)
    }

    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn unkept(_: SelfSigned) -> Result<Self, TlsError> {
        Err(TlsError::Absent)
    }

    /// See [`Certificate::names`].
    pub fn unkept_pair(&self) -> Option<&SelfSigned> {
        match *self {}
    }

    /// See [`Certificate::names`].
    pub fn certificates(&self) -> &[Certificate] {
        match *self {}
    }

    /// See [`Certificate::names`].
    pub fn is_like(&self, _: &Self) -> bool {
        match *self {}
    }

    /// See [`Certificate::names`].
    pub fn is_public(&self) -> bool {
        match *self {}
    }

    /// See [`Certificate::names`].
    pub(crate) fn handed_over(&self) -> AcceptorState {
        match *self {}
    }

    /// See [`Certificate::names`].
    #[must_use]
    pub(crate) fn going_on(self, _before: &AcceptorState) -> Self {
        match self {}
    }
}

/// Whether there are none of either.
pub fn are_alike(one: Option<&Acceptor>, other: Option<&Acceptor>) -> bool {
    one.is_none() && other.is_none()
}

/// The first byte of every handshake.
pub const FIRST_BYTE: u8 = 0x16;

/// Why there is no encryption.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("this mio-chat was built without the feature `tls`")]
pub struct ChannelError;

/// What clients of another process came by.
#[derive(Serialize, Deserialize)]
pub(crate) struct AcceptorState {}

/// A connection of another process, which this one cannot go on with.
#[derive(Serialize, Deserialize)]
pub struct ChannelState {}

/// No connection.
#[derive(Debug)]
pub enum Channel {}

/// Nothing.
#[derive(Debug, Default)]
pub struct Scratch;

/// What no read brings.
pub type Received = super::outcome::Received<ChannelError>;

impl Channel {
    /// Never called.
    ///
    /// # Errors
    /// None: there is no acceptor.
    pub fn accept(acceptor: &Acceptor, _begun: &[u8]) -> Result<Self, ChannelError> {
        match *acceptor {}
    }

    /// Never asked.
    pub fn has_stepped(&self) -> bool {
        match *self {}
    }

    /// Never asked.
    pub fn is_secured(&self) -> bool {
        match *self {}
    }

    /// Never asked.
    pub fn is_public(&self) -> bool {
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

    /// Never asked.
    pub fn handover_bytes(&self) -> usize {
        match *self {}
    }

    /// Never called.
    pub fn handed_over(&mut self) -> Option<ChannelState> {
        match *self {}
    }

    /// Refuses.
    pub fn taken_over(
        _state: ChannelState,
        _acceptor: Option<&Acceptor>,
    ) -> Result<Option<Self>, ChannelError> {
        Err(ChannelError)
    }

    /// Never asked.
    pub fn has_unread(&self) -> bool {
        match *self {}
    }

    /// Never called.
    pub fn close(self, _socket: &mut (impl Read + Write)) {
        match self {}
    }
}

/// Overwrites a secret that is about to be dropped. None is of this program's making.
pub(crate) fn wipe(_secret: &mut [u8]) {}
