//! What the server says, and what of it is shown where.

use super::heard::{Heard, Past, Stamp, decode};
use super::link::Phase;
use super::pane::{Entry, Kind, Pane};
use super::{Console, Deed, deeds};
use crate::limits::{INVITATIONS_MAX, REPLAYED_MESSAGES};

impl Console {
    /// Takes a line.
    pub(super) fn hear(&mut self, line: &[u8]) -> Vec<Deed> {
        let line = decode(line, std::mem::take(&mut self.is_first_line));
        let heard = Heard::parse(&line);
        let epoch = self.link.epoch().to_owned();
        let is_elsewhere = matches!(
            heard,
            Heard::Said { .. } | Heard::Acted { .. } | Heard::Joined(_) | Heard::Left(_)
        );
        let is_silent = self.link.is_about_room(&heard) || (self.link.is_between() && is_elsewhere);
        let asked = self.link.hear(self.now.time, &heard);
        if !epoch.is_empty() && epoch != self.link.epoch() {
            // Another server, or one that has lost its memory: it counts from the beginning.
            self.rooms.iter_mut().for_each(Pane::forget_numbers);
        }
        let is_shown = !is_silent && self.roster.hear(self.link.room(), &heard);
        let mut deeds = deeds(asked);
        if is_shown {
            deeds.extend(self.show(&heard));
        }
        if let Some((room, others)) = self.link.take_entered() {
            self.enter(&room, others);
        }
        deeds
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

    fn show(&mut self, heard: &Heard<'_>) -> Vec<Deed> {
        match *heard {
            Heard::Said { stamp, who, text } => self.message(Kind::Said, stamp, who, text),
            Heard::Acted { stamp, who, text } => {
                self.message(Kind::Acted, Some(stamp), who, text);
            }
            Heard::Whispered { from, text } => self.message(Kind::Whispered, None, from, text),
            Heard::WhisperSent { to, text } => self.message(Kind::WhisperSent, None, to, text),
            Heard::Joined(who) if who != self.link.nickname() => self.presence(who, "joined"),
            Heard::Left(who) => self.presence(who, "left"),
            // What was told while there was no connection is out of date.
            Heard::Welcome => self.hint.clear(),
            Heard::Joined(_) | Heard::Numbers(_) | Heard::Granted => {}
            Heard::Renamed { old, new } => self.presence(old, &format!("is now {new}")),
            Heard::Topic { room, text } => self.topic(room, text),
            Heard::PastBegins(past) => self.begin_past(past),
            Heard::PastEnds(_) => self.end_past(),
            Heard::NoPast if self.silent_pasts > 0 => self.silent_pasts -= 1,
            Heard::NoPast => self.notice("the history is off here: nothing is remembered"),
            Heard::Token { queue, token, port } => return self.play(queue, token, port),
            Heard::Invited { from, queue } => self.invited(from, queue),
            Heard::Owns { room, key } => self.notice(&format!(
                "you own {room} now (/help rooms); to own it again another day, keep this: \
                 /join {room} {key}"
            )),
            Heard::Digest { here } => {
                self.presence("", &format!("people come and go: {here} here"));
            }
            Heard::Who { room, count, names, .. } => {
                let are = if count == 1 { "is" } else { "are" };
                self.notice(&format!("there {are} {count} in {room}: {names}"));
            }
            Heard::Rooms { rooms, .. } => self.notice(&format!("rooms: {rooms}")),
            Heard::And(more) => self.notice(&format!("and {more}")),
            // It is told when the connection ends, which is next.
            Heard::Farewell(_) => {}
            Heard::PutOut { text, .. } => {
                self.put_out = Some(text.to_owned());
                self.notice(text);
            }
            Heard::HereAlready(text)
            | Heard::NoEntry(text)
            | Heard::BadName(text)
            | Heard::Notice(text) => self.noticed(text),
            Heard::Other("") | Heard::Entered { .. } => {}
            Heard::Other(text) => self.notice(text),
        }
        Vec::new()
    }

    fn message(&mut self, kind: Kind, stamp: Option<Stamp>, who: &str, text: &str) {
        let stamp = stamp.unwrap_or(Stamp { number: 0, at: self.now.wall });
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
            Phase::Naming => {
                let entry = Entry::told(Kind::Alarm, self.now.wall, text);
                self.add(entry);
            }
            Phase::Registering => self.hint = text.to_owned(),
            _ => self.notice(text),
        }
    }

    fn topic(&mut self, room: Option<&str>, text: Option<&str>) {
        let is_here = room.is_none_or(|room| room == self.room().title);
        if is_here {
            text.unwrap_or_default().clone_into(&mut self.room_mut().topic);
        }
        match text {
            Some(text) => self.notice(&format!("the topic: {text}")),
            None => self.notice("there is no topic"),
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

    fn begin_past(&mut self, past: Past) {
        let messages = |count| if count == 1 { "message" } else { "messages" };
        let (text, count) = match past {
            Past::Last(REPLAYED_MESSAGES) if self.silent_pasts > 0 => {
                let text = format!("last {REPLAYED_MESSAGES} messages; /history shows more");
                (text, REPLAYED_MESSAGES)
            }
            Past::Last(count) => (format!("last {count} {}", messages(count)), count),
            Past::Missed(count) => (format!("{count} {} since you left", messages(count)), count),
            Past::Gap(count) => {
                // Even if nothing is left of it.
                let text = "some of what was said meanwhile is lost";
                self.add(Entry::told(Kind::Divider, 0, text));
                (format!("the last {count} {}", messages(count)), count)
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
