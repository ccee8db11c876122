//! People who speak IRC: what each of their lines asks for, until they are members and afterwards.

use mio_chat::id::ClientId;

use crate::irc_words::{SERVER, Taken, taken};
use crate::rooms::{About, Effect, Ending, MAIN, Person, Rooms};

use Effect::{Close, Lines, Room, Tell};

/// A client that speaks IRC.
#[derive(Clone, Debug, Default)]
pub(crate) struct Speaker {
    pub(crate) taken: Taken,
    /// It has begun to say what it can, and has not ended that.
    negotiating: bool,
    nickname: Option<String>,
    about: Option<(String, String)>,
    pub(crate) batches: u64,
}

/// What a line leads to.
#[derive(Debug, Default)]
pub(crate) struct Deeds {
    pub(crate) effects: Vec<Effect>,
    /// For how many lines it counts, and what it costs.
    pub(crate) lines: u64,
    pub(crate) cost: u64,
    /// How much of it is for people and rooms, and not for the language itself.
    pub(crate) commands: u64,
}

impl Deeds {
    /// Something that the language itself answers.
    pub(crate) fn answer(effect: Effect) -> Self {
        Self { effects: vec![effect], lines: 1, cost: 1, commands: 0 }
    }

    pub(crate) fn command(cost: u64, effects: Vec<Effect>) -> Self {
        Self { effects, lines: 1, cost, commands: 1 }
    }

    pub(crate) fn and(mut self, other: Self) -> Self {
        self.effects.extend(other.effects);
        let (lines, cost) = (self.lines + other.lines, self.cost + other.cost);
        Self { lines, cost, commands: self.commands + other.commands, ..self }
    }
}

/// A line taken apart: its label, its verb, and what follows that.
struct Said<'a> {
    label: Option<&'a str>,
    verb: &'a str,
    words: Vec<&'a str>,
}

fn taken_apart(line: &str) -> Said<'_> {
    let tagged = line.strip_prefix('@').and_then(|rest| rest.split_once(' '));
    let (label, line) =
        tagged.map_or((None, line), |(tags, rest)| (tags.strip_prefix("label="), rest));
    let (head, text) =
        line.split_once(" :").map_or((line, None), |(head, text)| (head, Some(text)));
    let mut words: Vec<&str> = head.split(' ').collect();
    words.extend(text);
    Said { label, verb: words.remove(0), words }
}

impl Rooms {
    pub(crate) fn become_irc(&mut self, id: ClientId) {
        self.clients.get_mut(&id).expect("it is here").irc = Some(Speaker::default());
        self.called.insert(id, "*".into());
    }

    fn speaker(&mut self, id: ClientId) -> &mut Speaker {
        let client = self.clients.get_mut(&id).expect("it is here");
        client.irc.as_mut().expect("it speaks IRC")
    }

    /// Somebody who speaks IRC says a line.
    pub(crate) fn hear_irc(&mut self, id: ClientId, line: &str) -> Deeds {
        let Said { label, verb, words } = taken_apart(line);
        let label = label.filter(|_| self.speaker(id).taken.label);
        let mut deeds = match verb {
            "CAP" => self.negotiate(id, &words),
            "PING" => {
                let pong = format!(":{SERVER} PONG {SERVER} :{}\r\n", words[0]);
                Deeds::answer(Lines(id, pong))
            }
            _ if self.has(id) => self.hear_irc_member(id, verb, &words),
            "NICK" => {
                self.speaker(id).nickname = Some(words[0].to_owned());
                self.try_to_register(id, words[0], true)
            }
            "USER" => {
                self.speaker(id).about = Some((words[0].to_owned(), words[3].to_owned()));
                self.try_to_register(id, words[0], false)
            }
            "QUIT" => Deeds::command(1, vec![Close(id, Ending::Quit)]),
            _ => Deeds::answer(self.numeric(id, 451, &[], "You have not registered")),
        };
        if let Some(label) = label {
            deeds.effects = self.labelled(id, label, deeds.effects);
        }
        deeds
    }

    fn negotiate(&mut self, id: ClientId, words: &[&str]) -> Deeds {
        let is_member = self.has(id);
        self.speaker(id).negotiating |= !is_member && words[0] != "END";
        match words[0] {
            "REQ" => {
                self.speaker(id).taken = taken(words[1]);
                let name = &self.called[&id];
                let granted = format!(":{SERVER} CAP {name} ACK :{}\r\n", words[1]);
                self.note(1, "capabilities of IRC");
                Deeds::answer(Lines(id, granted))
            }
            "END" if is_member => Deeds { lines: 1, cost: 1, ..Deeds::default() },
            "END" => {
                self.speaker(id).negotiating = false;
                self.try_to_register(id, "END", false)
            }
            // What is offered is of no interest here.
            _ => Deeds { lines: 1, cost: 1, ..Deeds::default() },
        }
    }

