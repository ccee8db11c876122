//! Masks: `*` stands for any text, `?` for any one character; capitals do not matter.
//!
//! Matched without backtracking beyond the last `*`, so a mask of many stars takes no longer than
//! the mask times the text. A mask is folded once, for many texts.

use smallvec::SmallVec;

/// A text in small letters. Names are short, so most take no memory of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folded(SmallVec<[char; 16]>);

impl Folded {
    pub(super) fn of(text: &str) -> Self {
        Self(text.chars().flat_map(char::to_lowercase).collect())
    }
}

/// A mask, in small letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wildcard(Folded);

impl Wildcard {
    /// The mask that this text is.
    pub(super) fn new(mask: &str) -> Self {
        Self(Folded::of(mask))
    }

    /// Whether it stands for every text.
    pub(super) fn is_any(&self) -> bool {
        matches!(*self.0.0, ['*'])
    }

    /// Whether it matches all of a text.
    pub(super) fn matches(&self, text: &Folded) -> bool {
        if self.is_any() {
            return true;
        }
        let (mask, text) = (&*self.0.0, &*text.0);
        let (mut at_mask, mut at_text) = (0, 0);
        // Where to go on if what follows the last star does not match here.
        let mut again: Option<(usize, usize)> = None;
        while at_text < text.len() {
            match mask.get(at_mask) {
                Some('*') => {
                    at_mask += 1;
                    again = Some((at_mask, at_text));
                }
                Some(&wanted) if wanted == '?' || wanted == text[at_text] => {
                    (at_mask, at_text) = (at_mask + 1, at_text + 1);
                }
                _ => {
                    let Some((behind_star, from)) = again else { return false };
                    (at_mask, at_text) = (behind_star, from + 1);
                    again = Some((behind_star, from + 1));
                }
            }
        }
        mask[at_mask..].iter().all(|rest| *rest == '*')
    }
}

/// Whether a mask matches all of a text.
pub(super) fn matches(mask: &str, text: &str) -> bool {
    Wildcard::new(mask).matches(&Folded::of(text))
}

/// Whether a text stands for many.
pub(super) fn is_mask(text: &str) -> bool {
    text.contains(['*', '?'])
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_others() {
        for (mask, text, expected) in [
            ("", "", true),
            ("*", "", true),
            ("?", "", false),
            ("al*", "Alice", true),
            ("*ice", "alice", true),
            ("*li*e", "alice", true),
            ("a?ice", "alice", true),
            ("a?ce", "alice", false),
            ("*a*a*a*", "banana", true),
            ("*a*a*a*a*", "banana", false),
            ("alice", "alic", false),
            ("alic", "alice", false),
            ("**", "alice", true),
            ("É*", "école", true),
        ] {
            assert_eq!(matches(mask, text), expected, "{mask} {text}");
        }
    }

    /// Tries every length for each star.
    fn matches_naively(mask: &[u8], text: &[u8]) -> bool {
        match mask.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|at| matches_naively(rest, &text[at..])),
            Some((b'?', rest)) => !text.is_empty() && matches_naively(rest, &text[1..]),
            Some((one, rest)) => text.first() == Some(one) && matches_naively(rest, &text[1..]),
        }
    }

    #[test]
    fn every_short_mask_matches_what_it_matches_naively() {
        let words = |letters: &[u8], longest: usize| {
            let mut all = vec![Vec::new()];
            for from in 0.. {
                let Some(word) = all.get(from).filter(|word: &&Vec<u8>| word.len() < longest)
                else {
                    return all;
                };
                let longer: Vec<_> =
                    letters.iter().map(|letter| [&word[..], &[*letter]].concat()).collect();
                all.extend(longer);
            }
            all
        };
        for mask in words(b"ab*?", 5) {
            for text in words(b"ab", 5) {
                let (mask, text) =
                    (std::str::from_utf8(&mask).unwrap(), std::str::from_utf8(&text).unwrap());
                let expected = matches_naively(mask.as_bytes(), text.as_bytes());
                assert_eq!(matches(mask, text), expected, "{mask} {text}");
            }
        }
    }

    #[test]
    fn a_mask_of_many_stars_is_soon_matched() {
        let (mask, text) = ("*a".repeat(200), "a".repeat(199) + "b");
        assert!(!matches(&mask, &text));
    }
}
