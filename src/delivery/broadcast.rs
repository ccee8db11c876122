//! Publishing to a room: each message is added to the batch of each feed, and batches are handed
//! out.
//!
//! The outboxes, and what is told to one client alone, are left to `fanout`.

use super::batch::ExceptionId;
use super::fanout::Fanout;
use super::feeds::FeedId;
use super::outbox::Flag;
use crate::chat::{RoomEvent, RoomId, RoomRef};
use crate::dialect::{Encoding, OwnEvent};
use crate::id::ClientId;
use crate::limits::DEAF_IN_BATCH_MAX;

impl Fanout {
    /// Hands all that is pending out to those who hear it.
    pub fn hand_out(&mut self) {
        let listed = self.feeds.take_listed();
        for &feed in &listed {
            self.hand_out_feed(feed);
        }
        self.feeds.reuse_list(listed);
        self.feeds.shared_pending = None;
    }

    fn hand_out_feed(&mut self, id: FeedId) {
        let Some(feed) = self.feeds.get_mut(id) else { return };
        let Some(span) = feed.batch.pending else { return };
        let presence = feed.batch.presence;
        for &id in &feed.subscribers {
            let Some(outbox) = self.outboxes.get_mut(id) else { continue };
            if outbox.exception == ExceptionId::NONE {
                self.backlog.deliver(id, outbox, span, presence, &self.limits);
            }
        }
        feed.batch.finish(|id, part| {
            let Some(outbox) = self.outboxes.get_mut(id) else { return };
            outbox.exception = ExceptionId::NONE;
            if let Some(part) = part {
                self.backlog.deliver(id, outbox, part, presence, &self.limits);
            }
        });
    }

    /// Hands out what is pending in another room, if somebody hears that and this one: they are
    /// told what happens in both in its order.
    fn hand_out_shared(&mut self, room: RoomId) {
        if self.feeds.rooms.get(room.index()).is_none_or(|feeds| feeds.shared == 0) {
            return;
        }
        if let Some(other) = self.feeds.shared_pending.replace(room).filter(|other| *other != room)
        {
            for index in 0..self.feeds.of_room(other) {
                self.hand_out_feed((other, index));
            }
        }
    }

    /// Publishes to all feeds of a room.
    pub(super) fn publish_to_feeds(
        &mut self,
        room: RoomRef<'_>,
        source: Option<ClientId>,
        event: &RoomEvent<'_>,
        deaf: &[ClientId],
    ) {
        self.hand_out_shared(room.id);
        let apart = self.told_apart(room, source, event);
        // Whoever is deaf to this has been told of it in another room.
        let apart = apart.filter(|(source, _)| !deaf.contains(source));
        let with_source: Vec<ClientId>;
        let deaf = match apart {
            Some((source, _)) if self.hears(room.id, source) => {
                with_source = [deaf, &[source]].concat();
                &with_source
            }
            _ => deaf,
        };
        let may_differ = self.ascii_readers > 0 && !event.is_message();
        for index in 0..self.feeds.of_room(room.id) {
            let Some(feed) = self.feeds.get_mut((room.id, index)) else { return };
            let encoding = feed.encoding;
            if feed.subscribers.is_empty() || !room.to.includes(encoding.lists_members()) {
                continue;
            }
            let deaf = self.those_reading(encoding, deaf);
            let may_differ = may_differ && encoding.is_prose();
            if !may_differ || !self.publish_simplified(room, index, source, event, &deaf) {
                self.publish_alike(room, index, source, event, &deaf);
            }
        }
        if let Some((source, OwnEvent::Alone)) = apart {
            self.tell_own_event(source, room, event);
        }
    }

    /// The clients among a few that read in one encoding.
    fn those_reading(&self, encoding: Encoding, clients: &[ClientId]) -> Vec<ClientId> {
        let reads = |id: &ClientId| {
            self.outboxes.get(*id).is_some_and(|outbox| outbox.encoding == encoding)
        };
        clients.iter().copied().filter(reads).collect()
    }

    /// Publishes to one feed, in the same bytes for everybody.
    pub(super) fn publish_alike(
        &mut self,
        room: RoomRef<'_>,
        index: usize,
        source: Option<ClientId>,
        event: &RoomEvent<'_>,
        deaf: &[ClientId],
    ) {
        let id = (room.id, index);
        self.hand_out_to_deaf(id, deaf);
        let presence = event.is_presence();
        let Some((feed, span)) = self.feeds.append(room, index, event, &mut self.transcripts)
        else {
            return;
        };
        let listeners = feed.subscribers.len() - deaf.len();
        let mut each = span.len as usize;
        if feed.batch.is_continued_by(span, presence) {
            each = feed.batch.extend(span);
        } else {
            self.hand_out_feed(id);
            self.feeds.begin_batch(id, span, presence);
        }
        self.skip_for(id, deaf);
        if let Some(outbox) = source.and_then(|source| self.outboxes.get_mut(source)) {
            outbox.flags.set(Flag::Spoke, true);
        }
        self.backlog.note_published(span.len as usize, each, listeners, &self.limits);
        self.counters.published += 1;
        self.counters.deliveries += listeners as u64;
    }

    /// Hands the deaf, who miss the next message, all that came before it. Hands it to everybody if
    /// the deaf are many.
    fn hand_out_to_deaf(&mut self, id: FeedId, deaf: &[ClientId]) {
        if deaf.len() > DEAF_IN_BATCH_MAX {
            self.hand_out_feed(id);
        } else {
            deaf.iter().for_each(|&deaf| self.settle_in(id.0, deaf));
        }
    }

    /// Lets the deaf miss the message that was appended last: they have what came before it, and
    /// the rest of their batch begins behind it.
    fn skip_for(&mut self, id: FeedId, deaf: &[ClientId]) {
        if deaf.is_empty() {
            return;
        }
        let Some(feed) = self.feeds.get_mut(id) else { return };
        for &id in deaf {
            if let Some(outbox) = self.outboxes.get_mut(id) {
                feed.batch.begin_part_here(id, &mut outbox.exception);
            }
        }
    }
}
