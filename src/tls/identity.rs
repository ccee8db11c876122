//! Who a server is: a certificate, those that vouch for it, and the private key.

use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::certificate::Certificate;
use super::error::IdentityError;
use crate::limits::CERTIFICATE_CHAIN_MAX;

/// The mark that Windows editors put at the beginning of a UTF-8 file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A certificate with its chain and its private key.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(super) certified: Arc<CertifiedKey>,
    pub(super) certificate: Certificate,
}

impl Identity {
    /// Reads a chain, the server's certificate first, and the private key of that; both may be in
    /// the same file.
    ///
    /// # Errors
    /// One of them cannot be used, or they do not belong together. A certificate that has expired
    /// is no error: see [`Certificate::concerns`].
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        let chain = read_chain(chain)?;
        let certificate = check_chain(&chain)?;
        let key = aws_lc_rs::default_provider()
            .key_provider
            .load_private_key(read_key(key)?)
            .map_err(|_| IdentityError::BadKey)?;
        let certified = CertifiedKey::new(chain, key);
        if certified.keys_match().is_err() {
            return Err(whose_key(&certified));
        }
        Ok(Self { certified: Arc::new(certified), certificate })
    }

    /// What is to be known of the certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Whether the certificate is one for this name. One that nobody vouches for is for any: who
    /// trusts it knows it by its fingerprint.
    pub(super) fn serves(&self, name: &str) -> bool {
        self.certificate.is_self_signed() || self.names(name)
    }

    /// Whether the certificate names this host.
    pub(super) fn names(&self, name: &str) -> bool {
        let Ok(name) = rustls::pki_types::ServerName::try_from(name) else { return false };
        let Some(leaf) = self.certified.cert.first() else { return false };
        rustls::server::ParsedCertificate::try_from(leaf)
            .and_then(|leaf| rustls::client::verify_server_name(&leaf, &name))
            .is_ok()
    }

    /// Whether the key can sign in a way that a client understands.
    pub(super) fn can_sign(&self, understood: &[SignatureScheme]) -> bool {
        self.certified.key.choose_scheme(understood).is_some()
    }
}

/// The certificates of a file.
fn read_chain(file: &[u8]) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let sections = sections(file).map_err(IdentityError::BrokenPem)?;
    if sections.is_empty() {
        return Err(if is_empty(file) {
            IdentityError::Empty
        } else if is_pem(file) {
            IdentityError::NoCertificate
        } else {
            IdentityError::NotPem
        });
    }
    let certificates = sections.into_iter().filter_map(|(kind, der)| {
        (kind == SectionKind::Certificate).then(|| CertificateDer::from(der))
    });
    let chain: Vec<_> = certificates.collect();
    match chain.len() {
        0 => Err(IdentityError::NoCertificate),
        count if count > CERTIFICATE_CHAIN_MAX => Err(IdentityError::TooMany(count)),
        _ => Ok(chain),
    }
}

/// Whether every certificate is one; the first is the server's.
fn check_chain(chain: &[CertificateDer<'_>]) -> Result<Certificate, IdentityError> {
    let bad = |place, why| IdentityError::BadCertificate { place, why };
    let mut read = chain
        .iter()
        .enumerate()
        .map(|(index, der)| Certificate::from_der(der).map_err(|why| bad(index + 1, why)));
    let first = read.next().unwrap_or(Err(IdentityError::NoCertificate))?;
    if first.is_of_version_one() {
        return Err(IdentityError::VersionOne);
    }
    // As the library will, when a client asks for a name. What it says is for programmers.
    let parsed = rustls::server::ParsedCertificate::try_from(&chain[0]);
    parsed.map_err(|_| bad(1, "it breaks the rules for certificates (RFC 5280)".to_owned()))?;
    let next = read.next().transpose()?;
    read.try_for_each(|other| other.map(|_| ()))?;
    Ok(first.vouched_for_by(next.as_ref()))
}

/// The first private key of a file.
fn read_key(file: &[u8]) -> Result<PrivateKeyDer<'static>, IdentityError> {
    // Either of PKCS #8, or of the older form whose lines follow a header.
    let is_encrypted = [&b"-----BEGIN ENCRYPTED PRIVATE KEY-----"[..], b"Proc-Type: 4,ENCRYPTED"]
        .iter()
        .any(|mark| file.windows(mark.len()).any(|window| window == *mark));
    if is_encrypted {
        return Err(IdentityError::EncryptedKey);
    }
    let sections = sections(file).map_err(IdentityError::BrokenKeyPem)?;
    let mut keys =
        sections.into_iter().filter_map(|(kind, der)| PrivateKeyDer::from_pem(kind, der));
    keys.next().ok_or(if is_empty(file) {
        IdentityError::EmptyKey
    } else if is_pem(file) {
        IdentityError::NoKey
    } else {
        IdentityError::KeyNotPem
    })
}

