//! What one client has said and was not carried out yet.
//!
//! Most of the time that is nothing, and then there is no inbox: one is borrowed from the server
//! while bytes are looked at and given back when none is left.
//!
//! Invariant: `used <= bytes.len()`; what is left is less than a line, unless the client is held,
//! over its budget for the turn, or in its first line, whose end may show a foreign language.

use serde::{Deserialize, Serialize};

use super::turns::Turn;
use crate::dialect::{Frame, LineSplitter, TelnetFilter, is_byte_order_mark};
use crate::limits::{CHUNK_QUIET, LINE_BYTES_MAX, TYPIST_QUIET};
use crate::time::Time;

/// An inbox for whoever says something next.
pub(super) type Spare = Option<Box<Inbox>>;

/// Bytes on their way from one client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Inbox {
    #[serde(with = "crate::hex")]
    bytes: Vec<u8>,
    /// Bytes at the front that were carried out already.
    used: usize,
    splitter: LineSplitter,
    telnet: TelnetFilter,
    /// What is left is a whole message, though no newline ends it.
    ended: bool,
    /// When the message that is not whole yet was begun; `NEVER` when there is none.
    pub(super) started: Time,
    /// When that message is whole unless more of it comes.
    pub(super) quiet_at: Time,
    /// When the line at the front is heard, if others are heard before it.
    #[serde(default)]
    pub(super) turn: Turn,
}

