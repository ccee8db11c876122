//! Who is put out, kept out, or made to be quiet.

use std::net::IpAddr;

use mio_chat::id::ClientId;

use crate::irc_words::{CLOAK, News, channel, written};
use crate::order::{Rank, checked};
use crate::rooms::{Effect, Ending, MAIN, Person, Rooms};
use crate::texts::{alike, nickname_fault, quoted, rounded};
use crate::words::{split, time_and_reason};

use Effect::{Close, Lines, Tell};

/// A ban or a mute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sentence {
    pub(crate) number: u32,
    pub(crate) bans: bool,
    pub(crate) name: Option<String>,
    pub(crate) address: Option<IpAddr>,
    /// In milliseconds since the beginning of 1970.
    pub(crate) until: Option<u64>,
    pub(crate) by: String,
    pub(crate) reason: String,
}

impl Rooms {
    pub(crate) fn kick(&mut self, id: ClientId, argument: &str) -> Result<Vec<Effect>, String> {
        let (typed, reason) = split(argument);
        let room = self.governed(id, Rank::Operator)?;
        let reason = because(&checked(reason, "a reason", 120)?);
        let whom = if room == MAIN { self.anywhere(typed) } else { self.here(typed, &room) }?;
        self.check_outranks(id, whom, &room)?;
        let (by, name) = (self.me(id).name, self.me(whom).name);
        let told = format!("* you were put out of {room} by {by}{reason}\n");
        let why = reason.strip_prefix(": ").unwrap_or_default().to_owned();
        let news = News::Kicked { by: self.whom(id), whom: name.clone(), reason: why };
        let (mut effects, close) = self.put_out(whom, &room, told, &news);
        let told = format!("* the room {room}: {name} was put out by {by}{reason}\n");
        effects.extend(self.tell_room(&room, told, &News::Nothing));
        effects.extend(close);
        Ok(effects)
    }

    /// What everybody hears of it, and the end of it, which comes last.
    fn put_out(
        &mut self,
        whom: ClientId,
        room: &str,
        told: String,
        news: &News,
    ) -> (Vec<Effect>, Option<Effect>) {
        let lines = |taken| Lines(whom, written(taken, &channel(room), news));
        let mut effects = vec![self.reads_irc(whom).map_or(Tell(whom, told), lines)];
        if room != MAIN && self.me(whom).irc.is_some() {
            effects.extend(self.leave_room(whom, room, news));
            return (effects, None);
        }
        if room != MAIN {
            effects.extend(self.move_away(whom, MAIN, news));
            return (effects, None);
        }
        effects.extend(self.take_out(whom, news));
        (effects, Some(Close(whom, Ending::Kicked)))
    }

    pub(crate) fn sentence(
        &mut self,
        id: ClientId,
        argument: &str,
        bans: bool,
        by_address: bool,
    ) -> Result<Vec<Effect>, String> {
        let (typed, rest) = split(argument);
        let (lasts, reason) = time_and_reason(rest);
        let room = self.governed(id, Rank::Operator)?;
        let reason = checked(reason, "a reason", 120)?;
        let (name, address) = self.target(id, &room, typed, by_address)?;
        let by = self.me(id).name;
        let until = lasts.map(|lasts| self.wall + lasts);
        let wall = self.wall;
        let sentences = &mut self.room_mut(&room).sentences;
        let number = sentences.iter().map(|known| known.number).max().unwrap_or(0) + 1;
        let sentence = Sentence {
            number,
            bans,
            name: name.clone(),
            address,
            until,
            by: by.clone(),
            reason: reason.clone(),
        };
        sentences.retain(|known| !known.is_like(&sentence) && known.holds(wall));
        sentences.push(sentence);
        let for_how_long = lasts.map_or(String::new(), |lasts| format!(" for {}", rounded(lasts)));
        let tail = format!("by {by}{for_how_long}{}", because(&reason));
        let (mut effects, mut closes) = (Vec::new(), None);
        let author = self.whom(id);
        let on = |person: &Person| {
            let from_there = address.is_some() && self.clients[&person.id].address == address;
            (room == MAIN || person.is_in(&room))
                && (name.as_ref().is_some_and(|name| alike(name, &person.name)) || from_there)
                && self.rank(person.id, &room) < self.rank(id, &room)
        };
        let out: Vec<ClientId> =
            self.people.iter().filter(|it| bans && on(it)).map(|it| it.id).collect();
        assert!(out.len() < 2, "in which order they are put out cannot be known");
        for whom in out {
            self.note(
                1,
                if room == MAIN { "banned from the server" } else { "banned and put out" },
            );
            let told = format!("* you were banned from {room} {tail}\n");
            let name = self.me(whom).name;
            let news = News::Kicked { by: author.clone(), whom: name, reason: reason.clone() };
            (effects, closes) = self.put_out(whom, &room, told, &news);
        }
        let change = format!("+b {}", mask_of(bans, name.as_deref(), address));
        let whom = name.unwrap_or("an address".into());
        let done = if bans { "banned" } else { "muted" };
        let told = format!("* the room {room}: {whom} was {done} {tail}\n");
        effects.extend(self.tell_room(&room, told, &News::Mode(author, change)));
        effects.extend(closes);
        Ok(effects)
    }

