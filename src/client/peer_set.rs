//! The players we talk with: their names, their lines, and who has gone.
//!
//! No socket and no clock: datagrams and the time are handed in, and notices are added to the
//! caller's list. `lines` makes lines arrive, `remote_player` handles names.
//!
//! Invariants: a slot has one player at most; a player who is gone stays gone and is sent nothing
//! more.

use super::lines::{LineChannel, PeerMessage};
use super::notice::Notice;
use super::remote_player::RemotePlayer;
use crate::limits::FAREWELLS;
use crate::peer::group::Peer;
use crate::peer::protocol::Path;
use crate::text::clean;
use crate::time::Time;

/// All players of a conversation.
pub(super) struct PeerSet {
    own_name: String,
    players: Vec<RemotePlayer>,
    /// We have said that we say no more.
    has_ended: bool,
    /// When anything last came from anybody, or we ended.
    pub(super) heard: Time,
}

impl PeerSet {
    /// A set without players; `own_name` is our own name.
    pub(super) fn new(now: Time, own_name: &str) -> Self {
        let own_name = own_name.to_owned();
        Self { own_name, players: Vec::new(), has_ended: false, heard: now }
    }

    /// The players who are there.
    pub(super) fn present(&self) -> impl Iterator<Item = &RemotePlayer> {
        self.players.iter().filter(|player| !player.is_gone)
    }

    fn present_mut(&mut self) -> impl Iterator<Item = &mut RemotePlayer> {
        self.players.iter_mut().filter(|player| !player.is_gone)
    }

    /// Whether nobody is there.
    pub(super) fn is_empty(&self) -> bool {
        self.present().next().is_none()
    }

    /// Whether a player of this slot is or was there.
    pub(super) fn knows(&self, slot: u8) -> bool {
        self.players.iter().any(|player| player.slot == slot)
    }

    /// The names of players who left before they had all our lines.
    pub(super) fn lost(&self) -> impl Iterator<Item = String> {
        let lost = self.players.iter().filter(|player| player.is_lost);
        lost.map(|player| player.name().to_owned())
    }

    /// Adds a player who was reached, perhaps later than the others: lines from now on go to it,
    /// too.
    pub(super) fn add(&mut self, now: Time, peer: Peer, notices: &mut Vec<Notice>) {
        let Some((path, rtt)) = peer.path else { return };
        let lines = LineChannel::new(now, rtt, &self.own_name);
        let mut player = RemotePlayer::new(peer.slot, peer.nickname, lines);
        notices.push(Notice::Met { name: player.name().to_owned(), path, rtt });
        if self.has_ended {
            player.lines.end(now);
        }
        self.players.push(player);
    }

    /// Notes that a known player is reached by another path, or again.
    pub(super) fn move_to(&self, slot: u8, path: Path, notices: &mut Vec<Notice>) {
        if let Some(player) = self.players.iter().find(|player| player.slot == slot) {
            notices.push(Notice::Moved { name: player.name().to_owned(), path });
        }
    }

    /// Notes that nothing is heard of a player any more.
    pub(super) fn mark_silent(&mut self, slot: u8, notices: &mut Vec<Notice>) {
        if let Some(player) = self.present_mut().find(|player| player.slot == slot) {
            let lost = player.go();
            notices.push(Notice::Silent { name: player.name().to_owned(), lost });
        }
    }

    /// Says a line to all present players.
    pub(super) fn say(&mut self, now: Time, line: &[u8]) {
        self.present_mut().for_each(|player| player.lines.say(now, line));
    }

    /// Says that we shall say no more.
    pub(super) fn end(&mut self, now: Time) {
        (self.has_ended, self.heard) = (true, now);
        self.present_mut().for_each(|player| player.lines.end(now));
    }

    /// Our goodbyes: slots and datagrams.
    pub(super) fn farewells(&self) -> Vec<(u8, Vec<u8>)> {
        let each = self.present().map(|player| (player.slot, player.lines.farewell()));
        each.flat_map(|farewell| std::iter::repeat_n(farewell, FAREWELLS)).collect()
    }

    /// Takes a datagram of a player.
    pub(super) fn receive(&mut self, now: Time, slot: u8, data: &[u8], notices: &mut Vec<Notice>) {
        let Some(at) = self.players.iter().position(|player| player.slot == slot) else {
            return;
        };
        let Some(player) = self.players.get_mut(at) else { return };
        self.heard = now;
        player.lines.receive(now, data);
        while let Some(heard) = self.players.get_mut(at).and_then(|p| p.lines.hear()) {
            notices.extend(self.hear(at, heard));
        }
    }

