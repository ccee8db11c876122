//! The flags of whoever connects by TLS: whom to trust.

use std::path::Path;
use std::str::FromStr;

use clap::Args;
use mio_chat::tls::client::Fingerprint;

use super::text_file;

/// Whom to trust, if not whom the system trusts.
#[derive(Clone, Debug, Args)]
pub(super) struct TrustArgs {
    /// With TLS: trust the certificates in this file, in PEM, and no others
    #[arg(long, value_name = "FILE", conflicts_with = "pin")]
    pub(super) ca: Option<CaFile>,
    /// With TLS: trust the certificate with this SHA-256 fingerprint, and no other
    #[arg(long, value_name = "FINGERPRINT")]
    pub(super) pin: Option<Fingerprint>,
}

impl TrustArgs {
    /// The flag that was given, which makes no sense without TLS.
    pub(super) fn given(&self) -> Option<&'static str> {
        self.ca.as_ref().map(|_| "--ca").or_else(|| self.pin.as_ref().map(|_| "--pin"))
    }
}

/// The text of a file of certificates.
#[derive(Clone, Debug)]
pub(super) struct CaFile(pub(super) String);

impl FromStr for CaFile {
    type Err = String;

    fn from_str(file: &str) -> Result<Self, String> {
        text_file::read(Path::new(file)).map(Self).map_err(|error| error.to_string())
    }
}
