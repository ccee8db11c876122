//! One simulated client: its role, its stage, and its unsent bytes.

use std::io;

use super::connection::Connection;
use super::payload::MarkerScanner;
use crate::time::Time;

/// The role of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientRole {
    /// Hears everything, from the first message to the last.
    Listener,
    /// Hears the messages between its arrival and its departure.
    Passer,
    /// Does not read once the conversation has begun.
    Stalled,
    /// Only speaks, where listeners cannot.
    Voice,
}

/// The stage of a client's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionStage {
    Connecting,
    /// TLS is being agreed on.
    Securing,
    Greeting,
    Seated,
}

/// A client, for as long as it is there: the slot may be another's later, the number never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClientRef {
    pub(super) key: usize,
    /// The number in its nickname and its messages.
    pub(super) number: u32,
}

/// A client and its connection.
#[derive(Debug)]
pub(super) struct SimulatedClient {
    pub(super) connection: Connection,
    pub(super) number: u32,
    pub(super) role: ClientRole,
    pub(super) stage: ConnectionStage,
    /// When it began to connect.
    pub(super) opened: Time,
    /// Whether it has heard anything at all.
    pub(super) spoken_to: bool,
    /// Whether it has stopped reading.
    pub(super) deaf: bool,
    /// Until it is seated, input that is not understood yet; then the beginning of a server's ping.
    pub(super) begun: Vec<u8>,
    /// Bytes that its socket did not take.
    pub(super) unsent: Vec<u8>,
    pub(super) probe: Option<Box<LatencyProbe>>,
}

/// The state of a client that reads messages.
#[derive(Debug)]
pub(super) struct LatencyProbe {
    pub(super) scanner: MarkerScanner,
    /// The sender for which it counts messages: number, and index in `credits`.
    pub(super) witness_of: Option<(u32, usize)>,
}

impl SimulatedClient {
    /// One that has begun to connect.
    pub(super) fn new(connection: Connection, number: u32, role: ClientRole, opened: Time) -> Self {
        Self {
            connection,
            number,
            role,
            stage: ConnectionStage::Connecting,
            opened,
            spoken_to: false,
            deaf: false,
            begun: Vec::new(),
            unsent: Vec::new(),
            probe: None,
        }
    }

    /// Sends these bytes after the unsent ones, as far as the socket takes them.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sent = if self.unsent.is_empty() { self.connection.write(bytes)? } else { 0 };
        self.unsent.extend_from_slice(&bytes[sent..]);
        Ok(())
    }

    /// Sends unsent bytes, as far as the socket takes them.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.connection.flush()?;
        let unsent = std::mem::take(&mut self.unsent);
        let sent = self.connection.write(&unsent)?;
        self.unsent.extend_from_slice(&unsent[sent..]);
        Ok(())
    }

    /// Whether bytes wait for the socket.
    pub(super) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty() || self.connection.has_unsent()
    }
}
