//! Queues: players who named the same queue and the same size, oldest first.
//!
//! Invariants: a queue is in order of age and shorter than its size (the last to come makes a
//! game), and no queue is empty. So the longest has fifteen players, and looking through one costs
//! nothing.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::Deserialize;
use serde::Serialize;
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::keys::PlayerKey;
use crate::matchmaking::sender::AddressKind;

/// Properties that players must have in common to meet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct QueueKey {
    pub(super) name: SmolStr,
    /// The size of the match.
    pub(super) players: u8,
    /// Others could not reach each other.
    pub(super) kind: AddressKind,
}

/// Players in the order in which they first came; two take no memory of their own.
pub(super) type QueuedPlayers = SmallVec<[PlayerKey; 2]>;

/// All queues.
#[derive(Debug, Default)]
pub(super) struct Queues(HashMap<QueueKey, QueuedPlayers>);

impl Queues {
    /// The number of players that wait in this queue.
    pub(super) fn len(&self, queue: &QueueKey) -> usize {
        self.0.get(queue).map_or(0, SmallVec::len)
    }

    /// Adds a player: at the end, or before younger ones if it was elsewhere meanwhile. Returns all
    /// players if the match is complete: the queue is empty then.
    pub(super) fn join(&mut self, queue: QueueKey, player: PlayerKey) -> Option<QueuedPlayers> {
        let size = usize::from(queue.players);
        match self.0.entry(queue) {
            Entry::Vacant(entry) => {
                entry.insert(QueuedPlayers::new()).push(player);
                None
            }
            Entry::Occupied(mut entry) => {
                let line = entry.get_mut();
                let place = line.partition_point(|other| other.number() < player.number());
                line.insert(place, player);
                (line.len() >= size).then(|| entry.remove())
            }
        }
    }

    /// Takes one out of this queue.
    pub(super) fn leave(&mut self, queue: &QueueKey, player: PlayerKey) {
        if let Some(line) = self.0.get_mut(queue) {
            line.retain(|other| *other != player);
            if line.is_empty() {
                self.0.remove(queue);
            }
        }
    }

    /// Every queue, to be taken over by another process.
    pub(super) fn handed_over(&self) -> Vec<(QueueKey, QueuedPlayers)> {
        self.0.iter().map(|(queue, line)| (queue.clone(), line.clone())).collect()
    }

    /// The queues of another process.
    pub(super) fn taken_over(queues: Vec<(QueueKey, QueuedPlayers)>) -> Self {
        Self(queues.into_iter().collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&QueueKey, &QueuedPlayers)> {
        self.0.iter()
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.0.shrink_to_fit();
    }
}
