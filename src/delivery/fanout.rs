//! One event to many outboxes, encoded once.
//!
//! Keeps the transcripts, the outbox of every client and the list of those that have something to
//! be written. Slow clients are noticed here; `server` decides what to do about them.
//!
//! Invariants, held by [`Fanout::check_invariants`]:
//! - `backlog.bytes` and `backlog.memory` are the sums over all outboxes;
//! - a client with bytes that may be written is on the dirty list, once, or on the one that
//!   `take_dirty` has handed over and that is still being written to;
//! - every span in an outbox is kept in its transcript;
//! - every transcript that is open belongs to the feeds, but that of the replays.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use super::backlog::{Backlog, OutboxLimits};
use super::feeds::Feeds;
use super::outbox::{Flag, Outbox, Slices};
use super::replay::ReplayCache;
use super::request::Request;
use super::small_writes::SmallWrites;
use super::transcript::Transcripts;
use crate::chat::Refusal;
use crate::dialect::{Encoding, Reader};
use crate::id::{ClientId, SideTable};
use crate::limits::SWEEP_INTERVAL;
use crate::time::Time;

/// The counters of everything that was delivered so far.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct DeliveryCounters {
    /// Room events published.
    pub published: u64,
    /// Room events handed to one member each.
    pub deliveries: u64,
    /// Bytes that sockets took.
    pub sent_bytes: u64,
    /// Comings and goings that slow readers were spared.
    pub presence_dropped: u64,
    /// Refusals told, by [`Refusal::kind`].
    #[serde(default, deserialize_with = "as_many_as_were_known")]
    pub refused: [u64; Refusal::KINDS.len()],
}

/// Counts of an older server, which may have known fewer kinds.
pub(crate) fn as_many_as_were_known<'de, D: Deserializer<'de>, const N: usize>(
    reader: D,
) -> Result<[u64; N], D::Error> {
    let mut counts = [0; N];
    let known = Vec::<u64>::deserialize(reader)?;
    counts.iter_mut().zip(known).for_each(|(count, known)| *count = known);
    Ok(counts)
}

/// The status of a client after a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendStatus {
    /// The client's socket has taken all bytes.
    AllSent,
    /// The client's socket has taken all bytes, and nothing will follow.
    Finished,
    /// Bytes wait, and the client may still catch up.
    Waits,
    /// The client's socket is full, and more bytes wait than may.
    SlowConsumer,
}

/// Every client's outbox.
#[derive(Debug)]
pub struct Fanout {
    pub(super) outboxes: SideTable<Outbox>,
    pub(super) transcripts: Transcripts,
    pub(super) feeds: Feeds,
    pub(super) replays: ReplayCache,
    pub(super) small_writes: SmallWrites,
    /// The requests that are being carried out and bear numbers: one of a client, and that of one
    /// whose answer it brings.
    pub(super) requests: Vec<Request>,
    /// What is known of clients whose encoding needs it.
    pub(super) readers: HashMap<ClientId, Box<Reader>>,
    /// The number of clients that read the server's words in ASCII.
    pub(super) ascii_readers: usize,
    /// Clients of a flush that spoke or are sent small writes; kept for its memory.
    pub(super) speakers: Vec<ClientId>,
    /// A buffer in which an event for one client is encoded.
    pub(super) encoded: Vec<u8>,
    pub(super) backlog: Backlog,
    pub(super) limits: OutboxLimits,
    pub(super) swept: Time,
    pub(super) counters: DeliveryCounters,
}

impl Fanout {
    /// Without any outbox.
    pub fn new(limits: OutboxLimits) -> Self {
        let mut transcripts = Transcripts::default();
        let feeds = Feeds::new();
        let replays = ReplayCache::new(&mut transcripts);
        Self {
            backlog: Backlog::new(replays.transcript()),
            outboxes: SideTable::default(),
            feeds,
            replays,
            small_writes: SmallWrites::default(),
            requests: Vec::new(),
            readers: HashMap::new(),
            ascii_readers: 0,
            transcripts,
            speakers: Vec::new(),
            encoded: Vec::new(),
            limits,
            swept: Time::ZERO,
            counters: DeliveryCounters::default(),
        }
    }

