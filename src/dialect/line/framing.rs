//! Framing: finds where lines end.
//!
//! The framer works on bytes that were not used yet, wherever they are kept, and remembers how far
//! it has searched them, so that a line that arrives byte by byte is still searched only once.
//!
//! Invariant: however the bytes are cut into reads, the frames are the same.

use memchr::memchr;
use serde::{Deserialize, Serialize};

use crate::limits::LINE_BYTES_MAX;

/// The frame that the next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// No line ends in them yet. A normal answer.
    Incomplete,
    /// A line without its end.
    Line {
        /// Its bytes.
        line: &'a [u8],
        /// The number of bytes to take off the front.
        used: usize,
    },
    /// The beginning of a line that is too long; told once for each such line.
    TooLong {
        /// The number of bytes to take off the front.
        used: usize,
    },
    /// More of the line that was too long.
    Skipped {
        /// The number of bytes to take off the front.
        used: usize,
    },
}

/// Finds lines in a stream of bytes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct LineSplitter {
    /// Bytes at the front known to hold no newline.
    searched: u16,
    /// Inside a line that was too long.
    skipping: bool,
}

impl LineSplitter {
    /// Looks at the unused bytes. After any frame but `Incomplete` the caller takes `used` bytes
    /// off the front and asks again.
    pub fn next<'a>(&mut self, unused: &'a [u8]) -> Frame<'a> {
        let from = usize::from(std::mem::take(&mut self.searched));
        let end = memchr(b'\n', unused.get(from..).unwrap_or_default()).map(|at| from + at);
        match end {
            _ if self.skipping && !unused.is_empty() => {
                self.skipping = end.is_none();
                Frame::Skipped { used: end.map_or(unused.len(), |end| end + 1) }
            }
            Some(end) if end < LINE_BYTES_MAX => {
                let line = &unused[..end];
                Frame::Line { line: line.strip_suffix(b"\r").unwrap_or(line), used: end + 1 }
            }
            Some(end) => Frame::TooLong { used: end + 1 },
            None if unused.len() >= LINE_BYTES_MAX => {
                self.skipping = true;
                Frame::TooLong { used: unused.len() }
            }
            None => {
                self.searched = unused.len() as u16;
                Frame::Incomplete
            }
        }
    }

    /// Whether the rest of a line that was too long is still to come.
    pub fn is_skipping(&self) -> bool {
        self.skipping
    }

    /// Looks at the unused bytes where they end without a newline: after a pause of a client that
    /// sends none, or at the end of its stream. `Incomplete` means that nothing is left.
    pub fn finish<'a>(&mut self, unused: &'a [u8]) -> Frame<'a> {
        match self.next(unused) {
            Frame::Incomplete => {
                *self = Self::default();
                if unused.is_empty() {
                    return Frame::Incomplete;
                }
                Frame::Line {
                    line: unused.strip_suffix(b"\r").unwrap_or(unused),
                    used: unused.len(),
                }
            }
            frame @ (Frame::TooLong { used } | Frame::Skipped { used }) if used == unused.len() => {
                self.skipping = false;
                frame
            }
            frame => frame,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame in a form that can be compared.
    #[derive(Debug, PartialEq, Eq)]
    enum Seen {
        Line(Vec<u8>),
        TooLong,
    }

    /// Feeds `stream` in the given cuts and writes down every frame.
    fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Seen> {
        let (mut splitter, mut unused, mut seen) =
            (LineSplitter::default(), Vec::new(), Vec::new());
        for piece in pieces {
            unused.extend_from_slice(piece);
            loop {
                let used = match splitter.next(&unused) {
                    Frame::Incomplete => break,
                    Frame::Line { line, used } => {
                        seen.push(Seen::Line(line.to_vec()));
                        used
                    }
                    Frame::TooLong { used } => {
                        seen.push(Seen::TooLong);
                        used
                    }
                    Frame::Skipped { used } => used,
                };
                unused.drain(..used);
            }
        }
        seen
    }

    #[test]
    fn lines_end_in_either_fashion() {
        let seen = frames([&b"one\ntwo\r\n\r\n\nthr\ree\n"[..]].into_iter());
        let lines = [&b"one"[..], b"two", b"", b"", b"thr\ree"];
        assert_eq!(seen, lines.map(|line| Seen::Line(line.to_vec())));
    }

    #[test]
    fn the_longest_line_passes_and_one_byte_more_does_not() {
        for (content, fits) in [(LINE_BYTES_MAX - 1, true), (LINE_BYTES_MAX, false)] {
            let stream = [vec![b'x'; content], b"\nnext\n".to_vec()].concat();
            let seen = frames([&stream[..]].into_iter());
            assert_eq!(seen.len(), 2);
            assert_eq!(seen[0] != Seen::TooLong, fits);
            assert_eq!(seen[1], Seen::Line(b"next".to_vec()));
        }
    }

    #[test]
    fn every_cut_gives_the_same_frames() {
        let stream = [
            b"alice\r\nhello\n\n".to_vec(),
            vec![b'x'; LINE_BYTES_MAX - 1],
            b"\n".to_vec(),
            vec![b'y'; 3 * LINE_BYTES_MAX],
            b"\nafter\r\n".to_vec(),
        ]
        .concat();
        let whole = frames([&stream[..]].into_iter());
        assert_eq!(whole.len(), 6);
        for cut in 0..=stream.len() {
            let (front, back) = stream.split_at(cut);
            assert_eq!(frames([front, back].into_iter()), whole, "cut at {cut}");
        }
        for size in [1, 2, 3, 7, 1_023, 1_024, 1_025] {
            assert_eq!(frames(stream.chunks(size)), whole, "reads of {size}");
        }
    }

    #[test]
    fn a_stream_may_end_without_a_newline() {
        let mut splitter = LineSplitter::default();
        assert_eq!(splitter.next(b"bye"), Frame::Incomplete);
        assert_eq!(splitter.finish(b"bye"), Frame::Line { line: b"bye", used: 3 });
        assert_eq!(splitter.finish(b""), Frame::Incomplete);
        let long = vec![b'x'; 2_000];
        assert_eq!(splitter.finish(&long), Frame::TooLong { used: 2_000 });
        assert_eq!(splitter.next(b"x\n"), Frame::Line { line: b"x", used: 2 });
    }
}
