//! What differs from run to run: limits so tight that each is hit.

use std::time::Duration;

use mio_chat::chat::FloodRate;
use mio_chat::delivery::OutboxLimits;
use mio_chat::server::Settings;

use crate::common::settings;
use crate::endpoints::OWN;
use crate::model::Nanos;
use crate::random::Random;

const SECOND: Nanos = 1_000_000_000;

/// What the settings of one run say about people.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Lines at once, and the time that one costs.
    pub(crate) flood: Option<(u64, Nanos)>,
    pub(crate) soft: usize,
    pub(crate) hard: usize,
    pub(crate) age: Nanos,
    pub(crate) total: usize,
}

impl Rules {
    /// Those of the run with this generator.
    pub(crate) fn draw(random: &mut Random) -> Self {
        let flood = [None, None, None, Some((10, SECOND / 2)), Some((3, SECOND / 5))];
        let flood = flood[random.below(flood.len())];
        let soft =
            if flood.is_some() { 32 * 1_024 } else { [1_024, 4_096, 16_384][random.below(3)] };
        Self {
            flood,
            soft,
            hard: 3 * soft,
            // Odd, so that it falls together with no other deadline.
            age: [3, 10][random.below(2)] * SECOND + 7,
            total: [8 * 1_024, 64 << 20, 64 << 20][random.below(3)],
        }
    }

    /// The same for the server.
    pub(crate) fn settings(&self) -> Settings {
        let flood = self
            .flood
            .and_then(|(burst, interval)| FloodRate::new(burst as u32, (SECOND / interval) as u32));
        let outbox = OutboxLimits {
            soft: self.soft,
            hard: self.hard,
            age: Duration::from_nanos(self.age),
            total: self.total,
        };
        let mut settings = Settings { flood, outbox, ..settings() };
        settings.matchmaking.own_addresses = vec![OWN.parse().unwrap()];
        settings
    }
}
