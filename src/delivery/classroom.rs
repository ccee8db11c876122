//! Clients that decode each small read by itself, most of them as ASCII: the tutorial's.
//!
//! They are written to in whole lines ([`SmallWrites`](super::small_writes::SmallWrites)), and the
//! server's own words are told to them in ASCII until they have sent more than that themselves.
//! What people say reaches them as it was said. `server` knows which clients are of this kind.

use super::fanout::Fanout;
use super::outbox::Flag;
use crate::chat::{RoomEvent, RoomRef};
use crate::dialect;
use crate::id::ClientId;
use crate::time::Time;

impl Fanout {
    /// Has a client written to in small writes of whole lines and in ASCII, or not any more.
    pub fn write_small(&mut self, id: ClientId, small: bool) {
        let Some(outbox) = self.outboxes.get_mut(id) else { return };
        self.ascii_readers =
            self.ascii_readers + usize::from(small) - usize::from(outbox.flags.has(Flag::Ascii));
        outbox.flags.set(Flag::Small, small);
        outbox.flags.set(Flag::Ascii, small);
    }

    /// Notes that a client is known to understand more than ASCII.
    pub fn write_more_than_ascii(&mut self, id: ClientId) {
        if let Some(outbox) = self.outboxes.get_mut(id) {
            self.ascii_readers -= usize::from(outbox.flags.has(Flag::Ascii));
            outbox.flags.set(Flag::Ascii, false);
        }
    }

    /// The moment at which the next client that waits may be sent a small write.
    pub fn next_small_write(&mut self) -> Option<Time> {
        self.small_writes.next_due()
    }

    /// Lists clients that may be sent a small write at `now` as dirty.
    pub fn resume_small_writes(&mut self, now: Time) {
        while let Some(id) = self.small_writes.pop_due(now) {
            self.unblock(id);
        }
    }

    /// Takes clients off the end of a flush for which bytes wait and that have no room for a small
    /// write.
    pub(super) fn hold_small_writes(&mut self) {
        self.speakers.retain(|&id| {
            let Some(outbox) = self.outboxes.get_mut(id) else { return false };
            outbox.flags.set(Flag::Spoke, false);
            let room = self.small_writes.room(id);
            if !outbox.flags.has(Flag::Small) || outbox.whole_lines(room, &self.transcripts) > 0 {
                return true;
            }
            let since = self.small_writes.wait(id).unwrap_or_default();
            self.backlog.block(since, outbox);
            false
        });
    }

    /// Publishes the server's own words to a feed in which some read only ASCII, and tells those
    /// apart. `false`: nobody there needs that, and nothing was done.
    pub(super) fn publish_simplified(
        &mut self,
        room: RoomRef<'_>,
        index: usize,
        source: Option<ClientId>,
        event: &RoomEvent<'_>,
        deaf: &[ClientId],
    ) -> bool {
        let Some(feed) = self.feeds.get_mut((room.id, index)) else { return false };
        self.encoded.clear();
        feed.encoding.room_event(room.name, event, &mut self.encoded);
        if self.encoded.is_ascii() {
            return false;
        }
        let reads_ascii = |id: &&ClientId| {
            self.outboxes.get(**id).is_some_and(|outbox| outbox.flags.has(Flag::Ascii))
                && !deaf.contains(id)
        };
        let readers: Vec<ClientId> = feed.subscribers.iter().filter(reads_ascii).copied().collect();
        if readers.is_empty() {
            return false;
        }
        let deaf = [deaf, &readers].concat();
        self.publish_alike(room, index, source, event, &deaf);
        self.counters.deliveries += readers.len() as u64;
        let mut simple = std::mem::take(&mut self.encoded);
        dialect::simplify(&mut simple);
        readers.into_iter().for_each(|id| self.push(id, &simple));
        self.encoded = simple;
        true
    }
}
