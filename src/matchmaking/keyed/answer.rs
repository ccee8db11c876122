//! The server's lines to players, written into a buffer that is reused.
//!
//! ```text
//! MC1 MATCH id=.. m=.. k=.. you=1@203.0.113.5:4000 at=200 relay=.. peer=2@198.51.100.7:5000
//!     nick=2@bob
//! ```
//!
//! [`super::Keyed`] decides when a line is sent, and to whom.
//!
//! Invariants: no line is longer than [`MATCH_BYTES_MAX`]; every address in it is a player's
//! observed one, or a private one that is sent to a player with the same observed IP.

use std::io::Write;
use std::time::Duration;

use super::game::Game;
use super::player::Player;
use super::player::PlayerTable;
use crate::limits::MATCH_BYTES_MAX;
use crate::matchmaking::sender::Canonical;
use crate::time::Time;

/// Bytes of a COOKIE: no shorter request earns one.
pub(super) const COOKIE_BYTES: usize = "MC1 COOKIE id= c=\n".len() + 2 * 16;
/// Bytes of a MATCH without its peers, at the most.
const MATCH_HEAD_BYTES_MAX: usize = 200;
/// Bytes of ` peer=16@` and the longest address.
const PEER_BYTES_MAX: usize = 9 + 47;

const _: () = assert!(MATCH_HEAD_BYTES_MAX + 15 * PEER_BYTES_MAX < MATCH_BYTES_MAX);

/// Why a player is not taken into a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JoinError {
    /// No queue was named, or not well.
    Queue,
    /// A match of this size is not possible.
    Players,
    /// The token is unknown, or for something else.
    Token,
    /// Too many play from the same network.
    Many,
    /// Too many play.
    Full,
}

impl JoinError {
    /// The word for it, and seconds after which it may be worth trying again; 0: never.
    fn code(self) -> (&'static str, u8) {
        match self {
            Self::Queue => ("queue", 0),
            Self::Players => ("players", 0),
            Self::Token => ("token", 0),
            Self::Many => ("many", 30),
            Self::Full => ("full", 10),
        }
    }
}

// Writing to a vector cannot fail.

pub(super) fn cookie(line: &mut Vec<u8>, id: u64, cookie: u64) {
    let _ = writeln!(line, "MC1 COOKIE id={id:016x} c={cookie:016x}");
}

pub(super) fn wait(line: &mut Vec<u8>, id: u64, have: usize, need: u8, ttl: Duration) {
    let ttl = ttl.as_secs();
    let _ = writeln!(line, "MC1 WAIT id={id:016x} have={have} need={need} ttl={ttl}");
}

pub(super) fn left(line: &mut Vec<u8>, id: u64) {
    let _ = writeln!(line, "MC1 LEFT id={id:016x}");
}

pub(super) fn refused(line: &mut Vec<u8>, id: u64, why: JoinError) {
    let (code, retry) = why.code();
    let _ = writeln!(line, "MC1 ERR id={id:016x} code={code} retry={retry}");
}

/// The head of a relayed payload.
pub(super) fn data(line: &mut Vec<u8>, m: u64, by: u8) {
    let _ = writeln!(line, "MC1 DATA m={m:016x} by={}", by + 1);
}

/// A MATCH line for one player.
#[derive(Debug)]
pub(super) struct MatchAnswer<'a> {
    pub(super) now: Time,
    pub(super) game: &'a Game,
    pub(super) players: &'a PlayerTable,
    pub(super) you: &'a Player,
    /// Its number, from 0.
    pub(super) number: usize,
    /// The ticket for the relay.
    pub(super) ticket: Option<u64>,
    /// Whether addresses are hidden from all players.
    pub(super) hidden: bool,
}

impl MatchAnswer<'_> {
    pub(super) fn write(&self, line: &mut Vec<u8>) {
        let Self { game, you, .. } = self;
        let [high, low] = game.secret;
        let _ = write!(
            line,
            "MC1 MATCH id={:016x} m={:016x} k={high:016x}{low:016x} you={}@{} at={}",
            you.id,
            game.m,
            self.number + 1,
            Canonical(you.sender.address()),
            game.punch_at.since(self.now).as_millis(),
        );
        if let Some(ticket) = self.ticket {
            let _ = write!(line, " relay={ticket:016x}");
        }
        debug_assert!(line.len() <= MATCH_HEAD_BYTES_MAX);
        let peers = game.players.len().saturating_sub(1);
        let mut spare = MATCH_BYTES_MAX - MATCH_HEAD_BYTES_MAX - peers * PEER_BYTES_MAX;
        for (number, peer) in self.peers() {
            let _ = write!(line, " peer={}", number + 1);
            if !self.hidden {
                let _ = write!(line, "@{}", Canonical(peer.sender.address()));
                self.write_lan(line, peer, &mut spare);
            }
        }
        for (number, peer) in self.peers() {
            if let Some(person) = &peer.person {
                let nick = format_args!(" nick={}@{}", number + 1, person.nickname);
                write_if_it_fits(line, nick, &mut spare);
            }
        }
        line.push(b'\n');
        debug_assert!(line.len() <= MATCH_BYTES_MAX);
    }

    /// A private address is of use only to a player behind the same public one.
    fn write_lan(&self, line: &mut Vec<u8>, peer: &Player, spare: &mut usize) {
        if peer.sender.address().ip() == self.you.sender.address().ip() {
            for lan in &peer.lan {
                write_if_it_fits(line, format_args!("+{}", Canonical(*lan)), spare);
            }
        }
    }

    fn peers(&self) -> impl Iterator<Item = (usize, &Player)> {
        let others = self.game.present().filter(|(number, _)| *number != self.number);
        others.filter_map(|(number, key)| Some((number, self.players.get(key)?)))
    }
}

/// Writes as much more as there is room for, or nothing.
fn write_if_it_fits(line: &mut Vec<u8>, text: std::fmt::Arguments<'_>, spare: &mut usize) {
    let before = line.len();
    let _ = line.write_fmt(text);
    let added = line.len() - before;
    match spare.checked_sub(added) {
        Some(left) => *spare = left,
        None => line.truncate(before),
    }
}
