//! The share of one process in a load test, and the roles of its clients. Pure.

use serde::{Deserialize, Serialize};

use super::client::{ClientRef, ClientRole};
use super::dialect::Dialect;
use super::settings::{LoadSettings, Scenario};
use crate::limits::{LOAD_CLIENTS_MAX, LOAD_PROBES};

/// Connections that speak for all clients where listeners cannot.
const SHARED_VOICES: usize = 4;
/// Seconds that a client of a churning room stays, on average.
const STAY_SECONDS: f64 = 2.0;

/// The part of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WorkerPlan {
    /// Which process this is, from 0.
    pub(super) index: usize,
    /// The number of processes.
    pub(super) processes: usize,
    /// Number of its first client.
    pub(super) first: u32,
    /// The number of its clients.
    pub(super) clients: usize,
    /// The number of its clients that never read.
    pub(super) stalled: usize,
    /// The number of its clients that come and go.
    pub(super) passers: usize,
    /// Connections that only speak, beside the clients.
    pub(super) voices: usize,
    /// Number of the first of these connections.
    pub(super) first_voice: u32,
    /// The number of its senders in a closed loop.
    pub(super) senders: usize,
    /// The number of clients at a time, where they come and go.
    pub(super) at_once: usize,
    /// The number of listeners that read their messages.
    pub(super) probes: usize,
    /// Number of the first client that comes later.
    pub(super) newcomer: u32,
}

impl WorkerPlan {
    /// The share of process `index`.
    pub(super) fn new(settings: &LoadSettings, index: usize, processes: usize) -> Self {
        let part = |all: usize| portion(all, index, processes);
        let before = |all: usize| (0..index).map(|index| portion(all, index, processes)).sum();
        let clients = part(settings.clients);
        let stalled = match settings.scenario {
            Scenario::Slow => (settings.stalled * clients as f64).round() as usize,
            _ => 0,
        };
        let passers = match settings.scenario {
            Scenario::Churn => {
                let leaving = settings.churn * STAY_SECONDS / processes as f64;
                (leaving.ceil() as usize).clamp(1, (clients / 2).max(1))
            }
            _ => 0,
        };
        let voices = match (settings.dialect, settings.scenario) {
            (Dialect::Redis, Scenario::FanOut) => settings.senders,
            (Dialect::Redis, scenario) if scenario.is_open_loop() => SHARED_VOICES.max(processes),
            _ => 0,
        };
        let first: usize = before(settings.clients);
        let voices_before: usize = before(voices);
        let number = |number: usize| (number % LOAD_CLIENTS_MAX as usize) as u32;
        Self {
            index,
            processes,
            first: number(first),
            clients,
            stalled,
            passers,
            voices: part(voices),
            first_voice: number(settings.clients + voices_before),
            senders: part(settings.senders),
            at_once: part(settings.at_once).max(1),
            probes: part(LOAD_PROBES).max(1),
            newcomer: number(settings.clients + voices + index),
        }
    }

    /// All clients to be connected at the beginning: number and role.
    pub(super) fn roles(&self) -> impl Iterator<Item = (u32, ClientRole)> {
        let voices = (0..self.voices).map(|at| (self.first_voice + at as u32, ClientRole::Voice));
        (0..self.clients).map(|at| (self.first + at as u32, self.role_at(at))).chain(voices)
    }

    /// Stalled clients are spread over the room; clients that come and go are connected last.
    fn role_at(&self, at: usize) -> ClientRole {
        let stalled_up_to = |at: usize| at * self.stalled / self.clients.max(1);
        if at + self.passers >= self.clients {
            ClientRole::Passer
        } else if stalled_up_to(at) != stalled_up_to(at + 1) {
            ClientRole::Stalled
        } else {
            ClientRole::Listener
        }
    }
}

/// The part of `all` that falls to process `index`: shares differ by one at most.
fn portion(all: usize, index: usize, processes: usize) -> usize {
    all / processes + usize::from(index < all % processes)
}

