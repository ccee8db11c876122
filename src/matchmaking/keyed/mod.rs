//! The keyed protocol (MC1): players name a queue, prove their address, and are told of each other.
//!
//! ```text
//!              JOIN                  the last one comes            all have confirmed,
//! stranger ------------> COOKIE    .------------------> matched    or were told six times
//!    |  ^                          |                       |  ^--. a repeat: told again
//!    |  '-- no trace is kept       |                       |
//!    '---- JOIN with the cookie --> waiting                '-- MATCH_IDLE ----> forgotten
//!                                  |  ^--. a repeat        '-- LEAVE, or never heard of
//!                                  '-- PLAYER_WAIT, LEAVE ---> forgotten
//! ```
//!
//! Left to the caller: whether a sender may be answered at all, and how often; sending.
//!
//! Invariants:
//! - nothing is kept of an address that has not proved itself, and it is sent one answer for each
//!   request at most, never longer than that;
//! - nobody is told an address that has not proved itself, but for private ones, which are told
//!   to players behind the same public IP;
//! - a player waits in one queue or sits in one game, and stays the same wherever it asks from;
//! - memory has a fixed bound.

mod answer;
mod counters;
mod game;
mod ghosts;
mod handover;
mod joining;
mod keys;
mod moving;
mod network_players;
mod occupancy;
mod player;
mod playing;
mod queue;
mod relay;
mod request;
mod timers;
mod tokens;

use std::net::IpAddr;

use smol_str::SmolStr;

pub use counters::KeyedCounters;
pub(super) use handover::KeyedState;
pub use relay::RelayMode;
pub use relay::RelaySettings;
pub(super) use request::KeyedRequest;

use answer::MatchAnswer;
use game::Game;
use game::GameTable;
use keys::GameKey;
use keys::PlayerKey;
use player::Player;
use player::PlayerState;
use player::PlayerTable;
use queue::Queues;
use relay::Relay;
use timers::PlayerTimers;
use tokens::Reservation;
use tokens::Tokens;

use crate::id::ClientId;
use crate::limits::EVICTION_TRIES;
use crate::limits::MATCH_IDLE;
use crate::limits::MATCH_REPEATS;
use crate::limits::PLAYER_WAIT;
use crate::limits::PLAYERS_DUE_PER_TURN;
use crate::matchmaking::Output;
use crate::matchmaking::counters::Reason;
use crate::matchmaking::secrets::Secrets;
use crate::matchmaking::sender::Sender;
use crate::time::Time;

/// All players of the keyed protocol.
#[derive(Debug)]
pub(super) struct Keyed {
    secrets: Secrets,
    players: PlayerTable,
    queues: Queues,
    games: GameTable,
    timers: PlayerTimers,
    relay: Relay,
    tokens: Tokens,
    /// The line to send next; empty in between.
    line: Vec<u8>,
    counters: KeyedCounters,
}

impl Keyed {
    pub(super) fn new(relay: RelaySettings, secret: &[u8; 16]) -> Self {
        Self {
            secrets: Secrets::new(secret),
            players: PlayerTable::new(secret),
            queues: Queues::default(),
            games: GameTable::default(),
            timers: PlayerTimers::default(),
            relay: Relay::new(relay, secret),
            tokens: Tokens::default(),
            line: Vec::new(),
            counters: KeyedCounters::default(),
        }
    }

    /// Changes the relay's settings.
    pub(super) fn set_relay(&mut self, settings: RelaySettings) {
        self.relay.set(settings);
    }

    /// Carries out one request; a JOIN must come from a proved address. Time must not run backwards
    /// from call to call.
    pub(super) fn handle_request(
        &mut self,
        now: Time,
        sender: Sender,
        request: KeyedRequest<'_>,
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        match request {
            KeyedRequest::Join(join) => self.join(now, sender, &join, out),
            KeyedRequest::Ack { id, m } => self.ack(now, sender, (id, m), out),
            KeyedRequest::Result { id, m, peer, how } => {
                self.report(now, sender, (id, m), peer, how)
            }
            KeyedRequest::Leave { id } => self.leave(now, sender, id, out),
            KeyedRequest::Data { ticket, to, payload } => {
                self.relay(now, sender, ticket, to, payload, out)
            }
            // Needs no memory at all, and is answered by the caller.
            KeyedRequest::Check { .. } => Ok(()),
        }
    }

