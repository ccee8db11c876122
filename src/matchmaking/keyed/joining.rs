//! From a stranger's first request to the news of a match.
//!
//! `playing` handles requests after the match.

use super::Keyed;
use super::answer;
use super::answer::COOKIE_BYTES;
use super::answer::JoinError;
use super::game::Game;
use super::keys::PlayerKey;
use super::player::GameSlot;
use super::player::Person;
use super::player::Player;
use super::player::PlayerState;
use super::queue::QueueKey;
use super::queue::QueuedPlayers;
use super::relay::RelayMode;
use super::request::Join;
use super::tokens::Reservation;
use crate::limits::PLAYER_ANSWER_INTERVAL;
use crate::limits::PUNCH_DELAY;
use crate::matchmaking::Matched;
use crate::matchmaking::MatchedPeer;
use crate::matchmaking::Output;
use crate::matchmaking::counters::Reason;
use crate::matchmaking::sender::AddressKind;
use crate::matchmaking::sender::Sender;
use crate::mc1::hex;
use crate::time::Time;

impl Keyed {
    /// Whether a sender has proved that it receives at its address.
    pub(in crate::matchmaking) fn is_proved(
        &self,
        now: Time,
        sender: Sender,
        join: &Join<'_>,
    ) -> bool {
        let cookie = join.cookie.and_then(hex);
        cookie.is_some_and(|cookie| self.secrets.is_good(now, sender.address(), join.id, cookie))
    }

    /// Sends a stranger a cookie, if its request was long enough. Keeps no trace of it.
    pub(in crate::matchmaking) fn give_cookie(
        &mut self,
        now: Time,
        sender: Sender,
        id: u64,
        bytes: usize,
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        if bytes < COOKIE_BYTES {
            return Err(Reason::Unpadded);
        }
        self.counters.cookies += 1;
        let cookie = self.secrets.cookie(now, sender.address(), id);
        self.send(&sender, out, |line| answer::cookie(line, id, cookie));
        Ok(())
    }

    /// One that has proved its address wants to be let in, or to stay.
    pub(super) fn join(
        &mut self,
        now: Time,
        sender: Sender,
        join: &Join<'_>,
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        let address = sender.address();
        let Some(key) = self.players.identified(address, join.id) else {
            return self.join_anew(now, self.players.at(address), sender, join, out);
        };
        if self.players.at(address) != Some(key) {
            return self.relocate(now, key, sender, join, out);
        }
        // A player may ask another of our sockets than before: answers from that one get through to
        // it.
        if let Some(player) = self.players.get_mut(key) {
            player.sender = sender;
        }
        if self.keeps_place(now, key) {
            return self.take_place(now, key, sender, join, out);
        }
        if self.is_alone(key) {
            self.is_wanted(key);
            return self.join_anew(now, Some(key), sender, join, out);
        }
        self.hear_again(now, key, out)
    }

    /// Admits a new player in place of an older one with the same id or address.
    pub(super) fn join_anew(
        &mut self,
        now: Time,
        former: Option<PlayerKey>,
        sender: Sender,
        join: &Join<'_>,
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        if let Some(former) = former {
            self.remove(former);
        }
        if let Err(why) = self.admit(now, sender, join, out) {
            self.refuse(sender, join.id, why, out);
        }
        Ok(())
    }

