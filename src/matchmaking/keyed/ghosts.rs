//! Ghosts: matched players who are not there any more, because their program was killed while they
//! waited, or their network is gone.
//!
//! ```text
//!           GHOST_AFTER                 WAIT, again           JOIN
//! all others ACK --> ghosts are removed ------------> (waits) --> back in the queue, old place
//!                                                        '-- PLACE_KEPT --> the match goes on
//! ```
//!
//! A player is put back into a queue only if it asks for it: one that does not know that WAIT may
//! follow MATCH ignores it, and would be the next ghost.
//!
//! Invariant: only players who have been silent since the match are removed, and only when all
//! others have confirmed it.

use super::Keyed;
use super::answer;
use super::game::Game;
use super::keys::GameKey;
use super::keys::PlayerKey;
use super::player::Player;
use super::queue::QueueKey;
use super::queue::QueuedPlayers;
use super::request::Join;
use crate::limits::GHOST_AFTER;
use crate::limits::PLACE_KEPT;
use crate::limits::PUNCH_DELAY;
use crate::matchmaking::Output;
use crate::matchmaking::counters::Reason;
use crate::matchmaking::sender::AddressKind;
use crate::matchmaking::sender::Sender;
use crate::time::Time;

const _: () = assert!(PUNCH_DELAY.as_millis() < GHOST_AFTER.as_millis());

impl Game {
    /// When players who have been silent until then count as ghosts.
    pub(super) fn judged_at(&self) -> Time {
        self.punch_at + (GHOST_AFTER - PUNCH_DELAY)
    }

    /// Whether its players may go back to their old places in the queue.
    fn keeps_places(&self, now: Time) -> bool {
        self.dissolved.is_some_and(|since| now.since(since) < PLACE_KEPT)
    }

    /// Whether it has lost ghosts, and it is too late to go back.
    pub(super) fn goes_on_without(&self, now: Time) -> bool {
        self.dissolved.is_some() && !self.keeps_places(now)
    }
}

impl Keyed {
    /// Removes the ghosts of a match, if all its other players have confirmed it.
    pub(super) fn look_for_ghosts(
        &mut self,
        now: Time,
        game: GameKey,
        out: &mut impl FnMut(Output<'_>),
    ) {
        let Some([ghosts, others]) = self.ghosts_and_others(now, game) else { return };
        self.counters.dissolved += 1;
        for ghost in ghosts {
            self.remove(ghost);
        }
        if let Some(game) = self.games.get_mut(game) {
            game.dissolved = Some(now);
        }
        for key in others {
            self.tell_until_confirmed(now, key, out);
        }
    }

    /// The ghosts of a match, and the others, if there are both and it is time.
    fn ghosts_and_others(&self, now: Time, key: GameKey) -> Option<[QueuedPlayers; 2]> {
        let game = self.games.get(key).filter(|game| game.judged_at() <= now)?;
        let (mut ghosts, mut others) = (QueuedPlayers::new(), QueuedPlayers::new());
        for (_, key) in game.present() {
            let seat = self.players.get(key).and_then(Player::seat)?;
            match seat.missing {
                Some(_) => ghosts.push(key),
                None if seat.confirmed => others.push(key),
                None => return None,
            }
        }
        let both = !ghosts.is_empty() && !others.is_empty();
        both.then_some([ghosts, others])
    }

    /// Whether a player's match came to nothing a moment ago, so that it may have its place back.
    pub(super) fn keeps_place(&self, now: Time, key: PlayerKey) -> bool {
        let seat = self.players.get(key).and_then(Player::seat);
        let game = seat.and_then(|seat| self.games.get(seat.game));
        game.is_some_and(|game| game.queue.is_some() && game.keeps_places(now))
    }

    /// Tells a player that it may have its place back, and for how long.
    pub(super) fn tell_of_place(&mut self, key: PlayerKey, out: &mut impl FnMut(Output<'_>)) {
        let Some(player) = self.players.get(key) else { return };
        let Some(game) = player.seat().and_then(|seat| self.games.get(seat.game)) else { return };
        let Some(queue) = game.queue.clone() else { return };
        let most = usize::from(queue.players).saturating_sub(1);
        let have = (self.queues.len(&queue) + game.present().count()).min(most);
        let (id, sender, ttl) = (player.id, player.sender, PLACE_KEPT);
        self.send(&sender, out, |line| answer::wait(line, id, have, queue.players, ttl));
    }

    /// A player goes back to its place in the queue. If it came with a token, it must still want
    /// to.
    pub(super) fn take_place(
        &mut self,
        now: Time,
        key: PlayerKey,
        sender: Sender,
        join: &Join<'_>,
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        let Some(queue) = self.old_queue(key).filter(|_| self.is_wanted(key)) else {
            return self.join_anew(now, Some(key), sender, join, out);
        };
        self.note_active(now, key);
        self.leave_slot(key);
        self.players.wait(now, key, queue.clone());
        self.enter_queue(now, queue, key, out);
        Ok(())
    }

    /// The queue in which a player has waited; from where it is now.
    fn old_queue(&self, key: PlayerKey) -> Option<QueueKey> {
        let player = self.players.get(key)?;
        let queue = self.games.get(player.seat()?.game)?.queue.clone()?;
        Some(QueueKey { kind: AddressKind::of(player.sender.address().ip()), ..queue })
    }

    /// Whether the person who owns a player's token has asked for nothing else since. The token is
    /// good again then: its match came to nothing.
    pub(super) fn is_wanted(&mut self, key: PlayerKey) -> bool {
        let person = self.players.get(key).and_then(|player| player.person.as_ref());
        let client = person.map(|person| person.client);
        client.is_none_or(|client| self.tokens.give_back(client, key))
    }

    /// A player leaves its seat, and its match if it was the last.
    pub(super) fn leave_slot(&mut self, key: PlayerKey) {
        let Some(seat) = self.players.get(key).and_then(Player::seat) else { return };
        let (game_key, number) = (seat.game, usize::from(seat.number));
        let Some(game) = self.games.get_mut(game_key) else { return };
        if let Some(place) = game.players.get_mut(number) {
            *place = None;
        }
        if game.present().next().is_none() {
            self.games.remove(game_key);
        }
    }
}
