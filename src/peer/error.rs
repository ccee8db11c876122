//! Why no match came about, or was lost, in one sentence each.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;

/// A search or a match that came to nothing.
#[derive(Debug, Error)]
pub enum MatchError {
    /// The request makes no sense.
    #[error("cannot look for players: {0}")]
    JoinRequest(String),
    /// The server's name leads nowhere.
    #[error("cannot find {server}: {source}; is the name spelled right?")]
    Lookup {
        /// As it was given.
        server: String,
        /// The system's error.
        source: io::Error,
    },
    /// It leads nowhere in the family that was asked for.
    #[error("cannot reach {server} by {family}: it has no such address; leave that flag out")]
    AddressFamily {
        /// As it was given.
        server: String,
        /// IPv4 or IPv6.
        family: &'static str,
    },
    /// The socket does not work.
    #[error("cannot {what}: {source}; is there a network?")]
    Socket {
        /// The step that failed.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The server does not answer.
    #[error(
        "no answer from {server} ({address}); is it a mio-chat server with UDP matchmaking, \
         and may UDP get there?"
    )]
    Unanswered {
        /// As it was given.
        server: String,
        /// The last address that was tried.
        address: SocketAddr,
    },
    /// The server does not want us.
    #[error("{server} refuses: {why}")]
    Refused {
        /// As it was given.
        server: String,
        /// The server's reason, and advice.
        why: &'static str,
    },
    /// No other player came in time.
    #[error("nobody came within {} s; wait longer, or agree on queue and number of players",
        timeout.as_secs())]
    Timeout {
        /// The time that was waited.
        timeout: Duration,
    },
    /// Not one peer can be reached.
    #[error("none of the players that {server} found can be reached; a server with a relay helps")]
    OutOfReach {
        /// As it was given.
        server: String,
    },
    /// There is no such peer, or no way to it.
    #[error("cannot send to player {slot}: not reached")]
    Slot {
        /// Which one.
        slot: u8,
    },
    /// The game's bytes look like the protocol's.
    #[error("cannot send what begins with `MC1 `, or is longer than {most} bytes")]
    Payload {
        /// Bytes of the longest datagram.
        most: usize,
    },
    /// A player is reached through the server, which a plain socket cannot do.
    #[error("cannot hand out the socket: player {slot} is reached through the relay")]
    Relayed {
        /// Its slot.
        slot: u8,
    },
    /// Nothing came back from any server of a check.
    #[error(
        "no answer from {servers}; either UDP is blocked on the way (try another network), or \
         nothing answers there (is it a mio-chat or STUN server?)"
    )]
    Blocked {
        /// All that were asked.
        servers: String,
    },
    /// A signal came while waiting.
    #[error("interrupted by a signal")]
    Interrupted,
    /// Some players did not get all lines.
    #[error("not all lines were delivered: these left before, or were never reached: {0}")]
    Undelivered(String),
    /// The others' lines could not be printed.
    #[error("cannot write what the others say: {0}")]
    Output(#[source] io::Error),
}
