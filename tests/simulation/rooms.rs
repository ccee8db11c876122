//! Who is in which room and what commands do: lists, looked through from the start.
//!
//! Kept apart from how words reach the server: a command comes in as text, and who is told what
//! comes out.

use mio_chat::id::ClientId;

/// What a command leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// This client is told this.
    Tell(ClientId, String),
    /// These clients are told this.
    Publish(Vec<ClientId>, String),
    /// These clients are told who came or went.
    Presence(Vec<ClientId>, String),
    /// The client leaves the chat.
    Quit,
}

use Effect::{Presence, Publish, Quit, Tell};

/// Words that cannot be nicknames.
const RESERVED: &str = "a admin administrator and everyone goodbye here mio-chat moderator no \
    nobody operator root server system that the there too type usage you your";
const MAIN: &str = "main";
const HELP: &str = "\
* Type a line and press Enter: everyone in the room reads it. Commands:
* /nick NAME       be called something else
* /who             who is in the room
* /msg NAME TEXT   say something to one person
* /me TEXT         say what you do: * alice waves
* /rooms           which rooms there are
* /join ROOM       go to another room, or make a new one
* /leave           go back to main
* /match QUEUE     a token to find another player (/match QUEUE 4: three others)
* /invite NAME     the same with one friend, in a queue of your own
* /quit            leave the chat
* //TEXT           a line that begins with /
";

/// Everyone with a nickname.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    /// Who, called what, in which room, in the order of coming into the room.
    people: Vec<(ClientId, String, String)>,
}

/// Names that look the same have the same key.
fn key(name: &str) -> String {
    let lower = name.to_lowercase();
    lower.replace('m', "rn").replace('0', "o").replace(['i', '1', '|'], "l")
}

/// What is wrong with a name, if anything.
fn fault(name: &str) -> Option<&'static str> {
    let allowed =
        |character: char| character.is_ascii_alphanumeric() || "_-^|{}".contains(character);
    if name.len() > 32 {
        return Some("* a name has at most 16 characters (32 bytes); try a shorter one\n");
    }
    if !name.chars().all(allowed) {
        return Some(
            "* a name is made of letters, digits and _-^|{} without spaces, such as max_7\n",
        );
    }
    if !name.contains(|character: char| character.is_ascii_alphanumeric()) {
        return Some("* a name needs a letter or digit; try another\n");
    }
    (name.len() > 16)
        .then_some("* a name has at most 16 characters (32 bytes); try a shorter one\n")
}

/// What is relayed of a text.
fn clean(text: &str) -> String {
    let spaced = text.replace('\t', " ");
    spaced.chars().filter(|character| !character.is_control()).collect()
}

/// The beginning of what was typed, as a refusal quotes it.
fn quoted(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(16).collect()
}

impl Rooms {
    pub(crate) fn has(&self, id: ClientId) -> bool {
        self.people.iter().any(|(other, ..)| *other == id)
    }

    /// A client without a nickname types a line.
    pub(crate) fn hear_stranger(&mut self, id: ClientId, line: &str) -> Vec<Effect> {
        let line = line.trim();
        if let Some(request) = line.strip_prefix('/').filter(|rest| !rest.starts_with('/')) {
            let (verb, argument) = split(request);
            return match verb.to_lowercase().as_str() {
                "quit" | "exit" => vec![Quit],
                "nick" if !argument.is_empty() => self.register(id, argument),
                "nick" => vec![Tell(id, "* usage: /nick NAME\n".into())],
                _ => vec![Tell(id, "* type a nickname first (/quit leaves)\n".into())],
            };
        }
        if line.is_empty() || line.starts_with('/') {
            return vec![Tell(id, "* type a nickname first (/quit leaves)\n".into())];
        }
        self.register(id, line)
    }

