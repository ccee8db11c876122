//! Certificates for the servers of these tests.

use std::fs;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use crate::support::Server;

/// Flags of a server that makes its own certificate. On a busy machine it may be long before a
/// client says its first word, and the first of them would be prompted.
pub(crate) const SELF_SIGNED: [&str; 6] =
    ["--tls", "self-signed", "--greet-after", "5s", "--flood", "off"];
/// The name in the certificate that an authority has issued.
pub(crate) const NAME: &str = "chat.example";

/// A certificate for [`NAME`] that an authority vouches for.
pub(crate) struct Issued {
    folder: TempDir,
}

impl Issued {
    pub(crate) fn new() -> Self {
        let of_authority = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "the authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = authority.self_signed(&of_authority).unwrap().pem();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        let leaf = params.signed_by(&key, &Issuer::new(authority, of_authority)).unwrap().pem();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("root.pem"), root).unwrap();
        fs::write(folder.path().join("chat.pem"), leaf + &key.serialize_pem()).unwrap();
        Self { folder }
    }

    /// The authority's certificate.
    pub(crate) fn root(&self) -> String {
        Self::text(self.folder.path().join("root.pem"))
    }

    /// A server with this certificate and these flags.
    pub(crate) fn start(&self, flags: &[&str]) -> Server {
        let pair = Self::text(self.folder.path().join("chat.pem"));
        Server::start(&[&["--tls-cert", &pair], flags].concat())
    }

    fn text(path: PathBuf) -> String {
        path.into_os_string().into_string().unwrap()
    }
}
