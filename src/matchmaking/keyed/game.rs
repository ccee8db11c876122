//! Games: players who were matched.
//!
//! A game is remembered so that its MATCH can be repeated, results counted and datagrams relayed.
//! [`super::Keyed`] does all that.
//!
//! Invariants:
//! - a key that was freed never means another game;
//! - `by_age` holds every game once, and at most as many stale keys again, plus some.

use std::collections::VecDeque;

use serde::Deserialize;
use serde::Serialize;
use slab::Slab;
use smallvec::SmallVec;

use super::keys::GameKey;
use super::keys::PlayerKey;
use super::queue::QueueKey;
use super::queue::QueuedPlayers;
use crate::matchmaking::secrets::Secrets;
use crate::time::Time;

/// Stale keys that are tolerated whatever the number of games.
const SLACK: usize = 64;

/// The players of one match.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Game {
    serial: u64,
    /// The number by which its players know it.
    pub(super) m: u64,
    /// The key that its players share with nobody else.
    pub(super) secret: [u64; 2],
    /// In the order of their numbers; `None` has left.
    pub(super) players: SmallVec<[Option<PlayerKey>; 2]>,
    /// When its players are to send to each other.
    pub(super) punch_at: Time,
    /// When one of its players was last heard.
    pub(super) active: Time,
    /// Where its players have waited; not known of one that an older server has made.
    #[serde(default)]
    pub(super) queue: Option<QueueKey>,
    /// When its absent players were removed.
    #[serde(default)]
    pub(super) dissolved: Option<Time>,
}

impl Game {
    /// The player with this number, counted from 0.
    pub(super) fn player(&self, number: usize) -> Option<PlayerKey> {
        self.players.get(number).copied().flatten()
    }

    /// The players who have not left, with their numbers.
    pub(super) fn present(&self) -> impl Iterator<Item = (usize, PlayerKey)> {
        self.players.iter().enumerate().filter_map(|(number, player)| Some((number, (*player)?)))
    }
}

/// All games, as one process hands them over to another.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct GamesState {
    games: Vec<(usize, Game)>,
    by_age: Vec<GameKey>,
    serial: u64,
}

/// All games.
#[derive(Debug, Default)]
pub(super) struct GameTable {
    slab: Slab<Game>,
    /// Looked at from the front for one that may be forgotten.
    by_age: VecDeque<GameKey>,
    serial: u64,
}

impl GameTable {
    /// A new game of these players.
    pub(super) fn open(
        &mut self,
        now: Time,
        punch_at: Time,
        (queue, players): (Option<QueueKey>, &QueuedPlayers),
        secrets: &mut Secrets,
    ) -> GameKey {
        self.serial += 1;
        let place = self.slab.insert(Game {
            serial: self.serial,
            m: secrets.draw(),
            secret: [secrets.draw(), secrets.draw()],
            players: players.iter().copied().map(Some).collect(),
            punch_at,
            active: now,
            queue,
            dissolved: None,
        });
        let key = GameKey { place: place as u32, serial: self.serial };
        self.by_age.push_back(key);
        key
    }

    pub(super) fn get(&self, key: GameKey) -> Option<&Game> {
        self.slab.get(key.place as usize).filter(|game| game.serial == key.serial)
    }

    pub(super) fn get_mut(&mut self, key: GameKey) -> Option<&mut Game> {
        self.slab.get_mut(key.place as usize).filter(|game| game.serial == key.serial)
    }

    pub(super) fn remove(&mut self, key: GameKey) -> Option<Game> {
        self.get(key)?;
        let game = self.slab.try_remove(key.place as usize);
        if self.by_age.len() > 2 * self.slab.len() + SLACK {
            let slab = &self.slab;
            self.by_age.retain(|key| {
                slab.get(key.place as usize).is_some_and(|game| game.serial == key.serial)
            });
        }
        game
    }

    /// The oldest game, which counts as the youngest from now on.
    pub(super) fn next_by_age(&mut self) -> Option<GameKey> {
        while let Some(key) = self.by_age.pop_front() {
            if self.get(key).is_some() {
                self.by_age.push_back(key);
                return Some(key);
            }
        }
        None
    }

    /// Every game, to be taken over by another process.
    pub(super) fn handed_over(&self) -> GamesState {
        let games = self.slab.iter().map(|(place, game)| (place, game.clone())).collect();
        GamesState { games, by_age: self.by_age.iter().copied().collect(), serial: self.serial }
    }

    /// Goes on where another process has stopped, before there is any game.
    pub(super) fn take_over(&mut self, state: GamesState) {
        self.slab = state.games.into_iter().collect();
        (self.by_age, self.serial) = (state.by_age.into(), state.serial);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Game> {
        self.slab.iter().map(|(_, game)| game)
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.slab.shrink_to_fit();
        self.by_age.shrink_to_fit();
    }

    /// Checks the invariants at the head of this file; in release builds nothing.
    pub(super) fn check_invariants(&self) {
        debug_assert!(self.by_age.len() <= 2 * self.slab.len() + SLACK);
        let live = self.by_age.iter().filter(|key| self.get(**key).is_some()).count();
        debug_assert_eq!(live, self.slab.len());
    }
}
