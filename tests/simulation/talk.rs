//! What people say, and lists of who is where.

use mio_chat::id::ClientId;

use crate::irc_words::{News, channel, written};
use crate::memory::{How, Message};
use crate::rooms::{Effect, MAIN, Person, Room, Rooms};
use crate::texts::{alike, bare_room, clean, quoted, room_fault};
use crate::words::split;

use Effect::{Aside, Lines, Publish, Tell};

impl Rooms {
    pub(crate) fn speak(&mut self, id: ClientId, text: &str, how: How) -> Vec<Effect> {
        let Person { room, .. } = self.me(id);
        if let Some(refusal) = self.silenced(id, &room) {
            return vec![Tell(id, refusal)];
        }
        self.say(id, &room, text, how)
    }

    /// Why somebody may not speak in a room, if that is so.
    pub(crate) fn silenced(&self, id: ClientId, room: &str) -> Option<String> {
        if self.room(room).voiced.contains(&id) {
            return None;
        }
        let moderated = || {
            let why = "now; an operator can give you one";
            let binds = self.room(room).has('m') && !self.keeps_order(id, room);
            binds.then(|| format!("* only who has a voice may speak in {room} {why}\n"))
        };
        self.mute_on(id, room).or_else(moderated)
    }

    /// Somebody who may says something in a room.
    pub(crate) fn say(&mut self, id: ClientId, room: &str, text: &str, how: How) -> Vec<Effect> {
        let (Person { name, .. }, text) = (self.me(id), clean(text));
        if text.trim().is_empty() {
            return Vec::new();
        }
        self.last += 1;
        let who = name.clone();
        let message = Message { number: self.last, at: self.wall, how, who, text };
        let deaf = |other: &Person| other.ignored.iter().any(|ignored| alike(ignored, &name));
        let here = self.people.iter().filter(|other| other.is_in(room));
        let (willing, others): (Vec<&Person>, Vec<&Person>) = here.partition(|other| !deaf(other));
        let not_heard = others.len() as u64;
        let effects = [false, true].into_iter().zip(message.told()).map(|(numbered, told)| {
            let is_plain = |id| self.reads_irc(id).is_none();
            let plain = willing.iter().filter(|it| is_plain(it.id));
            let form = plain.filter(|it| self.clients[&it.id].numbered == numbered);
            Publish(form.map(|person| person.id).collect(), told)
        });
        let mut effects: Vec<Effect> = effects.collect();
        let news = News::Said(self.whom(id), message.clone());
        let others = willing.iter().map(|it| it.id).filter(|other| {
            let echoes = self.reads_irc(id).is_some_and(|taken| taken.echo);
            self.reads_irc(*other).is_some() && (*other != id || echoes)
        });
        let others: Vec<ClientId> = others.collect();
        effects.extend(self.tell_irc(&others, room, &news));
        // Who speaks from outside is told what it has said, too.
        let echo = self.reads_irc(id).filter(|taken| taken.echo && !self.me(id).is_in(room));
        effects.extend(echo.map(|taken| Lines(id, written(taken, &channel(room), &news))));
        self.note(not_heard, "ignored message");
        let history = self.settings.history;
        self.room_mut(room).remember(message, history);
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
        let at = self.wall;
        let message = Message { number: 0, at, how: How::Said, who: from, text };
        let text = &message.text;
        let own = Tell(id, format!("[to {to}] {text}\n"));
        let told = self.privately(id, receiver, &to, &message);
        let away = other.away.map(|why| Tell(id, away(&to, &why)));
        [told, own].into_iter().chain(away).collect()
    }

    /// What somebody is told alone.
    pub(crate) fn privately(
        &self,
        from: ClientId,
        to: ClientId,
        name: &str,
        message: &Message,
    ) -> Effect {
        let news = News::Said(self.whom(from), message.clone());
        let (who, text) = (&message.who, &message.text);
        match self.reads_irc(to) {
            Some(taken) => Aside(to, written(taken, name, &news)),
            None if message.how == How::Acted => Tell(to, format!("[{who}] * {who} {text}\n")),
            None => Tell(to, format!("[{who}] {text}\n")),
        }
    }

    pub(crate) fn list(&self) -> String {
        let all = self.rooms.iter().map(|room| room.name.as_str());
        let mut rooms: Vec<&str> = all.filter(|room| !self.members(room).is_empty()).collect();
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
        let inside = self.people.iter().filter(|person| person.is_in(room));
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

/// What is told of somebody who is away.
fn away(name: &str, why: &str) -> String {
    match why {
        "" => format!("* {name} is away\n"),
        _ => format!("* {name} is away: {why}\n"),
    }
}
