//! The record layer of a session whose handshake is done: what rustls does from then on, with keys
//! that can be handed to another process.
//!
//! rustls makes the keys and never lets anybody have its own state. So a session begins there, and
//! moves here when the server hands over: TLS 1.2 and 1.3 with the ciphers that rustls agrees to,
//! and nothing of a handshake but what may come afterwards. That is requests for other keys, which
//! are answered as long as there are any, and requests to begin anew (TLS 1.2), which are refused.
//!
//! A record is opened in place and each once, in order; one that is not as it must be ends the
//! session with an alert.

mod keys;
#[cfg(test)]
mod tests;

use std::ops::Range;

use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, UnbufferedStatus};
use rustls::{CipherSuite, ProtocolVersion};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::keys::{Direction, DirectionState};
use crate::limits::{
    TLS_KEYS_AHEAD, TLS_RECORD_BYTES_MAX, TLS_RECORD_PLAIN_MAX, TLS_SILENT_RECORDS_MAX,
    TLS13_RECORD_BYTES_MAX,
};
use crate::tls::unbuffered::encode;

/// Bytes of a record's header.
const HEADER_BYTES: usize = 5;

/// The types of records.
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

/// Messages of a handshake that may come after it.
const CLIENT_HELLO: u8 = 1;
const KEY_UPDATE: u8 = 24;

/// How grave an alert is …
const WARNING: u8 = 1;
const FATAL: u8 = 2;
/// … and what it says.
const CLOSE_NOTIFY: u8 = 0;
const USER_CANCELED: u8 = 90;
const NO_RENEGOTIATION: u8 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Version {
    Tls12,
    Tls13,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Cipher {
    Aes128Gcm,
    Aes256Gcm,
    Chacha20Poly1305,
}

/// Why a session cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum RecordError {
    /// A record was not made with the session's keys, or was changed.
    #[error("a record is forged")]
    Forged,
    /// A record is longer than one may be.
    #[error("a record is too long")]
    TooLong,
    /// A record of a kind that does not belong here.
    #[error("an unexpected record")]
    Unexpected,
    /// A message inside a record cannot be read.
    #[error("a malformed message")]
    Malformed,
    /// The other side has given up.
    #[error("the other side reports alert {0}")]
    Alert(u8),
    /// There are no more keys for the session.
    #[error("the session has used up its keys")]
    UsedUp,
    /// Keys that this program has no use for.
    #[error("the keys do not fit")]
    Keys,
    /// rustls has not finished something.
    #[error("the session is not established")]
    Unfinished,
}

impl RecordError {
    /// The alert that tells the other side: how grave, and what.
    fn alert(self) -> Option<[u8; 2]> {
        match self {
            Self::Forged => Some([FATAL, 20]),
            Self::TooLong => Some([FATAL, 22]),
            Self::Unexpected => Some([FATAL, 10]),
            Self::Malformed => Some([FATAL, 50]),
            // An end in order: it may connect again.
            Self::UsedUp => Some([WARNING, CLOSE_NOTIFY]),
            Self::Alert(_) | Self::Keys | Self::Unfinished => None,
        }
    }
}

/// What a record brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opened {
    /// Bytes of the record.
    pub(super) length: usize,
    /// Where its text lies in them. Empty if it has none.
    pub(super) text: Range<usize>,
    /// The other side says nothing any more.
    pub(super) is_end: bool,
}

/// An established session.
#[derive(Debug)]
pub(super) struct RecordLayer {
    version: Version,
    cipher: Cipher,
    incoming: Direction,
    outgoing: Direction,
    /// Records in a row without text.
    silent: u8,
    /// Nothing is sent any more: this side has closed the session, or given it up.
    is_closed: bool,
}

/// An established session as one process hands it over to another.
#[derive(Serialize, Deserialize)]
pub(super) struct RecordLayerState {
    version: Version,
    cipher: Cipher,
    incoming: DirectionState,
    outgoing: DirectionState,
}

