//! A line on the terminal that says how far a run has come.

use super::crowd::Crowd;
use crate::time::Time;

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Clients connect and register.
    Gathering,
    /// The room falls silent.
    Settling,
    /// Traffic that does not count yet.
    WarmingUp,
    /// Traffic that counts.
    Measuring,
    /// What was said is still on its way.
    Draining,
}

/// Tells a person how far it is.
#[derive(Debug, Default)]
pub(super) struct Progress;

impl Progress {
    /// Shows it, from time to time.
    pub(super) fn show(&mut self, _phase: Phase, _crowd: &Crowd, _now: Time) {}
}
