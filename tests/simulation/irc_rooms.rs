//! What people who speak IRC ask for of rooms and of each other.

use mio_chat::id::ClientId;

use crate::irc::Deeds;
use crate::irc_words::{News, SERVER, channel, written};
use crate::memory::{How, Message};
use crate::order::Rank;
use crate::places::no_place;
use crate::rooms::{Effect, Ending, MAIN, Rooms};
use crate::texts::{alike, bare_room, clean, room_fault};

use Effect::{Close, Guessed, Lines, Tell};

/// What a message costs.
fn cost(text: &str) -> u64 {
    1 + (text.len() / mio_chat::limits::FLOOD_BYTES_PER_LINE) as u64
}

impl Rooms {
    pub(crate) fn hear_irc_member(&mut self, id: ClientId, verb: &str, words: &[&str]) -> Deeds {
        let all = |done: &mut dyn FnMut(&str) -> Deeds| {
            words[0].split(',').map(&mut *done).fold(Deeds::default(), Deeds::and)
        };
        let reason = words.get(1).copied().unwrap_or_default();
        match verb {
            "PONG" => Deeds { lines: 1, cost: 1, ..Deeds::default() },
            "NICK" => Deeds::command(3, self.irc_rename(id, words[0])),
            "USER" => Deeds::answer(self.numeric(id, 462, &[], "You may not reregister")),
            "JOIN" => {
                let keys = reason.split(',').chain(std::iter::repeat(""));
                let mut deeds = Deeds::default();
                for (typed, key) in words[0].split(',').zip(keys) {
                    deeds = deeds
                        .and(self.for_room(id, typed, 3, |rooms| rooms.irc_join(id, typed, key)));
                }
                deeds
            }
            "PART" => all(&mut |typed| {
                self.for_room(id, typed, 3, |rooms| rooms.irc_part(id, typed, reason))
            }),
            "TOPIC" => {
                let price = if words.len() > 1 { 3 } else { 1 };
                let text = words.get(1).copied();
                self.for_room(id, words[0], price, |rooms| rooms.irc_topic(id, words[0], text))
            }
            "NAMES" => {
                let names = self.found(words[0]).map(|room| self.names(id, &room));
                let end = self.numeric(id, 366, &[words[0]], "End of /NAMES list");
                Deeds::command(1, names.into_iter().collect()).and(Deeds::answer(end))
            }
            "PRIVMSG" | "NOTICE" => all(&mut |to| {
                let (is_notice, text) = (verb == "NOTICE", words[1]);
                let acted = text.strip_prefix("\x01ACTION ").and_then(|it| it.strip_suffix('\x01'));
                let (how, text) = match acted {
                    Some(text) => (How::Acted, text),
                    None => (if is_notice { How::Noticed } else { How::Said }, text),
                };
                let told = self.irc_send(id, to, how, text);
                // A notice is answered by no refusal.
                let refused = |why| if is_notice { Vec::new() } else { vec![why] };
                Deeds::command(cost(text), told.unwrap_or_else(refused))
            }),
            "MODE" => self.irc_mode(id, words),
            "INVITE" => {
                self.for_room(id, words[1], 3, |rooms| rooms.irc_invite(id, words[1], words[0]))
            }
            "CHATHISTORY" => Deeds::command(3, self.irc_history(id, words[1], words[3])),
            "QUIT" => {
                let words = words.first().copied().unwrap_or_default();
                let mut effects = self.quit(id, words);
                effects.push(Close(id, Ending::Quit));
                Deeds::command(1, effects)
            }
            _ => Deeds::answer(self.numeric(id, 421, &[verb], "Unknown command")),
        }
    }

    /// Something about a room, which is named as IRC does.
    pub(crate) fn for_room(
        &mut self,
        id: ClientId,
        typed: &str,
        cost: u64,
        done: impl FnOnce(&mut Self) -> Vec<Effect>,
    ) -> Deeds {
        if typed.starts_with('#') {
            return Deeds::command(cost, done(self));
        }
        Deeds::answer(self.numeric(id, 403, &[typed], "No such channel"))
    }

    /// The room that is called so, empty or not.
    fn found(&self, typed: &str) -> Option<String> {
        let name = bare_room(typed);
        self.rooms.iter().find(|room| alike(&room.name, name)).map(|room| room.name.clone())
    }

