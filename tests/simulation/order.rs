//! Whose a room is, and who may do what to whom.

use mio_chat::id::ClientId;

use crate::irc_words::News;
use crate::rooms::{Effect, MAIN, Person, Rooms};
use crate::texts::{NAME_CHARACTERS, alike, clean, nickname_fault, quoted, rounded};
use crate::words::split;

use Effect::{Check, Tell, TellSecret};

/// Who proves it with this, looks after the server.
const PASSWORD: &str = "password";
const NO_OPERATOR: &str = "* no one who looks after the server has this name and password\n";
const NOW_OPERATOR: &str = "* you look after the server now (/help rooms: what you can do)\n";
const NOT_FOR_MAIN: &str = "* that is not for main, which belongs to everybody; /join ROOM\n";
const YOURSELF: &str = "* that is you; it can be done to somebody else\n";
/// Stands for the digits of a key.
const KEY: &str = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// What somebody may do somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Member,
    Operator,
    Owner,
    Everything,
}

impl Rooms {
    /// What is no talk.
    pub(crate) fn keep_order(&mut self, id: ClientId, verb: &str, argument: &str) -> Vec<Effect> {
        let done = match verb {
            "topic" if argument.is_empty() => Ok(vec![self.tell_topic(id)]),
            "topic" => self.set_topic(id, argument),
            "password" => self.set_password(id, argument),
            "own" => self.own(id, argument),
            "give" => self.give(id, argument),
            "rename-room" => self.rename_room(id, argument),
            "op" => self.set_operator(id, argument, true),
            "deop" => self.set_operator(id, argument, false),
            "kick" => self.kick(id, argument),
            "ban" => self.sentence(id, argument, true, false),
            "ban-ip" => self.sentence(id, argument, true, true),
            "mute" => self.sentence(id, argument, false, false),
            "unban" => self.lift(id, argument, true),
            "unmute" => self.lift(id, argument, false),
            "bans" => Ok(self.list_sentences(id)),
            "ignore" => self.ignore(id, argument),
            "unignore" => self.unignore(id, argument),
            "oper" => {
                let (name, password) = split(argument);
                let right = alike(name, crate::rooms::KEPT) && password == PASSWORD;
                return vec![Check(id, right)];
            }
            _ => unreachable!("nobody types that"),
        };
        match done {
            Ok(effects) => {
                let verbs = VERBS.iter().find(|known| **known == verb);
                self.note(1, verbs.expect("it was carried out"));
                effects
            }
            Err(refusal) => vec![Tell(id, refusal)],
        }
    }

    /// A password was checked.
    pub(crate) fn conclude(&mut self, id: ClientId, right: bool) -> Vec<Effect> {
        if !self.has(id) {
            return Vec::new();
        }
        self.me_mut(id).may_all |= right;
        self.note(u64::from(right), "oper");
        let told = if right { NOW_OPERATOR } else { NO_OPERATOR };
        vec![Tell(id, told.into())]
    }

    pub(crate) fn rank(&self, id: ClientId, room: &str) -> Rank {
        let room = self.room(room);
        match id {
            _ if self.has(id) && self.me(id).may_all => Rank::Everything,
            _ if room.owner == Some(id) => Rank::Owner,
            _ if room.operators.contains(&id) => Rank::Operator,
            _ => Rank::Member,
        }
    }

    pub(crate) fn keeps_order(&self, id: ClientId, room: &str) -> bool {
        self.rank(id, room) >= Rank::Operator
    }

    /// The room that somebody is in, if it may do something there.
    pub(crate) fn governed(&self, id: ClientId, needs: Rank) -> Result<String, String> {
        let room = self.me(id).room;
        let needs = if room == MAIN { Rank::Everything } else { needs };
        let who = match needs {
            _ if self.rank(id, &room) >= needs => return Ok(room),
            Rank::Everything => {
                let who = "only those who look after the server may";
                return Err(format!("* you cannot do that in {room}: {who}\n"));
            }
            Rank::Owner => format!("own {room}"),
            _ => format!("be an operator of {room}"),
        };
        Err(format!("* you would have to {who} to do that (/help rooms)\n"))
    }

    pub(crate) fn owned(&self, id: ClientId) -> Result<String, String> {
        if self.me(id).room == MAIN {
            return Err(NOT_FOR_MAIN.into());
        }
        // Where nobody could prove to own a room, its operators may do as much.
        let room = self.me(id).room;
        let needs = if self.is_ownerless(&room) { Rank::Operator } else { Rank::Owner };
        self.governed(id, needs)
    }

    pub(crate) fn here(&self, typed: &str, room: &str) -> Result<ClientId, String> {
        let found = self.holder(typed).filter(|id| self.me(*id).is_in(room));
        let name = quoted(typed);
        found.ok_or_else(|| format!("* nobody called {name} is in {room} (/who lists it)\n"))
    }

