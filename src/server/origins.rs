//! Where clients come from, and what everybody from one place has used up.
//!
//! A session's allowance ends with its connection, so who comes back has a new one. Therefore
//! every line is also charged to the *origin*, an IPv4 address or an IPv6 /64, and to the *prefix*
//! around it, a /24 or a /48, of which one customer may own all. Loopback is exempt: load tests,
//! proxies and tunnels come from there.
//!
//! An origin may be ahead by its burst and by what the nicknames that it has here have cost, so
//! that a classroom comes in at once and has all of the burst left to talk. Once it is ahead by
//! more, its clients take turns: who has a line ready is given a moment at which it is heard
//! ([`Origins::reserve`]), each the one after the last that was given. So nobody is looked at in
//! vain, and somebody who has much to say keeps nobody waiting for more than a line.
//!
//! An origin that nobody is here from is kept until it is paid for. When too many are kept, the
//! one that would be paid for first is forgotten. That sheds nothing that counts: who has so many
//! origins is held by their prefix, which is a cell of a table of fixed size and never forgotten.
//!
//! Invariants: an origin is kept while a client is counted for it or while it owes; a prefix is
//! kept while it has an origin.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;
use slab::Slab;

use crate::chat::{Allowance, FloodRate, Network};
use crate::limits::{FLOOD_PER_NICKNAME, FLOOD_PREFIX_SHARE, ORIGINS_OWING_MAX, PREFIX_CELLS};
use crate::time::Time;
use crate::timer_queue::TimerQueue;

/// Where a client comes from: four bytes for each client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin(u32);

impl Origin {
    /// Is neither counted nor charged.
    pub(super) const LOOPBACK: Self = Self(u32::MAX);

    fn index(self) -> usize {
        self.0 as usize
    }
}

/// One origin.
#[derive(Debug)]
struct Place {
    network: Network,
    /// Its prefix.
    prefix: u32,
    /// Clients, and those of them who have a nickname.
    seats: u32,
    names: u32,
    allowance: Allowance,
}

/// What is around origins.
#[derive(Debug)]
struct Prefix {
    network: Network,
    /// Which cell has its allowance.
    cell: u32,
    /// Origins that are kept.
    origins: u32,
    seats: u32,
    names: u32,
}

/// How fast an origin may speak, and a prefix.
#[derive(Clone, Copy, Debug)]
struct Rates {
    origin: FloodRate,
    prefix: FloodRate,
}

/// What origins and prefixes owe, as one process tells another.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct OriginsState {
    origins: Vec<(Network, Allowance)>,
    cells: Vec<(u32, Allowance)>,
}

/// Every origin.
#[derive(Debug)]
pub(super) struct Origins {
    numbers: HashMap<Network, Origin>,
    places: Slab<Place>,
    prefix_numbers: HashMap<Network, u32>,
    prefixes: Slab<Prefix>,
    /// Prefixes with more clients than one origin may have, by how many.
    crowds: BTreeSet<(u32, u32)>,
    crowd_above: u32,
    /// What each prefix has used up; two may share a cell.
    cells: Vec<Allowance>,
    hash: SipHasher13,
    /// Those that nobody is here from, by when they are paid for.
    owing: TimerQueue<u32>,
    owing_count: usize,
    rates: Option<Rates>,
    /// The latest time that anything happened at.
    now: Time,
}

impl Origins {
    /// None so far. `secret` says which cells prefixes have.
    pub(super) fn new(rate: Option<FloodRate>, secret: &[u8; 16]) -> Self {
        let mut origins = Self {
            numbers: HashMap::new(),
            places: Slab::new(),
            prefix_numbers: HashMap::new(),
            prefixes: Slab::new(),
            crowds: BTreeSet::new(),
            crowd_above: u32::MAX,
            cells: vec![Allowance::default(); PREFIX_CELLS],
            hash: SipHasher13::new_with_key(secret),
            owing: TimerQueue::default(),
            owing_count: 0,
            rates: None,
            now: Time::ZERO,
        };
        origins.set_rate(rate);
        origins
    }

    /// Each origin may speak so fast from now on; `None`: as fast as it likes.
    pub(super) fn set_rate(&mut self, rate: Option<FloodRate>) {
        let rates = |origin: FloodRate| Rates { origin, prefix: origin.times(FLOOD_PREFIX_SHARE) };
        self.rates = rate.map(rates);
    }

    // ---- Who is here ----

    /// Counts one more client from there.
    pub(super) fn enter(&mut self, now: Time, network: Network) -> Origin {
        self.now = self.now.max(now);
        self.forget_paid();
        let is_known = self.numbers.contains_key(&network);
        let origin = self.find_or_keep(network);
        let place = &mut self.places[origin.index()];
        if is_known && place.seats == 0 {
            self.owing_count -= 1;
        }
        place.seats += 1;
        let prefix = place.prefix;
        self.change_seats(prefix, |seats| seats + 1);
        origin
    }

