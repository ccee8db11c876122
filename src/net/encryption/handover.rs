//! Encrypted connections as one process hands them over to another. Those in the middle of a
//! handshake cannot be: the other process closes them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Encryption, EncryptionCounters};
use crate::id::{ClientId, Registry};
use crate::net::connection::Connection;
use crate::tls::{Acceptor, AcceptorState, Channel, ChannelError, ChannelState};

/// Encrypted connections as one process hands them over to another.
#[derive(Default, Serialize, Deserialize)]
pub(in crate::net) struct EncryptionState {
    #[serde(default)]
    channels: Vec<(ClientId, ChannelState)>,
    /// Those in the middle of a handshake.
    #[serde(default)]
    unfinished: Vec<ClientId>,
    /// Those of which nothing was read yet. A process that knows nothing of encryption names none,
    /// and then none may come encrypted.
    #[serde(default)]
    fresh: Vec<ClientId>,
    #[serde(default)]
    acceptor: Option<AcceptorState>,
    #[serde(default)]
    counters: EncryptionCounters,
}

impl EncryptionState {
    /// Whether it takes a process that knows of encryption to go on.
    pub(in crate::net) fn is_needed(&self) -> bool {
        !self.channels.is_empty()
    }

    /// What clients came by.
    pub(in crate::net) fn acceptor(&self) -> Option<&AcceptorState> {
        self.acceptor.as_ref()
    }
}

impl fmt::Debug for EncryptionState {
    /// Without what is secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channels = self.channels.len();
        formatter
            .debug_struct("EncryptionState")
            .field("channels", &channels)
            .finish_non_exhaustive()
    }
}

impl Encryption {
    /// Bytes that another process would be told of all connections, besides their keys.
    pub(in crate::net) fn handover_bytes(&self, connections: &Registry<Connection>) -> usize {
        let channels = connections.ids().filter_map(|id| self.channels.get(id));
        channels.map(|channel| channel.handover_bytes()).sum()
    }

    /// All that another process needs to go on. Nothing may be read or written from now on unless
    /// that process is dead.
    pub(in crate::net) fn handed_over(
        &mut self,
        connections: &Registry<Connection>,
    ) -> EncryptionState {
        let mut state = EncryptionState {
            acceptor: self.acceptor.as_ref().map(Acceptor::handed_over),
            counters: self.counters,
            ..EncryptionState::default()
        };
        for id in connections.ids() {
            match connections.get(id) {
                Some(connection) if connection.fresh => state.fresh.push(id),
                Some(connection) if connection.encrypted => {
                    match self.channels.get_mut(id).and_then(|channel| channel.handed_over()) {
                        Some(channel) => state.channels.push((id, channel)),
                        None => state.unfinished.push(id),
                    }
                }
                _ => {}
            }
        }
        state
    }

    /// Goes on with the connections of another process. Returns those of which there is something
    /// to be read that no event tells of.
    pub(in crate::net) fn take_over(
        &mut self,
        state: EncryptionState,
        connections: &mut Registry<Connection>,
    ) -> Result<Vec<ClientId>, ChannelError> {
        let ids: Vec<ClientId> = connections.ids().collect();
        for id in ids {
            if let Some(connection) = connections.get_mut(id) {
                connection.fresh = false;
            }
        }
        for id in state.fresh {
            if let Some(connection) = connections.get_mut(id) {
                connection.fresh = true;
            }
        }
        self.counters = state.counters;
        let mut unread = state.unfinished;
        for (id, channel) in state.channels {
            match Channel::taken_over(channel, self.acceptor.as_ref())? {
                Some(channel) => {
                    if channel.has_unread() {
                        unread.push(id);
                    }
                    set_encrypted(connections, id);
                    self.channels.insert(id, Box::new(channel));
                }
                None => unread.push(id),
            }
        }
        // Reading these says that they are not encrypted.
        for id in &unread {
            set_encrypted(connections, *id);
        }
        Ok(unread)
    }
}

fn set_encrypted(connections: &mut Registry<Connection>, id: ClientId) {
    if let Some(connection) = connections.get_mut(id) {
        connection.encrypted = true;
    }
}
