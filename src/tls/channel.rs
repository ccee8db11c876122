//! One connection that its client encrypts: the handshake, and then what is read and written.
//!
//! What is encrypted is gone for good, for no record can be made twice: so nothing is encrypted
//! before it is written, and no more than one record ahead of a socket that refuses. The plain
//! bytes of that record stay where they wait, and count as taken when the socket has all of it.
//!
//! Memory: a connection at rest holds what rustls keeps of it and no buffer; what it needs while it
//! reads and writes is shared ([`Scratch`]). Sockets, deadlines and how many handshakes there may
//! be in a turn are left to who drives it.
//!
//! Invariants: what was decrypted is handed out before more is read; of what came, no more is kept
//! than one record that is not whole, or one that is and was not asked for.

mod handover;
mod session;

use std::fmt;
use std::io::{self, IoSlice, Read, Write};

use rustls::server::UnbufferedServerConnection;
use thiserror::Error;

pub use self::handover::ChannelState;
use self::session::{Session, Understood};
use super::acceptor::Acceptor;
use super::outcome::Sent;
use crate::limits::{
    TLS_FLIGHT_BYTES_MAX, TLS_HANDSHAKE_BYTES_MAX, TLS_RECORD_BYTES_MAX, TLS_RECORD_OVERHEAD_MAX,
    TLS_RECORD_PLAIN_MAX,
};

/// The first byte of every handshake (RFC 8446 §5.1), which no other language of the port begins
/// with.
pub const FIRST_BYTE: u8 = 0x16;

/// One accepted connection.
pub struct Channel {
    session: Session,
    stage: Stage,
    /// Came, and was not understood: less than a record, but for what a connection begins with.
    incoming: Vec<u8>,
    /// Was decrypted and not asked for yet; the first of it may have been.
    decrypted: Vec<u8>,
    handed_out: usize,
    /// Is encrypted, and the socket did not take it.
    outgoing: Vec<u8>,
    /// Plain bytes that are encrypted in that, and were not told to be taken.
    sealed: usize,
    /// The client will send no more.
    has_ended: bool,
    /// The last read was a step of the handshake.
    has_stepped: bool,
    /// Others vouch for the certificate that the client was shown.
    is_public: bool,
    /// Why nothing is read any more, to be told when what came before was handed out.
    failure: Option<Box<ChannelError>>,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// What came first is still to be looked at.
    Begun,
    /// The handshake goes on; so many bytes of it came.
    Shaking(usize),
    /// Everything is encrypted.
    Secured,
    /// What came was wrong: rustls is asked for nothing more.
    Failed,
}

/// Why a connection is not encrypted, or not any more.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ChannelError {
    /// What came is not TLS, or not what this side agrees to.
    #[error("{0}")]
    Refused(String),
    /// More came than a handshake may be long.
    #[error("its handshake is longer than {TLS_HANDSHAKE_BYTES_MAX} bytes")]
    HandshakeTooLong,
    /// The connection ended within the handshake.
    #[error("it ended within the handshake")]
    CutOff,
    /// More came of one record, or had to be answered, than anybody needs.
    #[error("it asks for too much")]
    Flooded,
}

impl ChannelError {
    fn of(error: rustls::Error) -> Self {
        Self::Refused(error.to_string())
    }
}

/// What a read has brought.
pub type Received = super::outcome::Received<ChannelError>;

/// Room that all connections share.
#[derive(Debug)]
pub struct Scratch {
    /// What came, to be decrypted in place.
    incoming: Box<[u8]>,
    /// Plain bytes from several places, put together.
    joined: Box<[u8]>,
    /// One record.
    record: Box<[u8]>,
}

impl Default for Scratch {
    fn default() -> Self {
        let room = |bytes| vec![0; bytes].into_boxed_slice();
        Self {
            incoming: room(TLS_HANDSHAKE_BYTES_MAX + 2 * TLS_RECORD_BYTES_MAX),
            joined: room(TLS_RECORD_PLAIN_MAX),
            record: room(TLS_RECORD_PLAIN_MAX + TLS_RECORD_OVERHEAD_MAX),
        }
    }
}

impl fmt::Debug for Channel {
    /// Without what is secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Channel").field("stage", &self.stage).finish_non_exhaustive()
    }
}

impl Channel {
    /// A connection that began with these bytes, the first of which is [`FIRST_BYTE`]. They are
    /// looked at by the first read.
    ///
    /// # Errors
    /// The settings do not go together, which [`Acceptor`] rules out.
    pub fn accept(acceptor: &Acceptor, begun: &[u8]) -> Result<Self, ChannelError> {
        let session =
            UnbufferedServerConnection::new(acceptor.config()).map_err(ChannelError::of)?;
        Ok(Self {
            session: Session::Rustls(Box::new(session)),
            stage: Stage::Begun,
            incoming: begun.to_vec(),
            decrypted: Vec::new(),
            handed_out: 0,
            outgoing: Vec::new(),
            sealed: 0,
            has_ended: false,
            has_stepped: false,
            is_public: acceptor.is_public(),
            failure: None,
        })
    }

