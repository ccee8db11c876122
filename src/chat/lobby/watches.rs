//! Watching people: who is told when somebody comes and goes.
//!
//! Invariant: only members watch, each at most [`WATCHED_MAX`] names.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::{Context, Lobby};
use crate::chat::name::{NameKey, Nickname};
use crate::chat::outlet::Outlet;
use crate::chat::people::{News, PeopleReply};
use crate::chat::person::Person;
use crate::chat::reply::Reply;
use crate::id::ClientId;
use crate::limits::WATCHED_MAX;

/// All names that somebody watches.
#[derive(Debug, Default)]
pub(super) struct Watches {
    /// Each with its name as it was typed.
    by_watcher: HashMap<ClientId, Vec<(SmolStr, NameKey)>>,
    by_name: HashMap<NameKey, Vec<ClientId>>,
}

impl Watches {
    /// Whether nobody watches anybody.
    pub(super) fn is_empty(&self) -> bool {
        self.by_watcher.is_empty()
    }

    /// Has a client watch a name. Whether there was room.
    pub(super) fn add(&mut self, who: ClientId, name: &str) -> bool {
        let key = NameKey::of(name);
        let list = self.by_watcher.entry(who).or_default();
        if list.iter().any(|(_, known)| *known == key) {
            return true;
        }
        if list.len() >= WATCHED_MAX {
            return false;
        }
        list.push((name.into(), key.clone()));
        self.by_name.entry(key).or_default().push(who);
        true
    }

    fn remove(&mut self, who: ClientId, name: &str) {
        let key = NameKey::of(name);
        let Some(list) = self.by_watcher.get_mut(&who) else { return };
        let Some(at) = list.iter().position(|(_, known)| *known == key) else { return };
        list.remove(at);
        if list.is_empty() {
            self.by_watcher.remove(&who);
        }
        self.forget(&key, who);
    }

    /// Forgets what a client watches.
    pub(super) fn remove_all(&mut self, who: ClientId) {
        for (_, key) in self.by_watcher.remove(&who).unwrap_or_default() {
            self.forget(&key, who);
        }
    }

    fn forget(&mut self, key: &NameKey, who: ClientId) {
        let Some(watchers) = self.by_name.get_mut(key) else { return };
        watchers.retain(|watcher| *watcher != who);
        if watchers.is_empty() {
            self.by_name.remove(key);
        }
    }

    pub(super) fn watchers(&self, name: &Nickname) -> &[ClientId] {
        if self.is_empty() {
            return &[];
        }
        self.by_name.get(&name.key()).map_or(&[], Vec::as_slice)
    }

    fn of(&self, who: ClientId) -> Vec<&str> {
        self.by_watcher.get(&who).into_iter().flatten().map(|(name, _)| name.as_str()).collect()
    }

    /// All watched names, to be taken over by another process.
    pub(super) fn handed_over(&self) -> Vec<(ClientId, Vec<SmolStr>)> {
        let names =
            |list: &[(SmolStr, NameKey)]| list.iter().map(|(name, _)| name.clone()).collect();
        let mut all: Vec<_> = self.by_watcher.iter().map(|(id, list)| (*id, names(list))).collect();
        // In the same order each time, so that a run can be repeated.
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }

    /// Panics where the invariants do not hold. For tests.
    pub(super) fn check_invariants(&self, is_member: impl Fn(ClientId) -> bool) {
        let watched: usize = self.by_watcher.values().map(Vec::len).sum();
        let watching: usize = self.by_name.values().map(Vec::len).sum();
        assert_eq!(watched, watching, "each wish is kept both ways");
        for (who, list) in &self.by_watcher {
            assert!(is_member(*who), "{who}: watches people and is none");
            assert!((1..=WATCHED_MAX).contains(&list.len()), "{who}: watches {}", list.len());
        }
    }
}

/// The names in a list.
pub(super) fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ']).filter(|name| !name.is_empty())
}

impl Lobby {
    /// Has a client watch some, who are told to it as they are now.
    pub(super) fn watch(
        &mut self,
        id: ClientId,
        list: &str,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let mut added = Vec::new();
        let mut refused = Vec::new();
        for name in names(list) {
            // Nobody will ever be called otherwise.
            if Nickname::restored(name).is_none() {
                continue;
            }
            if self.watches.add(id, name) { added.push(name) } else { refused.push(name) }
        }
        self.tell_status(id, &added, context, outlet);
        if !refused.is_empty() {
            outlet.reply(id, &Reply::People(PeopleReply::WatchesFull(&refused)));
        }
    }

    pub(super) fn unwatch(&mut self, id: ClientId, list: &str) {
        names(list).for_each(|name| self.watches.remove(id, name));
    }

    pub(super) fn list_watched(&self, id: ClientId, outlet: &mut impl Outlet) {
        outlet.reply(id, &Reply::People(PeopleReply::Watched(&self.watches.of(id))));
    }

    pub(super) fn tell_watched(
        &self,
        id: ClientId,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        self.tell_status(id, &self.watches.of(id), context, outlet);
    }

    /// Tells a client who of some is here, and who is not.
    fn tell_status(
        &self,
        id: ClientId,
        names: &[&str],
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let (mut ids, mut here, mut away) = (Vec::new(), Vec::new(), Vec::new());
        for name in names {
            match self.find_person(name, context) {
                Some((found, who)) => {
                    ids.push(found);
                    here.push(who);
                }
                None => away.push(*name),
            }
        }
        if !here.is_empty() {
            outlet.reply(id, &Reply::People(PeopleReply::Online(&here)));
        }
        if !away.is_empty() {
            outlet.reply(id, &Reply::People(PeopleReply::Offline(&away)));
        }
        ids.iter().for_each(|found| self.tell_metadata_of_watched(id, *found, outlet));
    }

    /// Those whom a client watches and who are here.
    pub(super) fn watched_by(&self, id: ClientId) -> impl Iterator<Item = ClientId> + '_ {
        let keys = self.watches.by_watcher.get(&id).into_iter().flatten();
        keys.filter_map(|(_, key)| self.nicknames.find(key, &self.members))
    }

    /// Tells who watches a member that it is here.
    pub(super) fn note_arrival(
        &self,
        id: ClientId,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        if self.watches.is_empty() {
            return;
        }
        let Some(who) = self.person(id, context) else { return };
        for watcher in self.watches.watchers(who.nickname()) {
            outlet.reply(*watcher, &Reply::People(PeopleReply::Online(&[who])));
            self.tell_metadata_of_watched(*watcher, id, outlet);
        }
    }

    /// Tells who watches somebody of this name that it is not here any more.
    pub(super) fn note_absence(&self, name: &Nickname, outlet: &mut impl Outlet) {
        for watcher in self.watches.watchers(name) {
            outlet.reply(*watcher, &Reply::People(PeopleReply::Offline(&[name.as_str()])));
        }
    }

    /// Tells who watches a member what is new about it, but for those who hear that in a room.
    pub(super) fn tell_watchers(
        &self,
        id: ClientId,
        who: Person<'_>,
        news: News<'_>,
        outlet: &mut impl Outlet,
    ) {
        for watcher in self.watches.watchers(who.nickname()) {
            if *watcher != id && !self.share_a_room(*watcher, id) {
                outlet.reply(*watcher, &Reply::People(PeopleReply::News(who, news)));
            }
        }
    }
}
