//! One connection by TLS, from the client's end: plain bytes on the caller's side, records on the
//! side of the socket, which may block or not.
//!
//! ```text
//!     read:   socket -> room, behind what has begun -> records -> plain bytes, at its front
//!     write:  plain bytes -> records -> socket; what that does not take waits in `unsent`
//! ```
//!
//! Invariants: nothing of the user's is sent before the server counts as the one that was meant;
//! at most one record that has begun is kept, and at most what one call has encrypted.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};

use rustls::Error;
use rustls::client::UnbufferedClientConnection;
use rustls::unbuffered::{ConnectionState, EncryptError};

use super::connector::Connector;
use super::error::ClientError;
use super::verifier::Verdict;
use crate::limits::{TLS_PLAIN_LINE_BYTES_MAX, TLS_RECORD_BYTES_MAX, TLS_SEALED_AT_ONCE};
use crate::text::is_unsafe;
use crate::tls::unbuffered::{append, encode};

/// How a server of ours prompts a client that is silent at first, unencrypted. A ClientHello that
/// was lost and sent again crosses it.
const PROMPT: &[u8] = b"NICK";

/// What a read has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing yet: the socket has no more.
    Nothing,
    /// The handshake is done and the server is trusted: it may be written to.
    Secured(Verdict),
    /// So many plain bytes at the front of the room.
    Bytes {
        /// Their number, which is not 0.
        count: usize,
        /// The socket had no more.
        emptied: bool,
    },
    /// The server will say nothing more.
    End,
}

/// A connection.
pub struct ClientChannel {
    connection: UnbufferedClientConnection,
    connector: Connector,
    /// The beginning of a record.
    begun: Vec<u8>,
    /// What a server that speaks first has said behind the handshake.
    early: Vec<u8>,
    /// Records that the socket has not taken.
    unsent: Vec<u8>,
    is_secured: bool,
    has_ended: bool,
    /// The part of the prompt that may still come.
    prompt: &'static [u8],
}

/// What decrypting records has brought.
struct Opened {
    /// Plain bytes at the front of the room.
    count: usize,
    /// Where the rest begins.
    rest: usize,
}

impl ClientChannel {
    /// One over a socket that has just been connected. It must be read to get on.
    ///
    /// # Errors
    /// TLS cannot begin.
    pub fn new(connector: &Connector) -> Result<Self, ClientError> {
        let (config, name) = (connector.config.clone(), connector.name.clone());
        Ok(Self {
            connection: UnbufferedClientConnection::new(config, name)?,
            connector: connector.clone(),
            begun: Vec::new(),
            early: Vec::new(),
            unsent: Vec::new(),
            is_secured: false,
            has_ended: false,
            prompt: PROMPT,
        })
    }

