//! The measurements of one process, in a form that can be sent to another.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::partners::PairCount;
use super::recorder::Cells;
use super::tally::Failures;
use super::usage::Usage;
use crate::time::Time;

/// The measurements of one process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Performance {
    /// Length of the measured span, in seconds.
    pub(super) seconds: f64,
    /// Messages that were due in it and were said.
    pub(super) messages: u64,
    /// Messages that were due in the whole run and could not be said.
    pub(super) held_back: u64,
    /// How often the server told a client that it talks too fast, in the whole run.
    pub(super) slowed_down: u64,
    /// Messages heard in the measured span, each time that one was heard.
    pub(super) deliveries: u64,
    /// The number of clients that should hear each message.
    pub(super) hearers: u64,
    /// The messages that permanent listeners heard, and should have heard, in the whole run and its
    /// drain.
    pub(super) heard: u64,
    pub(super) to_be_heard: u64,
    /// Clients that were let in, and how long that took all of them, in seconds.
    pub(super) connections: u64,
    pub(super) gathering_seconds: f64,
    /// Clients that were not let in, and clients that were and were lost.
    pub(super) failed: u64,
    pub(super) lost: u64,
    pub(super) failures: Failures,
    /// Pairs of the whole run, where two are brought together.
    pub(super) pairs: Option<PairCount>,
    /// Clients that did not read.
    pub(super) stalled: u64,
    pub(super) latency: Cells,
    pub(super) lateness: Cells,
    /// CPU that the load generator used in the measured span.
    pub(super) cpu: Duration,
    pub(super) server: ServerUsage,
    /// Whether the user ended it before its time.
    pub(super) interrupted: bool,
}

/// The server's resource usage.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct ServerUsage {
    /// Before the first connection.
    pub(super) before: Usage,
    /// At the beginning and the end of the measured span.
    pub(super) from: Usage,
    pub(super) until: Usage,
    /// After all clients had left; nothing if the server did not come to rest.
    pub(super) after: Option<Usage>,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunSample {
    pub(super) at: Time,
    pub(super) heard: u64,
    pub(super) cpu: Duration,
    pub(super) server: Usage,
}

impl Performance {
    /// The difference between two samples.
    pub(super) fn between(from: &RunSample, until: &RunSample) -> Self {
        Self {
            seconds: until.at.since(from.at).as_secs_f64(),
            cpu: until.cpu.saturating_sub(from.cpu),
            server: ServerUsage { from: from.server, until: until.server, ..Default::default() },
            ..Self::default()
        }
    }
}
