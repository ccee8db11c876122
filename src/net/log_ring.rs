//! The part of the log in memory: the line that is being formed, and the ring of unwritten lines.
//!
//! Pure: no descriptor, no clock, no lock. [`super::log_writer`] has those.
//!
//! Invariants: a line has exactly one newline, its last byte, and no other control character or
//! direction mark, apart from the colour of its level; it has at most [`LOG_LINE_BYTES_MAX`] bytes.
//! The ring holds whole lines, at most [`LOG_RING_BYTES`] of them in bytes; only the first may lack
//! its beginning, which is then written already. A gap in the log is reported before the next line
//! after it.

use std::collections::VecDeque;
use std::fmt;

use log::Level;

use crate::limits::{LOG_LINE_BYTES_MAX, LOG_RING_BYTES};
use crate::text::is_unsafe;

/// Bytes offered to the descriptor at once: `PIPE_BUF`, which a pipe takes whole or not at all, so
/// that our lines never mix with those of another program on the same pipe.
const WRITE_BYTES: usize = 4_096;
/// Stands at the end of a line that was too long.
const CUT_MARK: &str = " [cut]";
/// `2026-11-22T02:10:00Z `, which simplelog puts in front of the text.
const STAMP_BYTES: usize = 21;
/// The rest of a line for level and message.
const TEXT_BYTES_MAX: usize = LOG_LINE_BYTES_MAX - STAMP_BYTES - CUT_MARK.len() - "\n".len();

const _: () = {
    assert!(LOG_LINE_BYTES_MAX <= WRITE_BYTES, "each line fits in one write");
};

/// Level and message of one line: printable whatever is written into it, and bounded.
pub(super) struct LogLine {
    text: String,
    /// Whether the message was longer than the line; nothing is added after the mark.
    cut: bool,
}

impl LogLine {
    /// A line with its level and an empty message.
    pub(super) fn new(level: Level, colour: bool) -> Self {
        let (start, end) = match level {
            Level::Error if colour => ("\x1b[31m", "\x1b[0m"),
            Level::Warn if colour => ("\x1b[33m", "\x1b[0m"),
            _ => ("", ""),
        };
        Self { text: format!("{start}{level:<5}{end} "), cut: false }
    }

    /// Level and message, without newline.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Write for LogLine {
    /// Fails once the line is full, which spares the formatter the rest.
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        for character in piece.chars() {
            if self.cut {
                return Err(fmt::Error);
            }
            let escaped = is_unsafe(character).then(|| character.escape_default());
            let bytes = escaped.as_ref().map_or(character.len_utf8(), ExactSizeIterator::len);
            if self.text.len() + bytes > TEXT_BYTES_MAX {
                self.text.push_str(CUT_MARK);
                self.cut = true;
            } else if let Some(escape) = escaped {
                self.text.extend(escape);
            } else {
                self.text.push(character);
            }
        }
        Ok(())
    }
}

/// Lines waiting for a descriptor that takes them.
#[derive(Debug, Default)]
pub(super) struct LogRing {
    /// Ends with a newline unless empty; never longer than `LOG_RING_BYTES`.
    bytes: VecDeque<u8>,
    /// Whether the beginning of the first line is written already.
    torn: bool,
    /// Lines dropped since the last line, not yet reported in the log. While this is not zero no
    /// line is taken, so that one gap is reported as one.
    gap: u64,
    /// Lines dropped since the start.
    dropped: u64,
    /// The reader is gone for good: lines are only counted.
    closed: bool,
}

impl LogRing {
    /// Takes a whole line, or drops it and counts it.
    pub(super) fn push(&mut self, line: &[u8]) {
        debug_assert!(line.iter().position(|byte| *byte == b'\n') == Some(line.len() - 1));
        debug_assert!(line.len() <= LOG_LINE_BYTES_MAX);
        if self.closed {
            self.dropped += 1;
        } else if self.gap > 0 || self.bytes.len() + line.len() > LOG_RING_BYTES {
            self.dropped += 1;
            self.gap += 1;
        } else {
            self.bytes.extend(line);
        }
    }

    /// The bytes to write next: as many whole lines as fit in one write.
    pub(super) fn front(&mut self) -> &[u8] {
        let (head, tail) = self.bytes.as_slices();
        if head.len() < WRITE_BYTES && !tail.is_empty() {
            self.bytes.make_contiguous();
        }
        let head = self.bytes.as_slices().0;
        let window = &head[..head.len().min(WRITE_BYTES)];
        memchr::memrchr(b'\n', window).map_or(window, |newline| &window[..=newline])
    }