    /// Reads what the server says into `room`, which has
    /// [`TLS_ROOM_BYTES`](crate::limits::TLS_ROOM_BYTES), and answers it where that is TLS's own
    /// business. Call it until there is [`Heard::Nothing`], or bytes that have emptied the socket.
    ///
    /// # Errors
    /// The connection is of no more use.
    pub fn read(
        &mut self,
        socket: &mut (impl Read + Write),
        room: &mut [u8],
    ) -> Result<Heard, ClientError> {
        if !self.early.is_empty() {
            let count = self.early.len();
            room.get_mut(..count).ok_or_else(too_long)?.copy_from_slice(&self.early);
            self.early = Vec::new();
            return Ok(Heard::Bytes { count, emptied: false });
        }
        // What is plain is written before what is not, however long one record's text is.
        let first = TLS_RECORD_BYTES_MAX;
        let mut end = first + self.begun.len();
        let Some(begun) = room.get_mut(first..end) else { return Err(too_long()) };
        begun.copy_from_slice(&self.begun);
        self.begun.clear();
        let (mut emptied, mut would_block) = (false, false);
        loop {
            let opened = self.open(room, end);
            // An alert, too, is to be sent. Where nothing can be sent any more, something may still
            // be there to be heard.
            if self.flush(socket).is_err() {
                self.unsent.clear();
            }
            let opened = opened?;
            // Text and the server's close may have come together with the end of the handshake.
            let received = if !self.is_secured && !self.connection.is_handshaking() {
                self.is_secured = true;
                self.early.extend_from_slice(&room[..opened.count]);
                let certificates = self.connection.peer_certificates().unwrap_or_default();
                Some(Heard::Secured(self.connector.verdict(certificates)?))
            } else if opened.count > 0 {
                Some(Heard::Bytes { count: opened.count, emptied: emptied && !self.has_ended })
            } else if self.has_ended {
                Some(Heard::End)
            } else {
                would_block.then_some(Heard::Nothing)
            };
            if let Some(received) = received {
                self.begun.extend_from_slice(&room[opened.rest..end]);
                return Ok(received);
            }
            room.copy_within(opened.rest..end, first);
            end = first + (end - opened.rest);
            let Some(space) = room.get_mut(end..).filter(|space| !space.is_empty()) else {
                return Err(too_long());
            };
            match socket.read(space) {
                Ok(0) if self.is_secured => return Err(ClientError::Cut),
                Ok(0) => return Err(ClientError::Declined),
                Ok(count) => {
                    emptied = count < space.len();
                    end += count;
                    let prompt = self.pass_prompt(&room[first..end]);
                    room.copy_within(first + prompt..end, first);
                    end -= prompt;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => would_block = true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(ClientError::Socket(error)),
            }
        }
    }

    /// The length of what these first bytes hold of a prompt.
    fn pass_prompt(&mut self, bytes: &[u8]) -> usize {
        let same = self.prompt.iter().zip(bytes).take_while(|(one, other)| one == other).count();
        let rest = if same == bytes.len() { self.prompt.get(same..) } else { None };
        self.prompt = rest.unwrap_or_default();
        same
    }

    /// Decrypts the records in the room before `end`.
    fn open(&mut self, room: &mut [u8], end: usize) -> Result<Opened, ClientError> {
        let mut opened = Opened { count: 0, rest: TLS_RECORD_BYTES_MAX };
        // Nothing of TLS has come yet.
        if self.connection.protocol_version().is_none() {
            let came = &room[opened.rest..end];
            match plain_line(came) {
                Some(line) => return Err(ClientError::Plain(line)),
                None if may_be_plain_line(came) => return Ok(opened),
                None => {}
            }
        }
        loop {
            let (front, records) = room[..end].split_at_mut(opened.rest);
            let mut status = self.connection.process_tls_records(records);
            let (mut is_over, mut failure) = (false, None);
            match status.state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record?;
                        let plain = opened.count..opened.count + record.payload.len();
                        let Some(space) = front.get_mut(plain) else { return Err(too_long()) };
                        space.copy_from_slice(record.payload);
                        opened.count += record.payload.len();
                        status.discard += record.discard;
                    }
                }
                Ok(ConnectionState::EncodeTlsData(data)) => encode(data, &mut self.unsent)?,
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => {
                    (self.has_ended, is_over) = (true, true);
                }
                Ok(_) => is_over = true,
                Err(error) => failure = Some(error),
            }
            let discard = status.discard;
            if let Some(error) = failure {
                self.queue_alert()?;
                return Err(error.into());
            }
            opened.rest += discard;
            if is_over {
                return Ok(opened);
            }
        }
    }

    /// What TLS says to a server before it gives up. Only what is ready is asked for: a look at no
    /// records at all, while rustls remembers the beginning of a message, would be a panic.
    fn queue_alert(&mut self) -> Result<(), ClientError> {
        while self.connection.wants_write() {
            let status = self.connection.process_tls_records(&mut []);
            let Ok(ConnectionState::EncodeTlsData(data)) = status.state else { break };
            encode(data, &mut self.unsent)?;
        }
        Ok(())
    }

    /// Sends plain bytes, as many as the socket takes and a little more; returns their number.
    /// None are taken while others wait, and before [`Heard::Secured`].
    ///
    /// # Errors
    /// The connection is of no more use.
    pub fn write(
        &mut self,
        socket: &mut (impl Read + Write),
        bytes: &[u8],
    ) -> Result<usize, ClientError> {
        self.flush(socket)?;
        if !self.is_secured || self.has_unsent() || bytes.is_empty() {
            return Ok(0);
        }
        let bytes = &bytes[..bytes.len().min(TLS_SEALED_AT_ONCE)];
        self.seal(Some(bytes))?;
        self.flush(socket)?;
        Ok(bytes.len())
    }

    /// Says that nothing more will be said.
    ///
    /// # Errors
    /// The connection is of no more use.
    pub fn finish(&mut self, socket: &mut (impl Read + Write)) -> Result<(), ClientError> {
        if self.is_secured {
            self.seal(None)?;
        }
        self.flush(socket)
    }

    /// Appends records of these bytes, or the one that says that no more follow.
    fn seal(&mut self, bytes: Option<&[u8]>) -> Result<(), ClientError> {
        loop {
            // What has begun must be shown, though nothing of it can be read yet.
            let status = self.connection.process_tls_records(&mut self.begun);
            let discard = status.discard;
            let mut is_done = false;
            match status.state? {
                ConnectionState::EncodeTlsData(data) => encode(data, &mut self.unsent)?,
                ConnectionState::TransmitTlsData(data) => data.done(),
                ConnectionState::WriteTraffic(mut traffic) => {
                    append(&mut self.unsent, |space| match bytes {
                        Some(bytes) => traffic.encrypt(bytes, space),
                        None => traffic.queue_close_notify(space),
                    })?;
                    is_done = true;
                }
                ConnectionState::PeerClosed => self.has_ended = true,
                // Both have said that no more follows.
                ConnectionState::Closed => return Ok(()),
                other => return Err(ClientError::Broken(format!("{other:?} cannot be sent in"))),
            }
            self.begun.drain(..discard);
            if is_done {
                return Ok(());
            }
        }
    }

    /// Sends what waits, as far as the socket takes it.
    ///
    /// # Errors
    /// The socket has failed.
    pub fn flush(&mut self, socket: &mut (impl Read + Write)) -> Result<(), ClientError> {
        let mut sent = 0;
        while sent < self.unsent.len() {
            match socket.write(&self.unsent[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(ClientError::Socket(error)),
            }
        }
        self.unsent.drain(..sent);
        Ok(())
    }

    /// Whether something waits for the socket.
    pub fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Whether the handshake is done.
    pub fn is_secured(&self) -> bool {
        self.is_secured
    }

    /// Whether the server has taken a ticket of before.
    pub fn is_resumed(&self) -> bool {
        self.connection.handshake_kind() == Some(rustls::HandshakeKind::Resumed)
    }
}

