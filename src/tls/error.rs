//! Why something cannot be encrypted, in one sentence each.

use thiserror::Error;

/// Why a certificate and its key cannot be used. Whoever has read them adds the names of the files.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum IdentityError {
    /// There is nothing in the certificate's file.
    #[error("it is empty")]
    Empty,
    /// The certificate's file is no text in PEM.
    #[error(
        "it is not in PEM, which is text with a line -----BEGIN CERTIFICATE----- in it; DER is \
         converted by `openssl x509 -inform DER -in FILE -out NEW.pem`, and PKCS #12 by `openssl \
         pkcs12 -nodes -in FILE -out NEW.pem`"
    )]
    NotPem,
    /// There is PEM, and no certificate.
    #[error("it holds no certificate: no line of it is -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// A part of the certificate's file is not whole.
    #[error("its PEM is damaged: {0}")]
    BrokenPem(String),
    /// So many certificates are no chain.
    #[error("it holds {0} certificates, which is a list of authorities and not a server's chain")]
    TooMany(usize),
    /// A certificate is not understood.
    #[error("certificate {place} in it cannot be understood: {why}")]
    BadCertificate {
        /// Which in the file, from 1.
        place: usize,
        /// The reason.
        why: String,
    },
    /// The server's certificate is of the first version, which clients refuse.
    #[error(
        "it is of version 1, which names no hosts; make one with subjectAltName (`openssl x509 \
         -req -extfile …`)"
    )]
    VersionOne,
    /// There is no key.
    #[error("it holds no private key: no line of it is -----BEGIN PRIVATE KEY-----")]
    NoKey,
    /// There is nothing in the key's file.
    #[error("it is empty")]
    EmptyKey,
    /// The key's file is no text in PEM.
    #[error(
        "it is not in PEM, which is text with a line -----BEGIN PRIVATE KEY----- in it; DER is \
         converted by `openssl pkey -inform DER -in FILE -out NEW.pem`"
    )]
    KeyNotPem,
    /// A part of the key's file is not whole.
    #[error("the PEM of its private key is damaged: {0}")]
    BrokenKeyPem(String),
    /// The key needs a passphrase, and nobody is there to type it.
    #[error(
        "its private key is encrypted; write it without a passphrase with `openssl pkey -in FILE \
         -out NEW.pem`"
    )]
    EncryptedKey,
    /// The key is of a kind, or a size, that is not used.
    #[error(
        "its private key is of a kind or a size that is not used; keys may be ECDSA (P-256, P-384, \
         P-521), Ed25519, or RSA of 2048 to 8192 bits"
    )]
    BadKey,
    /// The key is that of another certificate.
    #[error("its private key belongs to another certificate")]
    KeyOfAnother,
    /// The key is that of a later certificate in the file.
    #[error(
        "its private key belongs to certificate {0} of the chain; the server's certificate must be \
         the first"
    )]
    KeyOfLater(usize),
    /// No certificate could be made.
    #[error("cannot make a certificate: {0}")]
    Make(String),
}

impl IdentityError {
    /// Whether there is no private key at all.
    pub fn is_no_key(&self) -> bool {
        *self == Self::NoKey
    }

    /// Whether the file of the key is wrong, and not that of the certificate.
    pub fn is_of_key(&self) -> bool {
        matches!(
            self,
            Self::NoKey
                | Self::EmptyKey
                | Self::KeyNotPem
                | Self::BrokenKeyPem(_)
                | Self::EncryptedKey
                | Self::BadKey
                | Self::KeyOfAnother
        )
    }
}

/// Why there is no encryption.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TlsError {
    /// The library refuses its settings.
    #[error("cannot set up TLS: {0}")]
    SetUp(String),
}
