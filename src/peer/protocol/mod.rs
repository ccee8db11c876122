//! The other side of the keyed protocol: finds players, and a way to each of them.
//!
//! ```text
//!     Input --> join  --MATCH--> punch: for each peer --> peer: its candidates, PING, PONG
//!               asks, waits        |    opener: opens our NAT; probe: what is sealed is true
//!                  |  <--WAIT--- seat: our place at the server
//!                  `-------> out: datagrams to send, events to tell <-------'
//! ```
//!
//! Nothing here opens a socket, reads a clock or draws a random number: datagrams, [`Time`] and a
//! seed are handed in, and the same ones lead to the same run. `mio_chat::client` does that over a
//! real socket; a game with an event loop of its own does it like this:
//!
//! ```text
//! client.handle(now, Input::Datagram { from, bytes })     for each that comes in
//! client.handle(now, Input::Timeout)                      when poll_timeout() has come
//! while let Some(transmit) = client.poll_transmit() ..    send it
//! while let Some(event) = client.poll_event() ..          tell it
//! ```
//!
//! Invariants:
//! - whatever the network sends, it neither panics nor grows: lists are bounded, and one datagram
//!   leads to three at most;
//! - lines of the server count if they come from its address and carry our id; what comes from
//!   anybody else counts if it is sealed with the key of the match;
//! - a match that somebody was reached in is never left because of what the server says;
//! - game data is taken only from where something sealed has come from.

mod candidate;
mod join;
mod opener;
mod out;
mod peer;
mod probe;
mod punch;
mod random;
mod registration;
mod server_reply;

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

use crate::limits::ASK_AGAIN_MIN;
use crate::limits::LEAVES_MAX;
use crate::mc1::Line;
use crate::mc1::MAGIC;
use crate::time::Time;

pub use candidate::Path;
pub use join::JoinRequest;
pub use out::Event;
pub use out::JoinRefusal;
pub use out::Transmit;

use candidate::Route;
use candidate::is_same_address;
use join::Join;
use out::OutQueue;
use punch::Punch;
use random::SecretRandom;
use server_reply::MatchReply;

/// Inputs of a client.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A datagram from any sender.
    Datagram {
        /// Its sender.
        from: SocketAddr,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// Time has passed.
    Timeout,
    /// Our own address is another than before, as that of a phone that leaves its Wi-Fi.
    Moved {
        /// Our own private addresses now, two at most.
        lan: &'a [SocketAddr],
    },
    /// The game wants to leave. [`Event::Left`] will follow.
    Leave,
}

/// The view of one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerView<'a> {
    /// Its number in the match, the same for everybody.
    pub slot: u8,
    /// The nickname in the chat that the server vouches for. Not cleaned for a terminal.
    pub nick: Option<&'a str>,
    /// The path to it and the round trip time; none if it is not reached.
    pub path: Option<(Path, Duration)>,
}

/// One player's side of matchmaking.
#[derive(Clone, Debug)]
pub struct Client {
    random: SecretRandom,
    /// The requests to the server.
    join: Join,
    stage: ClientStage,
    /// The match that we were in before.
    former: Option<u64>,
    out: OutQueue,
}

#[derive(Clone, Debug)]
enum ClientStage {
    Joining,
    Matched(Box<Punch>),
    /// LEAVE is said until it is heard.
    Leaving {
        times_left: u8,
        next: Time,
    },
    Ended,
}

impl Client {
    /// A client that begins to ask at once. The seed must be a secret: with it another can pretend
    /// to be this client.
    pub fn new(now: Time, server: SocketAddr, request: JoinRequest, seed: u128) -> Self {
        let mut random = SecretRandom::new(seed);
        let id = random.next();
        let mut out = OutQueue::new(server, id);
        out.event(Event::Asking);
        let join = Join::new(now, id, request);
        Self { random, join, stage: ClientStage::Joining, former: None, out }
    }

    /// Handles one input. Time must not run backwards from call to call.
    pub fn handle(&mut self, now: Time, input: Input<'_>) {
        match input {
            Input::Datagram { from, bytes } => self.receive(now, from, bytes),
            Input::Timeout => self.expire(now),
            Input::Moved { lan } => self.move_to(now, lan),
            Input::Leave => self.leave(now),
        }
    }

