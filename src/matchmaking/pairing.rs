//! Plain pairing: two senders are told each other's address.
//!
//! A sender waits until another of its kind turns up; the two are then a pair. Answers go only to
//! senders that speak: there is no timer, and old entries are forgotten when the next datagram
//! comes. Text and sockets are left to the caller.
//!
//! ```text
//!                 another comes           a repeat: the same answer, now and then
//!     waiting --------------------> paired ----.
//!       |  ^--. a repeat: waits on    | ^------'
//!       |                             |
//!       '--- PAIRING_TIMEOUT ---------'---> forgotten      (also: oldest pair of a full table)
//! ```
//!
//! Invariants:
//! - an address waits or is in one pair or is unknown;
//! - the members of a pair differ, and are of one kind: a peer could not reach another kind;
//! - `pairs` is in order of time, so the first is the oldest; `numbers` holds exactly its members;
//! - there are never more than `pairs_max` pairs.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::net::SocketAddr;

use serde::Deserialize;
use serde::Serialize;

use crate::limits::PAIRING_ANSWER_INTERVAL;
use crate::limits::PAIRING_TIMEOUT;
use crate::matchmaking::sender::AddressKind;
use crate::matchmaking::sender::Sender;
use crate::time::Time;

/// The waiting senders and the pairs.
#[derive(Debug)]
pub(super) struct Pairing {
    waiting: WaitingRoom,
    /// Oldest first. The n-th that was ever made has the number n.
    pairs: VecDeque<Pair>,
    /// The number of the first of `pairs`: how many have been forgotten.
    forgotten: u64,
    /// The number of the pair of each address.
    numbers: HashMap<SocketAddr, u64>,
    pairs_max: usize,
}

/// The outcome of one datagram of plain pairing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PairingOutcome {
    /// Its sender waits, or waits on. No answer.
    Waits,
    /// Its sender and `first` are a pair now: each is sent the other's address.
    Meets {
        /// The one that waited.
        first: Sender,
        /// Whether the oldest pair had to be forgotten for it.
        evicted: bool,
    },
    /// Its sender has met `partner` and is sent its address again.
    Repeats {
        /// The other member of the pair.
        partner: SocketAddr,
    },
    /// Its sender has been answered a moment ago. No answer.
    TooSoon,
}

impl Pairing {
    /// An empty table for at most this many paired endpoints.
    pub(super) fn new(endpoints_max: usize) -> Self {
        let pairs_max = (endpoints_max / 2).max(1);
        Self {
            waiting: WaitingRoom::default(),
            pairs: VecDeque::with_capacity(pairs_max),
            forgotten: 0,
            // A table that is more than half full grows when removed entries litter it; this one
            // never is.
            numbers: HashMap::with_capacity(4 * pairs_max),
            pairs_max,
        }
    }

    /// All waiting senders and pairs, to be taken over by another process.
    pub(super) fn handed_over(&self) -> PairingState {
        PairingState { waiting: self.waiting, pairs: self.pairs.iter().copied().collect() }
    }

    /// Goes on where another process has stopped.
    pub(super) fn take_over(&mut self, state: PairingState) {
        self.waiting = state.waiting;
        let surplus = state.pairs.len().saturating_sub(self.pairs_max);
        for pair in state.pairs.into_iter().skip(surplus) {
            let number = self.pairs.len() as u64;
            self.numbers.extend(pair.members.map(|member| (member.address, number)));
            self.pairs.push_back(pair);
        }
    }

    /// Takes one datagram. Time must not run backwards from call to call.
    pub(super) fn receive(&mut self, now: Time, sender: Sender) -> PairingOutcome {
        self.forget_expired(now);
        if let Some(outcome) = self.repeat(now, sender.address()) {
            return outcome;
        }
        let place = self.waiting.place_of(sender.address().ip());
        match place.take_if(|waiting| waiting.meets(now, &sender)) {
            Some(WaitingSender { sender: first, .. }) => {
                let evicted = self.pair(now, [first.address(), sender.address()]);
                PairingOutcome::Meets { first, evicted }
            }
            None => {
                *place = Some(WaitingSender { sender, since: now });
                PairingOutcome::Waits
            }
        }
    }

    /// The number of paired endpoints.
    #[cfg(test)]
    pub(super) fn endpoints(&self) -> usize {
        self.numbers.len()
    }

