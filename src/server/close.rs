//! Why connections end.

use crate::chat::Farewell;
use crate::dialect::Foreign;

/// Why one client was closed, as the log and the counters tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The client ended its side and everything it was owed was sent.
    Ended,
    /// The connection broke, or its last bytes were not read in time.
    Lost,
    /// The first bytes were of a language that this port does not speak.
    Foreign(Foreign),
    /// The server stops.
    Shutdown,
    /// Another reason, which the client was told.
    Told(Farewell),
}

impl CloseReason {
    /// Every reason, by the name it has in log and counters.
    pub const NAMES: [&'static str; 12] = [
        "ended",
        "lost",
        "irc",
        "http",
        "tls",
        "shutdown",
        "quit",
        "register-timeout",
        "too-many-tries",
        "line-timeout",
        "slow-consumer",
        "refused",
    ];

    /// The reason's place in [`CloseReason::NAMES`].
    pub fn index(self) -> usize {
        match self {
            Self::Ended => 0,
            Self::Lost => 1,
            Self::Foreign(Foreign::Irc) => 2,
            Self::Foreign(Foreign::Http) => 3,
            Self::Foreign(Foreign::Tls) => 4,
            Self::Shutdown | Self::Told(Farewell::Shutdown) => 5,
            Self::Told(Farewell::Quit) => 6,
            Self::Told(Farewell::RegisterTimeout) => 7,
            Self::Told(Farewell::TooManyTries) => 8,
            Self::Told(Farewell::LineTimeout) => 9,
            Self::Told(Farewell::SlowReader { .. }) => 10,
            Self::Told(Farewell::ServerFull | Farewell::AddressFull) => 11,
        }
    }

    /// The reason's name.
    pub fn name(self) -> &'static str {
        Self::NAMES[self.index()]
    }

    /// What the client is told of it.
    pub(super) fn farewell(self) -> Option<Farewell> {
        match self {
            Self::Told(farewell) => Some(farewell),
            Self::Shutdown => Some(Farewell::Shutdown),
            Self::Ended | Self::Lost | Self::Foreign(_) => None,
        }
    }
}
