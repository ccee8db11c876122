//! When which player must be looked at.
//!
//! A heap with at most one live entry per player, for the earliest thing that is due. Entries are
//! not removed when plans change: an entry counts only if its player still says so, and a player
//! whose plans moved later is simply looked at once too early.
//!
//! Invariant: the heap holds at most twice as many entries as there are players, plus some.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::player::PlayerKey;
use super::player::Players;
use crate::time::Time;

/// Stale entries that are tolerated whatever the number of players.
const SLACK: usize = 64;

/// The times at which players are due.
#[derive(Debug, Default)]
pub(super) struct Schedule(BinaryHeap<Reverse<(Time, PlayerKey)>>);

impl Schedule {
    /// Makes sure that this player is looked at when it is due, or earlier.
    pub(super) fn arm(&mut self, key: PlayerKey, players: &mut Players) {
        let Some(player) = players.get_mut(key) else { return };
        let due = player.due();
        if due < player.armed {
            player.armed = due;
            self.0.push(Reverse((due, key)));
        }
        if self.0.len() > 2 * players.len() + SLACK {
            self.0.retain(|&Reverse((due, key))| is_live(due, key, players));
        }
    }

    /// A player who is due by `now`, and is then no longer armed.
    pub(super) fn pop_due(&mut self, now: Time, players: &mut Players) -> Option<PlayerKey> {
        if self.next(players)? > now {
            return None;
        }
        let Reverse((_, key)) = self.0.pop()?;
        players.get_mut(key)?.armed = Time::NEVER;
        Some(key)
    }

    /// When the next player is due.
    pub(super) fn next(&mut self, players: &Players) -> Option<Time> {
        while let Some(&Reverse((due, key))) = self.0.peek() {
            if is_live(due, key, players) {
                return Some(due);
            }
            self.0.pop();
        }
        None
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.0.shrink_to_fit();
    }
}

fn is_live(due: Time, key: PlayerKey, players: &Players) -> bool {
    players.get(key).is_some_and(|player| player.armed == due)
}