    fn target(
        &self,
        id: ClientId,
        room: &str,
        typed: &str,
        by_address: bool,
    ) -> Result<(Option<String>, Option<IpAddr>), String> {
        if let Some(address) = typed.parse::<IpAddr>().ok().filter(|_| by_address) {
            if self.rank(id, room) < Rank::Everything {
                let who = "look after the server to name an address; name a person";
                return Err(format!("* you would have to {who}\n"));
            }
            if address.is_loopback() {
                return self.anywhere(typed).map(|_| (None, None));
            }
            return Ok((None, Some(address)));
        }
        if let Some(fault) = nickname_fault(typed) {
            return Err(fault);
        }
        if let Some(present) = self.holder(typed) {
            self.check_outranks(id, present, room)?;
        }
        if !by_address {
            return Ok((Some(typed.to_owned()), None));
        }
        let why = "shares an address with everybody; /ban NAME bans the nickname";
        let address = self.clients[&self.anywhere(typed)?].address;
        let address = address.ok_or_else(|| format!("* the connection of {typed} {why}\n"))?;
        Ok((Some(typed.to_owned()), Some(address)))
    }

    pub(crate) fn lift(
        &mut self,
        id: ClientId,
        typed: &str,
        bans: bool,
    ) -> Result<Vec<Effect>, String> {
        let room = self.governed(id, Rank::Operator)?;
        let (number, wall) = (typed.parse::<u32>().ok(), self.wall);
        let meant = |known: &Sentence| {
            let named = known.name.as_ref().is_some_and(|name| alike(name, typed));
            known.bans == bans && (named || number == Some(known.number))
        };
        let known = self.room(&room).sentences.iter();
        let Some(found) = known.clone().find(|known| meant(known) && known.holds(wall)).cloned()
        else {
            let (what, name) = (if bans { "ban" } else { "mute" }, quoted(typed));
            return Err(format!("* there is no {what} on {name} here (/bans lists them)\n"));
        };
        let own = found.name.as_ref().is_some_and(|name| alike(name, &self.me(id).name));
        if own && self.rank(id, &room) < Rank::Everything {
            return Err("* that is you; it can be done to somebody else\n".into());
        }
        self.room_mut(&room).sentences.retain(|known| !meant(known));
        let change = format!("-b {}", mask_of(bans, found.name.as_deref(), found.address));
        let whom = found.name.unwrap_or("an address".into());
        let done = if bans { "allowed back" } else { "allowed to speak again" };
        let by = self.me(id).name;
        let told = format!("* the room {room}: {whom} was {done} by {by}\n");
        Ok(self.tell_room(&room, told, &News::Mode(self.whom(id), change)))
    }

    pub(crate) fn list_sentences(&self, id: ClientId) -> Vec<Effect> {
        let room = self.me(id).room;
        let mut told = String::new();
        for sentence in self.room(&room).sentences.iter().filter(|it| it.holds(self.wall)) {
            let Sentence { number, name, address, until, by, reason, .. } = sentence;
            let what = if sentence.bans { "ban" } else { "mute" };
            let whom = match (name, address) {
                (Some(name), None) => name.clone(),
                (Some(name), Some(_)) => format!("{name} and the address"),
                (None, _) => "an address".into(),
            };
            let left = until.map(|until| format!(" for {}", rounded(until - self.wall)));
            let (left, reason) = (left.unwrap_or_default(), because(reason));
            told += &format!("* the {what} {number} in {room}: {whom}{left}, by {by}{reason}\n");
        }
        if told.is_empty() {
            told = format!("* nobody is banned from {room} or muted there\n");
        }
        vec![Tell(id, told)]
    }

    /// Why somebody may not be in a room under this name, if that is so.
    pub(crate) fn ban_on(&self, id: ClientId, name: &str, room: &str) -> Option<String> {
        let address = self.clients[&id].address;
        let on = |known: &&Sentence| {
            let named = known.name.as_ref().is_some_and(|other| alike(other, name));
            let from_there = address.is_some() && known.address == address;
            known.bans && known.holds(self.wall) && (named || from_there)
        };
        let ban = self.room(room).sentences.iter().find(on)?;
        let is_free = self.has(id) && self.me(id).may_all;
        (!is_free).then(|| self.told(ban, "banned from", room))
    }

    /// Why somebody may not speak, if that is so.
    pub(crate) fn mute_on(&self, id: ClientId, room: &str) -> Option<String> {
        let Person { name, .. } = self.me(id);
        let on = |known: &&Sentence| {
            let named = known.name.as_ref().is_some_and(|other| alike(other, &name));
            !known.bans && known.holds(self.wall) && named
        };
        let mute = self.room(room).sentences.iter().find(on)?;
        (!self.me(id).may_all).then(|| self.told(mute, "muted in", room))
    }

    fn told(&self, sentence: &Sentence, how: &str, room: &str) -> String {
        let lasts = match sentence.until {
            Some(until) => format!("for {} more", rounded(until - self.wall)),
            None => "until an operator lifts it".into(),
        };
        format!("* you are {how} {room} {lasts}{}\n", because(&sentence.reason))
    }
}

impl Sentence {
    fn holds(&self, wall: u64) -> bool {
        self.until.is_none_or(|until| until > wall)
    }

    fn is_like(&self, other: &Self) -> bool {
        let key = |name: &Option<String>| name.as_ref().map(|name| crate::texts::key(name));
        self.bans == other.bans
            && self.address == other.address
            && key(&self.name) == key(&other.name)
    }
}

/// Whom a ban or a mute is on, as IRC writes it.
fn mask_of(bans: bool, name: Option<&str>, address: Option<IpAddr>) -> String {
    let cloak = address.map_or("*".to_owned(), |address| format!("{CLOAK}{address}{CLOAK}"));
    let mute = if bans { "" } else { "m:" };
    format!("{mute}{}!*@{cloak}", name.unwrap_or("*"))
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}
