//! Players: endpoints that have proved their address, waiting or matched.
//!
//! Queues and games name players by key; [`super::Keyed`] decides about players.
//!
//! Invariants:
//! - an address is one player's, and so is an id, but for players of an older server; each player
//!   is found by both, and counted for its network: against one limit as long as it is there,
//!   against a lower one until it is settled;
//! - a key that was freed never means another player;
//! - there are never more than [`PLAYERS_MAX`] players.

use std::collections::HashMap;
use std::net::IpAddr;
use std::net::SocketAddr;

use serde::Deserialize;
use serde::Serialize;
use slab::Slab;
use smol_str::SmolStr;

use super::keys::GameKey;
use super::keys::PlayerKey;
use super::network_players::NetworkPlayers;
use super::occupancy::Occupancy;
use super::queue::QueueKey;
use super::relay::RelayShare;
use super::request::Lan;
use crate::id::ClientId;
use crate::limits::CROWDED_SEATS;
use crate::limits::CROWDED_SEATS_TRIES;
use crate::limits::MATCH_IDLE;
use crate::limits::MATCH_REPEATS;
use crate::limits::PLAYER_WAIT;
use crate::limits::PLAYERS_MAX;
use crate::limits::PLAYERS_PER_ADDRESS_MAX;
use crate::limits::PLAYERS_PER_PREFIX_MAX;
use crate::limits::RELAY_CONSENT;
use crate::limits::SEATS_PER_ADDRESS_MAX;
use crate::limits::SEATS_PER_PREFIX_MAX;
use crate::matchmaking::sender::Sender;
use crate::time::Time;

/// An endpoint that waits, or has met others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Player {
    serial: u64,
    pub(super) sender: Sender,
    /// The number it has given to this try, by which it is known wherever it asks from.
    pub(super) id: u64,
    /// Its own private addresses.
    pub(super) lan: Lan,
    /// The person in the chat who owns its token, and their nickname.
    pub(super) person: Option<Person>,
    pub(super) state: PlayerState,
    /// When it itself was last heard.
    pub(super) heard: Time,
    /// When its game was last heard, as far as was looked at.
    #[serde(default)]
    pub(super) kept: Time,
    /// When it was last answered.
    pub(super) answered: Time,
    /// When [`super::timers::PlayerTimers`] will look at it; `NEVER`: it will not.
    pub(super) armed: Time,
    /// Whether it needs nothing of us any more, as far as we can know.
    settled: bool,
}

/// A person in the chat.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Person {
    pub(super) client: ClientId,
    pub(super) nickname: SmolStr,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum PlayerState {
    Waiting(QueueKey),
    Matched(GameSlot),
}

/// A player's place in a game.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct GameSlot {
    pub(super) game: GameKey,
    /// Its number among the players, from 0; players are told it from 1.
    pub(super) number: u8,
    /// Its secret for the relay.
    pub(super) ticket: u64,
    /// How often its MATCH was sent unasked, and when last.
    pub(super) told: usize,
    pub(super) told_at: Time,
    /// Whether it has confirmed the last MATCH.
    pub(super) acked: bool,
    /// Whether it has ever confirmed the game.
    #[serde(default)]
    pub(super) confirmed: bool,
    /// Set while nothing was heard of it since the match, neither from itself nor from a player
    /// that has reached it: when that is checked.
    #[serde(default)]
    pub(super) missing: Option<Time>,
    /// The players whose RESULT it has reported, one bit each.
    pub(super) reported: u16,
    pub(super) relay: RelayShare,
    /// When all its moves to other addresses will be paid for.
    #[serde(default)]
    pub(super) moves_until: Time,
}

impl Player {
    pub(super) fn new(now: Time, sender: Sender, id: u64, queue: QueueKey) -> Self {
        Self {
            serial: 0,
            sender,
            id,
            lan: Lan::new(),
            person: None,
            state: PlayerState::Waiting(queue),
            heard: now,
            kept: now,
            answered: now,
            armed: Time::NEVER,
            settled: false,
        }
    }

