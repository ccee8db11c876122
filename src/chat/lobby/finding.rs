//! Looking for people: who is here, who was, and what is known of them.
//!
//! Who hides is found by its name, and by those who share a room with it.

use std::time::Duration;

use super::watches::names;
use super::{Context, Lobby};
use crate::chat::author::Author;
use crate::chat::command::Outcome;
use crate::chat::member::Member;
use crate::chat::name::{NameKey, Nickname, RoomName};
use crate::chat::network::Network;
use crate::chat::outlet::Outlet;
use crate::chat::people::{Census, Found, Gone, PeopleReply, Portrait, Search};
use crate::chat::person::Person;
use crate::chat::profile::Profile;
use crate::chat::refusal::{Rank, Refusal};
use crate::chat::reply::Reply;
use crate::chat::room::RoomId;
use crate::chat::wildcard::{is_mask, matches};
use crate::id::ClientId;
use crate::limits::{FOUND_MAX, GONE_MAX, LOCATED_MAX};

impl Lobby {
    /// Bytes of a member's nickname, user name and cloak, with what stands between them.
    pub fn source_bytes(&self, id: ClientId, network: Option<Network>) -> usize {
        let Some(nickname) = self.nickname(id) else { return 0 };
        let network_of = |_| network;
        let who = Person::of(&self.profiles, Author::Here(id), nickname, &network_of);
        who.as_str().len() + who.user().len() + who.cloak().as_str().len() + "!@".len()
    }

