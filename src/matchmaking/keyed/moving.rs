//! A player whose address changes: its NAT forgot it, or it went from Wi-Fi to cable.
//!
//! The id identifies the player, because only the player and the server know it; the cookie proves
//! its new address. So a sender with both is the player, at any moment of its life, and keeps its
//! place in the queue or match, its ticket for the relay and its token.
//!
//! Invariant: a player that moves to and fro is answered, and announced to its peers, at a bounded
//! rate. Peers that are gone are not told, and only those that answer are told repeatedly.

use super::Keyed;
use super::answer::JoinError;
use super::keys::PlayerKey;
use super::player::Player;
use super::player::PlayerState;
use super::relay::RelayMode;
use super::request::Join;
use crate::limits::MOVE_INTERVAL;
use crate::limits::MOVES_AT_ONCE;
use crate::matchmaking::Output;
use crate::matchmaking::counters::Reason;
use crate::matchmaking::sender::AddressKind;
use crate::matchmaking::sender::Sender;
use crate::time::Time;

impl Keyed {
    /// Moves a player to another address, which it has proved, and answers it there.
    pub(super) fn relocate(
        &mut self,
        now: Time,
        key: PlayerKey,
        sender: Sender,
        join: &Join<'_>,
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        if !self.may_move(now, key) {
            return Err(Reason::TooSoon);
        }
        // An older attempt from the same address.
        if let Some(former) = self.players.at(sender.address()) {
            self.remove(former);
        }
        if !self.players.relocate(key, sender) {
            self.refuse(sender, join.id, JoinError::Many, out);
            return Ok(());
        }
        self.counters.moved += 1;
        self.note_active(now, key);
        let Some(player) = self.players.get_mut(key) else { return Ok(()) };
        player.lan = join.lan();
        player.answered = now;
        if self.keeps_place(now, key) {
            return self.take_place(now, key, sender, join, out);
        }
        if self.is_alone(key) {
            self.is_wanted(key);
            return self.join_anew(now, Some(key), sender, join, out);
        }
        match self.players.get(key).map(|player| &player.state) {
            Some(PlayerState::Waiting(queue)) => {
                let kind = AddressKind::of(sender.address().ip());
                if queue.kind != kind {
                    return self.change_family(now, key, kind, out);
                }
                self.tell_to_wait(key, out);
            }
            _ => {
                self.counters.retold += 1;
                self.tell_match(now, key, out);
                self.tell_others_of_move(now, key, out);
            }
        }
        Ok(())
    }

    /// Whether a player has moved seldom enough; if so, the move is charged. A waiting player is
    /// free: its answer is no longer than its request.
    fn may_move(&mut self, now: Time, key: PlayerKey) -> bool {
        let Some(seat) = self.players.get_mut(key).and_then(Player::seat_mut) else { return true };
        let until = seat.moves_until.max(now) + MOVE_INTERVAL;
        let may = until <= now + MOVE_INTERVAL * MOVES_AT_ONCE;
        if may {
            seat.moves_until = until;
        }
        may
    }

    /// A waiting player can reach other players than before.
    fn change_family(
        &mut self,
        now: Time,
        key: PlayerKey,
        kind: AddressKind,
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        let Some(player) = self.players.get_mut(key) else { return Ok(()) };
        let PlayerState::Waiting(queue) = &mut player.state else { return Ok(()) };
        let former = queue.clone();
        queue.kind = kind;
        let queue = queue.clone();
        self.queues.leave(&former, key);
        self.enter_queue(now, queue, key, out);
        Ok(())
    }

    /// Tells the other players of the match of the new address, until they confirm that. Repeats
    /// begin anew only for players that were heard since they were last told: a silent one is told
    /// six times.
    fn tell_others_of_move(
        &mut self,
        now: Time,
        mover: PlayerKey,
        out: &mut impl FnMut(Output<'_>),
    ) {
        if self.relay.mode() == RelayMode::Only {
            return;
        }
        let seat = self.players.get(mover).and_then(Player::seat);
        let Some(game) = seat.and_then(|seat| self.games.get(seat.game)) else { return };
        let others: Vec<PlayerKey> = game.present().map(|(_, key)| key).collect();
        for key in others.into_iter().filter(|key| *key != mover) {
            if self.has_answered(key) {
                self.tell_until_confirmed(now, key, out);
            } else {
                self.tell_unasked(now, key, out);
                self.timers.schedule(key, &mut self.players);
            }
        }
    }
    /// Whether a player was heard since its match was last sent to it.
    fn has_answered(&self, key: PlayerKey) -> bool {
        let player = self.players.get(key);
        let told_at = player.and_then(Player::seat).map(|seat| seat.told_at);
        player.zip(told_at).is_some_and(|(player, told_at)| player.heard >= told_at)
    }
}
