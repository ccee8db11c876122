//! What part of a load test one process plays, and who of its clients does what. Pure.

use serde::{Deserialize, Serialize};

use super::client::{Part, Seat};
use super::dialect::Dialect;
use super::settings::{Scenario, Settings};
use crate::limits::{LOAD_CLIENTS_MAX, LOAD_PROBES};

/// Connections that speak for everybody where listeners cannot.
const SHARED_VOICES: usize = 4;
/// Seconds that a client of a churning room stays, on average.
const STAY_SECONDS: f64 = 2.0;

/// The part of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Share {
    /// Which process this is, from 0.
    pub(super) index: usize,
    /// How many there are.
    pub(super) processes: usize,
    /// Number of its first client.
    pub(super) first: u32,
    /// How many clients it has.
    pub(super) clients: usize,
    /// How many of them never read.
    pub(super) stalled: usize,
    /// How many of them come and go.
    pub(super) passers: usize,
    /// Connections that only speak, beside the clients.
    pub(super) voices: usize,
    /// Number of the first of those.
    pub(super) first_voice: u32,
    /// How many speak in a closed loop.
    pub(super) senders: usize,
    /// How many are open at a time, where they come and go.
    pub(super) at_once: usize,
    /// How many listeners read what they hear.
    pub(super) probes: usize,
    /// Number of the first client that comes later.
    pub(super) newcomer: u32,
}

impl Share {
    /// The share of process `index`.
    pub(super) fn new(settings: &Settings, index: usize, processes: usize) -> Self {
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

    /// Everybody to be connected at the beginning: number and part.
    pub(super) fn roles(&self) -> impl Iterator<Item = (u32, Part)> {
        let voices = (0..self.voices).map(|at| (self.first_voice + at as u32, Part::Voice));
        (0..self.clients).map(|at| (self.first + at as u32, self.part(at))).chain(voices)
    }

    /// Those who stall are spread over the room; those who come and go came last.
    fn part(&self, at: usize) -> Part {
        let stalled_up_to = |at: usize| at * self.stalled / self.clients.max(1);
        if at + self.passers >= self.clients {
            Part::Passer
        } else if stalled_up_to(at) != stalled_up_to(at + 1) {
            Part::Stalled
        } else {
            Part::Listener
        }
    }
}

/// The part of `all` that falls to process `index`: shares differ by one at most.
fn portion(all: usize, index: usize, processes: usize) -> usize {
    all / processes + usize::from(index < all % processes)
}

/// Who is there and does what.
#[derive(Clone, Debug, Default)]
pub(super) struct Cast {
    /// Those who hear everything.
    pub(super) listeners: Vec<Seat>,
    /// Those who may speak.
    pub(super) speakers: Vec<Seat>,
    /// Those who will not read.
    pub(super) stalled: Vec<Seat>,
    /// Those who will leave.
    pub(super) passers: Vec<Seat>,
}

impl Cast {
    /// Sorts everybody who was let in.
    pub(super) fn new(mut seated: Vec<Seat>, part: impl Fn(Seat) -> Option<Part>) -> Self {
        let mut cast = Self::default();
        seated.sort_by_key(|seat| seat.number);
        for seat in seated {
            match part(seat) {
                Some(Part::Listener) => cast.listeners.push(seat),
                Some(Part::Voice) => cast.speakers.push(seat),
                Some(Part::Stalled) => cast.stalled.push(seat),
                Some(Part::Passer) => cast.passers.push(seat),
                None => {}
            }
        }
        if cast.speakers.is_empty() {
            cast.speakers = cast.listeners.clone();
        }
        cast
    }

    /// `count` listeners, spread evenly, the first and the last included.
    pub(super) fn probes(&self, count: usize) -> impl Iterator<Item = Seat> {
        let last = self.listeners.len().saturating_sub(1);
        let count = count.min(self.listeners.len());
        (0..count).map(move |at| self.listeners[at * last / (count - 1).max(1)])
    }
}
