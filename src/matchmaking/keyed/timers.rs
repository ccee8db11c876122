//! When each player is due: a [`TimerQueue`] of players. Each player remembers in `armed` the time
//! of its live entry.

use super::keys::PlayerKey;
use super::player::PlayerTable;
use crate::time::Time;
use crate::timer_queue::TimerQueue;

/// The times at which players are due.
#[derive(Debug, Default)]
pub(super) struct PlayerTimers(TimerQueue<PlayerKey>);

impl PlayerTimers {
    /// Makes sure that this player is looked at when it is due, or earlier.
    pub(super) fn schedule(&mut self, key: PlayerKey, players: &mut PlayerTable) {
        let Some(player) = players.get_mut(key) else { return };
        let due = player.due();
        if due < player.armed {
            player.armed = due;
            self.0.add(due, key);
        }
        self.0.compact(players.len(), is_live(players));
    }

    /// A player who is due by `now`, and is then no longer armed.
    pub(super) fn pop_due(&mut self, now: Time, players: &mut PlayerTable) -> Option<PlayerKey> {
        let key = self.0.pop_due(now, is_live(players))?;
        players.get_mut(key)?.armed = Time::NEVER;
        Some(key)
    }

    /// When the next player is due.
    pub(super) fn next(&mut self, players: &PlayerTable) -> Option<Time> {
        self.0.next(is_live(players))
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.0.trim();
    }
}

fn is_live(players: &PlayerTable) -> impl Fn(Time, PlayerKey) -> bool {
    |due, key| players.get(key).is_some_and(|player| player.armed == due)
}
