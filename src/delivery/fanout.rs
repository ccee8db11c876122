//! One event to many outboxes, encoded once.
//!
//! Keeps the outbox of every client and the list of those that have something to be written.
//! Who is slow is noticed here; what is done about it is left to `server`.
//!
//! Invariants, held by [`Fanout::check_invariants`]:
//! - `backlog` is the sum of all outboxes;
//! - a client with bytes that may be written is on the dirty list, once.

use std::io::IoSlice;
use std::time::Duration;

use super::outbox::Outbox;
use crate::chat::{Event, Outlet, RoomId};
use crate::dialect;
use crate::id::{ClientId, SideTable};
use crate::limits::{
    QUEUED_BYTES_PER_TURN, SPARE_BUFFER_BYTES_MAX, SPARE_BUFFERS_MAX, WRITE_SLICES,
};
use crate::time::Time;

/// How much may wait for clients that do not read.
#[derive(Clone, Copy, Debug)]
pub struct OutboxLimits {
    /// Bytes of one client above which comings and goings are no longer queued.
    pub soft: usize,
    /// Bytes of one client above which it is a slow consumer.
    pub hard: usize,
    /// Age of a client's oldest byte at which it is a slow consumer.
    pub age: Duration,
    /// Bytes of all clients together above which those with most are slow consumers.
    pub total: usize,
}

/// What was done so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeliveryCounters {
    /// Room events handed to one member's outbox each.
    pub deliveries: u64,
    /// Bytes that sockets took.
    pub sent_bytes: u64,
    /// Comings and goings that slow readers were spared.
    pub presence_dropped: u64,
}

/// What a write has shown about a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has taken all there was.
    AllSent,
    /// Something waits, and it may still catch up.
    Waits,
    /// Its socket is full and more waits than may.
    SlowConsumer,
}

/// Every client's outbox.
#[derive(Debug)]
pub struct Fanout {
    outboxes: SideTable<Outbox>,
    /// Where an event is encoded.
    encoded: Vec<u8>,
    ledger: Ledger,
    limits: OutboxLimits,
    counters: DeliveryCounters,
}

/// What is known of all outboxes together. Apart from them, so that one look-up serves a delivery.
#[derive(Debug, Default)]
struct Ledger {
    /// Clients to be flushed.
    dirty: Vec<ClientId>,
    /// Clients whose blocked outbox grew over the hard limit.
    overflowed: Vec<ClientId>,
    /// Emptied buffers for the next push.
    spares: Vec<Vec<u8>>,
    /// Bytes in all outboxes.
    backlog: usize,
    /// Bytes queued since the last flush began.
    queued: usize,
    /// Some writable outbox grew over the soft limit since the last flush began.
    swollen: bool,
}

impl Fanout {
    /// Without any outbox.
    pub fn new(limits: OutboxLimits) -> Self {
        Self {
            outboxes: SideTable::default(),
            encoded: Vec::new(),
            ledger: Ledger::default(),
            limits,
            counters: DeliveryCounters::default(),
        }
    }

    /// Gives a new client an outbox.
    pub fn open(&mut self, id: ClientId) {
        self.outboxes.insert(id, Outbox::default());
    }

    /// Drops a client's outbox with what is in it.
    pub fn close(&mut self, id: ClientId) {
        if let Some(outbox) = self.outboxes.remove(id) {
            self.ledger.backlog -= outbox.backlog();
        }
    }

    /// Queues bytes that are no event.
    pub fn push(&mut self, id: ClientId, bytes: &[u8]) {
        if let Some(outbox) = self.outboxes.get_mut(id) {
            self.ledger.push(id, outbox, bytes, self.limits);
        }
    }

    /// Drops what waits for a slow consumer, but for the rest of a line that is partly sent.
    pub fn cut(&mut self, id: ClientId) {
        if let Some(outbox) = self.outboxes.get_mut(id) {
            let before = outbox.backlog();
            outbox.cut_after_first_line();
            self.ledger.backlog -= before - outbox.backlog();
            self.ledger.mark_dirty(id, outbox);
        }
    }

    /// Hands over the clients to be flushed, in the order in which they were first spoken to,
    /// and begins a new list. `into` is emptied first and keeps its memory.
    pub fn take_dirty(&mut self, into: &mut Vec<ClientId>) {
        into.clear();
        std::mem::swap(&mut self.ledger.dirty, into);
        for &id in into.iter() {
            if let Some(outbox) = self.outboxes.get_mut(id) {
                outbox.dirty = false;
            }
        }
        self.ledger.queued = 0;
        self.ledger.swollen = false;
    }

    /// What may be written to this client now. Returns how many slices are filled.
    pub fn gather<'a>(&'a self, id: ClientId, slices: &mut [IoSlice<'a>; WRITE_SLICES]) -> usize {
        self.outboxes.get(id).map_or(0, |outbox| outbox.gather(slices))
    }

    /// Takes off what this client's socket took at `now`. `full`: that was less than it was
    /// offered, so it is flushed again only after [`Fanout::unblock`].
    pub fn sent(&mut self, now: Time, id: ClientId, count: usize, full: bool) -> Verdict {
        let Some(outbox) = self.outboxes.get_mut(id) else { return Verdict::AllSent };
        self.ledger.backlog -= count.min(outbox.backlog());
        self.counters.sent_bytes += count as u64;
        if let Some(buffer) = outbox.sent(now, count) {
            self.ledger.give_back(buffer);
            return Verdict::AllSent;
        }
        if full {
            outbox.block(now);
            if outbox.backlog() > self.limits.hard {
                return Verdict::SlowConsumer;
            }
        } else {
            self.ledger.mark_dirty(id, outbox);
        }
        Verdict::Waits
    }

