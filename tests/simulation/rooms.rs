//! Who is in which room and what commands do: lists, looked through from the start.
//!
//! Kept apart from how words reach the server: a command comes in as text, and who is told what
//! comes out. What rooms remember is in `memory`, who may do what to whom in `order`.

use std::collections::BTreeMap;
use std::net::IpAddr;

use mio_chat::id::ClientId;

use crate::memory::Message;
use crate::places::no_place;
use crate::sentences::Sentence;
use crate::texts::{
    HELP, HELP_ROOMS, NAME_CHARACTERS, alike, bare_room, kept_for_the_server, nickname_fault,
    room_fault,
};
use crate::words::{refusal, split};

/// What a command leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// This client is told this.
    Tell(ClientId, String),
    /// The same, with digits in it that the server draws: the key of so many, or else the epoch.
    TellSecret(ClientId, String, Option<u64>),
    /// This client is told things in JSON from now on, or in plain lines.
    Form(ClientId, bool),
    /// These clients are told this.
    Publish(Vec<ClientId>, String),
    /// These clients are told who came or went.
    Presence(Vec<ClientId>, String),
    /// This client says that it looks after the server, and whether it does.
    Check(ClientId, bool),
    /// This client leaves the chat.
    Close(ClientId, Ending),
}

impl Effect {
    /// Whether somebody is told that a password or key was wrong.
    pub(crate) fn refuses_guess(&self) -> bool {
        let begins = ["* that is not the password of ", "* that is not the key of "];
        matches!(self, Tell(_, text) if begins.iter().any(|begin| text.starts_with(begin)))
    }
}

/// Why somebody leaves the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Quit,
    Kicked,
    Banned,
}

use Effect::{Close, Presence, Publish, Tell};

pub(crate) const MAIN: &str = "main";
/// A nickname that only those who look after the server may have.
pub(crate) const KEPT: &str = "root_7";

/// What differs from run to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoomRules {
    pub(crate) history: usize,
    pub(crate) rooms_max: usize,
    pub(crate) digest_above: usize,
    /// Rooms are kept on a shelf, where they stay.
    pub(crate) kept: bool,
}

/// Somebody who is connected, with a nickname or without.
#[derive(Debug)]
pub(crate) struct Connected {
    /// From where; `None`: from where everybody may.
    pub(crate) address: Option<IpAddr>,
    pub(crate) numbered: bool,
    /// It reads JSON, which has numbers.
    pub(crate) json: bool,
    /// Whether it wants to be read what was said before it came, if it has said so, and what holds
    /// if not.
    pub(crate) wants_history: Option<bool>,
    pub(crate) unasked: bool,
}

/// Somebody with a nickname.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: ClientId,
    pub(crate) name: String,
    pub(crate) room: String,
    pub(crate) ignored: Vec<String>,
    /// Looks after the server.
    pub(crate) may_all: bool,
}

/// A room, empty or not.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) name: String,
    /// And who says so.
    pub(crate) topic: Option<(String, String)>,
    pub(crate) password: Option<String>,
    /// Wrong passwords, and when the last one came, by where from.
    pub(crate) guesses: BTreeMap<IpAddr, (u32, u64)>,
    /// Which of the keys belongs to it, and to whom that was given.
    pub(crate) endowed: Option<(u64, String)>,
    pub(crate) owner: Option<ClientId>,
    pub(crate) operators: Vec<ClientId>,
    pub(crate) sentences: Vec<Sentence>,
    pub(crate) messages: Vec<Message>,
    /// The number of the last message that is forgotten, or was said before the room was.
    pub(crate) forgotten: u64,
    /// Who came and left and was only counted.
    pub(crate) came: u64,
    pub(crate) left: u64,
    /// From where who has made it has come, and how many were made before.
    pub(crate) founder: Option<IpAddr>,
    pub(crate) founded: u64,
}

impl Room {
    /// Nobody is here.
    pub(crate) fn begin_anew(&mut self) {
        (self.owner, self.operators) = (None, Vec::new());
        (self.came, self.left) = (0, 0);
    }
}

