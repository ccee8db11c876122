//! What people say, and lists of who is where.

use mio_chat::id::ClientId;

use crate::memory::Message;
use crate::rooms::{Effect, MAIN, Person, Room, Rooms};
use crate::texts::{alike, bare_room, clean, quoted, room_fault};
use crate::words::split;

use Effect::{Publish, Tell};

impl Rooms {
    pub(crate) fn speak(&mut self, id: ClientId, text: &str, acted: bool) -> Vec<Effect> {
        if let Some(refusal) = self.mute_on(id) {
            return vec![Tell(id, refusal)];
        }
        let (Person { name, room, .. }, text) = (self.me(id), clean(text));
        if text.trim().is_empty() {
            return Vec::new();
        }
        self.last += 1;
        let who = name.clone();
        let message = Message { number: self.last, at: self.wall, acted, who, text };
        let deaf = |other: &Person| other.ignored.iter().any(|ignored| alike(ignored, &name));
        let here = self.people.iter().filter(|other| other.room == room);
        let (willing, others): (Vec<&Person>, Vec<&Person>) = here.partition(|other| !deaf(other));
        let not_heard = others.len() as u64;
        let effects = [false, true].into_iter().zip(message.told()).map(|(numbered, told)| {
            let form = willing.iter().filter(|it| self.clients[&it.id].numbered == numbered);
            Publish(form.map(|person| person.id).collect(), told)
        });
        let effects: Vec<Effect> = effects.collect();
        self.note(not_heard, "ignored message");
        let history = self.settings.history;
        self.room_mut(&room).remember(message, history);
        effects
    }

    pub(crate) fn whisper(&self, id: ClientId, argument: &str) -> Vec<Effect> {
        let (to, text) = split(argument);
        let Some(receiver) = self.holder(to) else {
            let to = quoted(to);
            return vec![Tell(id, format!("* nobody is called {to} (/who lists this room)\n"))];
        };
        if receiver == id {
            return vec![Tell(id, "* that is you; /msg is for somebody else\n".into())];
        }
        let text = clean(text);
        if text.trim().is_empty() {
            return vec![Tell(id, "* usage: /msg NAME TEXT\n".into())];
        }
        let (from, other) = (self.me(id).name, self.me(receiver));
        let to = other.name;
        if other.ignored.iter().any(|ignored| alike(ignored, &from)) {
            let why = format!("* that was not passed on: you are ignored by {to}\n");
            return vec![Tell(id, why)];
        }
        vec![Tell(receiver, format!("[{from}] {text}\n")), Tell(id, format!("[to {to}] {text}\n"))]
    }

    pub(crate) fn list(&self) -> String {
        let mut rooms: Vec<&str> = self.people.iter().map(|it| it.room.as_str()).collect();
        rooms.push(MAIN);
        rooms.sort_unstable();
        rooms.dedup();
        rooms.sort_by_key(|room| std::cmp::Reverse(self.members(room).len()));
        let told: Vec<String> =
            rooms.iter().map(|room| format!("{room} ({})", self.members(room).len())).collect();
        let heading = match told.len() {
            1 => "there is 1 room".to_owned(),
            count => format!("there are {count} rooms"),
        };
        format!("* {heading}: {}\n", told.join(", "))
    }

    /// All fit on one page.
    pub(crate) fn who(&self, id: ClientId, argument: &str) -> String {
        let (first, page) = split(argument);
        let typed = match (first.parse::<usize>(), page.parse::<usize>()) {
            (Ok(_), _) if page.is_empty() => "",
            (_, Ok(_)) => first,
            _ => argument,
        };
        let name = bare_room(typed);
        if let Some(fault) = room_fault(name).filter(|_| !typed.is_empty()) {
            return fault.into();
        }
        let own = self.me(id).room;
        let found = self
            .rooms
            .iter()
            .find(|room| if typed.is_empty() { room.name == own } else { alike(&room.name, name) });
        let open = |room: &&Room| room.name == MAIN || !self.members(&room.name).is_empty();
        let Some(Room { name: room, .. }) = found.filter(open) else {
            return format!("* there is no room {name} (/rooms lists them)\n");
        };
        let inside = self.people.iter().filter(|person| person.room == *room);
        let mut names: Vec<&str> = inside.map(|person| person.name.as_str()).collect();
        names.sort_unstable();
        let heading = match names.len() {
            0 => return format!("* there is nobody in {room}\n"),
            1 => "there is 1".to_owned(),
            count => format!("there are {count}"),
        };
        format!("* {heading} in {room}: {}\n", names.join(", "))
    }
}
