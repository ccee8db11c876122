//! The whole server in memory, with named people around it.
//!
//! A [`World`] drives the turns of the server, as the poll loop of `net` does, without sockets:
//! each person has a wire on which bytes wait to be read, a window that says how many bytes its
//! machine still takes, and what it has heard so far. Time stands still until it is advanced, and
//! stops at every deadline on the way.

#![allow(dead_code, reason = "each test file uses what it needs")]

pub(crate) mod exact;
pub(crate) mod harmless;
pub(crate) mod matched;
pub(crate) mod phrases;
pub(crate) mod random;
pub(crate) mod shelf;
pub(crate) mod watched;

use std::collections::{BTreeMap, VecDeque};
use std::io::IoSlice;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use mio_chat::chat::{FloodRate, LobbySettings};
use mio_chat::id::{ClientId, Registry};
use mio_chat::limits;
use mio_chat::matchmaking::{self, SocketIndex, Transmit};
use mio_chat::password::SlowHash;
use mio_chat::server::{
    CloseReason, Driver, Operator, Read, Secured, Server, Settings, Transport, Turn, Written,
};
use mio_chat::time::Time;
use shelf::{SharedShelf, Shelf};

/// Turns after which a world that still has work is taken to be spinning.
const TURNS_MAX: usize = 10_000;

/// The password is `password`, hashed in 4,096 rounds.
const HASH: &str = "pbkdf2-sha256:4096:73616c74:\
                    c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a";

/// A server that root looks after.
pub(crate) fn governed() -> Settings {
    let operators = vec![Operator {
        name: "root_7".into(),
        password: Some(SlowHash::parse(HASH).expect("a hash")),
    }];
    let lobby = LobbySettings { reserved: vec!["root_7".into()], ..LobbySettings::default() };
    Settings { operators, lobby, ..settings() }
}

/// Settings as the command's defaults, but without flood control.
pub(crate) fn settings() -> Settings {
    Settings {
        flood: None,
        matchmaking: matchmaking::MatchmakerSettings {
            answers_per_second: 0,
            ..matchmaking::MatchmakerSettings::default()
        },
        ..Settings::default()
    }
}

/// The default flood control.
pub(crate) fn flood_control() -> Option<FloodRate> {
    FloodRate::new(limits::FLOOD_BURST_LINES, limits::FLOOD_LINES_PER_SECOND)
}

/// One person and the wire between it and the server.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) id: ClientId,
    /// Sent and not read by the server yet.
    sent: Vec<u8>,
    /// Will send no more.
    ended: bool,
    /// The server has seen that.
    end_seen: bool,
    /// The connection broke: the server may read what was sent before, and write nothing.
    broken: bool,
    /// What its connection tells before it brings bytes.
    secures: VecDeque<Read>,
    /// Its connection is encrypted: what its machine does not take is encrypted in part.
    encrypted: bool,
    /// What is encrypted, and was not told to be taken.
    sealed: Vec<u8>,
    /// Each write that its machine took, and when.
    pub(crate) writes: Vec<(Time, Vec<u8>)>,
    /// Bytes that its machine still takes.
    pub(crate) window: usize,
    /// Received and not looked at by the test yet.
    heard: Vec<u8>,
    pub(crate) closed: Option<CloseReason>,
}

/// The server and everyone around it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) turn: Turn,
    pub(crate) now: Time,
    network: Network,
}

/// Everyone around the server.
#[derive(Debug, Default)]
struct Network {
    now: Time,
    ids: Registry<()>,
    people: BTreeMap<String, Person>,
    /// Datagrams that the server has sent and nobody has looked at yet.
    datagrams: Vec<(SocketAddr, String)>,
}

impl Person {
    /// Sends without waiting for what comes of it.
    pub(crate) fn says(&mut self, text: &str) {
        self.sent.extend_from_slice(text.as_bytes());
    }

    /// Whether a read would bring something.
    fn has_input(&self) -> bool {
        let end = self.ended && !self.end_seen;
        self.closed.is_none() && (end || !self.sent.is_empty() || !self.secures.is_empty())
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new(settings())
    }
}

impl World {
    pub(crate) fn new(settings: Settings) -> Self {
        let turn = Turn::new(Server::new(settings, [7; 16]), Duration::ZERO);
        Self { turn, now: Time::ZERO, network: Network::default() }
    }

    /// A datagram of text comes in from an address.
    pub(crate) fn datagram(&mut self, source: &str, text: &str) {
        let (source, network) = (source.parse().expect("an address"), &mut self.network);
        self.turn.server.datagram(
            self.now,
            SocketIndex(0),
            source,
            text.as_bytes(),
            &mut |transmit| {
                network.send(transmit);
            },
        );
        self.run();
    }

