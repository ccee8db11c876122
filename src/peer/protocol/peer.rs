//! One peer: tried on every way until one works both ways, and kept then.
//!
//! ```text
//!     punching --path, and it knows one too--> reached <--heard again--> silent
//!         `----nothing for 5 s--> failed --it gets through after all--^
//! ```
//!
//! When it or we may have moved, nothing is certain any more: all ways are tried again, and the old
//! one is used until another is proved.
//!
//! Invariant: it counts as reached only with a path that a PONG has proved.

use std::time::Duration;

use super::candidate::Candidates;
use super::candidate::Path;
use super::candidate::Route;
use super::opener::Opener;
use super::out::Event;
use super::out::OutQueue;
use super::probe::Probe;
use super::probe::ProbeKind;
use super::probe::Secret;
use super::random::SecretRandom;
use super::server_reply::PeerInfo;
use crate::limits::BETTER_TRIES_MAX;
use crate::limits::DATA_QUIET;
use crate::limits::KEEP_ALIVE;
use crate::limits::KEEP_ALIVE_AGAIN;
use crate::limits::LAN_HEAD_START;
use crate::limits::PEER_LINGER;
use crate::limits::PEER_SILENCE;
use crate::limits::PING_FAST;
use crate::limits::PING_FAST_FOR;
use crate::limits::PING_SLOW;
use crate::limits::PUNCH_FOR;
use crate::limits::RELAY_AFTER;
use crate::limits::RESULT_AGAIN;
use crate::limits::RESULTS_MAX;
use crate::time::Time;

/// The stage of reaching a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PeerStage {
    Punching,
    Reached,
    Failed,
    Silent,
}

/// State that all peers of a match share.
pub(super) struct MatchContext<'a> {
    pub(super) you: u8,
    pub(super) start: Time,
    pub(super) secret: &'a Secret,
    pub(super) random: &'a mut SecretRandom,
    pub(super) out: &'a mut OutQueue,
}

/// One peer.
#[derive(Clone, Debug)]
pub(super) struct PeerLink {
    pub(super) slot: u8,
    pub(super) nick: Option<String>,
    candidates: Candidates,
    opener: Opener,
    stage: PeerStage,
    path: Option<(Path, Duration)>,
    /// When the first path was known.
    path_since: Time,
    /// Whether the peer knows a path, too.
    knows: bool,
    heard: Time,
    /// The first PING since then.
    unanswered_since: Option<Time>,
    /// When PINGs were last due.
    pinged: Time,
    next_ping: Time,
    /// PINGs left, once it is decided, for ways that may be better, or may have changed.
    tries_left: u8,
    results_left: u8,
    next_result: Time,
}

impl PeerLink {
    pub(super) fn new(now: Time, start: Time, info: PeerInfo, relay: bool) -> Self {
        Self {
            slot: info.slot,
            nick: info.nick,
            candidates: Candidates::new(info.observed, &info.lan, relay),
            opener: Opener::new(now, start, info.observed),
            stage: PeerStage::Punching,
            path: None,
            path_since: Time::NEVER,
            knows: false,
            heard: start,
            unanswered_since: None,
            pinged: start,
            next_ping: start,
            tries_left: 0,
            results_left: 0,
            next_result: Time::NEVER,
        }
    }

    /// The way in use, if it is reached, and its round trip time.
    pub(super) fn path(&self) -> Option<(Path, Duration)> {
        matches!(self.stage, PeerStage::Reached | PeerStage::Silent).then_some(self.path).flatten()
    }

    /// Whether it is known if it can be reached.
    pub(super) fn is_decided(&self) -> bool {
        self.stage != PeerStage::Punching
    }

    /// Whether a PONG has ever come.
    pub(super) fn is_proved(&self) -> bool {
        self.path.is_some()
    }

    /// Whether we look for it, or play with it.
    pub(super) fn is_wanted(&self) -> bool {
        matches!(self.stage, PeerStage::Punching | PeerStage::Reached)
    }

