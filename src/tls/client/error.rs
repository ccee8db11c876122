//! Why a connection by TLS came to nothing, in one sentence each.

use std::io;

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, OtherError};
use thiserror::Error as ThisError;

use crate::tls::Fingerprint;

/// What went wrong with a connection, or before it.
#[derive(Debug, ThisError)]
pub enum ClientError {
    /// The server's name cannot be in a certificate.
    #[error("no certificate can be for '{0}'; write the name in ASCII, as a browser does (xn--…)")]
    Name(String),
    /// What was given as certificates of authorities is none.
    #[error("it has no certificate in PEM (-----BEGIN CERTIFICATE-----)")]
    NoCertificate,
    /// One of them cannot be read.
    #[error("a certificate in it cannot be read: {0}")]
    BadCertificate(String),
    /// The system names no authorities.
    #[error(
        "this system has no CA certificates to check the server with (on Debian they are in the \
         package ca-certificates)"
    )]
    NoAuthorities,
    /// The server is not the one it should be, or nobody can tell.
    #[error(transparent)]
    Distrusted(#[from] Distrust),
    /// What answers does not speak TLS.
    #[error("it does not speak TLS")]
    Foreign,
    /// The server turns the connection away with this line before it speaks TLS.
    #[error("it answers without TLS: \"{0}\"")]
    Plain(String),
    /// The server has refused.
    #[error("it refuses TLS: {0}")]
    Refused(&'static str),
    /// The server has closed the connection before anything was agreed on.
    #[error(
        "it has closed the connection instead of agreeing on TLS, or it speaks no TLS: try without \
         tls://"
    )]
    Declined,
    /// The connection ended in the middle.
    #[error("the connection was cut off")]
    Cut,
    /// Something else of TLS went wrong.
    #[error("TLS failed: {0}")]
    Broken(String),
    /// The socket failed.
    #[error(transparent)]
    Socket(io::Error),
}

/// Why a certificate does not count.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum Distrust {
    /// It is not the one that was asked for.
    #[error("its certificate is not the one that --pin names, but {found}")]
    Pin {
        /// What it is.
        found: Fingerprint,
    },
    /// It was another one before.
    #[error("its certificate has changed: it was {before}, and now it is {found}")]
    Changed {
        /// What was remembered.
        before: Fingerprint,
        /// What it is.
        found: Fingerprint,
    },
    /// An authority vouched for the server before, and now nobody does.
    #[error(
        "its certificate has changed: it was issued by an authority, and now it is self-signed, \
         {found}"
    )]
    Downgraded {
        /// What it is.
        found: Fingerprint,
    },
    /// It was a self-signed one before, and the new one, which is none, does not count.
    #[error("{why}; it is another one than before: it was {before}, and now it is {found}")]
    Replaced {
        /// What was remembered.
        before: Fingerprint,
        /// What it is.
        found: Fingerprint,
        /// Why that does not count.
        why: Box<Self>,
    },
    /// It is self-signed, which is not enough here.
    #[error("its certificate is self-signed, and not one that you named")]
    SelfSigned {
        /// What it is.
        found: Fingerprint,
    },
    /// No authority that is trusted here has issued it.
    #[error("its certificate was issued by an authority that is not trusted here")]
    UnknownAuthority,
    /// It is another server's.
    #[error("its certificate {}", others_name(expected, presented))]
    Name {
        /// The server that was meant.
        expected: String,
        /// What the certificate is for.
        presented: Vec<String>,
    },
    /// It has expired.
    #[error("its certificate has expired")]
    Expired,
    /// It is not valid yet.
    #[error("its certificate is not valid yet, or the clock of this machine is wrong")]
    NotYetValid,
    /// Something else is wrong with it.
    #[error("its certificate cannot be used: {0}")]
    Unusable(String),
}

impl ClientError {
    /// Whether a handshake that failed so would fail again: the other side or somebody who runs it
    /// has to change something first.
    pub fn is_lasting(&self) -> bool {
        !matches!(self, Self::Declined | Self::Cut | Self::Socket(_))
    }
}

impl Distrust {
    /// Whether the server was known, and is another one now.
    pub fn is_change(&self) -> bool {
        matches!(self, Self::Changed { .. } | Self::Downgraded { .. } | Self::Replaced { .. })
    }

