//! Why the server cannot start or go on, in one sentence each.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;

use super::handover::HandoverError;
use crate::store::StoreError;

/// A failure of the system below us.
#[derive(Debug, Error)]
pub enum NetError {
    /// A port could not be bound.
    #[error("cannot listen on {protocol} {address}: {}", why_not(source, protocol))]
    Listen {
        /// `tcp` or `udp`.
        protocol: &'static str,
        /// Where.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// A socket that was passed to the server by the program that started it cannot be served.
    #[error(
        "cannot serve socket {index} of LISTEN_FDS: {source} (see ListenStream= and \
         ListenDatagram= of the socket unit)"
    )]
    Inherited {
        /// Which of them, from 0.
        index: usize,
        /// The reason.
        source: io::Error,
    },
    /// `LISTEN_PID` or `LISTEN_FDS` is invalid.
    #[error("LISTEN_PID or LISTEN_FDS is not a number; unset both, or use a socket unit")]
    Activation,
    /// The poll loop could not be set up.
    #[error("cannot set up the poll loop ({what}): {source}; is the descriptor limit very low?")]
    SetUp {
        /// Which part of it.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// Waiting for events failed.
    #[error("cannot wait for events: {0}; this is a fault of the server or the system")]
    Wait(#[source] io::Error),
    /// The state cannot be had.
    #[error(transparent)]
    State(#[from] StoreError),
    /// The old process has not handed over, or its hand-over cannot be used.
    #[error("cannot take over from the running server: {0}; it goes on")]
    TakeOver(#[from] HandoverError),
    /// No randomness.
    #[error("cannot get random bytes from the system: {0}; nothing is secure without them")]
    Secret(getrandom::Error),
}

fn why_not(error: &io::Error, protocol: &str) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "the address is in use (is another mio-chat running? --{protocol} 0 picks a free port)"
        ),
        io::ErrorKind::PermissionDenied => {
            "permission denied (ports below 1024 need root; choose a higher one)".to_owned()
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address (`ip addr` shows those it has)".to_owned()
        }
        _ => error.to_string(),
    }
}

/// Whether the system is out of descriptors or memory: waiting helps, trying again at once does
/// not.
pub(super) fn is_exhaustion(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}