impl fmt::Debug for ClientChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (begun, unsent) = (self.begun.len(), self.unsent.len());
        write!(f, "ClientChannel {{ secured: {}, begun: {begun}, unsent: {unsent} }}", {
            self.is_secured
        })
    }
}

/// Whether this may be the beginning of a [`plain_line`]: no record begins with that byte.
fn may_be_plain_line(came: &[u8]) -> bool {
    let is_begun = came == b"*" || came.starts_with(b"* ");
    is_begun && came.len() < TLS_PLAIN_LINE_BYTES_MAX && !came.contains(&b'\n')
}

/// The line by which a server turns a connection away before it knows that the client speaks TLS:
/// because it is full, or bans the address.
fn plain_line(came: &[u8]) -> Option<String> {
    let end = memchr::memchr(b'\n', came).filter(|end| *end < TLS_PLAIN_LINE_BYTES_MAX)?;
    let line = std::str::from_utf8(&came[..end]).ok()?.strip_prefix("* ")?.trim_ascii_end();
    (!line.is_empty() && !line.contains(is_unsafe)).then(|| line.to_owned())
}

fn too_long() -> ClientError {
    Error::PeerSentOversizedRecord.into()
}

impl From<EncryptError> for ClientError {
    fn from(error: EncryptError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<ClientError> for io::Error {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Socket(error) => error,
            ClientError::Cut => Self::new(ErrorKind::UnexpectedEof, error),
            other => Self::other(other),
        }
    }
}

#[cfg(test)]
mod tests;
