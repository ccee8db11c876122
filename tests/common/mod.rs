//! The whole server in memory, with named people around it.
//!
//! A [`World`] plays the poll loop of `net` without sockets: each person has a wire on which bytes
//! wait to be read, a window that says how many bytes its machine still takes, and what it has
//! heard so far. Time stands still until it is advanced, and stops at every deadline on the way.

#![allow(dead_code, reason = "each test file uses what it needs")]

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

use mio_chat::chat::FloodRate;
use mio_chat::id::{ClientId, Registry};
use mio_chat::limits;
use mio_chat::matchmaking::{self, SocketIndex};
use mio_chat::server::{CloseReason, Server, Settings};
use mio_chat::time::Time;
use shelf::{SharedShelf, Shelf};

/// Turns after which a world that still has work is taken to be spinning.
const TURNS_MAX: usize = 10_000;

/// Settings as the command's defaults, but without flood control.
pub(crate) fn settings() -> Settings {
    Settings {
        flood: None,
        matchmaking: matchmaking::Settings {
            answers_per_second: 0,
            ..matchmaking::Settings::default()
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
    pub(crate) server: Server,
    pub(crate) now: Time,
    ids: Registry<()>,
    people: BTreeMap<String, Person>,
    /// Woken, and not heard yet because a flush was wanted.
    waiting: VecDeque<ClientId>,
    /// Datagrams that the server has sent and nobody has looked at yet.
    datagrams: Vec<(SocketAddr, String)>,
}

impl Person {
    /// Sends without waiting for what comes of it.
    pub(crate) fn says(&mut self, text: &str) {
        self.sent.extend_from_slice(text.as_bytes());
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new(settings())
    }
}

impl World {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            server: Server::new(settings, [7; 16]),
            now: Time::ZERO,
            ids: Registry::default(),
            people: BTreeMap::new(),
            waiting: VecDeque::new(),
            datagrams: Vec::new(),
        }
    }

    /// A datagram of text comes in from an address.
    pub(crate) fn datagram(&mut self, source: &str, text: &str) {
        let (source, sent) = (source.parse().expect("an address"), &mut self.datagrams);
        self.server.datagram(self.now, SocketIndex(0), source, text.as_bytes(), &mut |transmit| {
            sent.push((transmit.to, String::from_utf8_lossy(transmit.payload).into_owned()));
        });
        self.run();
    }

    /// Datagrams sent since this was last asked, as receiver and text.
    pub(crate) fn datagrams(&mut self) -> Vec<(SocketAddr, String)> {
        std::mem::take(&mut self.datagrams)
    }

    /// Connects somebody who says nothing.
    pub(crate) fn connect(&mut self, name: &str) -> ClientId {
        self.try_connect(name, IpAddr::from([127, 0, 0, 1])).expect("loopback is exempt")
    }

    /// Connects somebody from an address, unless it is refused.
    pub(crate) fn try_connect(&mut self, name: &str, address: IpAddr) -> Option<ClientId> {
        let id = self.ids.insert_with(|_| ());
        if self.server.connect(self.now, id, address).is_err() {
            self.ids.remove(id);
            return None;
        }
        let person = Person {
            id,
            sent: Vec::new(),
            ended: false,
            end_seen: false,
            broken: false,
            writes: Vec::new(),
            window: usize::MAX,
            heard: Vec::new(),
            closed: None,
        };
        self.people.insert(name.to_owned(), person);
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
            if !self.server.has_unsaved() {
                return;
            }
            let saved: Result<(), ()> = self.server.save(most, |batch| {
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
        world.server.set_archive(shelf.archive());
        world
    }

    /// A server that begins with what is on a shelf.
    pub(crate) fn restored(settings: Settings, shelf: &Shelf) -> Self {
        let mut world = Self::new(settings);
        world.server.restore(shelf.0.clone());
        world
    }

    /// Connects somebody and registers it under its name, leaving nothing unheard by anyone.
    pub(crate) fn join(&mut self, name: &str) -> ClientId {
        let id = self.connect(name);
        self.types(name, name);
        let heard = self.hears(name);
        assert!(heard.starts_with("Connected to server!\n"), "{name} could not join: {heard}");
        for person in self.people.values_mut() {
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

    /// Somebody ends its side of the connection.
    pub(crate) fn ends(&mut self, name: &str) {
        self.person(name).ended = true;
        self.run();
    }

    /// Somebody's connection breaks.
    pub(crate) fn vanishes(&mut self, name: &str) {
        let id = self.person(name).id;
        self.server.disconnect(self.now, id);
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
        self.server.unblock(id);
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
        self.people.get_mut(name).unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.people.keys().cloned().collect()
    }

    /// Lets time pass, stopping at each deadline.
    pub(crate) fn wait(&mut self, duration: Duration) {
        let until = self.now + duration;
        for _ in 0..TURNS_MAX {
            match self.server.poll_timeout() {
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
            let busy = self.turn();
            self.server.check_invariants();
            let due = self.server.poll_timeout().is_some_and(|due| due <= self.now);
            if !busy && !due && !self.server.is_dirty() {
                return;
            }
        }
        panic!("the server spins");
    }

    /// One turn of the loop; whether anybody was heard.
    pub(crate) fn turn(&mut self) -> bool {
        let busy = self.receive();
        self.server.handle_timeout(self.now);
        let sent = &mut self.datagrams;
        self.server.handle_match_timeout(self.now, &mut |transmit| {
            sent.push((transmit.to, String::from_utf8_lossy(transmit.payload).into_owned()));
        });
        self.flush();
        self.reap();
        busy
    }

    /// One read for each person; whether anything was read.
    fn receive(&mut self) -> bool {
        let mut woken: Vec<ClientId> = self.waiting.drain(..).collect();
        while let Some(id) = self.server.poll_woken() {
            woken.push(id);
        }
        let mut busy = !woken.is_empty();
        for id in woken {
            // As the poll loop does: what is queued is written before more is heard.
            if self.server.wants_flush() {
                self.waiting.push_back(id);
            } else {
                self.server.resume(self.now, id);
            }
        }
        for person in self.people.values_mut().filter(|person| person.closed.is_none()) {
            if self.server.wants_flush() {
                return true;
            }
            let room = self.server.appetite(person.id);
            let count = room.min(person.sent.len());
            if count > 0 {
                let bytes: Vec<u8> = person.sent.drain(..count).collect();
                self.server.receive(self.now, person.id, &bytes);
                busy = true;
            } else if room > 0 && person.ended && !person.end_seen {
                person.end_seen = true;
                if person.broken {
                    self.server.read_failed(self.now, person.id);
                } else {
                    self.server.half_closed(self.now, person.id);
                }
                busy = true;
            }
        }
        busy
    }

    fn flush(&mut self) {
        let mut dirty = Vec::new();
        self.server.take_dirty(&mut dirty);
        for id in dirty {
            let Some(person) = self.people.values_mut().find(|person| person.id == id) else {
                continue;
            };
            let mut slices = [IoSlice::new(&[]); limits::WRITE_SLICES];
            let count = self.server.gather(id, &mut slices);
            let offered: Vec<u8> =
                slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
            if person.broken {
                self.server.write_failed(id);
                continue;
            }
            let taken = offered.len().min(person.window);
            person.heard.extend_from_slice(&offered[..taken]);
            person.window -= if person.window == usize::MAX { 0 } else { taken };
            if !offered.is_empty() {
                person.writes.push((self.now, offered[..taken].to_vec()));
                self.server.sent(self.now, id, taken, taken < offered.len());
            }
        }
    }

    fn reap(&mut self) {
        while let Some((id, reason)) = self.server.poll_reap() {
            assert!(self.ids.remove(id).is_some(), "{id} was reaped twice");
            if let Some(person) = self.people.values_mut().find(|person| person.id == id) {
                person.closed = Some(reason);
            }
        }
    }
}
