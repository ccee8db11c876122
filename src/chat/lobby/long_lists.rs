//! Lists that may be too long to be told at once: who is in a room, whom a mask matches, which
//! rooms there are.
//!
//! The first part is told at once. If there is more, the lobby keeps where the next part begins,
//! and the server asks for it when the client has been sent the one before ([`Lobby::tell_more`]).
//! Whether the asker may see a room is looked at anew for each part. What a part holds is left to
//! `finding` and `room_lists`.
//!
//! Others come and go meanwhile. Whoever stays is told of; in a room maybe twice, if others leave.
//! Whoever comes or goes is told of or not.
//!
//! Invariant: a client has one such list at most, and is a member.

use super::{Context, Lobby};
use crate::chat::command::Outcome;
use crate::chat::long_list::{LongList, Matching, RoomsLeft, SeatsLeft};
use crate::chat::outlet::Outlet;
use crate::chat::people::{PeopleReply, Search};
use crate::chat::reply::Reply;
use crate::chat::room_modes::{RoomAnswer, RoomFilter};
use crate::chat::wildcard::is_mask;
use crate::id::ClientId;
use crate::limits::FOUND_CHARGED_MAX;

impl Lobby {
    /// Whether a client has not been told all of a list that it has asked for.
    pub fn has_more_to_tell(&self, id: ClientId) -> bool {
        !self.long_lists.is_empty() && self.long_lists.contains_key(&id)
    }

    /// Tells a client the next part of its list. The number of people for whom it is charged.
    pub fn tell_more(
        &mut self,
        id: ClientId,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> usize {
        match self.long_lists.remove(&id) {
            Some(list) => self.tell_part(id, *list, context, outlet),
            None => 0,
        }
    }

    /// Tells a client no more of its list.
    pub fn tell_no_more(&mut self, id: ClientId) {
        self.long_lists.remove(&id);
    }

    /// Looks for people. The outcome says for how many the asker is charged.
    pub(super) fn find_people(
        &mut self,
        id: ClientId,
        search: Search<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Outcome<'static> {
        let list = match search {
            Search::InRoom(typed) => self.seats_seen(id, typed).map(LongList::Members),
            Search::Matching { mask, operators } if is_mask(mask) => {
                let (mask, next, told) = (mask.into(), 0, 0);
                Some(LongList::Matching(Matching { mask, operators, next, told }))
            }
            Search::Matching { mask, operators } => {
                let found = self.find_person(mask, context);
                let found = found.and_then(|(found, _)| self.seen_by(id, found, context));
                let found = found.filter(|found| found.is_operator || !operators);
                let found = found.as_slice();
                outlet.reply(id, &Reply::People(PeopleReply::Found(found)));
                return Outcome::Listed(found.len());
            }
        };
        Outcome::Listed(list.map_or(0, |list| self.tell_part(id, list, context, outlet)))
    }

    /// Tells a client who is in a room.
    pub(super) fn tell_names(
        &mut self,
        id: ClientId,
        typed: &str,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        match self.seats_seen(id, typed) {
            Some(seats) => {
                self.tell_part(id, LongList::Names(seats), context, outlet);
            }
            None => outlet.reply(id, &Reply::Room(RoomAnswer::NamesOfNone { room: typed })),
        }
    }

    /// Lists the rooms that somebody is in and that fit.
    pub(super) fn list(
        &mut self,
        id: ClientId,
        filter: &RoomFilter,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let (first, is_all) = self.tell_fullest(id, filter, context.now, outlet);
        if is_all {
            return outlet.reply(id, &Reply::Room(RoomAnswer::ListEnds));
        }
        let left = RoomsLeft { filter: Box::new(filter.clone()), first, next: 0 };
        self.long_lists.insert(id, Box::new(LongList::Rooms(left)));
    }

    /// All seats of a room that somebody is in and this client may know of.
    fn seats_seen(&self, id: ClientId, typed: &str) -> Option<SeatsLeft> {
        let room = self.room_named(typed).ok()?;
        let open = self.rooms.get(room).filter(|open| self.may_see(id, room, open))?;
        Some(SeatsLeft { room, name: open.name.clone(), count: usize::MAX, told: 0 })
    }

    /// Tells a part, and keeps what is left. The number of people for whom the asker is charged.
    fn tell_part(
        &mut self,
        id: ClientId,
        mut list: LongList,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> usize {
        let before = charged(&list);
        let has_more = match &mut list {
            LongList::Members(seats) => self.tell_members(id, seats, context, outlet),
            LongList::Names(seats) => self.tell_seats(id, seats, context, outlet),
            LongList::Matching(search) => self.tell_matching(id, search, context, outlet),
            LongList::Rooms(rooms) => self.tell_rooms(id, rooms, context, outlet),
        };
        let charged = charged(&list) - before;
        if has_more {
            self.long_lists.insert(id, Box::new(list));
        }
        charged
    }
}

/// The number of people for whom the asker has been charged. For more it waits as long as it takes
/// to send it what is told of them.
fn charged(list: &LongList) -> usize {
    match list {
        LongList::Members(SeatsLeft { told, .. }) | LongList::Matching(Matching { told, .. }) => {
            FOUND_CHARGED_MAX.min(*told)
        }
        LongList::Names(_) | LongList::Rooms(_) => 0,
    }
}