    /// Counts one less; the origin stays until it is paid for.
    pub(super) fn leave(&mut self, origin: Origin) {
        let Some(place) = self.places.get_mut(origin.index()) else { return };
        place.seats -= 1;
        let (seats, prefix, is_paid) =
            (place.seats, place.prefix, place.allowance.is_whole(self.now));
        self.change_seats(prefix, |seats| seats - 1);
        if seats > 0 {
            return;
        }
        if is_paid {
            self.forget(origin);
        } else {
            self.note_owing(origin);
        }
    }

    /// One of its clients has a nickname now.
    pub(super) fn name(&mut self, origin: Origin) {
        self.change_names(origin, |names| names + 1);
    }

    /// One of those who had a nickname leaves.
    pub(super) fn unname(&mut self, origin: Origin) {
        self.change_names(origin, |names| names.saturating_sub(1));
    }

    fn change_names(&mut self, origin: Origin, change: impl Fn(u32) -> u32) {
        let Some(place) = self.places.get_mut(origin.index()) else { return };
        place.names = change(place.names);
        let prefix = &mut self.prefixes[place.prefix as usize];
        prefix.names = change(prefix.names);
    }

    /// How many origins are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Clients from there.
    pub(super) fn seats(&self, network: Network) -> u32 {
        self.numbers.get(&network).map_or(0, |origin| self.places[origin.index()].seats)
    }

    /// Clients from all around there.
    pub(super) fn seats_around(&self, network: Network) -> u32 {
        let number = self.prefix_numbers.get(&network.prefix());
        number.map_or(0, |number| self.prefixes[*number as usize].seats)
    }

    /// A prefix with more clients than that is a crowd.
    pub(super) fn set_crowd(&mut self, above: u32) {
        self.crowd_above = above;
        let crowds = self.prefixes.iter().filter(|(_, prefix)| prefix.seats > above);
        self.crowds = crowds.map(|(number, prefix)| (prefix.seats, number as u32)).collect();
    }

    /// Whether there is any crowd.
    pub(super) fn has_crowd(&self) -> bool {
        !self.crowds.is_empty()
    }

    /// The prefix with most clients, if those are a crowd and more than would be around there with
    /// one more.
    pub(super) fn crowd_for(&self, network: Network) -> Option<Network> {
        let (seats, number) = self.crowds.last()?;
        (*seats > self.seats_around(network) + 1).then(|| self.prefixes[*number as usize].network)
    }

    fn change_seats(&mut self, number: u32, change: impl Fn(u32) -> u32) {
        let prefix = &mut self.prefixes[number as usize];
        let before = prefix.seats;
        prefix.seats = change(before);
        if before > self.crowd_above {
            self.crowds.remove(&(before, number));
        }
        if prefix.seats > self.crowd_above {
            self.crowds.insert((prefix.seats, number));
        }
    }

    /// Where that is; `None`: from where everybody may.
    pub(super) fn network(&self, origin: Origin) -> Option<Network> {
        self.places.get(origin.index()).map(|place| place.network)
    }

    // ---- What is used up ----

    /// Charges for so many lines.
    pub(super) fn charge(&mut self, now: Time, origin: Origin, lines: u32) {
        let (Some(rates), Some(place)) = (self.rates, self.places.get_mut(origin.index())) else {
            return;
        };
        self.now = self.now.max(now);
        place.allowance.charge(now, rates.origin, lines);
        let cell = self.prefixes[place.prefix as usize].cell;
        self.cells[cell as usize].charge(now, rates.prefix, lines);
    }

    /// When the next line from there may be heard; in the past or present: at once.
    pub(super) fn ready_at(&self, origin: Origin) -> Time {
        let (Some(rates), Some(place)) = (self.rates, self.places.get(origin.index())) else {
            return Time::ZERO;
        };
        let prefix = &self.prefixes[place.prefix as usize];
        let more = |names: u32| names.saturating_mul(FLOOD_PER_NICKNAME);
        let own = place.allowance.ready_with(rates.origin, more(place.names));
        let around = self.cells[prefix.cell as usize].ready_with(rates.prefix, more(prefix.names));
        own.max(around)
    }

    /// Gives a client from there the next moment that is free, and takes a line's price for it, to
    /// be given back by [`Origins::refund`] when the line is heard and charged, or never said.
    pub(super) fn reserve(&mut self, now: Time, origin: Origin) -> Time {
        let moment = self.ready_at(origin).max(now);
        self.charge(now, origin, 1);
        moment
    }

    /// Gives back what a moment has cost.
    pub(super) fn refund(&mut self, origin: Origin) {
        let (Some(rates), Some(place)) = (self.rates, self.places.get_mut(origin.index())) else {
            return;
        };
        place.allowance.refund(rates.origin);
        let cell = self.prefixes[place.prefix as usize].cell;
        self.cells[cell as usize].refund(rates.prefix);
    }

    /// Whether all that was said from there is paid for.
    pub(super) fn is_whole(&self, now: Time, origin: Origin) -> bool {
        self.places.get(origin.index()).is_none_or(|place| place.allowance.is_whole(now))
    }

    // ---- What is kept ----