    /// A client with a nickname types a line.
    pub(crate) fn hear_member(&mut self, id: ClientId, line: &str) -> Vec<Effect> {
        let Some(request) = line.strip_prefix('/') else { return self.say(id, line) };
        if request.starts_with('/') {
            return self.say(id, request);
        }
        let (verb, argument) = split(request);
        let lower = verb.to_lowercase();
        if let Some(refusal) = usage(&lower, argument) {
            return vec![Tell(id, refusal)];
        }
        match lower.as_str() {
            "help" | "h" | "?" => vec![Tell(id, HELP.into())],
            "nick" => self.rename(id, argument),
            "join" | "j" => self.join(id, argument.strip_prefix('#').unwrap_or(argument)),
            "leave" | "part" => self.leave(id),
            "rooms" | "list" => vec![Tell(id, self.list())],
            "who" | "names" => vec![Tell(id, self.who(id, argument))],
            "msg" | "w" => self.whisper(id, argument),
            "me" => self.speak(id, argument, |who, text| format!("* {who} {text}\n")),
            "quit" | "exit" => vec![Quit],
            _ => vec![Tell(id, unknown(verb).unwrap_or_default())],
        }
    }

    /// A client is gone: those in its room hear of it.
    pub(crate) fn remove(&mut self, id: ClientId) -> Option<Effect> {
        let at = self.people.iter().position(|(other, ..)| *other == id)?;
        let (_, name, room) = self.people.remove(at);
        Some(Presence(self.members(&room), format!("{name} left!\n")))
    }

    /// Everybody is gone, and nobody hears of it.
    pub(crate) fn clear(&mut self) {
        self.people.clear();
    }

    fn me(&self, id: ClientId) -> (String, String) {
        let (_, name, room) = self.people.iter().find(|(other, ..)| *other == id).expect("member");
        (name.clone(), room.clone())
    }

    fn members(&self, room: &str) -> Vec<ClientId> {
        let inside = self.people.iter().filter(|(.., other)| other == room);
        inside.map(|(id, ..)| *id).collect()
    }

    /// A room's own way to write its name.
    fn room_like(&self, typed: &str) -> Option<String> {
        let rooms = std::iter::once(MAIN).chain(self.people.iter().map(|(.., room)| room.as_str()));
        rooms.into_iter().find(|room| key(room) == key(typed)).map(str::to_owned)
    }

    fn holder(&self, name: &str) -> Option<ClientId> {
        let like = |(_, other, _): &&(ClientId, String, String)| key(other) == key(name);
        self.people.iter().find(like).map(|(id, ..)| *id)
    }

    fn nickname_fault(&self, id: ClientId, name: &str) -> Option<String> {
        if let Some(fault) = fault(name) {
            return Some(fault.into());
        }
        if RESERVED.split(' ').any(|reserved| key(reserved) == key(name)) {
            return Some(format!("* the nickname {name} is kept for the server; type another\n"));
        }
        self.holder(name).filter(|holder| *holder != id).map(|_| {
            format!("* the nickname {name} is taken, or looks like one that is; type another\n")
        })
    }

    fn register(&mut self, id: ClientId, name: &str) -> Vec<Effect> {
        if let Some(fault) = self.nickname_fault(id, name) {
            return vec![Tell(id, fault)];
        }
        let mut effects = vec![Tell(id, "Connected to server!\n".into())];
        effects.extend(self.enter(id, name, MAIN));
        effects
    }

    fn enter(&mut self, id: ClientId, name: &str, room: &str) -> [Effect; 2] {
        self.people.push((id, name.to_owned(), room.to_owned()));
        let members = self.members(room);
        let others = members.len() - 1;
        let entered = match others {
            0 => format!("* you are alone in {room} (/help tells what you can do)\n"),
            1 => format!("* you are in {room} with 1 other (/help, /who)\n"),
            _ => format!("* you are in {room} with {others} others (/help, /who)\n"),
        };
        [Presence(members, format!("{name} joined!\n")), Tell(id, entered)]
    }

    fn move_to(&mut self, id: ClientId, room: &str) -> Vec<Effect> {
        let (name, _) = self.me(id);
        let left = self.remove(id);
        left.into_iter().chain(self.enter(id, &name, room)).collect()
    }

