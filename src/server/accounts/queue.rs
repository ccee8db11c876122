//! The queue of passwords that are hashed: one of each client, fair by network.
//!
//! Networks take turns. A password is given a place in time that no one can see but the queue: the
//! one behind the last of its network, or the present if there is none. The present is the place of
//! the password that is being hashed. So whoever comes with a thousand clients waits for itself,
//! and a newcomer from elsewhere for one password of each network. Loopback is everybody's: there
//! each client counts for itself.
//!
//! Invariant: a client is in the queue once, as it is not heard meanwhile.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::{Awaited, Purpose};
use crate::chat::Network;
use crate::id::ClientId;
use crate::limits::{
    LOGIN_CROWD, LOGIN_CROWD_PAUSE_SHARE, LOGIN_NETWORKS_MAX, PASSWORD_PAUSE, PASSWORD_PAUSE_SHARE,
    PASSWORD_ROUNDS_PER_TURN,
};
use crate::password::Derivation;
use crate::time::Time;

/// Passwords that are being hashed.
#[derive(Debug, Default)]
pub(super) struct LogInQueue {
    waiting: BTreeMap<Place, Waiting>,
    places: HashMap<ClientId, Place>,
    networks: HashMap<Network, Turns>,
    /// Clients that wait and come from loopback.
    locals: usize,
    /// The place in time of the password that is being hashed.
    present: u64,
    /// How many have come.
    count: u64,
    /// When some rounds are due.
    due: Option<Time>,
}

/// A place in the queue: in time, and among those at the same time the order of coming.
type Place = (u64, u64);

#[derive(Debug)]
struct Waiting {
    id: ClientId,
    network: Option<Network>,
    derivation: Derivation,
    purpose: Purpose,
}

/// What is known of one network.
#[derive(Clone, Copy, Debug, Default)]
struct Turns {
    /// The place behind its last password.
    next: u64,
    /// Its passwords that wait.
    waiting: u32,
}

/// A password that was hashed.
pub(super) struct Hashed {
    pub(super) id: ClientId,
    pub(super) network: Option<Network>,
    pub(super) salted: [u8; 32],
    pub(super) purpose: Purpose,
}

impl LogInQueue {
    /// When some rounds are due.
    pub(super) fn due(&self) -> Option<Time> {
        self.due
    }

    /// Those who wait, and for what.
    pub(super) fn clients(&self) -> impl Iterator<Item = (ClientId, Awaited)> {
        self.waiting.values().map(|waiting| (waiting.id, waiting.purpose.awaited()))
    }

    /// Adds a password that a client has brought.
    pub(super) fn push(
        &mut self,
        now: Time,
        id: ClientId,
        network: Option<Network>,
        derivation: Derivation,
        purpose: Purpose,
    ) {
        self.count += 1;
        let place = (self.place_of(network), self.count);
        self.places.insert(id, place);
        self.waiting.insert(place, Waiting { id, network, derivation, purpose });
        self.due.get_or_insert(now);
    }

    fn place_of(&mut self, network: Option<Network>) -> u64 {
        let Some(network) = network else {
            self.locals += 1;
            return self.present;
        };
        if self.networks.len() >= LOGIN_NETWORKS_MAX {
            let present = self.present;
            self.networks.retain(|_, turns| turns.waiting > 0 || turns.next > present);
        }
        let turns = self.networks.entry(network).or_default();
        let place = turns.next.max(self.present);
        (turns.next, turns.waiting) = (place + 1, turns.waiting + 1);
        place
    }

    /// Takes a client out. What it waited for, if it did.
    pub(super) fn remove(&mut self, id: ClientId) -> Option<Purpose> {
        let place = self.places.remove(&id)?;
        let waiting = self.waiting.remove(&place)?;
        match waiting.network {
            None => self.locals -= 1,
            Some(network) => {
                if let Some(turns) = self.networks.get_mut(&network) {
                    turns.waiting -= 1;
                }
            }
        }
        if self.waiting.is_empty() {
            self.due = None;
            self.networks.clear();
        }
        Some(waiting.purpose)
    }

    /// Takes out all who wait for such a thing, in their order.
    pub(super) fn remove_where(
        &mut self,
        is_such: impl Fn(&Purpose) -> bool,
    ) -> Vec<(ClientId, Purpose)> {
        let such = self.waiting.values().filter(|waiting| is_such(&waiting.purpose));
        let such: Vec<ClientId> = such.map(|waiting| waiting.id).collect();
        such.into_iter().filter_map(|id| Some((id, self.remove(id)?))).collect()
    }

