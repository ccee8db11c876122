//! Where the chat and the matchmaker meet: tokens asked for by people, and whom they have met.
//!
//! How endpoints find each other is left to `matchmaking`, wording to `dialect`.

use std::net::SocketAddr;

use super::Server;
use crate::chat::{Lobby, Outlet, Peer, Refusal, Reply, Ticket};
use crate::id::ClientId;
use crate::matchmaking::{Input, Matched, Output, ReservationError, SocketIndex, Transmit};
use crate::time::Time;

impl Server {
    /// A datagram came in. What is handed to `send` is to be sent at once.
    pub fn datagram(
        &mut self,
        now: Time,
        via: SocketIndex,
        source: SocketAddr,
        bytes: &[u8],
        send: &mut impl FnMut(Transmit<'_>),
    ) {
        if self.admission.bans(source.ip()) {
            return self.matchmaker.note_banned();
        }
        self.match_up(now, Input::Datagram { via, source, bytes }, send);
    }

    /// Does what was due by `now` in matchmaking. What is handed to `send` is to be sent at once.
    pub(super) fn handle_match_timeout(&mut self, now: Time, send: &mut impl FnMut(Transmit<'_>)) {
        if self.matchmaker.poll_timeout().is_some_and(|due| due <= now) {
            self.match_up(now, Input::Timeout, send);
        }
    }

    fn match_up(&mut self, now: Time, input: Input<'_>, send: &mut impl FnMut(Transmit<'_>)) {
        let (lobby, fanout) = (&self.lobby, &mut self.fanout);
        let mut told = false;
        self.matchmaker.handle(now, input, &mut |output| match output {
            Output::Send(transmit) => send(transmit),
            Output::Matched(matched) => {
                tell_matched(lobby, fanout, matched);
                told = true;
            }
        });
        if told {
            self.settle(now);
        }
    }

    /// Gives a member a token for a queue of so many players.
    pub(super) fn seek_match(&mut self, now: Time, id: ClientId, queue: &str, players: u8) {
        let Some(nickname) = self.lobby.nickname(id) else { return };
        match self.matchmaker.reserve(now, (id, nickname.as_str()), queue, players) {
            Ok(token) => {
                let ticket = Ticket { queue, players, token, port: self.matchmaker.port() };
                self.fanout.reply(id, &Reply::TicketGiven(ticket));
            }
            Err(ReservationError::QueueName) => self.refuse(id, &Refusal::QueueName),
            Err(ReservationError::Players) => self.refuse(id, &Refusal::MatchPlayers),
        }
    }

    /// Gives a member a token for a queue that nobody else knows, and tells a friend of it.
    pub(super) fn invite(&mut self, now: Time, id: ClientId, friend: ClientId) {
        let queue = self.matchmaker.private_queue();
        if let (Some(from), Some(to)) = (self.lobby.nickname(id), self.lobby.nickname(friend)) {
            self.fanout.reply(friend, &Reply::Invited { from, queue: &queue });
            self.fanout.reply(id, &Reply::InvitationSent { to, queue: &queue });
            self.seek_match(now, id, &queue, 2);
        }
    }

    /// Takes a member's token back, and its endpoint out of the queue.
    pub(super) fn stop_seeking(&mut self, id: ClientId) {
        if self.matchmaker.release(id) {
            self.fanout.reply(id, &Reply::TicketReturned);
        } else {
            self.refuse(id, &Refusal::NotSeeking);
        }
    }

    /// A member may be called something else now.
    pub(super) fn note_name(&mut self, id: ClientId) {
        if let Some(nickname) = self.lobby.nickname(id) {
            self.matchmaker.rename(id, nickname.as_str());
        }
    }

    fn refuse(&mut self, id: ClientId, refusal: &Refusal) {
        self.fanout.reply(id, &Reply::Refused(refusal));
    }
}

fn tell_matched(lobby: &Lobby, outlet: &mut impl Outlet, matched: Matched<'_>) {
    let peers = matched.peers.iter().map(|peer| Peer {
        nickname: peer.client.and_then(|client| lobby.nickname(client)),
        address: peer.address,
    });
    outlet.reply(matched.client, &Reply::Matched { peers: &peers.collect::<Vec<_>>() });
}
