//! The keyed protocol's part of a hand-over: queues, matches, and the tokens of people in the chat.
//!
//! Left out: how much of the relay's rates is used. Networks and the whole server may use a second
//! of them anew.

use serde::Deserialize;
use serde::Serialize;

use super::Keyed;
use super::counters::KeyedCounters;
use super::game::GamesState;
use super::keys::PlayerKey;
use super::player::PlayersState;
use super::queue::QueueKey;
use super::queue::QueuedPlayers;
use super::queue::Queues;
use super::tokens::Reservation;

/// All that is known of players but the secret and the settings.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::matchmaking) struct KeyedState {
    drawn: u64,
    players: PlayersState,
    queues: Vec<(QueueKey, QueuedPlayers)>,
    games: GamesState,
    tokens: Vec<Reservation>,
    counters: KeyedCounters,
}

impl Keyed {
    /// All that another process needs to go on. Nothing changes here.
    pub(in crate::matchmaking) fn handed_over(&self) -> KeyedState {
        KeyedState {
            drawn: self.secrets.drawn(),
            players: self.players.handed_over(),
            queues: self.queues.handed_over(),
            games: self.games.handed_over(),
            tokens: self.tokens.handed_over(),
            counters: self.counters,
        }
    }

    /// Goes on where another process with the same secret has stopped, before anybody is here.
    pub(in crate::matchmaking) fn take_over(&mut self, state: KeyedState) {
        self.secrets.skip(state.drawn);
        self.players.take_over(state.players);
        self.queues = Queues::taken_over(state.queues);
        self.games.take_over(state.games);
        for reservation in state.tokens {
            self.tokens.insert(reservation);
        }
        self.counters = state.counters;
        let keys: Vec<PlayerKey> = self.players.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.timers.schedule(key, &mut self.players);
        }
    }
}
