//! Our place in a match at the server, kept while it is played, and taken again after a move.
//!
//! ```text
//!        .--- ACK each 25 s, or the server forgets the match ---.
//!     playing --- no peer answers for 3 s, we have moved --> JOIN --MATCH--> playing
//!        ^                                                    `--WAIT, ERR--> given up: LEAVE
//!        `------- a peer is heard
//! ```
//!
//! A player cannot notice that only its NAT has another address. The JOIN has our old id, and the
//! cookie exchange proves the new address; the server then tells all other players of it.
//!
//! Invariant: a player in a match does not stay in a queue.

use std::time::Duration;

use super::join::Join;
use super::out::OutQueue;
use crate::limits::REJOIN_AFTER;
use crate::limits::SEAT_AGAIN;
use crate::time::Time;

/// Our place in one match.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    /// When the server was last heard.
    heard: Time,
    /// When anything was last sent to the server.
    last_sent: Time,
    /// Time for which all must be silent before the next JOIN.
    patience: Duration,
    has_asked: bool,
    /// The server does not know the match any more.
    is_lost: bool,
}

/// A summary of all peers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peers {
    /// Whether there is any peer that we look for, or play with.
    pub(super) are_wanted: bool,
    /// Since when not one of them has answered.
    pub(super) silent_since: Option<Time>,
}

impl Registration {
    /// A registration that the server has just confirmed.
    pub(super) fn new(now: Time) -> Self {
        let (has_asked, is_lost) = (false, false);
        Self { heard: now, last_sent: now, patience: REJOIN_AFTER, has_asked, is_lost }
    }

    /// When something is due.
    pub(super) fn due(&self, peers: Peers) -> Time {
        self.join_at(peers).min(self.confirm_at(peers))
    }

    /// Sends what is due.
    pub(super) fn expire(&mut self, now: Time, peers: Peers, join: &Join, out: &mut OutQueue) {
        if now >= self.join_at(peers) {
            self.join(now, join, out);
            self.patience = (self.patience * 2).min(SEAT_AGAIN);
        } else if now >= self.confirm_at(peers) {
            self.last_sent = now;
            out.acknowledge();
        }
    }

    /// Asks for our old place, wherever we are now.
    pub(super) fn join(&mut self, now: Time, join: &Join, out: &mut OutQueue) {
        if !self.is_lost {
            (self.last_sent, self.has_asked) = (now, true);
            out.tell_server(join.text());
        }
    }

    /// A peer was heard.
    pub(super) fn note_peer(&mut self) {
        self.patience = REJOIN_AFTER;
    }

    /// The server was heard.
    pub(super) fn note_server(&mut self, now: Time) {
        self.heard = now;
    }

    /// The server has put us into a queue. We play, and leave it if our own question led there.
    pub(super) fn decline(&mut self, out: &mut OutQueue) {
        if self.has_asked {
            self.is_lost = true;
            out.leave();
        }
    }

    /// The server does not take us back.
    pub(super) fn give_up(&mut self) {
        self.is_lost |= self.has_asked;
    }

    fn join_at(&self, peers: Peers) -> Time {
        match peers.silent_since {
            Some(since) if !self.is_lost => {
                since.max(self.heard).max(self.last_sent) + self.patience
            }
            _ => Time::NEVER,
        }
    }

    fn confirm_at(&self, peers: Peers) -> Time {
        let is_kept = peers.are_wanted && !self.is_lost;
        if is_kept { self.last_sent + SEAT_AGAIN } else { Time::NEVER }
    }
}
