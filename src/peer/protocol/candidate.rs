//! The ways that may lead to one peer, and which of them do.
//!
//! When they are tried is left to `peer`.
//!
//! Invariants: at most [`CANDIDATES_MAX`] addresses, each once; a candidate is proved only by the
//! PONG to a PING that was sent to it.

use std::net::SocketAddr;
use std::time::Duration;

use crate::limits::CANDIDATES_MAX;
use crate::limits::PINGS_REMEMBERED;
use crate::mc1::is_private;
use crate::time::Time;

/// Where a datagram to a peer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    To(SocketAddr),
    Relay,
}

/// The path to a peer. A better one is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Path {
    /// Within the same private network, at this address.
    Lan(SocketAddr),
    /// At this public address.
    Direct(SocketAddr),
    /// Through the server.
    Relay,
}

impl Path {
    pub(super) fn route(self) -> Route {
        match self {
            Self::Lan(address) | Self::Direct(address) => Route::To(address),
            Self::Relay => Route::Relay,
        }
    }

    /// The quality of the path; less is better.
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Lan(_) => 0,
            Self::Direct(_) => 1,
            Self::Relay => 2,
        }
    }
}

/// One way that may lead to the peer.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) path: Path,
    /// The PINGs that went there and were not answered yet, the latest last.
    sent: Vec<(u32, Time)>,
    /// Round trip time, once a PONG has come.
    pub(super) rtt: Option<Duration>,
    /// When something sealed last came from there.
    pub(super) heard: Option<Time>,
    /// When a PING last went there.
    pub(super) pinged: Option<Time>,
}

/// All ways that may lead to one peer.
#[derive(Clone, Debug)]
pub(super) struct Candidates {
    list: Vec<Candidate>,
    /// The peer's address as the server sees it.
    observed: Option<SocketAddr>,
}

impl Candidates {
    /// The candidates that the server has named.
    pub(super) fn new(observed: Option<SocketAddr>, lan: &[SocketAddr], relay: bool) -> Self {
        let mut all = Self { list: Vec::new(), observed };
        let lan = lan.iter().copied().map(Path::Lan);
        let direct = observed.map(Path::Direct);
        for path in lan.chain(direct).chain(relay.then_some(Path::Relay)) {
            if all.find(path.route()).is_none() {
                all.list.push(Candidate::new(path));
            }
        }
        all
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Candidate> {
        self.list.iter()
    }

    /// Whether the relay is the only way.
    pub(super) fn is_hidden(&self) -> bool {
        self.list.iter().all(|candidate| candidate.path == Path::Relay)
    }

    pub(super) fn find(&self, route: Route) -> Option<&Candidate> {
        self.list.iter().find(|candidate| is_same(candidate.path.route(), route))
    }

    pub(super) fn find_mut(&mut self, route: Route) -> Option<&mut Candidate> {
        self.list.iter_mut().find(|candidate| is_same(candidate.path.route(), route))
    }

    /// Notes that something sealed has come from there: one candidate more, if it is new. One that
    /// never came to anything makes room for it; the one in use does not.
    pub(super) fn heard_from(&mut self, now: Time, route: Route, in_use: Option<Route>) {
        if let Route::To(address) = route {
            self.add(self.path_of(address), in_use);
        }
        if let Some(candidate) = self.find_mut(route) {
            candidate.heard = Some(now);
        }
    }

    /// Takes the peer's addresses from the server again. Returns whether there is a new one: a peer
    /// that has moved is there.
    pub(super) fn update(
        &mut self,
        observed: Option<SocketAddr>,
        lan: &[SocketAddr],
        in_use: Option<Route>,
    ) -> bool {
        self.observed = observed.or(self.observed);
        let direct = observed.map(Path::Direct);
        let mut is_new = false;
        for path in lan.iter().copied().map(Path::Lan).chain(direct) {
            is_new |= self.add(path, in_use);
        }
        is_new
    }

    /// One more way that leads to an address, unless it is known or there is no room for it.
    fn add(&mut self, path: Path, in_use: Option<Route>) -> bool {
        if self.find(path.route()).is_some() {
            return false;
        }
        let addresses = self.list.iter().filter(|other| other.path != Path::Relay).count();
        if addresses >= CANDIDATES_MAX {
            let spare = |other: &&Candidate| {
                let route = other.path.route();
                route != Route::Relay && Some(route) != in_use
            };
            let oldest = self.list.iter().filter(spare).min_by_key(|other| other.heard);
            let Some(oldest) = oldest.map(|other| other.path) else { return false };
            self.list.retain(|other| other.path != oldest);
        }
        self.list.push(Candidate::new(path));
        true
    }

    /// Takes the PING with this nonce: its path and round trip time. Counts once.
    pub(super) fn take_answered(&mut self, now: Time, nonce: u32) -> Option<(Path, Duration)> {
        self.list.iter_mut().find_map(|candidate| {
            let at = candidate.sent.iter().position(|(sent, _)| *sent == nonce)?;
            let (_, sent_at) = candidate.sent.remove(at);
            let rtt = now.since(sent_at);
            candidate.rtt = Some(rtt);
            Some((candidate.path, rtt))
        })
    }

    /// The best proved path.
    pub(super) fn best(&self) -> Option<(Path, Duration)> {
        let proved =
            self.list.iter().filter_map(|candidate| Some((candidate.path, candidate.rtt?)));
        proved.min_by_key(|(path, rtt)| (path.rank(), *rtt))
    }

    /// Whether the proof of this path still holds, as far as we know.
    pub(super) fn is_proved(&self, path: Path) -> bool {
        self.find(path.route()).is_some_and(|candidate| candidate.rtt.is_some())
    }

    /// Forgets that this way was proved.
    pub(super) fn invalidate(&mut self, path: Path) {
        if let Some(candidate) = self.find_mut(path.route()) {
            candidate.rtt = None;
        }
    }

    /// Forgets all proofs: they may not hold any more.
    pub(super) fn invalidate_all(&mut self) {
        for candidate in &mut self.list {
            candidate.rtt = None;
        }
    }

    /// The kind of path to an address that the server has not named.
    fn path_of(&self, address: SocketAddr) -> Path {
        let is_observed = self.observed.is_some_and(|observed| observed.ip() == address.ip());
        if is_private(address.ip()) && !is_observed {
            Path::Lan(address)
        } else {
            Path::Direct(address)
        }
    }
}

impl Candidate {
    fn new(path: Path) -> Self {
        Self { path, sent: Vec::new(), rtt: None, heard: None, pinged: None }
    }