    /// When something must be done about it.
    pub(super) fn due(&self) -> Time {
        match &self.state {
            PlayerState::Waiting(_) => self.heard + PLAYER_WAIT,
            PlayerState::Matched(seat) => {
                let told_again = seat.told_again_at();
                let due = told_again.unwrap_or(self.heard.max(self.kept) + MATCH_IDLE);
                seat.missing.map_or(due, |judged| judged.min(due))
            }
        }
    }

    /// Whether it may be gone: no request has come from its address for too long.
    pub(super) fn is_gone(&self, now: Time) -> bool {
        now.since(self.heard) >= RELAY_CONSENT
    }

    /// Whether it may lose its place in a game to another player: it is gone, or never confirmed
    /// the game. Loopback is exempt.
    fn may_go(&self, now: Time) -> bool {
        let is_here = self.seat().is_some_and(|seat| seat.confirmed) && !self.is_gone(now);
        !is_here && !self.sender.address().ip().is_loopback()
    }

    /// Its place in a game, if it is in one.
    pub(super) fn seat(&self) -> Option<&GameSlot> {
        match &self.state {
            PlayerState::Matched(seat) => Some(seat),
            PlayerState::Waiting(_) => None,
        }
    }

    pub(super) fn seat_mut(&mut self) -> Option<&mut GameSlot> {
        match &mut self.state {
            PlayerState::Matched(seat) => Some(seat),
            PlayerState::Waiting(_) => None,
        }
    }
}

impl GameSlot {
    /// A slot whose player has not been told of the game.
    pub(super) fn new(
        now: Time,
        game: GameKey,
        number: usize,
        ticket: u64,
        judged: Option<Time>,
    ) -> Self {
        Self {
            game,
            number: number as u8,
            ticket,
            told: 0,
            told_at: now,
            acked: false,
            confirmed: false,
            missing: judged,
            reported: 0,
            relay: RelayShare::default(),
            moves_until: now,
        }
    }

    /// When its MATCH is to be sent again, if ever.
    pub(super) fn told_again_at(&self) -> Option<Time> {
        let pause = MATCH_REPEATS.get(self.told.checked_sub(1)?)?;
        (!self.acked).then_some(self.told_at + *pause)
    }
}

/// All players, as one process hands them over to another.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PlayersState {
    players: Vec<(PlayerKey, Player)>,
    serial: u64,
}

/// All players.
#[derive(Debug)]
pub(super) struct PlayerTable {
    slab: Slab<Player>,
    by_address: HashMap<SocketAddr, PlayerKey>,
    by_id: HashMap<u64, PlayerKey>,
    /// Players that wait or have not confirmed their match.
    unsettled: Occupancy,
    all: Occupancy,
    /// Waiting players and players in games, by network.
    waiting: NetworkPlayers,
    seated: NetworkPlayers,
    /// The number of players so far.
    serial: u64,
}

