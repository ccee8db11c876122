//! Compares the matches of two endpoints: each must name the other. Pure.
//!
//! Invariant: `told` holds endpoints whose partner has not been told yet.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::mc1::MatchLine;

/// The number of pairs, and of wrong ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PairCount {
    /// Both endpoints were told of each other.
    pub(super) made: u64,
    /// Told of itself, of an endpoint that was told of another, or of an unknown address.
    pub(super) wrong: u64,
    /// Told of an endpoint that was still waiting when the run ended.
    pub(super) one_sided: u64,
}

/// The matches that endpoints were told of.
#[derive(Debug, Default)]
pub(super) struct Partners {
    /// By number of the match and endpoint. Plain pairs have no numbers: all are 0.
    told: HashMap<(u64, SocketAddr), MatchLine>,
    count: PairCount,
}

impl Partners {
    /// Notes an endpoint's match.
    pub(super) fn note(&mut self, endpoint: SocketAddr, told: MatchLine) {
        if told.you != endpoint || told.partner == endpoint {
            self.count.wrong += 1;
            return;
        }
        match self.told.remove(&(told.number, told.partner)) {
            Some(other) if fit(&told, &other) => self.count.made += 1,
            Some(_) => self.count.wrong += 1,
            None => drop(self.told.insert((told.number, endpoint), told)),
        }
    }

    /// The count, while these endpoints are still waiting.
    pub(super) fn count(&self, waiting: &HashSet<SocketAddr>) -> PairCount {
        let half = self.told.values().filter(|told| waiting.contains(&told.partner)).count();
        let wrong = self.told.len() - half;
        let PairCount { made, wrong: before, .. } = self.count;
        PairCount { made, wrong: before + wrong as u64, one_sided: half as u64 }
    }
}

/// Whether two endpoints were told of the same match, each as the other's partner. Plain pairs have
/// no slots.
fn fit(one: &MatchLine, other: &MatchLine) -> bool {
    one.you == other.partner
        && one.partner == other.you
        && one.key == other.key
        && (one.slot != other.slot || one.slot == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn told(number: u64, slot: u8, you: u16, partner: u16) -> MatchLine {
        MatchLine { number, key: 9, slot, you: at(you), partner: at(partner) }
    }

    fn count(told: &[MatchLine], waiting: &[u16]) -> (u64, u64, u64) {
        let mut partners = Partners::default();
        told.iter().for_each(|told| partners.note(told.you, *told));
        let count = partners.count(&waiting.iter().map(|port| at(*port)).collect());
        (count.made, count.wrong, count.one_sided)
    }

    #[test]
    fn two_who_name_each_other_are_a_pair() {
        assert_eq!(count(&[told(0, 0, 1, 2), told(0, 0, 3, 4), told(0, 0, 2, 1)], &[4]), (1, 0, 1));
        assert_eq!(count(&[told(5, 1, 1, 2), told(5, 2, 2, 1)], &[]), (1, 0, 0));
    }

    #[test]
    fn anything_else_is_wrong() {
        assert_eq!(count(&[told(0, 0, 1, 1)], &[]), (0, 1, 0), "itself");
        assert_eq!(count(&[told(0, 0, 1, 7)], &[]), (0, 1, 0), "nobody there");
        let three = [told(0, 0, 1, 2), told(0, 0, 2, 3), told(0, 0, 3, 2)];
        assert_eq!(count(&three, &[]), (1, 1, 0), "told of one who was told of another");
        assert_eq!(count(&[told(5, 1, 1, 2), told(5, 1, 2, 1)], &[]), (0, 1, 0), "both first");
        assert_eq!(count(&[told(5, 1, 1, 2), told(6, 2, 2, 1)], &[]), (0, 2, 0), "two matches");
        let other_key = MatchLine { key: 8, ..told(5, 2, 2, 1) };
        assert_eq!(count(&[told(5, 1, 1, 2), other_key], &[]), (0, 1, 0), "two keys");
        let mut partners = Partners::default();
        partners.note(at(3), told(0, 0, 1, 2));
        assert_eq!(partners.count(&HashSet::new()).wrong, 1, "an address that is not its own");
    }
}
