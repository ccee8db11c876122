//! Rooms and their members as somebody finds them who need not be in any: lists by conditions, and
//! who is in a room.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::listing::fullest_first;
use super::{Context, Lobby};
use crate::chat::long_list::{RoomsLeft, SeatsLeft};
use crate::chat::name::NameKey;
use crate::chat::outlet::Outlet;
use crate::chat::refusal::Rank;
use crate::chat::reply::Reply;
use crate::chat::room::{Room, RoomId};
use crate::chat::room_modes::{Bounds, RoomAnswer, RoomFilter, RoomsQuestion, Seat};
use crate::chat::room_rules::RoomRule;
use crate::chat::wildcard::matches;
use crate::id::ClientId;
use crate::limits::{LOOKED_AT_PER_PART, NAMES_PER_PART, ROWS_PER_PART};
use crate::time::UnixTime;

/// Milliseconds in a minute, the unit in which rooms are asked for by their age.
const MINUTE: u64 = 60_000;

impl Lobby {
    /// Answers a question about rooms.
    pub(super) fn answer_about_rooms(
        &mut self,
        id: ClientId,
        question: &RoomsQuestion<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        match question {
            RoomsQuestion::List(filter) => self.list(id, filter, context, outlet),
            RoomsQuestion::Names { room } => self.tell_names(id, room, context, outlet),
            RoomsQuestion::Invitations => self.tell_invitations(id, context.now, outlet),
        }
    }

    /// Whether a client may know that there is such a room.
    pub(super) fn may_see(&self, id: ClientId, room: RoomId, open: &Room) -> bool {
        !open.settings.modes.has(RoomRule::Secret)
            || self.is_in(id, room)
            || self.is_server_operator(id)
    }

    /// Begins a list with the fullest rooms, fullest first. Those rooms, by their ids, and whether
    /// they are all.
    pub(super) fn tell_fullest(
        &self,
        id: ClientId,
        filter: &RoomFilter,
        now: UnixTime,
        outlet: &mut impl Outlet,
    ) -> (Box<[RoomId]>, bool) {
        let all = self.rooms.iter();
        let mut rooms: Vec<(RoomId, &Room)> =
            all.filter(|(room, open)| self.is_listed(id, *room, open, filter, now)).collect();
        let is_all = rooms.len() <= ROWS_PER_PART;
        if !is_all {
            rooms.select_nth_unstable_by(ROWS_PER_PART, fuller_first);
            rooms.truncate(ROWS_PER_PART);
        }
        rooms.sort_unstable_by(fuller_first);
        outlet.reply(id, &Reply::Room(RoomAnswer::ListBegins));
        rooms.iter().for_each(|(_, open)| tell_room(id, open, outlet));
        let mut first: Vec<RoomId> = rooms.into_iter().map(|(room, _)| room).collect();
        first.sort_unstable();
        (first.into(), is_all)
    }

