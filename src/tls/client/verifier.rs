//! Whether a server is who it should be: asked by rustls in the middle of the handshake, before
//! anything is said.

#![allow(
    clippy::disallowed_types,
    reason = "rustls asks by a shared reference for what is known of a server"
)]

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use x509_parser::parse_x509_certificate;
use x509_parser::time::ASN1Time;

use super::error::Distrust;
use crate::tls::{Fingerprint, x509};

/// What is known of a server from the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It had this certificate, which nobody vouches for.
    Certificate(Fingerprint),
    /// An authority vouched for it.
    Authority,
}

/// Why a server counts as the one it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has the certificate that was asked for.
    Pinned,
    /// An authority vouches for it.
    Authority,
    /// It has the certificate that it had before.
    Known,
    /// It is met for the first time, and this is its certificate.
    New(Fingerprint),
}

/// How a server is judged.
#[derive(Debug)]
pub(super) enum Rule {
    /// It must have this certificate, whatever that says.
    Pin(Fingerprint),
    /// One of the authorities must vouch for it.
    Authorities,
    /// The same, or it has a self-signed certificate: the one that it had before, or any where
    /// nothing is known of it.
    FirstUse(Remembered),
}

/// What is known of a server. rustls may ask from any thread.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    certificate: OnceLock<Fingerprint>,
    authority: OnceLock<()>,
}

impl Remembered {
    /// Adds to it. The first certificate counts until an authority vouches for the server.
    pub(super) fn add(&self, known: Known) {
        // What is known already is not replaced.
        let _ = match known {
            Known::Certificate(fingerprint) => self.certificate.set(fingerprint).is_ok(),
            Known::Authority => self.authority.set(()).is_ok(),
        };
    }

    fn get(&self) -> Option<Known> {
        match self.authority.get() {
            Some(()) => Some(Known::Authority),
            None => self.certificate.get().copied().map(Known::Certificate),
        }
    }
}

/// Judges one server.
#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) rule: Rule,
    /// None where there are no authorities.
    pub(super) authorities: Option<Arc<WebPkiServerVerifier>>,
    /// Certificates that were given; a server may have one of these itself.
    pub(super) given: Vec<CertificateDer<'static>>,
    pub(super) provider: Arc<CryptoProvider>,
    /// The certificate that was judged last.
    pub(super) seen: Mutex<Option<Fingerprint>>,
}

impl Verifier {
    /// Whether the server of this name may have these certificates.
    pub(super) fn judge(
        &self,
        server: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<Verdict, Distrust> {
        let found = Fingerprint::of(server);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        let vouched = || self.ask_authorities(server, intermediates, name, now);
        let known = match &self.rule {
            Rule::Pin(pin) if *pin == found => return Ok(Verdict::Pinned),
            Rule::Pin(_) => return Err(Distrust::Pin { found }),
            Rule::Authorities if self.given.iter().all(|given| given != server) => {
                return vouched().map(|()| Verdict::Authority).map_err(|why| {
                    if is_self_signed(server) { Distrust::SelfSigned { found } } else { why }
                });
            }
            Rule::Authorities => return vouched().map(|()| Verdict::Authority),
            Rule::FirstUse(known) => known.get(),
        };
        if known == Some(Known::Certificate(found)) {
            return Ok(Verdict::Known);
        }
        let Err(why) = vouched() else { return Ok(Verdict::Authority) };
        match known {
            None if is_self_signed(server) => Ok(Verdict::New(found)),
            Some(Known::Certificate(before)) if is_self_signed(server) => {
                Err(Distrust::Changed { before, found })
            }
            Some(Known::Certificate(before)) => {
                Err(Distrust::Replaced { before, found, why: Box::new(why) })
            }
            Some(Known::Authority) if is_self_signed(server) => Err(Distrust::Downgraded { found }),
            _ => Err(why),
        }
    }

    /// Whether an authority vouches for it.
    fn ask_authorities(
        &self,
        server: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Distrust> {
        if self.given.iter().any(|given| given == server) {
            return judge_given(server, name, now);
        }
        let Some(authorities) = &self.authorities else { return Err(Distrust::UnknownAuthority) };
        match authorities.verify_server_cert(server, intermediates, name, &[], now) {
            Ok(_) => Ok(()),
            Err(Error::InvalidCertificate(why)) => Err(Distrust::of(&why)),
            Err(other) => Err(Distrust::Unusable(other.to_string())),
        }
    }
}

/// Whether a certificate that is trusted itself is for this name and time. webpki takes none that
/// may be an authority, as those are that `openssl req -x509` makes.
fn judge_given(
    server: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<(), Distrust> {
    let named = ParsedCertificate::try_from(server).and_then(|it| verify_server_name(&it, name));
    match named {
        Err(Error::InvalidCertificate(why)) => return Err(Distrust::of(&why)),
        Err(other) => return Err(Distrust::Unusable(other.to_string())),
        Ok(()) => {}
    }
    let unreadable = |_| Distrust::of(&CertificateError::BadEncoding);
    let (_, parsed) = parse_x509_certificate(server).map_err(|_| unreadable(()))?;
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let now = ASN1Time::from_timestamp(seconds).map_err(|_| unreadable(()))?;
    if now < parsed.validity().not_before {
        return Err(Distrust::NotYetValid);
    }
    if now > parsed.validity().not_after { Err(Distrust::Expired) } else { Ok(()) }
}

/// Whether a certificate names itself as its issuer; one that cannot be read does not.
fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    parse_x509_certificate(certificate).is_ok_and(|(_, parsed)| x509::is_self_signed(&parsed))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.judge(end_entity, intermediates, server_name, now);
        verdict.map(|_| ServerCertVerified::assertion()).map_err(Distrust::into_rustls)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
