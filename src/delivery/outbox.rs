//! The queue of one client: bytes in the order in which they must arrive.
//!
//! One FIFO for replies and room messages alike; nothing jumps it. It is made of pieces: a [`Span`]
//! of what was said to many, or bytes of its own. Nearly always there is nothing in it, or one
//! span, and then it is a few words in a table; only more than that takes memory, which is
//! borrowed and given back.
//!
//! Invariants:
//! - no piece is empty but the first, and that only if nothing waits;
//! - an empty outbox has no [`Overflow`] and is not blocked;
//! - own bytes are as many as the own pieces say;
//! - no more is owed of a message that is partly sent than waits.

mod flags;
mod handover;
mod owed;

use std::collections::VecDeque;
use std::io::IoSlice;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

pub(super) use flags::{Flag, Flags};
pub(super) use handover::OutboxState;

use super::batch::ExceptionId;
use super::feeds::Subscription;
use super::transcript::{Span, TranscriptId, Transcripts};
use crate::dialect::Encoding;
use crate::limits::{
    PIECE_BYTES, SMALL_WRITE_BYTES, SPARE_BYTES_MAX, SPARE_OVERFLOWS_MAX, SPARE_PIECES_MAX,
    WRITE_BYTES_PER_TURN, WRITE_BYTES_TO_SLOW, WRITE_SLICES,
};
use crate::time::Time;

/// The transcript of a piece whose bytes are the client's own.
const OWN: TranscriptId = TranscriptId::NONE;
const NOTHING: Span = Span { transcript: OWN, start: 0, len: 0 };

/// The slices of one write. Empty ones cost nothing to make, unlike an array.
pub type Slices<'a> = SmallVec<[IoSlice<'a>; WRITE_SLICES]>;

/// The bytes that wait for one client.
#[derive(Debug)]
pub struct Outbox {
    first: Span,
    overflow: Option<Box<Overflow>>,
    /// Its part of what is pending in a room begins later than that of others.
    pub(super) exception: ExceptionId,
    /// The first of the rooms that the client hears.
    pub(super) subscription: Subscription,
    /// The encoding in which the client reads.
    pub(super) encoding: Encoding,
    pub(super) flags: Flags,
}

/// The part that only a busy outbox has.
#[derive(Debug, Default)]
pub(super) struct Overflow {
    /// The pieces after the first.
    pieces: VecDeque<Span>,
    /// Bytes in these pieces.
    waiting: usize,
    /// Own bytes, those of the first piece included.
    own: Vec<u8>,
    /// Bytes at the front of `own` that were sent already.
    own_head: usize,
    /// The mark behind all that waited when the socket last took everything older.
    mark: Option<Mark>,
    /// Bytes at the front that end a message of which a part was sent, or that are in another
    /// encoding than what comes behind them.
    owed: usize,
    /// Bytes at the front that are encrypted already, and whose ciphertext waits for the socket:
    /// they take their memory twice, and cannot be taken back.
    sealed: usize,
    /// The client is behind: much has waited since it last had caught up.
    behind: bool,
}

/// All bytes up to a place in the queue, and when they were found waiting.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Mark {
    since: Time,
    /// Bytes from the front to the marked place.
    remaining: usize,
}

/// Memory of busy outboxes, to be taken and given back.
#[derive(Debug, Default)]
#[expect(clippy::vec_box, reason = "the boxes are what is taken")]
pub(super) struct Pool(Vec<Box<Overflow>>);

impl Default for Outbox {
    fn default() -> Self {
        Self {
            first: NOTHING,
            overflow: None,
            exception: ExceptionId::NONE,
            subscription: Subscription::NONE,
            encoding: Encoding::default(),
            flags: Flags::default(),
        }
    }
}