    /// Whoever has said all is a member, if it may have its nickname.
    fn try_to_register(&mut self, id: ClientId, about: &str, by_nick: bool) -> Deeds {
        let speaker = self.speaker(id).clone();
        let (Some(name), Some((user, real))) = (speaker.nickname, speaker.about) else {
            return Deeds::default();
        };
        if speaker.negotiating {
            return Deeds::default();
        }
        self.speaker(id).nickname = None;
        let about = if by_nick { name.as_str() } else { about };
        if let Some(fault) = self.name_refused(id, &name, about) {
            return Deeds::command(0, vec![fault]);
        }
        if self.ban_on(id, &name, MAIN).is_some() {
            let banned = self.numeric(id, 465, &[], "You are banned from this server");
            return Deeds::command(0, vec![banned, Close(id, Ending::Banned)]);
        }
        let irc = Some(About { user, real, rooms: Vec::new() });
        self.people.push(Person { irc, ..Person::new(id, &name) });
        self.called.insert(id, name.clone());
        self.note(1, "came by IRC");
        let text = format!("Welcome to {SERVER}, {name}");
        Deeds::command(0, vec![self.numeric(id, 1, &[], &text)])
    }

    /// Why somebody cannot be called this. `about`: what its line was about.
    pub(crate) fn name_refused(&self, id: ClientId, name: &str, about: &str) -> Option<Effect> {
        let fault = self.nickname_fault(id, name)?;
        let kinds = [
            ("is taken", 433, "Nickname is already in use"),
            ("is kept for", 432, "That nickname is reserved"),
            ("too long", 432, "That nickname is too long"),
            ("needs a letter", 432, "A nickname needs a letter or a digit"),
            ("no name", 432, "That nickname holds a character that nicknames may not hold"),
        ];
        let kind = kinds.into_iter().find(|(word, ..)| fault.contains(word));
        let (_, code, text) = kind.expect("one of them");
        let is_nick = self.has(id) || about == name;
        let about = if code == 433 && !is_nick { name } else { about };
        Some(self.numeric(id, code, &[about], text))
    }

    // ---- How they are told things ----

    /// A numeric.
    pub(crate) fn numeric(&self, id: ClientId, code: u16, about: &[&str], text: &str) -> Effect {
        let about: String = about.iter().map(|word| format!(" {word}")).collect();
        Lines(id, format!(":{SERVER} {code:03} {}{about} :{text}\r\n", self.called[&id]))
    }

    /// What plain lines say, as it is told to this client: readers of IRC get notices.
    pub(crate) fn as_told(&self, id: ClientId, text: String) -> String {
        if self.reads_irc(id).is_none() {
            return text;
        }
        let name = &self.called[&id];
        let notices = text.lines().map(|line| {
            format!(":{SERVER} NOTICE {name} :{}\r\n", line.strip_prefix("* ").unwrap_or(line))
        });
        notices.collect()
    }

    /// The last words for a client.
    pub(crate) fn farewell(&self, id: ClientId, text: &str) -> String {
        match self.called.get(&id) {
            Some(name) if !text.is_empty() => {
                let text = text.trim_end().strip_prefix("* ").unwrap_or(text);
                format!("ERROR :Closing link ({name}): {text}\r\n")
            }
            _ => text.to_owned(),
        }
    }

    /// The answer to a line with a label: all that its client is told of it.
    fn labelled(&mut self, id: ClientId, label: &str, effects: Vec<Effect>) -> Vec<Effect> {
        let (mut others, mut own) = (Vec::new(), String::new());
        for effect in effects {
            match effect {
                Tell(to, text) if to == id => own += &self.as_told(id, text),
                Lines(to, text) | Room(to, text) if to == id => own += &text,
                other => others.push(other),
            }
        }
        let behind = |line: &str| match line.strip_prefix('@') {
            Some(tagged) => format!(";{tagged}"),
            None => format!(" {line}"),
        };
        let lines: Vec<&str> = own.split_inclusive('\n').collect();
        let answer = match lines.as_slice() {
            [] => format!("@label={label} :{SERVER} ACK\r\n"),
            [line] => format!("@label={label}{}", behind(line)),
            lines => {
                self.speaker(id).batches += 1;
                let batch = self.speaker(id).batches;
                let parts = lines.iter().map(|line| format!("@batch={batch}{}", behind(line)));
                let parts: String = parts.collect();
                format!(
                    "@label={label} :{SERVER} BATCH +{batch} labeled-response\r\n{parts}\
                     :{SERVER} BATCH -{batch}\r\n"
                )
            }
        };
        self.note(1, "label of IRC");
        others.push(Lines(id, answer));
        others
    }
}