    /// Notes that a PING goes there.
    pub(super) fn ping(&mut self, now: Time, nonce: u32) {
        if self.sent.len() >= PINGS_REMEMBERED {
            self.sent.remove(0);
        }
        self.sent.push((nonce, now));
        self.pinged = Some(now);
    }
}

/// Whether both are the same place: a zone or a flow label makes no difference.
fn is_same(one: Route, other: Route) -> bool {
    match (one, other) {
        (Route::Relay, Route::Relay) => true,
        (Route::To(one), Route::To(other)) => is_same_address(one, other),
        _ => false,
    }
}

/// The same for addresses.
pub(super) fn is_same_address(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port() && one.ip() == other.ip()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn the_better_path_wins_and_then_the_shorter() {
        let lan: SocketAddr = "192.168.1.5:7".parse().unwrap();
        let mut all = Candidates::new(Some(address(1)), &[lan], true);
        assert_eq!((all.iter().count(), all.best(), all.is_hidden()), (3, None, false));
        let start = Time::ZERO;
        for (nonce, route) in [(1, Route::Relay), (2, Route::To(address(1))), (3, Route::To(lan))] {
            all.find_mut(route).unwrap().ping(start, nonce);
            let millis = Duration::from_millis(10 * u64::from(nonce));
            let (path, rtt) = all.take_answered(start + millis, nonce).unwrap();
            assert_eq!((path.route(), rtt), (route, millis));
            assert_eq!(all.best(), Some((path, rtt)));
            assert_eq!(all.take_answered(start, nonce), None, "it counts once");
        }
        assert!(Candidates::new(None, &[], true).is_hidden());
    }

    #[test]
    fn candidates_are_bounded_and_the_one_in_use_stays() {
        let mut all = Candidates::new(Some(address(1)), &[], true);
        let in_use = Route::To(address(1));
        for port in 2..100 {
            let now = Time::at(Duration::from_secs(port.into()));
            all.heard_from(now, Route::To(address(port)), Some(in_use));
            assert!(all.find(Route::To(address(port))).is_some());
        }
        assert_eq!(all.iter().count(), CANDIDATES_MAX + 1, "and the relay");
        assert!(all.find(in_use).is_some() && all.find(Route::Relay).is_some());
        all.heard_from(Time::ZERO, Route::To("10.0.0.9:4".parse().unwrap()), Some(in_use));
        assert!(all.iter().any(|candidate| matches!(candidate.path, Path::Lan(_))));
    }

    #[test]
    fn a_peer_that_has_moved_is_one_candidate_more() {
        let mut all = Candidates::new(Some(address(1)), &[], false);
        assert!(!all.update(Some(address(1)), &[], None), "nothing is new");
        assert!(all.update(Some(address(2)), &[], Some(Route::To(address(1)))));
        let lan = "192.168.1.5:7".parse().unwrap();
        assert!(all.update(Some(address(2)), &[lan], None));
        assert_eq!(all.iter().count(), 3);
        for port in 3..100 {
            all.update(Some(address(port)), &[], Some(Route::To(address(1))));
            assert!(all.find(Route::To(address(port))).is_some());
        }
        assert_eq!(all.iter().count(), CANDIDATES_MAX);
        assert!(all.find(Route::To(address(1))).is_some(), "it is in use");
    }

    #[test]
    fn only_the_last_pings_count() {
        let mut all = Candidates::new(Some(address(1)), &[], false);
        for nonce in 0..=PINGS_REMEMBERED as u32 {
            all.find_mut(Route::To(address(1))).unwrap().ping(Time::ZERO, nonce);
        }
        assert_eq!(all.take_answered(Time::ZERO, 0), None);
        assert!(all.take_answered(Time::ZERO, 1).is_some());
    }
}
