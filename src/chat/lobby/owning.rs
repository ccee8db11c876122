//! Ownership of a room, and what the owner configures: topic, password, operators.
//!
//! A nickname proves nothing, so an owner is given a key when the room is made. Whoever brings the
//! key is the owner until it leaves; operators stay operators until they leave.

use smol_str::SmolStr;

use super::deciding::Decision;
use super::{Context, Lobby};
use crate::chat::author::Author;
use crate::chat::event::{Moderation, ModerationAction, RoomEvent};
use crate::chat::fact::{Change, Fact};
use crate::chat::kept_events::{Happening, KeptRule};
use crate::chat::name::Nickname;
use crate::chat::outlet::Outlet;
use crate::chat::record::Done;
use crate::chat::refusal::{Field, Rank, Refusal, quoted};
use crate::chat::reply::Reply;
use crate::chat::room::{Room, RoomId};
use crate::chat::room_modes::RuleChange;
use crate::chat::room_rules::RoomRule;
use crate::chat::room_settings::{Owner, Topic};
use crate::chat::secret_hash::SecretHash;
use crate::id::ClientId;
use crate::limits::{OPERATORS_MAX, PASSWORD_BYTES_MAX, TOPIC_BYTES_MAX};
use crate::text::clean;

impl Lobby {
    /// Whether somebody may keep order in a room.
    pub fn keeps_order(&self, id: ClientId, room: RoomId) -> bool {
        self.rank(id, room) >= Rank::Operator
    }

    pub(super) fn tell_topic(&self, id: ClientId, room: RoomId, outlet: &mut impl Outlet) {
        if let Some(room) = self.rooms.get(room) {
            let topic = room.settings.topic.as_ref();
            outlet.reply(id, &Reply::Topic { room: &room.name, topic });
        }
    }