    /// Whether the last read was a step of the handshake, which takes a hundred times what others
    /// do.
    pub fn has_stepped(&self) -> bool {
        self.has_stepped
    }

    /// Whether others than its owner vouch for the certificate that the client was shown.
    pub fn is_public(&self) -> bool {
        self.is_public
    }

    /// Whether everything is encrypted.
    pub fn is_secured(&self) -> bool {
        self.stage == Stage::Secured
    }

    /// Reads once from the socket, if nothing is left that was read before. Plain bytes are put in
    /// `room`.
    pub fn read(
        &mut self,
        socket: &mut (impl Read + Write),
        room: &mut [u8],
        scratch: &mut Scratch,
    ) -> Received {
        self.has_stepped = false;
        if !self.decrypted.is_empty() {
            return self.hand_out(room);
        }
        if let Some(failure) = self.failure.take() {
            return Received::Failed(*failure);
        }
        if self.has_ended {
            return Received::End;
        }
        if self.stage == Stage::Failed {
            return Received::Nothing;
        }
        let had = self.incoming.len();
        let buffer = &mut scratch.incoming;
        buffer[..had].copy_from_slice(&self.incoming);
        let came = match self.stage {
            Stage::Begun => 0,
            _ => match read_once(socket, &mut buffer[had..had + self.appetite(room.len())]) {
                Ok(0) => return self.cut_off(),
                Ok(came) => came,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Received::Nothing;
                }
                Err(_) => return Received::Broken,
            },
        };
        self.take_in(socket, &mut buffer[..had + came], came, room)
    }

    /// How much is read at once where there is room for so many plain bytes: what fills that, or
    /// the rest of the record that has begun. So what is decrypted and not asked for is one record.
    fn appetite(&self, room: usize) -> usize {
        let begun = &self.incoming;
        let rest = match (begun.get(3..5), self.stage) {
            (Some(length), Stage::Secured) => {
                let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                (5 + length).saturating_sub(begun.len())
            }
            // The messages of a handshake may take several.
            _ if self.stage != Stage::Secured => TLS_RECORD_BYTES_MAX,
            _ => 0,
        };
        rest.max(room + TLS_RECORD_OVERHEAD_MAX).min(TLS_RECORD_BYTES_MAX)
    }

    /// Understands what came, and answers it.
    fn take_in(
        &mut self,
        socket: &mut (impl Read + Write),
        buffer: &mut [u8],
        came: usize,
        room: &mut [u8],
    ) -> Received {
        let was_secured = self.is_secured();
        let new = if self.stage == Stage::Begun { buffer.len() } else { came };
        let mut count = 0;
        let understood = self.understand(buffer, &mut |plain, left| {
            let now = plain.len().min(room.len() - count);
            room[count..count + now].copy_from_slice(&plain[..now]);
            left.extend_from_slice(&plain[now..]);
            count += now;
        });
        let agreed = if was_secured { None } else { self.session.agreed() };
        self.has_stepped = !was_secured && (self.has_stepped || agreed.is_some());
        let used = buffer.len() - self.incoming.len();
        let understood = understood.and_then(|()| match agreed {
            None if !was_secured => self.count_handshake(new),
            _ => Ok(()),
        });
        // What came before the connection broke is heard, and then the socket says that it did.
        let is_broken = self.flush(socket).is_err();
        if is_broken {
            self.outgoing = Vec::new();
        }
        if let Err(error) = understood {
            self.stage = Stage::Failed;
            if count == 0 {
                return Received::Failed(error);
            }
            self.failure = Some(Box::new(error));
            return Received::Bytes { count, more: true };
        }
        if let Some((protocol, resumed)) = agreed {
            self.stage = Stage::Secured;
            self.decrypted.splice(..0, room[..count].iter().copied());
            return Received::Secured { protocol, resumed };
        }
        match count {
            0 if is_broken => Received::Broken,
            0 if !was_secured => Received::Securing,
            0 if self.has_ended => Received::End,
            0 => Received::Noise(used),
            _ => Received::Bytes { count, more: !self.decrypted.is_empty() || self.has_ended },
        }
    }

    /// Notes that so many bytes more have come in the handshake.
    fn count_handshake(&mut self, new: usize) -> Result<(), ChannelError> {
        let so_far = if let Stage::Shaking(bytes) = self.stage { bytes + new } else { new };
        self.stage = Stage::Shaking(so_far);
        if so_far > TLS_HANDSHAKE_BYTES_MAX {
            return Err(ChannelError::HandshakeTooLong);
        }
        Ok(())
    }

    /// Goes through the records of a buffer. Plain bytes go to `take`, which says by its second
    /// argument what it leaves; what is not whole is kept.
    fn understand(
        &mut self,
        buffer: &mut [u8],
        take: &mut impl FnMut(&[u8], &mut Vec<u8>),
    ) -> Result<(), ChannelError> {
        let left = &mut self.decrypted;
        let found =
            self.session.understand(buffer, &mut self.outgoing, &mut |plain| take(plain, left));
        let Understood { used, is_answered, has_ended, outcome } = found;
        self.has_stepped = is_answered || outcome.is_err();
        self.has_ended |= has_ended;
        self.incoming = if self.has_ended { Vec::new() } else { buffer[used..].to_vec() };
        if outcome.is_err() {
            self.session = Session::Lost;
            return outcome;
        }
        if self.outgoing.len() > TLS_FLIGHT_BYTES_MAX || self.incoming.len() > TLS_RECORD_BYTES_MAX
        {
            return Err(ChannelError::Flooded);
        }
        Ok(())
    }

    /// Hands out what was decrypted before.
    fn hand_out(&mut self, room: &mut [u8]) -> Received {
        let left = &self.decrypted[self.handed_out..];
        let count = left.len().min(room.len());
        room[..count].copy_from_slice(&left[..count]);
        self.handed_out += count;
        let more = self.handed_out < self.decrypted.len() || self.has_ended;
        if self.handed_out == self.decrypted.len() {
            (self.decrypted, self.handed_out) = (Vec::new(), 0);
        }
        Received::Bytes { count, more }
    }

    /// The socket ended before the client has said that it will send no more, which counts as that:
    /// many programs never say so, and a request that is cut short is none.
    fn cut_off(&mut self) -> Received {
        self.has_ended = true;
        if self.is_secured() { Received::End } else { Received::Failed(ChannelError::CutOff) }
    }

    /// Encrypts and writes what is offered, as far as the socket takes it. Before everything is
    /// encrypted nobody can be told anything: what is offered is dropped.
    pub fn write(
        &mut self,
        socket: &mut (impl Read + Write),
        slices: &[IoSlice<'_>],
        scratch: &mut Scratch,
    ) -> Sent {
        let offered = slices.iter().map(|slice| slice.len()).sum();
        if self.flush(socket).is_err() {
            return Sent::Broken;
        }
        if !self.outgoing.is_empty() {
            return Sent::Taken { taken: 0, sealed: self.sealed };
        }
        if !self.is_secured() {
            return Sent::Taken { taken: offered, sealed: 0 };
        }
        let mut taken = std::mem::take(&mut self.sealed);
        while taken < offered {
            let count = (offered - taken).min(TLS_RECORD_PLAIN_MAX);
            let plain = stretch(slices, taken, count, &mut scratch.joined);
            match self.write_record(socket, plain, &mut scratch.record) {
                Ok(()) if self.outgoing.is_empty() => taken += count,
                Ok(()) => {
                    self.sealed = count;
                    return Sent::Taken { taken, sealed: count };
                }
                Err(_) => return Sent::Broken,
            }
        }
        Sent::Taken { taken, sealed: 0 }
    }

    /// Encrypts plain bytes as one record and writes it. What the socket does not take is kept.
    fn write_record(
        &mut self,
        socket: &mut (impl Read + Write),
        plain: &[u8],
        record: &mut [u8],
    ) -> io::Result<()> {
        let (incoming, outgoing) = (&mut self.incoming, &mut self.outgoing);
        let length = self.session.seal(plain, record, incoming, outgoing);
        let record = &record[..length.ok_or(io::ErrorKind::InvalidData)?];
        let sent = if outgoing.is_empty() { write_once(socket, record)? } else { 0 };
        // New keys are told before they are used.
        let is_first = outgoing.is_empty();
        outgoing.extend_from_slice(&record[sent..]);
        if is_first { Ok(()) } else { self.flush(socket) }
    }

    /// Writes what the socket did not take before. Whether that is all gone shows in the next
    /// write.
    ///
    /// # Errors
    /// The connection broke.
    pub fn flush(&mut self, socket: &mut (impl Read + Write)) -> io::Result<()> {
        if self.outgoing.is_empty() {
            return Ok(());
        }
        let sent = write_once(socket, &self.outgoing)?;
        if sent == self.outgoing.len() {
            self.outgoing = Vec::new();
        } else {
            self.outgoing.drain(..sent);
        }
        Ok(())
    }

    /// Tells the client, if its socket takes that, that nothing follows (close_notify).
    pub fn close(mut self, socket: &mut (impl Read + Write)) {
        if self.is_secured() && self.outgoing.is_empty() {
            self.session.close(&mut self.incoming, &mut self.outgoing);
        }
        // Who is gone need not be told.
        let _ = self.flush(socket);
    }
}

/// A stretch of what several slices hold, in one piece.
fn stretch<'a>(
    slices: &'a [IoSlice<'_>],
    mut start: usize,
    count: usize,
    joined: &'a mut [u8],
) -> &'a [u8] {
    let mut filled = 0;
    for slice in slices {
        if start >= slice.len() {
            start -= slice.len();
            continue;
        }
        let rest = &slice[std::mem::take(&mut start)..];
        if filled == 0 && rest.len() >= count {
            return &rest[..count];
        }
        let now = rest.len().min(count - filled);
        joined[filled..filled + now].copy_from_slice(&rest[..now]);
        filled += now;
        if filled == count {
            break;
        }
    }
    &joined[..filled]
}

fn read_once(socket: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match socket.read(room) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Writes once. A socket that is full takes nothing.
fn write_once(socket: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match socket.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
            written => return written,
        }
    }
}

#[cfg(test)]
mod tests;