/// Everyone, and every room.
#[derive(Debug)]
pub(crate) struct Rooms {
    pub(crate) settings: RoomRules,
    pub(crate) clients: BTreeMap<ClientId, Connected>,
    pub(crate) people: Vec<Person>,
    pub(crate) rooms: Vec<Room>,
    /// Milliseconds since the beginning of 1970.
    pub(crate) wall: u64,
    /// The number of the last message.
    pub(crate) last: u64,
    /// Before this number messages may be missing.
    pub(crate) gap_before: u64,
    /// Digits that the server has told: its epoch, and keys by their number.
    pub(crate) epoch: Option<String>,
    pub(crate) keys: BTreeMap<u64, String>,
    pub(crate) keys_given: u64,
    /// Somebody was only counted since the last digest.
    pub(crate) untold: bool,
    pub(crate) founded: u64,
    /// How often what happened.
    pub(crate) deeds: BTreeMap<&'static str, u64>,
}

impl Rooms {
    pub(crate) fn new(settings: RoomRules, wall: u64) -> Self {
        Self {
            settings,
            clients: BTreeMap::new(),
            people: Vec::new(),
            rooms: vec![Room { name: MAIN.into(), ..Room::default() }],
            wall,
            last: 0,
            gap_before: 0,
            epoch: None,
            keys: BTreeMap::new(),
            keys_given: 0,
            untold: false,
            founded: 0,
            deeds: BTreeMap::new(),
        }
    }

    pub(crate) fn connect(&mut self, id: ClientId, address: IpAddr) {
        let address = Some(address).filter(|address| !address.is_loopback());
        let (numbered, json, wants_history, unasked) = (false, false, None, true);
        self.clients.insert(id, Connected { address, numbered, json, wants_history, unasked });
    }

    /// Who ends messages by pausing is read nothing of before unless it asks.
    pub(crate) fn note_habit(&mut self, id: ClientId, pauses: bool) {
        self.clients.get_mut(&id).expect("it is here").unasked = !pauses;
    }

    /// From where somebody comes: everybody's address; one of a few; or, where nobody is to be put
    /// out with others from the same address, one from where nobody has come.
    pub(crate) fn address(&self, number: u8, may_be_shared: bool) -> IpAddr {
        let everybodys = IpAddr::from([127, 0, 0, 1]);
        let host = if may_be_shared { 8 + number % 6 } else { number };
        let address = IpAddr::from([192, 0, 2, host]);
        let is_taken = self.clients.values().any(|client| client.address == Some(address));
        if number < 8 || (is_taken && !may_be_shared) { everybodys } else { address }
    }

    pub(crate) fn has(&self, id: ClientId) -> bool {
        self.people.iter().any(|person| person.id == id)
    }

    /// A client without a nickname types a line.
    pub(crate) fn hear_stranger(&mut self, id: ClientId, line: &str) -> Vec<Effect> {
        let line = line.trim();
        let first =
            || vec![Tell(id, "* type a nickname first: /nick NAME (/quit leaves)\n".into())];
        if let Some(request) = line.strip_prefix('/').filter(|rest| !rest.starts_with('/')) {
            let (verb, argument) = split(request);
            let refused = refusal(verb, argument);
            return match verb.to_lowercase().as_str() {
                "nick" if argument.is_empty() => vec![Tell(id, "* usage: /nick NAME\n".into())],
                _ if refused.is_some() => first(),
                "quit" | "exit" => vec![Close(id, Ending::Quit)],
                "nick" => self.register(id, argument),
                "numbers" => self.want_numbers(id, argument == "on"),
                "format" => self.want_json(id, argument == "json"),
                "history" if ["on", "off"].contains(&split(argument).0) => {
                    self.recall(id, argument)
                }
                _ => first(),
            };
        }
        if line.is_empty() || line.starts_with('/') {
            return first();
        }
        self.register(id, line)
    }