impl RecordLayer {
    /// Goes on with a session of rustls, all of whose text was read. What has come in and is not a
    /// whole record is in `incoming`, and stays there; what is still to be sent is put behind
    /// `outgoing`.
    pub(super) fn of(
        mut connection: UnbufferedServerConnection,
        incoming: &mut Vec<u8>,
        outgoing: &mut Vec<u8>,
    ) -> Result<Self, RecordError> {
        settle(&mut connection, incoming, outgoing)?;
        let version = match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => Version::Tls12,
            Some(ProtocolVersion::TLSv1_3) => Version::Tls13,
            _ => return Err(RecordError::Unfinished),
        };
        let suite = connection.negotiated_cipher_suite().ok_or(RecordError::Unfinished)?;
        let cipher = cipher(suite.suite())?;
        let taken = connection.dangerous_into_kernel_connection();
        let (secrets, mut source) = taken.map_err(|_| RecordError::Unfinished)?;
        let mut ahead = (Vec::new(), Vec::new());
        if version == Version::Tls13 {
            for _ in 0..TLS_KEYS_AHEAD {
                ahead.0.push(source.update_rx_secret().map_err(|_| RecordError::Keys)?.1);
                ahead.1.push(source.update_tx_secret().map_err(|_| RecordError::Keys)?.1);
            }
        }
        let incoming = Direction::new(cipher, &secrets.rx, &ahead.0)?;
        let outgoing = Direction::new(cipher, &secrets.tx, &ahead.1)?;
        Ok(Self { version, cipher, incoming, outgoing, silent: 0, is_closed: false })
    }

    /// What another process needs to go on. If it does, this one must not.
    pub(super) fn handed_over(&self) -> RecordLayerState {
        RecordLayerState {
            version: self.version,
            cipher: self.cipher,
            incoming: self.incoming.handed_over(),
            outgoing: self.outgoing.handed_over(),
        }
    }

    /// Goes on where another process has stopped.
    pub(super) fn taken_over(state: &RecordLayerState) -> Result<Self, RecordError> {
        let RecordLayerState { version, cipher, .. } = *state;
        let incoming = Direction::taken_over(cipher, &state.incoming)?;
        let outgoing = Direction::taken_over(cipher, &state.outgoing)?;
        Ok(Self { version, cipher, incoming, outgoing, silent: 0, is_closed: false })
    }

    /// Opens the first record of `input` in place, if all of it is there. What is to be sent in
    /// return is put behind `outgoing`: after an error, an alert.
    pub(super) fn open(
        &mut self,
        input: &mut [u8],
        outgoing: &mut Vec<u8>,
    ) -> Result<Option<Opened>, RecordError> {
        let opened = self.open_first(input, outgoing);
        if let Err(error) = opened {
            self.give_up(error.alert(), outgoing);
        }
        opened
    }

    /// Puts text behind `outgoing`, in as few records as can be.
    pub(super) fn seal(&mut self, text: &[u8], outgoing: &mut Vec<u8>) -> Result<(), RecordError> {
        for part in text.chunks(TLS_RECORD_PLAIN_MAX) {
            if !self.outgoing.has_room() {
                self.renew_keys(outgoing)?;
            }
            self.send(APPLICATION_DATA, part, outgoing)?;
        }
        Ok(())
    }

    /// Tells the other side that nothing more is said.
    pub(super) fn close(&mut self, outgoing: &mut Vec<u8>) {
        self.give_up(Some([WARNING, CLOSE_NOTIFY]), outgoing);
    }

    /// Says why nothing follows, unless that was said.
    fn give_up(&mut self, alert: Option<[u8; 2]>, outgoing: &mut Vec<u8>) {
        if let Some([level, description]) = alert.filter(|_| !self.is_closed) {
            // Without a number for it the session ends without.
            let _ = self.alert(level, description, outgoing);
        }
        self.is_closed = true;
    }

    /// The same session once more, for tests that go two ways with it.
    #[cfg(test)]
    fn duplicate(&self) -> Self {
        let state = self.handed_over();
        Self::taken_over(&state).expect("its own keys")
    }

    fn open_first(
        &mut self,
        input: &mut [u8],
        outgoing: &mut Vec<u8>,
    ) -> Result<Option<Opened>, RecordError> {
        let Some(length) = self.length(input)? else { return Ok(None) };
        let Some(record) = input.get_mut(..length) else { return Ok(None) };
        let (kind, text) = self.incoming.open((self.version, self.cipher), record)?;
        let whole = &record[text.clone()];
        if kind == APPLICATION_DATA && !whole.is_empty() {
            self.silent = 0;
            return Ok(Some(Opened { length, text, is_end: false }));
        }
        self.silent += 1;
        if self.silent > TLS_SILENT_RECORDS_MAX {
            return Err(RecordError::Unexpected);
        }
        let mut is_end = false;
        match kind {
            APPLICATION_DATA => {}
            ALERT => is_end = self.is_end(whole)?,
            HANDSHAKE => self.answer(whole, outgoing)?,
            _ => return Err(RecordError::Unexpected),
        }
        Ok(Some(Opened { length, text: 0..0, is_end }))
    }

    /// The length of the record that begins here, if so much of it is there.
    fn length(&self, input: &[u8]) -> Result<Option<usize>, RecordError> {
        let Some([kind, major, minor, high, low]) = input.first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let (is_of_kind, longest) = match self.version {
            Version::Tls12 => {
                let is_of_kind = matches!(*kind, ALERT | HANDSHAKE | APPLICATION_DATA);
                (is_of_kind, TLS_RECORD_BYTES_MAX - HEADER_BYTES)
            }
            Version::Tls13 => (*kind == APPLICATION_DATA, TLS13_RECORD_BYTES_MAX),
        };
        if !is_of_kind || (*major, *minor) != (3, 3) {
            return Err(RecordError::Unexpected);
        }
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if length > longest {
            return Err(RecordError::TooLong);
        }
        Ok(Some(HEADER_BYTES + length))
    }

    /// Whether an alert is the end in order, rather than nothing of importance.
    fn is_end(&self, alert: &[u8]) -> Result<bool, RecordError> {
        match (alert, self.version) {
            ([WARNING | FATAL, CLOSE_NOTIFY], _) => Ok(true),
            ([WARNING, _], Version::Tls12) | ([WARNING, USER_CANCELED], Version::Tls13) => {
                Ok(false)
            }
            ([WARNING | FATAL, what], _) => Err(RecordError::Alert(*what)),
            _ => Err(RecordError::Malformed),
        }
    }

    /// Answers a message of a handshake, which is in a record of its own.
    fn answer(&mut self, message: &[u8], outgoing: &mut Vec<u8>) -> Result<(), RecordError> {
        match (self.version, message) {
            (Version::Tls12, [CLIENT_HELLO, ..]) => self.alert(WARNING, NO_RENEGOTIATION, outgoing),
            (Version::Tls13, [KEY_UPDATE, 0, 0, 1, is_asked @ (0 | 1)]) => {
                self.incoming.advance(self.cipher)?;
                if *is_asked == 1 { self.renew_keys(outgoing) } else { Ok(()) }
            }
            (Version::Tls13, [KEY_UPDATE, ..]) => Err(RecordError::Malformed),
            _ => Err(RecordError::Unexpected),
        }
    }

    /// Says that the records behind this one have other keys.
    fn renew_keys(&mut self, outgoing: &mut Vec<u8>) -> Result<(), RecordError> {
        if !self.outgoing.has_next() {
            return Err(RecordError::UsedUp);
        }
        self.send(HANDSHAKE, &[KEY_UPDATE, 0, 0, 1, 0], outgoing)?;
        self.outgoing.advance(self.cipher)
    }

    fn alert(&mut self, level: u8, what: u8, outgoing: &mut Vec<u8>) -> Result<(), RecordError> {
        self.send(ALERT, &[level, what], outgoing)
    }

    fn send(&mut self, kind: u8, text: &[u8], outgoing: &mut Vec<u8>) -> Result<(), RecordError> {
        self.outgoing.seal((self.version, self.cipher), kind, text, outgoing)
    }
}