    /// Does everything that was due by `now`: repeats MATCH lines, forgets players.
    pub(super) fn handle_timeout(&mut self, now: Time, out: &mut impl FnMut(Output<'_>)) {
        for _ in 0..PLAYERS_DUE_PER_TURN {
            let Some(key) = self.timers.pop_due(now, &mut self.players) else { break };
            self.serve_player(now, key, out);
            self.timers.schedule(key, &mut self.players);
        }
    }

    /// When [`Keyed::handle_timeout`] is to be called at the latest.
    pub(super) fn poll_timeout(&mut self) -> Option<Time> {
        self.timers.next(&self.players)
    }

    /// Reserves a match for a person in the chat; queue and size must be valid. The endpoint that
    /// brings the returned token is theirs. An earlier reservation of the person is dropped.
    pub(super) fn reserve(
        &mut self,
        now: Time,
        person: (ClientId, &str),
        queue: &str,
        players: u8,
    ) -> u64 {
        let (client, nickname) = person;
        self.release(client);
        let token = self.secrets.draw();
        let person = (client, SmolStr::new(nickname));
        self.tokens.insert(Reservation::new(now, token, person, queue.into(), players));
        token
    }

    /// Drops a person's reservation. Returns whether there was one.
    pub(super) fn release(&mut self, client: ClientId) -> bool {
        let Some(reservation) = self.tokens.remove(client) else { return false };
        if let Some(player) = reservation.player {
            self.remove_waiting(player);
        }
        !reservation.spent
    }

    /// A person is called something else.
    pub(super) fn rename(&mut self, client: ClientId, nickname: &str) {
        let waits = self.tokens.rename(client, nickname);
        let player = waits.and_then(|key| self.players.get_mut(key));
        if let Some(person) = player.and_then(|player| player.person.as_mut()) {
            person.nickname = nickname.into();
        }
    }

    /// A secret random number.
    pub(super) fn draw(&mut self) -> u64 {
        self.secrets.draw()
    }

    pub(super) fn counters(&self) -> &KeyedCounters {
        &self.counters
    }

    /// The number of players that wait or are matched.
    pub(super) fn players(&self) -> usize {
        self.players.len()
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.players.trim();
        self.queues.trim();
        self.games.trim();
        self.timers.trim();
        self.tokens.trim();
    }

    /// Checks the invariants of all tables; in release builds nothing.
    pub(super) fn check_invariants(&self) {
        self.players.check_invariants();
        self.games.check_invariants();
        self.tokens.check_invariants();
        let mut waiting = 0;
        for (queue, line) in self.queues.iter() {
            debug_assert!(!line.is_empty() && line.len() < usize::from(queue.players));
            debug_assert!(line.is_sorted_by_key(|key| key.number()));
            for key in line {
                let player = self.players.get(*key);
                let waits_here = |player: &Player| match &player.state {
                    PlayerState::Waiting(own) => own == queue,
                    PlayerState::Matched(_) => false,
                };
                debug_assert!(
                    player.is_some_and(waits_here),
                    "in a queue that it does not wait in"
                );
            }
            waiting += line.len();
        }
        let mut seated = 0;
        for game in self.games.iter() {
            for (number, key) in game.present() {
                let seat = self.players.get(key).and_then(Player::seat);
                debug_assert!(seat.is_some_and(|seat| usize::from(seat.number) == number));
                seated += 1;
            }
        }
        debug_assert_eq!(self.players.len(), waiting + seated, "a player waits or plays");
        debug_assert!(self.players.iter().all(|(_, player)| player.armed <= player.due()));
    }

    /// Does what is due for one player: repeats its MATCH, or forgets it.
    fn serve_player(&mut self, now: Time, key: PlayerKey, out: &mut impl FnMut(Output<'_>)) {
        let Some(player) = self.players.get_mut(key).filter(|player| player.due() <= now) else {
            return;
        };
        let PlayerState::Matched(seat) = &mut player.state else {
            self.counters.expired += 1;
            return self.remove(key);
        };
        let (game, is_told_again) = (seat.game, seat.told_again_at().is_some());
        if seat.missing.is_some_and(|judged| judged <= now) {
            seat.missing = Some(Time::NEVER);
            return self.look_for_ghosts(now, game, out);
        }
        if is_told_again && self.games.get(game).is_some_and(|game| game.goes_on_without(now)) {
            seat.acked = true;
            return;
        }
        if is_told_again {
            self.counters.repeats += 1;
            return self.tell_unasked(now, key, out);
        }
        self.players.mark_settled(key);
        let active = self.games.get(game).map_or(Time::ZERO, |game| game.active);
        if now.since(active) >= MATCH_IDLE {
            self.forget_game(game);
        } else if let Some(player) = self.players.get_mut(key) {
            player.kept = active;
        }
    }

    fn tell_to_wait(&mut self, key: PlayerKey, out: &mut impl FnMut(Output<'_>)) {
        self.counters.waits += 1;
        let Some(player) = self.players.get(key) else { return };
        let PlayerState::Waiting(queue) = &player.state else { return };
        let (have, need, id) = (self.queues.len(queue), queue.players, player.id);
        let sender = player.sender;
        self.send(&sender, out, |line| answer::wait(line, id, have, need, PLAYER_WAIT));
    }

    /// Sends a player its MATCH unasked, and counts that. A player that is gone, or was told often
    /// enough and has said nothing since, is sent nothing: it is told when it asks.
    fn tell_unasked(&mut self, now: Time, key: PlayerKey, out: &mut impl FnMut(Output<'_>)) {
        let Some(player) = self.players.get_mut(key) else { return };
        let is_gone = player.is_gone(now);
        let Some(seat) = player.seat_mut() else { return };
        seat.told = seat.told.saturating_add(1);
        seat.told_at = now;
        if is_gone || seat.told > 1 + MATCH_REPEATS.len() {
            return;
        }
        if self.keeps_place(now, key) {
            self.tell_of_place(key, out);
        } else {
            self.tell_match(now, key, out);
        }
    }

    /// Repeats a player's MATCH until it confirms it.
    fn tell_until_confirmed(
        &mut self,
        now: Time,
        key: PlayerKey,
        out: &mut impl FnMut(Output<'_>),
    ) {
        if let Some(seat) = self.players.get_mut(key).and_then(Player::seat_mut) {
            (seat.told, seat.acked) = (0, false);
        }
        self.tell_unasked(now, key, out);
        self.timers.schedule(key, &mut self.players);
    }

    fn tell_match(&mut self, now: Time, key: PlayerKey, out: &mut impl FnMut(Output<'_>)) {
        let mode = self.relay.mode();
        let mut line = std::mem::take(&mut self.line);
        if let Some(you) = self.players.get(key)
            && let Some(seat) = you.seat()
            && let Some(game) = self.games.get(seat.game)
        {
            let news = MatchAnswer {
                now,
                game,
                players: &self.players,
                you,
                number: seat.number.into(),
                ticket: (mode != RelayMode::Off).then_some(seat.ticket),
                hidden: mode == RelayMode::Only,
            };
            news.write(&mut line);
            out(Output::Send(you.sender.transmit(&line)));
        }
        line.clear();
        self.line = line;
    }

    fn send(
        &mut self,
        to: &Sender,
        out: &mut impl FnMut(Output<'_>),
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        write(&mut self.line);
        out(Output::Send(to.transmit(&self.line)));
        self.line.clear();
    }

    /// Forgets a player. Its game goes on without it, unless it was the last.
    fn remove(&mut self, key: PlayerKey) {
        self.leave_slot(key);
        let player = self.players.remove(key);
        if let Some(Player { state: PlayerState::Waiting(queue), .. }) = player {
            self.queues.leave(&queue, key);
        }
    }

    /// Forgets a waiting player.
    fn remove_waiting(&mut self, key: PlayerKey) {
        if self.players.get(key).is_some_and(|player| player.seat().is_none()) {
            self.remove(key);
        }
    }

    fn forget_game(&mut self, key: GameKey) {
        let Some(game) = self.games.remove(key) else { return };
        for (_, player) in game.present() {
            self.players.remove(player);
        }
    }

    /// Forgets an old game to make room: one whose players have its MATCH and do not use the relay.
    /// Returns whether one was found.
    fn evict(&mut self, now: Time) -> bool {
        for _ in 0..EVICTION_TRIES {
            let Some(key) = self.games.next_by_age() else { return false };
            let game = self.games.get(key);
            if game.is_some_and(|game| self.is_done(now, game)) {
                self.counters.evicted += 1;
                self.forget_game(key);
                return true;
            }
        }
        false
    }

    /// Removes a player to make room for a newcomer: the youngest waiting player of the network
    /// that has most of them; or, in a network that has taken far more than its share of the table,
    /// the youngest player that is gone or has not confirmed its match. Returns whether one was
    /// found.
    fn displace(&mut self, now: Time, newcomer: IpAddr) -> bool {
        let Some(key) = self.players.youngest_of_most(now, newcomer) else { return false };
        self.counters.displaced += 1;
        self.remove(key);
        true
    }

    /// Whether a game's players need us no more, as far as we can know.
    fn is_done(&self, now: Time, game: &Game) -> bool {
        let mut seats = game.present().filter_map(|(_, key)| self.players.get(key)?.seat());
        seats.all(|seat| seat.told_again_at().is_none() && !seat.relay.is_in_use(now))
    }
}
