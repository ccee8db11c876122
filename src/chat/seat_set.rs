//! Some of the seats of a room, a bit for each.
//!
//! Invariant: no bit is set behind the last word that holds one, so that a room in which nobody is
//! meant takes no memory for it.

use serde::{Deserialize, Serialize};

const BITS: usize = u64::BITS as usize;

/// A set of seats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SeatSet {
    words: Vec<u64>,
}

impl SeatSet {
    /// Whether no seat is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a seat is in it.
    pub(super) fn has(&self, seat: usize) -> bool {
        self.words.get(seat / BITS).is_some_and(|word| word & (1 << (seat % BITS)) != 0)
    }

    /// Takes a seat in, or out.
    pub(super) fn set(&mut self, seat: usize, is_in: bool) {
        if is_in && seat / BITS >= self.words.len() {
            self.words.resize(seat / BITS + 1, 0);
        }
        if let Some(word) = self.words.get_mut(seat / BITS) {
            let bit = 1 << (seat % BITS);
            *word = if is_in { *word | bit } else { *word & !bit };
        }
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
    }

    /// The last seat is taken away, and whoever sat there has this one now.
    pub(super) fn swap_remove(&mut self, seat: usize, last: usize) {
        let moves_in = self.has(last);
        self.set(last, false);
        self.set(seat, moves_in && seat != last);
    }

    /// The last of the first `end` seats that is not in it.
    pub(super) fn last_outside(&self, end: usize) -> Option<usize> {
        let mut end = end;
        while end > 0 {
            let seat = end - 1;
            let word = self.words.get(seat / BITS).copied().unwrap_or(0);
            // Of those up to this seat in its word, those that are outside.
            let outside = !word << (BITS - 1 - seat % BITS);
            if outside != 0 {
                return Some(seat - outside.leading_zeros() as usize);
            }
            end = seat / BITS * BITS;
        }
        None
    }

    /// The last seat in it.
    pub(super) fn last_set(&self) -> Option<usize> {
        let word = self.words.last()?;
        Some((self.words.len() - 1) * BITS + word.checked_ilog2()? as usize)
    }

    /// Gives back memory.
    pub(super) fn trim(&mut self) {
        self.words.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_a_list_of_flags_would_be() {
        let (mut set, mut flags) = (SeatSet::default(), Vec::new());
        let mut random = 1_usize;
        for _ in 0..4_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let draw = random >> 33;
            match draw % 4 {
                0 | 1 => {
                    let is_in = draw % 8 < 5;
                    set.set(flags.len(), is_in);
                    flags.push(is_in);
                }
                2 if flags.len() > 150 => {
                    let seat = (draw / 4) % flags.len();
                    set.swap_remove(seat, flags.len() - 1);
                    flags.swap_remove(seat);
                }
                _ if !flags.is_empty() => {
                    let seat = (draw / 4) % flags.len();
                    set.set(seat, draw % 64 == 3);
                    flags[seat] = draw % 64 == 3;
                }
                _ => {}
            }
            assert_eq!(set.last_set(), flags.iter().rposition(|is_in| *is_in));
            let end = draw % (flags.len() + 1);
            assert_eq!(set.last_outside(end), flags[..end].iter().rposition(|is_in| !is_in));
        }
        for seat in (0..flags.len()).rev() {
            assert_eq!(set.has(seat), flags[seat]);
            set.swap_remove(seat, seat);
        }
        assert!(set.is_empty());
    }
}