    fn hear(&mut self, at: usize, heard: PeerMessage) -> Option<Notice> {
        let others = self.players.iter().enumerate().filter(|(other, _)| *other != at);
        let taken: Vec<String> = others.map(|(_, other)| other.name().to_owned()).collect();
        let player = self.players.get_mut(at)?;
        match heard {
            PeerMessage::Name(name) => {
                let was = player.set_name(&name, &taken)?;
                Some(Notice::Renamed { was, name: player.name().to_owned() })
            }
            PeerMessage::Line(text) => {
                let text = clean(&String::from_utf8_lossy(&text)).into_owned();
                Some(Notice::Said { name: player.name().to_owned(), text })
            }
            PeerMessage::End => {
                player.has_ended = true;
                None
            }
            PeerMessage::Gone if player.is_gone => None,
            PeerMessage::Gone => {
                let lost = player.go();
                Some(Notice::Left { name: player.name().to_owned(), lost })
            }
        }
    }

    /// When [`Self::expire`] is due.
    pub(super) fn due(&self) -> Time {
        self.present().map(|player| player.lines.due()).min().unwrap_or(Time::NEVER)
    }

    /// Sends whatever is due, and gives up players who confirm nothing.
    pub(super) fn expire(&mut self, now: Time, notices: &mut Vec<Notice>) {
        for player in self.players.iter_mut().filter(|player| !player.is_gone) {
            player.lines.expire(now);
            if player.lines.is_hopeless(now) {
                (player.is_gone, player.is_lost) = (true, true);
                notices.push(Notice::Mute { name: player.name().to_owned() });
            }
        }
    }

    /// The next datagram to send, and its slot.
    pub(super) fn transmit(&mut self) -> Option<(u8, Vec<u8>)> {
        for player in &mut self.players {
            while let Some(bytes) = player.lines.transmit() {
                // A player who leaves and talks on is not answered; that must not pile up.
                if !player.is_gone {
                    return Some((player.slot, bytes));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::limits::SPEECH_PATIENCE;

    fn peer(slot: u8, nickname: &str) -> Peer {
        let path = Some((Path::Relay, Duration::from_millis(20)));
        Peer { slot, nickname: Some(nickname.to_owned()), path }
    }

    /// We and two other players.
    fn of_three() -> PeerSet {
        let (mut peers, mut notices) = (PeerSet::new(Time::ZERO, "ann"), vec![]);
        peers.add(Time::ZERO, peer(2, "ben"), &mut notices);
        peers.add(Time::ZERO, peer(3, "cid"), &mut notices);
        assert!(matches!(&notices[..], [Notice::Met { .. }, Notice::Met { .. }]), "{notices:?}");
        peers
    }

    /// The datagrams that are due now, and their slots.
    fn sent(peers: &mut PeerSet, now: Time) -> Vec<(u8, Vec<u8>)> {
        peers.expire(now, &mut vec![]);
        std::iter::from_fn(|| peers.transmit()).collect()
    }

    #[test]
    fn who_has_left_and_talks_on_is_sent_nothing() {
        let (mut peers, mut notices) = (of_three(), vec![]);
        let mut ben = LineChannel::new(Time::ZERO, Duration::ZERO, "");
        peers.receive(Time::ZERO, 2, &ben.farewell(), &mut notices);
        ben.expire(Time::ZERO);
        peers.receive(Time::ZERO, 2, &ben.transmit().unwrap(), &mut notices);
        assert_eq!(notices, [Notice::Left { name: "ben".to_owned(), lost: false }]);
        assert!(sent(&mut peers, Time::ZERO).iter().all(|(slot, _)| *slot == 3));
        assert!(peers.farewells().iter().all(|(slot, _)| *slot == 3));
        assert!(peers.knows(2) && !peers.is_empty());
    }

    #[test]
    fn who_is_silent_or_confirms_nothing_is_given_up_once() {
        let (mut peers, mut notices) = (of_three(), vec![]);
        peers.say(Time::ZERO, b"hello?");
        peers.mark_silent(2, &mut notices);
        peers.mark_silent(2, &mut notices);
        assert_eq!(notices, [Notice::Silent { name: "ben".to_owned(), lost: true }]);
        notices.clear();
        let late = Time::at(SPEECH_PATIENCE);
        peers.expire(late, &mut notices);
        peers.expire(late, &mut notices);
        assert_eq!(notices, [Notice::Mute { name: "cid".to_owned() }]);
        assert!(peers.is_empty() && peers.due() == Time::NEVER);
        assert_eq!(peers.lost().collect::<Vec<_>>(), ["ben", "cid"]);
    }

    #[test]
    fn who_comes_late_learns_that_we_have_ended() {
        let mut peers = of_three();
        peers.end(Time::ZERO);
        peers.add(Time::ZERO, peer(4, "dan"), &mut vec![]);
        let mut dan = LineChannel::new(Time::ZERO, Duration::ZERO, "");
        for (_, bytes) in sent(&mut peers, Time::ZERO).iter().filter(|(slot, _)| *slot == 4) {
            assert!(dan.receive(Time::ZERO, bytes));
        }
        let heard: Vec<PeerMessage> = std::iter::from_fn(|| dan.hear()).collect();
        assert_eq!(heard, [PeerMessage::Name(b"ann".to_vec()), PeerMessage::End]);
    }
}