    /// Since when it has answered no PING; none if nothing is owed.
    pub(super) fn unanswered_since(&self) -> Option<Time> {
        self.unanswered_since
    }

    /// Whether something sealed has come from there.
    pub(super) fn is_at(&self, route: Route) -> bool {
        self.candidates.find(route).is_some_and(|candidate| candidate.heard.is_some())
    }

    /// When something is due.
    pub(super) fn due(&self) -> Time {
        self.next_ping.min(self.next_result).min(self.opener.due())
    }

    /// Does what is due.
    pub(super) fn expire(&mut self, now: Time, context: &mut MatchContext<'_>) {
        self.opener.expire(now, context.start, context.out);
        if now >= self.next_ping {
            match self.stage {
                PeerStage::Punching => self.punch(now, context),
                _ if self.tries_left > 0 => self.try_again(now, context),
                PeerStage::Reached | PeerStage::Silent => self.keep_alive(now, context),
                PeerStage::Failed => self.next_ping = Time::NEVER,
            }
        }
        if now >= self.next_result {
            self.report(now, context.out);
        }
    }

    /// Takes a PING or PONG of this peer.
    pub(super) fn take(
        &mut self,
        now: Time,
        from: Route,
        probe: Probe,
        context: &mut MatchContext<'_>,
    ) {
        self.candidates.heard_from(now, from, self.path.map(|(path, _)| path.route()));
        self.knows |= probe.ok;
        match probe.kind {
            ProbeKind::Ping => {
                let ok = self.path.is_some();
                let pong =
                    Probe { kind: ProbeKind::Pong, by: context.you, to: self.slot, ok, ..probe };
                context.out.send(self.slot, from, context.secret.seal(pong));
                self.ping_back(now, from, context);
                self.suspect(now, from, context);
            }
            ProbeKind::Pong => {
                if let Some((path, rtt)) = self.candidates.take_answered(now, probe.nonce) {
                    self.proved(now, path, rtt, context.out);
                }
            }
        }
        self.note_heard(now, context.out);
        self.decide_if_due(now, context);
    }

    /// Data of its own has come: if no more comes, it is asked soon whether it is still there.
    pub(super) fn note_data(&mut self, now: Time, out: &mut OutQueue) {
        self.note_heard(now, out);
        if self.stage == PeerStage::Reached && self.tries_left == 0 {
            self.next_ping = self.next_ping.min(now + DATA_QUIET);
        }
    }

    /// Takes the peer's addresses from the server again.
    pub(super) fn update(&mut self, now: Time, info: &PeerInfo) {
        let in_use = self.path.map(|(path, _)| path.route());
        if self.candidates.update(info.observed, &info.lan, in_use) {
            self.renew(now);
        }
    }

    /// It or we may have moved: all ways are tried again.
    pub(super) fn renew(&mut self, now: Time) {
        if self.is_decided() {
            self.candidates.invalidate_all();
            (self.tries_left, self.next_ping) = (BETTER_TRIES_MAX, now);
        }
    }

    fn note_heard(&mut self, now: Time, out: &mut OutQueue) {
        (self.heard, self.unanswered_since) = (now, None);
        if self.stage == PeerStage::Silent {
            self.stage = PeerStage::Reached;
            self.tell_reached(out);
        }
        if self.stage == PeerStage::Reached && self.tries_left == 0 {
            self.next_ping = self.pinged + KEEP_ALIVE;
        }
    }

    fn punch(&mut self, now: Time, context: &mut MatchContext<'_>) {
        self.decide_if_due(now, context);
        if self.stage != PeerStage::Punching {
            return;
        }
        let (relay_is_best, so_far) = (self.relay_is_best(), now.since(context.start));
        let with_relay = relay_is_best || (self.path.is_none() && so_far >= RELAY_AFTER);
        self.ping_all(now, with_relay, context);
        self.next_ping = now + if so_far < PING_FAST_FOR { PING_FAST } else { PING_SLOW };
    }

