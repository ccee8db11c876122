//! Certificates for tests, and a client and a server that shake hands in memory.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime as RustlsTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, ServerConnection,
    SignatureScheme, SupportedProtocolVersion,
};

use super::acceptor::Acceptor;
use super::identity::Identity;
use super::self_signed::SelfSigned;
use crate::time::UnixTime;

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// A day in 2026.
pub(super) const NOW: UnixTime = UnixTime::from_millis(1_772_323_200_000);

/// A certificate that an authority vouches for.
pub(super) struct Issued {
    /// `leaf` and `issuer`.
    pub(super) chain: String,
    pub(super) leaf: String,
    pub(super) issuer: String,
    pub(super) key: String,
}

impl Issued {
    pub(super) fn identity(&self) -> Identity {
        Identity::from_pem(self.chain.as_bytes(), self.key.as_bytes()).unwrap()
    }
}

/// Issues a certificate for these hosts, valid since a month ago and for 90 days.
pub(super) fn issue(hosts: &[&str]) -> Issued {
    let of_authority = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "the authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = authority.self_signed(&of_authority).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    let now = date_time_ymd(1970, 1, 1) + Duration::from_millis(NOW.millis());
    (params.not_before, params.not_after) = (now - DAY * 30, now + DAY * 90);
    let issued = params.signed_by(&key, &Issuer::new(authority, of_authority)).unwrap();
    let leaf = issued.pem();
    Issued { chain: format!("{leaf}{issuer}"), leaf, issuer, key: key.serialize_pem() }
}

/// A certificate that nobody vouches for.
pub(super) fn self_signed() -> SelfSigned {
    SelfSigned::make(&["localhost".to_owned()], NOW).unwrap()
}

/// A client that trusts everybody.
#[derive(Debug)]
struct Trusting {
    /// The signatures that it reads.
    schemes: Vec<SignatureScheme>,
}

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: RustlsTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

/// The settings of a client that trusts everybody.
pub(super) fn client(
    versions: &[&'static SupportedProtocolVersion],
    protocols: &[&str],
) -> ClientConfig {
    let provider = aws_lc_rs::default_provider();
    let schemes = provider.signature_verification_algorithms.supported_schemes();
    let mut config = trusting(versions, provider, schemes);
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    config
}

/// The same of one that reads no signature but those of RSA.
pub(super) fn rsa_only_client(versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    let schemes = vec![SignatureScheme::RSA_PKCS1_SHA256, SignatureScheme::RSA_PSS_SHA256];
    trusting(versions, aws_lc_rs::default_provider(), schemes)
}

fn trusting(
    versions: &[&'static SupportedProtocolVersion],
    provider: CryptoProvider,
    schemes: Vec<SignatureScheme>,
) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trusting { schemes }))
        .with_no_client_auth()
}

/// A handshake in memory, until both are content or one is not: what each says.
pub(super) fn shake_hands(
    acceptor: &Acceptor,
    client: ClientConfig,
    host: &str,
) -> (Result<ServerConnection, Error>, Result<ClientConnection, Error>) {
    let mut server = ServerConnection::new(acceptor.config()).unwrap();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(client), name).unwrap();
    let (mut of_server, mut of_client) = (Ok(()), Ok(()));
    // More flights than any handshake has.
    for _ in 0..8 {
        let mut sent = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut sent).unwrap();
        }
        let mut sent = &sent[..];
        while !sent.is_empty() {
            server.read_tls(&mut sent).unwrap();
            of_server = of_server.and_then(|()| server.process_new_packets().map(|_| ()));
        }
        let mut sent = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut sent).unwrap();
        }
        let mut sent = &sent[..];
        while !sent.is_empty() {
            client.read_tls(&mut sent).unwrap();
            of_client = of_client.and_then(|()| client.process_new_packets().map(|_| ()));
        }
    }
    (of_server.map(|()| server), of_client.map(|()| client))
}
