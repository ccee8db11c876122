//! The outlet: what the lobby tells its clients and rooms.

use super::fanout::Fanout;
use super::outbox::Flag;
use super::request::Request;
use crate::chat::{Entry, Outlet, Recollection, Reply, RoomEvent, RoomId, RoomRef};
use crate::dialect;
use crate::id::ClientId;

impl Outlet for Fanout {
    fn reply(&mut self, to: ClientId, reply: &Reply<'_>) {
        let mut re = None;
        if let Reply::Refused(refusal) = reply {
            self.counters.refused[refusal.kind()] += 1;
            let request = self.requests.iter_mut().find(|request| request.client == to);
            re = request.map(Request::refuse);
        }
        self.encoded.clear();
        if let Some(outbox) = self.outboxes.get(to) {
            let encoding = outbox.encoding;
            let reader = if encoding.needs_reader() { self.readers.get_mut(&to) } else { None };
            encoding.reply(reply, re, reader.map(Box::as_mut), &mut self.encoded);
            let is_prose = outbox.encoding.is_prose();
            if outbox.flags.has(Flag::Ascii) && is_prose && !reply.is_speech() {
                dialect::simplify(&mut self.encoded);
            }
        }
        // Not every encoding has something to say of everything.
        if self.encoded.is_empty() {
            return;
        }
        self.settle(to);
        if let Some(outbox) = self.outboxes.get_mut(to) {
            self.backlog.push_own(to, outbox, &self.encoded, &self.limits);
        }
    }

    fn publish(
        &mut self,
        room: RoomRef<'_>,
        source: Option<ClientId>,
        event: &RoomEvent<'_>,
        deaf: &[ClientId],
    ) {
        self.publish_to_feeds(room, source, event, deaf);
    }

    fn tell_neighbours(
        &mut self,
        rooms: &[RoomRef<'_>],
        source: Option<ClientId>,
        event: &RoomEvent<'_>,
    ) {
        for (index, room) in rooms.iter().enumerate() {
            let told = self.subscribers_of_both(room.id, &rooms[..index], source);
            self.publish_to_feeds(*room, source, event, &told);
        }
    }

    fn subscribe(&mut self, room: RoomId, client: ClientId) {
        self.add_subscription(room, client);
    }

    fn unsubscribe(&mut self, room: RoomId, client: ClientId) {
        self.remove_subscription(room, client);
    }

    fn replay(&mut self, to: ClientId, recollection: &Recollection<'_>) {
        let Some(outbox) = self.outboxes.get(to) else { return };
        let encoding = outbox.encoding;
        let Recollection { room, messages, which, cursor, asked, .. } = *recollection;
        if messages.is_empty() && !asked && !encoding.announces_empty_history() {
            return;
        }
        let (room, count) = (room.name, messages.len());
        self.reply(to, &Reply::RecallBegins { room, count, which });
        if encoding.needs_reader() {
            let (epoch, now) = (cursor.epoch, recollection.now);
            for entry in messages.entries() {
                match entry {
                    Entry::Message(message) => {
                        self.reply(to, &Reply::Remembered { room, message, epoch, now });
                    }
                    Entry::Event(event) => self.reply(to, &Reply::Happened { room, event }),
                }
            }
        } else if count > 0 {
            // The beginning may be told in no bytes.
            self.settle(to);
            let span = self.replays.span(encoding, recollection, &mut self.transcripts);
            if let Some(outbox) = self.outboxes.get_mut(to).filter(|_| span.len > 0) {
                self.backlog.deliver(to, outbox, span, false, &self.limits);
            }
        }
        self.reply(to, &Reply::RecallEnds { room, cursor });
    }

    fn close_room(&mut self, room: RoomId) {
        self.feeds.close_room(room, &mut self.transcripts);
    }
}
