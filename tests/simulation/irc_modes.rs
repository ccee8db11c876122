//! Rules of rooms, which people who speak IRC change and which bind everybody.

use mio_chat::id::ClientId;

use crate::irc::Deeds;
use crate::irc_words::{News, SERVER, channel};
use crate::order::Rank;
use crate::rooms::{Effect, MAIN, Rooms};
use crate::texts::{alike, quoted};

use Effect::{Aside, Lines, Tell};

/// How long an invitation is good for, in milliseconds.
const INVITED_FOR: u64 = 86_400_000;

impl Rooms {
    /// MODE of a room, with one change.
    pub(crate) fn irc_mode(&mut self, id: ClientId, words: &[&str]) -> Deeds {
        let (sign, letter) = words[1].split_at(1);
        let (on, parameter) = (sign == "+", words.get(2).copied().unwrap_or_default());
        self.for_room(id, words[0], 3, |rooms| {
            let room = match rooms.own_room(id, words[0]) {
                Ok(room) => room,
                Err(refusal) => return vec![refusal],
            };
            match letter {
                "v" => rooms.irc_voice(id, &room, parameter, on),
                _ if rooms.rank_needed(id, &room) < Rank::Operator => {
                    let text = "You're not channel operator";
                    vec![rooms.numeric(id, 482, &[&channel(&room)], text)]
                }
                "l" => rooms.irc_limit(id, &room, on.then(|| parameter.parse().unwrap())),
                _ => rooms.irc_rule(id, &room, letter.chars().next().unwrap(), on),
            }
        })
    }

    fn irc_rule(&mut self, id: ClientId, name: &str, rule: char, on: bool) -> Vec<Effect> {
        if self.room(name).has(rule) == on {
            return Vec::new();
        }
        let room = self.room_mut(name);
        let (add, take) =
            if on { (&mut room.set, &mut room.unset) } else { (&mut room.unset, &mut room.set) };
        add.push(rule);
        take.retain(|other| *other != rule);
        let says = match rule {
            'i' => "only who is invited may come in",
            'm' => "only who has a voice may speak",
            'n' => "only who is in the room may speak",
            _ => "only operators may set the topic",
        };
        let (how, sign) = if on { ("from now on", '+') } else { ("no longer", '-') };
        let by = self.whom(id);
        let text = format!("* {how}, by {}: {says} ({rule})\n", by.name);
        self.note(1, "rule by IRC");
        self.tell_room(name, text, &News::Mode(by, format!("{sign}{rule}")))
    }

    fn irc_limit(&mut self, id: ClientId, name: &str, limit: Option<usize>) -> Vec<Effect> {
        if self.room(name).limit == limit {
            return Vec::new();
        }
        self.room_mut(name).limit = limit;
        let by = self.whom(id);
        let (text, change) = match limit {
            Some(limit) => (
                format!("* at most {limit} may be here now, by {}\n", by.name),
                format!("+l {limit}"),
            ),
            None => (format!("* any number may be here again, by {}\n", by.name), "-l".into()),
        };
        self.tell_room(name, text, &News::Mode(by, change))
    }

    fn irc_voice(&mut self, id: ClientId, room: &str, typed: &str, may: bool) -> Vec<Effect> {
        let Some(found) = self.holder(typed) else {
            return vec![self.numeric(id, 401, &[&quoted(typed)], "No such nick/channel")];
        };
        let is_own = !may && found == id;
        if !is_own && self.rank_needed(id, room) < Rank::Operator {
            return vec![self.numeric(id, 482, &[&channel(room)], "You're not channel operator")];
        }
        if !self.me(found).is_in(room) {
            let text = "They aren't on that channel";
            return vec![self.numeric(id, 441, &[&quoted(typed), &channel(room)], text)];
        }
        if self.room(room).voiced.contains(&found) == may {
            return Vec::new();
        }
        let voiced = &mut self.room_mut(room).voiced;
        if may {
            voiced.push(found);
        } else {
            voiced.retain(|other| *other != found);
        }
        let (by, name) = (self.whom(id), self.me(found).name);
        let (has, sign) =
            if may { ("has a voice now", '+') } else { ("has no voice any more", '-') };
        let text = format!("* {name} {has}, by {}\n", by.name);
        self.note(1, "voice by IRC");
        self.tell_room(room, text, &News::Mode(by, format!("{sign}v {name}")))
    }

    /// INVITE.
    pub(crate) fn irc_invite(&mut self, id: ClientId, typed: &str, whom: &str) -> Vec<Effect> {
        let room = match self.own_room(id, typed) {
            Ok(room) => room,
            Err(refusal) => return vec![refusal],
        };
        let Some(found) = self.holder(whom) else {
            return vec![self.numeric(id, 401, &[&quoted(whom)], "No such nick/channel")];
        };
        let (name, target) = (self.me(found).name, channel(&room));
        if self.me(found).is_in(&room) {
            return vec![self.numeric(id, 443, &[&name, &target], "is already on channel")];
        }
        if self.room(&room).has('i') && self.rank_needed(id, &room) < Rank::Operator {
            return vec![self.numeric(id, 482, &[&target], "You're not channel operator")];
        }
        let me = self.whom(id);
        if self.me(found).ignored.iter().any(|ignored| alike(ignored, &me.name)) {
            return vec![Tell(
                id,
                format!("* that was not passed on: you are ignored by {name}\n"),
            )];
        }
        if self.keeps_order(id, &room) {
            let until = self.wall + INVITED_FOR;
            self.use_up_invitation(found, &room);
            self.invited.push((found, room.clone(), until));
        }
        let sent = Lines(id, format!(":{SERVER} 341 {} {name} {target}\r\n", self.called[&id]));
        let told = match self.reads_irc(found) {
            Some(_) => Aside(found, format!(":{} INVITE {name} {target}\r\n", me.source)),
            None => {
                let by = &me.name;
                Tell(found, format!("* you are invited to the room {room} by {by}: /join {room}\n"))
            }
        };
        let mut others = self.members(&room);
        others.retain(|other| *other != id);
        let news = News::Invited(me, name);
        self.note(1, "invited by IRC");
        [sent, told].into_iter().chain(self.tell_irc(&others, &room, &news)).collect()
    }

    /// Whether who keeps order in a room has invited somebody into it.
    pub(crate) fn is_let_in(&self, id: ClientId, room: &str) -> bool {
        let holds = |(other, name, until): &(ClientId, String, u64)| {
            *other == id && alike(name, room) && *until > self.wall
        };
        room != MAIN && self.invited.iter().any(holds)
    }

    /// Somebody comes in.
    pub(crate) fn use_up_invitation(&mut self, id: ClientId, room: &str) {
        self.invited.retain(|(other, name, _)| *other != id || !alike(name, room));
    }

    /// Why the rules of a room keep somebody out: as IRC says it and in plain words.
    pub(crate) fn shut(&self, id: ClientId, name: &str) -> Option<(u16, &'static str, String)> {
        let room = self.room(name);
        if self.me(id).may_all || self.is_let_in(id, name) {
            return None;
        }
        if room.has('i') {
            let how = "is entered by invitation only; ask somebody who looks after it";
            return Some((473, "Cannot join channel (+i)", format!("* the room {name} {how}\n")));
        }
        let is_full = room.limit.is_some_and(|limit| self.members(name).len() >= limit);
        is_full.then(|| {
            let how = "is full; try again later, or ask for an invitation";
            (471, "Cannot join channel (+l)", format!("* the room {name} {how}\n"))
        })
    }
}
