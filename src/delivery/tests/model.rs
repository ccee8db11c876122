//! The model: every client has its own copy of its bytes.

use std::collections::{BTreeSet, VecDeque};

use crate::chat::RoomId;
use crate::dialect::{Encoding, Framing};

/// A client's own copy of all it is to be sent.
#[derive(Debug, Default)]
pub(super) struct OwnBytes {
    pub(super) waiting: Vec<u8>,
    /// Where the messages end in it that were not sent to their ends.
    ends: VecDeque<usize>,
    /// Bytes of the first of these messages were sent.
    is_begun: bool,
    pub(super) encoding: Encoding,
    pub(super) rooms: BTreeSet<RoomId>,
}

impl OwnBytes {
    pub(super) fn sent(&mut self, count: usize) {
        if count > 0 {
            let is_whole = self.ends.contains(&count);
            self.is_begun = !is_whole;
            self.ends.retain(|end| *end > count);
            self.ends.iter_mut().for_each(|end| *end -= count);
            self.waiting.drain(..count);
        }
    }

    pub(super) fn cut(&mut self) {
        self.ends.truncate(usize::from(self.is_begun));
        self.waiting.truncate(self.ends.front().copied().unwrap_or(0));
    }

    /// Queues what `write` appends, a message or more.
    pub(super) fn tell(&mut self, write: impl FnOnce(Encoding, &mut Vec<u8>)) {
        let mut start = self.waiting.len();
        write(self.encoding, &mut self.waiting);
        while start < self.waiting.len() {
            start += message_len(self.encoding.framing(), &self.waiting[start..]);
            self.ends.push_back(start);
        }
    }

    pub(super) fn set_encoding(&mut self, encoding: Encoding) {
        let others = encoding.framing() != self.encoding.framing();
        if others && !self.waiting.is_empty() {
            (self.ends, self.is_begun) = (VecDeque::from([self.waiting.len()]), true);
        }
        self.encoding = encoding;
    }
}

/// Bytes of the message in front.
fn message_len(framing: Framing, bytes: &[u8]) -> usize {
    match framing {
        Framing::EndsIn(end) => {
            bytes.windows(end.len()).position(|window| window == end).unwrap() + end.len()
        }
        Framing::Frame => match bytes[1] {
            126 => 4 + usize::from(u16::from_be_bytes([bytes[2], bytes[3]])),
            length => 2 + usize::from(length),
        },
        Framing::Whole => bytes.len(),
    }
}
