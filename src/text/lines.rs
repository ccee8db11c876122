//! Texts of several lines, as a message may have that was sent as one.
//!
//! A [`LINE_END`] stands between two lines. A line that was longer than what goes in one piece came
//! in several, and a [`SEAM`] stands between two of them: whoever shows the line leaves it out, and
//! whoever needs pieces cuts there, where the author did.

use std::borrow::Cow;
use std::iter;

use memchr::{memchr2, memchr2_iter};

use super::{clean_formatted, is_blank};
use crate::limits::LINE_BYTES_MAX;

/// Between two lines.
pub const LINE_END: char = '\n';
/// Between two pieces of one line.
pub const SEAM: char = '\r';

/// Whether a text is more than one line in one piece.
pub fn has_lines(text: &str) -> bool {
    memchr2(LINE_END as u8, SEAM as u8, text.as_bytes()).is_some()
}

/// The number of pieces.
pub fn count_pieces(text: &str) -> usize {
    memchr2_iter(LINE_END as u8, SEAM as u8, text.as_bytes()).count() + 1
}

/// Each piece, and whether it goes on with the line of the one before.
pub fn pieces(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let (mut rest, mut goes_on) = (Some(text), false);
    iter::from_fn(move || {
        let text = rest?;
        let end = memchr2(LINE_END as u8, SEAM as u8, text.as_bytes());
        let piece = (goes_on, &text[..end.unwrap_or(text.len())]);
        goes_on = end.is_some_and(|end| text.as_bytes()[end] == SEAM as u8);
        rest = end.map(|end| &text[end + 1..]);
        Some(piece)
    })
}

/// The same text with each piece made clean ([`clean_formatted`]).
pub fn clean_lines(text: &str) -> Cow<'_, str> {
    if !has_lines(text) {
        return clean_formatted(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    for (place, (goes_on, piece)) in pieces(text).enumerate() {
        if place > 0 {
            cleaned.push(if goes_on { SEAM } else { LINE_END });
        }
        cleaned.push_str(&clean_formatted(piece));
    }
    Cow::Owned(cleaned)
}

/// Each line as it is meant, blank ones too.
pub fn whole_lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.split(LINE_END).map(|line| match line.contains(SEAM) {
        true => Cow::Owned(line.replace(SEAM, "")),
        false => Cow::Borrowed(line),
    })
}

/// What is shown where a message is one line: each line that is not blank, those too long for one
/// in their pieces.
pub fn shown_lines(text: &str) -> Vec<Cow<'_, str>> {
    let mut shown = Vec::new();
    for line in text.split(LINE_END) {
        if line.len() <= LINE_BYTES_MAX {
            shown.extend(whole_lines(line));
        } else {
            shown.extend(line.split(SEAM).map(Cow::Borrowed));
        }
    }
    shown.retain(|line| !is_blank(line));
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_lines_and_lines_are_pieces() {
        let text = "hello\nhow is \reveryone?\n\n";
        let all: Vec<_> = pieces(text).collect();
        let meant =
            [(false, "hello"), (false, "how is "), (true, "everyone?"), (false, ""), (false, "")];
        assert_eq!(all, meant);
        assert_eq!(count_pieces(text), meant.len());
        assert_eq!(whole_lines(text).collect::<Vec<_>>(), ["hello", "how is everyone?", "", ""]);
        assert_eq!(shown_lines(text), ["hello", "how is everyone?"]);
        assert!(has_lines(text) && !has_lines("hello"));
    }

    #[test]
    fn each_piece_is_cleaned_and_stays_one() {
        assert_eq!(clean_lines("a\x07\n\x02b\x1b\r\u{202E}c"), "a\n\x02b\rc");
        assert_eq!(clean_lines("plain"), "plain");
    }

    #[test]
    fn a_line_too_long_to_show_is_shown_in_its_pieces() {
        let piece = "x".repeat(400);
        let text = [piece.as_str(); 4].join("\r");
        assert_eq!(shown_lines(&text), [piece.as_str(); 4]);
    }
}