    pub(super) fn decide_topic(
        &self,
        id: ClientId,
        room: RoomId,
        by: &Nickname,
        text: &str,
    ) -> Result<Decision<'static>, Refusal> {
        let modes = self.rooms.get(room).map(|open| open.settings.modes).unwrap_or_default();
        if room == RoomId::MAIN || modes.has(RoomRule::TopicLocked) {
            self.check_rank(id, room, Rank::Operator)?;
        }
        let text = checked(text, TOPIC_BYTES_MAX, Field::Topic)?;
        Ok(changed(room, by, Change::Topic(text)))
    }

    pub(super) fn decide_password(
        &self,
        id: ClientId,
        room: RoomId,
        by: &Nickname,
        password: Option<&str>,
    ) -> Result<Decision<'static>, Refusal> {
        self.check_owner(id, room)?;
        let length = password.map_or(1, str::len);
        if !(1..=PASSWORD_BYTES_MAX).contains(&length) {
            return Err(Refusal::FieldLength(Field::Password));
        }
        let salt = self.rooms.get(room).map(Room::salt);
        let hash = salt.zip(password).map(|(salt, word)| SecretHash::of(&salt, word));
        Ok(changed(room, by, Change::Password(hash)))
    }

    pub(super) fn decide_to_own(
        &self,
        room: RoomId,
        by: &Nickname,
        key: &str,
    ) -> Result<Decision<'static>, Refusal> {
        if room == RoomId::MAIN {
            return Err(Refusal::MainIsEverybodys);
        }
        if !self.is_key_of(room, Some(key)) {
            return Err(Refusal::KeyWrong(self.room_name(room)));
        }
        if self.is_owner(room, by) {
            return Err(Refusal::AlreadySo(by.clone()));
        }
        Ok(changed(room, by, Change::Claimed))
    }

    pub(super) fn decide_to_give(
        &self,
        id: ClientId,
        room: RoomId,
        to: &str,
    ) -> Result<Decision<'static>, Refusal> {
        self.check_owner(id, room)?;
        let is_owner = self.nickname(id).is_some_and(|own| self.is_owner(room, own));
        if self.is_ownerless(room) && !is_owner && !self.is_server_operator(id) {
            // Its operators are equals, and none of them takes it from who made it.
            let (room, needs) = (self.room_name(room), Rank::Owner);
            return Err(Refusal::NotAllowed { room, needs });
        }
        let heir = self.find_in_room(to, room)?;
        let Some(heir) = self.nickname(heir).cloned() else { return Ok(Decision::Nothing) };
        if self.is_owner(room, &heir) {
            return Err(Refusal::AlreadySo(heir));
        }
        Ok(Decision::Give(room, heir))
    }

    pub(super) fn decide_operator(
        &self,
        id: ClientId,
        room: RoomId,
        by: &Nickname,
        (whom, may): (&str, bool),
    ) -> Result<Decision<'static>, Refusal> {
        self.check_owner(id, room)?;
        let whom = self.find_in_room(whom, room)?;
        let (Some(whom), Some(open)) = (self.nickname(whom).cloned(), self.rooms.get(room)) else {
            return Ok(Decision::Nothing);
        };
        if !may && open.officers.rank(&whom.key()) == Rank::Owner && self.is_ownerless(room) {
            return Err(Refusal::Outranked(whom));
        }
        if open.officers.is_operator(&whom.key()) == may {
            return Err(Refusal::AlreadySo(whom));
        }
        if may && open.officers.operators() >= OPERATORS_MAX {
            return Err(Refusal::TooManyOperators);
        }
        Ok(changed(room, by, Change::Operator { whom, may }))
    }

    /// Changes something about a room, and tells those who are there.
    pub(super) fn apply_change(
        &mut self,
        room: RoomId,
        author: Author,
        by: Nickname,
        change: Change,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        match change {
            Change::Rules { set, unset } => {
                self.change_rules(room, author, &by, (set, unset), context, outlet);
            }
            Change::Limit(limit) => {
                self.change_limit(room, author, &by, limit, context, outlet);
            }
            Change::Voice { whom, may } => {
                self.change_voice(room, author, &by, (&whom, may), context, outlet);
            }
            Change::Metadata { key, value } => {
                self.change_metadata_of_room(room, author, (&key, &value), outlet);
            }
            Change::Forgotten => self.forget_room(room),
            Change::Resigned => {
                if let Some(open) = self.rooms.get_mut(room) {
                    open.officers.resign(&by.key());
                }
                let action = ModerationAction::Demoted;
                self.tell_action(author, room, action, (&by, &by), context, outlet);
            }
            Change::Named { name, reason } => {
                self.change_name(room, author, &by, (name, &reason), context, outlet);
            }
            Change::Topic(text) => self.change_topic(room, author, (&by, text), context, outlet),
            Change::Password(hash) => {
                self.change_password(room, author, (&by, hash), context, outlet);
            }
            Change::Claimed => {
                self.set_owner(room, &by);
                let action = ModerationAction::MadeOwner;
                self.tell_action(author, room, action, (&by, &by), context, outlet);
            }
            Change::Given { to, key, account } => {
                let action = ModerationAction::MadeOwner;
                self.tell_action(author, room, action, (&by, &to), context, outlet);
                self.give_to(room, Owner { name: to, key, account });
            }
            Change::Operator { whom, may } => {
                if let Some(open) = self.rooms.get_mut(room) {
                    open.officers.set_operator(whom.key(), may);
                }
                let action =
                    if may { ModerationAction::Promoted } else { ModerationAction::Demoted };
                self.tell_action(author, room, action, (&by, &whom), context, outlet);
            }
            Change::Imposed { sanction, rank } => {
                self.impose(room, author, *sanction, rank, context, outlet);
            }
            Change::Revoked { kind, named } => {
                self.revoke(room, author, by, (kind, &named), context, outlet);
            }
        }
    }

    fn change_topic(
        &mut self,
        room: RoomId,
        author: Author,
        (by, text): (&Nickname, SmolStr),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Some(open) = self.rooms.get_mut(room) else { return };
        let topic = Topic { text: text.clone(), by: by.clone(), at: context.now };
        open.settings.topic = (!text.is_empty()).then_some(topic);
        self.note_settings_changed(room);
        let topic = || Happening::Topic { by: by.clone(), text: text.clone() };
        let kept = self.keep(room, context.now, topic);
        let by = self.person_by(author, by, context);
        let changed = RoomEvent::TopicChanged { by, text: &text };
        self.publish_kept(room, author, (kept, &changed), outlet);
        self.note_done(author, room, Done::Topic, |record| record);
    }

    fn change_password(
        &mut self,
        room: RoomId,
        author: Author,
        (by, password): (&Nickname, Option<SecretHash>),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Some(open) = self.rooms.get_mut(room) else { return };
        open.settings.password = password;
        self.note_settings_changed(room);
        let needed = password.is_some();
        let rule = || Happening::Ruled { by: by.clone(), rule: KeptRule::Password { needed } };
        let kept = self.keep(room, context.now, rule);
        let by = self.person_by(author, by, context);
        let change = RuleChange::Password { by, needed };
        self.publish_kept(room, author, (kept, &RoomEvent::Ruled(change)), outlet);
        self.note_done(author, room, Done::Password(needed), |record| record);
        if let (Author::Here(id), Some(open)) = (author, self.rooms.get(room)) {
            outlet.reply(id, &Reply::PasswordSet { room: &open.name, needed });
        }
        if needed {
            self.put_out_listeners(room, outlet);
        }
    }

    /// Gives a room to somebody, with another key as proof of ownership.
    pub(super) fn give_to(&mut self, room: RoomId, owner: Owner) {
        self.set_owner(room, &owner.name);
        if let Some(open) = self.rooms.get_mut(room) {
            open.settings.owner = Some(owner);
        }
        self.note_settings_changed(room);
    }

    pub(super) fn set_owner(&mut self, room: RoomId, who: &Nickname) {
        if let Some(open) = self.rooms.get_mut(room) {
            open.officers.set_owner(who.key());
        }
    }

    /// Whether a member is the owner of a room.
    pub(super) fn is_owner(&self, room: RoomId, who: &Nickname) -> bool {
        self.rooms.get(room).is_some_and(|open| open.officers.rank(&who.key()) == Rank::Owner)
    }

    /// Whether this is the key of a room's owner.
    pub(super) fn is_key_of(&self, room: RoomId, key: Option<&str>) -> bool {
        let (Some(open), Some(key)) = (self.rooms.get(room), key) else { return false };
        let hash = SecretHash::of(&open.salt(), key);
        open.settings.owner.as_ref().is_some_and(|owner| owner.key == hash)
    }

    /// A member of a room, by name.
    pub(super) fn find_in_room(&self, typed: &str, room: RoomId) -> Result<ClientId, Refusal> {
        let not_here = || Refusal::NotHere { name: quoted(typed), room: self.room_name(room) };
        let found = self.find_member(typed).map_err(|_| not_here())?;
        if self.is_in(found, room) { Ok(found) } else { Err(not_here()) }
    }

    /// Tells a room what one member has done to another.
    fn tell_action(
        &mut self,
        author: Author,
        room: RoomId,
        action: ModerationAction,
        (by, whom): (&Nickname, &Nickname),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let name = self.room_name(room);
        let (room_name, whom_name) = (&name, Some(whom.as_str()));
        let kept = self.keep(room, context.now, || {
            let (by, whom) = (by.clone(), Some(whom.as_str().into()));
            Happening::Moderated { by, action, whom, mask: SmolStr::default() }
        });
        let person = self.person_by(author, by, context);
        let moderation = Moderation {
            mask: "",
            action,
            room: room_name,
            whom: whom_name,
            by: person,
            lasts: None,
            reason: "",
        };
        self.publish_kept(room, author, (kept, &RoomEvent::Moderated(moderation)), outlet);
        if action == ModerationAction::MadeOwner && by == whom {
            self.note_done(author, room, Done::Owned, |record| record);
        } else {
            self.note_done(author, room, Done::Moderated(action), |record| record.to(whom));
        }
    }

    /// Whether a room is a member's own.
    pub(super) fn check_owner(&self, id: ClientId, room: RoomId) -> Result<(), Refusal> {
        if room == RoomId::MAIN {
            return Err(Refusal::MainIsEverybodys);
        }
        let needs = if self.is_ownerless(room) { Rank::Operator } else { Rank::Owner };
        self.check_rank(id, room, needs)
    }
}

/// The decision to change something about a room.
pub(super) fn changed(room: RoomId, by: &Nickname, change: Change) -> Decision<'static> {
    Decision::Fact(room, Fact::Changed { by: by.clone(), change })
}

/// Clean text of at most so many bytes.
pub(super) fn checked(text: &str, most: usize, field: Field) -> Result<SmolStr, Refusal> {
    let text = clean(text.trim());
    if text.len() > most { Err(Refusal::FieldLength(field)) } else { Ok(text.as_ref().into()) }
}
