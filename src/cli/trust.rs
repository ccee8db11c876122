//! The flags of whoever connects by TLS: whom to trust.

use std::path::Path;
use std::str::FromStr;

use clap::Args;
use mio_chat::tls::client::{Connector, Fingerprint, Target, Trust};

use super::text_file;

/// How a certificate in DER begins: a long sequence of ASN.1.
const DER: &[u8] = &[0x30, 0x82];

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
        let bytes = text_file::read_pem(Path::new(file)).map_err(|error| error.to_string())?;
        if bytes.starts_with(DER) {
            return Err(format!(
                "it is in DER, not in PEM: openssl x509 -inform der -in {file} -out {file}.pem"
            ));
        }
        let text = text_file::decode(&bytes);
        let text = text.unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned());
        // Whether anybody can be trusted by it is known here already.
        let target = Target { name: "localhost", protocol: None, resumes: false };
        Connector::new(&target, Trust::Authorities(text.clone().into_bytes()))
            .map_err(|error| error.to_string())?;
        Ok(Self(text))
    }
}
