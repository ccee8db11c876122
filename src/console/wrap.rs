//! Text in rows of so many columns.
//!
//! Breaks at spaces, and inside of a word only where it is longer than a row. What belongs to one
//! character for a reader (an accent, a family of emoji) is never torn apart.
//!
//! Invariants: the rows are pieces of the text, in order, and all of it but the spaces at which it
//! was broken; none is wider than asked for, unless one character alone is.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that a text takes on a terminal.
pub(super) fn columns(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// The beginning of a text that is no wider than this.
pub(super) fn truncate(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used > width {
            return &text[..at];
        }
    }
    text
}

/// The rows of a text: the first of `first` columns, the others of `rest`. At least one.
pub(super) fn wrap(text: &str, first: usize, rest: usize) -> Vec<&str> {
    let (mut rows, mut left, mut width) = (Vec::new(), text, first.max(1));
    while let Some((end, next)) = break_at(left, width) {
        rows.push(&left[..end]);
        (left, width) = (&left[next..], rest.max(1));
    }
    rows.push(left);
    rows
}

/// Where a row ends that does not hold all of the text, and where the next begins.
fn break_at(text: &str, width: usize) -> Option<(usize, usize)> {
    let (mut used, mut space) = (0, None);
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used > width && at > 0 {
            let is_between = grapheme == " " && !text[..at].ends_with(' ');
            let end = if is_between { Some(at) } else { space };
            let Some(end) = end else { return Some((at, at)) };
            let spaces = text[end..].len() - text[end..].trim_start_matches(' ').len();
            return Some((end, end + spaces));
        }
        let goes_on = text[..at].ends_with(' ');
        if grapheme == " " && !goes_on && at > 0 {
            space = Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_where_they_fit() {
        for (text, first, rest, rows) in [
            ("", 10, 10, &[""][..]),
            ("hello", 5, 5, &["hello"]),
            ("hello you", 5, 5, &["hello", "you"]),
            ("hello  you", 6, 6, &["hello", "you"]),
            ("a bc def ghij", 6, 4, &["a bc", "def", "ghij"]),
            ("abcdefgh", 3, 4, &["abc", "defg", "h"]),
            ("ab cdefgh", 4, 4, &["ab", "cdef", "gh"]),
            ("日本語", 4, 4, &["日本", "語"]),
            ("e\u{301}e\u{301}e", 2, 2, &["e\u{301}e\u{301}", "e"]),
            ("日本", 1, 1, &["日", "本"]),
        ] {
            assert_eq!(wrap(text, first, rest), rows, "{text:?} in {first} and {rest}");
        }
    }

    #[test]
    fn nothing_is_lost_and_nothing_too_wide() {
        let mut state = 3_u64;
        let mut random = |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % most
        };
        let family = "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}";
        let parts = ["a", " ", "日", "word", "e\u{301}", family, "  ", "\u{301}", "x-y"];
        for _ in 0..5_000 {
            let text: String = (0..random(30)).map(|_| parts[random(9) as usize]).collect();
            let (first, rest) = (1 + random(12) as usize, 1 + random(12) as usize);
            let rows = wrap(&text, first, rest);
            let kept = |text: &str| text.replace(' ', "");
            assert_eq!(kept(&rows.concat()), kept(&text), "{text:?} in {first} and {rest}");
            for (number, row) in rows.iter().enumerate() {
                let most = if number == 0 { first } else { rest };
                let row = row.trim_end_matches(' ');
                let is_one = row.graphemes(true).count() <= 1;
                assert!(columns(row) <= most || is_one, "{row:?} of {text:?} in {first}, {rest}");
            }
        }
    }
}