    /// Gives up the match that we are in, and looks for another one as another player. `false`:
    /// that cannot be, since we are in none, or came with a token, which is for one match.
    pub fn search_again(&mut self, now: Time) -> bool {
        if !matches!(self.stage, ClientStage::Matched(_)) || !self.join.may_restart() {
            return false;
        }
        self.out.leave();
        self.leave_match();
        self.out.id = self.random.next();
        self.join.restart(now, self.out.id);
        self.out.event(Event::Asking);
        true
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.out.datagrams.pop_front()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.out.events.pop_front()
    }

    /// When [`Input::Timeout`] is due; [`Time::NEVER`] after the end.
    pub fn poll_timeout(&self) -> Time {
        match &self.stage {
            ClientStage::Joining => self.join.due(),
            ClientStage::Matched(punch) => punch.due(),
            ClientStage::Leaving { next, .. } => *next,
            ClientStage::Ended => Time::NEVER,
        }
    }

    /// Whether nothing more will happen.
    pub fn has_ended(&self) -> bool {
        matches!(self.stage, ClientStage::Ended)
    }

    /// The server that is asked.
    pub fn server(&self) -> SocketAddr {
        self.out.server
    }

    /// Our own slot, once there is a match.
    pub fn you(&self) -> Option<u8> {
        self.punch().map(|punch| punch.you)
    }

    /// Our own address as the server sees it, once there is a match.
    pub fn seen(&self) -> Option<SocketAddr> {
        self.punch()?.seen
    }

