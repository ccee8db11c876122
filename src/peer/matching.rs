//! Looking for players, from a server's name to a group.

use std::net::SocketAddr;
use std::time::Duration;

use super::clock::Clock;
use super::error::MatchError;
use super::group::Group;
use super::search;
use super::socket::{self, AddressFamily};
use crate::limits::{MATCH_PLAYERS, SERVER_ADDRESS_PATIENCE, SERVER_PATIENCE, SIGNAL_LOOK};
use crate::mc1::is_queue_name;
use crate::peer::protocol::{Event, JoinRequest};
use crate::time::Time;

/// A search for players, to be set up and then carried out.
#[derive(Clone, Debug)]
pub struct Match {
    server: String,
    players: Option<u8>,
    token: Option<u64>,
    family: AddressFamily,
    timeout: Option<Duration>,
    port: u16,
}

impl Match {
    /// A search for one other player, or as many as a token is for, by the server at `HOST:PORT`,
    /// or at port 50000 of `HOST`.
    pub fn new(server: &str) -> Self {
        let (players, token, family) = (None, None, AddressFamily::Any);
        Self { server: server.to_owned(), players, token, family, timeout: None, port: 0 }
    }

    /// The number of players, including ourselves: 2 to 16.
    pub fn players(self, players: u8) -> Self {
        Self { players: Some(players), ..self }
    }

    /// The token for this match, which `/match` in the chat has given out.
    pub fn token(self, token: u64) -> Self {
        Self { token: Some(token), ..self }
    }

    /// Which addresses of the server are tried.
    pub fn family(self, family: AddressFamily) -> Self {
        Self { family, ..self }
    }

    /// The longest time to wait for players that can be reached. Without it: for ever.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// The UDP port to use. Without it, or 0: a free one.
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Waits for players of this queue of whom at least one can be reached. If none can, it looks
    /// for others, unless a token was given: a token is for one match.
    pub fn join(&self, queue: &str) -> Result<Group, MatchError> {
        self.join_telling(Some(queue), |_, _| {}, || false)
    }

    /// The same, telling each step, and of which server; without a queue there must be a token.
    /// Within half a second after `stop` has become true it is given up.
    pub fn join_telling(
        &self,
        queue: Option<&str>,
        mut tell: impl FnMut(SocketAddr, &Event),
        stop: impl Fn() -> bool,
    ) -> Result<Group, MatchError> {
        self.check(queue)?;
        let addresses = socket::look_up(&self.server, self.family)?;
        let clock = Clock::start();
        let mut outcome = Err(MatchError::JoinRequest("the server has no address".to_owned()));
        for (number, &address) in addresses.iter().enumerate() {
            let is_last = number + 1 == addresses.len();
            let patience = if is_last { SERVER_PATIENCE } else { SERVER_ADDRESS_PATIENCE };
            outcome = self.join_at(address, patience, queue, clock, (&mut tell, &stop));
            if !matches!(outcome, Err(MatchError::Unanswered { .. } | MatchError::Socket { .. })) {
                break;
            }
        }
        outcome
    }

    fn check(&self, queue: Option<&str>) -> Result<(), MatchError> {
        let problem = match queue {
            _ if self.players.is_some_and(|players| !MATCH_PLAYERS.contains(&players)) => {
                "there must be 2 to 16 players"
            }
            None if self.token.is_none() => "name a queue, or give a token",
            Some(name) if !is_queue_name(name) => {
                "a queue is named in 1 to 64 visible ASCII characters without spaces"
            }
            _ => return Ok(()),
        };
        Err(MatchError::JoinRequest(problem.to_owned()))
    }

    fn join_at(
        &self,
        address: SocketAddr,
        patience: Duration,
        queue: Option<&str>,
        clock: Clock,
        (tell, stop): (&mut impl FnMut(SocketAddr, &Event), &impl Fn() -> bool),
    ) -> Result<Group, MatchError> {
        let queue = queue.map(str::to_owned);
        // A token knows how many it is for.
        let players = self.players.or(self.token.is_none().then_some(*MATCH_PLAYERS.start()));
        let (token, lan) = (self.token, Vec::new());
        let request = JoinRequest { queue, players, token, lan, patience };
        let mut group = search::begin(address, self.port, request, clock)?;
        let end = self.timeout.map_or(Time::NEVER, |timeout| clock.now() + timeout);
        match self.run(&mut group, end, (tell, stop)) {
            Ok(()) => Ok(group),
            Err(error) => {
                // Sent once; a server that misses it forgets us anyway.
                group.leave();
                Err(error)
            }
        }
    }

    fn run(
        &self,
        group: &mut Group,
        end: Time,
        (tell, stop): (&mut impl FnMut(SocketAddr, &Event), &impl Fn() -> bool),
    ) -> Result<(), MatchError> {
        let (mut was_heard, mut was_in_vain) = (false, false);
        loop {
            group.take_early();
            while let Some(event) = group.client.poll_event() {
                tell(group.client.server(), &event);
                was_heard |= event != Event::Asking;
                was_in_vain |= event == Event::Done;
                if let Some(outcome) = search::outcome(group, &self.server, &event) {
                    return outcome;
                }
            }
            let matched = group.client.you().is_some();
            if let Some(timeout) = self.timeout.filter(|_| !matched && group.clock.now() >= end) {
                return Err(match (was_heard, was_in_vain) {
                    (false, _) => self.unanswered(group),
                    (true, false) => MatchError::Timeout { timeout },
                    (true, true) => MatchError::OutOfReach { server: self.server.clone() },
                });
            }
            if stop() {
                return Err(MatchError::Interrupted);
            }
            let until = if matched { Time::NEVER } else { end };
            group.wait(None, until.min(group.clock.now() + SIGNAL_LOOK))?;
        }
    }

    fn unanswered(&self, group: &Group) -> MatchError {
        search::unanswered(group, &self.server)
    }
}
