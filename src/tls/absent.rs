//! TLS in a program that was built without the feature `tls`: there is none, and whoever asks for
//! it is told so.

use thiserror::Error;

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
}