    /// A client with a nickname types a line.
    pub(crate) fn hear_member(&mut self, id: ClientId, line: &str) -> Vec<Effect> {
        if line.is_empty() {
            return Vec::new();
        }
        let Some(request) = line.strip_prefix('/') else { return self.speak(id, line, false) };
        if request.starts_with('/') {
            return self.speak(id, request, false);
        }
        let (verb, argument) = split(request);
        if let Some(refusal) = refusal(verb, argument) {
            return vec![Tell(id, refusal)];
        }
        match verb.to_lowercase().as_str() {
            "help" | "h" | "?" if argument.to_lowercase() == "rooms" => {
                vec![Tell(id, HELP_ROOMS.into())]
            }
            "help" | "h" | "?" => vec![Tell(id, HELP.into())],
            "nick" => self.rename(id, argument),
            "join" | "j" => self.join(id, argument),
            "leave" | "part" => self.leave(id),
            "rooms" | "list" => vec![Tell(id, self.list())],
            "who" | "names" => vec![Tell(id, self.who(id, argument))],
            "msg" | "w" => self.whisper(id, argument),
            "me" => self.speak(id, argument, true),
            "history" => self.recall(id, argument),
            "numbers" => self.want_numbers(id, argument == "on"),
            "format" => self.want_json(id, argument == "json"),
            "quit" | "exit" => vec![Close(id, Ending::Quit)],
            lower => self.keep_order(id, lower, argument),
        }
    }

    /// A client is gone: those in its room hear of it.
    pub(crate) fn remove(&mut self, id: ClientId) -> Vec<Effect> {
        self.clients.remove(&id);
        let Some(at) = self.people.iter().position(|person| person.id == id) else {
            return Vec::new();
        };
        let person = self.people.remove(at);
        self.remove_member(id, &person)
    }

    /// Everybody is gone, and nobody hears of it.
    pub(crate) fn clear(&mut self) {
        (self.people, self.clients) = Default::default();
        self.untold = false;
    }

    /// Rooms that are told of some of these, if they all leave at once, and not of others.
    pub(crate) fn mixed(&self, leaving: &[ClientId]) -> Vec<String> {
        let few = self.settings.digest_above.max(1);
        let is_mixed = |room: &&Room| {
            let members = self.members(&room.name);
            let staying = members.iter().filter(|id| !leaving.contains(id)).count();
            let gone = members.len() - staying;
            gone > 1 && members.len() > few && staying < few
        };
        self.rooms.iter().filter(is_mixed).map(|room| room.name.clone()).collect()
    }

    /// In such a room: who may be told that somebody left, who still has to be removed.
    pub(crate) fn left_maybe(
        &self,
        id: ClientId,
        mixed: &[String],
    ) -> Option<(Vec<ClientId>, String)> {
        let person = self.people.iter().find(|person| person.id == id)?;
        let mut others = self.members(&person.room);
        others.retain(|other| *other != id);
        mixed.contains(&person.room).then(|| (others, format!("{} left!\n", person.name)))
    }

    /// Tells rooms who came and went.
    pub(crate) fn tell_summaries(&mut self) -> Vec<Effect> {
        self.untold = false;
        let mut told = Vec::new();
        for at in 0..self.rooms.len() {
            let (came, left) = (self.rooms[at].came, self.rooms[at].left);
            (self.rooms[at].came, self.rooms[at].left) = (0, 0);
            let members = self.members(&self.rooms[at].name);
            let count = members.len();
            let changes = match (came, left) {
                (0, 0) => continue,
                (came, 0) => format!("+{came}"),
                (0, left) => format!("-{left}"),
                _ => format!("+{came} -{left}"),
            };
            told.push(Presence(members, format!("* {changes}, {count} here\n")));
        }
        self.note(told.len() as u64, "digest");
        told
    }

    pub(crate) fn note(&mut self, count: u64, deed: &'static str) {
        *self.deeds.entry(deed).or_default() += count;
    }

    pub(crate) fn me(&self, id: ClientId) -> Person {
        self.people.iter().find(|person| person.id == id).expect("a member").clone()
    }

    pub(crate) fn me_mut(&mut self, id: ClientId) -> &mut Person {
        self.people.iter_mut().find(|person| person.id == id).expect("a member")
    }

    pub(crate) fn members(&self, room: &str) -> Vec<ClientId> {
        let inside = self.people.iter().filter(|person| person.room == room);
        inside.map(|person| person.id).collect()
    }

    pub(crate) fn room(&self, name: &str) -> &Room {
        self.rooms.iter().find(|room| room.name == name).expect("a room")
    }

    pub(crate) fn room_mut(&mut self, name: &str) -> &mut Room {
        self.rooms.iter_mut().find(|room| room.name == name).expect("a room")
    }