    fn keep_alive(&mut self, now: Time, context: &mut MatchContext<'_>) {
        let silence = now.since(self.heard);
        if silence >= PEER_SILENCE && self.stage == PeerStage::Reached {
            self.stage = PeerStage::Silent;
            context.out.event(Event::PeerSilent { slot: self.slot });
        }
        match self.path {
            Some((path, _)) if silence < KEEP_ALIVE * 2 && self.candidates.is_proved(path) => {
                self.ping(now, path.route(), context);
            }
            // The path may have gone; another may be there.
            _ => {
                self.candidates.invalidate_all();
                self.ping_all(now, true, context);
            }
        }
        self.pinged = now;
        let is_silent = self.stage == PeerStage::Silent;
        self.next_ping = now + if is_silent { KEEP_ALIVE } else { KEEP_ALIVE_AGAIN };
    }

    /// Sends PINGs back on the path of a received one, at once and some times more, if that may
    /// prove a path or a better one: a path that works for the peer should work for us.
    fn ping_back(&mut self, now: Time, from: Route, context: &mut MatchContext<'_>) {
        let Some(candidate) = self.candidates.find(from) else { return };
        let is_better = self.path.is_none_or(|(path, _)| candidate.path.rank() < path.rank());
        let was_just_tried = candidate.pinged.is_some_and(|last| now.since(last) < PING_FAST);
        if candidate.rtt.is_some() || !is_better || now < context.start {
            return;
        }
        if !was_just_tried {
            self.ping(now, from, context);
        }
        if self.is_decided() {
            (self.tries_left, self.next_ping) = (BETTER_TRIES_MAX, now + PING_SLOW);
        }
    }

    /// A peer that sends PINGs from elsewhere may not be any more where we reach it: that way is
    /// tried, and then all others if nothing comes back.
    fn suspect(&mut self, now: Time, from: Route, context: &mut MatchContext<'_>) {
        let Some((path, _)) = self.path.filter(|(path, _)| path.route() != from) else { return };
        if self.stage == PeerStage::Reached && self.tries_left == 0 {
            self.candidates.invalidate(path);
            self.ping(now, path.route(), context);
            (self.tries_left, self.next_ping) = (BETTER_TRIES_MAX, now + PING_SLOW);
        }
    }

    fn try_again(&mut self, now: Time, context: &mut MatchContext<'_>) {
        let is_certain = self.path.is_some_and(|(path, _)| self.candidates.is_proved(path));
        let better = self.better_heard().map(Path::route);
        match better {
            Some(route) if is_certain => self.ping(now, route, context),
            _ if is_certain => {}
            _ => self.ping_all(now, true, context),
        }
        let goes_on = better.is_some() || !is_certain;
        self.tries_left = if goes_on { self.tries_left.saturating_sub(1) } else { 0 };
        let is_last = self.tries_left == 0;
        self.next_ping = match self.stage {
            _ if !is_last => now + PING_SLOW,
            PeerStage::Failed => Time::NEVER,
            _ => (self.pinged + KEEP_ALIVE).max(now + PING_SLOW),
        };
    }

    /// A better way on which the peer was heard, and from which no PONG has come yet.
    fn better_heard(&self) -> Option<Path> {
        let better = self.candidates.iter().find(|other| {
            self.path.is_none_or(|(current, _)| other.path.rank() < current.rank())
                && other.rtt.is_none()
                && other.heard.is_some()
        });
        better.map(|candidate| candidate.path)
    }

    fn proved(&mut self, now: Time, path: Path, rtt: Duration, out: &mut OutQueue) {
        self.path_since = self.path_since.min(now);
        let Some((current, _)) = self.path else {
            self.path = Some((path, rtt));
            return;
        };
        if !self.is_decided() {
            self.path = self.candidates.best();
        } else if current == path {
            self.path = Some((path, rtt));
        } else {
            if path.rank() < current.rank() || !self.candidates.is_proved(current) {
                self.path = Some((path, rtt));
                // A silent peer is reported when it is noted as heard.
                if self.stage == PeerStage::Reached {
                    self.tell_reached(out);
                }
            }
        }
    }

