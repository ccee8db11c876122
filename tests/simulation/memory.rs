//! What a room remembers, and how it is told again; and whether all of it is on the shelf.

use mio_chat::chat::{MessageKind, SanctionKind, StoredLobby, StoredRoom};
use mio_chat::id::ClientId;
use mio_chat::limits;

use crate::expected::Language;
use crate::rooms::{Effect, MAIN, Room, Rooms};
use crate::sentences::Sentence;
use crate::texts::dated;
use crate::words::{place, split};

/// Messages read to newcomers, and how much text.
const AT_THE_DOOR: usize = 20;
const BYTES_AT_THE_DOOR: usize = 4_096;
/// What a room remembers at most, with so much for each message besides its text.
const BYTES_MAX: usize = 65_536;
const BYTES_EACH: usize = 96;
/// Stands for a digit that the server draws.
pub(crate) const EPOCH: &str = "\0\0\0\0\0\0\0\0";

/// How something was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Said,
    Acted,
    /// By a program that awaits no answer.
    Noticed,
}

/// Something that was said in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) number: u64,
    /// Milliseconds since the beginning of 1970.
    pub(crate) at: u64,
    pub(crate) how: How,
    pub(crate) who: String,
    pub(crate) text: String,
}

impl Message {
    /// Without and with its number.
    pub(crate) fn told(&self) -> [String; 2] {
        let Self { number, at, how, who, text } = self;
        let bare = match how {
            How::Acted => format!("* {who} {text}\n"),
            How::Said | How::Noticed => format!("{who}: {text}\n"),
        };
        let numbered = format!("@{number} {} {bare}", at / 1_000);
        [bare, numbered]
    }
}

impl Room {
    /// Remembers one message more, and forgets the oldest if that is too much.
    pub(crate) fn remember(&mut self, message: Message, most: usize) {
        self.messages.push(message);
        let weight = |room: &Self| -> usize {
            room.messages.iter().map(|message| BYTES_EACH + message.text.len()).sum()
        };
        while self.messages.len() > most || weight(self) > BYTES_MAX {
            self.forgotten = self.messages.remove(0).number;
        }
    }

    /// It is as if it had never been made.
    pub(crate) fn forget(&mut self) {
        let last = self.messages.last().map_or(self.forgotten, |message| message.number);
        *self = Self {
            name: self.name.clone(),
            founder: self.founder,
            founded: self.founded,
            forgotten: last,
            ..Self::default()
        };
    }

    /// How many of the last messages somebody is read who comes in.
    fn screenful(&self) -> usize {
        let (mut count, mut bytes) = (0, 0);
        for message in self.messages.iter().rev() {
            bytes += message.text.len();
            if bytes > BYTES_AT_THE_DOOR || count == AT_THE_DOOR {
                break;
            }
            count += 1;
        }
        count
    }
}

impl Rooms {
    /// What somebody is read who comes into a room.
    pub(crate) fn read_at_the_door(&self, id: ClientId, name: &str) -> Vec<Effect> {
        let (room, wishes) = (self.room(name), &self.clients[&id]);
        let count = room.screenful();
        if !wishes.wants_history.unwrap_or(wishes.unasked) || (count == 0 && !wishes.numbered) {
            return Vec::new();
        }
        self.read_last(id, room, count)
    }

