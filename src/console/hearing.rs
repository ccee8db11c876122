//! What the server says, and what of it is shown where.

use super::link::LinkPhase;
use super::pane::{Entry, Kind, Pane, Stamp};
use super::reading::Heard;
use super::{Console, Effect, effects, wording};
use crate::dialect::json::{
    Action, Away, Message, Moderated, Object, Private, Redacted, RoomRenamed,
};
use crate::limits::{INVITATIONS_MAX, REPLAYED_MESSAGES};

impl Console {
    /// Takes a line.
    pub(super) fn hear(&mut self, line: &[u8]) -> Vec<Effect> {
        match self.reading.read(line) {
            Heard::Object(object) => self.hear_object(&object),
            Heard::AtTheDoor(why) => {
                self.link.refused_at_the_door(&why);
                Vec::new()
            }
            Heard::Foreign(why) => {
                self.tell(Kind::Alarm, why);
                effects(self.link.give_up(why))
            }
        }
    }

    fn hear_object(&mut self, object: &Object<'_>) -> Vec<Effect> {
        let epoch = self.link.epoch().to_owned();
        let is_elsewhere =
            matches!(object, Object::Message(_) | Object::Joined { .. } | Object::Left { .. });
        let is_silent = self.link.is_about_room(object) || (self.link.is_between() && is_elsewhere);
        let asked = self.link.hear(self.now.time, object);
        if !epoch.is_empty() && epoch != self.link.epoch() {
            // Another server, or one that has lost its memory: it counts from the beginning.
            self.rooms.iter_mut().for_each(Pane::forget_numbers);
        }
        let is_shown = !is_silent && self.roster.hear(self.link.room(), object);
        let mut effects = effects(asked);
        if is_shown {
            effects.extend(self.show(object));
        }
        if let Some((room, others)) = self.link.take_entered() {
            self.enter(&room, others);
        }
        effects
    }

    fn enter(&mut self, room: &str, others: usize) {
        self.show_room(room);
        // It is told next, if there still is one.
        self.room_mut().topic.clear();
        self.roster.enter(self.link.nickname(), others);
        self.silent_pasts += 1;
        let with = match others {
            0 => "you are alone here; whoever joins will see what you write".to_owned(),
            1 => "you are here with 1 other".to_owned(),
            others => format!("you are here with {others} others"),
        };
        if let Some(why) = self.put_out.take() {
            self.add(Entry::told(Kind::Alarm, self.now.wall, why));
        }
        let entry = Entry::told(Kind::Own, self.now.wall, format!("{room}: {with}"));
        self.add(entry);
    }

    fn show(&mut self, object: &Object<'_>) -> Vec<Effect> {
        match object {
            Object::Message(message) => self.show_message(message),
            Object::Private(message) => self.show_private(message),
            Object::Joined { nick, .. } if nick != self.link.nickname() => {
                self.presence(nick, "joined");
            }
            Object::Left { nick, .. } => self.presence(nick, "left"),
            Object::Renamed { nick, new, .. } => self.presence(nick, &format!("is now {new}")),
            Object::Away(Away { room: Some(_), nick: Some(nick), on, .. }) => {
                self.presence(nick, if *on { "is away" } else { "is back" });
            }
            Object::Presence { total, .. } => {
                self.presence("", &format!("people come and go: {total} here"));
            }
            // What was told while there was no connection is out of date.
            Object::Welcome(_) => self.hint.clear(),
            Object::Topic { room, text, .. } => self.topic(room, text),
            Object::Redacted(Redacted { n, text, .. }) => {
                self.room_mut().take_back(*n);
                self.notice(text);
            }
            Object::RoomRenamed(RoomRenamed { room, new, text, .. }) => {
                self.rename_room(room, new);
                self.notice(text);
            }
            Object::History { gap, count, after, .. } => self.begin_past(*gap, *count, *after),
            Object::End { .. } => self.end_past(),
            Object::Token { queue, token, udp, .. } => {
                if let Ok(token) = u64::from_str_radix(token, 16) {
                    return self.play(queue, token, *udp);
                }
            }
            Object::Invited { from: Some(from), queue, .. } => self.invited(from, queue),
            Object::Owner { room, key } => self.notice(&format!(
                "you own {room} now (/help rooms); to own it again another day, keep this: \
                 /join {room} {key}"
            )),
            Object::Rooms { rooms, more } => {
                self.notice(&format!("rooms: {}", wording::listed_rooms(rooms, *more)));
            }
            Object::Moderated(Moderated {
                you: true,
                action: Action::Kicked | Action::Banned,
                text,
                ..
            }) => {
                self.put_out = Some(text.to_string());
                self.notice(text);
            }
            Object::Error(error) if error.code == "history-off" => match self.silent_pasts {
                0 => self.notice("the history is off here: nothing is remembered"),
                _ => self.silent_pasts -= 1,
            },
            // These are answers to this program, or followed by what tells more.
            Object::Format(_) | Object::Setting { .. } | Object::Room { .. } | Object::Bye(_) => {}
            other => wording::lines(other).iter().for_each(|line| self.noticed(line)),
        }
        Vec::new()
    }

    fn show_message(&mut self, message: &Message<'_>) {
        let stamp = Stamp { number: message.n, at: message.at };
        let kind = if message.me { Kind::Acted } else { Kind::Said };
        self.message(kind, stamp, &message.nick, &message.text);
    }