    /// Sets the limits. Clients above them are found by the next delivery or sweep.
    pub fn set_limits(&mut self, limits: OutboxLimits) {
        self.limits = limits;
    }

    /// Gives a new client an outbox.
    pub fn open(&mut self, id: ClientId) {
        self.outboxes.insert(id, Outbox::default());
    }

    /// Drops a client's outbox with what is in it.
    pub fn close(&mut self, id: ClientId) {
        self.remove_subscriptions(id);
        if let Some(mut outbox) = self.outboxes.remove(id) {
            if outbox.encoding.needs_reader() {
                self.readers.remove(&id);
            }
            self.backlog.forget(&mut outbox);
            self.ascii_readers -= usize::from(outbox.flags.has(Flag::Ascii));
            self.small_writes.forget(id);
            self.drop_what_nobody_awaits();
        }
    }

    /// Queues bytes that are no event.
    pub fn push(&mut self, id: ClientId, bytes: &[u8]) {
        self.settle(id);
        if let Some(outbox) = self.outboxes.get_mut(id) {
            self.backlog.push_own(id, outbox, bytes, &self.limits);
        }
    }

    /// Says that nothing will be queued for this client any more: when the last byte is sent, that
    /// is told as [`SendStatus::Finished`].
    pub fn end(&mut self, id: ClientId) {
        if let Some(outbox) = self.outboxes.get_mut(id) {
            outbox.flags.set(Flag::Ending, true);
        }
    }

    /// Drops the waiting bytes of a client that can be sent nothing any more.
    pub fn discard(&mut self, id: ClientId) {
        self.settle(id);
        if let Some(outbox) = self.outboxes.get_mut(id) {
            self.backlog.forget(outbox);
            outbox.flags.set(Flag::Blocked, false);
            self.drop_what_nobody_awaits();
        }
    }

    /// Lets readers off so much of the time for which bytes have waited for them.
    pub fn excuse(&mut self, standstill: Duration) {
        self.outboxes.values_mut().for_each(|outbox| outbox.excuse(standstill));
    }

    /// Drops the waiting bytes of a slow consumer, but for the rest of a message that is
    /// partly sent.
    pub fn cut(&mut self, id: ClientId) {
        self.settle(id);
        if let Some(outbox) = self.outboxes.get_mut(id) {
            self.backlog.cut(id, outbox, &self.transcripts);
        }
    }

    /// Hands over the clients to be flushed and begins a new list. `into` is emptied first and
    /// keeps its memory. Those who spoke come last: a client that waits for its own words before it
    /// goes on is heard only when all are served, and what it says meanwhile would just wait.
    pub fn take_dirty(&mut self, into: &mut Vec<ClientId>) {
        self.hand_out();
        if self.transcripts.wants_sweep() {
            self.sweep();
        }
        into.clear();
        self.backlog.begin_flush(into);
        into.retain(|&id| {
            let Some(outbox) = self.outboxes.get_mut(id) else { return false };
            outbox.flags.set(Flag::Dirty, false);
            let comes_last = outbox.flags.has_any(Flag::Spoke, Flag::Small);
            if comes_last {
                self.speakers.push(id);
            }
            !comes_last
        });
        self.hold_small_writes();
        into.append(&mut self.speakers);
    }