    /// Notes that this client's socket takes bytes again.
    pub fn unblock(&mut self, id: ClientId) {
        if let Some(outbox) = self.outboxes.get_mut(id) {
            outbox.blocked = false;
            self.ledger.mark_dirty(id, outbox);
        }
    }

    /// Whether some blocked outbox grew over the hard limit.
    pub fn has_overflowed(&self) -> bool {
        !self.ledger.overflowed.is_empty()
    }

    /// A client whose blocked outbox grew over the hard limit since it was last asked.
    pub fn pop_overflowed(&mut self) -> Option<ClientId> {
        self.ledger.overflowed.pop()
    }

    /// Of the clients whose sockets are full, those with most waiting, until what waits for the
    /// others is below the total limit. Costs nothing while all that waits is below it.
    pub fn over_total(&self) -> Vec<ClientId> {
        if self.ledger.backlog <= self.limits.total {
            return Vec::new();
        }
        let blocked = self.outboxes.iter().filter(|(_, outbox)| outbox.blocked);
        let mut waiting: Vec<(usize, ClientId)> =
            blocked.map(|(id, outbox)| (outbox.backlog(), id)).collect();
        waiting.sort_unstable_by(|one, other| other.cmp(one));
        let sum: usize = waiting.iter().map(|(backlog, _)| backlog).sum();
        let mut excess = sum.saturating_sub(self.limits.total);
        let mut found = Vec::new();
        for (backlog, id) in waiting {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(backlog);
            found.push(id);
        }
        found
    }

    /// Whether so much is queued that a flush should come before more is read.
    pub fn wants_flush(&self) -> bool {
        self.ledger.swollen || self.ledger.queued > QUEUED_BYTES_PER_TURN
    }

    /// Whether somebody is to be flushed.
    pub fn is_dirty(&self) -> bool {
        !self.ledger.dirty.is_empty()
    }

    /// A client's outbox.
    pub fn outbox(&self, id: ClientId) -> Option<&Outbox> {
        self.outboxes.get(id)
    }

    /// Bytes waiting for all clients together.
    pub fn backlog(&self) -> usize {
        self.ledger.backlog
    }

    /// What was done so far.
    pub fn counters(&self) -> DeliveryCounters {
        self.counters
    }

    /// Panics where the tables disagree with each other. For tests.
    pub fn check_invariants(&self) {
        let sum: usize = self.outboxes.iter().map(|(_, outbox)| outbox.backlog()).sum();
        assert_eq!(self.ledger.backlog, sum, "the sum of all outboxes");
        for (id, outbox) in self.outboxes.iter() {
            let listed = self.ledger.dirty.iter().filter(|&&other| other == id).count();
            assert_eq!(listed, usize::from(outbox.dirty), "{id}: on the dirty list");
            assert!(
                outbox.backlog() == 0 || outbox.dirty || outbox.blocked,
                "{id}: has bytes that nobody will write"
            );
        }
    }

    /// Queues the encoded event for one client.
    fn deliver(&mut self, id: ClientId, presence: bool) {
        let Some(outbox) = self.outboxes.get_mut(id) else { return };
        if presence && outbox.blocked && outbox.backlog() > self.limits.soft {
            self.counters.presence_dropped += 1;
        } else {
            self.ledger.push(id, outbox, &self.encoded, self.limits);
        }
    }

    fn encode(&mut self, event: Event<'_>) {
        self.encoded.clear();
        dialect::encode(event, &mut self.encoded);
    }
}

impl Ledger {
    fn push(&mut self, id: ClientId, outbox: &mut Outbox, bytes: &[u8], limits: OutboxLimits) {
        let before = outbox.backlog();
        outbox.push(bytes, &mut self.spares);
        let backlog = before + bytes.len();
        self.backlog += bytes.len();
        self.queued += bytes.len();
        if !outbox.blocked {
            self.swollen |= backlog > limits.soft;
            self.mark_dirty(id, outbox);
        } else if backlog > limits.hard && before <= limits.hard {
            // Only on the way over the limit, so that a client is listed once.
            self.overflowed.push(id);
        }
    }

    /// Puts a client that has bytes waiting on the list.
    fn mark_dirty(&mut self, id: ClientId, outbox: &mut Outbox) {
        if outbox.backlog() > 0 && !outbox.dirty {
            outbox.dirty = true;
            self.dirty.push(id);
        }
    }

    fn give_back(&mut self, buffer: Vec<u8>) {
        let worth_keeping = (1..=SPARE_BUFFER_BYTES_MAX).contains(&buffer.capacity());
        if worth_keeping && self.spares.len() < SPARE_BUFFERS_MAX {
            self.spares.push(buffer);
        }
    }
}

impl Outlet for Fanout {
    fn tell(&mut self, to: ClientId, event: Event<'_>) {
        self.encode(event);
        self.deliver(to, event.is_presence());
    }

    fn publish(
        &mut self,
        _room: RoomId,
        audience: &[ClientId],
        _source: ClientId,
        event: Event<'_>,
    ) {
        self.encode(event);
        let presence = event.is_presence();
        for &member in audience {
            self.deliver(member, presence);
        }
        self.counters.deliveries += audience.len() as u64;
    }
}
