//! What is decided before the first connection: the server's name, whom to trust, what is spoken.
//!
//! A connector lives as long as its server is talked to, for it keeps the tickets by which
//! connections are made again without the costly half of a handshake.

#![allow(
    clippy::disallowed_types,
    reason = "rustls asks by a shared reference for what is known of a server"
)]

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, RootCertStore};

use super::error::ClientError;
use super::verifier::{Known, Remembered, Rule, Verdict, Verifier};
use crate::tls::Fingerprint;

/// Whom to trust to say that a server is the one that was meant.
#[derive(Clone, Debug)]
pub enum Trust {
    /// The authorities that this system trusts.
    System,
    /// Those whose certificates are in these bytes of PEM.
    Authorities(Vec<u8>),
    /// Nobody: it must have this certificate.
    Pin(Fingerprint),
    /// The authorities that this system trusts; and a self-signed certificate, if it is the one
    /// that is known, or none is known of this server.
    FirstUse(Option<Known>),
}

/// Whom to connect to.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// The server's name or address, which must be in its certificate.
    pub name: &'a str,
    /// What will be spoken, by its name in ALPN; none where the server is to find out.
    pub protocol: Option<&'a str>,
    /// Whether to come back by ticket.
    pub resumes: bool,
}

/// Connects to one server, again and again.
#[derive(Clone, Debug)]
pub struct Connector {
    pub(super) config: Arc<ClientConfig>,
    pub(super) name: ServerName<'static>,
    verifier: Arc<Verifier>,
}

impl Connector {
    /// One for this server.
    ///
    /// # Errors
    /// The name can be in no certificate, or there is nobody to trust.
    pub fn new(target: &Target<'_>, trust: Trust) -> Result<Self, ClientError> {
        let name = server_name(target.name)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Arc::new(verifier(trust, &provider)?);
        let broken = |error: rustls::Error| ClientError::Broken(error.to_string());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(broken)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier) as _)
            .with_no_client_auth();
        config.alpn_protocols =
            target.protocol.map(|protocol| protocol.as_bytes().to_vec()).into_iter().collect();
        config.resumption =
            if target.resumes { Resumption::default() } else { Resumption::disabled() };
        Ok(Self { config: Arc::new(config), name, verifier })
    }

    /// Why the server with these certificates counts as the one that was meant.
    pub(super) fn verdict(
        &self,
        certificates: &[CertificateDer<'_>],
    ) -> Result<Verdict, ClientError> {
        let Some((server, intermediates)) = certificates.split_first() else {
            return Err(ClientError::Broken("the server has shown no certificate".to_owned()));
        };
        Ok(self.verifier.judge(server, intermediates, &self.name, UnixTime::now())?)
    }

    /// The certificate that the server has shown last, trusted or not.
    pub fn seen(&self) -> Option<Fingerprint> {
        *self.verifier.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the server must be the one that it is now. The first self-signed certificate
    /// counts until an authority vouches for the server, and no other after that.
    pub fn remember(&self, known: Known) {
        if let Rule::FirstUse(remembered) = &self.verifier.rule {
            remembered.add(known);
        }
    }
}

fn verifier(trust: Trust, provider: &Arc<CryptoProvider>) -> Result<Verifier, ClientError> {
    let (rule, given, is_system) = match trust {
        Trust::Pin(pin) => (Rule::Pin(pin), Vec::new(), false),
        Trust::Authorities(pem) => (Rule::Authorities, certificates(&pem)?, false),
        Trust::System => (Rule::Authorities, Vec::new(), true),
        Trust::FirstUse(known) => {
            let remembered = Remembered::default();
            known.into_iter().for_each(|known| remembered.add(known));
            (Rule::FirstUse(remembered), Vec::new(), true)
        }
    };
    let mut roots = RootCertStore::empty();
    for certificate in &given {
        roots.add(certificate.clone()).map_err(|why| {
            let why = why.to_string();
            ClientError::BadCertificate(why)
        })?;
    }
    if is_system {
        // What cannot be read of them is the system's business: others do without it, too.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if roots.is_empty() && matches!(rule, Rule::Authorities) {
        return Err(ClientError::NoAuthorities);
    }
    let (roots, provider) = (Arc::new(roots), Arc::clone(provider));
    let builder = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider));
    // There are none of them for a pin, and there may be none in the system.
    let authorities = builder.build().ok();
    Ok(Verifier { rule, authorities, given, provider, seen: Mutex::default() })
}

/// The certificates in a text that may hold anything else besides.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err(ClientError::NoCertificate),
        Ok(found) => Ok(found),
        Err(why) => Err(ClientError::BadCertificate(why.to_string())),
    }
}

/// A host as certificates name it: an address without the link that it is on.
fn server_name(host: &str) -> Result<ServerName<'static>, ClientError> {
    let bare = match host.split_once('%') {
        Some((address, _)) if address.contains(':') => address,
        _ => host,
    };
    let name = ServerName::try_from(bare.to_owned());
    name.map_err(|_| ClientError::Name(host.to_owned()))
}

#[cfg(test)]
mod tests;