    /// Whether it was issued by an authority that can be named to be trusted.
    pub fn is_unknown_authority(&self) -> bool {
        match self {
            Self::Replaced { why, .. } => why.is_unknown_authority(),
            other => *other == Self::UnknownAuthority,
        }
    }

    /// For rustls, which hands it back as the reason why a handshake failed.
    pub(super) fn into_rustls(self) -> Error {
        let error = match self {
            Self::UnknownAuthority => CertificateError::UnknownIssuer,
            Self::Expired => CertificateError::Expired,
            Self::NotYetValid => CertificateError::NotValidYet,
            other => CertificateError::Other(OtherError(std::sync::Arc::new(other))),
        };
        Error::InvalidCertificate(error)
    }

    /// What rustls has found.
    pub(super) fn of(error: &CertificateError) -> Self {
        match error {
            CertificateError::Other(OtherError(ours)) => match ours.downcast_ref::<Self>() {
                Some(distrust) => distrust.clone(),
                None => Self::Unusable(ours.to_string()),
            },
            CertificateError::UnknownIssuer => Self::UnknownAuthority,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotYetValid
            }
            CertificateError::NotValidForNameContext { expected, presented } => {
                let expected = name_of(expected);
                Self::Name { expected, presented: presented.iter().map(|it| bare(it)).collect() }
            }
            other => Self::Unusable(flaw(other)),
        }
    }
}

/// What is wrong with a certificate, for people: rustls shows some of it as its own code has it.
fn flaw(error: &CertificateError) -> String {
    let told = match error {
        CertificateError::BadEncoding => "it is damaged",
        CertificateError::BadSignature => "its signature is wrong",
        CertificateError::Revoked => "it was revoked",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not for servers"
        }
        CertificateError::UnhandledCriticalExtension => {
            "it has a condition that is not understood here"
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "it is signed in a way that is not known here, or not safe any more"
        }
        other => {
            let shown = other.to_string();
            let is_code = shown.contains(['{', '(', '[']);
            return if is_code { "it is not as it should be".to_owned() } else { shown };
        }
    };
    told.to_owned()
}

impl From<Error> for ClientError {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidCertificate(why) => Self::Distrusted(Distrust::of(&why)),
            Error::InvalidMessage(InvalidMessage::InvalidContentType) => Self::Foreign,
            Error::AlertReceived(alert) => Self::Refused(match alert {
                // A server of ours says the second one, as its TLS library has it.
                AlertDescription::UnrecognisedName | AlertDescription::AccessDenied => {
                    "it has no certificate for that name"
                }
                AlertDescription::NoApplicationProtocol => {
                    "it speaks none of the protocols that were offered"
                }
                AlertDescription::ProtocolVersion => "it supports other versions of TLS only",
                AlertDescription::HandshakeFailure => {
                    "it supports none of the ciphers that were offered"
                }
                AlertDescription::CertificateRequired => "it asks for a client certificate",
                _ => return Self::Broken(format!("the server says {alert:?}")),
            }),
            other => Self::Broken(other.to_string()),
        }
    }
}

/// A name without the kind that rustls shows before it.
fn bare(shown: &str) -> String {
    let inner = shown.split_once("(\"").and_then(|(_, rest)| rest.strip_suffix("\")"));
    inner.or_else(|| shown.split_once('(')?.1.strip_suffix(')')).unwrap_or(shown).to_owned()
}

fn name_of(name: &ServerName<'_>) -> String {
    name.to_str().into_owned()
}

/// That a certificate is for somebody else.
fn others_name(expected: &str, presented: &[String]) -> String {
    match presented {
        [] => format!("names no host, so it is not for {expected}"),
        some => format!("is not for {expected}, but for {}", names(some)),
    }
}

/// What a certificate is for, as far as anybody wants to read it.
fn names(presented: &[String]) -> String {
    match presented {
        all if all.len() <= 4 => crate::text::clean(&all.join(", ")).into_owned(),
        many => {
            let some = many.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
            format!("{} and {} others", crate::text::clean(&some), presented.len() - 3)
        }
    }
}
