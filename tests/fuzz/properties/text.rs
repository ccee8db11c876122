//! What is relayed of a text is harmless, and no more is taken from it than need be.

use mio_chat::limits::COMBINING_MARKS_MAX;
use mio_chat::text::clean;
use unicode_normalization::char::is_combining_mark;

use crate::common::harmless::{is_harmful, without_flags};

/// Nothing harmful is left, marks do not pile up, what is left was there in that order, and to
/// clean it once more changes nothing.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let cleaned = clean(&text);
    let harm = without_flags(&cleaned).chars().find(|character| is_harmful(*character));
    assert_eq!(harm, None, "{cleaned:?}");
    assert!(longest_pile(&cleaned) <= COMBINING_MARKS_MAX, "{cleaned:?}");
    assert_eq!(clean(&cleaned), cleaned, "cleaned twice");
    let mut typed = text.chars().map(|character| if character == '\t' { ' ' } else { character });
    for character in cleaned.chars() {
        assert!(typed.any(|other| other == character), "{character:?} was not typed there");
    }
    if longest_pile(&text) <= COMBINING_MARKS_MAX {
        let bare = without_flags(&text);
        let shown = bare.chars().filter(|one| *one == '\t' || !is_harmful(*one)).count();
        let wanted = text.chars().count() - bare.chars().count() + shown;
        let kept = cleaned.chars().count();
        assert!(kept == wanted || has_hidden_pile(&text), "{text:?} became {cleaned:?}");
    }
}

/// The most combining marks in a row.
fn longest_pile(text: &str) -> usize {
    let piles = text.split(|character| !is_combining_mark(character));
    piles.map(|pile| pile.chars().count()).max().unwrap_or(0)
}

/// Whether marks pile up once what is harmful between them is gone.
fn has_hidden_pile(text: &str) -> bool {
    let shown: String = text.chars().filter(|character| !is_harmful(*character)).collect();
    longest_pile(&shown) > COMBINING_MARKS_MAX
}