    /// `/history` with this behind it.
    pub(crate) fn recall(&mut self, id: ClientId, argument: &str) -> Vec<Effect> {
        let (first, second) = split(argument);
        if first == "on" || first == "off" {
            return self.want_history(id, first == "on");
        }
        if self.settings.history == 0 {
            let text = "* the history is off here: nothing that is said is remembered\n";
            return vec![Effect::Tell(id, text.into())];
        }
        let room = self.room(&self.me(id).room);
        if first != "after" {
            let most = if first.is_empty() { usize::MAX } else { first.parse().unwrap() };
            return self.read_last(id, room, most.min(room.messages.len()));
        }
        let (epoch, since) = place(second).unwrap();
        let same = self.epoch.as_ref() == Some(&epoch);
        let from = room.messages.iter().filter(|message| same && message.number <= since).count();
        let count = room.messages.len() - from;
        let all = same && since >= room.forgotten && since <= self.last && since >= self.gap_before;
        let (name, messages) = (&room.name, if count == 1 { "message" } else { "messages" });
        let heading = if all {
            format!("{count} {messages} in {name} since {since}")
        } else {
            format!("gap: not all since {since} is remembered; {count} {messages} in {name}")
        };
        self.read(id, room, &heading, count)
    }

    pub(crate) fn want_history(&mut self, id: ClientId, wanted: bool) -> Vec<Effect> {
        self.clients.get_mut(&id).expect("it is here").wants_history = Some(wanted);
        let not = if wanted { "" } else { "not " };
        vec![Effect::Tell(id, format!("* you will {not}be read what was said before\n"))]
    }

    pub(crate) fn want_numbers(&mut self, id: ClientId, wanted: bool) -> Vec<Effect> {
        let client = self.clients.get_mut(&id).expect("it is here");
        client.numbered = wanted || client.json;
        if !client.numbered {
            return vec![Effect::Tell(id, "* no numbers any more\n".into())];
        }
        let text = format!(
            "* -- numbers are on: each message begins with @NUMBER SECONDS; now at {EPOCH}:{} --\n",
            self.last
        );
        vec![Effect::TellSecret(id, text, None)]
    }

    /// Messages have numbers in JSON, and the answer says how far they are.
    pub(crate) fn want_json(&mut self, id: ClientId, wanted: bool) -> Vec<Effect> {
        let client = self.clients.get_mut(&id).expect("it is here");
        (client.json, client.numbered) = (wanted, wanted);
        let language = if wanted { Language::Json } else { Language::Plain };
        let form = Effect::Form(id, language);
        self.note(1, if wanted { "told in JSON" } else { "told in plain lines again" });
        let answer = if wanted {
            self.want_numbers(id, true)
        } else {
            let text =
                "* you read plain lines from now on (/format json: one JSON object a line)\n";
            vec![Effect::Tell(id, text.into())]
        };
        [form].into_iter().chain(answer).collect()
    }

    fn read_last(&self, id: ClientId, room: &Room, count: usize) -> Vec<Effect> {
        let name = &room.name;
        let heading = match count {
            0 => format!("no messages in {name} yet"),
            1 => format!("last message in {name} (UTC)"),
            _ => format!("last {count} messages in {name} (UTC)"),
        };
        self.read(id, room, &heading, count)
    }

    fn read(&self, id: ClientId, room: &Room, heading: &str, count: usize) -> Vec<Effect> {
        let numbered = self.clients[&id].numbered;
        let mut effects = vec![Effect::Tell(id, format!("* -- {heading} --\n"))];
        for message in &room.messages[room.messages.len() - count..] {
            let [bare, with_number] = message.told();
            let told = if numbered {
                with_number
            } else {
                format!("* [{}] {bare}", dated(message.at, self.wall))
            };
            effects.push(Effect::Tell(id, told));
        }
        let (name, number) = (&room.name, self.last);
        effects.push(if numbered {
            let text = format!("* -- end of history: {name} is at {EPOCH}:{number} --\n");
            Effect::TellSecret(id, text, None)
        } else {
            Effect::Tell(id, "* -- end of history --\n".into())
        });
        effects
    }

    /// The server begins anew with what was kept.
    pub(crate) fn restart(&mut self, kept: &StoredLobby) {
        assert!(self.last == kept.last || !kept.complete, "numbers would be given again");
        self.last = kept.last;
        if !kept.complete {
            self.last += 1_000_000_000;
            self.gap_before = self.last;
        }
        self.cloaks.clear();
        for room in &mut self.rooms {
            room.begin_anew();
            if room.name != MAIN && room.endowed.is_none() {
                room.forget();
            }
        }
    }