    pub(crate) fn anywhere(&self, typed: &str) -> Result<ClientId, String> {
        let name = quoted(typed);
        let found = self.holder(typed);
        found.ok_or_else(|| format!("* nobody is called {name} (/who lists this room)\n"))
    }

    pub(crate) fn check_outranks(
        &self,
        id: ClientId,
        whom: ClientId,
        room: &str,
    ) -> Result<(), String> {
        if whom == id {
            return Err(YOURSELF.into());
        }
        let name = self.me(whom).name;
        let are_equals = self.is_ownerless(room) && self.keeps_order(id, room);
        if are_equals && !self.me(whom).may_all {
            return Ok(());
        }
        if self.rank(whom, room) >= self.rank(id, room) {
            return Err(format!("* you cannot do that to {name}, who may do as much as you\n"));
        }
        Ok(())
    }

    // ---- What a room is about, and whose it is ----

    pub(crate) fn tell_topic(&self, id: ClientId) -> Effect {
        let room = self.me(id).room;
        let told = match &self.room(&room).topic {
            None => format!("* there is no topic in {room}\n"),
            Some((text, by)) => format!("* the topic of {room}: {text} (by {by})\n"),
        };
        Tell(id, told)
    }

    fn set_topic(&mut self, id: ClientId, typed: &str) -> Result<Vec<Effect>, String> {
        let room = self.me(id).room;
        if room == MAIN || self.room(&room).has('t') {
            self.governed(id, Rank::Operator)?;
        }
        let typed = if typed == "-" { "" } else { typed };
        let (text, by) = (checked(typed, "a topic", 256)?, self.me(id).name);
        let told = if text.is_empty() {
            format!("* there is no topic any more, by {by}\n")
        } else {
            format!("* the topic is now: {text} (by {by})\n")
        };
        Ok(self.change_topic(id, &room, (text, told)))
    }

    /// A room is about something else, and is told so.
    pub(crate) fn change_topic(
        &mut self,
        id: ClientId,
        room: &str,
        (text, told): (String, String),
    ) -> Vec<Effect> {
        let (by, wall) = (self.whom(id), self.wall);
        let open = self.room_mut(room);
        open.topic = (!text.is_empty()).then(|| (text.clone(), by.name.clone()));
        open.topic_at = wall;
        self.tell_room(room, told, &News::Topic(by, text))
    }

    fn set_password(&mut self, id: ClientId, typed: &str) -> Result<Vec<Effect>, String> {
        let room = self.owned(id)?;
        let needed = typed != "off";
        if typed.len() > 64 {
            return Err("* that is too long: a password has at most 64 bytes\n".into());
        }
        self.room_mut(&room).password = needed.then(|| typed.to_owned());
        let change = if needed { "+k *" } else { "-k *" };
        let mut told =
            self.tell_room(&room, String::new(), &News::Mode(self.whom(id), change.to_owned()));
        told.push(Tell(
            id,
            if needed {
                format!("* the room {room} needs a password now: /join {room} PASSWORD\n")
            } else {
                format!("* the room {room} needs no password any more\n")
            },
        ));
        Ok(told)
    }

    /// Why this does not open a room, if it does not.
    pub(crate) fn wrong_password(
        &mut self,
        id: ClientId,
        room: &str,
        typed: &str,
    ) -> Option<String> {
        let Some(password) = self.room(room).password.clone() else {
            return (!typed.is_empty()).then(|| NAME_CHARACTERS.into());
        };
        if self.keeps_order(id, room) {
            self.note(1, "opened with a password");
            return None;
        }
        if typed.is_empty() {
            return Some(format!("* the room {room} needs a password: /join {room} PASSWORD\n"));
        }
        let (wall, address) = (self.wall, self.clients[&id].address);
        let guesses = &mut self.room_mut(room).guesses;
        if let Some((wrong, last)) = address.and_then(|address| guesses.get(&address).copied()) {
            let pause = if wrong < 10 { 0 } else { 60_000.min(1_000 << (wrong - 10).min(20)) };
            if last + pause > wall {
                let left = rounded(last + pause - wall);
                let why = "too many wrong passwords came from your address";
                return Some(format!("* {why} for {room}; try again in {left}\n"));
            }
        }
        if typed == password {
            address.map(|address| guesses.remove(&address));
            self.note(1, "opened with a password");
            return None;
        }
        guesses.retain(|_, (_, last)| wall - *last < 3_600_000);
        if let Some(address) = address {
            let (wrong, last) = guesses.entry(address).or_default();
            (*wrong, *last) = (*wrong + 1, wall);
        }
        Some(format!("* that is not the password of {room}; ask somebody who is in it\n"))
    }

    pub(crate) fn grant_ownership(&mut self, id: ClientId, room: &str) -> Effect {
        self.keys_given += 1;
        let (number, name) = (self.keys_given, self.me(id).name);
        let owned = self.room_mut(room);
        (owned.owner, owned.endowed) = (Some(id), Some((number, name)));
        let why = "keep this, it makes you its owner again when you come back";
        let told = format!("* you own {room} (/help rooms); {why}: /join {room} {KEY}\n");
        TellSecret(id, told, Some(number))
    }

