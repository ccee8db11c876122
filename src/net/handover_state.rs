//! The hand-over from one process to another: a document, and the descriptors that it describes.
//!
//! The document is JSON, so that versions can understand each other: a field that was added later
//! is read as missing. A field whose meaning changes raises [`FORMAT`], which is checked first.
//!
//! Left out, because the system or the clients report it anew: which sockets are ready, which
//! clients wait for their turn, whether accepting is paused.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use socket2::Socket;

use super::datagram::LocalEndpoints;
use super::encryption::EncryptionState;
use super::handover::HandoverError;
use super::inherited::{BoundAt, Inherited, InheritedSocket};
use crate::id::ClientId;
use crate::server::ServerState;
use crate::time::Time;
use crate::tls::wipe;

/// Raised when a process of the last format could not understand the document any more.
const FORMAT: u32 = 2;
/// That of a document about encrypted clients: a process that knows nothing of encryption would
/// take them over and not understand a word.
const FORMAT_ENCRYPTED: u32 = 3;
/// The formats, as a reader is told them.
const FORMATS: &str = "2 or 3";

/// The document.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HandoverState {
    format: u32,
    /// The version of the process that wrote it.
    pub(super) version: String,
    /// The time on the old process's clock.
    pub(super) now: Time,
    /// The folder of the state, if any; it was closed.
    pub(super) folder: Option<PathBuf>,
    /// The first descriptors are these listeners,
    pub(super) tcp: Vec<BoundAt>,
    /// the next are these sockets,
    pub(super) udp: Vec<BoundAt>,
    /// then comes that for metrics, if any,
    #[serde(default)]
    pub(super) admin: Vec<BoundAt>,
    /// and the others are the clients'.
    pub(super) clients: Vec<ClientId>,
    /// Of all ids that were ever given.
    pub(super) generations: Vec<u32>,
    #[serde(default)]
    pub(super) encryption: EncryptionState,
    #[serde(rename = "doors")]
    pub(super) endpoints: LocalEndpoints,
    pub(super) server: ServerState,
}

/// A document as it is sent. It holds the keys of encrypted clients, and is gone from memory when
/// dropped.
pub(super) struct Document(pub(super) Vec<u8>);

impl Drop for Document {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// The part that is read first.
#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

/// The sockets that came with the document.
#[derive(Debug)]
pub(super) struct ReceivedSockets {
    pub(super) tcp: Inherited,
    pub(super) udp: Inherited,
    pub(super) admin: Inherited,
    pub(super) clients: Vec<OwnedFd>,
}

impl HandoverState {
    /// A document of this version about nothing but the server.
    pub(super) fn new(now: Time, endpoints: LocalEndpoints, server: ServerState) -> Self {
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            now,
            folder: None,
            tcp: Vec::new(),
            udp: Vec::new(),
            admin: Vec::new(),
            clients: Vec::new(),
            generations: Vec::new(),
            encryption: EncryptionState::default(),
            endpoints,
            server,
        }
    }

    /// Writes it down.
    pub(super) fn write(&mut self) -> Result<Document, HandoverError> {
        self.format = if self.encryption.is_needed() { FORMAT_ENCRYPTED } else { FORMAT };
        Ok(Document(serde_json::to_vec(self)?))
    }

    /// Reads a document, if its format is known here.
    pub(super) fn read(document: &[u8]) -> Result<Self, HandoverError> {
        let FormatOnly { format } = serde_json::from_slice(document)?;
        if ![FORMAT, FORMAT_ENCRYPTED].contains(&format) {
            return Err(HandoverError::Format { found: format, known: FORMATS });
        }
        Ok(serde_json::from_slice(document)?)
    }

    /// Assigns the received descriptors to listeners, sockets and clients.
    pub(super) fn assign(
        &self,
        descriptors: Vec<OwnedFd>,
    ) -> Result<ReceivedSockets, HandoverError> {
        let ports = self.tcp.len() + self.udp.len() + self.admin.len();
        if descriptors.len() != ports + self.clients.len() {
            return Err(HandoverError::UnknownReply);
        }
        let mut all = descriptors.into_iter();
        let mut inherit = |places: &[BoundAt]| {
            let passed = places.iter().zip(all.by_ref());
            Inherited(
                passed
                    .map(|(at, socket)| InheritedSocket { at: *at, socket: Socket::from(socket) })
                    .collect(),
            )
        };
        let (tcp, udp, admin) = (inherit(&self.tcp), inherit(&self.udp), inherit(&self.admin));
        Ok(ReceivedSockets { tcp, udp, admin, clients: all.collect() })
    }

    /// Whether datagrams come in by these sockets, in this order, so that their numbers mean the
    /// same.
    pub(super) fn has_sockets(&self, addresses: impl Iterator<Item = SocketAddr>) -> bool {
        self.udp.iter().map(|at| at.address).eq(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::datagram::Datagrams;
    use crate::server::{Server, Settings};

    fn document() -> String {
        let poll = mio::Poll::new().unwrap();
        let none = Datagrams::bind(&[], &mut Inherited::default(), poll.registry()).unwrap();
        let server = Server::new(Settings::default(), [7; 16]).handover().state(Time::ZERO);
        let mut state = HandoverState::new(Time::ZERO, none.endpoints().clone(), server);
        String::from_utf8(state.write().unwrap().0.clone()).unwrap()
    }

    #[test]
    fn a_document_of_another_format_is_refused_in_a_sentence() {
        let document = document();
        assert!(HandoverState::read(document.as_bytes()).is_ok());
        let newer = document.replacen("\"format\":2", "\"format\":4", 1);
        let refused = HandoverState::read(newer.as_bytes()).unwrap_err().to_string();
        assert_eq!(refused, "the document has format 4, and only 2 or 3 is understood here");
        // Whatever else it says.
        assert!(matches!(
            HandoverState::read(b"{\"format\":9}"),
            Err(HandoverError::Format { .. })
        ));
        assert!(matches!(HandoverState::read(b"{}"), Err(HandoverError::Document(_))));
        assert!(matches!(HandoverState::read(b"{\"format\":2}"), Err(HandoverError::Document(_))));
    }

    #[test]
    fn what_a_version_without_encryption_leaves_out_is_nothing() {
        let mut document: serde_json::Value = serde_json::from_str(&document()).unwrap();
        assert!(document.as_object_mut().unwrap().remove("encryption").is_some());
        let state = HandoverState::read(document.to_string().as_bytes()).unwrap();
        assert!(!state.encryption.is_needed() && state.encryption.acceptor().is_none());
    }

    #[test]
    fn what_a_later_version_adds_is_passed_over() {
        let document = document().replacen('{', "{\"added\":[1,2],", 1);
        assert!(HandoverState::read(document.as_bytes()).is_ok());
    }
}
