//! Tokens of the chat: they tie an endpoint to a person.
//!
//! A person asks for a queue in the chat and is given a token; the endpoint that brings it is
//! theirs. IP addresses prove nothing: one person's TCP and UDP may leave by different ones.
//!
//! A token is spent when its endpoint has met others. It is remembered as long as the person is
//! here and asks for nothing else, because the match may come to nothing.
//!
//! Invariant: a person has one token at the most, so there are never more than people in the chat.

use std::collections::HashMap;

use serde::Deserialize;
use serde::Serialize;
use smol_str::SmolStr;

use super::keys::PlayerKey;
use crate::id::ClientId;
use crate::limits::TOKEN_TTL;
use crate::time::Time;

/// A person's reservation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Reservation {
    token: u64,
    since: Time,
    pub(super) client: ClientId,
    pub(super) nickname: SmolStr,
    pub(super) queue: SmolStr,
    /// The size of the match.
    pub(super) players: u8,
    /// The endpoint that has brought the token; it may be gone.
    pub(super) player: Option<PlayerKey>,
    /// Whether that endpoint has met others: then the token is good for no other.
    #[serde(default)]
    pub(super) spent: bool,
}

/// All reservations.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    by_client: HashMap<ClientId, Reservation>,
    clients: HashMap<u64, ClientId>,
}

impl Reservation {
    /// A new reservation.
    pub(super) fn new(
        now: Time,
        token: u64,
        person: (ClientId, SmolStr),
        queue: SmolStr,
        players: u8,
    ) -> Self {
        let (client, nickname) = person;
        Self { token, since: now, client, nickname, queue, players, player: None, spent: false }
    }
}

impl Tokens {
    /// Adds a reservation of a person who has no other.
    pub(super) fn insert(&mut self, reservation: Reservation) {
        self.clients.insert(reservation.token, reservation.client);
        let former = self.by_client.insert(reservation.client, reservation);
        debug_assert!(former.is_none(), "two reservations of one person");
    }

    /// The reservation of this token, if it is neither too old nor spent.
    pub(super) fn find(&mut self, now: Time, token: u64) -> Option<&mut Reservation> {
        let client = self.clients.get(&token)?;
        let reservation = self.by_client.get_mut(client)?;
        (now.since(reservation.since) < TOKEN_TTL && !reservation.spent).then_some(reservation)
    }

    /// Notes the endpoint that has brought the token. Returns the one that brought it before, if
    /// there is one.
    pub(super) fn bind(&mut self, client: ClientId, player: PlayerKey) -> Option<PlayerKey> {
        self.by_client.get_mut(&client)?.player.replace(player)
    }

    /// This endpoint of a person has met others. It may be theirs no more.
    pub(super) fn spend(&mut self, client: ClientId, player: PlayerKey) {
        self.set_spent(client, player, true);
    }

    /// The match of this endpoint came to nothing. Returns whether the token is still the
    /// endpoint's.
    pub(super) fn give_back(&mut self, client: ClientId, player: PlayerKey) -> bool {
        self.set_spent(client, player, false)
    }

    fn set_spent(&mut self, client: ClientId, player: PlayerKey, spent: bool) -> bool {
        let reservation = self.by_client.get_mut(&client);
        let Some(reservation) = reservation.filter(|it| it.player == Some(player)) else {
            return false;
        };
        reservation.spent = spent;
        true
    }

    /// Drops a person's reservation.
    pub(super) fn remove(&mut self, client: ClientId) -> Option<Reservation> {
        let reservation = self.by_client.remove(&client)?;
        self.clients.remove(&reservation.token);
        Some(reservation)
    }

    /// A person is called something else. Their endpoint, if there is one.
    pub(super) fn rename(&mut self, client: ClientId, nickname: &str) -> Option<PlayerKey> {
        let reservation = self.by_client.get_mut(&client)?;
        reservation.nickname = nickname.into();
        reservation.player
    }

    /// All reservations, to be taken over by another process.
    pub(super) fn handed_over(&self) -> Vec<Reservation> {
        self.by_client.values().cloned().collect()
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.by_client.shrink_to_fit();
        self.clients.shrink_to_fit();
    }

    /// Checks the invariant at the head of this file; in release builds nothing.
    pub(super) fn check_invariants(&self) {
        debug_assert_eq!(self.clients.len(), self.by_client.len());
        for (client, reservation) in &self.by_client {
            debug_assert_eq!(self.clients.get(&reservation.token), Some(client));
        }
    }
}