impl PlayerTable {
    pub(super) fn new(secret: &[u8; 16]) -> Self {
        Self {
            slab: Slab::new(),
            by_address: HashMap::new(),
            by_id: HashMap::new(),
            unsettled: Occupancy::new([PLAYERS_PER_ADDRESS_MAX, PLAYERS_PER_PREFIX_MAX], secret),
            all: Occupancy::new([SEATS_PER_ADDRESS_MAX, SEATS_PER_PREFIX_MAX], secret),
            waiting: NetworkPlayers::new(secret),
            seated: NetworkPlayers::new(secret),
            serial: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slab.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() >= PLAYERS_MAX
    }

    pub(super) fn get(&self, key: PlayerKey) -> Option<&Player> {
        self.slab.get(key.place as usize).filter(|player| player.serial == key.serial)
    }

    pub(super) fn get_mut(&mut self, key: PlayerKey) -> Option<&mut Player> {
        self.slab.get_mut(key.place as usize).filter(|player| player.serial == key.serial)
    }

    /// The player with this address.
    pub(super) fn at(&self, address: SocketAddr) -> Option<PlayerKey> {
        self.by_address.get(&address).copied()
    }

    /// The player with this address, if it calls itself so.
    pub(super) fn known(&self, address: SocketAddr, id: u64) -> Option<PlayerKey> {
        self.at(address).filter(|&key| self.get(key).is_some_and(|player| player.id == id))
    }

    /// The player that calls itself so: one at this address, if there are two.
    pub(super) fn identified(&self, address: SocketAddr, id: u64) -> Option<PlayerKey> {
        self.known(address, id).or_else(|| self.by_id.get(&id).copied())
    }

    /// Whether the network of a newcomer has fewer than it may.
    pub(super) fn may_enter(&mut self, ip: IpAddr) -> bool {
        self.all.has_room(ip) && self.unsettled.has_room(ip)
    }

    /// The player that is to make room for a newcomer in a full table: never one that plays.
    pub(super) fn youngest_of_most(&self, now: Time, newcomer: IpAddr) -> Option<PlayerKey> {
        let may_go = |key: &PlayerKey| self.get(*key).is_some_and(|player| player.may_go(now));
        let seated = || self.seated.of_most(newcomer, CROWDED_SEATS);
        let waiting = self.waiting.of_most(newcomer, 0).next();
        waiting.or_else(|| seated().take(CROWDED_SEATS_TRIES).find(may_go))
    }

    /// Adds a player, whose address and id must be unused and for whom there must be room. `None`:
    /// its network has as many as it may.
    pub(super) fn insert(&mut self, mut player: Player) -> Option<PlayerKey> {
        let address = player.sender.address();
        debug_assert!(!self.is_full() && self.identified(address, player.id).is_none());
        debug_assert!(self.at(address).is_none());
        if !self.enter(address.ip(), true) {
            return None;
        }
        self.serial += 1;
        let id = player.id;
        player.settled = false;
        player.serial = self.serial;
        let place = self.slab.insert(player) as u32;
        let key = PlayerKey { place, serial: self.serial };
        self.by_address.insert(address, key);
        self.by_id.insert(id, key);
        self.waiting.enter(address.ip(), key);
        Some(key)
    }

    /// Moves a player to another address, which must be unused. `false`: the network there has as
    /// many as it may, and the player stays where it was.
    pub(super) fn relocate(&mut self, key: PlayerKey, sender: Sender) -> bool {
        let Some(player) = self.get(key) else { return false };
        let (from, to) = (player.sender.address(), sender.address());
        let is_unsettled = !player.settled;
        debug_assert!(self.at(to).is_none());
        // It must not be in its own way.
        self.leave(from.ip(), is_unsettled);
        if !self.enter(to.ip(), is_unsettled) {
            self.take_over_at(from.ip(), is_unsettled);
            return false;
        }
        if let Some(player) = self.get_mut(key) {
            player.sender = sender;
        }
        let network_players = self.players_by_network(key);
        network_players.leave(from.ip(), key);
        network_players.enter(to.ip(), key);
        self.by_address.remove(&from);
        self.by_address.insert(to, key);
        true
    }

    pub(super) fn remove(&mut self, key: PlayerKey) -> Option<Player> {
        let address = self.get(key)?.sender.address();
        self.mark_settled(key);
        self.players_by_network(key).leave(address.ip(), key);
        let player = self.slab.try_remove(key.place as usize)?;
        self.by_address.remove(&address);
        if self.by_id.get(&player.id) == Some(&key) {
            self.by_id.remove(&player.id);
        }
        self.leave(address.ip(), false);
        Some(player)
    }

    /// Notes that a player knows of its match, or was told often enough. A school plays many games
    /// a minute, and few of those players need us any more.
    pub(super) fn mark_settled(&mut self, key: PlayerKey) {
        let Some(player) = self.get_mut(key) else { return };
        let ip = player.sender.address().ip();
        if !std::mem::replace(&mut player.settled, true) {
            self.unsettled.leave(ip);
        }
    }

    /// A player has met others.
    pub(super) fn seat(&mut self, now: Time, key: PlayerKey, seat: GameSlot) {
        let Some(player) = self.get_mut(key) else { return };
        player.kept = now;
        self.change_state(key, PlayerState::Matched(seat));
    }

    /// A player has risen from its seat and waits again.
    pub(super) fn wait(&mut self, now: Time, key: PlayerKey, queue: QueueKey) {
        self.change_state(key, PlayerState::Waiting(queue));
        let Some(player) = self.get_mut(key) else { return };
        (player.heard, player.answered) = (now, now);
        let ip = player.sender.address().ip();
        if std::mem::replace(&mut player.settled, false) {
            self.unsettled.take_over(ip);
        }
    }

    /// Every player, to be taken over by another process.
    pub(super) fn handed_over(&self) -> PlayersState {
        let players = self.iter().map(|(key, player)| (key, player.clone())).collect();
        PlayersState { players, serial: self.serial }
    }

    /// Goes on where another process has stopped, before anybody is here.
    pub(super) fn take_over(&mut self, state: PlayersState) {
        self.serial = state.serial;
        for (key, player) in &state.players {
            let address = player.sender.address();
            self.by_address.insert(address, *key);
            self.by_id.insert(player.id, *key);
            self.take_over_at(address.ip(), !player.settled);
            let is_seated = player.seat().is_some();
            let network_players = if is_seated { &mut self.seated } else { &mut self.waiting };
            network_players.enter(address.ip(), *key);
        }
        let players = state.players.into_iter();
        let unarmed = |player| Player { armed: Time::NEVER, ..player };
        self.slab = players.map(|(key, player)| (key.place as usize, unarmed(player))).collect();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (PlayerKey, &Player)> {
        let key = |(place, player): (usize, _)| {
            let player: &Player = player;
            (PlayerKey { place: place as u32, serial: player.serial }, player)
        };
        self.slab.iter().map(key)
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.slab.shrink_to_fit();
        self.by_address.shrink_to_fit();
        self.by_id.shrink_to_fit();
    }

    fn change_state(&mut self, key: PlayerKey, state: PlayerState) {
        let Some(player) = self.get(key) else { return };
        let ip = player.sender.address().ip();
        self.players_by_network(key).leave(ip, key);
        if let Some(player) = self.get_mut(key) {
            player.state = state;
        }
        self.players_by_network(key).enter(ip, key);
    }

    /// The group of its network that counts this player.
    fn players_by_network(&mut self, key: PlayerKey) -> &mut NetworkPlayers {
        let is_seated = self.get(key).is_some_and(|player| player.seat().is_some());
        if is_seated { &mut self.seated } else { &mut self.waiting }
    }

    /// Counts one more of a network, unless there are as many as may be.
    fn enter(&mut self, ip: IpAddr, is_unsettled: bool) -> bool {
        if !self.all.enter(ip) {
            return false;
        }
        let may = !is_unsettled || self.unsettled.enter(ip);
        if !may {
            self.all.leave(ip);
        }
        may
    }

    /// Counts one more of a network, however many there are.
    fn take_over_at(&mut self, ip: IpAddr, is_unsettled: bool) {
        self.all.take_over(ip);
        if is_unsettled {
            self.unsettled.take_over(ip);
        }
    }

    fn leave(&mut self, ip: IpAddr, is_unsettled: bool) {
        self.all.leave(ip);
        if is_unsettled {
            self.unsettled.leave(ip);
        }
    }

    /// Checks the invariants at the head of this file; in release builds nothing.
    pub(super) fn check_invariants(&self) {
        debug_assert!(self.len() <= PLAYERS_MAX);
        debug_assert_eq!(self.by_address.len(), self.len());
        let mut counted = [0; 2];
        for (key, player) in self.iter() {
            let address = player.sender.address();
            debug_assert_eq!(self.at(address), Some(key));
            debug_assert_eq!(self.identified(address, player.id), Some(key));
            let counts = !address.ip().is_loopback();
            counted[0] += usize::from(counts);
            counted[1] += usize::from(counts && !player.settled);
        }
        let is_of = |(id, key): (&u64, &PlayerKey)| self.get(*key).is_some_and(|it| it.id == *id);
        debug_assert!(self.by_id.iter().all(is_of));
        debug_assert_eq!(self.waiting.len() + self.seated.len(), self.len());
        self.waiting.check_invariants();
        self.seated.check_invariants();
        debug_assert_eq!([self.all.total(), self.unsettled.total()], counted);
    }
}
