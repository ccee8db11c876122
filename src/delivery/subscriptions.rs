//! Subscribing to a room, unsubscribing, and changing the encoding meanwhile.
//!
//! A client that subscribes while messages are pending hears what follows; one that unsubscribes is
//! handed its part first. So what a client is told keeps its order, and the batch goes on for all
//! others.

use super::batch::ExceptionId;
use super::fanout::Fanout;
use super::feeds::Subscription;
use crate::chat::{RoomId, RoomRef};
use crate::dialect::Encoding;
use crate::id::ClientId;

impl Fanout {
    /// Has a client told things in another encoding from now on.
    pub fn set_encoding(&mut self, id: ClientId, encoding: Encoding) {
        if self.outboxes.get(id).is_none_or(|outbox| outbox.encoding == encoding) {
            return;
        }
        let rooms = self.rooms_of(id);
        rooms.iter().rev().for_each(|room| self.remove_subscription(*room, id));
        if let Some(outbox) = self.outboxes.get_mut(id) {
            self.backlog.set_encoding(outbox, encoding);
        }
        rooms.iter().for_each(|room| self.add_subscription(*room, id));
    }

    /// The number of clients that read in each encoding, by its index.
    pub fn readers(&self) -> [u64; Encoding::ALL.len()] {
        let mut readers = [0; Encoding::ALL.len()];
        for (_, outbox) in self.outboxes.iter() {
            readers[outbox.encoding.index()] += 1;
        }
        readers
    }

    /// Whether a client hears a room.
    pub(super) fn hears(&self, room: RoomId, id: ClientId) -> bool {
        self.heard_by(id).any(|heard| heard == room)
    }

    /// The rooms that a client hears, while its subscriptions change.
    fn rooms_of(&self, id: ClientId) -> Vec<RoomId> {
        self.heard_by(id).collect()
    }

    /// The rooms that a client hears.
    fn heard_by(&self, id: ClientId) -> impl Iterator<Item = RoomId> {
        let first = self.outboxes.get(id).map(|outbox| outbox.subscription);
        let first = first.filter(|first| *first != Subscription::NONE);
        let others = self.feeds.others.get(&id);
        first.into_iter().chain(others.into_iter().flatten().copied()).map(|other| other.room)
    }

    pub(super) fn add_subscription(&mut self, room: RoomId, id: ClientId) {
        let Some(outbox) = self.outboxes.get(id) else { return };
        let first = outbox.subscription;
        if first != Subscription::NONE {
            // These rooms share a member from now on.
            self.hand_out();
            let heard = 1 + self.feeds.others.get(&id).map_or(0, Vec::len);
            self.feeds.room_mut(first.room).shared += u32::from(heard == 1);
        }
        let Some(outbox) = self.outboxes.get_mut(id) else { return };
        let feeds = self.feeds.room_mut(room);
        feeds.shared += u32::from(first != Subscription::NONE);
        let feed = feeds.feed_of(outbox.encoding);
        let subscription = Subscription { room, place: feed.subscribers.len() as u32 };
        feed.subscribers.push(id);
        feed.batch.begin_part_here(id, &mut outbox.exception);
        if first == Subscription::NONE {
            outbox.subscription = subscription;
        } else {
            self.feeds.others.entry(id).or_default().push(subscription);
        }
    }

    pub(super) fn remove_subscription(&mut self, room: RoomId, id: ClientId) {
        let Some(subscription) = self.forget_subscription(room, id) else { return };
        let Some(outbox) = self.outboxes.get_mut(id) else { return };
        let Some(feed) = self.feeds.find_mut(room, outbox.encoding) else { return };
        if let Some(part) = feed.batch.part(outbox.exception) {
            self.backlog.deliver(id, outbox, part, feed.batch.presence, &self.limits);
        }
        feed.batch.forget(&mut outbox.exception);
        feed.subscribers.swap_remove(subscription.place as usize);
        if let Some(moved) = feed.subscribers.get(subscription.place as usize).copied() {
            self.note_place(moved, subscription);
        }
    }

    /// Takes a subscription off the list of a client's.
    fn forget_subscription(&mut self, room: RoomId, id: ClientId) -> Option<Subscription> {
        let outbox = self.outboxes.get_mut(id)?;
        let Some(others) = self.feeds.others.get_mut(&id) else {
            let is_this = outbox.subscription.room == room;
            let only = std::mem::replace(&mut outbox.subscription, Subscription::NONE);
            if !is_this {
                outbox.subscription = only;
            }
            return Some(only).filter(|only| is_this && *only != Subscription::NONE);
        };
        let found = if outbox.subscription.room == room {
            std::mem::replace(&mut outbox.subscription, others.remove(0))
        } else {
            let index = others.iter().position(|other| other.room == room)?;
            others.remove(index)
        };
        let remaining = others.is_empty().then_some(outbox.subscription.room);
        self.feeds.room_mut(room).shared -= 1;
        if let Some(remaining) = remaining {
            self.feeds.others.remove(&id);
            self.feeds.room_mut(remaining).shared -= 1;
        }
        Some(found)
    }