    pub(crate) fn holder(&self, name: &str) -> Option<ClientId> {
        self.people.iter().find(|person| alike(&person.name, name)).map(|person| person.id)
    }

    fn nickname_fault(&self, id: ClientId, name: &str) -> Option<String> {
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

    fn register(&mut self, id: ClientId, name: &str) -> Vec<Effect> {
        if let Some(fault) = self.nickname_fault(id, name) {
            return vec![Tell(id, fault)];
        }
        if let Some(refusal) = self.ban_on(id, name, MAIN) {
            self.note(1, "kept out of the server");
            return vec![Tell(id, refusal), Close(id, Ending::Banned)];
        }
        let mut effects = vec![Tell(id, "Connected to server!\n".into())];
        let (name, room, ignored) = (name.to_owned(), String::new(), Vec::new());
        effects.extend(self.enter(Person { id, name, room, ignored, may_all: false }, MAIN));
        effects
    }

    fn enter(&mut self, person: Person, room: &str) -> Vec<Effect> {
        let (id, name) = (person.id, person.name.clone());
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
            effects.push(Presence(members, joined));
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

    /// Somebody who is nobody any more has left.
    fn remove_member(&mut self, id: ClientId, person: &Person) -> Vec<Effect> {
        let members = self.members(&person.room);
        let counted = members.len() >= self.settings.digest_above.max(1);
        let room = self.room_mut(&person.room);
        room.operators.retain(|operator| *operator != id);
        room.owner = room.owner.filter(|owner| *owner != id);
        if members.is_empty() {
            (room.came, room.left) = (0, 0);
        }
        if counted {
            room.left += 1;
            self.untold = true;
            return Vec::new();
        }
        vec![Presence(members, format!("{} left!\n", person.name))]
    }

    pub(crate) fn move_to(&mut self, id: ClientId, room: &str) -> Vec<Effect> {
        let at = self.people.iter().position(|person| person.id == id).expect("a member");
        let person = self.people.remove(at);
        let mut effects = self.remove_member(id, &person);
        effects.extend(self.enter(person, room));
        effects
    }

    fn rename(&mut self, id: ClientId, typed: &str) -> Vec<Effect> {
        if let Some(fault) = self.nickname_fault(id, typed) {
            return vec![Tell(id, fault)];
        }
        let Person { name: old, room, .. } = self.me(id);
        if old == typed {
            return vec![Tell(id, format!("* you are called {typed} already\n"))];
        }
        if self.mute_on(id).is_some() {
            let why = "so you keep your nickname there; /leave it first, or wait";
            self.note(1, "no other name for the muted");
            return vec![Tell(id, format!("* you are muted in {room}, {why}\n"))];
        }
        let banned = self.ban_on(id, typed, &room).or_else(|| self.ban_on(id, typed, MAIN));
        if let Some(refusal) = banned {
            return vec![Tell(id, refusal)];
        }
        // Whoever ignores the one name ignores the other.
        for other in &mut self.people {
            let has = |name: &str| other.ignored.iter().any(|ignored| alike(ignored, name));
            if has(&old) && !has(typed) {
                other.ignored.push(typed.to_owned());
            }
        }
        typed.clone_into(&mut self.me_mut(id).name);
        vec![Publish(self.members(&room), format!("* the nickname {old} is now {typed}\n"))]
    }

    fn join(&mut self, id: ClientId, argument: &str) -> Vec<Effect> {
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
        if let Some(refusal) = self.ban_on(id, &self.me(id).name, &name) {
            self.note(1, "kept out of a room");
            return vec![Tell(id, refusal)];
        }
        if let Some(refusal) = self.wrong_password(id, &name, password) {
            return vec![Tell(id, refusal)];
        }
        self.note(u64::from(self.members(&name).is_empty()), "back in an empty room");
        self.move_to(id, &name)
    }

    fn leave(&mut self, id: ClientId) -> Vec<Effect> {
        if self.me(id).room == MAIN {
            let text = "* you are in main, where everyone starts (/quit leaves the chat)\n";
            return vec![Tell(id, text.into())];
        }
        self.move_to(id, MAIN)
    }
}
