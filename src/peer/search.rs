//! One search for players at one address of a server, from its beginning to its end. A match in
//! which no player can be reached does not end it: another one is looked for.
//!
//! Left to the caller: which address, waiting, and when to give up.

use std::net::SocketAddr;

use super::clock::Clock;
use super::error::MatchError;
use super::group::Group;
use super::socket;
use crate::peer::protocol::{Client, Event, Input, JoinRefusal, JoinRequest};

/// Begins to ask, with our addresses in the own network added. Never blocks; the first datagram is
/// due at once, but not sent yet.
pub(crate) fn begin(
    server: SocketAddr,
    port: u16,
    request: JoinRequest,
    clock: Clock,
) -> Result<Group, MatchError> {
    let socket = socket::open(server, port)?;
    let request = JoinRequest { lan: socket::lan_candidates(&socket, server), ..request };
    let client = Client::new(clock.now(), server, request, seed()?);
    Ok(Group::new(socket, client, clock))
}

/// The meaning of an event for the search; `None`: it goes on.
pub(crate) fn outcome(
    group: &mut Group,
    server: &str,
    event: &Event,
) -> Option<Result<(), MatchError>> {
    let name = || server.to_owned();
    match event {
        Event::Done if group.client.peers().all(|peer| peer.path.is_none()) => {
            group.forget_early();
            let goes_on = group.client.search_again(group.clock.now());
            (!goes_on).then(|| Err(MatchError::OutOfReach { server: name() }))
        }
        Event::Dissolved => {
            group.forget_early();
            None
        }
        Event::Done => {
            // The report to the server is due now.
            group.client.handle(group.clock.now(), Input::Timeout);
            group.flush();
            Some(Ok(()))
        }
        Event::Unanswered => Some(Err(unanswered(group, server))),
        Event::Refused { code, retry: None } => {
            Some(Err(MatchError::Refused { server: name(), why: reason(*code) }))
        }
        _ => None,
    }
}

/// The error of a server that does not answer.
pub(crate) fn unanswered(group: &Group, server: &str) -> MatchError {
    MatchError::Unanswered { server: server.to_owned(), address: group.client.server() }
}

/// The meaning of a refusal, and advice.
pub(crate) fn reason(code: JoinRefusal) -> &'static str {
    match code {
        JoinRefusal::Queue => "it knows no such queue; name another",
        JoinRefusal::Players => "it makes no matches of so many players; ask for fewer",
        JoinRefusal::Token => {
            "the token is unknown, too old, or for another queue or number of players; \
             get another by /match in the chat"
        }
        JoinRefusal::Many => "too many players wait at your address; try again later",
        JoinRefusal::Full => "it is full; try again later",
        JoinRefusal::Other => "for a reason that this version does not know",
    }
}

/// A secret random seed.
pub(crate) fn seed() -> Result<u128, MatchError> {
    let mut seed = [0; 16];
    getrandom::fill(&mut seed).map_err(|error| MatchError::Socket {
        what: "draw a random number",
        source: std::io::Error::other(error),
    })?;
    Ok(u128::from_le_bytes(seed))
}
