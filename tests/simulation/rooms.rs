//! Who is in which room and what commands do: lists, looked through from the start.
//!
//! Kept apart from how words reach the server: a command comes in as text, and who is told what
//! comes out. What rooms remember is in `memory`, who may do what to whom in `order`.

use std::collections::BTreeMap;
use std::net::IpAddr;

use mio_chat::id::ClientId;

use crate::expected::Language;
use crate::irc::Speaker;
use crate::irc_words::News;
use crate::memory::{How, Message};
use crate::sentences::Sentence;
use crate::texts::{HELP, HELP_ROOMS, alike};
use crate::words::{refusal, split};

/// What a command leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// This client is told this.
    Tell(ClientId, String),
    /// The same, with digits in it that the server draws: the key of so many, or else the epoch.
    TellSecret(ClientId, String, Option<u64>),
    /// This client is told things in this language from now on.
    Form(ClientId, Language),
    /// This reader of IRC is told these lines alone.
    Lines(ClientId, String),
    /// This one is told these, and they are no answer to what it has said.
    Aside(ClientId, String),
    /// This one is told these of what happens in a room.
    Room(ClientId, String),
    /// This client has brought a wrong password, and was told so.
    Guessed(ClientId),
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

use Effect::{Close, Presence, Tell};

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
    /// It speaks IRC.
    pub(crate) irc: Option<Speaker>,
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
    /// What it has told of itself, and in which rooms it is, where it speaks IRC.
    pub(crate) irc: Option<About>,
    pub(crate) account: Option<String>,
    pub(crate) away: Option<String>,
}

/// What IRC tells of somebody.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    pub(crate) user: String,
    pub(crate) real: String,
    /// In the order in which it has joined them.
    pub(crate) rooms: Vec<String>,
}

impl Person {
    pub(crate) fn new(id: ClientId, name: &str) -> Self {
        let (name, room, ignored) = (name.to_owned(), String::new(), Vec::new());
        let (irc, account, away) = (None, None, None);
        Self { id, name, room, ignored, may_all: false, irc, account, away }
    }

    pub(crate) fn is_in(&self, room: &str) -> bool {
        match &self.irc {
            Some(about) => about.rooms.iter().any(|other| other == room),
            None => self.room == room,
        }
    }
}

/// A room, empty or not.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) name: String,
    /// And who says so.
    pub(crate) topic: Option<(String, String)>,
    /// And since when.
    pub(crate) topic_at: u64,
    pub(crate) password: Option<String>,
    /// Wrong passwords, and when the last one came, by where from.
    pub(crate) guesses: BTreeMap<IpAddr, (u32, u64)>,
    /// Which of the keys belongs to it, and to whom that was given.
    pub(crate) endowed: Option<(u64, String)>,
    pub(crate) owner: Option<ClientId>,
    pub(crate) operators: Vec<ClientId>,
    /// Rules that hold of those that hold nowhere at first, and that hold no more of the others.
    pub(crate) set: Vec<char>,
    pub(crate) unset: Vec<char>,
    pub(crate) limit: Option<usize>,
    /// Who may speak where not everybody may.
    pub(crate) voiced: Vec<ClientId>,
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
    /// Whether a rule holds: at first only members speak, and only operators set the topic.
    pub(crate) fn has(&self, rule: char) -> bool {
        self.set.contains(&rule) || ("nt".contains(rule) && !self.unset.contains(&rule))
    }

    /// Nobody is here.
    pub(crate) fn begin_anew(&mut self) {
        (self.owner, self.operators, self.voiced) = (None, Vec::new(), Vec::new());
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
    /// What readers of IRC are shown of who comes from where.
    pub(crate) cloaks: BTreeMap<IpAddr, String>,
    /// Who is let into which room by somebody who keeps order there, and until when.
    pub(crate) invited: Vec<(ClientId, String, u64)>,
    /// What readers of IRC were told that they are called.
    pub(crate) called: BTreeMap<ClientId, String>,
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
            cloaks: BTreeMap::new(),
            called: BTreeMap::new(),
            invited: Vec::new(),
            untold: false,
            founded: 0,
            deeds: BTreeMap::new(),
        }
    }

    pub(crate) fn connect(&mut self, id: ClientId, address: IpAddr) {
        let address = Some(address).filter(|address| !address.is_loopback());
        let (numbered, json, wants_history, unasked) = (false, false, None, true);
        let irc = None;
        self.clients.insert(id, Connected { address, numbered, json, wants_history, unasked, irc });
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
        let Some(request) = line.strip_prefix('/') else { return self.speak(id, line, How::Said) };
        if request.starts_with('/') {
            return self.speak(id, request, How::Said);
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
            "me" => self.speak(id, argument, How::Acted),
            "history" => self.recall(id, argument),
            "numbers" => self.want_numbers(id, argument == "on"),
            "format" => self.want_json(id, argument == "json"),
            "quit" | "exit" => vec![Close(id, Ending::Quit)],
            lower => self.keep_order(id, lower, argument),
        }
    }

    /// A client is gone: those in its rooms hear of it, and why.
    pub(crate) fn remove(&mut self, id: ClientId, why: &str) -> Vec<Effect> {
        let news = self.has(id).then(|| News::Quit(self.whom(id), why.to_owned()));
        self.take_out(id, &news.unwrap_or(News::Nothing))
    }

    /// The same, told so to readers of IRC.
    pub(crate) fn take_out(&mut self, id: ClientId, news: &News) -> Vec<Effect> {
        self.clients.remove(&id);
        let Some(at) = self.people.iter().position(|person| person.id == id) else {
            return Vec::new();
        };
        let person = self.people.remove(at);
        let rooms = match person.irc {
            Some(about) => about.rooms.into_iter().rev().collect(),
            None => vec![person.room],
        };
        self.leave_rooms(id, (&person.name, &rooms), news)
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
            let (_, plain) = self.by_language(&members);
            told.push(Presence(plain, format!("* {changes}, {count} here\n")));
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
        let inside = self.people.iter().filter(|person| person.is_in(room));
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
}