    pub(super) fn refuse(
        &mut self,
        sender: Sender,
        id: u64,
        why: JoinError,
        out: &mut impl FnMut(Output<'_>),
    ) {
        self.counters.refused += 1;
        self.send(&sender, out, |line| answer::refused(line, id, why));
    }

    /// Whether a player was matched, and all others have left before it heard of it.
    pub(super) fn is_alone(&self, key: PlayerKey) -> bool {
        let seat = self.players.get(key).and_then(Player::seat);
        let game = seat.and_then(|seat| self.games.get(seat.game));
        game.is_some_and(|game| game.present().count() == 1)
    }

    /// Answers a waiting or matched player that asks again. The answer may be longer than the
    /// request, so its rate is limited.
    fn hear_again(
        &mut self,
        now: Time,
        key: PlayerKey,
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        self.note_active(now, key);
        let player = self.players.get_mut(key).ok_or(Reason::NoPlayer)?;
        if now.since(player.answered) < PLAYER_ANSWER_INTERVAL {
            return Err(Reason::TooSoon);
        }
        player.answered = now;
        match &player.state {
            PlayerState::Waiting(_) => self.tell_to_wait(key, out),
            PlayerState::Matched(_) => {
                self.counters.retold += 1;
                self.tell_match(now, key, out);
            }
        }
        Ok(())
    }

    /// Puts a player with a proved address into its queue.
    fn admit(
        &mut self,
        now: Time,
        sender: Sender,
        join: &Join<'_>,
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), JoinError> {
        let (queue, person) = self.wanted(now, sender, join)?;
        let ip = sender.address().ip();
        if !self.players.may_enter(ip) {
            return Err(JoinError::Many);
        }
        if self.players.is_full() && !self.evict(now) && !self.displace(now, ip) {
            return Err(JoinError::Full);
        }
        let mut player = Player::new(now, sender, join.id, queue.clone());
        player.lan = join.lan();
        let client = person.as_ref().map(|person| person.client);
        player.person = person;
        let key = self.players.insert(player).ok_or(JoinError::Many)?;
        // One person has one endpoint: the one that came last.
        if let Some(former) = client.and_then(|client| self.tokens.bind(client, key)) {
            self.remove_waiting(former);
        }
        self.enter_queue(now, queue, key, out);
        Ok(())
    }

    /// Puts a waiting player into this queue, and takes it out again if that completes a match.
    pub(super) fn enter_queue(
        &mut self,
        now: Time,
        queue: QueueKey,
        key: PlayerKey,
        out: &mut impl FnMut(Output<'_>),
    ) {
        match self.queues.join(queue, key) {
            Some(line) => {
                self.counters.completed += 1;
                self.open_game(now, &line, out);
            }
            None => {
                self.timers.schedule(key, &mut self.players);
                self.tell_to_wait(key, out);
            }
        }
    }

    /// The queue that is asked for, and the person in the chat who asks.
    fn wanted(
        &mut self,
        now: Time,
        sender: Sender,
        join: &Join<'_>,
    ) -> Result<(QueueKey, Option<Person>), JoinError> {
        let kind = AddressKind::of(sender.address().ip());
        let Some(token) = join.token else {
            let name = join.queue().ok_or(JoinError::Queue)?.into();
            let players = join.players().ok_or(JoinError::Players)?;
            return Ok((QueueKey { name, players, kind }, None));
        };
        let token = hex(token).ok_or(JoinError::Token)?;
        let reservation = self.tokens.find(now, token).ok_or(JoinError::Token)?;
        let Reservation { client, nickname, queue, players, .. } = reservation.clone();
        let agrees = join.queue.is_none_or(|name| name == queue)
            && join.players.is_none_or(|_| join.players() == Some(players));
        if !agrees {
            return Err(JoinError::Token);
        }
        Ok((QueueKey { name: queue, players, kind }, Some(Person { client, nickname })))
    }

    /// Opens a game for these players and tells each of the others.
    fn open_game(&mut self, now: Time, line: &QueuedPlayers, out: &mut impl FnMut(Output<'_>)) {
        let queue = line.iter().find_map(|key| match &self.players.get(*key)?.state {
            PlayerState::Waiting(queue) => Some(queue.clone()),
            PlayerState::Matched(_) => None,
        });
        let game = self.games.open(now, now + PUNCH_DELAY, (queue, line), &mut self.secrets);
        let judged = self.games.get(game).map(Game::judged_at);
        for (number, key) in line.iter().enumerate() {
            let ticket = self.secrets.draw();
            self.players.seat(now, *key, GameSlot::new(now, game, number, ticket, judged));
        }
        self.counters.matched += line.len() as u64;
        for key in line {
            self.tell_unasked(now, *key, out);
            self.timers.schedule(*key, &mut self.players);
        }
        self.tell_people(line, out);
    }

    /// Tells people in the chat whom they have met. Their tokens are spent.
    fn tell_people(&mut self, line: &QueuedPlayers, out: &mut impl FnMut(Output<'_>)) {
        let hidden = self.relay.mode() == RelayMode::Only;
        for key in line {
            let player = self.players.get(*key);
            let Some(person) = player.and_then(|player| player.person.as_ref()) else { continue };
            let client = person.client;
            let others = line.iter().filter(|other| *other != key);
            let peers: Vec<MatchedPeer> = others
                .filter_map(|other| self.players.get(*other))
                .map(|peer| MatchedPeer {
                    client: peer.person.as_ref().map(|person| person.client),
                    address: (!hidden).then_some(peer.sender.address()),
                })
                .collect();
            self.tokens.spend(client, *key);
            out(Output::Matched(Matched { client, peers: &peers }));
        }
    }
}