    /// The clients that hear a room and are told in one of the others as well; the source is told
    /// in any.
    pub(super) fn subscribers_of_both(
        &self,
        room: RoomId,
        others: &[RoomRef<'_>],
        source: Option<ClientId>,
    ) -> Vec<ClientId> {
        let hears_other = |id: &ClientId| {
            let rooms = self.rooms_of(*id);
            let keeps_list = self.encoding(*id).lists_members();
            let is_told = |other: &RoomRef<'_>| {
                rooms.contains(&other.id) && (other.to.includes(keeps_list) || Some(*id) == source)
            };
            rooms.contains(&room) && others.iter().any(is_told)
        };
        match others {
            [] => Vec::new(),
            _ => self.feeds.others.keys().copied().filter(hears_other).collect(),
        }
    }

    /// Notes the new index of a subscriber that has moved.
    fn note_place(&mut self, id: ClientId, at: Subscription) {
        let Some(outbox) = self.outboxes.get_mut(id) else { return };
        if outbox.subscription.room == at.room {
            outbox.subscription = at;
        } else if let Some(others) = self.feeds.others.get_mut(&id)
            && let Some(other) = others.iter_mut().find(|other| other.room == at.room)
        {
            *other = at;
        }
    }

    /// Takes a client that is gone out of all feeds.
    pub(super) fn remove_subscriptions(&mut self, id: ClientId) {
        for room in self.rooms_of(id) {
            self.remove_subscription(room, id);
        }
    }

    /// Hands one client its part of what is pending, if it has one, because something for it alone
    /// comes next.
    pub(super) fn settle(&mut self, id: ClientId) {
        let Some(outbox) = self.outboxes.get(id) else { return };
        if outbox.subscription == Subscription::NONE {
            return;
        }
        self.settle_in(outbox.subscription.room, id);
        if self.feeds.others.is_empty() || !self.feeds.others.contains_key(&id) {
            return;
        }
        for room in self.rooms_of(id) {
            self.settle_in(room, id);
        }
    }

    /// Hands one client its part of what is pending in one room, which it hears.
    pub(super) fn settle_in(&mut self, room: RoomId, id: ClientId) {
        let Some(outbox) = self.outboxes.get_mut(id) else { return };
        let Some(feed) = self.feeds.find_mut(room, outbox.encoding) else { return };
        if let Some(part) = feed.batch.part(outbox.exception) {
            feed.batch.begin_part_here(id, &mut outbox.exception);
            self.backlog.deliver(id, outbox, part, feed.batch.presence, &self.limits);
        }
    }

    /// Panics where a client and a feed disagree on who hears what. For tests.
    pub(super) fn check_subscriptions(&self) {
        let mut subscribers = 0;
        for (index, room) in self.feeds.rooms.iter().enumerate() {
            let mut shared = 0;
            for feed in &room.feeds {
                subscribers += feed.subscribers.len();
                for (place, &id) in feed.subscribers.iter().enumerate() {
                    let outbox = self.outboxes.get(id).expect("a subscriber has an outbox");
                    assert_eq!(outbox.encoding, feed.encoding, "{id}: in another encoding's feed");
                    let others = self.feeds.others.get(&id);
                    let known = [outbox.subscription];
                    let mut all = known.iter().chain(others.into_iter().flatten());
                    let is_known = |known: &Subscription| {
                        known.room.index() == index && known.place as usize == place
                    };
                    assert!(all.any(is_known), "{id}: hears a room and does not know it");
                    assert!(
                        feed.batch.pending.is_some()
                            || others.is_some()
                            || outbox.exception == ExceptionId::NONE,
                        "{id}: an exception of nothing"
                    );
                    shared += u32::from(others.is_some());
                }
            }
            assert_eq!(room.shared, shared, "subscribers who hear other rooms too");
        }
        let first = self.outboxes.iter().filter(|(_, o)| o.subscription != Subscription::NONE);
        let others: usize = self.feeds.others.values().map(Vec::len).sum();
        assert_eq!(first.count() + others, subscribers, "a subscription without a subscriber");
    }
}
