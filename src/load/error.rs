//! Why a load test cannot be carried out, in one sentence each.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// A load test that came to nothing.
#[derive(Debug, Error)]
pub enum LoadError {
    /// Not one client was let in.
    #[error("cannot load {address}: no client got in: {why}")]
    Nobody {
        /// The server.
        address: SocketAddr,
        /// The most frequent failure, and advice.
        why: String,
    },
    /// The clients that were to speak are gone.
    #[error("cannot load {address}: nobody is left to speak: {why}")]
    Mute {
        /// The server.
        address: SocketAddr,
        /// The most frequent failure.
        why: String,
    },
    /// The messages of a closed loop did not come back.
    #[error(
        "cannot load {address}: nobody heard what it sent within {} s: {why}", seconds(*within)
    )]
    Unheard {
        /// The server.
        address: SocketAddr,
        /// The time they were waited for.
        within: Duration,
        /// A likely reason, and advice.
        why: String,
    },
    /// The settings make no sense.
    #[error("cannot begin: {0}")]
    Settings(String),
    /// The user did not want to wait for the report.
    #[error("stopped at once, without a report")]
    AtOnce {
        /// By this signal.
        signal: i32,
    },
    /// The poll loop could not be set up.
    #[error("cannot set up the poll loop ({what}): {source}; is the descriptor limit very low?")]
    SetUp {
        /// Which part of it.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// Waiting for events failed.
    #[error("cannot wait for events: {0}; this is a fault of the load generator or the system")]
    Wait(#[source] io::Error),
    /// The process to be watched is not there.
    #[error(
        "cannot watch process {pid}: {source} (--server-pid takes the id of a running process)"
    )]
    Watch {
        /// Its id.
        pid: u32,
        /// The system's error.
        source: io::Error,
    },
    /// The report could not be written.
    #[error("cannot write the report to {}: {source}; name another file", file.display())]
    Report {
        /// Where to.
        file: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// More descriptors are needed than processes may have.
    #[error(
        "cannot hold {clients} connections with {processes} processes of {descriptors} \
         descriptors; use more --processes, or fewer --clients"
    )]
    Descriptors {
        /// Clients that were asked for.
        clients: usize,
        /// Processes that were asked for.
        processes: usize,
        /// Descriptors that each may have.
        descriptors: u64,
    },
    /// There is a report, and some clients were not served.
    #[error("{address} did not serve all clients: {told}; the report says why")]
    Unserved {
        /// The server.
        address: String,
        /// Their number and their fate.
        told: String,
    },
    /// A further process of ours failed.
    #[error("cannot go on without process {number} of the load generator: {why}")]
    Worker {
        /// Which, from 1.
        number: usize,
        /// Its error message, or its end.
        why: String,
    },
}

impl LoadError {
    /// The exit code for it.
    pub fn code(&self) -> u8 {
        match self {
            Self::Unserved { .. } => 3,
            _ => 1,
        }
    }
}

/// Whole seconds, or tenths of a short time.
fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 1.0 { format!("{seconds:.1}") } else { format!("{seconds:.0}") }
}