    /// Does some rounds, if they are due, for who comes first. Returns a password that is done.
    pub(super) fn go_on(&mut self, now: Time) -> Option<Hashed> {
        if self.due.is_none_or(|due| due > now) {
            return None;
        }
        let mut first = self.waiting.first_entry()?;
        self.present = first.key().0;
        self.due = Some(now + PASSWORD_PAUSE);
        let salted = first.get_mut().derivation.go_on(PASSWORD_ROUNDS_PER_TURN)?;
        let Waiting { id, network, .. } = *first.get();
        let purpose = self.remove(id)?;
        Some(Hashed { id, network, salted, purpose })
    }

    /// The last rounds have taken so long, until `ended`.
    pub(super) fn pause(&mut self, ended: Time, took: Duration) {
        // Networks of which somebody waits are no more than those that are known.
        let networks = self.networks.values().filter(|turns| turns.waiting > 0);
        let is_crowd = self.locals + networks.take(LOGIN_CROWD + 1).count() > LOGIN_CROWD;
        let share = if is_crowd { LOGIN_CROWD_PAUSE_SHARE } else { PASSWORD_PAUSE_SHARE };
        if let Some(due) = &mut self.due {
            *due = ended + took * share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{LogInWay, NameKey};
    use crate::scram::Verifier;
    use crate::server::accounts::PasswordMac;

    fn push(queue: &mut LogInQueue, number: u64, address: &str) {
        let key = NameKey::of("alice");
        let purpose = Purpose::LogIn {
            verifier: Verifier::of_nobody([1; 16], 1, b"x"),
            mac: PasswordMac::of(b"x", &key, "x"),
            way: LogInWay::Asked,
            key,
        };
        let network = Network::of(address.parse().unwrap());
        let derivation = Derivation::begin("x", b"x", 1);
        queue.push(Time::ZERO, ClientId::from_bits(number), network, derivation, purpose);
    }

    fn order(queue: &mut LogInQueue) -> Vec<u64> {
        let mut now = Time::ZERO;
        let mut order = Vec::new();
        while let Some(due) = queue.due() {
            now = due.max(now);
            order.extend(queue.go_on(now).map(|hashed| hashed.id.to_bits()));
        }
        order
    }

    #[test]
    fn networks_take_turns_and_locals_stand_for_themselves() {
        let mut queue = LogInQueue::default();
        (1..=4).for_each(|number| push(&mut queue, number, "192.0.2.7"));
        (5..=6).for_each(|number| push(&mut queue, number, "198.51.100.1"));
        (7..=8).for_each(|number| push(&mut queue, number, "127.0.0.1"));
        assert_eq!(order(&mut queue), [1, 5, 7, 8, 2, 6, 3, 4]);
        assert_eq!((queue.due(), queue.locals, queue.networks.len()), (None, 0, 0));
    }

    #[test]
    fn who_comes_later_from_elsewhere_waits_for_one_of_each_network() {
        let mut queue = LogInQueue::default();
        (1..=5).for_each(|number| push(&mut queue, number, "192.0.2.7"));
        assert_eq!(queue.go_on(Time::ZERO).map(|hashed| hashed.id.to_bits()), Some(1));
        let later = queue.due().unwrap();
        assert_eq!(queue.go_on(later).map(|hashed| hashed.id.to_bits()), Some(2));
        push(&mut queue, 9, "198.51.100.1");
        assert!(queue.remove(ClientId::from_bits(3)).is_some());
        assert!(queue.remove(ClientId::from_bits(3)).is_none());
        assert_eq!(order(&mut queue), [9, 4, 5]);
    }

    #[test]
    fn rounds_are_done_when_they_are_due_and_a_crowd_waits_less_long() {
        let mut queue = LogInQueue::default();
        push(&mut queue, 1, "192.0.2.7");
        push(&mut queue, 2, "192.0.2.7");
        let millis = Duration::from_millis;
        assert!(queue.go_on(Time::ZERO).is_some());
        assert!(queue.go_on(Time::ZERO + millis(1)).is_none(), "not due");
        let ended = Time::ZERO + millis(1);
        queue.pause(ended, millis(1));
        assert_eq!(queue.due(), Some(ended + millis(4)));
        for number in 3..20 {
            push(&mut queue, number, &format!("2001:db8:{number}::1"));
        }
        queue.pause(ended, millis(1));
        assert_eq!(queue.due(), Some(ended + millis(1)));
    }
}
