//! Who is told of metadata: those who want to hear of a key, share a room with whom it is about or
//! watch it; and what is told at once of those who are there.
//!
//! Each is told in its own bytes, so what is told is charged to who has caused it.

use std::collections::HashSet;

use super::Lobby;
use super::metadata::Whose;
use crate::chat::author::Author;
use crate::chat::metadata::Metadata;
use crate::chat::metadata_request::{MetadataAnswer, MetadataEntry, MetadataOwner, MetadataValue};
use crate::chat::outlet::Outlet;
use crate::chat::reply::Reply;
use crate::chat::room::RoomId;
use crate::id::ClientId;
use crate::limits::{METADATA_MEMBERS_MAX, METADATA_PEOPLE_MAX, METADATA_TOLD_MAX};

/// What one answer tells of several.
#[derive(Default)]
struct Gathered<'a> {
    entries: Vec<MetadataEntry<'a>>,
    looked_at: HashSet<ClientId>,
    more: bool,
}

impl Lobby {
    /// Those in a room who want to hear of a key.
    pub(super) fn hearers_in<'a>(
        &'a self,
        room: RoomId,
        key: &str,
    ) -> impl Iterator<Item = ClientId> + 'a {
        let hearers = self.subscriptions.hearers(key).iter().copied();
        hearers.filter(move |hearer| self.is_in(*hearer, room))
    }

    /// Tells those in a room that a key of it has another value.
    pub(super) fn tell_metadata_of_room(
        &self,
        room: RoomId,
        author: Author,
        (key, value): (&str, &str),
        outlet: &mut impl Outlet,
    ) {
        let of = self.owner_of_metadata(Whose::Room(room));
        let entry = MetadataEntry { of, key, value: MetadataValue::of(value) };
        for hearer in self.hearers_in(room, key).filter(|it| Some(*it) != author.client()) {
            outlet.reply(hearer, &Reply::Metadata(MetadataAnswer::News(entry)));
        }
    }

    /// Tells those who know somebody that a key of it has another value: of all who are logged in
    /// to the same account, if it is. How many.
    pub(super) fn tell_metadata_of_person(
        &self,
        id: ClientId,
        by: ClientId,
        change: (&str, &str),
        outlet: &mut impl Outlet,
    ) -> usize {
        if self.subscriptions.is_empty() {
            return 0;
        }
        let all = self.accounts.stored_key_of(id).map(|account| self.accounts.clients_of(account));
        let all = all.unwrap_or(std::slice::from_ref(&id));
        all.iter().map(|one| self.tell_metadata_of(*one, by, change, outlet)).sum()
    }

    /// Tells those who know somebody that a key of it has another value, but for who has changed
    /// its own. How many.
    fn tell_metadata_of(
        &self,
        id: ClientId,
        by: ClientId,
        (key, value): (&str, &str),
        outlet: &mut impl Outlet,
    ) -> usize {
        let Some(nickname) = self.nickname(id) else { return 0 };
        let watchers = self.watches.watchers(nickname);
        let of = MetadataOwner::Person(nickname);
        let entry = MetadataEntry { of, key, value: MetadataValue::of(value) };
        let mut told = 0;
        for hearer in self.subscriptions.hearers(key) {
            let knows = *hearer == id
                || self.share_a_room(*hearer, id)
                || watchers.contains(hearer) && self.is_member(*hearer);
            if knows && (*hearer, id) != (by, by) {
                outlet.reply(*hearer, &Reply::Metadata(MetadataAnswer::News(entry)));
                told += 1;
            }
        }
        told
    }

    /// Tells what is other than before of somebody who has logged in or out.
    pub(super) fn tell_metadata_since(
        &self,
        id: ClientId,
        before: &Metadata,
        outlet: &mut impl Outlet,
    ) {
        let now = self.metadata_of(id);
        for key in now.differing(before) {
            let value = now.get(key).unwrap_or_default();
            self.tell_metadata_of(id, id, (key, value), outlet);
        }
    }

    /// Tells those in a room what there is to be known of somebody who has just come in.
    pub(super) fn introduce(&self, id: ClientId, room: RoomId, outlet: &mut impl Outlet) {
        if self.subscriptions.is_empty() || self.is_crowded(room) {
            return;
        }
        let Some(nickname) = self.nickname(id) else { return };
        let of = MetadataOwner::Person(nickname);
        for (key, value) in self.metadata_of(id).iter() {
            let entry = MetadataEntry { of, key, value: MetadataValue::Text(value) };
            for hearer in self.hearers_in(room, key).filter(|hearer| *hearer != id) {
                outlet.reply(hearer, &Reply::Metadata(MetadataAnswer::News(entry)));
            }
        }
    }

    fn is_crowded(&self, room: RoomId) -> bool {
        self.rooms.get(room).is_some_and(|open| open.len() > METADATA_MEMBERS_MAX)
    }

    /// Tells somebody who has come into a room what it wants to know of it and of who is there.
    pub(super) fn tell_metadata_there(&self, id: ClientId, room: RoomId, outlet: &mut impl Outlet) {
        if !self.subscriptions.of(id).is_empty() && self.is_crowded(room) {
            let answer = MetadataAnswer::AskLater(self.owner_of_metadata(Whose::Room(room)));
            return outlet.reply(id, &Reply::Metadata(answer));
        }
        self.sync_metadata(id, Whose::Room(room), outlet);
    }

    /// Tells somebody what it wants to know of a person that it watches and that is here.
    pub(super) fn tell_metadata_of_watched(
        &self,
        watcher: ClientId,
        id: ClientId,
        outlet: &mut impl Outlet,
    ) {
        if !self.subscriptions.of(watcher).is_empty() {
            self.sync_metadata(watcher, Whose::Person(id), outlet);
        }
    }

    /// Tells somebody the values of the keys of which it wants to hear. How many.
    pub(super) fn sync_metadata(
        &self,
        id: ClientId,
        whose: Whose,
        outlet: &mut impl Outlet,
    ) -> usize {
        let mut gathered = Gathered::default();
        match whose {
            Whose::Own => self.gather(id, MetadataOwner::You, self.metadata_of(id), &mut gathered),
            Whose::Person(other) => self.gather_person(id, other, &mut gathered),
            Whose::Room(room) => self.gather_room(id, room, &mut gathered),
            Whose::All => {
                let member = self.members.get(id);
                for membership in member.into_iter().flat_map(|member| &member.memberships) {
                    self.gather_room(id, membership.room, &mut gathered);
                }
                for watched in self.watched_by(id) {
                    self.gather_person(id, watched, &mut gathered);
                }
            }
        }
        let (of, entries) = (self.owner_of_metadata(whose), gathered.entries.as_slice());
        let answer = MetadataAnswer::Listed { of, entries, more: gathered.more };
        outlet.reply(id, &Reply::Metadata(answer));
        gathered.entries.len()
    }

    fn gather_room<'a>(&'a self, id: ClientId, room: RoomId, into: &mut Gathered<'a>) {
        let Some(open) = self.rooms.get(room) else { return };
        self.gather(id, MetadataOwner::Room(&open.name), &open.settings.metadata, into);
        if !self.is_in(id, room) || self.subscriptions.of(id).is_empty() {
            return;
        }
        for member in open.members() {
            self.gather_person(id, member, into);
            if into.more {
                break;
            }
        }
    }

    fn gather_person<'a>(&'a self, id: ClientId, other: ClientId, into: &mut Gathered<'a>) {
        if into.looked_at.len() >= METADATA_PEOPLE_MAX {
            into.more = true;
        } else if into.looked_at.insert(other)
            && let Some(nickname) = self.nickname(other)
        {
            self.gather(id, MetadataOwner::Person(nickname), self.metadata_of(other), into);
        }
    }

    fn gather<'a>(
        &'a self,
        id: ClientId,
        of: MetadataOwner<'a>,
        metadata: &'a Metadata,
        into: &mut Gathered<'a>,
    ) {
        let wanted = self.subscriptions.of(id);
        for (key, value) in metadata.iter() {
            if wanted.iter().any(|it| it == key) {
                if into.entries.len() >= METADATA_TOLD_MAX {
                    into.more = true;
                    return;
                }
                into.entries.push(MetadataEntry { of, key, value: MetadataValue::Text(value) });
            }
        }
    }
}
