//! Who is shown to programs that keep a list of a room's members, and from when on.
//!
//! Whoever comes into a big room is told of to nobody but itself, and counted. Programs that keep a
//! list are told of it when it first speaks there, gets or changes something, or is put out by
//! name: before that, as if it came then. Who leaves unseen leaves untold, and a list of names has
//! those who are shown, and the asker. So what such a program is told grows with those who speak,
//! and not with those who come.
//!
//! Invariant: who looks after a room or has a voice there is shown.

use super::{Context, Lobby};
use crate::chat::audience::Audience;
use crate::chat::author::Author;
use crate::chat::event::RoomEvent;
use crate::chat::fact::{Change, Fact};
use crate::chat::name::Nickname;
use crate::chat::outlet::Outlet;
use crate::chat::room::{RoomId, RoomRef};
use crate::id::ClientId;
use smallvec::SmallVec;

impl Lobby {
    /// Whether a member of a room was not shown there.
    pub(super) fn is_unseen(&self, id: ClientId, room: RoomId) -> bool {
        let Some(open) = self.rooms.get(room).filter(|open| !open.unseen.is_empty()) else {
            return false;
        };
        let member = self.members.get(id);
        let seat = member.and_then(|member| member.membership_in(room));
        seat.is_some_and(|seat| open.is_unseen(seat))
    }

    /// Shows a member of a room, unless it was or is none.
    pub(super) fn show(
        &mut self,
        id: ClientId,
        room: RoomId,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        if self.is_unseen(id, room) {
            let member = self.members.get(id);
            let seat = member.and_then(|member| member.membership_in(room));
            if let (Some(seat), Some(open)) = (seat, self.rooms.get_mut(room)) {
                open.set_unseen(seat, false);
            }
            self.tell_shown(id, room, context, outlet);
        }
    }

    /// Tells those who keep a list of a room's members of one of them, which knows it itself.
    pub(super) fn tell_shown(
        &self,
        id: ClientId,
        room: RoomId,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let (Some(who), Some(open)) = (self.person(id, context), self.rooms.get(room)) else {
            return;
        };
        let room = RoomRef { to: Audience::Listing, ..open.named(room) };
        outlet.publish(room, Some(id), &RoomEvent::Joined { who }, &[id]);
    }

    /// Shows those who have a part in what is about to happen in a room.
    pub(super) fn show_those_in(
        &mut self,
        fact: &Fact,
        room: RoomId,
        author: Author,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        if self.rooms.get(room).is_none_or(|open| open.unseen.is_empty()) {
            return;
        }
        let target = match fact {
            Fact::Said { .. } | Fact::TakenBack { .. } => None,
            Fact::PutOut { whom, .. } => Some(whom),
            Fact::Changed { change, .. } => target(change),
            _ => return,
        };
        let target = target.and_then(|name| self.nicknames.find(&name.key(), &self.members));
        for id in author.client().into_iter().chain(target) {
            self.show(id, room, context, outlet);
        }
    }

    /// The rooms of a member, with those who are told something new about it there.
    pub(super) fn rooms_shown_in(&self, id: ClientId) -> SmallVec<[RoomRef<'_>; 2]> {
        let Some(member) = self.members.get(id) else { return SmallVec::new() };
        let rooms = member.memberships.iter().filter_map(|seat| {
            let open = self.rooms.get(seat.room)?;
            let to = Audience::about(open.is_unseen(*seat));
            Some(RoomRef { to, ..open.named(seat.room) })
        });
        rooms.collect()
    }
}

/// The member whom a change is about, if it is about one.
fn target(change: &Change) -> Option<&Nickname> {
    match change {
        Change::Voice { whom, .. } | Change::Operator { whom, .. } => Some(whom),
        Change::Given { to, .. } => Some(to),
        Change::Imposed { sanction, .. } => sanction.name.as_ref(),
        _ => None,
    }
}
