//! Coming into rooms, leaving them, and other names.

use mio_chat::id::ClientId;

use crate::irc_words::News;
use crate::places::no_place;
use crate::rooms::{Effect, Ending, KEPT, MAIN, Person, Rooms};
use crate::texts::{
    NAME_CHARACTERS, alike, bare_room, kept_for_the_server, nickname_fault, room_fault,
};
use crate::words::split;

use Effect::{Close, Tell};

impl Rooms {
    pub(crate) fn nickname_fault(&self, id: ClientId, name: &str) -> Option<String> {
        if let Some(fault) = nickname_fault(name) {
            return Some(fault);
        }
        if self.holder(name).is_some_and(|holder| holder != id) {
            let why = "is taken, or looks like one that is; try /nick NAME";
            return Some(format!("* the nickname {name} {why}\n"));
        }
        let may = self.has(id) && self.me(id).may_all;
        (alike(name, KEPT) && !may).then(|| kept_for_the_server(name))
    }

    pub(crate) fn register(&mut self, id: ClientId, name: &str) -> Vec<Effect> {
        if let Some(fault) = self.nickname_fault(id, name) {
            return vec![Tell(id, fault)];
        }
        if let Some(refusal) = self.ban_on(id, name, MAIN) {
            self.note(1, "kept out of the server");
            return vec![Tell(id, refusal), Close(id, Ending::Banned)];
        }
        let mut effects = vec![Tell(id, "Connected to server!\n".into())];
        effects.extend(self.enter(Person::new(id, name), MAIN));
        effects
    }

    fn enter(&mut self, person: Person, room: &str) -> Vec<Effect> {
        let (id, name) = (person.id, person.name.clone());
        self.use_up_invitation(id, room);
        let mut effects = self.read_at_the_door(id, room);
        self.note(u64::from(effects.len() > 2), "history at the door");
        self.people.push(Person { room: room.to_owned(), ..person });
        let members = self.members(room);
        let others = members.len() - 1;
        let joined = format!("{name} joined!\n");
        if members.len() > self.settings.digest_above {
            self.room_mut(room).came += 1;
            self.untold = true;
            effects.push(Tell(id, joined));
        } else {
            let news = News::Joined(self.whom(id));
            effects.extend(self.tell_presence(&members, joined, room, &news));
        }
        effects.push(Tell(
            id,
            match others {
                0 => format!("* you are alone in {room} (/help tells what you can do)\n"),
                1 => format!("* you are in {room} with 1 other (/help, /who)\n"),
                _ => format!("* you are in {room} with {others} others (/help, /who)\n"),
            },
        ));
        if self.room(room).topic.is_some() {
            effects.push(self.tell_topic(id));
        }
        effects
    }

    /// Somebody is in these rooms no more. Whoever was in several with it is told once.
    pub(crate) fn leave_rooms(
        &mut self,
        id: ClientId,
        (name, rooms): (&str, &[String]),
        news: &News,
    ) -> Vec<Effect> {
        let mut hear_of_it = Vec::new();
        for name in rooms {
            let counted = self.members(name).len() >= self.settings.digest_above.max(1);
            let is_empty = self.members(name).is_empty();
            let room = self.room_mut(name);
            room.operators.retain(|operator| *operator != id);
            room.voiced.retain(|voiced| *voiced != id);
            room.owner = room.owner.filter(|owner| *owner != id);
            if is_empty {
                (room.came, room.left) = (0, 0);
            }
            if counted {
                room.left += 1;
                self.untold = true;
            } else {
                hear_of_it.push(name);
            }
        }
        let (mut effects, mut told) = (Vec::new(), Vec::new());
        for room in hear_of_it {
            let mut members = self.members(room);
            members.retain(|member| !told.contains(member));
            effects.extend(self.tell_presence(&members, format!("{name} left!\n"), room, news));
            told.extend(members);
        }
        rooms.iter().for_each(|room| self.forget_if_forsaken(room));
        effects
    }