    /// Fills `slices`, which are empty, with what may be written to this client now. Returns how
    /// many bytes that is.
    pub fn gather<'a>(&'a self, id: ClientId, slices: &mut Slices<'a>) -> usize {
        let Some(outbox) = self.outboxes.get(id) else { return 0 };
        if outbox.flags.has(Flag::Small) {
            return outbox.gather_lines(self.small_writes.room(id), &self.transcripts, slices);
        }
        outbox.gather(&self.transcripts, slices)
    }

    /// Takes off what this client's socket took at `now`. `full`: that was less than it was
    /// offered, so it is flushed again only after [`Fanout::unblock`].
    #[inline]
    pub fn sent(&mut self, now: Time, id: ClientId, count: usize, full: bool) -> SendStatus {
        let Some(outbox) = self.outboxes.get_mut(id) else { return SendStatus::AllSent };
        self.counters.sent_bytes += count as u64;
        // The short way of nearly every write.
        if !outbox.flags.has(Flag::Small) && self.backlog.sent_whole(outbox, count) {
            let is_ending = outbox.flags.has(Flag::Ending);
            return self.all_sent(is_ending);
        }
        self.sent_some(now, id, count, full, 0)
    }

    /// The same of a socket that was offered more, of which so many bytes behind those taken are
    /// encrypted, and wait so for it: whatever becomes of this client, they are sent first.
    pub fn sent_and_sealed(
        &mut self,
        now: Time,
        id: ClientId,
        count: usize,
        sealed: usize,
    ) -> SendStatus {
        self.counters.sent_bytes += count as u64;
        self.sent_some(now, id, count, true, sealed)
    }

    /// The status of a client for which nothing waits any more.
    #[inline]
    fn all_sent(&mut self, is_ending: bool) -> SendStatus {
        if self.backlog.bytes == 0 {
            self.drop_what_nobody_awaits();
        }
        if is_ending { SendStatus::Finished } else { SendStatus::AllSent }
    }

    /// Takes off a write that was not one whole span.
    fn sent_some(
        &mut self,
        now: Time,
        id: ClientId,
        count: usize,
        full: bool,
        sealed: usize,
    ) -> SendStatus {
        let Some(outbox) = self.outboxes.get_mut(id) else { return SendStatus::AllSent };
        self.backlog.sent(now, outbox, count, &self.transcripts);
        if sealed > 0 {
            // Before it is seen that too much waits, for what is cut off then must not be this.
            self.backlog.seal(outbox, sealed, &self.transcripts);
        }
        let full = full
            | (outbox.flags.has(Flag::Small)
                && self.small_writes.must_wait(now, id, count, outbox, &self.transcripts));
        if outbox.is_empty() {
            let is_ending = outbox.flags.has(Flag::Ending);
            return self.all_sent(is_ending);
        }
        if full {
            self.backlog.block(now, outbox);
            if outbox.weight() > self.limits.hard {
                return SendStatus::SlowConsumer;
            }
            self.backlog.note_behind(id, outbox, &self.limits);
        } else {
            self.backlog.note_leftover(id, outbox, &self.limits);
        }
        SendStatus::Waits
    }

    /// Notes that this client's socket takes bytes again.
    pub fn unblock(&mut self, id: ClientId) {
        if let Some(outbox) = self.outboxes.get_mut(id)
            && !(outbox.flags.has(Flag::Small) && self.small_writes.waits(id))
        {
            outbox.flags.set(Flag::Blocked, false);
            self.backlog.mark_dirty(id, outbox);
        }
    }

    /// Whether some blocked outbox grew over the hard limit.
    pub fn has_overflowed(&self) -> bool {
        !self.backlog.overflowed.is_empty()
    }

    /// Takes a client whose blocked outbox grew over the hard limit.
    pub fn pop_overflowed(&mut self) -> Option<ClientId> {
        self.backlog.overflowed.pop()
    }

    /// Takes a client that is behind by half of what may wait; each is returned once until it has
    /// caught up.
    pub fn pop_behind(&mut self) -> Option<ClientId> {
        self.backlog.behind.pop()
    }

    /// Whether more than a quarter of what may wait still waits for such a client.
    pub fn is_behind(&mut self, id: ClientId) -> bool {
        let Some(outbox) = self.outboxes.get_mut(id) else { return false };
        let is_behind = !outbox.flags.has(Flag::Ending)
            && outbox.said(self.backlog.replays) > self.limits.hard / 4;
        if !is_behind {
            outbox.set_behind(false);
        }
        is_behind
    }

    /// Drops, once in a while, what is not needed any more. Of the clients whose sockets are full,
    /// returns those with most waiting, until what is kept is below the total limit. Costs nothing
    /// while it is.
    pub fn over_total(&mut self, now: Time) -> Vec<ClientId> {
        if self.held() > self.limits.total || now >= self.swept + SWEEP_INTERVAL {
            self.swept = now;
            self.sweep();
        }
        let mut excess = self.held().saturating_sub(self.limits.total);
        if excess == 0 {
            return Vec::new();
        }
        let stuck =
            |outbox: &Outbox| outbox.flags.has(Flag::Blocked) && !outbox.flags.has(Flag::Ending);
        let blocked = self.outboxes.iter().filter(|(_, outbox)| stuck(outbox));
        let mut waiting: Vec<(usize, ClientId)> =
            blocked.map(|(id, outbox)| (outbox.weight(), id)).collect();
        waiting.sort_unstable_by(|one, other| other.cmp(one));
        let mut found = Vec::new();
        for (weight, id) in waiting {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(weight);
            found.push(id);
        }
        found
    }

    /// Whether so much is queued that a flush should come before more is read.
    pub fn wants_flush(&self) -> bool {
        self.backlog.wants_flush()
    }

    /// Whether somebody is to be flushed.
    pub fn is_dirty(&self) -> bool {
        self.has_pending() || !self.backlog.dirty.is_empty()
    }

    /// The encoding of a client.
    pub fn encoding(&self, id: ClientId) -> Encoding {
        self.outboxes.get(id).map_or_else(Encoding::default, |outbox| outbox.encoding)
    }

    /// A client's outbox, which does not hold yet what was published last.
    pub fn outbox(&self, id: ClientId) -> Option<&Outbox> {
        self.outboxes.get(id)
    }

    /// Bytes waiting for one client.
    pub fn backlog(&mut self, id: ClientId) -> usize {
        self.settle(id);
        self.outboxes.get(id).map_or(0, Outbox::backlog)
    }

    /// Bytes of memory for all that waits.
    pub fn held(&self) -> usize {
        self.backlog.memory + self.transcripts.retained()
    }

    /// The counters of everything that was delivered so far.
    pub fn counters(&self) -> DeliveryCounters {
        DeliveryCounters { presence_dropped: self.backlog.presence_dropped, ..self.counters }
    }

    /// Panics where the tables disagree with each other. For tests.
    pub fn check_invariants(&self) {
        let open = self.feeds.open_transcripts();
        assert_eq!(self.transcripts.check_open(), open + 1, "those of feeds, and of replays");
        self.check_subscriptions();
        let outboxes = || self.outboxes.iter().map(|(_, outbox)| outbox);
        let backlog: usize = outboxes().map(Outbox::backlog).sum();
        assert_eq!(self.backlog.bytes, backlog, "the sum of all outboxes");
        let memory: usize = outboxes().map(Outbox::memory).sum();
        assert_eq!(self.backlog.memory, memory, "the memory of all outboxes");
        for (id, outbox) in self.outboxes.iter() {
            let listed = self.backlog.dirty.iter().filter(|&&other| other == id).count();
            assert_eq!(
                listed,
                usize::from(outbox.flags.has(Flag::Dirty)),
                "{id}: on the dirty list"
            );
            assert!(
                outbox.backlog() == 0
                    || outbox.flags.has(Flag::Dirty)
                    || outbox.flags.has(Flag::Blocked),
                "{id}: has bytes that nobody will write"
            );
            for span in outbox.spans() {
                let kept: usize = self.transcripts.slices(span).map(<[u8]>::len).sum();
                assert_eq!(kept, span.len as usize, "{id}: {span:?} is not kept");
            }
        }
    }

    /// Gives back memory that a crowd has needed and the present does not.
    pub fn trim(&mut self) {
        self.feeds.trim();
        self.backlog.trim();
        self.transcripts.trim();
        self.speakers = Vec::new();
        self.encoded = Vec::new();
    }

    fn has_pending(&self) -> bool {
        self.feeds.pending().next().is_some()
    }

    fn sweep(&mut self) {
        self.replays.forget();
        let pending = self.feeds.pending();
        let spans = self.outboxes.iter().flat_map(|(_, outbox)| outbox.spans());
        self.transcripts.sweep(spans.chain(pending));
    }

    /// Drops all transcripts at once when everyone has everything, which is after nearly every
    /// flush.
    fn drop_what_nobody_awaits(&mut self) {
        if self.backlog.bytes == 0 && !self.has_pending() && self.transcripts.retained() > 0 {
            self.replays.forget();
            self.transcripts.clear();
        }
    }
}