    /// Endpoints that fit into the memory held; fewer for the moment while the map is littered.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.numbers.capacity() + 2 * self.pairs.capacity()
    }

    /// Checks the invariants at the head of this file; in release builds nothing.
    pub(super) fn check_invariants(&self) {
        debug_assert!(self.pairs.len() <= self.pairs_max);
        debug_assert_eq!(self.numbers.len(), 2 * self.pairs.len());
        debug_assert!(self.pairs.iter().is_sorted_by_key(|pair| pair.since));
        for (number, pair) in (self.forgotten..).zip(&self.pairs) {
            let [one, other] = pair.members;
            debug_assert_ne!(one.address, other.address);
            debug_assert_eq!(
                AddressKind::of(one.address.ip()),
                AddressKind::of(other.address.ip())
            );
            for member in [one, other] {
                debug_assert_eq!(self.numbers.get(&member.address), Some(&number));
                debug_assert!(member.answered >= pair.since);
            }
        }
        for (kind, waiting) in self.waiting.occupied() {
            let address = waiting.sender.address();
            debug_assert_eq!(AddressKind::of(address.ip()), kind);
            debug_assert!(!self.numbers.contains_key(&address), "{address} waits and is paired");
        }
    }

    /// The outcome for a member of a pair; nothing if the address is none.
    fn repeat(&mut self, now: Time, address: SocketAddr) -> Option<PairingOutcome> {
        let number = self.numbers.get(&address)?;
        let position = usize::try_from(number.checked_sub(self.forgotten)?).ok()?;
        let [one, other] = &mut self.pairs.get_mut(position)?.members;
        let (member, partner) = if one.address == address { (one, other) } else { (other, one) };
        if now.since(member.answered) < PAIRING_ANSWER_INTERVAL {
            return Some(PairingOutcome::TooSoon);
        }
        member.answered = now;
        Some(PairingOutcome::Repeats { partner: partner.address })
    }

    /// Adds a new pair, whose members are answered now. Returns whether an older one had to go.
    fn pair(&mut self, now: Time, addresses: [SocketAddr; 2]) -> bool {
        let full = self.pairs.len() >= self.pairs_max;
        if full {
            self.forget_oldest();
        }
        let number = self.forgotten.saturating_add(self.pairs.len() as u64);
        self.numbers.extend(addresses.map(|address| (address, number)));
        let members = addresses.map(|address| PairMember { address, answered: now });
        self.pairs.push_back(Pair { since: now, members });
        full
    }

    fn forget_expired(&mut self, now: Time) {
        while self.pairs.front().is_some_and(|pair| expired(now, pair.since)) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(pair) = self.pairs.pop_front() {
            self.forgotten = self.forgotten.saturating_add(1);
            for member in pair.members {
                self.numbers.remove(&member.address);
            }
        }
    }
}

/// All waiting senders and pairs, as one process hands them over to another.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PairingState {
    waiting: WaitingRoom,
    pairs: Vec<Pair>,
}

/// Two that met.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Pair {
    since: Time,
    members: [PairMember; 2],
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct PairMember {
    address: SocketAddr,
    /// When its partner's address was last sent to it.
    answered: Time,
}

/// One that has not met anybody.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct WaitingSender {
    sender: Sender,
    /// When it was last heard.
    since: Time,
}

impl WaitingSender {
    /// Whether it is still there for the newcomer, and is not the newcomer itself.
    fn meets(&self, now: Time, newcomer: &Sender) -> bool {
        self.sender.address() != newcomer.address() && !expired(now, self.since)
    }
}

/// One place for each kind: as soon as there are two of a kind, they are a pair.
#[derive(Debug, Default, Clone, Serialize, Deserialize, Copy)]
struct WaitingRoom {
    ipv4: Option<WaitingSender>,
    ipv6: Option<WaitingSender>,
    ipv4_loopback: Option<WaitingSender>,
    ipv6_loopback: Option<WaitingSender>,
}

impl WaitingRoom {
    fn place_of(&mut self, ip: IpAddr) -> &mut Option<WaitingSender> {
        match AddressKind::of(ip) {
            AddressKind::Ipv4 => &mut self.ipv4,
            AddressKind::Ipv6 => &mut self.ipv6,
            AddressKind::Ipv4Loopback => &mut self.ipv4_loopback,
            AddressKind::Ipv6Loopback => &mut self.ipv6_loopback,
        }
    }

    fn occupied(&self) -> impl Iterator<Item = (AddressKind, &WaitingSender)> {
        let places = [
            (AddressKind::Ipv4, &self.ipv4),
            (AddressKind::Ipv6, &self.ipv6),
            (AddressKind::Ipv4Loopback, &self.ipv4_loopback),
            (AddressKind::Ipv6Loopback, &self.ipv6_loopback),
        ];
        places.into_iter().filter_map(|(kind, place)| Some((kind, place.as_ref()?)))
    }
}

fn expired(now: Time, since: Time) -> bool {
    now.since(since) >= PAIRING_TIMEOUT
}