    /// What is not paid for, to be told to another process.
    pub(super) fn handed_over(&self, now: Time) -> OriginsState {
        let owes = |allowance: &Allowance| !allowance.is_whole(now);
        let places = self.places.iter().map(|(_, place)| (place.network, place.allowance));
        let cells = self.cells.iter().enumerate().map(|(cell, used)| (cell as u32, *used));
        OriginsState {
            origins: places.filter(|(_, used)| owes(used)).collect(),
            cells: cells.filter(|(_, used)| owes(used)).collect(),
        }
    }

    /// Goes on where another process with the same secret has stopped; its clients come later.
    pub(super) fn take_over(&mut self, state: OriginsState) {
        for (network, used) in state.origins {
            if !self.numbers.contains_key(&network) {
                let origin = self.find_or_keep(network);
                self.places[origin.index()].allowance = used;
                self.note_owing(origin);
            }
        }
        for (cell, used) in state.cells {
            if let Some(place) = self.cells.get_mut(cell as usize) {
                *place = used;
            }
        }
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.forget_paid();
        self.numbers.shrink_to_fit();
        self.places.shrink_to_fit();
        self.prefix_numbers.shrink_to_fit();
        self.prefixes.shrink_to_fit();
        self.owing.trim();
    }

    /// Panics where the tables disagree with each other. For tests.
    pub(super) fn check_invariants(&self) {
        assert_eq!(self.numbers.len(), self.places.len(), "each origin has a number");
        assert_eq!(self.prefix_numbers.len(), self.prefixes.len(), "and each prefix");
        let owes = |place: &&Place| place.seats == 0;
        let owing = self.places.iter().map(|(_, place)| place).filter(owes).count();
        assert_eq!(self.owing_count, owing, "origins that owe");
        assert!(owing <= ORIGINS_OWING_MAX, "too many origins are kept");
        let mut sums: HashMap<u32, (u32, u32, u32)> = HashMap::new();
        for (_, place) in &self.places {
            let sum = sums.entry(place.prefix).or_default();
            *sum = (sum.0 + 1, sum.1 + place.seats, sum.2 + place.names);
        }
        for (number, prefix) in &self.prefixes {
            let told = Some((prefix.origins, prefix.seats, prefix.names));
            assert_eq!(sums.remove(&(number as u32)), told, "{prefix:?}");
            let is_listed = self.crowds.contains(&(prefix.seats, number as u32));
            assert_eq!(is_listed, prefix.seats > self.crowd_above, "{prefix:?}");
        }
    }

    fn find_or_keep(&mut self, network: Network) -> Origin {
        if let Some(origin) = self.numbers.get(&network) {
            return *origin;
        }
        let prefix = self.find_or_keep_prefix(network.prefix());
        self.prefixes[prefix as usize].origins += 1;
        let place = Place { network, prefix, seats: 0, names: 0, allowance: Allowance::default() };
        let origin = Origin(self.places.insert(place) as u32);
        self.numbers.insert(network, origin);
        origin
    }

    fn find_or_keep_prefix(&mut self, network: Network) -> u32 {
        if let Some(number) = self.prefix_numbers.get(&network) {
            return *number;
        }
        let cell = (self.hash.hash(&network.to_bytes()) % PREFIX_CELLS as u64) as u32;
        let prefix = Prefix { network, cell, origins: 0, seats: 0, names: 0 };
        let number = self.prefixes.insert(prefix) as u32;
        self.prefix_numbers.insert(network, number);
        number
    }

    fn forget(&mut self, origin: Origin) {
        let place = self.places.remove(origin.index());
        self.numbers.remove(&place.network);
        let prefix = &mut self.prefixes[place.prefix as usize];
        prefix.origins -= 1;
        if prefix.origins == 0 {
            let prefix = self.prefixes.remove(place.prefix as usize);
            self.prefix_numbers.remove(&prefix.network);
        }
    }

    /// Keeps an origin that nobody is here from any more, and forgets another if those are too
    /// many.
    fn note_owing(&mut self, origin: Origin) {
        self.owing_count += 1;
        self.owing.add(self.places[origin.index()].allowance.paid_until(), origin.0);
        self.forget_paid();
        if self.owing_count > ORIGINS_OWING_MAX {
            self.forget_due(Time::NEVER);
        }
        self.owing.compact(self.owing_count, is_owing(&self.places));
    }

    fn forget_paid(&mut self) {
        while self.forget_due(self.now) {}
    }

    /// Forgets the one that is paid for first, if that is by then.
    fn forget_due(&mut self, then: Time) -> bool {
        let Some(number) = self.owing.pop_due(then, is_owing(&self.places)) else { return false };
        self.owing_count -= 1;
        self.forget(Origin(number));
        true
    }
}

fn is_owing(places: &Slab<Place>) -> impl Fn(Time, u32) -> bool {
    |due, number| {
        let place = places.get(number as usize);
        place.is_some_and(|place| place.seats == 0 && place.allowance.paid_until() == due)
    }
}

#[cfg(test)]
mod tests;
