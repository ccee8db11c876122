//! The channel between an old process and the new one that takes over: a pair of Unix sockets.
//!
//! ```text
//! old                                          new
//!  | starts it, with one end as its stdin  ---> |  reads its flags, opens its log
//!  | <---------------------------------- READY  |
//!  | document, descriptors -------------------> |  builds everything anew, touches no client
//!  | <--------------------- TAKEN, or a refusal |
//!  | GO --------------------------------------> |  serves
//! ```
//!
//! Until GO is sent the old process can change its mind, so neither process may read or write a
//! client from the moment at which the document is made. Every wait has a deadline.
//! `handover_state` defines the document, `reactor::upgrade` the order of steps.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use thiserror::Error;

use super::clock::Clock;
use crate::limits::{
    HANDOVER_BYTES_MAX, HANDOVER_DESCRIPTORS_PER_MESSAGE, HANDOVER_PATIENCE, HANDOVER_REASON_BYTES,
};
use crate::time::Time;
use crate::tls::ChannelError;

/// Set for a process that is to take over, to the id of the one that has started it.
pub(super) const SUCCEEDS: &str = "MIO_CHAT_SUCCEEDS";

/// Why the hand-over failed.
#[derive(Debug, Error)]
pub enum HandoverError {
    /// The channel failed or was silent for too long.
    #[error("{what}: {source}")]
    Io {
        /// The step that failed.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The other process sent something unexpected.
    #[error("the other process is of an incompatible version")]
    UnknownReply,
    /// The other process refuses, and says why.
    #[error("{0}")]
    Refused(String),
    /// Another format of the document.
    #[error("the document has format {found}, and only {known} is understood here")]
    Format {
        /// That of the document.
        found: u32,
        /// Those of this process.
        known: &'static str,
    },
    /// The document cannot be read.
    #[error("the document is not understood: {0}")]
    Document(#[from] serde_json::Error),
    /// More than may be handed over.
    #[error("there is too much to hand over: {bytes} bytes, and {HANDOVER_BYTES_MAX} are allowed")]
    TooMuch {
        /// That much.
        bytes: usize,
    },
    /// The document contradicts itself.
    #[error("the hand-over is inconsistent: {0}")]
    Inconsistent(String),
    /// Clients come encrypted, and cannot be taken over.
    #[error("its encrypted clients cannot be taken over: {0}")]
    Encrypted(#[from] ChannelError),
    /// Another folder of the state.
    #[error("the state is in another folder; moving it needs a restart")]
    Folder,
}

/// A message of one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HandoverSignal {
    /// Ready to take over.
    Ready,
    /// Everything was taken over.
    Taken,
    /// It is yours.
    Go,
    /// The reason of a refusal follows.
    Refused,
}

const SIGNALS: [(HandoverSignal, u8); 4] = [
    (HandoverSignal::Ready, b'R'),
    (HandoverSignal::Taken, b'T'),
    (HandoverSignal::Go, b'G'),
    (HandoverSignal::Refused, b'N'),
];

/// One end of the channel.
#[derive(Debug)]
pub(super) struct HandoverChannel {
    stream: UnixStream,
    clock: Clock,
    /// When waiting ends.
    deadline: Time,
}

impl HandoverChannel {
    /// Both ends: ours, and the other process's.
    pub(super) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = UnixStream::pair()?;
        Ok((Self::new(ours), theirs.into()))
    }

    fn new(stream: UnixStream) -> Self {
        let mut channel = Self { stream, clock: Clock::start(), deadline: Time::ZERO };
        channel.set_deadline(HANDOVER_PATIENCE);
        channel
    }

    /// Sets the deadline for everything from now on.
    pub(super) fn set_deadline(&mut self, patience: Duration) {
        self.deadline = self.clock.now() + patience;
    }

    /// For poll.
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// Sends a signal.
    pub(super) fn send_signal(&mut self, signal: HandoverSignal) -> Result<(), HandoverError> {
        let (_, byte) =
            SIGNALS.into_iter().find(|(known, _)| *known == signal).unwrap_or(SIGNALS[3]);
        self.write(&[byte])
    }

    /// Sends the reason for a refusal. A failure to send it is ignored: the other process is gone
    /// then.
    pub(super) fn refuse(&mut self, reason: &str) {
        let reason = &reason.as_bytes()[..reason.len().min(HANDOVER_REASON_BYTES)];
        let _ = self.send_signal(HandoverSignal::Refused).and_then(|()| self.write_block(reason));
    }

    /// Waits for a signal, which must be this one.
    pub(super) fn expect(&mut self, signal: HandoverSignal) -> Result<(), HandoverError> {
        let mut byte = [0];
        self.read(&mut byte)?;
        match SIGNALS.into_iter().find(|(_, known)| *known == byte[0]) {
            Some((said, _)) if said == signal => Ok(()),
            Some((HandoverSignal::Refused, _)) => {
                let reason = self.read_block(HANDOVER_REASON_BYTES)?;
                Err(HandoverError::Refused(String::from_utf8_lossy(&reason).into_owned()))
            }
            _ => Err(HandoverError::UnknownReply),
        }
    }

    /// Sends a document, and descriptors beside it.
    pub(super) fn send(
        &mut self,
        document: &[u8],
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<(), HandoverError> {
        self.write_block(document)?;
        self.write(&(descriptors.len() as u64).to_be_bytes())?;
        for batch in descriptors.chunks(HANDOVER_DESCRIPTORS_PER_MESSAGE) {
            self.limit_write()?;
            let mut room = [MaybeUninit::uninit();
                rustix::cmsg_space!(ScmRights(HANDOVER_DESCRIPTORS_PER_MESSAGE))];
            let mut beside = SendAncillaryBuffer::new(&mut room);
            if !beside.push(SendAncillaryMessage::ScmRights(batch)) {
                return Err(HandoverError::UnknownReply);
            }
            let count = [batch.len() as u8];
            let count = [IoSlice::new(&count)];
            let sent = rustix::io::retry_on_intr(|| {
                sendmsg(&self.stream, &count, &mut beside, SendFlags::NOSIGNAL)
            });
            sent.map_err(|error| failed("sending descriptors", error.into()))?;
        }
        Ok(())
    }

    /// Receives a document and descriptors that [`HandoverChannel::send`] has sent.
    pub(super) fn receive(&mut self) -> Result<(Vec<u8>, Vec<OwnedFd>), HandoverError> {
        let document = self.read_block(HANDOVER_BYTES_MAX)?;
        let mut length = [0; 8];
        self.read(&mut length)?;
        let (count, mut descriptors) = (u64::from_be_bytes(length), Vec::new());
        while (descriptors.len() as u64) < count {
            self.receive_batch(&mut descriptors)?;
        }
        Ok((document, descriptors))
    }

    fn receive_batch(&self, descriptors: &mut Vec<OwnedFd>) -> Result<(), HandoverError> {
        self.limit_read()?;
        let mut room = [MaybeUninit::uninit();
            rustix::cmsg_space!(ScmRights(HANDOVER_DESCRIPTORS_PER_MESSAGE))];
        let mut beside = RecvAncillaryBuffer::new(&mut room);
        let mut count = [0];
        let received = rustix::io::retry_on_intr(|| {
            let rooms = &mut [IoSliceMut::new(&mut count)];
            recvmsg(&self.stream, rooms, &mut beside, RecvFlags::CMSG_CLOEXEC)
        });
        received.map_err(|error| failed("receiving descriptors", error.into()))?;
        let before = descriptors.len();
        for message in beside.drain() {
            if let RecvAncillaryMessage::ScmRights(batch) = message {
                descriptors.extend(batch);
            }
        }
        // Fewer: the limit of open files is lower here.
        let all = descriptors.len() - before == usize::from(count[0]) && count[0] > 0;
        if all { Ok(()) } else { Err(HandoverError::UnknownReply) }
    }

    fn write_block(&mut self, bytes: &[u8]) -> Result<(), HandoverError> {
        self.write(&(bytes.len() as u64).to_be_bytes())?;
        self.write(bytes)
    }

    fn read_block(&mut self, most: usize) -> Result<Vec<u8>, HandoverError> {
        let mut length = [0; 8];
        self.read(&mut length)?;
        let length = usize::try_from(u64::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > most {
            return Err(HandoverError::TooMuch { bytes: length });
        }
        let mut bytes = vec![0; length];
        self.read(&mut bytes)?;
        Ok(bytes)
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), HandoverError> {
        while !bytes.is_empty() {
            self.limit_write()?;
            match self.stream.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed("writing to the other process", error)),
            }
        }
        Ok(())
    }

    fn read(&mut self, mut room: &mut [u8]) -> Result<(), HandoverError> {
        while !room.is_empty() {
            self.limit_read()?;
            match self.stream.read(room) {
                Ok(0) => {
                    let error = io::Error::from(io::ErrorKind::UnexpectedEof);
                    return Err(failed("the other process has ended", error));
                }
                Ok(count) => room = &mut room[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed("reading from the other process", error)),
            }
        }
        Ok(())
    }

    fn limit_read(&self) -> Result<(), HandoverError> {
        let limited = self.left().and_then(|left| self.stream.set_read_timeout(Some(left)));
        limited.map_err(|error| failed("waiting for the other process", error))
    }

    fn limit_write(&self) -> Result<(), HandoverError> {
        let limited = self.left().and_then(|left| self.stream.set_write_timeout(Some(left)));
        limited.map_err(|error| failed("waiting for the other process", error))
    }

    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.since(self.clock.now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

fn failed(what: &'static str, source: io::Error) -> HandoverError {
    // The system's "try again" means here that the deadline has passed.
    let is_late = source.kind() == io::ErrorKind::WouldBlock;
    let source = if is_late { io::ErrorKind::TimedOut.into() } else { source };
    HandoverError::Io { what, source }
}

/// The server that has started this process to take over from it.
#[derive(Debug)]
pub struct Predecessor {
    pub(super) channel: HandoverChannel,
    pub(super) process: String,
}

impl Predecessor {
    /// That server, if there is one.
    ///
    /// # Errors
    /// The environment says so, and stdin is nothing to speak to it by.
    pub fn find() -> Result<Option<Self>, HandoverError> {
        let process = std::env::var_os(SUCCEEDS).filter(|process| !process.is_empty());
        let Some(process) = process else { return Ok(None) };
        let unusable = |source| failed("stdin is not connected to another server", source);
        let stdin = io::stdin().as_fd().try_clone_to_owned().map_err(unusable)?;
        // Nothing else may read from stdin by accident.
        let null = std::fs::File::open("/dev/null").map_err(unusable)?;
        rustix::stdio::dup2_stdin(&null).map_err(|error| unusable(error.into()))?;
        let channel = HandoverChannel::new(stdin.into());
        Ok(Some(Self { channel, process: process.to_string_lossy().into_owned() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (HandoverChannel, HandoverChannel) {
        let (ours, theirs) = HandoverChannel::pair().unwrap();
        (ours, HandoverChannel::new(theirs.into()))
    }

    #[test]
    fn words_and_reasons_arrive() {
        let (mut one, mut other) = pair();
        one.send_signal(HandoverSignal::Ready).unwrap();
        other.expect(HandoverSignal::Ready).unwrap();
        one.send_signal(HandoverSignal::Taken).unwrap();
        assert!(matches!(other.expect(HandoverSignal::Go), Err(HandoverError::UnknownReply)));
        one.refuse(&"ü".repeat(HANDOVER_REASON_BYTES));
        let refused = other.expect(HandoverSignal::Taken).unwrap_err();
        assert!(matches!(&refused, HandoverError::Refused(why) if why.starts_with('ü')));
        drop(one);
        let ended = other.expect(HandoverSignal::Taken).unwrap_err().to_string();
        assert!(ended.starts_with("the other process has ended"), "{ended}");
    }

    #[test]
    fn patience_ends() {
        let (mut one, _other) = pair();
        one.set_deadline(Duration::from_millis(1));
        let late = one.expect(HandoverSignal::Ready).unwrap_err().to_string();
        assert!(late.contains("timed out"), "{late}");
    }

    #[test]
    fn a_document_and_many_descriptors_arrive() {
        let (mut one, mut other) = pair();
        let files: Vec<UnixStream> = (0..150).map(|_| UnixStream::pair().unwrap().0).collect();
        let mut sent: Vec<BorrowedFd<'_>> = files.iter().map(AsFd::as_fd).collect();
        sent.extend(sent.clone());
        one.send(b"what there is", &sent).unwrap();
        let (document, descriptors) = other.receive().unwrap();
        assert_eq!((document.as_slice(), descriptors.len()), (&b"what there is"[..], 300));
        for descriptor in &descriptors {
            let flags = rustix::io::fcntl_getfd(descriptor).unwrap();
            assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
        }
    }
}
