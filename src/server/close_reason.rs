//! Why connections end, as the log and the counters tell it.

use serde::{Deserialize, Serialize};

use crate::chat::Farewell;
use crate::dialect::Foreign;

/// Why one client was closed, as the log and the counters tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CloseReason {
    /// The client ended its side and everything it was owed was sent.
    Ended,
    /// The connection broke, or its last bytes were not read in time.
    Lost,
    /// The first bytes were of a language that this port does not speak.
    Foreign(Foreign),
    /// The client's language has an end of its own, and it was said.
    Finished,
    /// Another reason, which the client was told.
    Told(Farewell),
}

impl CloseReason {
    /// Every reason, by the name it has in log and counters.
    pub const NAMES: [&'static str; 16] = [
        "ended",
        "lost",
        Foreign::NAMES[0],
        Foreign::NAMES[1],
        Foreign::NAMES[2],
        "shutdown",
        "quit",
        "register-timeout",
        "too-many-tries",
        "line-timeout",
        "slow-consumer",
        "refused",
        "banned",
        "kicked",
        "finished",
        "tls-only",
    ];

    /// The place of those who read too slowly in [`CloseReason::NAMES`].
    pub const SLOW_CONSUMER: usize = 10;

    /// The reason's place in [`CloseReason::NAMES`].
    pub fn index(self) -> usize {
        match self {
            Self::Ended => 0,
            Self::Lost => 1,
            Self::Foreign(language) => 2 + language.index(),
            Self::Told(Farewell::Shutdown { .. }) => 5,
            Self::Told(Farewell::Quit) => 6,
            Self::Told(Farewell::RegisterTimeout) => 7,
            Self::Told(Farewell::TooManyTries | Farewell::TooManyPasswords) => 8,
            Self::Told(Farewell::LineTimeout) => 9,
            Self::Told(Farewell::SlowReader { .. }) => Self::SLOW_CONSUMER,
            Self::Told(
                Farewell::ServerFull
                | Farewell::AddressFull
                | Farewell::NetworkFull
                | Farewell::MadeWay,
            ) => 11,
            Self::Told(Farewell::Banned | Farewell::AddressBanned) => 12,
            Self::Told(Farewell::Kicked) => 13,
            Self::Told(Farewell::TlsOnly) => 15,
            Self::Finished => 14,
        }
    }

    /// The reason's name.
    pub fn name(self) -> &'static str {
        Self::NAMES[self.index()]
    }

    /// The reason in a few words, for those in whose rooms the client was.
    pub(super) fn told(self) -> &'static str {
        match self {
            Self::Told(Farewell::Quit) => "",
            Self::Told(Farewell::SlowReader { .. }) => "too slow to read",
            Self::Told(Farewell::Shutdown { .. }) => "sent away, as the server stops",
            Self::Told(Farewell::Banned | Farewell::AddressBanned) => "banned",
            Self::Told(Farewell::Kicked) => "put out of the server",
            Self::Told(Farewell::MadeWay) => "made way for others",
            Self::Lost => "connection lost",
            Self::Told(_) | Self::Ended | Self::Finished | Self::Foreign(_) => "connection closed",
        }
    }

    /// What the client is told of it.
    pub(super) fn farewell(self) -> Option<Farewell> {
        match self {
            Self::Told(farewell) => Some(farewell),
            Self::Ended | Self::Lost | Self::Finished | Self::Foreign(_) => None,
        }
    }
}
