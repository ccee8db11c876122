//! Rooms and their members as somebody finds them who need not be in any: lists by conditions, and
//! who is in a room.

use std::collections::HashSet;

use super::{Context, Lobby};
use crate::chat::name::NameKey;
use crate::chat::outlet::Outlet;
use crate::chat::refusal::Rank;
use crate::chat::reply::Reply;
use crate::chat::room::{Room, RoomId};
use crate::chat::room_modes::{Bounds, RoomAnswer, RoomFilter, RoomsQuestion, Seat};
use crate::chat::room_rules::RoomRule;
use crate::chat::wildcard::matches;
use crate::id::ClientId;
use crate::time::UnixTime;

/// Milliseconds in a minute, the unit in which rooms are asked for by their age.
const MINUTE: u64 = 60_000;

impl Lobby {
    /// Answers a question about rooms.
    pub(super) fn answer_about_rooms(
        &self,
        id: ClientId,
        question: &RoomsQuestion<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        match question {
            RoomsQuestion::List(filter) => self.list(id, filter, context.now, outlet),
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

    /// Lists the rooms that somebody is in, the fullest first.
    fn list(&self, id: ClientId, filter: &RoomFilter, now: UnixTime, outlet: &mut impl Outlet) {
        let seen = self.rooms.iter().filter(|(room, open)| {
            !open.is_empty() && self.may_see(id, *room, open) && fits(filter, open, now)
        });
        let mut rooms: Vec<&Room> = seen.map(|(_, open)| open).collect();
        rooms.sort_by_key(|open| super::listing::fullest_first(&open.name, open.len()));
        outlet.reply(id, &Reply::Room(RoomAnswer::ListBegins));
        for open in rooms {
            let (room, members, topic) = (&open.name, open.len(), open.settings.topic.as_ref());
            outlet.reply(id, &Reply::Room(RoomAnswer::Listed { room, members, topic }));
        }
        outlet.reply(id, &Reply::Room(RoomAnswer::ListEnds));
    }

    /// Tells a client who is in a room, in the order in which they are kept.
    pub(super) fn tell_names(
        &self,
        id: ClientId,
        typed: &str,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let found = self.room_named(typed).ok();
        let open =
            found.and_then(|room| self.rooms.get(room).filter(|open| self.may_see(id, room, open)));
        let Some(open) = open else {
            return outlet.reply(id, &Reply::Room(RoomAnswer::NamesOfNone { room: typed }));
        };
        let people = self.seats(open, context);
        let is_secret = open.settings.modes.has(RoomRule::Secret);
        let answer = RoomAnswer::Names { room: &open.name, is_secret, people: &people };
        outlet.reply(id, &Reply::Room(answer));
    }

    /// The members of a room, each with what it may do there.
    pub(super) fn seats<'a>(&'a self, open: &'a Room, context: &'a Context<'_>) -> Vec<Seat<'a>> {
        let officers: HashSet<&NameKey> = open.officers.names().collect();
        let seat = |member: ClientId| {
            let nickname = self.nickname(member)?;
            let key = (!officers.is_empty()).then(|| nickname.key());
            let key = key.filter(|key| officers.contains(key));
            Some(Seat {
                who: self.person_of(member, nickname, context),
                keeps_order: key
                    .as_ref()
                    .is_some_and(|key| open.officers.rank(key) >= Rank::Operator),
                has_voice: key.as_ref().is_some_and(|key| open.officers.has_voice(key)),
            })
        };
        open.members().filter_map(seat).collect()
    }
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
