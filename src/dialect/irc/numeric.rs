//! Lines as they are written: the server's own, none longer than it may be.

use std::io::Write;

use crate::limits::IRC_LINE_BYTES_MAX;
use crate::text::clean_formatted;

/// How every line ends.
pub(super) const END: &[u8] = b"\r\n";

/// The body of a line that is being written; tags come before it.
pub(super) struct Line<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Line<'a> {
    /// Begins a body with this source.
    pub(super) fn begin(out: &'a mut Vec<u8>, source: &str) -> Self {
        let start = out.len();
        out.push(b':');
        out.extend_from_slice(source.as_bytes());
        Self { out, start }
    }

    /// Begins a body behind what was written from `start` on, which is its source.
    pub(super) fn behind(out: &'a mut Vec<u8>, start: usize) -> Self {
        Self { out, start }
    }

    /// Appends a word.
    pub(super) fn word(self, word: &str) -> Self {
        self.out.push(b' ');
        self.out.extend_from_slice(if word.is_empty() { b"*" } else { word.as_bytes() });
        self
    }

    /// Appends words.
    pub(super) fn words<'w>(self, words: impl IntoIterator<Item = &'w str>) -> Self {
        words.into_iter().fold(self, Line::word)
    }

    /// Appends a number.
    pub(super) fn number(self, number: impl Into<u64>) -> Self {
        // Writing to memory does not fail.
        let _ = write!(self.out, " {}", number.into());
        self
    }

    /// Ends the line with a text, of which as much is told as fits.
    pub(super) fn text(self, text: &str) {
        self.out.extend_from_slice(b" :");
        // What people give for a reason comes as they wrote it.
        self.out.extend_from_slice(clean_formatted(text).as_bytes());
        self.end();
    }

    /// Ends the line.
    pub(super) fn end(self) {
        let most = self.start + IRC_LINE_BYTES_MAX - END.len();
        if self.out.len() > most {
            let mut cut = most;
            while !is_boundary(self.out, cut) {
                cut -= 1;
            }
            self.out.truncate(cut);
        }
        self.out.extend_from_slice(END);
    }
}

/// Puts a list together in texts of no more than `most` bytes, or of one item.
pub(super) fn pack(
    list: impl Iterator<Item = impl AsRef<str>>,
    between: char,
    most: usize,
    mut write: impl FnMut(&str),
) {
    let mut text = String::new();
    for item in list {
        let item = item.as_ref();
        if !text.is_empty() && text.len() + 1 + item.len() > most {
            write(&text);
            text.clear();
        }
        if !text.is_empty() {
            text.push(between);
        }
        text.push_str(item);
    }
    if !text.is_empty() {
        write(&text);
    }
}

/// Whether no character reaches over this place.
fn is_boundary(text: &[u8], place: usize) -> bool {
    text.get(place).is_none_or(|byte| byte & 0xC0 != 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_where_it_is_too_long_and_never_inside_a_character() {
        let mut out = Vec::new();
        Line::begin(&mut out, "server").word("372").word("").text(&"\u{e4}".repeat(600));
        assert!(out.len() == 512 || out.len() == 511, "{}", out.len());
        assert!(std::str::from_utf8(&out).is_ok() && out.ends_with(b"\r\n"));
        assert!(out.starts_with(b":server 372 * :"));
    }
}
