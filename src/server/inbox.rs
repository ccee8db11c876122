//! What one client has said and was not carried out yet.
//!
//! Most of the time that is nothing, and then it holds no memory: a buffer is borrowed from the
//! server while bytes are looked at and given back when none is left.
//!
//! Invariant: `used <= bytes.len()`; what is left is less than a line, unless the client is held or
//! over its budget for the turn.

use crate::dialect::{Frame, LineSplitter, TelnetFilter};
use crate::limits::LINE_BYTES_MAX;

/// Bytes on their way from one client.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    bytes: Vec<u8>,
    /// Bytes at the front that were carried out already.
    used: usize,
    splitter: LineSplitter,
    telnet: TelnetFilter,
    /// What is left is a whole message, though no newline ends it.
    ended: bool,
}

/// The next thing a client said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Utterance<'a> {
    /// A line.
    Line {
        /// Without its end.
        text: &'a [u8],
        /// Whether a newline ended it, and not a pause or the end of the stream.
        newline: bool,
    },
    /// A line that is too long; told once for each.
    TooLong,
    /// So many bytes of such a line, of which nothing is kept.
    Skipped(usize),
}

impl Inbox {
    /// Takes in what was read. Returns how many bytes of it were text.
    pub(super) fn push(&mut self, bytes: &[u8], spare: &mut Vec<u8>) -> usize {
        if self.bytes.capacity() == 0 {
            self.bytes = std::mem::take(spare);
        }
        self.telnet.filter(bytes, &mut self.bytes)
    }

    /// Says that what is left is a whole message.
    pub(super) fn end_here(&mut self) {
        self.ended = true;
    }

    /// Whether what is left is known to be a whole message.
    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    /// The next line, if one is whole.
    pub(super) fn next(&mut self) -> Option<Utterance<'_>> {
        let unused = &self.bytes[self.used..];
        let frame =
            if self.ended { self.splitter.finish(unused) } else { self.splitter.next(unused) };
        let (utterance, used) = match frame {
            Frame::Incomplete => {
                self.ended = false;
                return None;
            }
            Frame::Line { line, used } => {
                (Utterance::Line { text: line, newline: used > line.len() }, used)
            }
            Frame::TooLong { used } => (Utterance::TooLong, used),
            Frame::Skipped { used } => (Utterance::Skipped(used), used),
        };
        self.used += used;
        Some(utterance)
    }

    /// Tidies up after the last `next`: gives the buffer back if nothing is left in it, or too
    /// little to keep a large one for.
    pub(super) fn settle(&mut self, spare: &mut Vec<u8>) {
        let rest = self.bytes.len() - self.used;
        if rest == 0 || self.bytes.capacity() > LINE_BYTES_MAX + rest {
            let kept = self.bytes[self.used..].to_vec();
            let mut buffer = std::mem::replace(&mut self.bytes, kept);
            if buffer.capacity() > 0 {
                buffer.clear();
                *spare = buffer;
            }
        } else {
            self.bytes.drain(..self.used);
        }
        self.used = 0;
    }

    /// Whether nothing was begun: no bytes wait, and no line is being skipped.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.len() == self.used && !self.is_skipping()
    }

    /// Whether the rest of a line that was too long is still to come.
    pub(super) fn is_skipping(&self) -> bool {
        self.splitter.is_skipping()
    }

    /// The bytes that wait.
    pub(super) fn peek(&self) -> &[u8] {
        &self.bytes[self.used..]
    }
}
