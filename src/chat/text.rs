//! What of a person's text is relayed.
//!
//! The server cleans text because people read it with programs (`nc`, a classroom script) that
//! hand every byte to the terminal: nothing relayed may move a cursor, ring, change colours or
//! reorder what is shown (CVE-2021-42574). Whether bytes are UTF-8 at all is for `dialect`.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;

use crate::limits::COMBINING_MARKS_MAX;

/// The text without control characters (a tab becomes a space), bidirectional controls, line
/// and paragraph separators, byte order marks and tag characters, and with at most
/// [`COMBINING_MARKS_MAX`] combining marks in a row. Borrows when there is nothing to remove.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut marks = 0;
    let mut keep = |&character: &char| {
        if is_unsafe(character) {
            return false;
        }
        marks = if is_combining_mark(character) { marks + 1 } else { 0 };
        marks <= COMBINING_MARKS_MAX
    };
    let spaced = text.chars().map(|character| if character == '\t' { ' ' } else { character });
    let cleaned: String = spaced.filter(&mut keep).collect();
    if cleaned == text { Cow::Borrowed(text) } else { Cow::Owned(cleaned) }
}

/// Whether a character steers a terminal, ends a line in some viewer, turns text around, or is
/// there without being seen. Never relayed, and escaped in the log.
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{061C}' | '\u{200E}' | '\u{200F}'
            | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
            | '\u{2028}' | '\u{2029}' | '\u{FEFF}'
            | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        for text in ["", "hello", "na\u{ef}ve \u{1F600} \u{65E5}\u{672C}\u{8A9E}", "cafe\u{301}"] {
            assert!(matches!(clean(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }

    #[test]
    fn what_terminals_obey_is_removed() {
        for (typed, relayed) in [
            ("a\tb", "a b"),
            ("\x1b[2Jgone", "[2Jgone"),
            ("bell\x07 del\x7f c1\u{9b}31m", "bell del c131m"),
            ("\u{202E}evil\u{2066}", "evil"),
            ("\u{200F}\u{061C}x\u{2028}y\u{2029}\u{FEFF}", "xy"),
            ("flag\u{E0067}\u{E007F}", "flag"),
            ("\x00\x01\x02", ""),
        ] {
            assert_eq!(clean(typed), relayed, "{typed:?}");
        }
    }

    #[test]
    fn piled_up_marks_are_cut_and_controls_between_them_do_not_help() {
        let piled = format!("z{}", "\u{301}".repeat(50));
        assert_eq!(clean(&piled).chars().count(), 1 + COMBINING_MARKS_MAX);
        let sneaky = format!("z{}", "\u{301}\u{200E}".repeat(50));
        assert_eq!(clean(&sneaky).chars().count(), 1 + COMBINING_MARKS_MAX);
    }

    #[test]
    fn cleaning_twice_changes_nothing_more() {
        let all: String = (0..0x1_1000u32).filter_map(char::from_u32).collect();
        let once = clean(&all).into_owned();
        assert_eq!(clean(&once), once);
        assert!(!once.chars().any(is_unsafe));
    }
}
