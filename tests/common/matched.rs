//! What the matchmaker sends for one datagram, kept for a test to look at.

use std::net::SocketAddr;

use mio_chat::matchmaking::{Input, Matchmaker, Output, SocketIndex};
use mio_chat::time::Time;

/// One datagram that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// The socket it left by.
    pub(crate) via: SocketIndex,
    /// Where it went.
    pub(crate) to: SocketAddr,
    /// What it says.
    pub(crate) payload: Vec<u8>,
}

/// What is sent when this datagram comes in.
pub(crate) fn answers(
    matchmaker: &mut Matchmaker,
    now: Time,
    via: SocketIndex,
    source: SocketAddr,
    bytes: &[u8],
) -> Vec<Sent> {
    let mut sent = Vec::new();
    matchmaker.handle(now, Input::Datagram { via, source, bytes }, &mut |output| {
        if let Output::Send(transmit) = output {
            let payload = transmit.payload.to_vec();
            sent.push(Sent { via: transmit.via, to: transmit.to, payload });
        }
    });
    sent
}
