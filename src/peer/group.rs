//! The players that have found each other, and one socket to all of them.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use rustix::fd::BorrowedFd;

use super::clock::Clock;
use super::error::MatchError;
use super::socket;
use crate::limits::{EARLY_DATAGRAMS_MAX, OWN_ADDRESS_LOOK, PEER_DATAGRAM_BYTES_MAX};
use crate::mc1::MAGIC;
use crate::peer::protocol::{Client, Event, Input, Path};
use crate::text::clean;
use crate::time::Time;

/// One of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its number in the match, the same for everybody.
    pub slot: u8,
    /// The nickname in the chat that the server vouches for.
    pub nickname: Option<String>,
    /// The path to it and the round trip time; none if it is not reached.
    pub path: Option<(Path, Duration)>,
}

/// The kind of one incoming datagram.
pub(crate) enum Incoming {
    /// A datagram of the game: the sender's slot and its bytes.
    Game(u8, Vec<u8>),
    /// A keep-alive, the server's, or a stranger's datagram: it is dealt with.
    Other,
}

/// The players of one match. Only calls of [`Group::receive`] keep the NATs open.
#[derive(Debug)]
pub struct Group {
    pub(crate) socket: UdpSocket,
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    timeout: Option<Duration>,
    /// Game datagrams of a quicker peer, from before all were found; the oldest first.
    early: VecDeque<(u8, Vec<u8>)>,
    /// Our own address when it was last looked at.
    own: Option<IpAddr>,
    next_look: Time,
}

impl Group {
    pub(crate) fn new(socket: UdpSocket, client: Client, clock: Clock) -> Self {
        let (early, next_look) = (VecDeque::new(), clock.now());
        Self { socket, client, clock, timeout: None, early, own: None, next_look }
    }

    /// Our own slot: the lowest may be the one that begins.
    pub fn own_slot(&self) -> u8 {
        self.client.you().unwrap_or_default()
    }

    /// The others, as they are reached at present.
    pub fn peers(&self) -> Vec<Peer> {
        let peers = self.client.peers().map(|peer| Peer {
            slot: peer.slot,
            nickname: peer
                .nick
                .map(|nick| clean(nick).into_owned())
                .filter(|nick| !nick.is_empty()),
            path: peer.path,
        });
        peers.collect()
    }

    /// The longest time that [`Group::receive`] waits; `None`: for ever.
    pub fn set_timeout(&mut self, timeout: Option<Duration>) {
        self.timeout = timeout;
    }

    /// Sends a datagram to a peer. Like all UDP it may get lost. It must not begin with `MC1 `.
    pub fn send_to(&mut self, slot: u8, payload: &[u8]) -> Result<(), MatchError> {
        let most = PEER_DATAGRAM_BYTES_MAX;
        if payload.starts_with(MAGIC) || payload.len() > most {
            return Err(MatchError::Payload { most });
        }
        let (to, bytes) = self.client.wrap(slot, payload).ok_or(MatchError::Slot { slot })?;
        // A datagram that the system does not take is lost, as it might be anywhere on its way.
        let _ = self.socket.send_to(&bytes, to);
        Ok(())
    }

    /// Waits for a datagram of a peer: its slot, and how many bytes of `buffer` it fills. `None`:
    /// the timeout has passed. Meanwhile PINGs are answered and NATs kept open.
    pub fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<(u8, usize)>, MatchError> {
        let until = self.timeout.map_or(Time::NEVER, |timeout| self.clock.now() + timeout);
        loop {
            if let Some((slot, data)) = self.take() {
                let length = data.len().min(buffer.len());
                if let (Some(room), Some(data)) = (buffer.get_mut(..length), data.get(..length)) {
                    room.copy_from_slice(data);
                }
                return Ok(Some((slot, length)));
            }
            if self.clock.now() >= until {
                return Ok(None);
            }
            self.wait(None, until)?;
        }
    }

    /// The next event of a peer, such as [`Event::PeerSilent`].
    pub fn next_event(&mut self) -> Option<Event> {
        self.client.poll_event()
    }

    /// Tells the server that we leave. A player that does not is forgotten in a minute.
    pub fn leave(mut self) {
        self.client.handle(self.clock.now(), Input::Leave);
        self.flush();
    }