    /// Removes the bytes of [`front`](Self::front) that the descriptor took.
    pub(super) fn consume(&mut self, written: usize) {
        let Some(last) = self.bytes.drain(..written).next_back() else {
            return;
        };
        self.torn = last != b'\n';
    }

    /// Drops the rest of a line that was begun: it would make no sense in another file. The gap
    /// need not be reported, since the beginning of the line shows it.
    pub(super) fn drop_torn_line(&mut self) {
        if self.torn {
            let newline = self.bytes.iter().position(|byte| *byte == b'\n');
            let rest = newline.map_or(self.bytes.len(), |newline| newline + 1);
            self.bytes.drain(..rest);
            self.torn = false;
            self.dropped += 1;
        }
    }

    /// How many lines were dropped in a row, once there is room to say so; the caller does.
    pub(super) fn take_gap(&mut self) -> Option<u64> {
        let room = LOG_RING_BYTES - self.bytes.len();
        (self.gap > 0 && room >= LOG_LINE_BYTES_MAX).then(|| std::mem::take(&mut self.gap))
    }

    /// Gives up: drops the waiting lines and all that come.
    pub(super) fn close(&mut self) {
        let waiting = self.bytes.iter().filter(|byte| **byte == b'\n').count();
        self.dropped += waiting as u64;
        *self = Self { dropped: self.dropped, closed: true, ..Self::default() };
    }

    /// Takes lines again after [`close`](Self::close).
    pub(super) fn open(&mut self) {
        self.closed = false;
    }

