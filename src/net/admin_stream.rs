//! The connection of an HTTP client of the admin listener, plain or encrypted.
//!
//! The first byte tells which, as on the chat port. `Interrupted` means: nothing yet, and it is
//! worth another try at once.

use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;

use mio::net::TcpStream;

use crate::tls::{Acceptor, Channel, FIRST_BYTE, Received, Scratch, Sent};

/// The only language of the listener, as ALPN calls it.
const HTTP: &str = "http/1.1";

/// With what encrypted connections are read and written.
pub(super) struct AdminTls<'a> {
    /// With what they are accepted, if they are.
    pub(super) acceptor: Option<&'a Acceptor>,
    /// Made when it is needed first.
    pub(super) scratch: &'a mut Option<Box<Scratch>>,
}

/// A connection.
#[derive(Debug)]
pub(super) struct AdminStream {
    stream: TcpStream,
    security: Security,
}

/// How its bytes come.
#[derive(Debug)]
enum Security {
    /// Nothing came so far.
    Unknown,
    Plain,
    Encrypted(Box<Channel>),
}

impl AdminStream {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, security: Security::Unknown }
    }

    /// Whether the client has shaken hands, and so seen a certificate.
    pub(super) fn is_secured(&self) -> bool {
        matches!(&self.security, Security::Encrypted(channel) if channel.is_secured())
    }

    /// Whether the last read was a step of a handshake.
    pub(super) fn has_stepped(&self) -> bool {
        matches!(&self.security, Security::Encrypted(channel) if channel.has_stepped())
    }

    /// Reads once.
    pub(super) fn read(&mut self, room: &mut [u8], tls: &mut AdminTls<'_>) -> io::Result<usize> {
        let channel = match &mut self.security {
            Security::Encrypted(channel) => channel,
            Security::Plain => return self.stream.read(room),
            Security::Unknown => {
                let count = self.stream.read(room)?;
                let Some(channel) = accept(&room[..count], tls.acceptor) else {
                    self.security = Security::Plain;
                    return Ok(count);
                };
                self.security = Security::Encrypted(Box::new(channel));
                return Err(io::ErrorKind::Interrupted.into());
            }
        };
        // The rest of an answer in the handshake.
        channel.flush(&mut self.stream)?;
        match channel.read(&mut self.stream, room, tls.scratch.get_or_insert_default()) {
            Received::Bytes { count, .. } => Ok(count),
            Received::End => Ok(0),
            Received::Nothing => Err(io::ErrorKind::WouldBlock.into()),
            Received::Secured { protocol: Some(other), .. } if other != HTTP => {
                self.finish();
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Received::Securing | Received::Secured { .. } | Received::Noise(_) => {
                Err(io::ErrorKind::Interrupted.into())
            }
            Received::Broken => Err(io::ErrorKind::ConnectionReset.into()),
            Received::Failed(error) => {
                log::debug!("an admin client is not encrypted: {error}");
                Err(io::ErrorKind::ConnectionAborted.into())
            }
        }
    }

    /// Writes once.
    pub(super) fn write(&mut self, bytes: &[u8], tls: &mut AdminTls<'_>) -> io::Result<usize> {
        let Security::Encrypted(channel) = &mut self.security else {
            return self.stream.write(bytes);
        };
        let scratch = tls.scratch.get_or_insert_default();
        match channel.write(&mut self.stream, &[IoSlice::new(bytes)], scratch) {
            Sent::Taken { taken: 0, .. } => Err(io::ErrorKind::WouldBlock.into()),
            Sent::Taken { taken, .. } => Ok(taken),
            Sent::Broken => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }

    /// Tells the client that nothing follows. What is read from now on is what came, encrypted or
    /// not: nobody looks at it.
    pub(super) fn finish(&mut self) {
        let security = std::mem::replace(&mut self.security, Security::Plain);
        if let Security::Encrypted(channel) = security {
            channel.close(&mut self.stream);
        }
        // Who is gone need not be told.
        let _ = self.stream.shutdown(Shutdown::Write);
    }
}

/// An encrypted connection, if these first bytes begin one.
fn accept(begun: &[u8], acceptor: Option<&Acceptor>) -> Option<Channel> {
    let acceptor = acceptor.filter(|_| begun.first() == Some(&FIRST_BYTE))?;
    Channel::accept(acceptor, begun)
        .inspect_err(|error| log::error!("an admin client cannot be encrypted: {error}"))
        .ok()
}