    /// Tells a client of some more rooms. Whether there may be more; if not, the list ends.
    pub(super) fn tell_rooms(
        &self,
        id: ClientId,
        left: &mut RoomsLeft,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> bool {
        let mut told = 0;
        let mut rooms = self.rooms.iter_from(left.next);
        for (room, open) in rooms.by_ref().take(LOOKED_AT_PER_PART) {
            left.next = room.index() + 1;
            let is_new = left.first.binary_search(&room).is_err();
            if is_new && self.is_listed(id, room, open, &left.filter, context.now) {
                tell_room(id, open, outlet);
                told += 1;
            }
            if told == ROWS_PER_PART {
                break;
            }
        }
        let has_more = rooms.next().is_some();
        if !has_more {
            outlet.reply(id, &Reply::Room(RoomAnswer::ListEnds));
        }
        has_more
    }

    /// Whether a client is told of a room that has asked for such.
    fn is_listed(
        &self,
        id: ClientId,
        room: RoomId,
        open: &Room,
        filter: &RoomFilter,
        now: UnixTime,
    ) -> bool {
        !open.is_empty() && self.may_see(id, room, open) && fits(filter, open, now)
    }

    /// Tells a client the names of some more of those in a room. Whether there are more.
    pub(super) fn tell_seats(
        &self,
        id: ClientId,
        seats: &mut SeatsLeft,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> bool {
        let Some(open) = self.room_listed(id, seats) else {
            // It is gone, or is to be seen no more; what was begun is ended.
            let (room, people) = (&seats.name, &[][..]);
            let answer = RoomAnswer::Names { room, is_secret: false, people, has_more: false };
            outlet.reply(id, &Reply::Room(answer));
            return false;
        };
        let people = self.seats(id, open, seats, context);
        let is_secret = open.settings.modes.has(RoomRule::Secret);
        let (room, people, has_more) = (&open.name, &people[..], seats.count > 0);
        let answer = RoomAnswer::Names { room, is_secret, people, has_more };
        outlet.reply(id, &Reply::Room(answer));
        has_more
    }

    /// What tells of members of a room what each may do there.
    pub(super) fn seat_in<'a>(
        &'a self,
        open: &'a Room,
        context: &'a Context<'_>,
    ) -> impl Fn(ClientId) -> Option<Seat<'a>> {
        let officers: HashMap<ClientId, &NameKey> = open
            .officers
            .names()
            .filter_map(|name| Some((self.nicknames.find(name, &self.members)?, name)))
            .collect();
        move |member| {
            let key = officers.get(&member);
            Some(Seat {
                who: self.person(member, context)?,
                keeps_order: key.is_some_and(|key| open.officers.rank(key) >= Rank::Operator),
                has_voice: key.is_some_and(|key| open.officers.has_voice(key)),
            })
        }
    }

    /// Some more members of a room who are shown, and the asker, each with what it may do there, in
    /// the order of their seats.
    fn seats<'a>(
        &'a self,
        id: ClientId,
        open: &'a Room,
        left: &mut SeatsLeft,
        context: &'a Context<'_>,
    ) -> Vec<Seat<'a>> {
        let seat = self.seat_in(open, context);
        let mut people = Vec::new();
        if left.told == 0 && self.is_unseen(id, left.room) {
            people.extend(seat(id));
        }
        while let Some(shown) = open.unseen.last_outside(left.count) {
            if people.len() >= NAMES_PER_PART {
                break;
            }
            left.count = shown;
            people.extend(open.member_at(shown).and_then(&seat));
        }
        if people.len() < NAMES_PER_PART {
            left.count = 0;
        }
        left.told += people.len();
        // A room that is told of at once is told of in its order.
        people.reverse();
        people
    }
}

/// The order of two rooms in a list of the fullest.
fn fuller_first((_, one): &(RoomId, &Room), (_, other): &(RoomId, &Room)) -> Ordering {
    fullest_first(&one.name, one.len()).cmp(&fullest_first(&other.name, other.len()))
}

/// Tells a client of a room.
fn tell_room(id: ClientId, open: &Room, outlet: &mut impl Outlet) {
    let (room, members, topic) = (&open.name, open.len(), open.settings.topic.as_ref());
    outlet.reply(id, &Reply::Room(RoomAnswer::Listed { room, members, topic }));
}

/// Whether a room is one of those that are asked for.
fn fits(filter: &RoomFilter, open: &Room, now: UnixTime) -> bool {
    let minutes = |bounds: Bounds, since: Option<UnixTime>| {
        let is_asked = bounds != Bounds::default();
        let age = since.map(|at| now.millis().saturating_sub(at.millis()));
        !is_asked || age.is_some_and(|age| bounds.times(MINUTE).hold(age))
    };
    let is_named = |masks: &[smol_str::SmolStr]| {
        masks.iter().any(|mask| {
            let bare = mask.strip_prefix('#').filter(|rest| !rest.starts_with('#'));
            matches(bare.unwrap_or(mask), open.name.as_str())
        })
    };
    let topic = open.settings.topic.as_ref();
    (filter.wanted.is_empty() || is_named(&filter.wanted))
        && !is_named(&filter.unwanted)
        && filter.members.hold(open.len() as u64)
        && minutes(filter.made, Some(UnixTime::from_millis(open.standing.founded)))
        && minutes(filter.topic, topic.map(|topic| topic.at))
}