    /// The others, once there is a match.
    pub fn peers(&self) -> impl Iterator<Item = PeerView<'_>> {
        let peers = self.punch().map_or(&[][..], |punch| &punch.peers);
        peers.iter().map(|peer| PeerView {
            slot: peer.slot,
            nick: peer.nick.as_deref(),
            path: peer.path(),
        })
    }

    /// How a datagram of the game reaches a peer: where it goes, and the bytes that go there. It
    /// must not begin with `MC1 `. `None`: the peer is not reached.
    pub fn wrap<'a>(&self, slot: u8, payload: &'a [u8]) -> Option<(SocketAddr, Cow<'a, [u8]>)> {
        match self.punch()?.path(slot)?.route() {
            Route::To(address) => Some((address, Cow::Borrowed(payload))),
            Route::Relay => {
                let bytes = self.out.relayed(slot, payload)?;
                Some((self.out.server, Cow::Owned(bytes)))
            }
        }
    }

    /// The sender's slot and the bytes of a game datagram. `None`: it is not from a peer, or not
    /// the game's. It should be handed to [`Self::handle`] in any case, and first.
    pub fn unwrap<'a>(&self, from: SocketAddr, datagram: &'a [u8]) -> Option<(u8, &'a [u8])> {
        let punch = self.punch()?;
        if is_same_address(from, self.out.server) {
            let (slot, payload) = relayed(punch.game(), &Line::parse(datagram)?)?;
            let is_game = !payload.starts_with(MAGIC) && punch.peer(slot).is_some();
            return is_game.then_some((slot, payload));
        }
        let slot = (!datagram.starts_with(MAGIC)).then(|| punch.slot_at(from))?;
        Some((slot?, datagram))
    }

    fn punch(&self) -> Option<&Punch> {
        match &self.stage {
            ClientStage::Matched(punch) => Some(punch),
            _ => None,
        }
    }

    fn receive(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) {
        let game_of = self.unwrap(from, bytes);
        if let Some((slot, _)) = game_of {
            if let ClientStage::Matched(punch) = &mut self.stage {
                punch.note_data(now, slot, &mut self.out);
            }
        } else if is_same_address(from, self.out.server) {
            if let Some(line) = Line::parse(bytes) {
                self.handle_line(now, &line);
            }
        } else if let ClientStage::Matched(punch) = &mut self.stage {
            punch.take(now, Route::To(from), bytes, &mut self.random, &mut self.out);
        }
    }

    /// A line from the server's address.
    fn handle_line(&mut self, now: Time, line: &Line<'_>) {
        if let (ClientStage::Matched(punch), "DATA") = (&mut self.stage, line.verb) {
            if let Some((_, payload)) = relayed(punch.game(), line) {
                punch.take(now, Route::Relay, payload, &mut self.random, &mut self.out);
            }
            return;
        }
        if line.hex("id") != Some(self.out.id) {
            return;
        }
        match (&mut self.stage, line.verb) {
            (ClientStage::Joining, "MATCH") => self.enter(now, line),
            (ClientStage::Joining, _) => {
                let goes_on = self.join.handle_line(now, line, &mut self.random, &mut self.out);
                self.end_unless(goes_on);
            }
            (ClientStage::Matched(_), _) => self.handle_line_in_match(now, line),
            (ClientStage::Leaving { .. }, "LEFT") => self.end(),
            _ => {}
        }
    }

    /// All players are there.
    fn enter(&mut self, now: Time, line: &Line<'_>) {
        let Some(reply) = MatchReply::read(line) else { return };
        let punch = Punch::new(now, reply, &mut self.out);
        self.stage = ClientStage::Matched(Box::new(punch));
        self.out.acknowledge();
    }

    fn handle_line_in_match(&mut self, now: Time, line: &Line<'_>) {
        let ClientStage::Matched(punch) = &mut self.stage else { return };
        punch.registration.note_server(now);
        match line.verb {
            "MATCH" if line.hex("m") == self.out.game => {
                // Our confirmation was lost, or a player has moved.
                self.out.acknowledge();
                if let Some(reply) = MatchReply::read(line) {
                    punch.update(now, &reply, &mut self.out);
                }
            }
            "MATCH" if line.hex("m") == self.former => {}
            "MATCH" | "WAIT" if punch.is_proved() => punch.registration.decline(&mut self.out),
            "MATCH" if MatchReply::read(line).is_some() => {
                self.dissolve();
                self.enter(now, line);
            }
            // A WAIT that the MATCH has overtaken means nothing: all begin a moment after that.
            "WAIT" if punch.has_begun(now) => {
                self.dissolve();
                self.join.resume(now);
                self.join.handle_line(now, line, &mut self.random, &mut self.out);
                self.join.ask(now, &mut self.random, &mut self.out);
            }
            "COOKIE" if self.join.take_cookie(now, line) => {
                punch.registration.join(now, &self.join, &mut self.out);
            }
            "ERR" => punch.registration.give_up(),
            _ => {}
        }
    }

    /// The server has taken the match back.
    fn dissolve(&mut self) {
        self.leave_match();
        self.out.event(Event::Dissolved);
    }

    fn leave_match(&mut self) {
        self.former = self.out.game;
        self.out.forget_match();
        self.stage = ClientStage::Joining;
    }

    fn move_to(&mut self, now: Time, lan: &[SocketAddr]) {
        self.join.move_to(lan);
        match &mut self.stage {
            ClientStage::Joining => self.join.resume(now),
            ClientStage::Matched(punch) => {
                punch.renew(now);
                punch.registration.join(now, &self.join, &mut self.out);
            }
            ClientStage::Leaving { .. } | ClientStage::Ended => {}
        }
    }

    fn expire(&mut self, now: Time) {
        let (random, out) = (&mut self.random, &mut self.out);
        match &mut self.stage {
            ClientStage::Joining => {
                let goes_on = self.join.expire(now, random, out);
                self.end_unless(goes_on);
            }
            ClientStage::Matched(punch) => punch.expire(now, &self.join, random, out),
            ClientStage::Leaving { times_left: 0, next } if now >= *next => self.end(),
            ClientStage::Leaving { next, times_left } if now >= *next => {
                *times_left = times_left.saturating_sub(1);
                *next = now + ASK_AGAIN_MIN;
                out.leave();
            }
            _ => {}
        }
    }

    fn leave(&mut self, now: Time) {
        if !matches!(self.stage, ClientStage::Leaving { .. } | ClientStage::Ended) {
            self.stage = ClientStage::Leaving { times_left: LEAVES_MAX, next: now };
            self.expire(now);
        }
    }

    fn end_unless(&mut self, goes_on: bool) {
        if !goes_on {
            self.stage = ClientStage::Ended;
        }
    }

    fn end(&mut self) {
        self.stage = ClientStage::Ended;
        self.out.event(Event::Left);
    }
}

/// The sender and payload of a relayed datagram.
fn relayed<'a>(game: u64, line: &Line<'a>) -> Option<(u8, &'a [u8])> {
    let is_ours = line.verb == "DATA" && line.hex("m") == Some(game);
    is_ours.then_some((line.number("by")?, line.payload?))
}
