//! One client's socket, and whether it may be read.
//!
//! The socket is registered once, for both directions, with edge-triggered events. The outbox knows
//! whether it may be written; this type knows whether it may be read.

use std::io::{self, IoSlice, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};

use mio::event::Event;
use mio::net::TcpStream;
use rustix::event::{PollFd, PollFlags, Timespec};

use crate::limits::{JOINED_BYTES_MAX, PROBE_BYTES};
use crate::server::{Read, Written};

/// A connected stream.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    /// There may be something to read.
    readable: bool,
    /// A short read may not have emptied the socket: the peer may have ended its side, or sent
    /// urgent data (telnet's Ctrl-C does), at which a read stops short. No event announces the
    /// bytes behind it, so the socket is read until it says that it is empty.
    drain: bool,
    /// The peer has ended its side, and all its input was read.
    ended: bool,
    /// The peer has ended its side in order: if the connection breaks later, its input is complete.
    finished: bool,
    /// Bytes written since the system was last asked whether it holds too many.
    unprobed: u32,
    /// Its nickname was logged.
    pub(super) named: bool,
    /// Nothing was read from it yet: its first byte says whether it comes encrypted.
    pub(super) fresh: bool,
    /// It comes encrypted; `encryption` has what that takes.
    pub(super) encrypted: bool,
}

impl Connection {
    /// A stream of which nothing is known yet.
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            readable: false,
            drain: false,
            ended: false,
            finished: false,
            unprobed: 0,
            named: false,
            fresh: true,
            encrypted: false,
        }
    }

    /// To be registered.
    pub(super) fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// To be handed to another process.
    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// Notes a poll event. Returns whether there may be something to read.
    pub(super) fn note(&mut self, event: &Event) -> bool {
        let more_behind = event.is_read_closed() || event.is_priority();
        let readable = event.is_readable() || more_behind || event.is_error();
        if readable {
            self.readable = true;
            self.drain |= more_behind;
            self.finished |= event.is_read_closed() && !event.is_error();
        }
        readable
    }

    /// Whether there may be something to read, of which no event will tell.
    pub(super) fn is_readable(&self) -> bool {
        self.readable
    }

    /// Reads once, if there may be something. A read that brings less than there was room for has
    /// emptied the socket, so a second one is saved; unless there may be something behind that.
    pub(super) fn read(&mut self, room: &mut [u8]) -> Read {
        while self.readable {
            match self.stream.read(room) {
                Ok(0) => {
                    (self.readable, self.ended) = (false, true);
                    return Read::End;
                }
                Ok(count) => {
                    self.readable = count == room.len() || self.drain;
                    return Read::Bytes { count, more: self.readable };
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    (self.readable, self.drain) = (false, false);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.readable = false;
                    return if self.finished { Read::End } else { Read::Broken };
                }
            }
        }
        Read::Nothing
    }

    /// Writes once; nothing is taken when the socket is full. One slice goes by `send`, which costs
    /// the kernel less than `writev`; so do several small ones, put together in `scratch`.
    pub(super) fn write(&mut self, slices: &[IoSlice<'_>], scratch: &mut [u8]) -> Written {
        if self.unprobed >= PROBE_BYTES {
            self.unprobed = 0;
            if !self.has_room() {
                return Written::Taken(0);
            }
        }
        if slices.len() > 1
            && let Some(joined) = join(slices, scratch)
        {
            return self.write_slices(&[IoSlice::new(joined)]);
        }
        self.write_slices(slices)
    }

    fn write_slices(&mut self, slices: &[IoSlice<'_>]) -> Written {
        loop {
            let written = match slices {
                [slice] => self.stream.write(slice),
                _ => self.stream.write_vectored(slices),
            };
            match written {
                Ok(count) => {
                    self.unprobed = self.unprobed.saturating_add(count as u32);
                    return Written::Taken(count);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Written::Taken(0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    // The peer's earlier input is still to be read.
                    self.readable = true;
                    return Written::Broken;
                }
            }
        }
    }

    /// Whether the system holds less unread data for the peer than it may. A write does not show
    /// that: as long as its last buffer is not full (64 KiB), the system adds to it whatever the
    /// limits are. Polling also makes the system report when there is room again.
    fn has_room(&self) -> bool {
        let mut question = [PollFd::new(&self.stream, PollFlags::OUT)];
        match rustix::event::poll(&mut question, Some(&Timespec::default())) {
            Ok(_) => !question[0].revents().is_empty(),
            // The write itself will fail then.
            Err(_) => true,
        }
    }

    /// Closes the connection. Unread input is read and dropped first, because closing a socket with
    /// unread bytes makes the system drop the output that the peer has not read yet.
    pub(super) fn close(mut self, scratch: &mut [u8]) {
        if !self.ended {
            let _ = self.stream.read(scratch);
        }
    }

    /// Turns it away with these last bytes.
    pub(super) fn turn_away(mut self, last: &[u8], scratch: &mut [u8]) {
        let _ = self.stream.write(last);
        self.close(scratch);
    }
}

/// The socket as something that reads and writes, for what encrypts: it may be full, and there may
/// be nothing.
impl io::Read for Connection {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match Self::read(self, room) {
            Read::Bytes { count, .. } => Ok(count),
            Read::End => Ok(0),
            Read::Broken => Err(io::ErrorKind::ConnectionReset.into()),
            _ => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl io::Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match Self::write(self, &[IoSlice::new(bytes)], &mut []) {
            Written::Taken(taken) => Ok(taken),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Puts slices together, unless that is more than it is worth.
fn join<'a>(slices: &[IoSlice<'_>], scratch: &'a mut [u8]) -> Option<&'a [u8]> {
    let offered: usize = slices.iter().map(|slice| slice.len()).sum();
    let joined = scratch.get_mut(..offered).filter(|_| offered <= JOINED_BYTES_MAX)?;
    let mut rest = &mut *joined;
    for slice in slices {
        let (place, others) = rest.split_at_mut(slice.len());
        place.copy_from_slice(slice);
        rest = others;
    }
    Some(joined)
}
