//! Rooms that get another name, from who owns them.
//!
//! The room stays what it is, with everybody in it and under the same id: only what finds it by its
//! name has to follow. That are invitations and read marks; secrets, which are hashed with the name
//! that the room had when it was made; and the store, which moves it in the next save, before
//! anything is stored under either name.
//!
//! A name is free that no room has, in memory or in the archive, nor one that looks like it. A room
//! that nobody could come back to ([`forsaking`](super::forsaking)) makes way.

use super::deciding::Decision;
use super::owning::{changed, checked};
use super::renames::salt;
use super::{Context, Lobby};
use crate::chat::author::Author;
use crate::chat::event::RoomEvent;
use crate::chat::fact::{Change, Fact};
use crate::chat::name::{Nickname, RoomName};
use crate::chat::outlet::Outlet;
use crate::chat::read_marks::ConversationRef;
use crate::chat::record::{Done, Record};
use crate::chat::refusal::{Field, Refusal};
use crate::chat::reply::Reply;
use crate::chat::room::RoomId;
use crate::chat::room_refusal::RenameRefusal;
use crate::chat::room_renaming::{RenamedAround, RoomRenamed};
use crate::chat::room_rules::RoomRule;
use crate::id::ClientId;
use crate::limits::{REASON_BYTES_MAX, RENAMES_UNSAVED_MAX};

impl Lobby {
    /// Decides whether a room gets another name, as far as that can be told from rooms in memory.
    pub(super) fn decide_to_rename_room(
        &self,
        id: ClientId,
        room: RoomId,
        by: &Nickname,
        (typed, reason): (&str, &str),
    ) -> Result<Decision<'static>, Refusal> {
        self.check_owner(id, room)?;
        let name = RoomName::parse(typed, self.settings.alphabet)?;
        let Some(open) = self.rooms.get(room) else { return Ok(Decision::Nothing) };
        if open.name == name {
            return Err(RenameRefusal::Same(name).into());
        }
        let reason = checked(reason, REASON_BYTES_MAX, Field::Reason)?;
        if self.unsaved.renames.all().len() >= RENAMES_UNSAVED_MAX {
            return Err(RenameRefusal::TooMany.into());
        }
        if self.rooms.find(&name).is_some_and(|other| other != room && !self.makes_way(other)) {
            return Err(RenameRefusal::InUse(name).into());
        }
        Ok(changed(room, by, Change::Named { name, reason }))
    }

    /// Looks for the new name of a room in the archive, too, and takes it from a room that nobody
    /// could come back to.
    pub(super) fn free_name(
        &mut self,
        decision: &Decision<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let Decision::Fact(room, Fact::Changed { change: Change::Named { name, .. }, .. }) =
            decision
        else {
            return Ok(());
        };
        match self.rooms.find(name) {
            Some(other) if other != *room => self.close(name, outlet),
            Some(_) => {}
            None if self.is_owned_in_archive(name)? => {
                return Err(RenameRefusal::InUse(name.clone()).into());
            }
            None => {}
        }
        Ok(())
    }

    /// Whether a room is as one that was never made, and nobody hears it.
    fn makes_way(&self, room: RoomId) -> bool {
        self.is_forsaken(room) && self.may_close(room)
    }

    /// Gives a room another name, and tells those who are there.
    pub(super) fn change_name(
        &mut self,
        room: RoomId,
        author: Author,
        by: &Nickname,
        (name, reason): (RoomName, &str),
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let new = name.clone();
        let Some(old) = self.rooms.rename(room, name) else { return };
        if old.key() != new.key() {
            self.follow_name(room, &old, &new);
        }
        self.note_settings_changed(room);
        let by = self.person_by(author, by, context);
        let renamed = RoomRenamed { by, old: &old, new: &new, reason };
        self.publish(room, author, &RoomEvent::RoomRenamed(renamed), outlet);
        // Where only capitals have changed, it is the same room to every program.
        if !old.as_str().eq_ignore_ascii_case(new.as_str()) {
            self.tell_members_apart(room, renamed, context, outlet);
        }
        self.note_done(author, room, Done::Named, |record| Record {
            whom: Some(old.as_str().into()),
            reason: reason.into(),
            ..record
        });
    }

    /// Lets all that is found by the name of a room follow it.
    fn follow_name(&mut self, room: RoomId, old: &RoomName, new: &RoomName) {
        let Some(open) = self.rooms.get_mut(room) else { return };
        let (old_key, new_key) = (old.key(), new.key());
        open.settings.salt = salt(open.settings.salt.take(), &old_key, &new_key);
        if self.archive.is_some() {
            let rows = open.rows();
            self.unsaved.renames.note((old.clone(), new.clone()), rows, self.now);
        }
        if !self.invitations.is_empty() {
            self.invitations.follow_room(&old_key, new);
        }
        let [old, new] = [old, new].map(|name| ConversationRef::Room(name).key());
        self.belongings.exchange_marks(&old, &new);
    }

    /// Tells each member what programs need that know of no other names of rooms.
    fn tell_members_apart(
        &self,
        room: RoomId,
        renamed: RoomRenamed<'_>,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) {
        let Some(open) = self.rooms.get(room) else { return };
        let is_crowd = open.len() > self.settings.digest_above;
        let shown = |member: &ClientId| !is_crowd && !self.is_unseen(*member, room);
        let people: Vec<_> =
            open.members().filter(shown).filter_map(self.seat_in(open, context)).collect();
        let conversation = ConversationRef::Room(&open.name).key();
        for member in open.members() {
            let Some(who) = self.person(member, context) else { continue };
            let own = self.belongings.of(&self.holder(member));
            outlet.reply(
                member,
                &Reply::RenamedAround(RenamedAround {
                    who,
                    renamed,
                    topic: open.settings.topic.as_ref(),
                    is_secret: open.settings.modes.has(RoomRule::Secret),
                    people: &people,
                    read: own.and_then(|own| own.marks.get(&conversation)),
                }),
            );
        }
    }
}
