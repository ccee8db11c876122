//! What a server accepts encrypted connections with: its certificates, and what it agrees to.

mod handover;

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;

pub(crate) use self::handover::AcceptorState;
use super::certificate::Certificate;
use super::error::{IdentityError, TlsError};
use super::identity::Identity;
use super::self_signed::SelfSigned;
use super::tickets::Tickets;
/// The languages that a client may ask for by ALPN. One that asks for others only is refused, so
/// that nobody can have a browser or a mail client take this server for another.
const PROTOCOLS: [&str; 3] = ["http/1.1", "irc", "mio-chat"];
/// Tickets for each session of TLS 1.3, with which a client comes back sooner. It asks for another
/// one with each.
const TICKETS: usize = 1;

/// What a server accepts encrypted connections with. Whoever has begun a connection keeps what it
/// has begun it with.
#[derive(Clone, Debug)]
pub struct Acceptor {
    config: Arc<ServerConfig>,
    by_name: Arc<ByName>,
    tickets: Arc<Tickets>,
    certificates: Arc<[Certificate]>,
    /// The pair that is kept nowhere.
    unkept: Option<Arc<SelfSigned>>,
}

impl Acceptor {
    /// Sets up TLS for these identities. A client that names no host is shown the first.
    ///
    /// # Errors
    /// The library refuses, or there is none.
    pub fn new(identities: Vec<Identity>) -> Result<Self, TlsError> {
        let fail = |error: rustls::Error| TlsError::SetUp(error.to_string());
        let certificates = identities.iter().map(|identity| identity.certificate.clone()).collect();
        let by_name = Arc::new(ByName(identities));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(fail)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&by_name) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = PROTOCOLS.iter().map(|name| name.as_bytes().to_vec()).collect();
        config.session_storage = Arc::new(NoServerSessionStorage {});
        let tickets = Arc::new(Tickets::new()?);
        config.ticketer = Arc::clone(&tickets) as _;
        config.send_tls13_tickets = TICKETS;
        config.max_early_data_size = 0;
        // For a session that is handed over to the next process.
        config.enable_secret_extraction = true;
        Ok(Self { config: Arc::new(config), by_name, tickets, certificates, unkept: None })
    }

    /// Sets up TLS for a pair that lives as long as the server, and is kept nowhere.
    ///
    /// # Errors
    /// As [`Acceptor::new`].
    pub fn unkept(pair: SelfSigned) -> Result<Self, TlsError> {
        let failed = |error: IdentityError| TlsError::SetUp(error.to_string());
        let mut acceptor = Self::new(vec![pair.identity().map_err(failed)?])?;
        acceptor.unkept = Some(Arc::new(pair));
        Ok(acceptor)
    }

    /// The pair, if it is kept nowhere: the next process needs it.
    pub fn unkept_pair(&self) -> Option<&SelfSigned> {
        self.unkept.as_deref()
    }

    /// The certificates.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Whether clients are shown the same by another, or are to be: a pair that is kept nowhere is
    /// as good as another one.
    pub fn is_like(&self, other: &Self) -> bool {
        let chain = |identity: &Identity| identity.certified.cert.clone();
        let (ours, theirs) = (self.by_name.0.iter().map(chain), other.by_name.0.iter().map(chain));
        ours.eq(theirs) || (self.unkept.is_some() && other.unkept.is_some())
    }

    /// Whether others vouch for every certificate, so that a browser may be told to insist on TLS.
    pub fn is_public(&self) -> bool {
        !self.certificates.iter().any(Certificate::is_self_signed)
    }

    /// The language of this name, if it is one of those that may be agreed on.
    pub(super) fn protocol(name: &[u8]) -> Option<&'static str> {
        PROTOCOLS.into_iter().find(|known| known.as_bytes() == name)
    }

    /// The library's settings.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

/// Shows each client the certificate for the host that it names.
#[derive(Debug)]
struct ByName(Vec<Identity>);

impl ResolvesServerCert for ByName {
    /// A host in no certificate is refused: the connection was meant for another server, or
    /// somebody in between wants it to be. One without a name is shown the first certificate.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let serves =
            |identity: &&Identity| hello.server_name().is_none_or(|name| identity.serves(name));
        let can_sign = |identity: &&Identity| identity.can_sign(hello.signature_schemes());
        let mut meant = self.0.iter().filter(serves);
        // Where none is signed as the client understands it, the library says that there is no
        // cipher in common, and not that the client may not come.
        let chosen = meant.clone().find(can_sign).or_else(|| meant.next());
        chosen.map(|identity| Arc::clone(&identity.certified))
    }
}

#[cfg(test)]
mod tests {
    use rustls::{AlertDescription, Error, ProtocolVersion, version};

    use super::*;
    use crate::tls::testing::{client, issue, rsa_only_client, self_signed, shake_hands};

    const BOTH: [&rustls::SupportedProtocolVersion; 2] = [&version::TLS13, &version::TLS12];

    fn acceptor(hosts: &[&[&str]]) -> Acceptor {
        Acceptor::new(hosts.iter().map(|hosts| issue(hosts).identity()).collect()).unwrap()
    }