    /// A room that somebody is in who asks for something there.
    pub(crate) fn own_room(&self, id: ClientId, typed: &str) -> Result<String, Effect> {
        if room_fault(bare_room(typed)).is_some() {
            return Err(self.bad_room(id, 403, typed));
        }
        let open = |room: &String| room == MAIN || !self.members(room).is_empty();
        let Some(room) = self.found(typed).filter(open) else {
            return Err(self.numeric(id, 403, &[typed], "No such channel"));
        };
        if self.me(id).is_in(&room) {
            return Ok(room);
        }
        let name = channel(bare_room(typed));
        Err(self.numeric(id, 442, &[&name], "You're not on that channel"))
    }

    fn bad_room(&self, id: ClientId, code: u16, typed: &str) -> Effect {
        let is_long = room_fault(bare_room(typed)).is_some_and(|fault| fault.contains("too long"));
        let text = if is_long {
            "That name of a channel is too long"
        } else {
            "That is no name of a channel here"
        };
        self.numeric(id, code, &[typed], text)
    }

    // ---- Coming and going ----

    fn quit(&mut self, id: ClientId, reason: &str) -> Vec<Effect> {
        let news = News::Quit(self.whom(id), reason.to_owned());
        let client = self.clients.remove(&id).expect("it is here");
        let told = self.take_out(id, &news);
        self.clients.insert(id, client);
        told
    }

    fn irc_join(&mut self, id: ClientId, typed: &str, key: &str) -> Vec<Effect> {
        let name = bare_room(typed);
        if room_fault(name).is_some() {
            return vec![self.bad_room(id, 476, typed)];
        }
        let Some(room) = self.found(typed) else {
            if !self.has_place(self.clients[&id].address) {
                return vec![no_place(id)];
            }
            return self.irc_found(id, name);
        };
        if self.settings.kept && self.is_empty(&room) && !self.has_place(None) {
            return vec![no_place(id)];
        }
        if self.me(id).is_in(&room) {
            return Vec::new();
        }
        let is_let_in = self.is_let_in(id, &room);
        if !is_let_in && self.ban_on(id, &self.me(id).name, &room).is_some() {
            self.note(1, "kept out of a room on IRC");
            return vec![self.numeric(id, 474, &[&channel(&room)], "Cannot join channel (+b)")];
        }
        if let Some((code, text, _)) = self.shut(id, &room) {
            self.note(1, "shut out by a rule");
            return vec![self.numeric(id, code, &[&channel(&room)], text)];
        }
        let key = if self.room(&room).password.is_some() { key } else { "" };
        if let Some(refusal) = self.wrong_password(id, &room, key) {
            let told = self.numeric(id, 475, &[&channel(&room)], "Cannot join channel (+k)");
            let guessed = refusal.contains("is not the password").then_some(Guessed(id));
            return [told].into_iter().chain(guessed).collect();
        }
        if self.is_forsaken(&room) {
            self.rooms.retain(|other| other.name != room);
            return self.irc_found(id, name);
        }
        self.irc_enter(id, &room)
    }

    /// A room is made, which belongs to who has made it as long as somebody is there.
    fn irc_found(&mut self, id: ClientId, name: &str) -> Vec<Effect> {
        self.found_room(id, name);
        self.room_mut(name).owner = Some(id);
        self.note(1, "room made by IRC");
        self.irc_enter(id, name)
    }

    fn irc_enter(&mut self, id: ClientId, room: &str) -> Vec<Effect> {
        let me = self.me_mut(id);
        me.irc.as_mut().expect("it speaks IRC").rooms.push(room.to_owned());
        let news = News::Joined(self.whom(id));
        let joined = format!("{} joined!\n", self.me(id).name);
        let mut effects = self.tell_presence(&self.members(room), joined, room, &news);
        self.use_up_invitation(id, room);
        if self.room(room).topic.is_some() {
            effects.extend(self.topic_told(id, room));
        }
        effects.push(self.names(id, room));
        effects.push(self.numeric(id, 366, &[&channel(room)], "End of /NAMES list"));
        let several = self.me(id).irc.is_some_and(|about| about.rooms.len() > 1);
        self.note(u64::from(several), "in several rooms");
        effects
    }

