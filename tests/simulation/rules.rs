//! What differs from run to run: limits so tight that each is hit.

use std::time::Duration;

use mio_chat::chat::{FloodRate, LobbySettings};
use mio_chat::delivery::OutboxLimits;
use mio_chat::password::SlowHash;
use mio_chat::server::{Operator, Settings};

use crate::common::settings;
use crate::endpoints::OWN;
use crate::model::Nanos;
use crate::random::Random;
use crate::rooms::{KEPT, RoomRules};

const SECOND: Nanos = 1_000_000_000;
/// Of `password`, in one round, by `hashlib.pbkdf2_hmac` of Python.
const HASH: &str = "pbkdf2-sha256:1:73616c74:\
                    120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b";

/// Lines at once, and the time that one costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) burst: u64,
    pub(crate) interval: Nanos,
}

impl Pace {
    fn new(burst: u64, a_second: u64) -> Option<Self> {
        Some(Self { burst, interval: SECOND / a_second })
    }

    fn rate(self) -> Option<FloodRate> {
        FloodRate::new(self.burst as u32, (SECOND / self.interval) as u32)
    }
}

/// What the settings of one run say about people.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// For one client, and for all from one address.
    pub(crate) flood: Option<Pace>,
    pub(crate) flood_address: Option<Pace>,
    pub(crate) soft: usize,
    pub(crate) hard: usize,
    pub(crate) age: Nanos,
    pub(crate) total: usize,
    pub(crate) rooms: RoomRules,
    /// What the calendar says at the start, in milliseconds since the beginning of 1970.
    pub(crate) calendar: u64,
}

impl Rules {
    /// Whether some speak IRC: where people are not only counted, so that each is told of each.
    pub(crate) fn has_irc(&self) -> bool {
        self.rooms.digest_above == 200
    }

    /// Whether HTTP is spoken: then nobody begins with it (`tests/web/` plays that), but some do
    /// with what looks like it.
    pub(crate) fn has_web(&self) -> bool {
        self.age == 3 * SECOND + 7
    }
}

impl Rules {
    /// Those of the run with this generator. `kept`: rooms are kept on a shelf.
    pub(crate) fn draw(random: &mut Random, kept: bool) -> Self {
        let flood = [None, None, None, Pace::new(10, 2), Pace::new(3, 5)];
        let flood = flood[random.below(flood.len())];
        let flood_address = [None, Pace::new(1, 1), Pace::new(1, 1), Pace::new(20, 4)];
        let flood_address = flood_address[random.below(flood_address.len())];
        let soft =
            if flood.is_some() { 32 * 1_024 } else { [1_024, 4_096, 16_384][random.below(3)] };
        Self {
            flood,
            flood_address,
            soft,
            hard: 3 * soft,
            // Odd, so that it falls together with no other deadline.
            age: [3, 10][random.below(2)] * SECOND + 7,
            total: [8 * 1_024, 64 << 20, 64 << 20][random.below(3)],
            rooms: RoomRules {
                history: [100, 100, 5, 0][random.below(4)],
                rooms_max: [4_096, 4, 3][random.below(3)],
                digest_above: [200, 4, 2][random.below(3)],
                kept,
            },
            // In the middle of a day, or some minutes before its end.
            calendar: [1_763_820_125_123, 1_763_855_900_456][random.below(2)],
        }
    }

    /// The same for the server.
    pub(crate) fn settings(&self) -> Settings {
        let flood = self.flood.and_then(Pace::rate);
        let flood_address = self.flood_address.and_then(Pace::rate);
        let outbox = OutboxLimits {
            soft: self.soft,
            hard: self.hard,
            age: Duration::from_nanos(self.age),
            total: self.total,
        };
        let RoomRules { history, rooms_max, digest_above, .. } = self.rooms;
        let reserved = vec![KEPT.to_owned()];
        let lobby = LobbySettings {
            history,
            rooms_max,
            digest_above,
            reserved,
            ..LobbySettings::default()
        };
        let operators = vec![Operator {
            name: KEPT.to_owned(),
            password: Some(SlowHash::parse(HASH).unwrap()),
        }];
        let limits = Settings { flood, flood_address, outbox, ..settings() };
        let mut settings = Settings { lobby, operators, ..limits };
        settings.matchmaking.own_addresses = vec![OWN.parse().unwrap()];
        settings.spoken.http = self.has_web();
        settings
    }
}