impl Outbox {
    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.first.len == 0
    }

    /// Queues what was said to many where nothing waits yet.
    pub(super) fn begin_with(&mut self, span: Span) {
        debug_assert!(self.is_empty(), "something waits");
        self.first = span;
    }

    /// Queues what was said to many.
    pub(super) fn push_span(&mut self, span: Span, pool: &mut Pool) {
        if self.is_empty() {
            self.first = span;
        } else if let Some(overflow) = &mut self.overflow {
            overflow.push(&mut self.first, span);
        } else if !extend(&mut self.first, span) {
            pool.take(&mut self.overflow).push(&mut self.first, span);
        }
    }

    /// Queues bytes for this client alone.
    pub(super) fn push_own(&mut self, bytes: &[u8], pool: &mut Pool) {
        if bytes.is_empty() {
            return;
        }
        let overflow = pool.take(&mut self.overflow);
        let piece = overflow.keep(bytes);
        if self.first.len == 0 {
            self.first = piece;
        } else {
            overflow.push(&mut self.first, piece);
        }
    }

    /// Takes off the bytes that the socket took, if they are one whole span. Whether they are.
    #[inline]
    pub(super) fn sent_whole(&mut self, count: usize) -> bool {
        let is_whole = self.overflow.is_none() && count > 0 && count >= self.first.len as usize;
        if is_whole {
            // A span holds whole messages.
            self.first = NOTHING;
            self.flags.set(Flag::Blocked, false);
            self.flags.set(Flag::Open, false);
        }
        is_whole
    }

    /// Takes off the bytes that the socket took at `now`.
    pub(super) fn sent(
        &mut self,
        now: Time,
        count: usize,
        transcripts: &Transcripts,
        pool: &mut Pool,
    ) {
        if count == 0 || self.sent_whole(count) {
            return;
        }
        self.flags.set(Flag::Blocked, false);
        let framing = self.encoding.framing();
        if count >= self.backlog() {
            // What was told in another encoding ends with its last byte.
            let is_owed = self.overflow.as_ref().is_some_and(|it| it.owed >= self.backlog());
            let is_whole =
                is_owed || self.slices(transcripts).last().is_none_or(|last| framing.is_end(last));
            self.flags.set(Flag::Open, !is_whole);
            self.first = NOTHING;
            pool.give_back(&mut self.overflow);
            return;
        }
        let owed = framing.owed(self.slices(transcripts), self.owed(transcripts), count);
        self.flags.set(Flag::Open, owed.is_none());
        self.advance(count);
        self.owe(owed.unwrap_or(0), pool);
        if let Some(overflow) = &mut self.overflow {
            overflow.sealed = 0;
            overflow.move_mark(now, count, self.first.len as usize);
        }
    }

    /// Has the client told things in another encoding from now on. Where messages end in what waits
    /// is not known any more where these end otherwise.
    pub(super) fn set_encoding(&mut self, encoding: Encoding, pool: &mut Pool) {
        if encoding.framing() != self.encoding.framing() {
            self.owe(self.backlog(), pool);
            self.flags.set(Flag::Open, false);
        }
        self.encoding = encoding;
    }

    /// Notes that the socket takes no more for now.
    pub(super) fn block(&mut self, now: Time, pool: &mut Pool) {
        if !self.is_empty() {
            self.flags.set(Flag::Blocked, true);
            let overflow = pool.take(&mut self.overflow);
            let remaining = self.first.len as usize + overflow.waiting;
            overflow.mark.get_or_insert(Mark { since: now, remaining });
        }
    }

    /// Fills `slices`, which are empty, with what may be written now. Returns how many bytes that
    /// is.
    ///
    /// A socket that has refused bytes is offered little at a time until it has taken all: the
    /// system keeps what it takes for a reader that may never read.
    pub(super) fn gather<'a>(
        &'a self,
        transcripts: &'a Transcripts,
        slices: &mut Slices<'a>,
    ) -> usize {
        if self.overflow.is_none()
            && let Some(bytes) = transcripts.recent(self.first)
        {
            let bytes = &bytes[..bytes.len().min(WRITE_BYTES_PER_TURN)];
            slices.push(IoSlice::new(bytes));
            return bytes.len();
        }
        let is_slow = self.waiting_since().is_some();
        let room = if is_slow { WRITE_BYTES_TO_SLOW } else { WRITE_BYTES_PER_TURN };
        self.fill(room, transcripts, slices)
    }

    /// Fills `slices` for a client that is written to in whole lines and has this much room.
    pub(super) fn gather_lines<'a>(
        &'a self,
        room: usize,
        transcripts: &'a Transcripts,
        slices: &mut Slices<'a>,
    ) -> usize {
        self.fill(self.whole_lines(room, transcripts), transcripts, slices)
    }

    /// The number of bytes at the front that are whole lines and fit `room`. All that waits counts
    /// as whole; a line that is longer than the largest room ends with a character.
    pub(super) fn whole_lines(&self, room: usize, transcripts: &Transcripts) -> usize {
        if self.backlog() <= room {
            return self.backlog();
        }
        let front: Vec<u8> = self.slices(transcripts).flatten().copied().take(room + 1).collect();
        match self.encoding.framing().last_end(&front[..room]) {
            Some(end) => end,
            None if room < SMALL_WRITE_BYTES => 0,
            // A character's later bytes are 10xxxxxx.
            None => (1..=room).rev().find(|&end| front[end] & 0xC0 != 0x80).unwrap_or(room),
        }
    }

    /// Fills slices with the first `room` bytes, as far as they go.
    fn fill<'a>(
        &'a self,
        room: usize,
        transcripts: &'a Transcripts,
        slices: &mut Slices<'a>,
    ) -> usize {
        let mut filled = 0;
        for bytes in self.slices(transcripts).take(WRITE_SLICES) {
            let taken = &bytes[..bytes.len().min(room - filled)];
            if taken.is_empty() {
                break;
            }
            filled += taken.len();
            slices.push(IoSlice::new(taken));
        }
        filled
    }

    /// Gives back the memory of an outbox that nobody will read.
    pub(super) fn give_back(&mut self, pool: &mut Pool) {
        self.first = NOTHING;
        pool.give_back(&mut self.overflow);
    }

    /// The number of waiting bytes.
    pub fn backlog(&self) -> usize {
        self.first.len as usize + self.overflow.as_ref().map_or(0, |overflow| overflow.waiting)
    }

    /// The weight of the waiting bytes, which limits count: each piece weighs something too.
    pub(super) fn weight(&self) -> usize {
        let pieces = self.overflow.as_ref().map_or(0, |overflow| overflow.pieces.len());
        self.backlog() + pieces * PIECE_BYTES
    }

    /// Bytes of memory that it takes apart from its place in the table.
    pub(super) fn memory(&self) -> usize {
        self.overflow.as_ref().map_or(0, |overflow| {
            size_of::<Overflow>()
                + overflow.sealed
                + overflow.own.capacity()
                + overflow.pieces.capacity() * size_of::<Span>()
        })
    }

    /// Whether the client is behind.
    pub(super) fn is_behind(&self) -> bool {
        self.overflow.as_ref().is_some_and(|overflow| overflow.behind)
    }

    /// Waiting bytes that were said in rooms, and not told to this client alone or replayed.
    pub(super) fn said(&self, replays: TranscriptId) -> usize {
        let said = self.spans().filter(|span| span.transcript != replays);
        said.map(|span| span.len as usize + PIECE_BYTES).sum()
    }

    /// Notes that the client is behind, or has caught up.
    pub(super) fn set_behind(&mut self, behind: bool) {
        if let Some(overflow) = &mut self.overflow {
            overflow.behind = behind;
        }
    }

    /// The spans that the outbox needs.
    pub(super) fn spans(&self) -> impl Iterator<Item = Span> {
        self.pieces().filter(|piece| piece.transcript != OWN && piece.len > 0)
    }

    /// Since when the oldest bytes are known to wait for the socket; never later than the truth.
    pub fn waiting_since(&self) -> Option<Time> {
        self.overflow.as_ref().and_then(|overflow| overflow.mark).map(|mark| mark.since)
    }

    /// Whether the socket has refused bytes and has not become writable since.
    pub fn is_blocked(&self) -> bool {
        self.flags.has(Flag::Blocked)
    }

    /// Counts so much of the time that the oldest bytes have waited for nothing.
    pub(super) fn excuse(&mut self, standstill: Duration) {
        if let Some(mark) = self.overflow.as_mut().and_then(|overflow| overflow.mark.as_mut()) {
            mark.since = mark.since + standstill;
        }
    }

    fn pieces(&self) -> impl Iterator<Item = Span> {
        let more = self.overflow.iter().flat_map(|overflow| overflow.pieces.iter().copied());
        std::iter::once(self.first).chain(more)
    }

    /// The waiting bytes, slice by slice.
    fn slices<'a>(&'a self, transcripts: &'a Transcripts) -> impl Iterator<Item = &'a [u8]> {
        let mut own =
            self.overflow.as_ref().map_or(&[][..], |overflow| &overflow.own[overflow.own_head..]);
        self.pieces().filter(|piece| piece.len > 0).flat_map(move |piece| {
            let (mine, shared) = if piece.transcript == OWN {
                let (mine, others) = own.split_at(piece.len as usize);
                own = others;
                (Some(mine), None)
            } else {
                (None, Some(transcripts.slices(piece)))
            };
            mine.into_iter().chain(shared.into_iter().flatten())
        })
    }

    /// Takes so many bytes off the front.
    fn advance(&mut self, mut count: usize) {
        while count > 0 && self.first.len > 0 {
            let taken = count.min(self.first.len as usize);
            count -= taken;
            self.first = Span {
                start: self.first.start + taken as u64,
                len: self.first.len - taken as u32,
                ..self.first
            };
            let Some(overflow) = &mut self.overflow else { continue };
            if self.first.transcript == OWN {
                overflow.own_head += taken;
            }
            if self.first.len == 0 {
                self.first = overflow.pieces.pop_front().unwrap_or(NOTHING);
                overflow.waiting -= self.first.len as usize;
            }
        }
    }
}