    /// Who is in a room, in the order of the alphabet.
    pub(crate) fn names(&self, id: ClientId, room: &str) -> Effect {
        let open = self.room(room);
        let name = |member: ClientId| {
            let rank = match member {
                _ if open.owner == Some(member) || open.operators.contains(&member) => "@",
                _ if open.voiced.contains(&member) => "+",
                _ => "",
            };
            format!("{rank}{}", self.me(member).name)
        };
        let mut names: Vec<String> = self.members(room).into_iter().map(name).collect();
        if names.is_empty() {
            return Lines(id, String::new());
        }
        names.sort_unstable();
        self.numeric(id, 353, &["=", &channel(room)], &names.join(" "))
    }

    fn irc_part(&mut self, id: ClientId, typed: &str, reason: &str) -> Vec<Effect> {
        let room = match self.own_room(id, typed) {
            Ok(room) => room,
            Err(refusal) => return vec![refusal],
        };
        let news = News::Parted(self.whom(id), reason.to_owned());
        let taken = self.reads_irc(id).expect("it speaks IRC");
        let own = Lines(id, written(taken, &channel(&room), &news));
        let mut effects = vec![own];
        effects.extend(self.leave_room(id, &room, &news));
        effects
    }

    /// Somebody who speaks IRC is in one room less.
    pub(crate) fn leave_room(&mut self, id: ClientId, room: &str, news: &News) -> Vec<Effect> {
        let about = self.me_mut(id).irc.as_mut().expect("it speaks IRC");
        about.rooms.retain(|other| other != room);
        let name = self.me(id).name;
        self.leave_rooms(id, (&name, &[room.to_owned()]), news)
    }

    fn irc_rename(&mut self, id: ClientId, typed: &str) -> Vec<Effect> {
        if let Some(refusal) = self.name_refused(id, typed, typed) {
            return vec![refusal];
        }
        let me = self.me(id);
        if me.name == typed {
            return Vec::new();
        }
        let rooms = me.irc.expect("it speaks IRC").rooms;
        for room in &rooms {
            if self.mute_on(id, room).is_some() {
                self.note(1, "no other name for the muted");
                let why = "so you keep your nickname there; /leave it first, or wait";
                return vec![Tell(id, format!("* you are muted in {room}, {why}\n"))];
            }
            if self.ban_on(id, typed, room).is_some() {
                return vec![self.numeric(id, 465, &[], "You are banned from this server")];
            }
        }
        if self.ban_on(id, typed, MAIN).is_some() {
            return vec![self.numeric(id, 465, &[], "You are banned from this server")];
        }
        let news = News::Renamed(self.whom(id), typed.to_owned());
        let taken = self.reads_irc(id).expect("it speaks IRC");
        let mut effects = vec![Lines(id, written(taken, "", &news))];
        self.take_name(id, typed);
        let (text, mut told) = (format!("* the nickname {} is now {typed}\n", me.name), vec![id]);
        for room in &rooms {
            let mut members = self.members(room);
            members.retain(|member| !told.contains(member));
            let (irc, plain) = self.by_language(&members);
            effects.push(Effect::Publish(plain, text.clone()));
            effects.extend(self.tell_irc(&irc, room, &news));
            told.extend(members);
        }
        self.called.insert(id, typed.to_owned());
        self.note(1, "renamed on IRC");
        effects
    }

    // ---- Topics ----

    fn irc_topic(&mut self, id: ClientId, typed: &str, text: Option<&str>) -> Vec<Effect> {
        let room = match self.own_room(id, typed) {
            Ok(room) => room,
            Err(refusal) => return vec![refusal],
        };
        let Some(text) = text else {
            return match self.room(&room).topic {
                Some(_) => self.topic_told(id, &room),
                None => vec![self.numeric(id, 331, &[&channel(&room)], "No topic is set")],
            };
        };
        let is_locked = room == MAIN || self.room(&room).has('t');
        if is_locked && self.rank_needed(id, &room) < Rank::Operator {
            let name = channel(&room);
            return vec![self.numeric(id, 482, &[&name], "You're not channel operator")];
        }
        let (text, by) = (clean(text.trim()), self.me(id).name);
        let told = if text.is_empty() {
            format!("* there is no topic any more, by {by}\n")
        } else {
            format!("* the topic is now: {text} (by {by})\n")
        };
        self.note(1, "topic by IRC");
        self.change_topic(id, &room, (text, told))
    }

    /// What somebody may do, where main is nobody's.
    pub(crate) fn rank_needed(&self, id: ClientId, room: &str) -> Rank {
        match self.rank(id, room) {
            Rank::Everything => Rank::Everything,
            _ if room == MAIN => Rank::Member,
            rank => rank,
        }
    }

