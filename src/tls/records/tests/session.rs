//! rustls's client and server in memory, which a record layer goes on for.

use std::io::{Read, Write};
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::{ALL_CIPHER_SUITES, default_provider};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, UnbufferedStatus};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, SupportedCipherSuite, version,
};

use super::RecordLayer;

/// rustls's client and a server in memory, and what lies between them.
pub(super) struct Session {
    pub(super) client: ClientConnection,
    pub(super) server: UnbufferedServerConnection,
    to_client: Vec<u8>,
}

/// Suites for which rcgen's certificate, which has a key of ECDSA, is good.
pub(super) fn suites() -> impl Iterator<Item = SupportedCipherSuite> {
    ALL_CIPHER_SUITES.iter().copied().filter(|suite| {
        let name = format!("{:?}", suite.suite());
        !name.contains("_RSA_")
    })
}

pub(super) fn suite(name: &str) -> SupportedCipherSuite {
    suites().find(|suite| format!("{:?}", suite.suite()) == name).unwrap()
}

impl Session {
    /// A handshake that ends in this suite.
    pub(super) fn with(suite: SupportedCipherSuite) -> Self {
        let mut provider = default_provider();
        provider.cipher_suites = vec![suite];
        let provider = Arc::new(provider);
        let versions = match suite {
            SupportedCipherSuite::Tls12(_) => [&version::TLS12],
            SupportedCipherSuite::Tls13(_) => [&version::TLS13],
        };
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let server = ServerConfig::builder_with_provider(provider.clone());
        let server = server.with_protocol_versions(&versions).unwrap().with_no_client_auth();
        let mut server = server.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        server.enable_secret_extraction = true;
        server.send_tls13_tickets = 1;
        let client = ClientConfig::builder_with_provider(provider);
        let client = client.with_protocol_versions(&versions).unwrap();
        let client = client.with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let mut session = Self {
            client: ClientConnection::new(Arc::new(client), name).unwrap(),
            server: UnbufferedServerConnection::new(Arc::new(server)).unwrap(),
            to_client: Vec::new(),
        };
        for _ in 0..4 {
            session.pass();
        }
        assert!(!session.client.is_handshaking() && !session.server.is_handshaking());
        session
    }

    /// What either side has to say is heard by the other. Returns what the server was told.
    pub(super) fn pass(&mut self) -> Vec<u8> {
        let mut sent = said(&mut self.client);
        let (mut heard, mut begin) = (Vec::new(), 0);
        loop {
            let status = self.server.process_tls_records(&mut sent[begin..]);
            let UnbufferedStatus { discard, state } = status;
            let is_over = match state.unwrap() {
                ConnectionState::EncodeTlsData(mut data) => {
                    let mut place = [0; 20_000];
                    let count = data.encode(&mut place).unwrap();
                    self.to_client.extend_from_slice(&place[..count]);
                    false
                }
                ConnectionState::TransmitTlsData(data) => {
                    data.done();
                    false
                }
                ConnectionState::ReadTraffic(mut traffic) => {
                    while let Some(record) = traffic.next_record() {
                        heard.extend_from_slice(record.unwrap().payload);
                    }
                    false
                }
                _ => true,
            };
            begin += discard;
            if is_over {
                break;
            }
        }
        hear(&mut self.client, &std::mem::take(&mut self.to_client));
        heard
    }

    /// rustls's server says something.
    pub(super) fn say(&mut self, text: &[u8]) {
        let UnbufferedStatus { state, .. } = self.server.process_tls_records(&mut []);
        let ConnectionState::WriteTraffic(mut traffic) = state.unwrap() else { panic!("not yet") };
        let mut place = vec![0; text.len() + 20_000];
        let count = traffic.encrypt(text, &mut place).unwrap();
        assert_eq!(hear(&mut self.client, &place[..count]), text);
    }

    /// The record layer goes on for rustls's server.
    pub(super) fn moved(mut self) -> (ClientConnection, RecordLayer) {
        let mut outgoing = Vec::new();
        let layer = RecordLayer::of(self.server, &mut Vec::new(), &mut outgoing).unwrap();
        hear(&mut self.client, &outgoing);
        (self.client, layer)
    }
}

/// All that a client has to send.
pub(super) fn said(client: &mut ClientConnection) -> Vec<u8> {
    let mut bytes = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut bytes).unwrap();
    }
    bytes
}

/// Text as a client sends it.
pub(super) fn says(client: &mut ClientConnection, text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in text.chunks(8_192) {
        client.writer().write_all(part).unwrap();
        bytes.extend(said(client));
    }
    bytes
}

/// The text that a client finds in these bytes.
pub(super) fn hear(client: &mut ClientConnection, mut bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    while !bytes.is_empty() {
        assert_ne!(client.read_tls(&mut bytes).unwrap(), 0);
        client.process_new_packets().unwrap();
        let mut place = [0; 40_000];
        while let Ok(count @ 1..) = client.reader().read(&mut place) {
            text.extend_from_slice(&place[..count]);
        }
    }
    text
}

/// All text in whole records, and what is to be sent in return.
pub(super) fn open_all(layer: &mut RecordLayer, mut bytes: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    let (mut text, mut outgoing, mut begin) = (Vec::new(), Vec::new(), 0);
    while begin < bytes.len() {
        let opened = layer.open(&mut bytes[begin..], &mut outgoing).unwrap().unwrap();
        text.extend_from_slice(&bytes[begin..][opened.text]);
        begin += opened.length;
    }
    (text, outgoing)
}

pub(super) fn seal(layer: &mut RecordLayer, text: &[u8]) -> Vec<u8> {
    let mut outgoing = Vec::new();
    layer.seal(text, &mut outgoing).unwrap();
    outgoing
}