    pub(crate) fn move_to(&mut self, id: ClientId, room: &str) -> Vec<Effect> {
        let left = News::Parted(self.whom(id), String::new());
        self.move_away(id, room, &left)
    }

    /// The same, and this is told where it was.
    pub(crate) fn move_away(&mut self, id: ClientId, room: &str, left: &News) -> Vec<Effect> {
        let at = self.people.iter().position(|person| person.id == id).expect("a member");
        let person = self.people.remove(at);
        let from = [person.room.clone()];
        let mut effects = self.leave_rooms(id, (&person.name, &from), left);
        effects.extend(self.enter(person, room));
        effects
    }

    pub(crate) fn rename(&mut self, id: ClientId, typed: &str) -> Vec<Effect> {
        if let Some(fault) = self.nickname_fault(id, typed) {
            return vec![Tell(id, fault)];
        }
        let Person { name: old, room, .. } = self.me(id);
        if old == typed {
            return vec![Tell(id, format!("* you are called {typed} already\n"))];
        }
        if self.mute_on(id, &room).is_some() {
            let why = "so you keep your nickname there; /leave it first, or wait";
            self.note(1, "no other name for the muted");
            return vec![Tell(id, format!("* you are muted in {room}, {why}\n"))];
        }
        let banned = self.ban_on(id, typed, &room).or_else(|| self.ban_on(id, typed, MAIN));
        if let Some(refusal) = banned {
            return vec![Tell(id, refusal)];
        }
        let news = News::Renamed(self.whom(id), typed.to_owned());
        self.take_name(id, typed);
        self.tell_room(&room, format!("* the nickname {old} is now {typed}\n"), &news)
    }

    /// Somebody is called this. Whoever ignores the one name ignores the other.
    pub(crate) fn take_name(&mut self, id: ClientId, new: &str) {
        let old = self.me(id).name;
        for other in &mut self.people {
            let has = |name: &str| other.ignored.iter().any(|ignored| alike(ignored, name));
            if has(&old) && !has(new) {
                other.ignored.push(new.to_owned());
            }
        }
        new.clone_into(&mut self.me_mut(id).name);
    }

    pub(crate) fn join(&mut self, id: ClientId, argument: &str) -> Vec<Effect> {
        let (typed, password) = split(argument);
        let typed = bare_room(typed);
        if let Some(fault) = room_fault(typed) {
            return vec![Tell(id, fault.into())];
        }
        let like = self.rooms.iter().find(|room| alike(&room.name, typed));
        let Some(name) = like.map(|room| room.name.clone()) else {
            if !password.is_empty() {
                return vec![Tell(id, NAME_CHARACTERS.into())];
            }
            return self.make_room(id, typed);
        };
        if name == self.me(id).room {
            return vec![Tell(id, format!("* you are in {name} already (/rooms lists others)\n"))];
        }
        if self.settings.kept && self.is_empty(&name) && !self.has_place(None) {
            return vec![no_place(id)];
        }
        let banned = self.ban_on(id, &self.me(id).name, &name);
        if let Some(refusal) = banned.filter(|_| !self.is_let_in(id, &name)) {
            self.note(1, "kept out of a room");
            return vec![Tell(id, refusal)];
        }
        if let Some((_, _, refusal)) = self.shut(id, &name) {
            self.note(1, "shut out by a rule");
            return vec![Tell(id, refusal)];
        }
        if let Some(refusal) = self.wrong_password(id, &name, password) {
            return vec![Tell(id, refusal)];
        }
        if self.is_forsaken(&name) {
            return self.make_anew(id, &name, typed);
        }
        self.note(u64::from(self.members(&name).is_empty()), "back in an empty room");
        self.move_to(id, &name)
    }

    pub(crate) fn leave(&mut self, id: ClientId) -> Vec<Effect> {
        if self.me(id).room == MAIN {
            let text = "* you are in main, where everyone starts (/quit leaves the chat)\n";
            return vec![Tell(id, text.into())];
        }
        self.move_to(id, MAIN)
    }
}