    pub(crate) fn topic_told(&self, id: ClientId, room: &str) -> Vec<Effect> {
        let (name, called) = (channel(room), &self.called[&id]);
        let open = self.room(room);
        let (text, by) = open.topic.clone().expect("it has one");
        let at = open.topic_at / 1_000;
        let when = Lines(id, format!(":{SERVER} 333 {called} {name} {by} {at}\r\n"));
        vec![self.numeric(id, 332, &[&name], &text), when]
    }

    // ---- Saying something ----

    /// Says something to a room or a person; or why that was not passed on.
    fn irc_send(
        &mut self,
        id: ClientId,
        to: &str,
        how: How,
        text: &str,
    ) -> Result<Vec<Effect>, Effect> {
        if to.starts_with('#') {
            return self.irc_say(id, to, how, text);
        }
        let Some(receiver) = self.holder(to) else {
            return Err(self.numeric(id, 401, &[to], "No such nick/channel"));
        };
        let text = clean(text);
        let (me, other) = (self.me(id).name, self.me(receiver));
        if other.ignored.iter().any(|ignored| alike(ignored, &me)) {
            let name = other.name;
            return Err(Tell(id, format!("* that was not passed on: you are ignored by {name}\n")));
        }
        let message = Message { number: 0, at: self.wall, how, who: me, text };
        let mut effects = vec![self.privately(id, receiver, &other.name, &message)];
        let taken = self.reads_irc(id).filter(|taken| taken.echo);
        let news = News::Said(self.whom(id), message);
        effects.extend(taken.map(|taken| Lines(id, written(taken, &other.name, &news))));
        self.note(1, "private on IRC");
        Ok(effects)
    }

    fn irc_say(
        &mut self,
        id: ClientId,
        to: &str,
        how: How,
        text: &str,
    ) -> Result<Vec<Effect>, Effect> {
        let room = match self.own_room(id, to) {
            Err(Lines(_, refusal)) if refusal.contains(" 442 ") => {
                // Somebody who is not in the room, where that matters.
                let room = self.found(to).expect("there is one");
                if self.room(&room).has('n') {
                    let name = channel(bare_room(to));
                    return Err(self.numeric(id, 404, &[&name], "Cannot send to channel"));
                }
                self.note(1, "said from outside");
                room
            }
            room => room?,
        };
        if self.silenced(id, &room).is_some() {
            let name = channel(&room);
            return Err(self.numeric(id, 404, &[&name], "Cannot send to channel (+m)"));
        }
        self.note(1, "said on IRC");
        Ok(self.say(id, &room, text, how))
    }

    /// The last messages of a room.
    fn irc_history(&mut self, id: ClientId, typed: &str, most: &str) -> Vec<Effect> {
        let refused = |rooms: &Self| {
            let about = ["INVALID_TARGET", "LATEST", typed].join(" ");
            let text = "Messages could not be retrieved";
            let _ = rooms;
            vec![Lines(id, format!(":{SERVER} FAIL CHATHISTORY {about} :{text}\r\n"))]
        };
        let Ok(room) = self.own_room(id, typed) else { return refused(self) };
        if self.settings.history == 0 {
            return refused(self);
        }
        let client = self.clients.get_mut(&id).expect("it is here");
        let speaker = client.irc.as_mut().expect("it speaks IRC");
        let (taken, mut batch) = (speaker.taken, None);
        if taken.batch {
            speaker.batches += 1;
            batch = Some(speaker.batches);
        }
        let messages = &self.room(&room).messages;
        let most: usize = most.parse().unwrap();
        let name = channel(&room);
        let mut lines = String::new();
        for message in &messages[messages.len().saturating_sub(most)..] {
            let who = self.former(&message.who);
            let told = written(taken, &name, &News::Said(who, message.clone()));
            for line in told.split_inclusive('\n') {
                lines += &match (batch, line.strip_prefix('@')) {
                    (None, _) => line.to_owned(),
                    (Some(batch), Some(tagged)) => format!("@batch={batch};{tagged}"),
                    (Some(batch), None) => format!("@batch={batch} {line}"),
                };
            }
        }
        if let Some(batch) = batch {
            lines = format!(
                ":{SERVER} BATCH +{batch} chathistory {name}\r\n{lines}:{SERVER} BATCH -{batch}\r\n"
            );
        }
        self.note(1, "history on IRC");
        vec![Lines(id, lines)]
    }
}