    fn rename(&mut self, id: ClientId, typed: &str) -> Vec<Effect> {
        if let Some(fault) = self.nickname_fault(id, typed) {
            return vec![Tell(id, fault)];
        }
        let (old, room) = self.me(id);
        if old == typed {
            return vec![Tell(id, format!("* you are called {typed} already\n"))];
        }
        for (_, name, _) in self.people.iter_mut().filter(|(other, ..)| *other == id) {
            typed.clone_into(name);
        }
        vec![Publish(self.members(&room), format!("* a new nickname: {old} is now {typed}\n"))]
    }

    fn join(&mut self, id: ClientId, typed: &str) -> Vec<Effect> {
        if let Some(fault) = fault(typed) {
            return vec![Tell(id, fault.into())];
        }
        let room = self.room_like(typed).unwrap_or_else(|| typed.to_owned());
        if room == self.me(id).1 {
            return vec![Tell(id, format!("* you are in {room} already (/rooms lists others)\n"))];
        }
        self.move_to(id, &room)
    }

    fn leave(&mut self, id: ClientId) -> Vec<Effect> {
        if self.me(id).1 == MAIN {
            let text = "* you are in main, where everyone starts (/quit leaves the chat)\n";
            return vec![Tell(id, text.into())];
        }
        self.move_to(id, MAIN)
    }

    fn say(&self, id: ClientId, text: &str) -> Vec<Effect> {
        self.speak(id, text, |who, text| format!("{who}: {text}\n"))
    }

    fn speak(&self, id: ClientId, text: &str, told: fn(&str, &str) -> String) -> Vec<Effect> {
        let ((name, room), text) = (self.me(id), clean(text));
        if text.trim().is_empty() {
            return Vec::new();
        }
        vec![Publish(self.members(&room), told(&name, &text))]
    }

    fn whisper(&self, id: ClientId, argument: &str) -> Vec<Effect> {
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
        let (from, to) = (self.me(id).0, self.me(receiver).0);
        vec![Tell(receiver, format!("[{from}] {text}\n")), Tell(id, format!("[to {to}] {text}\n"))]
    }

    fn list(&self) -> String {
        let mut rooms: Vec<&str> = self.people.iter().map(|(.., room)| room.as_str()).collect();
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

    fn who(&self, id: ClientId, typed: &str) -> String {
        let name = typed.strip_prefix('#').unwrap_or(typed);
        if let Some(fault) = fault(name).filter(|_| !typed.is_empty()) {
            return fault.into();
        }
        let room = if typed.is_empty() { Some(self.me(id).1) } else { self.room_like(name) };
        let Some(room) = room else {
            return format!("* there is no room {name} (/rooms lists them)\n");
        };
        let inside = self.people.iter().filter(|(.., other)| *other == room);
        let mut names: Vec<&str> = inside.map(|(_, name, _)| name.as_str()).collect();
        names.sort_unstable();
        let heading = match names.len() {
            0 => return format!("* there is nobody in {room}\n"),
            1 => "there is 1".to_owned(),
            count => format!("there are {count}"),
        };
        format!("* {heading} in {room}: {}\n", names.join(", "))
    }
}

/// The first word and what follows it.
fn split(text: &str) -> (&str, &str) {
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (first, rest.trim())
}

/// The refusal of a command that lacks what it needs.
fn usage(verb: &str, argument: &str) -> Option<String> {
    let usage = match verb {
        "nick" if argument.is_empty() => "/nick NAME",
        "join" | "j" if argument.is_empty() => "/join ROOM",
        "me" if argument.is_empty() => "/me TEXT",
        "msg" | "w" if !argument.contains(char::is_whitespace) => "/msg NAME TEXT",
        _ => return None,
    };
    Some(format!("* usage: {usage}\n"))
}

/// The refusal of a command that there is not.
fn unknown(verb: &str) -> Option<String> {
    let known =
        "help h ? nick join j leave part rooms list who names msg w me match invite quit exit";
    if known.split(' ').any(|other| other == verb.to_lowercase()) {
        return None;
    }
    let verb = quoted(verb);
    Some(format!("* there is no command /{verb} (/help lists them, //{verb} says it)\n"))
}
