//! The bytes of one client that were not decoded yet.
//!
//! Most of the time there are none, and then nothing is kept: a decoder looks at bytes where they
//! were read.

use serde::{Deserialize, Serialize};

use super::framing::LineSplitter;
use super::telnet::TelnetFilter;
use crate::limits::{CHUNK_QUIET, LINE_BYTES_MAX, TYPIST_QUIET};
use crate::time::Time;

/// The bytes of one client that were not decoded yet, and the state that decoding needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unread {
    #[serde(with = "crate::hex")]
    pub(in crate::dialect) bytes: Vec<u8>,
    pub(in crate::dialect) splitter: LineSplitter,
    pub(in crate::dialect) telnet: TelnetFilter,
    /// The bytes that are left are a whole message, though no newline ends them.
    pub(in crate::dialect) whole: bool,
    /// The start of the message that is not whole yet; `NEVER` when there is none.
    pub(in crate::dialect) started: Time,
    /// The moment at which that message counts as whole unless more of it comes.
    pub(in crate::dialect) quiet_at: Time,
    /// The first answer of a client that ends its messages by pausing, which it will put before
    /// each message.
    pub(in crate::dialect) classroom: Option<Box<str>>,
}

impl Default for Unread {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            splitter: LineSplitter::default(),
            telnet: TelnetFilter::default(),
            whole: false,
            started: Time::NEVER,
            quiet_at: Time::NEVER,
            classroom: None,
        }
    }
}

impl Unread {
    /// Notes that so many bytes of text came; `has_returned`: the last is a carriage return.
    pub(in crate::dialect) fn note_text(
        &mut self,
        now: Time,
        text: usize,
        says_something: bool,
        has_returned: bool,
    ) {
        if !says_something {
            self.quiet_at = Time::NEVER;
            return;
        }
        self.started = self.started.min(now);
        // A carriage return is Enter, on a terminal that sends no more for it.
        let is_typing = text == 1 && !has_returned;
        self.quiet_at = now + if is_typing { TYPIST_QUIET } else { CHUNK_QUIET };
    }

    /// Drops a line that was begun and will not be ended.
    pub(in crate::dialect) fn drop_unfinished(&mut self) {
        let whole = memchr::memrchr(b'\n', &self.bytes).map_or(0, |end| end + 1);
        self.bytes.truncate(whole);
    }

    /// Tidies up at `now` after the last step; `has_ended_line`: what is left belongs to another
    /// line than the one begun before.
    pub(in crate::dialect) fn settle(&mut self, now: Time, has_ended_line: bool) {
        if self.is_empty() {
            (self.started, self.quiet_at, self.whole) = (Time::NEVER, Time::NEVER, false);
        } else if has_ended_line {
            self.started = now;
        }
        if self.bytes.capacity() > LINE_BYTES_MAX + self.bytes.len() {
            self.bytes.shrink_to_fit();
        }
    }

    /// Whether nothing was begun: no bytes wait, and no line is being skipped.
    pub(in crate::dialect) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && !self.splitter.is_skipping()
    }

    /// Whether any of this state must be kept.
    pub(in crate::dialect) fn is_needed(&self) -> bool {
        !self.is_empty() || !self.telnet.is_in_text() || self.classroom.is_some()
    }

    /// Whether an answer is owed.
    pub(in crate::dialect) fn owes_mark(&self) -> bool {
        self.telnet.owes_answer()
    }
}
