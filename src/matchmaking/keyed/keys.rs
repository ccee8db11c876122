//! Keys of players and games, by which tables, queues and games name each other.
//!
//! Invariant: a key that was freed never means another player or game, as its serial number is
//! never used again.

use serde::Deserialize;
use serde::Serialize;

/// One player, for as long as it is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct PlayerKey {
    pub(super) place: u32,
    pub(super) serial: u64,
}

impl PlayerKey {
    /// The older of two is the one with the lower number.
    pub(super) fn number(self) -> u64 {
        self.serial
    }
}

/// One game, for as long as it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GameKey {
    pub(super) place: u32,
    pub(super) serial: u64,
}
