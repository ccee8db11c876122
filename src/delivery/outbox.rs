//! The queue of one client: bytes in the order in which they must arrive.
//!
//! One FIFO for replies and room messages alike; nothing jumps it. The bytes are contiguous,
//! because pieces cost more than bytes when they are written.
//!
//! Invariants: `head <= bytes.len()`; an empty outbox holds no memory (its buffer goes back to
//! whoever lends them), has no mark and is not blocked.

use std::io::IoSlice;

use crate::limits::{WRITE_BYTES_PER_TURN, WRITE_SLICES};
use crate::time::Time;

/// Bytes queued for one client.
#[derive(Debug, Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    /// Bytes at the front that were sent already.
    head: usize,
    /// The last byte that was sent ended no line.
    mid_line: bool,
    /// What was waiting when the socket last took everything older.
    mark: Option<Mark>,
    /// The socket refused bytes; it will say when it takes some again.
    pub(super) blocked: bool,
    /// On the list of clients to be flushed.
    pub(super) dirty: bool,
}

/// All bytes up to a place in the queue, and when they were found waiting.
#[derive(Clone, Copy, Debug)]
struct Mark {
    since: Time,
    /// Bytes from the head to the marked place.
    remaining: usize,
}

impl Outbox {
    /// Queues bytes; a first push borrows a buffer from `spares`.
    pub(super) fn push(&mut self, bytes: &[u8], spares: &mut Vec<Vec<u8>>) {
        if self.bytes.capacity() == 0 {
            self.bytes = spares.pop().unwrap_or_default();
        }
        if self.head > self.backlog() {
            self.bytes.drain(..self.head);
            self.head = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes off what the socket took at `now`. Returns the buffer when nothing is left.
    pub(super) fn sent(&mut self, now: Time, count: usize) -> Option<Vec<u8>> {
        debug_assert!(count <= self.backlog(), "more was sent than was queued");
        self.head = (self.head + count).min(self.bytes.len());
        if count > 0 {
            self.mid_line = self.bytes[..self.head].last() != Some(&b'\n');
        }
        self.blocked &= count == 0;
        if self.backlog() == 0 {
            let mut buffer = std::mem::take(&mut self.bytes);
            buffer.clear();
            (self.head, self.mark, self.blocked) = (0, None, false);
            return Some(buffer);
        }
        self.mark = match self.mark {
            Some(Mark { since, remaining }) if count < remaining => {
                Some(Mark { since, remaining: remaining - count })
            }
            Some(_) => Some(self.mark_all(now)),
            None => None,
        };
        None
    }

    /// Notes that the socket takes no more for now.
    pub(super) fn block(&mut self, now: Time) {
        if self.backlog() > 0 {
            self.blocked = true;
            self.mark = self.mark.or(Some(self.mark_all(now)));
        }
    }

    /// Drops all that waits but the rest of a line that is partly sent.
    pub(super) fn cut_after_first_line(&mut self) {
        let waiting = &self.bytes[self.head..];
        let kept = match memchr::memchr(b'\n', waiting) {
            Some(end) if self.mid_line => end + 1,
            _ => 0,
        };
        self.bytes.truncate(self.head + kept);
        self.bytes.drain(..self.head);
        self.bytes.shrink_to_fit();
        // Whether the socket takes the little that is left is to be found out.
        (self.head, self.mark, self.blocked) = (0, None, false);
    }

    /// Fills `slices` with what may be written now, at most [`WRITE_BYTES_PER_TURN`]. Returns how
    /// many slices are filled.
    pub(super) fn gather<'a>(&'a self, slices: &mut [IoSlice<'a>; WRITE_SLICES]) -> usize {
        let waiting = &self.bytes[self.head..];
        if waiting.is_empty() {
            return 0;
        }
        slices[0] = IoSlice::new(&waiting[..waiting.len().min(WRITE_BYTES_PER_TURN)]);
        1
    }

    /// Bytes that wait.
    pub fn backlog(&self) -> usize {
        self.bytes.len() - self.head
    }

    /// Since when the oldest bytes are known to wait for the socket; never later than the truth.
    pub fn waiting_since(&self) -> Option<Time> {
        self.mark.map(|mark| mark.since)
    }

    fn mark_all(&self, now: Time) -> Mark {
        Mark { since: now, remaining: self.backlog() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn gathered(outbox: &Outbox) -> Vec<u8> {
        let mut slices = [IoSlice::new(&[]); WRITE_SLICES];
        let count = outbox.gather(&mut slices);
        slices[..count].iter().flat_map(|slice| slice.to_vec()).collect()
    }

    fn at(seconds: u64) -> Time {
        Time::at(Duration::from_secs(seconds))
    }

    #[test]
    fn every_way_of_writing_it_gives_the_same_bytes() {
        for push_size in 1..=9 {
            for write_size in 1..=9 {
                let stream: Vec<u8> = (0..200).collect();
                let (mut outbox, mut spares, mut wire) =
                    (Outbox::default(), Vec::new(), Vec::new());
                for piece in stream.chunks(push_size) {
                    outbox.push(piece, &mut spares);
                    let count = write_size.min(outbox.backlog());
                    wire.extend_from_slice(&gathered(&outbox)[..count]);
                    outbox.sent(Time::ZERO, count);
                }
                wire.extend_from_slice(&gathered(&outbox));
                assert_eq!(wire, stream, "pushes of {push_size}, writes of {write_size}");
            }
        }
    }

    #[test]
    fn an_empty_outbox_holds_no_memory() {
        let (mut outbox, mut spares) = (Outbox::default(), vec![Vec::with_capacity(100)]);
        outbox.push(b"hello", &mut spares);
        assert!(spares.is_empty());
        let buffer = outbox.sent(Time::ZERO, 5).unwrap();
        assert!(buffer.is_empty() && buffer.capacity() == 100);
        assert_eq!(outbox.bytes.capacity(), 0);
    }

    #[test]
    fn age_counts_from_when_bytes_first_had_to_wait() {
        let (mut outbox, mut spares) = (Outbox::default(), Vec::new());
        outbox.push(b"0123456789", &mut spares);
        assert_eq!(outbox.waiting_since(), None);
        outbox.block(at(1));
        outbox.push(b"later", &mut spares);
        outbox.block(at(2));
        assert_eq!(outbox.waiting_since(), Some(at(1)));
        outbox.sent(at(3), 9);
        assert_eq!(outbox.waiting_since(), Some(at(1)), "the tenth byte waits since then");
        outbox.sent(at(4), 1);
        assert_eq!(outbox.waiting_since(), Some(at(4)), "a steady reader is not old");
        outbox.sent(at(5), 5);
        assert_eq!(outbox.waiting_since(), None);
    }

    #[test]
    fn a_cut_never_ends_in_the_middle_of_a_line() {
        let (mut outbox, mut spares) = (Outbox::default(), Vec::new());
        outbox.push(b"first line\nsecond line\n", &mut spares);
        outbox.sent(Time::ZERO, 3);
        outbox.cut_after_first_line();
        outbox.push(b"* why\n", &mut spares);
        assert_eq!(gathered(&outbox), b"st line\n* why\n");
        outbox.sent(Time::ZERO, 8);
        outbox.push(b"never begun\n", &mut spares);
        outbox.cut_after_first_line();
        assert_eq!(outbox.backlog(), 0);
        let mut unsent = Outbox::default();
        unsent.push(b"never begun\n", &mut spares);
        unsent.cut_after_first_line();
        assert_eq!(unsent.backlog(), 0);
    }

    #[test]
    fn one_write_is_bounded() {
        let (mut outbox, mut spares) = (Outbox::default(), Vec::new());
        outbox.push(&vec![b'x'; 3 * WRITE_BYTES_PER_TURN], &mut spares);
        assert_eq!(gathered(&outbox).len(), WRITE_BYTES_PER_TURN);
    }
}
