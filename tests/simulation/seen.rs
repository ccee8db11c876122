//! What has happened in all runs together: a simulation that never gets anybody cut off shows
//! nothing about that.

use std::collections::BTreeMap;

use mio_chat::delivery::DeliveryCounters;
use mio_chat::server::{CloseReason, ServerCounters};

use crate::order::VERBS;

/// How often what happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) closed: [u64; CloseReason::NAMES.len()],
    pub(crate) cut_off: u64,
    pub(crate) over_total: u64,
    pub(crate) paused: u64,
    pub(crate) held: u64,
    pub(crate) held_by_origin: u64,
    pub(crate) presence_dropped: u64,
    pub(crate) deliveries: u64,
    pub(crate) met: u64,
    pub(crate) handed_over: u64,
    pub(crate) secured: u64,
    pub(crate) cut_off_sealed: u64,
    /// What was done in rooms, by the name of it.
    pub(crate) deeds: BTreeMap<&'static str, u64>,
}

/// Besides what is typed.
const DEEDS: [&str; 28] = [
    "digest",
    "told in JSON",
    "told in plain lines again",
    "history at the door",
    "back in an empty room",
    "forgotten room",
    "ignored message",
    "opened with a password",
    "no other name for the muted",
    "banned and put out",
    "kept out of a room",
    "kept out of the server",
    "came by IRC",
    "capabilities of IRC",
    "label of IRC",
    "said on IRC",
    "private on IRC",
    "history on IRC",
    "topic by IRC",
    "renamed on IRC",
    "in several rooms",
    "room made by IRC",
    "forsaken room",
    "kept out of a room on IRC",
    "rule by IRC",
    "voice by IRC",
    "invited by IRC",
    "said from outside",
];

impl Seen {
    pub(crate) fn note_close(&mut self, reason: CloseReason) {
        self.closed[reason.index()] += 1;
    }

    /// Of one run, so far.
    pub(crate) fn note(&mut self, server: &ServerCounters, delivery: &DeliveryCounters, met: u64) {
        self.held = server.held;
        self.held_by_origin = server.held_by_origin;
        self.presence_dropped = delivery.presence_dropped;
        self.deliveries = delivery.deliveries;
        self.met = met;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, count) in self.closed.iter_mut().zip(other.closed) {
            *sum += count;
        }
        self.cut_off += other.cut_off;
        self.over_total += other.over_total;
        self.paused += other.paused;
        self.held += other.held;
        self.held_by_origin += other.held_by_origin;
        self.presence_dropped += other.presence_dropped;
        self.deliveries += other.deliveries;
        self.met += other.met;
        self.handed_over += other.handed_over;
        self.secured += other.secured;
        self.cut_off_sealed += other.cut_off_sealed;
        for (deed, count) in &other.deeds {
            *self.deeds.entry(deed).or_default() += count;
        }
    }

    /// What has never happened.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let reasons = CloseReason::NAMES.iter().zip(self.closed);
        // Nobody is refused at the door here, or must come encrypted, or speaks a language with an
        // end of its own. IRC is refused no more.
        let elsewhere = ["irc", "refused", "finished", "tls-only"];
        let reasons = reasons.filter(|(name, _)| !elsewhere.contains(*name));
        let others = [
            ("cut off", self.cut_off),
            ("over the total limit", self.over_total),
            ("made to wait for a flush", self.paused),
            ("held by flood control", self.held),
            ("held by others from the same address", self.held_by_origin),
            ("spared presence", self.presence_dropped),
            ("delivered", self.deliveries),
            ("paired", self.met),
            ("handed over", self.handed_over),
            ("encrypted", self.secured),
            ("cut off with something encrypted", self.cut_off_sealed),
        ];
        let deeds = VERBS.iter().chain(&DEEDS);
        let deeds = deeds.map(|deed| (*deed, self.deeds.get(deed).copied().unwrap_or(0)));
        let all = reasons.map(|(name, count)| (*name, count)).chain(others).chain(deeds);
        all.filter(|(_, count)| *count == 0).map(|(name, _)| name).collect()
    }
}
