//! Who is trusted and who is not, in whole handshakes against a server in memory.

use rustls::version::{TLS12, TLS13};
use rustls::{CertificateError, ExtendedKeyPurpose};

use super::*;
use crate::tls::client::channel::ClientChannel;
use crate::tls::client::error::Distrust;
use crate::tls::client::test_server::{
    TestAuthority, TestIdentity, TestServer, TestSocket, config, meet,
};

const NAME: &str = "chat.example";

fn connector(name: &str, trust: Trust) -> Result<Connector, ClientError> {
    Connector::new(&Target { name, protocol: Some("mio-chat"), resumes: true }, trust)
}

/// What comes of meeting a server of this identity, and what the server thinks of it.
fn outcome(connector: &Connector, identity: &TestIdentity) -> Result<Verdict, Distrust> {
    let server_config = config(identity, &[&TLS13, &TLS12], &["mio-chat"]);
    let mut channel = ClientChannel::new(connector).unwrap();
    let (mut server, mut socket) = (TestServer::new(&server_config), TestSocket::new(usize::MAX));
    let met = meet(&mut channel, &mut server, &mut socket);
    match met {
        Ok(verdict) => Ok(verdict),
        Err(ClientError::Distrusted(why)) => {
            server.serve(&mut socket);
            assert!(matches!(server.error, Some(rustls::Error::AlertReceived(_))), "it is told");
            assert_eq!(channel.write(&mut socket, b"a secret").unwrap(), 0);
            assert!(server.heard.is_empty());
            Err(why)
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn an_authority_vouches_for_a_name_and_a_time() {
    let authority = TestAuthority::new("an authority");
    let trust = || Trust::Authorities(authority.pem.clone().into_bytes());
    let judged = |connect_to: &str, certified: &str, years| {
        outcome(&connector(connect_to, trust()).unwrap(), &authority.issue(certified, years))
    };
    let now = (2_020, 4_000);
    assert_eq!(judged(NAME, NAME, now), Ok(Verdict::Authority));
    assert_eq!(judged("192.0.2.1", "192.0.2.1", now), Ok(Verdict::Authority));
    assert_eq!(judged("::1", "::1", now), Ok(Verdict::Authority));
    let why = judged(NAME, "other.example", now).unwrap_err();
    assert_eq!(why.to_string(), "its certificate is not for chat.example, but for other.example");
    let why = judged("192.0.2.1", "192.0.2.2", now).unwrap_err();
    assert_eq!(why.to_string(), "its certificate is not for 192.0.2.1, but for 192.0.2.2");
    assert_eq!(judged(NAME, NAME, (2_019, 2_020)), Err(Distrust::Expired));
    assert_eq!(judged(NAME, NAME, (3_000, 4_000)), Err(Distrust::NotYetValid));
    let stranger = TestAuthority::new("a stranger").issue(NAME, now);
    assert_eq!(
        outcome(&connector(NAME, trust()).unwrap(), &stranger),
        Err(Distrust::UnknownAuthority)
    );
}

#[test]
fn a_certificate_that_was_given_counts_for_itself() {
    for identity in [TestIdentity::self_signed(NAME), TestIdentity::of_openssl(NAME)] {
        let trust = || Trust::Authorities(format!("Key of it:\n{}", identity.pem).into_bytes());
        assert_eq!(outcome(&connector(NAME, trust()).unwrap(), &identity), Ok(Verdict::Authority));
        let why = outcome(&connector("other.example", trust()).unwrap(), &identity).unwrap_err();
        assert!(matches!(why, Distrust::Name { .. }), "{why}");
        let other = TestIdentity::self_signed(NAME);
        let found = Fingerprint::of(&other.certificate);
        let why = outcome(&connector(NAME, trust()).unwrap(), &other).unwrap_err();
        assert_eq!(why, Distrust::SelfSigned { found });
    }
}

#[test]
fn a_pin_counts_whatever_the_certificate_says() {
    let identity = TestAuthority::new("a stranger").issue("other.example", (2_019, 2_020));
    let found = Fingerprint::of(&identity.certificate);
    assert_eq!(
        outcome(&connector(NAME, Trust::Pin(found)).unwrap(), &identity),
        Ok(Verdict::Pinned)
    );
    let other = Trust::Pin(Fingerprint::of(b"another"));
    assert_eq!(outcome(&connector(NAME, other).unwrap(), &identity), Err(Distrust::Pin { found }));
}

#[test]
fn a_self_signed_certificate_is_believed_once() {
    let (first, second) = (TestIdentity::self_signed(NAME), TestIdentity::self_signed("other"));
    let (before, found) =
        (Fingerprint::of(&first.certificate), Fingerprint::of(&second.certificate));
    let at_first = connector(NAME, Trust::FirstUse(None)).unwrap();
    assert_eq!(outcome(&at_first, &first), Ok(Verdict::New(before)));
    // Nothing is remembered before somebody says so.
    assert_eq!(outcome(&at_first, &second), Ok(Verdict::New(found)));
    at_first.remember(Known::Certificate(before));
    at_first.remember(Known::Certificate(found));
    let later = connector(NAME, Trust::FirstUse(Some(Known::Certificate(before)))).unwrap();
    for connector in [&at_first, &later] {
        assert_eq!(outcome(connector, &first), Ok(Verdict::Known));
        let why = outcome(connector, &second).unwrap_err();
        assert_eq!(why, Distrust::Changed { before, found });
        assert!(why.is_change());
    }
    let better = connector(NAME, Trust::FirstUse(Some(Known::Authority))).unwrap();
    assert_eq!(outcome(&better, &first), Err(Distrust::Downgraded { found: before }));
    // Somebody vouches for it, but nobody who is known: that is no first use.
    let stranger = TestAuthority::new("a stranger").issue(NAME, (2_020, 4_000));
    let fresh = connector(NAME, Trust::FirstUse(None)).unwrap();
    assert_eq!(outcome(&fresh, &stranger), Err(Distrust::UnknownAuthority));
    // Nor does it make good for another certificate than before.
    let found = Fingerprint::of(&stranger.certificate);
    let why = outcome(&later, &stranger).unwrap_err();
    let unknown = Box::new(Distrust::UnknownAuthority);
    assert_eq!(why, Distrust::Replaced { before, found, why: unknown });
    assert!(why.is_change() && why.is_unknown_authority());
    assert_eq!(later.seen(), Some(found));
}

#[test]
fn an_authority_takes_the_place_of_a_self_signed_certificate_for_good() {
    let identity = TestIdentity::self_signed(NAME);
    let found = Fingerprint::of(&identity.certificate);
    let connector = connector(NAME, Trust::FirstUse(Some(Known::Certificate(found)))).unwrap();
    assert_eq!(outcome(&connector, &identity), Ok(Verdict::Known));
    connector.remember(Known::Authority);
    assert_eq!(outcome(&connector, &identity), Err(Distrust::Downgraded { found }));
    connector.remember(Known::Certificate(found));
    assert_eq!(outcome(&connector, &identity), Err(Distrust::Downgraded { found }));
}

#[test]
fn bad_names_and_certificates_are_refused_before_connecting() {
    for name in ["bücher.example", "", "a b"] {
        let error = connector(name, Trust::FirstUse(None)).unwrap_err();
        assert!(error.to_string().starts_with("no certificate can be for '"), "{error}");
    }
    assert!(connector("fe80::1%eth0", Trust::FirstUse(None)).is_ok());
    for (pem, told) in [
        ("", "it has no certificate in PEM"),
        ("nothing of the kind", "it has no certificate in PEM"),
        (
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
            "a certificate in it cannot be read",
        ),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "a certificate in it cannot be read",
        ),
    ] {
        let error = connector(NAME, Trust::Authorities(pem.into())).unwrap_err().to_string();
        assert!(error.starts_with(told), "{error}");
    }
}

#[test]
fn what_is_wrong_with_a_certificate_is_told_without_code() {
    let nobody = Distrust::Name { expected: NAME.to_owned(), presented: Vec::new() };
    let told = format!("its certificate names no host, so it is not for {NAME}");
    assert_eq!(nobody.to_string(), told);
    for error in [
        CertificateError::BadSignature,
        CertificateError::InvalidPurpose,
        CertificateError::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id: vec![1, 2, 3],
            supported_algorithms: Vec::new(),
        },
        CertificateError::InvalidPurposeContext {
            required: ExtendedKeyPurpose::ServerAuth,
            presented: vec![ExtendedKeyPurpose::ClientAuth],
        },
    ] {
        let told = Distrust::of(&error).to_string();
        assert!(!told.contains(['{', '[', '(']) && told.len() < 120, "{told}");
    }
}