    #[test]
    fn a_client_is_shown_the_certificate_of_the_host_that_it_names() {
        let acceptor = acceptor(&[&["one.example"], &["two.example", "*.two.example"]]);
        assert!(acceptor.is_public() && acceptor.unkept_pair().is_none());
        let shown = |host: &str| {
            let (_, client) = shake_hands(&acceptor, client(&BOTH, &[]), host);
            let der = client.unwrap().peer_certificates().unwrap()[0].to_vec();
            let shown = Certificate::from_der(&der).unwrap();
            acceptor.certificates().iter().position(|certificate| *certificate == shown).unwrap()
        };
        // An address is no name, so it is not told to the server.
        for (host, index) in
            [("one.example", 0), ("two.example", 1), ("a.two.example", 1), ("192.0.2.1", 0)]
        {
            assert_eq!(shown(host), index, "{host}");
        }
    }

    #[test]
    fn a_host_in_no_certificate_is_refused_unless_nobody_vouches_for_that() {
        let (server, told) =
            shake_hands(&acceptor(&[&["one.example"]]), client(&BOTH, &[]), "two.example");
        assert!(server.is_err());
        assert_eq!(told.unwrap_err(), Error::AlertReceived(AlertDescription::AccessDenied));
        let own = Acceptor::unkept(self_signed()).unwrap();
        assert!(!own.is_public() && own.unkept_pair().is_some());
        let (server, told) = shake_hands(&own, client(&BOTH, &[]), "two.example");
        assert!(server.is_ok() && told.is_ok());
    }

    #[test]
    fn what_is_shown_is_told_from_something_new() {
        let (one, two) = (issue(&["one.example"]), issue(&["two.example"]));
        let acceptor = |identities: &[Identity]| Acceptor::new(identities.to_vec()).unwrap();
        let shown = acceptor(&[one.identity(), two.identity()]);
        assert!(shown.is_like(&acceptor(&[one.identity(), two.identity()])));
        let without_issuer = Identity::from_pem(two.leaf.as_bytes(), two.key.as_bytes()).unwrap();
        for other in [
            vec![two.identity(), one.identity()],
            vec![one.identity()],
            vec![one.identity(), without_issuer],
        ] {
            assert!(!shown.is_like(&acceptor(&other)));
        }
        let unkept = || Acceptor::unkept(self_signed()).unwrap();
        assert!(unkept().is_like(&unkept()) && !unkept().is_like(&shown));
    }

    #[test]
    fn only_our_languages_are_agreed_on() {
        let acceptor = acceptor(&[&["one.example"]]);
        for (offered, agreed) in [
            (&["http/1.1"][..], Some(&b"http/1.1"[..])),
            (&["h2", "http/1.1"], Some(b"http/1.1")),
            (&["irc"], Some(b"irc")),
            (&["mio-chat"], Some(b"mio-chat")),
            (&[], None),
        ] {
            let (server, told) = shake_hands(&acceptor, client(&BOTH, offered), "one.example");
            assert_eq!(server.unwrap().alpn_protocol(), agreed, "{offered:?}");
            assert!(told.is_ok());
        }
        for offered in [&["h2"][..], &["smtp", "xmpp-client"], &["http/1.0"]] {
            let (server, told) = shake_hands(&acceptor, client(&BOTH, offered), "one.example");
            assert!(server.is_err());
            let alert = AlertDescription::NoApplicationProtocol;
            assert_eq!(told.unwrap_err(), Error::AlertReceived(alert), "{offered:?}");
        }
    }

    #[test]
    fn a_client_that_cannot_read_the_signature_is_told_so_and_not_that_it_may_not_come() {
        let acceptor = acceptor(&[&["one.example"]]);
        for version in [&version::TLS13, &version::TLS12] {
            let config = rsa_only_client(&[version]);
            let (server, told) = shake_hands(&acceptor, config, "one.example");
            assert!(server.is_err());
            let alert = AlertDescription::HandshakeFailure;
            assert_eq!(told.unwrap_err(), Error::AlertReceived(alert));
        }
    }

    #[test]
    fn both_versions_are_spoken_with_one_ticket_and_without_early_data() {
        let acceptor = acceptor(&[&["one.example"]]);
        for (version, named) in [
            (&version::TLS13, ProtocolVersion::TLSv1_3),
            (&version::TLS12, ProtocolVersion::TLSv1_2),
        ] {
            let config = client(&[version], &[]);
            let (server, told) = shake_hands(&acceptor, config.clone(), "one.example");
            let (server, told) = (server.unwrap(), told.unwrap());
            assert_eq!(server.protocol_version(), Some(named));
            if named == ProtocolVersion::TLSv1_3 {
                assert_eq!(told.tls13_tickets_received(), 1);
            }
            // By the ticket of the first, and in another process.
            let next = self::acceptor(&[&["one.example"]]).going_on(&acceptor.handed_over());
            let (server, told) = shake_hands(&next, config, "one.example");
            assert_eq!(server.unwrap().handshake_kind(), Some(rustls::HandshakeKind::Resumed));
            assert!(told.unwrap().early_data().is_none());
        }
    }
}
