//! The client's output: datagrams, and events for the game.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use super::candidate::Path;
use super::candidate::Route;
use crate::limits::OPENER_HOPS;

/// A datagram to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where it goes.
    pub to: SocketAddr,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The most routers that it may pass (the TTL, in IPv6 the hop limit); `None`: as many as any
    /// other. A datagram with a limit opens the NAT in front of us and is not to arrive: a caller
    /// that cannot limit it leaves it out.
    pub hops: Option<u8>,
}

/// Events of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The server is being asked.
    Asking,
    /// The server has us wait for others.
    Waiting {
        /// Players that are there, ourselves included.
        have: u8,
        /// Players that are needed.
        need: u8,
    },
    /// The server does not let us in.
    Refused {
        /// Why.
        code: JoinRefusal,
        /// When it will be asked again; `None`: never, this was its last word.
        retry: Option<Duration>,
    },
    /// The server does not answer. This client has ended.
    Unanswered,
    /// All players are there.
    Matched {
        /// Our own slot.
        you: u8,
        /// The slots of the others.
        peers: Vec<u8>,
    },
    /// The server has taken the match back, because one of its players has never answered: we wait
    /// again, at the front of the queue. [`Event::Matched`] follows when another is found.
    Dissolved,
    /// The time has come to look for a path to each peer.
    Punching,
    /// A path to a peer works, both ways. Again when a better one is found, or when a peer is back
    /// that was silent or out of reach.
    PeerReached {
        /// Which one.
        slot: u8,
        /// The path to it.
        path: Path,
        /// The round trip time.
        rtt: Duration,
    },
    /// No path to a peer was found. Should it still get through to us, it is reached after all.
    PeerFailed {
        /// Which one.
        slot: u8,
    },
    /// It is known of each peer whether it is reached.
    Done,
    /// Nothing has been heard of a peer for a long time.
    PeerSilent {
        /// Which one.
        slot: u8,
    },
    /// The server knows that we have left, or was told often enough. This client has ended.
    Left,
}

/// Why a server does not let us in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinRefusal {
    /// That is no queue.
    Queue,
    /// It does not make matches of this size.
    Players,
    /// It does not know the token, or not any more, or it is for another queue or size.
    Token,
    /// Too many players wait at this address.
    Many,
    /// It is full.
    Full,
    /// A reason that this client does not know.
    Other,
}

impl JoinRefusal {
    /// The reason that the server gives.
    pub(super) fn read(code: &str) -> Self {
        match code {
            "queue" => Self::Queue,
            "players" => Self::Players,
            "token" => Self::Token,
            "many" => Self::Many,
            "full" => Self::Full,
            _ => Self::Other,
        }
    }

    /// Whether it may pass by itself.
    pub(super) fn may_pass(self) -> bool {
        matches!(self, Self::Many | Self::Full)
    }
}

/// Output that was not fetched yet, in order.
#[derive(Clone, Debug)]
pub(super) struct OutQueue {
    pub(super) server: SocketAddr,
    /// Our id at the server.
    pub(super) id: u64,
    /// The number of the match, once there is one.
    pub(super) game: Option<u64>,
    /// Our ticket for the relay.
    pub(super) ticket: Option<u64>,
    pub(super) datagrams: VecDeque<Transmit>,
    pub(super) events: VecDeque<Event>,
}

impl OutQueue {
    pub(super) fn new(server: SocketAddr, id: u64) -> Self {
        let (datagrams, events) = (VecDeque::new(), VecDeque::new());
        Self { server, id, game: None, ticket: None, datagrams, events }
    }

    pub(super) fn event(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// A line to the server.
    pub(super) fn tell_server(&mut self, line: String) {
        self.send_to(self.server, line.into_bytes());
    }

    /// That we know of the match.
    pub(super) fn acknowledge(&mut self) {
        let Some(game) = self.game else { return };
        self.tell_server(format!("MC1 ACK id={:016x} m={game:016x}\n", self.id));
    }

    /// Reports the result with one peer.
    pub(super) fn tell_result(&mut self, slot: u8, how: &str, rtt: Option<Duration>) {
        let Some(game) = self.game else { return };
        let rtt = rtt.map_or_else(String::new, |rtt| format!(" rtt={}", rtt.as_millis()));
        let id = self.id;
        self.tell_server(format!(
            "MC1 RESULT id={id:016x} m={game:016x} peer={slot} how={how}{rtt}\n"
        ));
    }

    /// A datagram to a peer, unless it would need a relay and there is none.
    pub(super) fn send(&mut self, slot: u8, route: Route, payload: Vec<u8>) {
        match route {
            Route::To(to) => self.send_to(to, payload),
            Route::Relay => {
                let Some(bytes) = self.relayed(slot, &payload) else { return };
                self.send_to(self.server, bytes);
            }
        }
    }

    /// A datagram that leaves our own network and does not arrive.
    pub(super) fn open(&mut self, to: SocketAddr) {
        let bytes = b"MC1 OPEN\n".to_vec();
        self.datagrams.push_back(Transmit { to, bytes, hops: Some(OPENER_HOPS) });
    }

    /// That we do not want to be known any more.
    pub(super) fn leave(&mut self) {
        self.tell_server(format!("MC1 LEAVE id={:016x}\n", self.id));
    }

    /// We are in no match any more.
    pub(super) fn forget_match(&mut self) {
        (self.game, self.ticket) = (None, None);
    }

    fn send_to(&mut self, to: SocketAddr, bytes: Vec<u8>) {
        self.datagrams.push_back(Transmit { to, bytes, hops: None });
    }

    /// A payload as the relay takes it.
    pub(super) fn relayed(&self, slot: u8, payload: &[u8]) -> Option<Vec<u8>> {
        let head = format!("MC1 DATA t={:016x} to={slot}\n", self.ticket?);
        Some([head.as_bytes(), payload].concat())
    }
}
