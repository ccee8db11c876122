//! The connections of clients that come encrypted, beside those of everybody: who comes plain pays
//! for none of it but a look at the first byte.
//!
//! How records are read and written is left to `tls`. Here is which connection has what, how many
//! handshakes are begun in a turn, and what is counted.

mod handover;

use std::io::IoSlice;

use serde::{Deserialize, Serialize};

pub(super) use self::handover::EncryptionState;
use super::connection::Connection;
use crate::id::{ClientId, SideTable};
use crate::limits::TLS_HANDSHAKE_STEPS_PER_TURN;
use crate::server::{Read, Secured, Written};
use crate::tls::{Acceptor, Channel, FIRST_BYTE, Received, Scratch, Sent};

/// All encrypted connections.
#[derive(Debug)]
pub(super) struct Encryption {
    acceptor: Option<Acceptor>,
    channels: SideTable<Box<Channel>>,
    /// Made when it is needed first.
    scratch: Option<Box<Scratch>>,
    /// How many more steps of handshakes there may be in this turn.
    steps_left: usize,
    counters: EncryptionCounters,
}

/// Totals since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct EncryptionCounters {
    /// Handshakes that were completed.
    pub(super) handshakes: u64,
    /// Of these, those by a ticket.
    pub(super) resumed: u64,
    /// Connections that failed in the handshake, or by a record that was not what it should be.
    pub(super) failed: u64,
    /// Reads that were put off because enough handshakes were begun in that turn.
    pub(super) put_off: u64,
}

impl Encryption {
    /// Without any; clients may come by this acceptor.
    pub(super) fn new(acceptor: Option<Acceptor>) -> Self {
        Self {
            acceptor,
            channels: SideTable::default(),
            scratch: None,
            steps_left: TLS_HANDSHAKE_STEPS_PER_TURN,
            counters: EncryptionCounters::default(),
        }
    }

    /// What clients come by from now on. Those who are here stay, and come back by their tickets.
    pub(super) fn set_acceptor(&mut self, acceptor: Option<Acceptor>) {
        let before = self.acceptor.as_ref().map(Acceptor::handed_over);
        self.acceptor = match &before {
            Some(before) => acceptor.map(|acceptor| acceptor.going_on(before)),
            None => acceptor,
        };
    }

    /// What clients come by.
    pub(super) fn acceptor(&self) -> Option<&Acceptor> {
        self.acceptor.as_ref()
    }

    /// Totals since the start.
    pub(super) fn counters(&self) -> EncryptionCounters {
        self.counters
    }

    /// How many connections are encrypted, or being so.
    pub(super) fn len(&self) -> usize {
        self.channels.len()
    }

    /// A turn begins.
    pub(super) fn begin_turn(&mut self) {
        self.steps_left = TLS_HANDSHAKE_STEPS_PER_TURN;
    }

    /// A connection began with these bytes. Whether it is to be read and written by this from now
    /// on.
    pub(super) fn begin(&mut self, id: ClientId, begun: &[u8]) -> bool {
        let Some(acceptor) = &self.acceptor else { return false };
        if begun.first() != Some(&FIRST_BYTE) {
            return false;
        }
        match Channel::accept(acceptor, begun) {
            Ok(channel) => {
                self.channels.insert(id, Box::new(channel));
                true
            }
            Err(error) => {
                log::error!("client {id}: cannot be encrypted: {error}");
                false
            }
        }
    }

    /// Reads once.
    pub(super) fn read(
        &mut self,
        id: ClientId,
        connection: &mut Connection,
        room: &mut [u8],
    ) -> Read {
        // Another process had it in the middle of its handshake.
        let Some(channel) = self.channels.get_mut(id) else { return Read::Insecure };
        if !channel.is_secured() && self.steps_left == 0 {
            self.counters.put_off += 1;
            return Read::Later;
        }
        let received = channel.read(connection, room, self.scratch.get_or_insert_default());
        self.steps_left = self.steps_left.saturating_sub(usize::from(channel.has_stepped()));
        match received {
            Received::Securing => Read::Securing,
            Received::Secured { protocol, resumed } => {
                self.counters.handshakes += 1;
                self.counters.resumed += u64::from(resumed);
                log::debug!("client {id}: encrypted, alpn={}", protocol.unwrap_or("none"));
                Read::Secured(Secured { protocol, is_public: channel.is_public() })
            }
            Received::Bytes { count, more } => {
                log::trace!("client {id}: read {count} of {} bytes, encrypted", room.len());
                Read::Bytes { count, more: more || connection.is_readable() }
            }
            Received::Noise(count) => Read::Noise(count),
            Received::Nothing => Read::Nothing,
            Received::End => Read::End,
            Received::Broken => Read::Broken,
            Received::Failed(error) => {
                log::debug!("client {id}: not encrypted: {error}");
                Read::Insecure
            }
        }
    }

    /// Encrypts and writes once.
    pub(super) fn write(
        &mut self,
        id: ClientId,
        connection: &mut Connection,
        slices: &[IoSlice<'_>],
    ) -> Written {
        let Some(channel) = self.channels.get_mut(id) else { return Written::Broken };
        match channel.write(connection, slices, self.scratch.get_or_insert_default()) {
            Sent::Taken { taken, sealed: 0 } => Written::Taken(taken),
            Sent::Taken { taken, sealed } => Written::Sealed { taken, sealed },
            Sent::Broken => Written::Broken,
        }
    }

    /// Writes what a socket did not take before, and does now. That it broke shows when it is read.
    pub(super) fn flush(&mut self, id: ClientId, connection: &mut Connection) {
        if let Some(channel) = self.channels.get_mut(id) {
            let _ = channel.flush(connection);
        }
    }

    /// Tells a client that nothing follows, and forgets its connection.
    pub(super) fn end(&mut self, id: ClientId, connection: &mut Connection) {
        if let Some(channel) = self.channels.remove(id) {
            // Whatever it has not come to, or has failed at.
            self.counters.failed += u64::from(!channel.is_secured());
            channel.close(connection);
        }
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        if self.channels.is_empty() {
            self.scratch = None;
        }
    }
}
