//! Rooms that get another name.

use mio_chat::id::ClientId;

use crate::irc_words::{News, channel, written};
use crate::order::checked;
use crate::rooms::{Effect, Rooms};
use crate::texts::{alike, bare_room, room_fault};
use crate::words::split;

use Effect::Aside;

impl Rooms {
    /// Somebody gives the room where it is another name.
    pub(crate) fn rename_room(
        &mut self,
        id: ClientId,
        argument: &str,
    ) -> Result<Vec<Effect>, String> {
        let old = self.owned(id)?;
        let (typed, reason) = split(argument);
        let new = bare_room(typed);
        if let Some(fault) = room_fault(new) {
            return Err(fault.into());
        }
        if new == old {
            return Err(format!("* this room is called {new} already\n"));
        }
        let reason = checked(reason, "a reason", 120)?;
        let mut others = self.rooms.iter().filter(|room| room.name != old);
        if let Some(other) = others.find(|room| alike(&room.name, new)) {
            if !self.is_forsaken(&other.name) {
                let or = "or one that looks like it";
                return Err(format!("* there is a room {new} already, {or}\n"));
            }
            let other = other.name.clone();
            self.rooms.retain(|room| room.name != other);
            self.note(1, "name of a forsaken room");
        }
        self.call_room(&old, new);
        Ok(self.tell_name(id, (&old, new), &reason))
    }

    fn call_room(&mut self, old: &str, new: &str) {
        self.room_mut(old).name = new.to_owned();
        for person in &mut self.people {
            let several = person.irc.iter_mut().flat_map(|about| &mut about.rooms);
            several.chain([&mut person.room]).filter(|room| *room == old).for_each(|room| {
                new.clone_into(room);
            });
        }
        if !alike(old, new) {
            self.invited.retain(|(_, room, _)| !alike(room, new));
        }
        for (_, room, _) in self.invited.iter_mut().filter(|(_, room, _)| alike(room, old)) {
            new.clone_into(room);
        }
    }

    fn tell_name(&self, id: ClientId, (old, new): (&str, &str), reason: &str) -> Vec<Effect> {
        let by = self.whom(id);
        let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        let text = format!("* the room {old} is called {new} now, by {}{why}\n", by.name);
        let news = News::RoomRenamed(by, old.to_owned(), reason.to_owned());
        let mut told = self.tell_room(new, text, &news);
        let (irc, _) = self.by_language(&self.members(new));
        let around = irc.into_iter().filter(|id| self.reads_irc(*id).is_some_and(|it| !it.rename));
        if !old.eq_ignore_ascii_case(new) {
            told.extend(around.flat_map(|id| self.tell_around(id, (old, new), reason)));
        }
        told
    }

    /// As if somebody had left one room and come into another.
    fn tell_around(&self, id: ClientId, (old, new): (&str, &str), reason: &str) -> Vec<Effect> {
        let (who, taken) = (self.whom(id), self.reads_irc(id).expect("it speaks IRC"));
        let parted = News::Parted(who.clone(), reason.to_owned());
        let mut told = vec![
            Aside(id, written(taken, &channel(old), &parted)),
            Aside(id, written(taken, &channel(new), &News::Joined(who))),
        ];
        if self.room(new).topic.is_some() {
            told.extend(self.topic_told(id, new));
        }
        if self.members(new).len() <= self.settings.digest_above {
            told.push(self.names(id, new));
        }
        told.push(self.numeric(id, 366, &[&channel(new)], "End of /NAMES list"));
        told
    }
}