impl Default for Inbox {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            used: 0,
            splitter: LineSplitter::default(),
            telnet: TelnetFilter::default(),
            ended: false,
            started: Time::NEVER,
            quiet_at: Time::NEVER,
            turn: Turn::default(),
        }
    }
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
    /// Takes in what was read at `now`. Returns how many bytes of it were text.
    pub(super) fn push(&mut self, now: Time, bytes: &[u8]) -> usize {
        let text = self.telnet.filter(bytes, &mut self.bytes);
        if text > 0 {
            if !self.says_nothing() {
                self.started = self.started.min(now);
            }
            let returned = self.bytes.last() == Some(&b'\r');
            self.quiet_at = match text {
                _ if self.says_nothing() => Time::NEVER,
                // Enter, on a terminal that sends no more for it.
                1 if !returned => now + TYPIST_QUIET,
                _ => now + CHUNK_QUIET,
            };
        }
        text
    }

    /// Whether the client waits for the answer to a timing mark, which is given now.
    pub(super) fn take_timing_mark(&mut self) -> bool {
        self.telnet.take_timing_mark()
    }

    /// Says that what is left is a whole message.
    pub(super) fn end_here(&mut self) {
        self.ended = true;
    }

    /// Drops a line that was begun and will not be ended: what it was to say nobody knows.
    pub(super) fn drop_unfinished(&mut self) {
        let whole = memchr::memrchr(b'\n', self.peek()).map_or(0, |end| end + 1);
        self.bytes.truncate(self.used + whole);
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
                let newline = unused[..used].last() == Some(&b'\n');
                (Utterance::Line { text: line, newline }, used)
            }
            Frame::TooLong { used } => (Utterance::TooLong, used),
            Frame::Skipped { used } => (Utterance::Skipped(used), used),
        };
        self.used += used;
        Some(utterance)
    }

    /// Tidies up at `now` after the last `next`; `line_ended`: what is left belongs to another line
    /// than the one begun before. Gives back what is not needed: itself, or a large buffer that
    /// holds little.
    pub(super) fn settle(
        mut self: Box<Self>,
        now: Time,
        line_ended: bool,
        spare: &mut Spare,
    ) -> Spare {
        self.bytes.drain(..self.used);
        self.used = 0;
        if self.is_empty() {
            (self.started, self.quiet_at, self.ended) = (Time::NEVER, Time::NEVER, false);
            self.turn = Turn::Free;
        } else if line_ended {
            self.started = now;
        }
        if self.is_empty() && self.telnet.is_in_text() {
            *spare = Some(self);
            return None;
        }
        if self.bytes.capacity() > LINE_BYTES_MAX + self.bytes.len() {
            let kept = self.bytes.as_slice().to_vec();
            let mut large = std::mem::replace(&mut self.bytes, kept);
            large.clear();
            spare.get_or_insert_default().bytes = large;
        }
        Some(self)
    }

    /// Whether what waits is nothing but a byte order mark, or the beginning of one.
    pub(super) fn says_nothing(&self) -> bool {
        is_byte_order_mark(self.peek())
    }

    /// Whether nothing was begun: no bytes wait, and no line is being skipped.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.len() == self.used && !self.is_skipping()
    }

    /// Whether the rest of a line that was too long is still to come.
    pub(super) fn is_skipping(&self) -> bool {
        self.splitter.is_skipping()
    }

    /// Whether a line is whole, and not only the rest of one that was too long.
    pub(super) fn has_line(&self) -> bool {
        let unused = self.peek();
        let ends = || unused.len() >= LINE_BYTES_MAX || unused.contains(&b'\n');
        !unused.is_empty() && !self.is_skipping() && (self.ended || ends())
    }

    /// Whether what waits begins with a command other than one that says something.
    pub(super) fn begins_with_command(&self) -> bool {
        let Some(command) = self.peek().strip_prefix(b"/") else { return false };
        !command.starts_with(b"/")
            && !command.get(..2).is_some_and(|it| it.eq_ignore_ascii_case(b"me"))
    }

    /// The bytes that wait.
    pub(super) fn peek(&self) -> &[u8] {
        &self.bytes[self.used..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_pause_ends_a_byte_order_mark() {
        let mut inbox = Inbox::default();
        for bytes in [&b"\xef"[..], b"\xbb\xbf"] {
            inbox.push(Time::ZERO, bytes);
            assert_eq!(inbox.quiet_at, Time::NEVER);
        }
        inbox.push(Time::ZERO, b"max");
        assert_eq!(inbox.quiet_at, Time::ZERO + CHUNK_QUIET);
    }

    #[test]
    fn a_pause_after_a_carriage_return_is_no_newline() {
        let mut inbox = Inbox::default();
        inbox.push(Time::ZERO, b"max\r");
        inbox.end_here();
        assert_eq!(inbox.next(), Some(Utterance::Line { text: b"max", newline: false }));
    }

    #[test]
    fn a_pause_ends_one_message_and_not_the_next() {
        // What is held back by flood control meanwhile, or ends in the middle of a telnet command,
        // is not asked for another line before more comes.
        for end in [&b"\r"[..], b"\xff"] {
            let (mut inbox, mut spare) = (Box::new(Inbox::default()), None);
            inbox.push(Time::ZERO, &[b"hello", end].concat());
            inbox.end_here();
            assert!(matches!(inbox.next(), Some(Utterance::Line { .. })));
            let mut inbox = inbox.settle(Time::ZERO, true, &mut spare).expect("more may come");
            inbox.push(Time::ZERO, b"\xf1and n");
            assert_eq!(inbox.next(), None);
        }
    }

    #[test]
    fn what_keeps_little_holds_no_large_buffer() {
        // The second ends in the middle of a telnet command.
        for said in ["x\n".repeat(30_000) + "rest", "x\n".repeat(30_000) + "\u{fffd}"] {
            let mut bytes = said.into_bytes();
            if bytes.ends_with("\u{fffd}".as_bytes()) {
                bytes.truncate(bytes.len() - 3);
                bytes.push(255);
            }
            let (mut inbox, mut spare) = (Box::new(Inbox::default()), None);
            inbox.push(Time::ZERO, &bytes);
            while inbox.next().is_some() {}
            let kept = inbox.settle(Time::ZERO, true, &mut spare).expect("something is left");
            assert!(kept.bytes.capacity() <= LINE_BYTES_MAX);
            assert!(spare.is_some_and(|spare| spare.bytes.capacity() >= bytes.len() - 4));
        }
    }
}
