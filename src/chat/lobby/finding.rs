//! Looking for people: who is here, who was, and what is known of them.
//!
//! Who hides is found by its name, and by those who share a room with it.

use std::time::Duration;

use super::watches::names;
use super::{Context, Lobby};
use crate::chat::author::Author;
use crate::chat::long_list::{Matching, SeatsLeft};
use crate::chat::member::Member;
use crate::chat::name::{NameKey, Nickname, RoomName};
use crate::chat::network::Network;
use crate::chat::outlet::Outlet;
use crate::chat::people::{Census, Found, Gone, PeopleReply, Portrait};
use crate::chat::person::Person;
use crate::chat::profile::Profile;
use crate::chat::refusal::{Rank, Refusal};
use crate::chat::reply::Reply;
use crate::chat::room::{Room, RoomId};
use crate::chat::wildcard::matches;
use crate::id::ClientId;
use crate::limits::{GONE_MAX, LOCATED_MAX, LOOKED_AT_PER_PART, ROWS_PER_PART};

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

    /// Tells a client of some more members of a room. Whether there are more.
    pub(super) fn tell_members(
        &self,
        id: ClientId,
        seats: &mut SeatsLeft,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> bool {
        let Some(open) = self.room_listed(id, seats) else { return false };
        let (mut found, mut looked_at) = (Vec::new(), 0);
        while seats.count > 0 && found.len() < ROWS_PER_PART && looked_at < LOOKED_AT_PER_PART {
            (seats.count, looked_at) = (seats.count - 1, looked_at + 1);
            let member = open.member_at(seats.count);
            found.extend(member.and_then(|member| self.found_in(id, open, member, context)));
        }
        // A room that is told of at once is told of in its order.
        found.reverse();
        seats.told += found.len();
        if !found.is_empty() {
            outlet.reply(id, &Reply::People(PeopleReply::Found(&found)));
        }
        seats.count > 0
    }

    /// A room of which a client is told, if it may know of it still. It has as many seats left as
    /// there are members at most.
    pub(super) fn room_listed(&self, id: ClientId, seats: &mut SeatsLeft) -> Option<&Room> {
        let open = self.rooms.get(seats.room).filter(|open| open.name == seats.name)?;
        seats.count = seats.count.min(open.len());
        self.may_see(id, seats.room, open).then_some(open)
    }

    /// A member of a room as a search for those shows it, if the asker may find it.
    fn found_in<'a>(
        &'a self,
        asker: ClientId,
        open: &'a Room,
        member: ClientId,
        context: &'a Context<'_>,
    ) -> Option<Found<'a>> {
        let who = self.person(member, context).filter(|_| self.may_find(asker, member))?;
        let (rank, has_voice) = open.officers.standing(|| who.nickname().key());
        let is_operator = self.is_server_operator(member);
        let silent = silence(who, context);
        Some(Found { who, room: Some(&open.name), rank, has_voice, is_operator, silent })
    }

    /// Tells a client of some more people whom a mask matches. Whether there may be more.
    pub(super) fn tell_matching(
        &self,
        id: ClientId,
        search: &mut Matching,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> bool {
        let mask = search.mask.as_str();
        let meant = |who: Person<'_>| {
            mask == "*"
                || matches(mask, who.as_str())
                || matches(mask, who.user())
                || matches(mask, who.real())
                || matches(mask, who.cloak().as_str())
        };
        let mut everybody = self.members.iter_from(search.next).map(|(member, _)| member);
        let mut found = Vec::new();
        for member in everybody.by_ref().take(LOOKED_AT_PER_PART) {
            search.next = member.index() + 1;
            let is_meant = self.may_find(id, member)
                && (!search.operators || self.is_server_operator(member))
                && self.person(member, context).is_some_and(meant);
            found.extend(is_meant.then(|| self.seen_by(id, member, context)).flatten());
            if found.len() == ROWS_PER_PART {
                break;
            }
        }
        let has_more = everybody.next().is_some();
        search.told += found.len();
        if !found.is_empty() {
            outlet.reply(id, &Reply::People(PeopleReply::Found(&found)));
        }
        has_more
    }

    /// A member as a search shows it, with a room that the asker may know of.
    pub(super) fn seen_by<'a>(
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