    /// The socket, and where each peer is: for a game that wants to go on by itself. It must ignore
    /// datagrams that begin with `MC1 `; the peers' keep-alives still come. Early datagrams of a
    /// quicker peer are lost, as any datagram may be.
    pub fn into_socket(self) -> Result<(UdpSocket, Vec<(u8, SocketAddr)>), MatchError> {
        let mut places = Vec::new();
        for peer in self.client.peers() {
            match peer.path {
                Some((Path::Lan(address) | Path::Direct(address), _)) => {
                    places.push((peer.slot, address));
                }
                Some((Path::Relay, _)) => return Err(MatchError::Relayed { slot: peer.slot }),
                None => return Err(MatchError::Slot { slot: peer.slot }),
            }
        }
        let blocking = self.socket.set_nonblocking(false);
        blocking.map_err(|source| MatchError::Socket { what: "hand out the socket", source })?;
        Ok((self.socket, places))
    }

    /// Waits until the socket or `other` may be read, a deadline is due, or `until` has come.
    /// Returns whether `other` may be read.
    pub(crate) fn wait(
        &mut self,
        other: Option<BorrowedFd<'_>>,
        until: Time,
    ) -> Result<bool, MatchError> {
        self.flush();
        let until = until.min(self.due());
        let ready = socket::wait(&self.socket, other, self.clock.now(), until)?;
        self.expire();
        Ok(ready)
    }

    /// When something is due.
    pub(crate) fn due(&self) -> Time {
        self.client.poll_timeout().min(self.next_look)
    }

    /// Does what is due.
    pub(crate) fn expire(&mut self) {
        let now = self.clock.now();
        if self.next_look <= now {
            self.look_where_we_are(now);
        }
        if self.client.poll_timeout() <= now {
            self.client.handle(now, Input::Timeout);
            self.flush();
        }
    }

    /// Finds out whether our own address has changed. Without a network the old address is kept.
    fn look_where_we_are(&mut self, now: Time) {
        self.next_look = now + OWN_ADDRESS_LOOK;
        let server = self.client.server();
        let Ok(own) = socket::own_address(&self.socket, server) else { return };
        if self.own.replace(own.ip()).is_some_and(|before| before != own.ip()) {
            let lan = socket::lan_candidates(&self.socket, server);
            self.client.handle(now, Input::Moved { lan: &lan });
            self.flush();
        }
    }

    /// Buffers game datagrams that come before the match is complete.
    pub(crate) fn take_early(&mut self) {
        while let Some(incoming) = self.receive_one() {
            self.keep(incoming);
        }
    }

    /// Drops buffered datagrams: their senders are not in our match any more.
    pub(crate) fn forget_early(&mut self) {
        self.early.clear();
    }

    /// Buffers a game datagram, as long as there is room.
    pub(crate) fn keep(&mut self, incoming: Incoming) {
        if let Incoming::Game(slot, data) = incoming
            && self.early.len() < EARLY_DATAGRAMS_MAX
        {
            self.early.push_back((slot, data));
        }
    }

    /// The next game datagram: the sender's slot and its bytes.
    fn take(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Incoming::Game(slot, data) = self.take_one()? {
                return Some((slot, data));
            }
        }
    }

    /// The next datagram, buffered ones first.
    pub(crate) fn take_one(&mut self) -> Option<Incoming> {
        let kept = self.early.pop_front().map(|(slot, data)| Incoming::Game(slot, data));
        kept.or_else(|| self.receive_one())
    }

    /// The next datagram from the socket. One that is not the game's is handed to the client.
    pub(crate) fn receive_one(&mut self) -> Option<Incoming> {
        let mut room = [0; PEER_DATAGRAM_BYTES_MAX + 128];
        // An error is about something sent before, and no news to anybody.
        let (length, from) = self.socket.recv_from(&mut room).ok()?;
        let bytes = room.get(..length).unwrap_or_default();
        self.client.handle(self.clock.now(), Input::Datagram { from, bytes });
        self.flush();
        let game = self.client.unwrap(from, bytes);
        Some(game.map_or(Incoming::Other, |(slot, data)| Incoming::Game(slot, data.to_vec())))
    }

    /// Sends the client's datagrams. Answers show whether they arrive.
    pub(crate) fn flush(&mut self) {
        while let Some(transmit) = self.client.poll_transmit() {
            let _ = socket::send(&self.socket, &transmit);
        }
    }
}
