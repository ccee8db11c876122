//! A server of rustls in memory, and what lies between it and a client: for tests.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedKey, IsCa, Issuer, KeyPair, date_time_ymd,
    generate_simple_self_signed,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ServerConnection;
use rustls::{ServerConfig, SupportedProtocolVersion};

use super::channel::{ClientChannel, Heard};
use super::error::ClientError;
use super::verifier::Verdict;
use crate::limits::TLS_ROOM_BYTES;

/// A certificate with its key.
pub(super) struct TestIdentity {
    pub(super) certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    pub(super) pem: String,
}

impl TestIdentity {
    /// A self-signed one.
    pub(super) fn self_signed(name: &str) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        Self { certificate: cert.der().clone(), key, pem: cert.pem() }
    }

    /// A self-signed one that may be an authority too, as those of `openssl req -x509` are.
    pub(super) fn of_openssl(name: &str) -> Self {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pair = KeyPair::generate().unwrap();
        let cert = params.self_signed(&pair).unwrap();
        let key = PrivateKeyDer::try_from(pair.serialize_der()).unwrap();
        Self { certificate: cert.der().clone(), key, pem: cert.pem() }
    }
}

/// Somebody who issues certificates.
pub(super) struct TestAuthority {
    issuer: Issuer<'static, KeyPair>,
    pub(super) pem: String,
}

impl TestAuthority {
    pub(super) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pair = KeyPair::generate().unwrap();
        let pem = params.self_signed(&pair).unwrap().pem();
        Self { issuer: Issuer::new(params, pair), pem }
    }

    /// A certificate for this name, valid in these years.
    pub(super) fn issue(&self, name: &str, years: (i32, i32)) -> TestIdentity {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "a server");
        params.not_before = date_time_ymd(years.0, 1, 1);
        params.not_after = date_time_ymd(years.1, 1, 1);
        let pair = KeyPair::generate().unwrap();
        let cert = params.signed_by(&pair, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(pair.serialize_der()).unwrap();
        TestIdentity { certificate: cert.der().clone(), key, pem: cert.pem() }
    }
}

/// How the server is set up; tickets live as long as this does.
pub(super) fn config(
    identity: &TestIdentity,
    versions: &[&'static SupportedProtocolVersion],
    protocols: &[&str],
) -> Arc<ServerConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let chain = vec![identity.certificate.clone()];
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, identity.key.clone_key())
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    // What is said first comes with the handshake.
    config.send_half_rtt_data = true;
    config.ticketer = aws_lc_rs::Ticketer::new().unwrap();
    Arc::new(config)
}

/// The client's socket, which takes and gives `step` bytes at a time.
pub(super) struct TestSocket {
    pub(super) to_client: VecDeque<u8>,
    pub(super) to_server: Vec<u8>,
    pub(super) step: usize,
    /// Bytes that it still takes.
    pub(super) space: usize,
    pub(super) has_ended: bool,
}

impl TestSocket {
    pub(super) fn new(step: usize) -> Self {
        let (to_client, to_server) = (VecDeque::new(), Vec::new());
        Self { to_client, to_server, step, space: usize::MAX, has_ended: false }
    }
}

impl Read for TestSocket {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.to_client.is_empty() && !self.has_ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = room.len().min(self.step);
        self.to_client.read(&mut room[..count])
    }
}

impl Write for TestSocket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(self.step).min(self.space);
        if count == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.space -= count;
        self.to_server.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The server's end.
pub(super) struct TestServer {
    pub(super) connection: ServerConnection,
    pub(super) heard: Vec<u8>,
    pub(super) error: Option<rustls::Error>,
    /// It ends the connection as soon as the handshake is done.
    pub(super) leaves: bool,
}

impl TestServer {
    pub(super) fn new(config: &Arc<ServerConfig>) -> Self {
        let connection = ServerConnection::new(Arc::clone(config)).unwrap();
        Self { connection, heard: Vec::new(), error: None, leaves: false }
    }

    /// Hears what was sent, and sends what is to be said.
    pub(super) fn serve(&mut self, socket: &mut TestSocket) {
        let sent = std::mem::take(&mut socket.to_server);
        let mut sent = sent.as_slice();
        while !sent.is_empty() {
            self.connection.read_tls(&mut sent).unwrap();
            if let Err(error) = self.connection.process_new_packets() {
                self.error.get_or_insert(error);
                break;
            }
            // The end is told as nothing more, or as an error.
            let _ = self.connection.reader().read_to_end(&mut self.heard);
        }
        if self.leaves && !self.connection.is_handshaking() {
            self.leaves = false;
            self.connection.send_close_notify();
        }
        while self.connection.wants_write() {
            self.connection.write_tls(&mut socket.to_client).unwrap();
        }
    }

    pub(super) fn say(&mut self, bytes: &[u8]) {
        self.connection.writer().write_all(bytes).unwrap();
    }
}

/// Has both meet until the client may talk.
pub(super) fn meet(
    channel: &mut ClientChannel,
    server: &mut TestServer,
    socket: &mut TestSocket,
) -> Result<Verdict, ClientError> {
    let mut room = vec![0; TLS_ROOM_BYTES];
    for _ in 0..1_000 {
        let received = channel.read(socket, &mut room);
        server.serve(socket);
        match received? {
            Heard::Secured(verdict) => return Ok(verdict),
            Heard::Nothing => {}
            other => panic!("{other:?} before the handshake is done"),
        }
    }
    panic!("the handshake does not end");
}

/// All that the client hears until there is nothing more; whether it has ended.
pub(super) fn hear(
    channel: &mut ClientChannel,
    socket: &mut TestSocket,
) -> Result<(Vec<u8>, bool), ClientError> {
    let (mut room, mut heard) = (vec![0; TLS_ROOM_BYTES], Vec::new());
    loop {
        match channel.read(socket, &mut room)? {
            Heard::Bytes { count, .. } => heard.extend_from_slice(&room[..count]),
            Heard::Nothing => return Ok((heard, false)),
            Heard::End => return Ok((heard, true)),
            Heard::Secured(_) => panic!("secured twice"),
        }
    }
}
