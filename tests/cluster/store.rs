//! What the engine's functions mean, over maps: the naive model of `src/cluster/functions/`, beside
//! which the real ones are run too.

use std::collections::{BTreeMap, BTreeSet};

/// One answer, as RESP has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    Null,
    Number(i64),
    Simple(&'static str),
    Text(Vec<u8>),
    Error(String),
    List(Vec<Self>),
    Map(Vec<Self>),
    Push(Vec<Self>),
}

impl Reply {
    pub(crate) fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string().into_bytes())
    }

    fn words(words: &[&str]) -> Self {
        Self::List(words.iter().map(Self::text).collect())
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let list = |out: &mut Vec<u8>, kind: char, count: usize, values: &[Self]| {
            out.extend(format!("{kind}{count}\r\n").bytes());
            values.iter().for_each(|value| value.encode(out));
        };
        match self {
            Self::Null => out.extend(b"_\r\n"),
            Self::Number(number) => out.extend(format!(":{number}\r\n").bytes()),
            Self::Simple(text) => out.extend(format!("+{text}\r\n").bytes()),
            Self::Text(text) => {
                out.extend(format!("${}\r\n", text.len()).bytes());
                out.extend(text);
                out.extend(b"\r\n");
            }
            Self::Error(text) => out.extend(format!("-{text}\r\n").bytes()),
            Self::List(values) => list(out, '*', values.len(), values),
            Self::Map(values) => list(out, '%', values.len() / 2, values),
            Self::Push(values) => list(out, '>', values.len(), values),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Room {
    term: Option<u64>,
    number: u64,
    before: u64,
    base: u64,
    version: u64,
    charter: Vec<u8>,
    marks: BTreeMap<String, (u64, u64)>,
    counts: BTreeMap<String, usize>,
    officers: BTreeMap<String, String>,
    who: BTreeMap<String, BTreeSet<String>>,
    log: Vec<((u64, u64), Vec<u8>)>,
}

/// All that an engine keeps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    term: Option<(String, u64)>,
    rooms: BTreeMap<String, Room>,
    names: BTreeMap<String, (String, String, u64)>,
    leases: BTreeMap<String, u64>,
    janitors: BTreeMap<String, (u64, String)>,
    visits: BTreeMap<String, BTreeSet<String>>,
    queues: BTreeMap<String, Vec<(u64, String, Vec<u8>)>>,
}

/// What a call brings: its answer, and what is published (channel, text).
pub(crate) struct Called {
    pub(crate) reply: Reply,
    pub(crate) published: Option<(String, Vec<u8>)>,
}

impl From<Reply> for Called {
    fn from(reply: Reply) -> Self {
        Self { reply, published: None }
    }
}

fn number(text: &[u8]) -> u64 {
    String::from_utf8_lossy(text).parse().expect("a number")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `prefix{room}log` and others: the room.
fn room_of(key: &[u8]) -> String {
    let key = text(key);
    let (_, rest) = key.split_once('{').expect("a slot");
    rest.rsplit_once('}').expect("a slot").0.to_owned()
}

impl Store {
    /// What is in the log of a room, as it would be published.
    pub(crate) fn log(&self, room: &str) -> Vec<&[u8]> {
        let room = self.rooms.get(room);
        room.into_iter().flat_map(|room| &room.log).map(|(_, entry)| entry.as_slice()).collect()
    }

    /// One command at this time (milliseconds since 1970). `kept` overrides how many entries a log
    /// keeps.
    pub(crate) fn call(&mut self, now: u64, kept: Option<usize>, command: &[Vec<u8>]) -> Called {
        let name = text(&command[0]);
        if name != "FCALL" {
            return self.plain(&name, &command[1..]).into();
        }
        let keys = number(&command[2]) as usize;
        let (keys, args) = command[3..].split_at(keys);
        match text(&command[1]).as_str() {
            "mio1_term" => self.begin_term(now, args).into(),
            "mio1_open" => self.open(now, keys, args).into(),
            "mio1_append" => self.append(now, kept, keys, args),
            "mio1_change" => self.change(now, kept, keys, args),
            "mio1_evict" => self.evict(now, kept, keys, args),
            "mio1_claim" => self.claim(now, keys, args).into(),
            "mio1_release" => self.release(now, keys, args).into(),
            "mio1_beat" => self.beat(now, args).into(),
            "mio1_janitor" => self.janitor(now, args).into(),
            "mio1_bury" => self.bury(args).into(),
            "mio1_seek" => self.seek(now, keys, args).into(),
            "mio1_unseek" => self.unseek(now, keys, args).into(),
            _ => Reply::Error("ERR Function not found".into()).into(),
        }
    }

    fn plain(&mut self, name: &str, args: &[Vec<u8>]) -> Reply {
        let key = text(&args[0]);
        let list = |names: &BTreeSet<String>| Reply::List(names.iter().map(Reply::text).collect());
        let nobody = BTreeSet::new();
        match name {
            "SADD" => {
                Reply::Number(self.visits.entry(key).or_default().insert(text(&args[1])).into())
            }
            "SREM" => {
                Reply::Number(self.visits.entry(key).or_default().remove(&text(&args[1])).into())
            }
            "SSCAN" => {
                let rooms = self.visits.get(&key).unwrap_or(&nobody);
                Reply::List(vec![Reply::text(0), list(rooms)])
            }
            "SRANDMEMBER" => {
                let run = key.rsplit_once("who:").expect("people").1.to_owned();
                let room = self.rooms.get(&room_of(&args[0]));
                list(room.and_then(|room| room.who.get(&run)).unwrap_or(&nobody))
            }
            "GET" => match self.names.get(&room_of(&args[0])) {
                Some((run, shown, _)) => Reply::text(format!("{run} {shown}")),
                None => Reply::Null,
            },
            _ => Reply::Error(format!("ERR unknown command '{name}'")),
        }
    }

    fn begin_term(&mut self, now: u64, args: &[Vec<u8>]) -> Reply {
        let (run, least) = (text(&args[0]), number(&args[1]));
        let stored = self.term.as_ref().map_or(0, |(_, term)| *term);
        let is_same = self.term.as_ref().is_some_and(|(of, _)| *of == run);
        if !is_same || stored < least {
            self.term = Some((run, (stored + 1).max(least + 1).max(now)));
        }
        Reply::words(&["term", &self.term.as_ref().expect("one").1.to_string()])
    }

    fn open(&mut self, now: u64, keys: &[Vec<u8>], args: &[Vec<u8>]) -> Reply {
        let (run, term, after) = (text(&args[0]), number(&args[1]), text(&args[4]));
        let (after_term, after_number) = after.split_once('-').expect("an id");
        let after = (number(after_term.as_bytes()), number(after_number.as_bytes()));
        let empty = Room::default();
        let existing = self.rooms.get(&room_of(&keys[0])).unwrap_or(&empty);
        let known = existing.term.unwrap_or(0);
        if known > term {
            return Reply::words(&["term", &known.to_string()]);
        }
        if after.0 == term && (known < term || existing.number < after.1) {
            return Reply::words(&["behind"]);
        }
        let room = self.rooms.entry(room_of(&keys[0])).or_default();
        if known < term {
            if room.term.is_none() {
                room.log.clear();
            }
            (room.term, room.before, room.base) = (Some(term), known, room.number);
        }
        let mut marks = Vec::new();
        for (author, first) in [(run.clone(), &args[2]), (format!("{run}/c"), &args[3])] {
            let least = number(first) - 1;
            let mark = room.marks.entry(author).or_insert((least, now));
            if mark.0 < least {
                *mark = (least, now);
            }
            marks.push(Reply::text(mark.0));
        }
        let (most, bytes_max) = (number(&args[5]) as usize, number(&args[6]) as usize);
        let (mut entries, mut bytes) = (Vec::new(), 0);
        for (id, entry) in room.log.iter().filter(|(id, _)| *id > after).take(most) {
            if bytes > bytes_max {
                break;
            }
            let stored = entry.len() - format!("{}-{} ", id.0, id.1).len();
            bytes += stored;
            entries.push(Reply::Text(entry.clone()));
        }
        let pairs = |pairs: Vec<(String, String)>| {
            Reply::List(pairs.iter().flat_map(|(a, b)| [Reply::text(a), Reply::text(b)]).collect())
        };
        let mut answer = vec![Reply::text("open"), Reply::text(room.number)];
        answer.extend(marks);
        answer.extend([room.before, room.base, room.version].map(Reply::text));
        answer.push(Reply::Text(room.charter.clone()));
        answer.push(pairs(room.officers.clone().into_iter().collect()));
        let counts = room.counts.iter().map(|(run, count)| (run.clone(), count.to_string()));
        answer.push(pairs(counts.collect()));
        answer.push(Reply::List(entries));
        Reply::List(answer)
    }

    fn append(
        &mut self,
        now: u64,
        kept: Option<usize>,
        keys: &[Vec<u8>],
        args: &[Vec<u8>],
    ) -> Called {
        let run = text(&args[0]);
        let room = match self.room(keys, &run, args) {
            Ok(room) => room,
            Err(refusal) => return refusal.into(),
        };
        for moved in args[6..].iter().map(|moved| text(moved)) {
            let (way, name) = moved.split_at(1);
            let who = room.who.entry(run.clone()).or_default();
            if way == "+" {
                who.insert(name.to_owned());
            } else {
                who.remove(name);
                if room.officers.get(name) == Some(&run) {
                    room.officers.remove(name);
                }
            }
        }
        if args.len() > 6 {
            room.counts.insert(run.clone(), room.who.get(&run).map_or(0, BTreeSet::len));
        }
        room.add(now, kept, &keys[0], &run, number(&args[2]), &args[3..6])
    }

    fn change(
        &mut self,
        now: u64,
        kept: Option<usize>,
        keys: &[Vec<u8>],
        args: &[Vec<u8>],
    ) -> Called {
        let author = text(&args[0]) + "/c";
        let room = match self.room(keys, &author, args) {
            Ok(room) => room,
            Err(refusal) => return refusal.into(),
        };
        if room.version != number(&args[6]) {
            let version = room.version.to_string();
            let charter = Reply::Text(room.charter.clone());
            return Reply::List(vec![Reply::text("conflict"), Reply::text(version), charter])
                .into();
        }
        (room.version, room.charter) = (room.version + 1, args[7].clone());
        for pair in args[8..].chunks(2) {
            match text(&pair[1]) {
                run if run.is_empty() => room.officers.remove(&text(&pair[0])),
                run => room.officers.insert(text(&pair[0]), run),
            };
        }
        room.add(now, kept, &keys[0], &author, number(&args[2]), &args[3..6])
    }

    /// The room of an append, unless that is refused.
    fn room(
        &mut self,
        keys: &[Vec<u8>],
        author: &str,
        args: &[Vec<u8>],
    ) -> Result<&mut Room, Reply> {
        let (term, number) = (number(&args[1]), number(&args[2]));
        let room = self.rooms.get_mut(&room_of(&keys[0]));
        let stored = room.as_ref().and_then(|room| room.term).unwrap_or(0);
        let Some(room) = room.filter(|_| stored == term) else {
            return Err(Reply::words(&["term", &stored.to_string()]));
        };
        match room.marks.get(author) {
            None => Err(Reply::words(&["closed"])),
            Some((mark, _)) if number <= *mark => Err(Reply::words(&["again"])),
            Some((mark, _)) if number > mark + 1 => Err(Reply::words(&["ahead"])),
            Some(_) => Ok(room),
        }
    }

    fn evict(
        &mut self,
        now: u64,
        kept: Option<usize>,
        keys: &[Vec<u8>],
        args: &[Vec<u8>],
    ) -> Called {
        let dead = text(&args[0]);
        let room = self.rooms.entry(room_of(&keys[0])).or_default();
        let stored = room.term.unwrap_or(0);
        if stored != number(&args[1]) {
            return Reply::words(&["term", &stored.to_string()]).into();
        }
        let people = room.who.get(&dead).map_or(0, BTreeSet::len);
        if people == 0 && !room.counts.contains_key(&dead) {
            return Reply::words(&["again"]).into();
        }
        if people as u64 != number(&args[5]) {
            return Reply::words(&["conflict", &people.to_string(), ""]).into();
        }
        room.who.remove(&dead);
        room.counts.remove(&dead);
        room.officers.retain(|_, run| *run != dead);
        room.add(now, kept, &keys[0], &(dead + "/x"), now, &args[2..5])
    }

    fn claim(&mut self, now: u64, keys: &[Vec<u8>], args: &[Vec<u8>]) -> Reply {
        self.names.retain(|_, (.., ends)| *ends > now);
        let (run, dead) = (text(&args[0]), text(&args[3]));
        match self.names.get(&room_of(&keys[0])) {
            Some((by, shown, _)) if *by != run && *by != dead => {
                Reply::words(&["taken", &format!("{by} {shown}")])
            }
            _ => {
                let held = (run, text(&args[1]), now + number(&args[2]));
                self.names.insert(room_of(&keys[0]), held);
                Reply::words(&["done", ""])
            }
        }
    }

    fn release(&mut self, now: u64, keys: &[Vec<u8>], args: &[Vec<u8>]) -> Reply {
        self.names.retain(|_, (.., ends)| *ends > now);
        let name = room_of(&keys[0]);
        match self.names.get(&name) {
            Some((by, ..)) if *by == text(&args[0]) => {
                self.names.remove(&name);
                Reply::words(&["done", ""])
            }
            _ => Reply::words(&["again"]),
        }
    }

    fn beat(&mut self, now: u64, args: &[Vec<u8>]) -> Reply {
        let had = self.leases.insert(text(&args[0]), now + number(&args[1]));
        let held = if had.is_some_and(|ends| ends > now) { "1" } else { "0" };
        let mut answer = vec![Reply::text("beat"), Reply::text(now), Reply::text(held)];
        for (run, ends) in &self.leases {
            answer.extend([Reply::text(run), Reply::text(*ends as i64 - now as i64)]);
        }
        Reply::List(answer)
    }

    fn janitor(&mut self, now: u64, args: &[Vec<u8>]) -> Reply {
        let (dead, run) = (text(&args[0]), text(&args[1]));
        let Some(&ends) = self.leases.get(&dead) else { return Reply::words(&["again"]) };
        if ends > now {
            return Reply::words(&["taken", &format!("{ends} {dead}")]);
        }
        match self.janitors.get(&dead) {
            Some((until, by)) if *until > now && *by != run => {
                Reply::words(&["taken", &format!("{until} {by}")])
            }
            _ => {
                self.janitors.insert(dead, (now + number(&args[2]), run));
                Reply::words(&["done", ""])
            }
        }
    }

    fn bury(&mut self, args: &[Vec<u8>]) -> Reply {
        let (dead, run) = (text(&args[0]), text(&args[1]));
        let may = dead == run || self.janitors.get(&dead).is_some_and(|(_, by)| *by == run);
        if !may {
            return Reply::words(&["again"]);
        }
        self.leases.remove(&dead);
        self.janitors.remove(&dead);
        self.visits.retain(|key, _| !key.ends_with(&format!("rooms:{dead}")));
        Reply::words(&["done", ""])
    }

    fn seek(&mut self, now: u64, keys: &[Vec<u8>], args: &[Vec<u8>]) -> Reply {
        let (player, need) = (text(&args[0]), number(&args[1]) as usize);
        let queue = self.queues.entry(room_of(&keys[0])).or_default();
        let own = (now + number(&args[2]), player.clone(), args[3].clone());
        let place = queue.iter().position(|(_, who, _)| *who == player);
        queue.retain(|(ends, who, _)| *ends > now || *who == player);
        let place = place.and_then(|_| queue.iter().position(|(_, who, _)| *who == player));
        match place {
            Some(place) => queue[place] = own,
            None => queue.push(own),
        }
        if queue.len() < need {
            return Reply::words(&["waiting", &queue.len().to_string()]);
        }
        queue.retain(|(_, who, _)| *who != player);
        let others = queue.drain(..need - 1);
        let others =
            others.map(|(_, who, data)| Reply::Text([who.as_bytes(), b" ", &data].concat()));
        Reply::List([Reply::text("group")].into_iter().chain(others).collect())
    }

    fn unseek(&mut self, now: u64, keys: &[Vec<u8>], args: &[Vec<u8>]) -> Reply {
        let queue = self.queues.entry(room_of(&keys[0])).or_default();
        let had = queue.len();
        let player = text(&args[0]);
        let is_there = queue.iter().any(|(_, who, _)| *who == player);
        queue.retain(|(ends, who, _)| *who != player && (*ends > now || !is_there));
        debug_assert!(queue.len() <= had);
        if is_there { Reply::words(&["done", ""]) } else { Reply::words(&["again"]) }
    }
}

impl Room {
    /// Adds an entry: for how many messages it counts, how many are kept, what it says.
    fn add(
        &mut self,
        now: u64,
        kept: Option<usize>,
        log: &[u8],
        author: &str,
        number_: u64,
        args: &[Vec<u8>],
    ) -> Called {
        self.marks.insert(author.to_owned(), (number_, now));
        let count = number(&args[0]);
        if count == 0 {
            return Reply::words(&["done", ""]).into();
        }
        self.number += count;
        let id = (self.term.unwrap_or(0), self.number);
        let head = format!("{}-{} {count} {author} {number_} {now} ", id.0, id.1);
        let entry = [head.as_bytes(), &args[2]].concat();
        self.log.push((id, entry.clone()));
        let kept = kept.unwrap_or(usize::MAX);
        self.log.drain(..self.log.len().saturating_sub(kept));
        let reply = Reply::words(&["done", &format!("{}-{}", id.0, id.1)]);
        Called { reply, published: Some((text(log), entry)) }
    }
}
