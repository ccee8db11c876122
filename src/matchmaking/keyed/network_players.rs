//! Players by network: which networks have most of them, and which came last.
//!
//! When the table of players is full, networks with many players make room for networks with few,
//! the youngest player first. A network is a /24 of IPv4 or a /48 of IPv6 (see `network`); two that
//! share a cell count as one.
//!
//! Invariants: `by_count` holds each cell that has players once, under their number; `members` each
//! player once.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::keys::PlayerKey;
use crate::limits::PLAYER_CELLS;
use crate::matchmaking::network::NetworkHash;

/// The players of all networks.
#[derive(Debug)]
pub(super) struct NetworkPlayers {
    counts: Vec<u16>,
    /// Number of players and cell.
    by_count: BTreeSet<(u16, usize)>,
    /// Cell, and the player's age, the youngest last.
    members: BTreeSet<(usize, u64, PlayerKey)>,
    hash: NetworkHash,
}

impl NetworkPlayers {
    pub(super) fn new(secret: &[u8; 16]) -> Self {
        Self {
            counts: vec![0; PLAYER_CELLS],
            by_count: BTreeSet::new(),
            members: BTreeSet::new(),
            hash: NetworkHash::new(secret),
        }
    }

    pub(super) fn enter(&mut self, ip: IpAddr, key: PlayerKey) {
        let cell = self.cell_of(ip);
        if self.members.insert((cell, key.number(), key)) {
            self.count(cell, self.counts[cell].saturating_add(1));
        }
    }

    pub(super) fn leave(&mut self, ip: IpAddr, key: PlayerKey) {
        let cell = self.cell_of(ip);
        if self.members.remove(&(cell, key.number(), key)) {
            self.count(cell, self.counts[cell].saturating_sub(1));
        }
    }

    /// Candidates to make room for a newcomer: the players of the largest network, the youngest
    /// first, if they are more than `spared`, and still more than the newcomer's network would
    /// have.
    pub(super) fn of_most(
        &self,
        newcomer: IpAddr,
        spared: u16,
    ) -> impl Iterator<Item = PlayerKey> + '_ {
        let own = self.counts[self.cell_of(newcomer)];
        let least = spared.max(own.saturating_add(1));
        let most = self.by_count.last().filter(|&&(count, _)| count > least);
        let of = |cell: usize| {
            let [first, end] = [cell, cell + 1].map(|cell| (cell, 0, PlayerKey::default()));
            self.members.range(first..end).rev().map(|&(_, _, key)| key)
        };
        most.into_iter().flat_map(move |&(_, cell)| of(cell))
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Checks the invariants at the head of this file; in release builds nothing.
    pub(super) fn check_invariants(&self) {
        let counted: usize = self.by_count.iter().map(|&(count, _)| usize::from(count)).sum();
        debug_assert_eq!(counted, self.members.len());
        debug_assert!(self.by_count.iter().all(|&(count, cell)| self.counts[cell] == count));
    }

    fn count(&mut self, cell: usize, count: u16) {
        let former = std::mem::replace(&mut self.counts[cell], count);
        self.by_count.remove(&(former, cell));
        if count > 0 {
            self.by_count.insert((count, cell));
        }
    }

    fn cell_of(&self, ip: IpAddr) -> usize {
        self.hash.prefix(ip, self.counts.len())
    }
}
