//! All peers of one match, and their deadlines.

use std::net::SocketAddr;

use super::candidate::Path;
use super::candidate::Route;
use super::join::Join;
use super::out::Event;
use super::out::OutQueue;
use super::peer::MatchContext;
use super::peer::PeerLink;
use super::probe::Secret;
use super::random::SecretRandom;
use super::registration;
use super::registration::Registration;
use super::server_reply::MatchReply;
use crate::time::Time;

/// The peers, and the secret we share with them.
#[derive(Clone, Debug)]
pub(super) struct Punch {
    secret: Secret,
    pub(super) you: u8,
    /// Our address as the server sees it.
    pub(super) seen: Option<SocketAddr>,
    start: Time,
    has_started: bool,
    is_done: bool,
    pub(super) registration: Registration,
    pub(super) peers: Vec<PeerLink>,
}

impl Punch {
    /// Begins a match with the server's MATCH line.
    pub(super) fn new(now: Time, reply: MatchReply, out: &mut OutQueue) -> Self {
        let start = now + reply.at;
        let slots = reply.peers.iter().map(|peer| peer.slot).collect();
        out.event(Event::Matched { you: reply.you, peers: slots });
        (out.game, out.ticket) = (Some(reply.game), reply.relay);
        let relay = reply.relay.is_some();
        let peers = reply.peers.into_iter().map(|peer| PeerLink::new(now, start, peer, relay));
        let secret = Secret::new(reply.game, reply.key);
        let (you, seen) = (reply.you, reply.seen);
        let (peers, registration, has_started, is_done) =
            (peers.collect(), Registration::new(now), false, false);
        Self { secret, you, seen, start, has_started, is_done, registration, peers }
    }

    /// Takes a repeated MATCH line: peers may have moved.
    pub(super) fn update(&mut self, now: Time, reply: &MatchReply, out: &mut OutQueue) {
        out.ticket = reply.relay.or(out.ticket);
        if reply.seen.is_some() && std::mem::replace(&mut self.seen, reply.seen) != reply.seen {
            self.renew(now);
        }
        for info in &reply.peers {
            if let Some(peer) = self.peers.iter_mut().find(|peer| peer.slot == info.slot) {
                peer.update(now, info);
            }
        }
    }

    /// We may have moved: all ways are tried again.
    pub(super) fn renew(&mut self, now: Time) {
        self.peers.iter_mut().for_each(|peer| peer.renew(now));
    }

    /// The match's number.
    pub(super) fn game(&self) -> u64 {
        self.secret.game
    }

    /// Whether all have begun to send to each other.
    pub(super) fn has_begun(&self, now: Time) -> bool {
        now >= self.start
    }

    /// Whether a way to anybody was ever proved.
    pub(super) fn is_proved(&self) -> bool {
        self.peers.iter().any(PeerLink::is_proved)
    }

    pub(super) fn peer(&self, slot: u8) -> Option<&PeerLink> {
        self.peers.iter().find(|peer| peer.slot == slot)
    }

    /// The peer that is known to speak from there.
    pub(super) fn slot_at(&self, from: SocketAddr) -> Option<u8> {
        let peer = self.peers.iter().find(|peer| peer.is_at(Route::To(from)))?;
        Some(peer.slot)
    }

    /// When something is due.
    pub(super) fn due(&self) -> Time {
        let peers = self.peers.iter().map(PeerLink::due).min().unwrap_or(Time::NEVER);
        peers.min(self.registration.due(self.summary()))
    }

    /// Does what is due.
    pub(super) fn expire(
        &mut self,
        now: Time,
        join: &Join,
        random: &mut SecretRandom,
        out: &mut OutQueue,
    ) {
        if now >= self.start && !self.has_started {
            self.has_started = true;
            out.event(Event::Punching);
        }
        let (you, start, secret) = (self.you, self.start, &self.secret);
        for peer in &mut self.peers {
            peer.expire(now, &mut MatchContext { you, start, secret, random, out });
        }
        self.registration.expire(now, self.summary(), join, out);
        self.tell_done(out);
    }

    /// Takes a datagram that begins as PING and PONG do, and may be forged.
    pub(super) fn take(
        &mut self,
        now: Time,
        from: Route,
        datagram: &[u8],
        random: &mut SecretRandom,
        out: &mut OutQueue,
    ) {
        let Some(probe) = self.secret.open(datagram).filter(|probe| probe.to == self.you) else {
            return;
        };
        let (you, start, secret) = (self.you, self.start, &self.secret);
        if let Some(peer) = self.peers.iter_mut().find(|peer| peer.slot == probe.by) {
            peer.take(now, from, probe, &mut MatchContext { you, start, secret, random, out });
            self.registration.note_peer();
        }
        self.tell_done(out);
    }

    /// Something of the game itself has come from a peer.
    pub(super) fn note_data(&mut self, now: Time, slot: u8, out: &mut OutQueue) {
        if let Some(peer) = self.peers.iter_mut().find(|peer| peer.slot == slot) {
            peer.note_data(now, out);
            self.registration.note_peer();
        }
    }

    /// The present path to a peer.
    pub(super) fn path(&self, slot: u8) -> Option<Path> {
        self.peer(slot)?.path().map(|(path, _)| path)
    }

    /// A summary of all peers.
    fn summary(&self) -> registration::Peers {
        let mut wanted = self.peers.iter().filter(|peer| peer.is_wanted()).peekable();
        let are_wanted = wanted.peek().is_some();
        // The latest of these moments: until then a peer was not silent.
        let longest = |since: Time, peer: &PeerLink| Some(since.max(peer.unanswered_since()?));
        let silent_since = wanted.try_fold(Time::ZERO, longest).filter(|_| are_wanted);
        registration::Peers { are_wanted, silent_since }
    }

    fn tell_done(&mut self, out: &mut OutQueue) {
        if !self.is_done && self.peers.iter().all(PeerLink::is_decided) {
            self.is_done = true;
            out.event(Event::Done);
        }
    }
}
