//! All peers of one match: who is who, and what is due.

use std::net::SocketAddr;

use super::candidate::Path;
use super::candidate::Route;
use super::out::Event;
use super::out::Out;
use super::peer::Ground;
use super::peer::Peer;
use super::probe::Secret;
use super::random::Random;
use super::told::Match;
use crate::time::Time;

/// The others, and what we share with them.
#[derive(Clone, Debug)]
pub(super) struct Punch {
    secret: Secret,
    pub(super) you: u8,
    /// What the server sees of us.
    pub(super) seen: Option<SocketAddr>,
    start: Time,
    has_started: bool,
    is_done: bool,
    pub(super) peers: Vec<Peer>,
}

impl Punch {
    /// Takes up what the server has told.
    pub(super) fn new(now: Time, told: Match, out: &mut Out) -> Self {
        let start = now + told.at;
        let slots = told.peers.iter().map(|peer| peer.slot).collect();
        out.event(Event::Matched { you: told.you, peers: slots });
        (out.game, out.ticket) = (Some(told.game), told.relay);
        let relay = told.relay.is_some();
        let peers = told.peers.into_iter().map(|peer| Peer::new(start, peer, relay)).collect();
        let secret = Secret::new(told.game, told.key);
        let (you, seen) = (told.you, told.seen);
        Self { secret, you, seen, start, has_started: false, is_done: false, peers }
    }

    /// The match's number.
    pub(super) fn game(&self) -> u64 {
        self.secret.game
    }

    pub(super) fn peer(&self, slot: u8) -> Option<&Peer> {
        self.peers.iter().find(|peer| peer.slot == slot)
    }

    /// The peer that is known to speak from there.
    pub(super) fn slot_at(&self, from: SocketAddr) -> Option<u8> {
        let peer = self.peers.iter().find(|peer| peer.is_at(Route::To(from)))?;
        Some(peer.slot)
    }

    /// When something is due.
    pub(super) fn due(&self) -> Time {
        self.peers.iter().map(Peer::due).min().unwrap_or(Time::NEVER)
    }

    /// Does what is due.
    pub(super) fn expire(&mut self, now: Time, random: &mut Random, out: &mut Out) {
        if now >= self.start && !self.has_started {
            self.has_started = true;
            out.event(Event::Punching);
        }
        let (you, start, secret) = (self.you, self.start, &self.secret);
        for peer in &mut self.peers {
            peer.expire(now, &mut Ground { you, start, secret, random, out });
        }
        self.tell_done(out);
    }

    /// Takes a datagram that begins as PING and PONG do, and may be forged.
    pub(super) fn take(
        &mut self,
        now: Time,
        from: Route,
        datagram: &[u8],
        random: &mut Random,
        out: &mut Out,
    ) {
        let Some(probe) = self.secret.open(datagram).filter(|probe| probe.to == self.you) else {
            return;
        };
        let (you, start, secret) = (self.you, self.start, &self.secret);
        if let Some(peer) = self.peers.iter_mut().find(|peer| peer.slot == probe.by) {
            peer.take(now, from, probe, &mut Ground { you, start, secret, random, out });
        }
        self.tell_done(out);
    }

    /// Something of the game itself has come from a peer.
    pub(super) fn note_heard(&mut self, now: Time, slot: u8, out: &mut Out) {
        if let Some(peer) = self.peers.iter_mut().find(|peer| peer.slot == slot) {
            peer.note_heard(now, out);
        }
    }

    /// How a peer is reached at present.
    pub(super) fn path(&self, slot: u8) -> Option<Path> {
        self.peer(slot)?.path().map(|(path, _)| path)
    }

    fn tell_done(&mut self, out: &mut Out) {
        if !self.is_done && self.peers.iter().all(Peer::is_decided) {
            self.is_done = true;
            out.event(Event::Done);
        }
    }
}
