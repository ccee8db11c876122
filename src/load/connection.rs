//! A client's connection to the server, which may be one of TLS.
//!
//! Sockets are edge-triggered: whoever hears of one reads until there is nothing more.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;

use mio::net::TcpStream;

use crate::tls::client::{ClientChannel, Connector, Heard};

/// A socket, and what encrypts what goes through it.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    channel: Option<Box<ClientChannel>>,
    /// The server says a line in plain before the handshake.
    awaits_greeting: bool,
}

/// What a read has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    /// Nothing: the socket has no more.
    Nothing,
    /// The server may be talked to from now on.
    Secured,
    /// So many bytes; the socket may have had no more.
    Bytes { count: usize, emptied: bool },
    /// The server has closed.
    End,
}

impl Connection {
    /// One that the system makes at present. The beginning of a handshake takes its time, and the
    /// server does not wait for ever: so it is made before the connection.
    ///
    /// `greets`: the server says a line in plain before the handshake, as NATS does.
    pub(super) fn open(
        connector: Option<&Connector>,
        greets: bool,
        connect: impl FnOnce() -> io::Result<TcpStream>,
    ) -> io::Result<Self> {
        let channel = connector.map(ClientChannel::new).transpose()?.map(Box::new);
        let awaits_greeting = greets && channel.is_some();
        Ok(Self { channel, awaits_greeting, stream: connect()? })
    }

    /// Whether the server may not be talked to before it is [`Arrived::Secured`].
    pub(super) fn is_secure(&self) -> bool {
        self.channel.is_some()
    }

    /// Reads plain bytes into the room.
    pub(super) fn read(&mut self, room: &mut [u8]) -> io::Result<Arrived> {
        if self.awaits_greeting {
            match self.read_plain(room)? {
                Arrived::Bytes { count, .. } if room[..count].contains(&b'\n') => {
                    self.awaits_greeting = false;
                }
                // A part of the line; the rest is an event of its own.
                Arrived::Bytes { .. } | Arrived::Nothing => return Ok(Arrived::Nothing),
                other => return Ok(other),
            }
        }
        if let Some(channel) = &mut self.channel {
            return Ok(match channel.read(&mut self.stream, room)? {
                Heard::Nothing => Arrived::Nothing,
                Heard::Secured(_) => Arrived::Secured,
                Heard::Bytes { count, emptied } => Arrived::Bytes { count, emptied },
                Heard::End => Arrived::End,
            });
        }
        self.read_plain(room)
    }

    fn read_plain(&mut self, room: &mut [u8]) -> io::Result<Arrived> {
        loop {
            return match self.stream.read(room) {
                Ok(0) => Ok(Arrived::End),
                Ok(count) => Ok(Arrived::Bytes { count, emptied: count < room.len() }),
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Arrived::Nothing),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
        }
    }

    /// Writes until all is written or the socket takes no more; returns how much it has taken.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut sent = 0;
        while sent < bytes.len() {
            let taken = match &mut self.channel {
                Some(channel) => channel.write(&mut self.stream, &bytes[sent..])?,
                None => match self.stream.write(&bytes[sent..]) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    written => written?,
                },
            };
            if taken == 0 {
                break;
            }
            sent += taken;
        }
        Ok(sent)
    }

    /// Writes what is encrypted and waits.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match &mut self.channel {
            Some(channel) if !self.awaits_greeting => Ok(channel.flush(&mut self.stream)?),
            _ => Ok(()),
        }
    }

    /// Whether something is encrypted and waits.
    pub(super) fn has_unsent(&self) -> bool {
        self.channel.as_ref().is_some_and(|channel| channel.has_unsent())
    }

    /// Says that nothing more will be said.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.say_farewell();
        self.stream.shutdown(Shutdown::Write)
    }

    /// Tells TLS that the connection ends; without that the server would take it for a cut.
    pub(super) fn say_farewell(&mut self) {
        if let Some(channel) = &mut self.channel {
            // It ends all the same.
            let _ = channel.finish(&mut self.stream);
        }
    }
}
