//! Who has brought wrong passwords of operators: whose turn comes last when several are checked.
//!
//! Counted for clients, for networks and for the prefixes around those, of which one customer may
//! own all. Loopback is everybody's, so there clients alone count. When the table is full, who
//! failed longest ago is forgotten.

use std::collections::HashMap;

use crate::chat::Network;
use crate::id::ClientId;
use crate::limits::PASSWORD_FAILURES_MAX;

/// Whoever a wrong password is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Guesser {
    Client(ClientId),
    Network(Network),
    Prefix(Network),
}

/// When somebody's turn is: those with less come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GuesserRank {
    /// Nobody from there has brought a right one.
    is_unproved: bool,
    by_network: u32,
    by_prefix: u32,
    by_client: u32,
}

/// All that is counted.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    failed: HashMap<Guesser, Failed>,
    /// Networks of those who have brought a right one.
    proved: Vec<Network>,
    count: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Failed {
    times: u32,
    /// Which of all failures was the last.
    last: u64,
}

impl Guesses {
    /// When the turn of this client is, who comes from there.
    pub(super) fn rank(&self, id: ClientId, network: Option<Network>) -> GuesserRank {
        let failed = |who| self.failed.get(&who).map_or(0, |failed| failed.times);
        let by_client = failed(Guesser::Client(id));
        let Some(network) = network else {
            let is_unproved = true;
            return GuesserRank { is_unproved, by_network: by_client, by_prefix: 0, by_client };
        };
        GuesserRank {
            is_unproved: !self.proved.contains(&network),
            by_network: failed(Guesser::Network(network)),
            by_prefix: failed(Guesser::Prefix(network.prefix())),
            by_client,
        }
    }

    /// It has brought a wrong one.
    pub(super) fn note_wrong(&mut self, id: ClientId, network: Option<Network>) {
        self.fail(Guesser::Client(id));
        if let Some(network) = network {
            self.fail(Guesser::Network(network));
            self.fail(Guesser::Prefix(network.prefix()));
        }
    }

    /// It has brought a right one.
    pub(super) fn note_right(&mut self, id: ClientId, network: Option<Network>) {
        self.failed.remove(&Guesser::Client(id));
        let Some(network) = network else { return };
        self.failed.remove(&Guesser::Network(network));
        self.proved.retain(|proved| *proved != network);
        if self.proved.len() >= PASSWORD_FAILURES_MAX {
            self.proved.remove(0);
        }
        self.proved.push(network);
    }

    fn fail(&mut self, who: Guesser) {
        self.count += 1;
        let failed = self.failed.entry(who).or_default();
        *failed = Failed { times: failed.times.saturating_add(1), last: self.count };
        if self.failed.len() > PASSWORD_FAILURES_MAX {
            let oldest = self.failed.iter().min_by_key(|(_, failed)| failed.last);
            if let Some(oldest) = oldest.map(|(who, _)| *who) {
                self.failed.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> ClientId {
        ClientId::from_bits(number)
    }

    fn network(address: &str) -> Option<Network> {
        Network::of(address.parse().unwrap())
    }

    #[test]
    fn who_failed_less_comes_first_and_who_was_right_before_all() {
        let mut guesses = Guesses::default();
        let (home, school) = (network("192.0.2.7"), network("2001:db8::7"));
        guesses.note_wrong(id(1), home);
        let rank = |guesses: &Guesses, who, from| guesses.rank(id(who), from);
        assert!(rank(&guesses, 2, school) < rank(&guesses, 2, home), "another network");
        assert!(rank(&guesses, 2, home) < rank(&guesses, 1, home), "another client");
        assert!(rank(&guesses, 2, school) < rank(&guesses, 2, network("192.0.2.8")), "around");
        guesses.note_wrong(id(3), school);
        guesses.note_wrong(id(3), school);
        guesses.note_right(id(4), school);
        assert!(rank(&guesses, 5, school) < rank(&guesses, 2, network("198.51.100.1")));
        // From where everybody comes, each stands for itself.
        guesses.note_wrong(id(6), None);
        guesses.note_right(id(7), None);
        assert!(rank(&guesses, 7, None) < rank(&guesses, 6, None));
    }

    #[test]
    fn no_more_are_remembered_than_may_be() {
        let mut guesses = Guesses::default();
        for number in 0..2 * PASSWORD_FAILURES_MAX as u64 {
            guesses.note_wrong(id(number), network("192.0.2.7"));
            guesses.note_right(id(number), network(&format!("2001:db8:0:{number:x}::1")));
        }
        assert!(guesses.failed.len() <= PASSWORD_FAILURES_MAX);
        assert!(guesses.proved.len() <= PASSWORD_FAILURES_MAX);
        let rank = guesses.rank(id(9), network("192.0.2.7"));
        assert_eq!(
            rank.by_network,
            2 * PASSWORD_FAILURES_MAX as u32,
            "who goes on is not forgotten"
        );
    }
}
