//! Whose a room is, and what its owner settles: topic, password, who keeps order.
//!
//! A nickname proves nothing, so an owner is given a key when the room is made. Who brings the key
//! is the owner for as long as it stays; who keeps order does so for as long as it stays.

use smol_str::SmolStr;

use super::Lobby;
use crate::chat::charter::{Owner, Topic};
use crate::chat::digest::Digest;
use crate::chat::event::{Deed, Moderation, RoomEvent};
use crate::chat::outlet::Outlet;
use crate::chat::record::Done;
use crate::chat::refusal::{Field, Rank, Refusal};
use crate::chat::reply::Reply;
use crate::chat::room::RoomId;
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
            let topic = room.charter.topic.as_ref();
            outlet.reply(id, &Reply::Topic { room: &room.name, topic });
        }
    }

    pub(super) fn set_topic(
        &mut self,
        id: ClientId,
        room: RoomId,
        text: &str,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        self.check_rank(id, room, Rank::Operator)?;
        let text = checked(text, TOPIC_BYTES_MAX, Field::Topic)?;
        let Some(by) = self.nickname(id).cloned() else { return Ok(()) };
        let Some(open) = self.rooms.get_mut(room) else { return Ok(()) };
        let topic = Topic { text: text.clone(), by: by.clone() };
        open.charter.topic = (!text.is_empty()).then_some(topic);
        self.note_charter_changed(room);
        self.publish(room, id, &RoomEvent::TopicChanged { by: &by, text: &text }, outlet);
        self.record = self.note_done(id, room, Done::Topic);
        Ok(())
    }

    pub(super) fn set_password(
        &mut self,
        id: ClientId,
        room: RoomId,
        password: Option<&str>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        self.check_owner(id, room)?;
        let length = password.map_or(1, str::len);
        if !(1..=PASSWORD_BYTES_MAX).contains(&length) {
            return Err(Refusal::FieldLength(Field::Password));
        }
        let Some(open) = self.rooms.get_mut(room) else { return Ok(()) };
        open.charter.password = password.map(|word| Digest::of(&open.name.key(), word));
        self.note_charter_changed(room);
        self.record = self.note_done(id, room, Done::Password(password.is_some()));
        let room = &self.room_name(room);
        outlet.reply(id, &Reply::PasswordSet { room, needed: password.is_some() });
        Ok(())
    }

    /// Gives a room that was made just now to whom has made it.
    pub(super) fn endow(&mut self, id: ClientId, room: RoomId, outlet: &mut impl Outlet) {
        let key = self.keys.draw();
        let Some(name) = self.nickname(id).cloned() else { return };
        let Some(open) = self.rooms.get_mut(room) else { return };
        let digest = Digest::of(&open.name.key(), &written(key));
        open.charter.owner = Some(Owner { name, key: digest });
        open.owner = Some(id);
        outlet.reply(id, &Reply::Owns { room: &open.name, key });
        self.note_charter_changed(room);
    }

    pub(super) fn own(
        &mut self,
        id: ClientId,
        room: RoomId,
        key: &str,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        if room == RoomId::MAIN {
            return Err(Refusal::MainIsEverybodys);
        }
        if !self.is_key_of(room, Some(key)) {
            return Err(Refusal::KeyWrong(self.room_name(room)));
        }
        if self.rooms.get(room).is_some_and(|open| open.owner == Some(id)) {
            return Err(self.already_so(id));
        }
        self.recognize(id, room, outlet);
        Ok(())
    }

    /// Whether somebody brings the key of a room's owner.
    pub(super) fn is_key_of(&self, room: RoomId, key: Option<&str>) -> bool {
        let (Some(open), Some(key)) = (self.rooms.get(room), key) else { return false };
        let digest = Digest::of(&open.name.key(), key);
        open.charter.owner.as_ref().is_some_and(|owner| owner.key == digest)
    }

    /// Somebody who is in a room has brought its key.
    pub(super) fn recognize(&mut self, id: ClientId, room: RoomId, outlet: &mut impl Outlet) {
        if let Some(open) = self.rooms.get_mut(room) {
            open.owner = Some(id);
            self.tell_deed(id, room, Deed::Endowed, id, outlet);
        }
    }

    /// From now on another key proves whose the room is.
    pub(super) fn give(
        &mut self,
        id: ClientId,
        room: RoomId,
        to: &str,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        self.check_owner(id, room)?;
        let heir = self.find_in_room(to, room)?;
        if self.rooms.get(room).is_some_and(|open| open.owner == Some(heir)) {
            return Err(self.already_so(heir));
        }
        self.tell_deed(id, room, Deed::Endowed, heir, outlet);
        self.endow(heir, room, outlet);
        Ok(())
    }

    pub(super) fn set_operator(
        &mut self,
        id: ClientId,
        room: RoomId,
        whom: &str,
        may: bool,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        self.check_owner(id, room)?;
        let whom = self.find_in_room(whom, room)?;
        let Some(open) = self.rooms.get_mut(room) else { return Ok(()) };
        if open.operators.contains(&whom) == may {
            return Err(self.already_so(whom));
        }
        if !may {
            open.operators.retain(|operator| *operator != whom);
        } else if open.operators.len() < OPERATORS_MAX {
            open.operators.push(whom);
        } else {
            return Err(Refusal::TooManyOperators);
        }
        let deed = if may { Deed::Promoted } else { Deed::Demoted };
        self.tell_deed(id, room, deed, whom, outlet);
        Ok(())
    }

    /// A member of a room, by name.
    pub(super) fn find_in_room(&self, typed: &str, room: RoomId) -> Result<ClientId, Refusal> {
        let not_here = || Refusal::NotHere {
            name: crate::chat::refusal::quoted(typed),
            room: self.room_name(room),
        };
        let found = self.find_member(typed).map_err(|_| not_here())?;
        let sits = self.members.get(found).is_some_and(|member| member.seat_in(room).is_some());
        if sits { Ok(found) } else { Err(not_here()) }
    }

    /// Tells a room what one member has done to another.
    fn tell_deed(
        &mut self,
        by: ClientId,
        room: RoomId,
        deed: Deed,
        whom: ClientId,
        outlet: &mut impl Outlet,
    ) {
        let (Some(by_name), Some(whom_name)) = (self.nickname(by), self.nickname(whom)) else {
            return;
        };
        let name = self.room_name(room);
        let moderation = Moderation {
            deed,
            room: &name,
            whom: Some(whom_name.as_str()),
            by: by_name,
            lasts: None,
            reason: "",
        };
        self.publish(room, by, &RoomEvent::Moderated(moderation), outlet);
        let done = if deed == Deed::Endowed && by == whom { Done::Owned } else { Done::Deed(deed) };
        let record = self.note_done(by, room, done);
        self.record =
            record.map(|record| if done == Done::Owned { record } else { record.to(whom_name) });
    }

    /// Whether a room is a member's own.
    fn check_owner(&self, id: ClientId, room: RoomId) -> Result<(), Refusal> {
        if room == RoomId::MAIN {
            return Err(Refusal::MainIsEverybodys);
        }
        self.check_rank(id, room, Rank::Owner)
    }

    fn already_so(&self, id: ClientId) -> Refusal {
        self.nickname(id).map_or(Refusal::ThatIsYou, |name| Refusal::AlreadySo(name.clone()))
    }
}

/// A key as people type it.
fn written(key: u64) -> String {
    format!("{key:016x}")
}

/// Clean text of at most so many bytes.
pub(super) fn checked(text: &str, most: usize, field: Field) -> Result<SmolStr, Refusal> {
    let text = clean(text.trim());
    if text.len() > most { Err(Refusal::FieldLength(field)) } else { Ok(text.as_ref().into()) }
}