impl Overflow {
    /// Queues a piece behind the last one, which is `first` if there is no other.
    fn push(&mut self, first: &mut Span, piece: Span) {
        let extended = match self.pieces.back_mut() {
            Some(last) => extend(last, piece),
            None if extend(first, piece) => return,
            None => false,
        };
        if !extended {
            self.pieces.push_back(piece);
        }
        self.waiting += piece.len as usize;
    }

    /// Keeps own bytes. Returns the piece that stands for them.
    fn keep(&mut self, bytes: &[u8]) -> Span {
        if self.own_head > self.own.len() - self.own_head {
            self.own.drain(..self.own_head);
            self.own_head = 0;
        }
        self.own.extend_from_slice(bytes);
        Span { transcript: OWN, start: 0, len: bytes.len() as u32 }
    }

    /// Notes that so many bytes are gone: when all that was marked is, the present marks the rest.
    fn move_mark(&mut self, now: Time, count: usize, first: usize) {
        let all = first + self.waiting;
        if let Some(mark) = &mut self.mark {
            if count < mark.remaining {
                mark.remaining -= count;
            } else {
                *mark = Mark { since: now, remaining: all };
            }
        }
    }

    /// Forgets everything but its memory.
    fn reset(&mut self) {
        self.behind = false;
        self.pieces.clear();
        self.own.clear();
        (self.waiting, self.own_head, self.owed, self.sealed, self.mark) = (0, 0, 0, 0, None);
    }
}

/// Makes `last` longer by `piece` where the one goes on with the other.
fn extend(last: &mut Span, piece: Span) -> bool {
    let continues = last.transcript == piece.transcript
        && (piece.transcript == OWN || last.end() == piece.start);
    let sum = last.len.checked_add(piece.len);
    if let (true, Some(len)) = (continues, sum) {
        last.len = len;
        return true;
    }
    false
}

impl Pool {
    /// Gives an outbox its overflow, if it has none.
    fn take<'a>(&mut self, overflow: &'a mut Option<Box<Overflow>>) -> &'a mut Overflow {
        overflow.get_or_insert_with(|| self.0.pop().unwrap_or_default())
    }

    /// Takes the overflow back from an outbox in which nothing waits; keeps it if it is small.
    fn give_back(&mut self, overflow: &mut Option<Box<Overflow>>) {
        let Some(mut overflow) = overflow.take() else { return };
        let small = overflow.own.capacity() <= SPARE_BYTES_MAX
            && overflow.pieces.capacity() <= SPARE_PIECES_MAX;
        if small && self.0.len() < SPARE_OVERFLOWS_MAX {
            overflow.reset();
            self.0.push(overflow);
        }
    }
}

#[cfg(test)]
mod tests;