    /// Whether there is nothing to write and no gap to report.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.gap == 0
    }

    /// Lines dropped since the start.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn line_of(level: Level, colour: bool, message: &str) -> String {
        let mut line = LogLine::new(level, colour);
        let _ = line.write_str(message);
        line.as_str().to_owned()
    }

    #[test]
    fn what_steers_a_terminal_or_forges_a_line_is_escaped() {
        let table = [
            ("plain, ünï¢ødé 日本 🎉 \\", "plain, ünï¢ødé 日本 🎉 \\"),
            ("a\nb", "a\\nb"),
            ("a\r\n2026-11-22T02:10:00Z INFO  forged", "a\\r\\n2026-11-22T02:10:00Z INFO  forged"),
            ("\t\0\x07\x1b[2J", "\\t\\u{0}\\u{7}\\u{1b}[2J"),
            ("\x7f\u{80}\u{85}\u{9b}\u{9f}", "\\u{7f}\\u{80}\\u{85}\\u{9b}\\u{9f}"),
            ("\u{a0}", "\u{a0}"),
            ("\u{61c}\u{200e}\u{200f}", "\\u{61c}\\u{200e}\\u{200f}"),
            ("\u{200d}", "\u{200d}"),
            ("\u{2028}\u{2029}\u{202a}\u{202e}", "\\u{2028}\\u{2029}\\u{202a}\\u{202e}"),
            ("\u{feff}\u{e0041}", "\\u{feff}\\u{e0041}"),
            ("\u{2066}\u{2069}\u{2070}", "\\u{2066}\\u{2069}\u{2070}"),
        ];
        for (message, expected) in table {
            assert_eq!(line_of(Level::Info, false, message), format!("INFO  {expected}"));
        }
    }

    #[test]
    fn only_errors_and_warnings_are_coloured() {
        assert_eq!(line_of(Level::Error, true, "x"), "\x1b[31mERROR\x1b[0m x");
        assert_eq!(line_of(Level::Warn, true, "x"), "\x1b[33mWARN \x1b[0m x");
        for level in [Level::Info, Level::Debug, Level::Trace] {
            assert_eq!(line_of(level, true, "x"), format!("{level:<5} x"));
        }
        assert_eq!(line_of(Level::Error, false, "x"), "ERROR x");
    }

    #[test]
    fn a_long_line_is_cut_between_characters_and_marked() {
        for (unit, shown) in [("a", "a"), ("é", "é"), ("🎉", "🎉"), ("\x1b", "\\u{1b}")] {
            let line = line_of(Level::Warn, true, &unit.repeat(LOG_LINE_BYTES_MAX));
            assert!(line.len() <= TEXT_BYTES_MAX + CUT_MARK.len());
            assert!(line.len() > TEXT_BYTES_MAX - "\\u{1b}".len());
            let message = line.strip_prefix("\x1b[33mWARN \x1b[0m ").unwrap();
            let kept = message.strip_suffix(CUT_MARK).unwrap();
            assert_eq!(kept, shown.repeat(kept.len() / shown.len()));
        }
        let fits = "a".repeat(TEXT_BYTES_MAX - "INFO  ".len());
        assert_eq!(line_of(Level::Info, false, &fits), format!("INFO  {fits}"));
    }

    #[test]
    fn nothing_follows_the_mark_and_the_formatter_is_stopped() {
        let mut line = LogLine::new(Level::Info, false);
        assert!(line.write_str(&"a".repeat(LOG_LINE_BYTES_MAX)).is_err());
        assert!(line.write_str("more").is_err());
        assert!(line.as_str().ends_with("a [cut]"));
    }

    /// Takes some chunks as a descriptor does that takes at most `bytes` at once.
    fn read(ring: &mut LogRing, bytes: usize, chunks: usize) -> Vec<u8> {
        let mut read = Vec::new();
        for _ in 0..chunks {
            let mut left = ring.front().len();
            while left > 0 {
                let chunk = ring.front();
                assert!(chunk.len() <= WRITE_BYTES && chunk.ends_with(b"\n"));
                let taken = left.min(bytes);
                read.extend_from_slice(&chunk[..taken]);
                ring.consume(taken);
                left -= taken;
            }
        }
        read
    }

    #[test]
    fn lines_come_out_whole_and_in_order_however_they_are_taken() {
        for bytes in [7, 100, WRITE_BYTES] {
            let mut ring = LogRing::default();
            let (mut expected, mut found) = (Vec::new(), Vec::new());
            // Never empty in between, so that the bytes go round the end of the buffer.
            for round in 0..40 {
                for number in 0..100 {
                    let line = format!("{round} {number} {}\n", "x".repeat(number * 3));
                    ring.push(line.as_bytes());
                    expected.extend_from_slice(line.as_bytes());
                }
                if round >= 4 {
                    found.extend(read(&mut ring, bytes, 4));
                }
                assert!(!ring.is_empty());
            }
            found.extend(read(&mut ring, bytes, usize::from(u8::MAX)));
            assert!(ring.is_empty());
            assert_eq!(ring.dropped(), 0);
            assert!(found == expected, "lines differ with writes of {bytes}");
        }
    }

    #[test]
    fn a_full_ring_drops_whole_lines_until_the_gap_is_told() {
        let mut ring = LogRing::default();
        let line = [[b'x'; 999].as_slice(), b"\n"].concat();
        let fitting = LOG_RING_BYTES / line.len();
        for _ in 0..fitting + 10 {
            ring.push(&line);
        }
        ring.push(b"short, and would fit\n");
        assert_eq!(ring.dropped(), 11);
        assert_eq!(ring.take_gap(), None, "no room to tell");

        ring.consume(line.len() * 5);
        ring.push(b"later\n");
        assert_eq!(ring.take_gap(), Some(12));
        assert_eq!(ring.take_gap(), None, "told once");
        ring.push(b"12 lines\n");
        ring.push(b"after\n");
        let rest = read(&mut ring, WRITE_BYTES, LOG_RING_BYTES / line.len());
        assert!(rest.starts_with(&line) && rest.ends_with(b"x\n12 lines\nafter\n"));
        assert_eq!(rest.len(), (fitting - 5) * line.len() + b"12 lines\nafter\n".len());
        assert!(ring.is_empty());
        assert_eq!(ring.dropped(), 12);
    }

    #[test]
    fn the_rest_of_a_begun_line_can_be_dropped() {
        let mut ring = LogRing::default();
        ring.push(b"first\n");
        ring.push(b"second\n");
        ring.drop_torn_line();
        ring.consume(2);
        ring.drop_torn_line();
        assert_eq!(ring.front(), b"second\n");
        assert_eq!((ring.dropped(), ring.take_gap()), (1, None));
    }

    #[test]
    fn a_closed_ring_only_counts() {
        let mut ring = LogRing::default();
        ring.push(b"waits\n");
        ring.close();
        ring.push(b"too late\n");
        assert!(ring.is_empty() && ring.front().is_empty());
        assert_eq!((ring.dropped(), ring.take_gap()), (2, None));
        ring.open();
        ring.push(b"again\n");
        assert_eq!(ring.front(), b"again\n");
    }
}