    /// Panics unless all that is remembered is on the shelf, and nothing else.
    pub(crate) fn compare_with_shelf(&self, kept: &StoredLobby) {
        for room in &kept.rooms {
            let here = self.rooms.iter().any(|other| other.name == room.name.as_str());
            assert!(here, "{} was kept and is no more", room.name.as_str());
        }
        for room in &self.rooms {
            let mut same = kept.rooms.iter().filter(|kept| kept.name.as_str() == room.name);
            let Some(found) = same.next() else {
                let empty = room.messages.is_empty() && room.topic.is_none();
                assert!(empty && room.name == "main", "{} was not kept", room.name);
                continue;
            };
            assert!(same.next().is_none(), "{} was kept twice", room.name);
            // Of a room that nobody could own again nothing is left, whatever is still kept of it.
            if !self.is_forsaken(&room.name) {
                self.compare(room, found);
            }
        }
        let said = self.rooms.iter().filter_map(|room| room.messages.last());
        let last = said.map(|message| message.number).max().unwrap_or(0);
        assert!(kept.last >= last, "numbers would be given again");
    }

    fn compare(&self, room: &Room, kept: &StoredRoom) {
        let name = &room.name;
        let settings = &kept.settings;
        let topic = settings.topic.as_ref();
        let topic = topic.map(|topic| (topic.text.to_string(), topic.by.as_str().to_owned()));
        assert_eq!(topic, room.topic, "the topic of {name}");
        let owner = settings.owner.as_ref().map(|owner| owner.name.as_str());
        assert_eq!(owner, room.endowed.as_ref().map(|(_, owner)| owner.as_str()), "{name}'s owner");
        assert_eq!(settings.password.is_some(), room.password.is_some(), "the password of {name}");
        let messages = kept.messages.iter().map(|message| Message {
            number: message.id.number,
            at: message.id.at.millis(),
            how: match message.kind {
                MessageKind::Said => How::Said,
                MessageKind::Acted => How::Acted,
                MessageKind::Noticed => How::Noticed,
            },
            who: message.who.as_str().to_owned(),
            text: message.text.to_string(),
        });
        let messages: Vec<Message> = messages.collect();
        let mut both = messages.iter().zip(&room.messages);
        let other = both.find(|(kept, said)| kept != said);
        assert_eq!(other, None, "what was said in {name}");
        assert_eq!(messages.len(), room.messages.len(), "messages in {name}");
        let forgotten = (kept.forgotten, room.forgotten);
        assert!(forgotten.0 == forgotten.1 || room.name == "main", "{name}: {forgotten:?}");
        let sentences = kept.settings.sanctions.iter().map(|sanction| Sentence {
            number: sanction.number,
            bans: sanction.kind == SanctionKind::Ban,
            name: sanction.name.as_ref().map(|name| name.as_str().to_owned()),
            address: sanction.network.map(|network| network.address()),
            until: sanction.until.map(|until| until.millis()),
            by: sanction.by.as_str().to_owned(),
            reason: sanction.reason.to_string(),
        });
        let in_force =
            |sentence: &Sentence| sentence.until > Some(self.wall) || sentence.until.is_none();
        let kept: Vec<_> = sentences.filter(in_force).collect();
        let known: Vec<_> = room.sentences.iter().filter(|one| in_force(one)).cloned().collect();
        assert_eq!(kept, known, "bans and mutes of {name}");
    }
}

const _: () = {
    assert!(limits::HISTORY_ROOM_BYTES == BYTES_MAX && limits::MESSAGE_WEIGHT == BYTES_EACH);
    assert!(limits::REPLAYED_MESSAGES == AT_THE_DOOR);
    assert!(limits::REPLAYED_BYTES == BYTES_AT_THE_DOOR);
};