    /// Datagrams sent since this was last asked, as receiver and text.
    pub(crate) fn datagrams(&mut self) -> Vec<(SocketAddr, String)> {
        std::mem::take(&mut self.network.datagrams)
    }

    /// Connects somebody who says nothing.
    pub(crate) fn connect(&mut self, name: &str) -> ClientId {
        self.try_connect(name, IpAddr::from([127, 0, 0, 1])).expect("loopback is exempt")
    }

    /// Connects somebody from an address, unless it is refused.
    pub(crate) fn try_connect(&mut self, name: &str, address: IpAddr) -> Option<ClientId> {
        let id = self.network.ids.insert_with(|_| ());
        if self.turn.server.connect(self.now, id, address).is_err() {
            self.network.ids.remove(id);
            return None;
        }
        let person = Person {
            id,
            sent: Vec::new(),
            ended: false,
            end_seen: false,
            broken: false,
            secures: VecDeque::new(),
            encrypted: false,
            sealed: Vec::new(),
            writes: Vec::new(),
            window: usize::MAX,
            heard: Vec::new(),
            closed: None,
        };
        self.network.people.insert(name.to_owned(), person);
        self.run();
        Some(id)
    }

    /// Connects somebody from an address and registers it.
    pub(crate) fn join_from(&mut self, name: &str, address: &str) -> ClientId {
        let address = address.parse().expect("an address");
        let id = self.try_connect(name, address).expect("there is room");
        self.types(name, name);
        id
    }

    /// Puts all that is new on a shelf, so many rows at a time.
    pub(crate) fn save(&mut self, shelf: &mut Shelf, most: usize) {
        for _ in 0..TURNS_MAX {
            if !self.turn.server.status().has_unsaved() {
                return;
            }
            let saved: Result<(), ()> = self.turn.server.storage().save(most, |batch| {
                shelf.keep(batch);
                Ok(())
            });
            assert_eq!(saved, Ok(()));
        }
        panic!("there is always more to be saved");
    }

    /// A server that keeps its rooms on a shelf, beginning with what is there.
    pub(crate) fn kept(settings: Settings, shelf: &SharedShelf) -> Self {
        let mut world = Self::restored(settings, &shelf.get());
        world.turn.server.storage().set_archive(shelf.archive());
        world
    }

    /// A server that begins with what is on a shelf.
    pub(crate) fn restored(settings: Settings, shelf: &Shelf) -> Self {
        let mut world = Self::new(settings);
        world.turn.server.storage().restore(shelf.0.clone());
        world
    }

    /// Connects somebody and registers it under its name, leaving nothing unheard by anyone.
    pub(crate) fn join(&mut self, name: &str) -> ClientId {
        let id = self.connect(name);
        self.types(name, name);
        let heard = self.hears(name);
        assert!(heard.starts_with("Connected to server!\n"), "{name} could not join: {heard}");
        for person in self.network.people.values_mut() {
            person.heard.clear();
        }
        id
    }

    /// Somebody types a line and presses Enter.
    pub(crate) fn types(&mut self, name: &str, line: &str) {
        self.sends(name, format!("{line}\n").as_bytes());
    }

    /// Somebody's program sends bytes.
    pub(crate) fn sends(&mut self, name: &str, bytes: &[u8]) {
        self.person(name).sent.extend_from_slice(bytes);
        self.run();
    }

    /// Somebody's connection tells of its encryption.
    pub(crate) fn tells(&mut self, name: &str, told: Read) {
        let person = self.person(name);
        person.encrypted |= matches!(told, Read::Secured(_));
        person.secures.push_back(told);
        self.run();
    }

    /// Connects somebody whose connection is encrypted at once, from an address.
    pub(crate) fn connect_encrypted(&mut self, name: &str, from: &str, secured: Secured) {
        self.try_connect(name, from.parse().expect("an address")).expect("there is room");
        self.tells(name, Read::Securing);
        self.tells(name, Read::Secured(secured));
    }

    /// Somebody ends its side of the connection.
    pub(crate) fn ends(&mut self, name: &str) {
        self.person(name).ended = true;
        self.run();
    }

    /// Somebody's connection breaks.
    pub(crate) fn vanishes(&mut self, name: &str) {
        let id = self.person(name).id;
        self.turn.server.disconnect(self.now, id);
        self.run();
    }

    /// Somebody's connection breaks after what it has sent.
    pub(crate) fn breaks(&mut self, name: &str) {
        let person = self.person(name);
        (person.ended, person.broken) = (true, true);
        self.run();
    }

