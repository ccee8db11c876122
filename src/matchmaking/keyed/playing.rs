//! Requests of matched players: confirm, report, relay, leave.
//!
//! Such a request is accepted only from the proved address, and with the number that only its
//! player was told.

use super::Keyed;
use super::answer;
use super::keys::GameKey;
use super::keys::PlayerKey;
use super::player::Player;
use super::request::ReachMethod;
use crate::limits::RELAY_OVERHEAD_BYTES;
use crate::matchmaking::Output;
use crate::matchmaking::counters::Reason;
use crate::matchmaking::sender::Sender;
use crate::time::Time;

impl Keyed {
    pub(super) fn ack(
        &mut self,
        now: Time,
        sender: Sender,
        (id, m): (u64, u64),
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        let (key, game) = self.seated(sender, id, m)?;
        self.counters.acks += 1;
        self.note_active(now, key);
        // One that was late does not mean the WAIT that followed.
        let is_late = self.keeps_place(now, key);
        if let Some(seat) = self.players.get_mut(key).and_then(Player::seat_mut) {
            (seat.acked, seat.confirmed) = (!is_late, true);
        }
        self.players.mark_settled(key);
        self.look_for_ghosts(now, game, out);
        Ok(())
    }

    pub(super) fn report(
        &mut self,
        now: Time,
        sender: Sender,
        (id, m): (u64, u64),
        peer: u8,
        how: ReachMethod,
    ) -> Result<(), Reason> {
        let (key, game) = self.seated(sender, id, m)?;
        let seats = self.games.get(game).map_or(0, |game| game.players.len());
        let seat = self.players.get_mut(key).and_then(Player::seat_mut).ok_or(Reason::NoPlayer)?;
        let peer = peer.checked_sub(1).filter(|peer| usize::from(*peer) < seats);
        let peer = peer.filter(|peer| *peer != seat.number).ok_or(Reason::NoPlayer)?;
        let bit = 1 << peer;
        if seat.reported & bit == 0 {
            seat.reported |= bit;
            self.counters.count(how);
        }
        self.counters.reports += 1;
        self.note_active(now, key);
        let reached = self.games.get(game).and_then(|game| game.player(peer.into()));
        if how != ReachMethod::Failed
            && let Some(seat) = reached.and_then(|key| self.players.get_mut(key)?.seat_mut())
        {
            seat.missing = None;
        }
        Ok(())
    }

    pub(super) fn leave(
        &mut self,
        now: Time,
        sender: Sender,
        id: u64,
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        let key = self.players.known(sender.address(), id).ok_or(Reason::NoPlayer)?;
        let game = self.players.get(key).and_then(Player::seat).map(|seat| seat.game);
        self.counters.left += 1;
        self.remove(key);
        self.send(&sender, out, |line| answer::left(line, id));
        if let Some(game) = game {
            self.look_for_ghosts(now, game, out);
        }
        Ok(())
    }

    pub(super) fn relay(
        &mut self,
        now: Time,
        sender: Sender,
        ticket: u64,
        to: u8,
        payload: &[u8],
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        let key = self.players.at(sender.address()).ok_or(Reason::NoPlayer)?;
        let seat = self.players.get(key).and_then(Player::seat);
        let seat = seat.filter(|seat| seat.ticket == ticket).ok_or(Reason::NoPlayer)?;
        let (game, by) = (seat.game, seat.number);
        self.note_active(now, key);
        let game = self.games.get(game).ok_or(Reason::NoPlayer)?;
        let to = to.checked_sub(1).filter(|to| *to != by);
        let to = to.and_then(|to| game.player(to.into())).ok_or(Reason::NoPlayer)?;
        let receiver = self.players.get(to).ok_or(Reason::NoPlayer)?;
        if receiver.is_gone(now) {
            return Err(Reason::Gone);
        }
        let (m, receiver) = (game.m, receiver.sender);
        let seat = self.players.get_mut(key).and_then(Player::seat_mut).ok_or(Reason::NoPlayer)?;
        let bytes = payload.len() + RELAY_OVERHEAD_BYTES;
        if !self.relay.admits(now, sender.address().ip(), &mut seat.relay, bytes) {
            return Err(Reason::OverRelay);
        }
        self.counters.relayed += 1;
        self.counters.relayed_bytes += payload.len() as u64;
        self.send(&receiver, out, |line| {
            answer::data(line, m, by);
            line.extend_from_slice(payload);
        });
        Ok(())
    }

    /// The player with this address and id, if it sits in this game.
    fn seated(&self, sender: Sender, id: u64, m: u64) -> Result<(PlayerKey, GameKey), Reason> {
        let key = self.players.known(sender.address(), id).ok_or(Reason::NoPlayer)?;
        let seat = self.players.get(key).and_then(Player::seat).ok_or(Reason::NoPlayer)?;
        let game = self.games.get(seat.game).filter(|game| game.m == m).ok_or(Reason::NoPlayer)?;
        debug_assert!(game.present().any(|(_, player)| player == key));
        Ok((key, seat.game))
    }

    /// A player was heard, and so its game goes on.
    pub(super) fn note_active(&mut self, now: Time, key: PlayerKey) {
        let Some(player) = self.players.get_mut(key) else { return };
        player.heard = now;
        let game = player.seat_mut().map(|seat| {
            seat.missing = None;
            seat.game
        });
        if let Some(game) = game.and_then(|game| self.games.get_mut(game)) {
            game.active = now;
        }
    }
}