/// The seated clients by role.
#[derive(Clone, Debug, Default)]
pub(super) struct RoleAssignment {
    /// Clients that hear everything.
    pub(super) listeners: Vec<ClientRef>,
    /// Clients that may speak.
    pub(super) speakers: Vec<ClientRef>,
    /// Clients that will not read.
    pub(super) stalled: Vec<ClientRef>,
    /// Clients that will leave.
    pub(super) passers: Vec<ClientRef>,
}

impl RoleAssignment {
    /// Sorts the admitted clients by role. Listeners speak unless there are `voices` for it.
    pub(super) fn new(
        mut seated: Vec<ClientRef>,
        voices: bool,
        role_of: impl Fn(ClientRef) -> Option<ClientRole>,
    ) -> Self {
        let mut cast = Self::default();
        seated.sort_by_key(|seat| seat.number);
        for seat in seated {
            match role_of(seat) {
                Some(ClientRole::Listener) => cast.listeners.push(seat),
                Some(ClientRole::Voice) => cast.speakers.push(seat),
                Some(ClientRole::Stalled) => cast.stalled.push(seat),
                Some(ClientRole::Passer) => cast.passers.push(seat),
                None => {}
            }
        }
        if !voices {
            cast.speakers = cast.listeners.clone();
        }
        cast
    }

    /// `count` listeners, spread evenly, the first and the last included.
    pub(super) fn probes(&self, count: usize) -> impl Iterator<Item = ClientRef> {
        let last = self.listeners.len().saturating_sub(1);
        let count = count.min(self.listeners.len());
        (0..count).map(move |at| self.listeners[at * last / (count - 1).max(1)])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn shares_make_up_the_whole_and_no_number_is_given_twice() {
        for dialect in [Dialect::Lines, Dialect::Redis] {
            for scenario in [Scenario::FanOut, Scenario::Chatter, Scenario::Churn] {
                for processes in 1..=7 {
                    let settings = LoadSettings {
                        dialect,
                        clients: 103,
                        senders: 5,
                        ..LoadSettings::example(scenario)
                    };
                    let plans: Vec<WorkerPlan> = (0..processes)
                        .map(|index| WorkerPlan::new(&settings, index, processes))
                        .collect();
                    let mut numbers = HashSet::new();
                    for plan in &plans {
                        for (number, _) in plan.roles() {
                            assert!(numbers.insert(number), "{number} in {plan:?}");
                        }
                    }
                    for plan in &plans {
                        assert!(numbers.insert(plan.newcomer), "{plan:?}");
                    }
                    let sum =
                        |part: fn(&WorkerPlan) -> usize| plans.iter().map(part).sum::<usize>();
                    assert_eq!((sum(|plan| plan.clients), sum(|plan| plan.senders)), (103, 5));
                }
            }
        }
    }

    #[test]
    fn those_who_do_not_read_are_spread_over_the_room() {
        let settings =
            LoadSettings { clients: 16, stalled: 0.25, ..LoadSettings::example(Scenario::Slow) };
        let plan = WorkerPlan::new(&settings, 0, 1);
        let stalled: Vec<u32> =
            plan.roles().filter(|role| role.1 == ClientRole::Stalled).map(|role| role.0).collect();
        assert_eq!(stalled, [3, 7, 11, 15]);
    }

    #[test]
    fn probes_are_spread_from_the_first_to_the_last() {
        let seats = (0..100).map(|number| ClientRef { key: number as usize, number });
        let cast = RoleAssignment::new(seats.clone().rev().collect(), false, |_| {
            Some(ClientRole::Listener)
        });
        let probes = |count| cast.probes(count).map(|seat| seat.number).collect::<Vec<_>>();
        assert_eq!(probes(4), [0, 33, 66, 99]);
        assert_eq!((probes(1), probes(200).len()), (vec![0], 100));
        assert_eq!(RoleAssignment::default().probes(4).count(), 0);
        assert_eq!(cast.speakers, cast.listeners, "those who hear may speak");
        let cut_off = RoleAssignment::new(seats.collect(), true, |_| Some(ClientRole::Listener));
        assert_eq!(cut_off.speakers, [], "where others are to, they do not");
    }
}
