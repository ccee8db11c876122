//! Invitations into rooms: each opens a room that is shut, once and for a day.
//!
//! They are for the person, whatever it calls itself, and are forgotten when it leaves. What a
//! member says who does not keep order is passed on, and opens nothing that order has shut.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::deciding::Decision;
use super::{Context, Lobby};
use crate::chat::event::RoomEvent;
use crate::chat::fact::Author;
use crate::chat::name::{NameKey, Nickname, RoomName};
use crate::chat::outlet::Outlet;
use crate::chat::refusal::{Rank, Refusal};
use crate::chat::reply::Reply;
use crate::chat::room::RoomId;
use crate::chat::room_modes::{RoomAnswer, RuleChange};
use crate::chat::room_refusal::RoomRefusal;
use crate::chat::room_rules::RoomRule;
use crate::chat::sanctions::SanctionKind;
use crate::id::ClientId;
use crate::limits::{ROOM_INVITATION_LASTS, ROOM_INVITATIONS_MAX};
use crate::time::UnixTime;

/// An invitation that waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Invitation {
    room: RoomName,
    until: UnixTime,
    /// It comes from somebody who keeps order in the room.
    opens: bool,
}

/// Who is invited where.
#[derive(Debug, Default)]
pub(super) struct Invitations(HashMap<ClientId, Vec<Invitation>>);

impl Invitations {
    fn add(&mut self, to: ClientId, invitation: Invitation, now: UnixTime) {
        let waiting = self.0.entry(to).or_default();
        let key = invitation.room.key();
        let opened = waiting.iter().any(|it| it.opens && it.until > now && it.room.key() == key);
        waiting.retain(|it| it.until > now && it.room.key() != key);
        if waiting.len() >= ROOM_INVITATIONS_MAX {
            waiting.remove(0);
        }
        let opens = invitation.opens || opened;
        waiting.push(Invitation { opens, ..invitation });
    }

    /// Whether somebody may come into a room that is shut.
    pub(super) fn opens(&self, to: ClientId, room: &NameKey, now: UnixTime) -> bool {
        self.of(to, now).any(|it| it.opens && it.room.key() == *room)
    }

    /// An invitation was followed.
    pub(super) fn use_up(&mut self, to: ClientId, room: &RoomName) {
        if self.0.is_empty() {
            return;
        }
        let Some(waiting) = self.0.get_mut(&to) else { return };
        waiting.retain(|it| it.room.key() != room.key());
        if waiting.is_empty() {
            self.0.remove(&to);
        }
    }

    /// A room is forgotten, and so is who was invited into it.
    pub(super) fn forget_room(&mut self, room: &NameKey) {
        self.0.retain(|_, waiting| {
            waiting.retain(|it| it.room.key() != *room);
            !waiting.is_empty()
        });
    }

    /// A room has another name. Who was invited into another that had it is not into this one.
    pub(super) fn follow_room(&mut self, old: &NameKey, new: &RoomName) {
        self.forget_room(&new.key());
        for invitation in self.0.values_mut().flatten() {
            if invitation.room.key() == *old {
                invitation.room = new.clone();
            }
        }
    }

    /// Somebody has left.
    pub(super) fn remove_all(&mut self, id: ClientId) {
        if !self.0.is_empty() {
            self.0.remove(&id);
        }
    }

    pub(super) fn clear(&mut self) {
        self.0 = HashMap::new();
    }

    pub(super) fn handed_over(&self) -> Vec<(ClientId, Vec<Invitation>)> {
        self.0.iter().map(|(id, waiting)| (*id, waiting.clone())).collect()
    }

    pub(super) fn take_over(&mut self, waiting: Vec<(ClientId, Vec<Invitation>)>) {
        self.0 = waiting.into_iter().collect();
    }