    /// Somebody's machine takes this many more bytes.
    pub(crate) fn reads_only(&mut self, name: &str, window: usize) {
        let person = self.person(name);
        person.window = window;
        let id = person.id;
        self.turn.note_writable(id);
        self.run();
    }

    /// What somebody has received since it was last asked.
    pub(crate) fn hears(&mut self, name: &str) -> String {
        String::from_utf8(self.hears_bytes(name)).expect("the server sends UTF-8")
    }

    /// The same as bytes, for somebody whose window may have cut a character in two.
    pub(crate) fn hears_bytes(&mut self, name: &str) -> Vec<u8> {
        std::mem::take(&mut self.person(name).heard)
    }

    pub(crate) fn person(&mut self, name: &str) -> &mut Person {
        self.network.people.get_mut(name).unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.network.people.keys().cloned().collect()
    }

    /// Lets time pass, stopping at each deadline.
    pub(crate) fn wait(&mut self, duration: Duration) {
        let until = self.now + duration;
        for _ in 0..TURNS_MAX {
            match self.turn.due() {
                Some(due) if due <= until => {
                    self.now = self.now.max(due);
                    self.run();
                }
                _ => {
                    self.now = until;
                    self.run();
                    return;
                }
            }
        }
        panic!("the server is never content");
    }

    /// Turns of the loop until nothing is left to do at this moment.
    pub(crate) fn run(&mut self) {
        for _ in 0..TURNS_MAX {
            self.turn();
            if !self.turn.is_writing() {
                self.turn.server.status().check_invariants();
            }
            if self.turn.due().is_none_or(|due| due > self.now) {
                return;
            }
        }
        panic!("the server spins");
    }

    /// One turn of the loop, in which one read is made for each person.
    pub(crate) fn turn(&mut self) {
        self.network.now = self.now;
        for person in self.network.people.values().filter(|person| person.has_input()) {
            self.turn.note_readable(person.id);
        }
        self.turn.note_poll(self.now);
        self.turn.run(self.now, &mut self.network);
    }
}

impl Network {
    fn person(&mut self, id: ClientId) -> Option<&mut Person> {
        self.people.values_mut().find(|person| person.id == id)
    }
}

impl Transport for Network {
    fn read(&mut self, id: ClientId, room: &mut [u8]) -> Read {
        let Some(person) = self.person(id) else { return Read::Nothing };
        if let Some(told) = person.secures.pop_front() {
            return told;
        }
        let count = room.len().min(person.sent.len());
        if count > 0 {
            room[..count].copy_from_slice(&person.sent[..count]);
            person.sent.drain(..count);
            return Read::Bytes { count, more: person.has_input() };
        }
        match person.ended && !std::mem::replace(&mut person.end_seen, person.ended) {
            true if person.broken => Read::Broken,
            true => Read::End,
            false => Read::Nothing,
        }
    }

    fn write(&mut self, id: ClientId, slices: &[IoSlice<'_>]) -> Written {
        let now = self.now;
        let Some(person) = self.person(id) else { return Written::Taken(0) };
        if person.broken {
            return Written::Broken;
        }
        let mut taken: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        let sealed = &mut person.sealed;
        assert!(sealed[..].starts_with(&taken) || taken.starts_with(sealed), "it is encrypted");
        if taken.len() < sealed.len() {
            taken.clone_from(sealed);
        }
        let offered = taken.clone();
        taken.truncate(person.window);
        let behind = &offered[taken.len()..];
        *sealed = match person.encrypted {
            true => behind[..behind.len().min(limits::TLS_RECORD_PLAIN_MAX)].to_vec(),
            false => Vec::new(),
        };
        let sealed = sealed.len();
        person.heard.extend_from_slice(&taken);
        person.window -= if person.window == usize::MAX { 0 } else { taken.len() };
        let count = taken.len();
        person.writes.push((now, taken));
        match sealed {
            0 => Written::Taken(count),
            sealed => Written::Sealed { taken: count, sealed },
        }
    }

    fn close(&mut self, id: ClientId, reason: CloseReason) {
        assert!(self.ids.remove(id).is_some(), "{id} was reaped twice");
        if let Some(person) = self.person(id) {
            person.closed = Some(reason);
        }
    }
}

impl Driver for Network {
    fn now(&self) -> Time {
        self.now
    }

    fn send(&mut self, transmit: Transmit<'_>) {
        let text = String::from_utf8_lossy(transmit.payload).into_owned();
        self.datagrams.push((transmit.to, text));
    }
}