    fn own(&mut self, id: ClientId, typed: &str) -> Result<Vec<Effect>, String> {
        let Person { room, name, .. } = self.me(id);
        if room == MAIN {
            return Err(NOT_FOR_MAIN.into());
        }
        let key = self.room(&room).endowed.as_ref().and_then(|(key, _)| self.keys.get(key));
        if key.is_none_or(|key| key != typed) {
            let why = "its owner was told it when the room was made or given away";
            return Err(format!("* that is not the key of {room}; {why}\n"));
        }
        if self.room(&room).owner == Some(id) {
            return Err(already(&name));
        }
        self.room_mut(&room).owner = Some(id);
        Ok(self.tell_deed(id, &room, "made the owner", id))
    }

    fn give(&mut self, id: ClientId, typed: &str) -> Result<Vec<Effect>, String> {
        let room = self.owned(id)?;
        if self.is_ownerless(&room) && self.rank(id, &room) == Rank::Operator {
            return Err(format!("* you would have to own {room} to do that (/help rooms)\n"));
        }
        let heir = self.here(typed, &room)?;
        if self.room(&room).owner == Some(heir) {
            return Err(already(&self.me(heir).name));
        }
        let mut effects = self.tell_deed(id, &room, "made the owner", heir);
        effects.push(self.grant_ownership(heir, &room));
        Ok(effects)
    }

    fn set_operator(
        &mut self,
        id: ClientId,
        typed: &str,
        may: bool,
    ) -> Result<Vec<Effect>, String> {
        let room = self.owned(id)?;
        let whom = self.here(typed, &room)?;
        if !may && self.is_ownerless(&room) && self.room(&room).owner == Some(whom) {
            let name = self.me(whom).name;
            return Err(format!("* you cannot do that to {name}, who may do as much as you\n"));
        }
        if self.room(&room).operators.contains(&whom) == may {
            return Err(already(&self.me(whom).name));
        }
        let operators = &mut self.room_mut(&room).operators;
        if may {
            operators.push(whom);
        } else {
            operators.retain(|operator| *operator != whom);
        }
        let deed = if may { "made an operator" } else { "removed as an operator" };
        Ok(self.tell_deed(id, &room, deed, whom))
    }

    fn tell_deed(&self, by: ClientId, room: &str, deed: &str, whom: ClientId) -> Vec<Effect> {
        let (by, whom) = (self.whom(by), self.me(whom).name);
        let told = format!("* the room {room}: {whom} was {deed} by {}\n", by.name);
        let sign = if deed == "removed as an operator" { "-o" } else { "+o" };
        self.tell_room(room, told, &News::Mode(by, format!("{sign} {whom}")))
    }

    // ---- Who does not want to hear whom ----

    fn ignore(&mut self, id: ClientId, typed: &str) -> Result<Vec<Effect>, String> {
        let Person { name, ignored, .. } = self.me(id);
        if typed.is_empty() {
            let told = if ignored.is_empty() {
                "* you ignore nobody (/ignore NAME)\n".into()
            } else {
                format!("* you ignore {}\n", ignored.join(", "))
            };
            return Ok(vec![Tell(id, told)]);
        }
        if let Some(fault) = nickname_fault(typed) {
            return Err(fault);
        }
        if alike(&name, typed) {
            return Err(YOURSELF.into());
        }
        if ignored.iter().any(|other| alike(other, typed)) {
            return Err(already(typed));
        }
        self.me_mut(id).ignored.push(typed.to_owned());
        let told = format!("* you hear nothing of {typed} any more (/unignore {typed})\n");
        Ok(vec![Tell(id, told)])
    }

    fn unignore(&mut self, id: ClientId, typed: &str) -> Result<Vec<Effect>, String> {
        let ignored = &mut self.me_mut(id).ignored;
        let Some(at) = ignored.iter().position(|other| alike(other, typed)) else {
            let name = quoted(typed);
            return Err(format!("* you do not ignore {name} (/ignore lists whom you do)\n"));
        };
        let name = ignored.swap_remove(at);
        Ok(vec![Tell(id, format!("* you hear {name} again\n"))])
    }
}

/// What is counted.
pub(crate) const VERBS: [&str; 17] = [
    "topic",
    "password",
    "own",
    "give",
    "rename-room",
    "op",
    "deop",
    "kick",
    "ban",
    "ban-ip",
    "mute",
    "unban",
    "unmute",
    "bans",
    "ignore",
    "unignore",
    "oper",
];

pub(crate) fn checked(typed: &str, what: &str, most: usize) -> Result<String, String> {
    let text = clean(typed.trim());
    if text.len() > most {
        return Err(format!("* that is too long: {what} has at most {most} bytes\n"));
    }
    Ok(text)
}

fn already(name: &str) -> String {
    format!("* that is so already for {name}; nothing has changed\n")
}