/// What is in a file in PEM, whatever editor has saved it.
fn sections(file: &[u8]) -> Result<Vec<(SectionKind, Vec<u8>)>, String> {
    let file = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file);
    <(SectionKind, Vec<u8>)>::pem_slice_iter(file)
        .collect::<Result<_, _>>()
        .map_err(|error| broken(&error))
}

fn broken(error: &pem::Error) -> String {
    let text = String::from_utf8_lossy;
    match error {
        pem::Error::MissingSectionEnd { end_marker } => {
            format!("a line -----END {}----- is missing", text(end_marker))
        }
        pem::Error::IllegalSectionStart { line } => format!("it has a line {:?}", text(line)),
        pem::Error::Base64Decode(_) => "it is not Base64 between two marks".to_owned(),
        other => other.to_string(),
    }
}

fn is_empty(file: &[u8]) -> bool {
    file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file).trim_ascii().is_empty()
}

fn is_pem(file: &[u8]) -> bool {
    let mark = b"-----BEGIN ";
    file.windows(mark.len()).any(|window| window == mark)
}

/// Why a key is not the server's: it may be that of another certificate in the chain.
fn whose_key(certified: &CertifiedKey) -> IdentityError {
    let is_its = |der: &CertificateDer<'static>| {
        CertifiedKey::new(vec![der.clone()], certified.key.clone()).keys_match().is_ok()
    };
    match certified.cert.iter().position(is_its) {
        Some(index) => IdentityError::KeyOfLater(index + 1),
        None => IdentityError::KeyOfAnother,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::testing::{DAY, Issued, NOW, issue, self_signed};

    /// As `openssl x509 -req` makes one without -extfile, of a request for chat.example.
    const OF_VERSION_ONE: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIBKTCB0QIUM8UmmUNdOYrRDLjbuoigQQwH8uUwCgYIKoZIzj0EAwIwFzEVMBMG\n\
A1UEAwwMY2hhdC5leGFtcGxlMCAXDTI2MTEzMDE3MjUyM1oYDzIxMjYxMTA2MTcy\n\
NTIzWjAXMRUwEwYDVQQDDAxjaGF0LmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjO\n\
PQMBBwNCAAQLqabRb5gUwKC/SATOLY6nzsx53Vy9jtpyTwCvOQPYOB3WNfxMvO2M\n\
DckQb6P2OPIoyuBFEzNtSV5QSf1NmjvpMAoGCCqGSM49BAMCA0cAMEQCIBl/eNiy\n\
UKXQBJy/UQqcdV28IuNfUjMj+M3IoFFWjaacAiBiYwz85lgK+ykr7wKTN7985n1F\n\
M99hoTQPYQEy6t5QCQ==\n\
-----END CERTIFICATE-----\n\
";

    fn why(chain: &str, key: &str) -> IdentityError {
        Identity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_chain_and_its_key_are_read_from_one_file_or_two() {
        let Issued { chain, key, .. } = issue(&["chat.example", "*.games.example", "192.0.2.1"]);
        let both = format!("# ours\r\n{key}{chain}").replace('\n', "\r\n");
        for (chain, key) in [
            (chain.clone(), key.clone()),
            (both.clone(), both),
            (format!("\u{feff}{chain}"), format!("\u{feff}{key}")),
        ] {
            let identity = Identity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
            let certificate = identity.certificate();
            assert_eq!(certificate.names(), ["chat.example", "*.games.example", "192.0.2.1"]);
            assert!(!certificate.is_self_signed());
            assert_eq!(certificate.ends(), NOW + DAY * 90);
            assert_eq!(certificate.concerns(NOW), Vec::<String>::new());
            for (name, is_ours) in [
                ("chat.example", true),
                ("CHAT.Example", true),
                ("chess.games.example", true),
                ("192.0.2.1", true),
                ("games.example", false),
                ("a.b.games.example", false),
                ("other.example", false),
                ("192.0.2.2", false),
                ("", false),
            ] {
                assert_eq!(identity.serves(name), is_ours, "{name}");
            }
        }
    }

    #[test]
    fn what_nobody_vouches_for_serves_every_name() {
        let pair = self_signed();
        let identity = pair.identity().unwrap();
        assert!(identity.certificate().is_self_signed() && identity.serves("other.example"));
    }

    #[test]
    fn a_pair_that_cannot_be_used_is_refused_for_what_is_wrong_with_it() {
        use IdentityError as Why;
        let (one, other) = (issue(&["one.example"]), issue(&["other.example"]));
        assert_eq!(why("", &one.key), Why::Empty);
        assert_eq!(why("\u{30}\u{2}binary", &one.key), Why::NotPem);
        assert_eq!(why(&one.key, &one.key), Why::NoCertificate);
        let request =
            "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n";
        assert_eq!(why(request, &one.key), Why::NoCertificate);
        let cut = &one.chain[..one.chain.len() - 30];
        assert!(matches!(why(cut, &one.key), Why::BrokenPem(_)));
        assert!(matches!(why(&one.chain.replacen("MII", "M?I", 1), &one.key), Why::BrokenPem(_)));
        let noise = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(why(noise, &one.key), Why::BadCertificate { place: 1, .. }));
        let behind = format!("{}{noise}", one.chain);
        assert!(matches!(why(&behind, &one.key), Why::BadCertificate { place: 3, .. }));
        assert_eq!(why(&one.chain.repeat(20), &one.key), Why::TooMany(40));

        assert_eq!(why(&one.chain, "\n"), Why::EmptyKey);
        assert_eq!(why(" \n", &one.key), Why::Empty);
        assert_eq!(why(OF_VERSION_ONE, &one.key), Why::VersionOne);
        assert_eq!(why(&one.chain, "0\x03"), Why::KeyNotPem);
        assert_eq!(why(&one.chain, &one.chain), Why::NoKey);
        assert!(matches!(why(&one.chain, &one.key[..100]), Why::BrokenKeyPem(_)));
        let encrypted = one.key.replace("BEGIN PRIVATE", "BEGIN ENCRYPTED PRIVATE");
        assert_eq!(why(&one.chain, &encrypted), Why::EncryptedKey);
        let encrypted = one.key.replacen('\n', "\nProc-Type: 4,ENCRYPTED\n", 1);
        assert_eq!(why(&one.chain, &encrypted), Why::EncryptedKey);
        let noise = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert_eq!(why(&one.chain, noise), Why::BadKey);
        assert_eq!(why(&one.chain, &other.key), Why::KeyOfAnother);
        let reversed = format!("{}{}", one.issuer, one.leaf);
        assert_eq!(why(&reversed, &one.key), Why::KeyOfLater(2));
    }

    #[test]
    fn damaged_bytes_are_told_without_the_words_of_a_parser() {
        let damaged = OF_VERSION_ONE.replacen("MIIB", "MIIC", 1);
        let said = why(&damaged, "").to_string();
        assert_eq!(said, "certificate 1 in it cannot be understood: its bytes are damaged");
    }

    #[test]
    fn the_file_that_is_wrong_is_known() {
        let of_key =
            [IdentityError::NoKey, IdentityError::EncryptedKey, IdentityError::KeyOfAnother];
        assert!(of_key.iter().all(IdentityError::is_of_key));
        let of_certificate = [IdentityError::NotPem, IdentityError::KeyOfLater(2)];
        assert!(!of_certificate.iter().any(IdentityError::is_of_key));
    }
}