    /// Decides, if it is time to.
    fn decide_if_due(&mut self, now: Time, context: &mut MatchContext<'_>) {
        if !matches!(self.stage, PeerStage::Punching | PeerStage::Failed) {
            return;
        }
        if let Some((path, _)) = self.path {
            let agreed = self.knows && !self.better_may_come(now, path, context.start);
            let at_last = self.stage == PeerStage::Failed;
            if agreed || at_last || now.since(self.path_since) >= PEER_LINGER {
                self.decide(now, PeerStage::Reached);
                (self.pinged, self.next_ping, self.tries_left) = (now, now + KEEP_ALIVE, 0);
                self.tell_reached(context.out);
            }
        } else if self.stage == PeerStage::Punching && now >= self.give_up_at(context.start) {
            self.decide(now, PeerStage::Failed);
            self.next_ping = Time::NEVER;
            context.out.event(Event::PeerFailed { slot: self.slot });
        }
    }

    /// A peer that was heard is there, and is given the same time again: a bad path is better than
    /// none.
    fn give_up_at(&self, start: Time) -> Time {
        let was_heard = self.candidates.iter().any(|candidate| candidate.heard.is_some());
        start + if was_heard { PUNCH_FOR * 2 } else { PUNCH_FOR }
    }

    fn decide(&mut self, now: Time, stage: PeerStage) {
        if self.stage == PeerStage::Punching {
            (self.results_left, self.next_result) = (RESULTS_MAX, now);
        }
        self.stage = stage;
    }

    /// Whether a better path may still show: it was heard on, or is in the own network.
    fn better_may_come(&self, now: Time, path: Path, start: Time) -> bool {
        let mut others = self.candidates.iter();
        let has_lan = others.any(|other| matches!(other.path, Path::Lan(_)));
        let lan_may = has_lan && path.rank() > 0 && now.since(start) < LAN_HEAD_START;
        lan_may || self.better_heard().is_some()
    }

    fn relay_is_best(&self) -> bool {
        self.candidates.is_hidden() || matches!(self.path, Some((Path::Relay, _)))
    }

    fn ping_all(&mut self, now: Time, with_relay: bool, context: &mut MatchContext<'_>) {
        let paths = self.candidates.iter().map(|candidate| candidate.path);
        let routes: Vec<Route> =
            paths.filter(|path| with_relay || *path != Path::Relay).map(Path::route).collect();
        for route in routes {
            self.ping(now, route, context);
        }
    }

    fn ping(&mut self, now: Time, to: Route, context: &mut MatchContext<'_>) {
        let nonce = context.random.next_half();
        let Some(candidate) = self.candidates.find_mut(to) else { return };
        candidate.ping(now, nonce);
        self.unanswered_since.get_or_insert(now);
        let (by, ok) = (context.you, self.path.is_some());
        let ping = Probe { kind: ProbeKind::Ping, by, to: self.slot, nonce, ok };
        context.out.send(self.slot, to, context.secret.seal(ping));
    }

    fn tell_reached(&self, out: &mut OutQueue) {
        if let Some((path, rtt)) = self.path {
            out.event(Event::PeerReached { slot: self.slot, path, rtt });
        }
    }

    fn report(&mut self, now: Time, out: &mut OutQueue) {
        self.results_left = self.results_left.saturating_sub(1);
        self.next_result = if self.results_left == 0 { Time::NEVER } else { now + RESULT_AGAIN };
        let (how, rtt) = match self.path() {
            Some((Path::Lan(_), rtt)) => ("lan", Some(rtt)),
            Some((Path::Direct(_), rtt)) => ("direct", Some(rtt)),
            Some((Path::Relay, rtt)) => ("relay", Some(rtt)),
            None => ("failed", None),
        };
        out.tell_result(self.slot, how, rtt);
    }
}