/// Has rustls say all that it has to. It keeps the answer to a request for other keys until there
/// is text to send, and would forget it when its keys are taken: so there is text to send, and no
/// room for it.
///
/// `incoming` is seen again each time: rustls counts on what it has seen of a message that is not
/// whole.
fn settle(
    connection: &mut UnbufferedServerConnection,
    incoming: &mut Vec<u8>,
    outgoing: &mut Vec<u8>,
) -> Result<(), RecordError> {
    let mut is_asked = false;
    loop {
        let UnbufferedStatus { discard, state } = connection.process_tls_records(incoming);
        match state.map_err(|_| RecordError::Unfinished)? {
            ConnectionState::EncodeTlsData(data) => {
                encode(data, outgoing).map_err(|_| RecordError::Unfinished)?;
            }
            ConnectionState::TransmitTlsData(data) => data.done(),
            ConnectionState::PeerClosed => {}
            ConnectionState::WriteTraffic(mut traffic) if !is_asked => {
                is_asked = true;
                let _ = traffic.encrypt(&[0], &mut []);
            }
            ConnectionState::WriteTraffic(_) => {
                incoming.drain(..discard);
                return Ok(());
            }
            _ => return Err(RecordError::Unfinished),
        }
        incoming.drain(..discard);
    }
}

/// How the records of a suite are encrypted.
fn cipher(suite: CipherSuite) -> Result<Cipher, RecordError> {
    match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256
        | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => Ok(Cipher::Aes128Gcm),
        CipherSuite::TLS13_AES_256_GCM_SHA384
        | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
        | CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => Ok(Cipher::Aes256Gcm),
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256
        | CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        | CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => Ok(Cipher::Chacha20Poly1305),
        _ => Err(RecordError::Keys),
    }
}