    /// What was said before is told where it was asked for, and calls nobody.
    fn show_private(&mut self, message: &Private<'_>) {
        let Private { from, to, text, at, old, .. } = message;
        let (kind, who) = match (from, to) {
            (Some(from), _) => (Kind::Whispered, from.as_ref()),
            (None, to) => (Kind::WhisperSent, to.as_deref().unwrap_or_default()),
        };
        if *old {
            let mut entry = Entry::said(kind, Stamp { number: 0, at: *at }, who, text);
            entry.is_own = from.is_none();
            return self.add(entry);
        }
        self.message(kind, self.present(), who, text);
    }

    /// When something is said that has no number.
    fn present(&self) -> Stamp {
        Stamp { number: 0, at: self.now.wall }
    }

    fn message(&mut self, kind: Kind, stamp: Stamp, who: &str, text: &str) {
        let mut entry = Entry::said(kind, stamp, who, text);
        let nickname = self.link.nickname();
        entry.is_own = kind == Kind::WhisperSent || who == nickname;
        entry.mentions = !entry.is_own && (kind == Kind::Whispered || speaks_of(text, nickname));
        if stamp.number > self.room().last_number
            && let Some(past) = self.past.take()
        {
            self.add(Entry::told(Kind::Divider, 0, past));
        }
        self.add(entry);
    }

    fn presence(&mut self, who: &str, what: &str) {
        let mut entry = Entry::told(Kind::Presence, self.now.wall, what);
        who.clone_into(&mut entry.who);
        self.add(entry);
    }

    fn notice(&mut self, text: &str) {
        let entry = Entry::told(Kind::Notice, self.now.wall, text);
        self.add(entry);
    }

    /// What the server says while there is no nickname is about that.
    fn noticed(&mut self, text: &str) {
        match self.link.phase() {
            LinkPhase::Naming => {
                let entry = Entry::told(Kind::Alarm, self.now.wall, text);
                self.add(entry);
            }
            LinkPhase::Registering => self.hint = text.to_owned(),
            _ => self.notice(text),
        }
    }

    fn topic(&mut self, room: &str, text: &str) {
        if room == self.room().title {
            text.clone_into(&mut self.room_mut().topic);
        }
        match text {
            "" => self.notice("there is no topic"),
            text => self.notice(&format!("the topic: {text}")),
        }
    }

    /// The conversation in a room goes on under another name. What was said in another room that
    /// was called so is out of the way.
    fn rename_room(&mut self, old: &str, new: &str) {
        self.rooms.retain(|pane| pane.title != new || pane.title == old);
        if let Some(pane) = self.rooms.iter_mut().find(|pane| pane.title == old) {
            new.clone_into(&mut pane.title);
        }
    }

    fn invited(&mut self, from: &str, queue: &str) {
        if self.invitations.len() >= INVITATIONS_MAX {
            self.invitations.remove(0);
        }
        self.invitations.push(queue.to_owned());
        let text = format!("let us talk directly: /match {queue} (Tab completes it)");
        let mut entry = Entry::told(Kind::Whispered, self.now.wall, text);
        (entry.who, entry.mentions) = (from.to_owned(), true);
        self.add(entry);
    }

    fn begin_past(&mut self, gap: bool, count: usize, after: Option<u64>) {
        let messages = if count == 1 { "message" } else { "messages" };
        let text = match after {
            None if count == REPLAYED_MESSAGES && self.silent_pasts > 0 => {
                format!("last {count} messages; /history shows more")
            }
            None => format!("last {count} {messages}"),
            Some(_) if !gap => format!("{count} {messages} since you left"),
            Some(_) => {
                // Even if nothing is left of it.
                let text = "some of what was said meanwhile is lost";
                self.add(Entry::told(Kind::Divider, 0, text));
                format!("the last {count} {messages}")
            }
        };
        self.past = (count > 0).then_some(text);
    }

    fn end_past(&mut self) {
        let had_none = self.past.take().is_some();
        match self.silent_pasts.checked_sub(1) {
            Some(left) => self.silent_pasts = left,
            None if had_none => self.notice("all that the server remembers is above"),
            None => {}
        }
    }
}

/// Whether somebody is named in a text, as a word of its own.
fn speaks_of(text: &str, nickname: &str) -> bool {
    if nickname.is_empty() {
        return false;
    }
    let (text, nickname) = (text.to_lowercase(), nickname.to_lowercase());
    let is_edge = |character: Option<char>| {
        character.is_none_or(|character| !character.is_alphanumeric() && character != '_')
    };
    text.match_indices(&nickname).any(|(at, found)| {
        let (before, after) = (&text[..at], &text[at + found.len()..]);
        is_edge(before.chars().next_back()) && is_edge(after.chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::speaks_of;

    #[test]
    fn a_name_is_meant_where_it_is_a_word() {
        for text in ["al", "Al: hi", "hi al", "hi, @al!", "is it al?"] {
            assert!(speaks_of(text, "al"), "{text}");
        }
        for text in ["", "also", "pal", "al_2", "normal alarm"] {
            assert!(!speaks_of(text, "al"), "{text}");
        }
        assert!(!speaks_of("anything", ""));
    }
}
