//! The backlog: sums and lists over all outboxes.
//!
//! Every change of an outbox goes through here, so that the sums are right. Kept apart from the
//! outboxes, so that one look-up serves a delivery.

use std::time::Duration;

use super::outbox::{Flag, Outbox, OutboxState, Pool};
use super::transcript::{Span, TranscriptId, Transcripts};
use crate::dialect::Encoding;
use crate::id::ClientId;
use crate::limits::{
    OUTBOX_AGE, OUTBOX_HARD_BYTES, OUTBOX_SOFT_BYTES, OUTBOX_TOTAL_BYTES, QUEUED_BYTES_PER_TURN,
    SHARED_BYTES_PER_TURN,
};
use crate::time::Time;

/// The limits of what may wait for clients that do not read.
#[derive(Clone, Copy, Debug)]
pub struct OutboxLimits {
    /// Bytes of one client above which comings and goings are no longer queued.
    pub soft: usize,
    /// Bytes of one client above which it is a slow consumer.
    pub hard: usize,
    /// Age of a client's oldest byte at which it is a slow consumer.
    pub age: Duration,
    /// Memory for all that waits above which those with most are slow consumers. What waits for
    /// many is kept once.
    pub total: usize,
}

impl Default for OutboxLimits {
    fn default() -> Self {
        Self {
            soft: OUTBOX_SOFT_BYTES,
            hard: OUTBOX_HARD_BYTES,
            age: OUTBOX_AGE,
            total: OUTBOX_TOTAL_BYTES,
        }
    }
}

/// Sums and lists over all outboxes.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    /// Clients to be flushed.
    pub(super) dirty: Vec<ClientId>,
    /// Clients whose blocked outbox grew over the hard limit.
    pub(super) overflowed: Vec<ClientId>,
    /// Clients for whose blocked outbox more waits than half of that.
    pub(super) behind: Vec<ClientId>,
    /// Bytes in all outboxes.
    pub(super) bytes: usize,
    /// Bytes of memory that outboxes take besides their places in the table.
    pub(super) memory: usize,
    /// Batches of comings and goings that slow readers were spared.
    pub(super) presence_dropped: u64,
    /// The transcript of what single clients have asked to be told again.
    pub(super) replays: TranscriptId,
    pool: Pool,
    /// Own bytes queued since the last flush began.
    queued: usize,
    /// Bytes published since then, counted once for each listener.
    published: usize,
    /// Some writable outbox grew over the soft limit since then.
    over_soft_limit: bool,
}

impl Backlog {
    /// Without any outbox. `replays`: the transcript of what single clients have asked for.
    pub(super) fn new(replays: TranscriptId) -> Self {
        Self { replays, ..Self::default() }
    }

    /// Queues bytes for one client alone.
    pub(super) fn push_own(
        &mut self,
        id: ClientId,
        outbox: &mut Outbox,
        bytes: &[u8],
        limits: &OutboxLimits,
    ) {
        // No flush would take bytes that wait for a full socket; the outbox limits bind those.
        self.queued += if outbox.flags.has(Flag::Blocked) { 0 } else { bytes.len() };
        self.change(id, outbox, limits, |outbox, pool| outbox.push_own(bytes, pool));
    }

    /// Queues what was said to many; slow readers are spared who comes and goes.
    #[inline]
    pub(super) fn deliver(
        &mut self,
        id: ClientId,
        outbox: &mut Outbox,
        span: Span,
        presence: bool,
        limits: &OutboxLimits,
    ) {
        // The short way of nearly every delivery: nothing waits yet, and only this span will.
        if outbox.is_empty() && !outbox.flags.has(Flag::Dirty) {
            outbox.begin_with(span);
            self.bytes += span.len as usize;
            outbox.flags.set(Flag::Dirty, true);
            self.dirty.push(id);
            return;
        }
        self.deliver_behind(id, outbox, span, presence, limits);
    }

    /// Delivers to a client for whom something waits already.
    fn deliver_behind(
        &mut self,
        id: ClientId,
        outbox: &mut Outbox,
        span: Span,
        presence: bool,
        limits: &OutboxLimits,
    ) {
        if presence && outbox.flags.has(Flag::Blocked) && outbox.weight() > limits.soft {
            self.presence_dropped += 1;
        } else {
            self.change(id, outbox, limits, |outbox, pool| outbox.push_span(span, pool));
        }
    }

    /// Notes what was published and will be pushed: `len` more bytes, now `each` in one piece, to
    /// so many.
    pub(super) fn note_published(
        &mut self,
        len: usize,
        each: usize,
        listeners: usize,
        limits: &OutboxLimits,
    ) {
        self.published += len * listeners;
        self.over_soft_limit |= each > limits.soft;
    }

    /// Takes off the bytes that a socket took, if they are one whole span. Whether they are.
    #[inline]
    pub(super) fn sent_whole(&mut self, outbox: &mut Outbox, count: usize) -> bool {
        let backlog = outbox.backlog();
        let is_whole = outbox.sent_whole(count);
        if is_whole {
            self.bytes -= backlog;
        }
        is_whole
    }