    /// Panics where somebody is invited who is not here. For tests.
    pub(super) fn check_invariants(&self, is_here: impl Fn(ClientId) -> bool) {
        assert!(self.0.keys().all(|id| is_here(*id)), "nobody is invited");
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn of(&self, to: ClientId, now: UnixTime) -> impl Iterator<Item = &Invitation> {
        let waiting = if self.0.is_empty() { None } else { self.0.get(&to) };
        waiting.into_iter().flatten().filter(move |it| it.until > now)
    }
}

impl Lobby {
    /// Where only the invited may enter, only who keeps order may invite.
    pub(super) fn decide_to_invite(
        &self,
        id: ClientId,
        room: RoomId,
        whom: &str,
    ) -> Result<Decision<'static>, Refusal> {
        let Some(open) = self.rooms.get(room) else { return Ok(Decision::Nothing) };
        let found = self.find_member(whom)?;
        if self.is_in(found, room) {
            let nickname = self.nickname(found).cloned().ok_or(Refusal::ThatIsYou)?;
            return Err(RoomRefusal::AlreadyThere(nickname, open.name.clone()).into());
        }
        if open.settings.modes.has(RoomRule::InvitedOnly) {
            self.check_rank(id, room, Rank::Operator)?;
        }
        self.check_not_ignored(id, found)?;
        Ok(Decision::Invite(room, found))
    }

    /// Passes an invitation on, and tells those in the room who want to know.
    pub(super) fn invite(
        &mut self,
        id: ClientId,
        room: RoomId,
        whom: ClientId,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let opens = self.keeps_order(id, room);
        let until = context.now + ROOM_INVITATION_LASTS;
        let invitation = Invitation { room: self.room_name(room), until, opens };
        self.invitations.add(whom, invitation, context.now);
        let (Some(from), Some(to)) = (self.nickname(id), self.nickname(whom)) else { return };
        let Some(open) = self.rooms.get(room) else { return };
        let by = self.person_of(id, from, context);
        let room_name = &open.name;
        outlet.reply(id, &Reply::Room(RoomAnswer::InvitationSent { to, room: room_name }));
        outlet.reply(whom, &Reply::Room(RoomAnswer::YouAreInvited { by, room: room_name }));
        let change = RuleChange::Invited { by, whom: to };
        self.publish(room, Author::Here(id), &RoomEvent::Ruled(change), outlet);
    }

    /// Tells a member into which rooms it is invited.
    pub(super) fn tell_invitations(&self, id: ClientId, now: UnixTime, outlet: &mut impl Outlet) {
        let rooms: Vec<&RoomName> = self.invitations.of(id, now).map(|it| &it.room).collect();
        outlet.reply(id, &Reply::Room(RoomAnswer::Invitations(&rooms)));
    }

    /// Whether somebody who keeps order in a room has invited a client into it.
    pub(super) fn is_let_in(&self, id: ClientId, room: RoomId, now: UnixTime) -> bool {
        let key = || self.rooms.get(room).map(|open| open.name.key());
        !self.invitations.is_empty()
            && room != RoomId::MAIN
            && key().is_some_and(|key| self.invitations.opens(id, &key, now))
    }

    /// Checks the rules of a room for somebody who wants to come in, but for bans and the password.
    pub(super) fn check_rules(
        &self,
        id: ClientId,
        who: &Nickname,
        room: RoomId,
        context: &Context<'_>,
    ) -> Result<(), Refusal> {
        let Some(open) = self.rooms.get(room) else { return Ok(()) };
        let settings = &open.settings;
        let is_full = settings.limit.is_some_and(|limit| open.len() >= limit as usize);
        let is_shut = settings.modes.has(RoomRule::InvitedOnly);
        let needs_account = settings.modes.has(RoomRule::AccountsOnly);
        if !(is_full || is_shut || needs_account) || self.is_server_operator(id) {
            return Ok(());
        }
        let person = self.person_of(id, who, context);
        if needs_account && person.account().is_none() {
            return Err(RoomRefusal::AccountsOnly(open.name.clone()).into());
        }
        if self.is_let_in(id, room, context.now) {
            return Ok(());
        }
        let exception = SanctionKind::InviteException;
        if is_shut && !settings.sanctions.is_excepted(exception, person, context.now) {
            return Err(RoomRefusal::InvitedOnly(open.name.clone()).into());
        }
        if is_full {
            return Err(RoomRefusal::Full(open.name.clone()).into());
        }
        Ok(())
    }

    /// Notes that somebody has come in who may have been invited.
    pub(super) fn note_invitation_used(&mut self, id: ClientId, room: RoomId) {
        if let Some(open) = self.rooms.get(room) {
            self.invitations.use_up(id, &open.name);
        }
    }
}