    /// A member of that name.
    pub(super) fn find_person<'a>(
        &'a self,
        typed: &str,
        context: &'a Context<'_>,
    ) -> Option<(ClientId, Person<'a>)> {
        let id = self.nicknames.find(&NameKey::of(typed), &self.members)?;
        Some((id, self.person(id, context)?))
    }

    /// How a member is named.
    pub(super) fn person<'a>(
        &'a self,
        id: ClientId,
        context: &'a Context<'_>,
    ) -> Option<Person<'a>> {
        Some(self.person_of(id, self.nickname(id)?, context))
    }

    /// How a client here is named that has, had or would have this nickname.
    pub(super) fn person_of<'a>(
        &'a self,
        id: ClientId,
        nickname: &'a Nickname,
        context: &'a Context<'_>,
    ) -> Person<'a> {
        self.person_by(Author::Here(id), nickname, context)
    }

    /// How the author of an event is named.
    pub(super) fn person_by<'a>(
        &'a self,
        author: Author,
        nickname: &'a Nickname,
        context: &'a Context<'_>,
    ) -> Person<'a> {
        Person::of(&self.profiles, author, nickname, context.network_of)
    }

    /// How an event names whoever has this nickname now, if somebody has.
    pub(super) fn person_named<'a>(
        &'a self,
        nickname: &'a Nickname,
        context: &'a Context<'_>,
    ) -> Person<'a> {
        match self.nicknames.find(&nickname.key(), &self.members) {
            Some(id) => self.person_of(id, nickname, context),
            None => Person::named(nickname),
        }
    }

    /// Whether two members are in one room.
    pub(super) fn share_a_room(&self, one: ClientId, other: ClientId) -> bool {
        let (Some(one), Some(other)) = (self.members.get(one), self.members.get(other)) else {
            return false;
        };
        one.memberships.iter().any(|membership| other.membership_in(membership.room).is_some())
    }

    /// Whether somebody who asks may find a member by more than its name.
    fn may_find(&self, asker: ClientId, id: ClientId) -> bool {
        let hides = self.profiles.get(id).is_some_and(|profile| profile.is_hidden);
        !hides || id == asker || self.is_server_operator(asker) || self.share_a_room(asker, id)
    }

    /// Tells what is known of one person.
    pub(super) fn tell_who_is(
        &self,
        id: ClientId,
        typed: &str,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let found = self.find_member(typed)?;
        let Some(who) = self.person(found, context) else { return Ok(()) };
        let may_see = self.may_find(id, found);
        let is_shown = |room: RoomId| may_see && self.may_know(id, room);
        let key = who.nickname().key();
        let rooms: Vec<(&RoomName, Rank)> = self
            .members
            .get(found)
            .into_iter()
            .flat_map(|member| &member.memberships)
            .filter(|membership| is_shown(membership.room))
            .filter_map(|membership| self.rooms.get(membership.room))
            .map(|room| (&room.name, room.officers.rank(&key)))
            .collect();
        let portrait = Portrait {
            who,
            rooms: &rooms,
            is_operator: self.is_server_operator(found),
            metadata: self.metadata_of(found),
            is_asker: found == id,
            now: context.now,
        };
        outlet.reply(id, &Reply::People(PeopleReply::WhoIs(portrait)));
        Ok(())
    }

    /// Whether somebody may know of a room.
    fn may_know(&self, id: ClientId, room: RoomId) -> bool {
        self.rooms.get(room).is_some_and(|open| self.may_see(id, room, open))
    }

    /// Looks for people. How many it costs to tell of.
    pub(super) fn find_people(
        &self,
        id: ClientId,
        search: Search<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Outcome<'static> {
        let mut found: Vec<Found<'_>> = match search {
            Search::InRoom(typed) => self.people_in(id, typed, context),
            Search::Matching { mask, operators } => {
                let all = self.people_matching(id, mask, context);
                all.into_iter().filter(|found| found.is_operator || !operators).collect()
            }
        };
        let more = found.len() > FOUND_MAX;
        found.truncate(FOUND_MAX);
        outlet.reply(id, &Reply::People(PeopleReply::Found(&found, more)));
        Outcome::Listed(found.len())
    }

    fn people_in<'a>(
        &'a self,
        id: ClientId,
        typed: &str,
        context: &'a Context<'_>,
    ) -> Vec<Found<'a>> {
        let found = self.room_named(typed).ok().filter(|room| self.may_know(id, *room));
        let Some(open) = found.and_then(|room| self.rooms.get(room)) else { return Vec::new() };
        let seen = open.members().filter(|member| self.may_find(id, *member));
        // One more than is told shows that there are more.
        seen.take(FOUND_MAX + 1)
            .filter_map(|member| {
                let who = self.person(member, context)?;
                let (rank, has_voice) = open.officers.standing(|| who.nickname().key());
                let is_operator = self.is_server_operator(member);
                let silent = silence(who, context);
                Some(Found { who, room: Some(&open.name), rank, has_voice, is_operator, silent })
            })
            .collect()
    }

    fn people_matching<'a>(
        &'a self,
        id: ClientId,
        mask: &str,
        context: &'a Context<'_>,
    ) -> Vec<Found<'a>> {
        if !is_mask(mask) {
            let found = self.find_person(mask, context);
            return found
                .map(|(found, _)| found)
                .and_then(|found| self.seen_by(id, found, context))
                .into_iter()
                .collect();
        }
        let meant = |who: Person<'_>| {
            mask == "*"
                || matches(mask, who.as_str())
                || matches(mask, who.user())
                || matches(mask, who.real())
                || matches(mask, who.cloak().as_str())
        };
        let all = self.members.iter().map(|(member, _)| member);
        all.filter(|member| self.may_find(id, *member))
            .filter(|member| self.person(*member, context).is_some_and(meant))
            .take(FOUND_MAX + 1)
            .filter_map(|member| self.seen_by(id, member, context))
            .collect()
    }

    /// A member as a search shows it, with a room that the asker may know of.
    fn seen_by<'a>(
        &'a self,
        asker: ClientId,
        id: ClientId,
        context: &'a Context<'_>,
    ) -> Option<Found<'a>> {
        let who = self.person(id, context)?;
        let member = self.members.get(id)?;
        let shown = member.memberships.iter().map(|membership| membership.room);
        let may_see = self.may_find(asker, id);
        let mut shown = shown.filter(|room| may_see && self.may_know(asker, *room));
        let room = shown.next().and_then(|room| self.rooms.get(room));
        let standing = room.map(|room| room.officers.standing(|| who.nickname().key()));
        let (rank, has_voice) = standing.unwrap_or((Rank::Member, false));
        Some(Found {
            who,
            room: room.map(|room| &room.name),
            rank,
            has_voice,
            is_operator: self.is_server_operator(id),
            silent: silence(who, context),
        })
    }

    /// Tells who of some is here, and from where.
    pub(super) fn locate(
        &self,
        id: ClientId,
        list: &str,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let found =
            names(list).take(LOCATED_MAX).filter_map(|name| self.find_person(name, context));
        let found: Vec<Found<'_>> = found
            .map(|(found, who)| {
                let is_operator = self.is_server_operator(found);
                let (rank, has_voice) = (Rank::Member, false);
                Found { who, room: None, rank, has_voice, is_operator, silent: None }
            })
            .collect();
        outlet.reply(id, &Reply::People(PeopleReply::Located(&found)));
    }

    /// Tells who of some is here.
    pub(super) fn tell_who_is_present(
        &self,
        id: ClientId,
        list: &str,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let found = names(list).filter_map(|name| self.find_person(name, context));
        let found: Vec<Person<'_>> = found.map(|(_, who)| who).collect();
        outlet.reply(id, &Reply::People(PeopleReply::Present(&found)));
    }

    /// Tells who had a name, the last first.
    pub(super) fn tell_who_was(
        &self,
        id: ClientId,
        typed: &str,
        most: usize,
        outlet: &mut impl Outlet,
    ) {
        let key = NameKey::of(typed);
        let most = if most == 0 { usize::MAX } else { most };
        let found = self.gone.iter().rev().filter(|gone| gone.nickname.key() == key);
        let found: Vec<&Gone> = found.take(most).collect();
        outlet.reply(id, &Reply::People(PeopleReply::WhoWas(typed, &found)));
    }

    /// Remembers somebody who leaves, or has another nickname now.
    pub(super) fn note_gone(&mut self, gone: Gone) {
        if self.gone.len() >= GONE_MAX {
            self.gone.pop_front();
        }
        self.gone.push_back(gone);
    }

    /// How many are here; of connections without a nickname the lobby knows nothing.
    pub fn census(&self) -> Census {
        let hidden = |(_, profile): &(ClientId, &Profile)| profile.is_hidden;
        let operators = |(_, member): &(ClientId, &Member)| member.is_server_operator;
        Census {
            members: self.members(),
            most: self.most_members,
            hidden: self.profiles.iter().filter(hidden).count(),
            operators: self.members.iter().filter(operators).count(),
            strangers: 0,
            rooms: self.rooms.iter().filter(|(_, room)| !room.is_empty()).count(),
        }
    }
}

/// How long somebody has been silent, if that is known.
fn silence(who: Person<'_>, context: &Context<'_>) -> Option<Duration> {
    who.seen().map(|(_, spoke)| context.now.since(spoke))
}