    /// Takes off the bytes that a socket took.
    pub(super) fn sent(
        &mut self,
        now: Time,
        outbox: &mut Outbox,
        count: usize,
        transcripts: &Transcripts,
    ) {
        self.track(outbox, |outbox, pool| outbox.sent(now, count, transcripts, pool));
    }

    /// Notes that bytes at the front are encrypted, and wait so for the socket.
    pub(super) fn seal(&mut self, outbox: &mut Outbox, sealed: usize, transcripts: &Transcripts) {
        self.track(outbox, |outbox, pool| outbox.seal(sealed, transcripts, pool));
    }

    /// Notes that a socket takes no more.
    pub(super) fn block(&mut self, now: Time, outbox: &mut Outbox) {
        self.track(outbox, |outbox, pool| outbox.block(now, pool));
    }

    /// Has a client told things in another encoding from now on.
    pub(super) fn set_encoding(&mut self, outbox: &mut Outbox, encoding: Encoding) {
        self.track(outbox, |outbox, pool| outbox.set_encoding(encoding, pool));
    }

    /// Drops the waiting bytes, but for the rest of a message that is partly sent.
    pub(super) fn cut(&mut self, id: ClientId, outbox: &mut Outbox, transcripts: &Transcripts) {
        self.track(outbox, |outbox, pool| outbox.cut_after_message(transcripts, pool));
        self.mark_dirty(id, outbox);
    }

    /// Notes that a client has taken all it was offered, and more waits. When that is much, nothing
    /// is read until the client has taken that too, or refused bytes: the limits bind only clients
    /// that refuse bytes.
    pub(super) fn note_leftover(
        &mut self,
        id: ClientId,
        outbox: &mut Outbox,
        limits: &OutboxLimits,
    ) {
        self.over_soft_limit |= outbox.weight() > limits.soft;
        self.mark_dirty(id, outbox);
    }

    /// Fills the outbox of a client that comes from another process.
    pub(super) fn take_over(
        &mut self,
        id: ClientId,
        outbox: &mut Outbox,
        state: &OutboxState,
        limits: &OutboxLimits,
    ) {
        outbox.begin_as(state);
        self.change(id, outbox, limits, |outbox, pool| outbox.take_over(state, pool));
    }

    /// Takes the outbox of a client that is gone out of the sums.
    pub(super) fn forget(&mut self, outbox: &mut Outbox) {
        self.track(outbox, Outbox::give_back);
    }

    /// Puts a client that has bytes waiting on the list.
    pub(super) fn mark_dirty(&mut self, id: ClientId, outbox: &mut Outbox) {
        if !outbox.flags.has(Flag::Dirty) && !outbox.is_empty() {
            outbox.flags.set(Flag::Dirty, true);
            self.dirty.push(id);
        }
    }

    /// Hands over the list of those to be flushed.
    pub(super) fn begin_flush(&mut self, into: &mut Vec<ClientId>) {
        std::mem::swap(&mut self.dirty, into);
        (self.queued, self.published, self.over_soft_limit) = (0, 0, false);
    }

    /// Whether so much is queued that a flush should come before more is read.
    pub(super) fn wants_flush(&self) -> bool {
        self.over_soft_limit
            || self.queued > QUEUED_BYTES_PER_TURN
            || self.published > SHARED_BYTES_PER_TURN
    }

    /// Gives back memory that a crowd has needed.
    pub(super) fn trim(&mut self) {
        self.dirty.shrink_to_fit();
        self.overflowed.shrink_to_fit();
        self.behind.shrink_to_fit();
        self.pool = Pool::default();
    }

    fn change(
        &mut self,
        id: ClientId,
        outbox: &mut Outbox,
        limits: &OutboxLimits,
        push: impl FnOnce(&mut Outbox, &mut Pool),
    ) {
        let weight = if outbox.flags.has(Flag::Blocked) { outbox.weight() } else { 0 };
        self.track(outbox, push);
        if !outbox.flags.has(Flag::Blocked) {
            self.over_soft_limit |= outbox.backlog() > limits.soft;
            self.mark_dirty(id, outbox);
        } else if weight <= limits.hard && outbox.weight() > limits.hard {
            // Only on the way over the limit, so that a client is listed once.
            self.overflowed.push(id);
        } else {
            self.note_behind(id, outbox, limits);
        }
    }

    /// Lists a client whose socket is full, once, when it is behind by half of what may wait.
    pub(super) fn note_behind(&mut self, id: ClientId, outbox: &mut Outbox, limits: &OutboxLimits) {
        // A replay that the client has asked for is nobody else's doing.
        let is_much = outbox.weight() > limits.hard / 2;
        if is_much && !outbox.is_behind() && outbox.said(self.replays) > limits.hard / 2 {
            outbox.set_behind(true);
            self.behind.push(id);
        }
    }

    /// Changes an outbox and keeps the sums right.
    fn track(&mut self, outbox: &mut Outbox, change: impl FnOnce(&mut Outbox, &mut Pool)) {
        self.bytes -= outbox.backlog();
        self.memory -= outbox.memory();
        change(outbox, &mut self.pool);
        self.bytes += outbox.backlog();
        self.memory += outbox.memory();
    }
}
