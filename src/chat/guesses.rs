//! Wrong passwords for one room: a network from which many have come has to pause.
//!
//! They are counted for each network, so that a guesser locks out nobody else, and for none that
//! everybody may come from. Owners with their key and those who keep order need no password.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::network::Network;
use crate::limits::{
    ROOM_GUESSERS_MAX, ROOM_GUESSES_FORGOTTEN, ROOM_GUESSES_FREE, ROOM_PAUSE_MAX, ROOM_PAUSE_MIN,
};
use crate::time::UnixTime;

/// The wrong passwords from one network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct GuessingNetwork {
    network: Network,
    wrong: u32,
    /// The date of the last wrong one.
    last: UnixTime,
}

/// The networks from which wrong passwords came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PasswordGuesses(Vec<GuessingNetwork>);

impl PasswordGuesses {
    /// The time until somebody from this network may try again; `None`: at once.
    pub(super) fn pause(&self, now: UnixTime, network: Network) -> Option<Duration> {
        let guesser = self.0.iter().find(|guesser| guesser.network == network)?;
        let left = guesser.pause().checked_sub(now.since(guesser.last))?;
        (!left.is_zero()).then_some(left)
    }

    /// A wrong password has come from there.
    pub(super) fn note_wrong(&mut self, now: UnixTime, network: Network) {
        self.0.retain(|guesser| now.since(guesser.last) < ROOM_GUESSES_FORGOTTEN);
        if let Some(known) = self.0.iter_mut().find(|guesser| guesser.network == network) {
            *known = GuessingNetwork { network, wrong: known.wrong.saturating_add(1), last: now };
            return;
        }
        if self.0.len() >= ROOM_GUESSERS_MAX {
            let worth = |place: &usize| (self.0[*place].wrong, self.0[*place].last);
            if let Some(least) = (0..self.0.len()).min_by_key(worth) {
                self.0.swap_remove(least);
            }
        }
        self.0.push(GuessingNetwork { network, wrong: 1, last: now });
    }

    /// The right one has come from there.
    pub(super) fn note_right(&mut self, network: Network) {
        self.0.retain(|guesser| guesser.network != network);
    }
}

impl GuessingNetwork {
    /// From the last wrong one until another may be tried.
    fn pause(&self) -> Duration {
        let doublings = self.wrong.checked_sub(ROOM_GUESSES_FREE);
        doublings.map_or(Duration::ZERO, |doublings| {
            let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
            ROOM_PAUSE_MIN.saturating_mul(factor).min(ROOM_PAUSE_MAX)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u32) -> Network {
        Network::of(std::net::IpAddr::from((0xc000_0200 + number).to_be_bytes())).unwrap()
    }

    #[test]
    fn after_ten_wrong_ones_each_pause_is_twice_as_long_up_to_a_minute() {
        let (mut guesses, mut now) = (PasswordGuesses::default(), UnixTime::from_millis(1_000_000));
        let home = network(7);
        for _ in 0..ROOM_GUESSES_FREE {
            assert_eq!(guesses.pause(now, home), None);
            guesses.note_wrong(now, home);
        }
        let mut pauses = Vec::new();
        for _ in 0..9 {
            let pause = guesses.pause(now, home).unwrap();
            pauses.push(pause.as_secs());
            now = now + pause;
            assert_eq!(guesses.pause(now, home), None);
            guesses.note_wrong(now, home);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(guesses.pause(now, network(8)), None, "others may try");
        guesses.note_right(home);
        assert_eq!(guesses.pause(now, home), None);
    }

    #[test]
    fn no_more_are_remembered_than_may_be_and_none_for_ever() {
        let (mut guesses, now) = (PasswordGuesses::default(), UnixTime::from_millis(1_000_000));
        let home = network(7);
        (0..20).for_each(|_| guesses.note_wrong(now, home));
        for number in 1_000..1_200 {
            guesses.note_wrong(now, network(number));
        }
        assert_eq!(guesses.0.len(), ROOM_GUESSERS_MAX);
        assert!(guesses.pause(now, home).is_some(), "who guesses most is not forgotten");
        guesses.note_wrong(now + ROOM_GUESSES_FORGOTTEN, network(1));
        assert_eq!(guesses.0.len(), 1);
    }
}
