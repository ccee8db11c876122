//! Nodes, engines and the ways between them, all played from one number.
//!
//! The nodes are the real ones, bytes in and bytes out; the engines are `server`'s. A way delays
//! and cuts what goes over it. What a node has written when its connection breaks may still be
//! carried out, whenever the engine comes to it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use mio_chat::cluster::answer::Outcome;
use mio_chat::cluster::engine::Move;
use mio_chat::cluster::entry::NodeRun;
use mio_chat::cluster::link::{LinkSettings, Stage};
use mio_chat::cluster::node::{Change, Event, Node, RoomNumber};
use mio_chat::time::Time;

use super::random::Random;
use super::record::Record;
use super::server::{Condition, Engine};
use super::store::Store;

pub(crate) const ROOMS: usize = 3;
/// The engines' clocks at the start, in milliseconds since 1970.
const EPOCH: u64 = 1_700_000_000_000;
/// How often the engine's state is kept, to be gone back to.
const SNAPSHOT_EVERY: u64 = 250;
const SNAPSHOTS: usize = 14;

#[derive(Debug)]
struct Way {
    engine: usize,
    /// The node at its other end, unless that has let go of it.
    node: Option<usize>,
    /// The engine still reads from it.
    is_read: bool,
    to_engine: VecDeque<(u64, Vec<u8>)>,
    to_node: VecDeque<(u64, Vec<u8>)>,
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) node: Node,
    way: Option<u64>,
    rooms: Vec<RoomNumber>,
    versions: [u64; ROOMS],
    changing: [Option<Vec<u8>>; ROOMS],
    pub(crate) said: Vec<Vec<Vec<u8>>>,
    pub(crate) changed: Vec<Vec<Vec<u8>>>,
    pub(crate) refused: Vec<Vec<Vec<u8>>>,
    pub(crate) stopped_until: u64,
    pub(crate) is_alive: bool,
    pub(crate) up_since: Option<u64>,
    pub(crate) is_present_from_start: bool,
}

pub(crate) struct World {
    pub(crate) random: Random,
    /// Milliseconds since the start.
    pub(crate) now: u64,
    pub(crate) engines: Vec<Engine>,
    pub(crate) members: Vec<Member>,
    ways: BTreeMap<u64, Way>,
    last_way: u64,
    pub(crate) master: usize,
    pub(crate) snapshots: VecDeque<Store>,
    next_snapshot: u64,
    pub(crate) record: Record,
    /// The longest that bytes take, in milliseconds.
    pub(crate) delay: u64,
    runs: u64,
    pub(crate) is_told: bool,
}

impl World {
    pub(crate) fn new(seed: u64, kept: Option<usize>) -> Self {
        let random = Random::new(seed);
        let pushes_first = seed.is_multiple_of(2);
        let mut engines = vec![
            Engine::new("run-0", kept, pushes_first),
            Engine::new("run-1", kept, pushes_first),
        ];
        engines.iter_mut().for_each(|engine| engine.ahead = EPOCH);
        engines[1].ahead += 5_000 * (seed % 3);
        engines[1].condition = Condition::Replica;
        let loses_one_of = seed.is_multiple_of(5).then_some(97);
        engines.iter_mut().for_each(|engine| engine.loses_one_of = loses_one_of);
        let mut world = Self {
            random,
            now: 0,
            engines,
            members: Vec::new(),
            ways: BTreeMap::new(),
            last_way: 0,
            master: 0,
            snapshots: VecDeque::new(),
            next_snapshot: 0,
            record: Record::default(),
            delay: 3,
            runs: 0,
            is_told: false,
        };
        for name in ["a", "b", "c"] {
            world.start(name, true);
        }
        world
    }

    fn time(&self) -> Time {
        Time::at(Duration::from_millis(self.now))
    }

    pub(crate) fn tell(&self, what: impl FnOnce() -> String) {
        if self.is_told {
            eprintln!("{:>6} {}", self.now, what());
        }
    }

    /// A node begins.
    pub(crate) fn start(&mut self, name: &str, is_present_from_start: bool) {
        self.runs += 1;
        let run = NodeRun::new(name, self.runs).expect("a name");
        let settings = LinkSettings {
            addresses: self.engines.len(),
            user: None,
            password: None,
            name: name.into(),
            prefix: "t:".into(),
        };
        let mut node = Node::new(self.time(), run, settings, self.random.next());
        let rooms = (0..ROOMS).map(|room| node.open(&format!("room{room}"))).collect();
        let nothing = || vec![Vec::new(); ROOMS];
        self.members.push(Member {
            node,
            way: None,
            rooms,
            versions: [0; ROOMS],
            changing: [const { None }; ROOMS],
            said: nothing(),
            changed: nothing(),
            refused: nothing(),
            stopped_until: 0,
            is_alive: true,
            up_since: None,
            is_present_from_start,
        });
    }

    /// A node says something in a room, if it may.
    pub(crate) fn say(&mut self, index: usize, room: usize) {
        let member = &mut self.members[index];
        let count = member.said[room].len();
        let body = format!("{index}:{room}:{count}").into_bytes();
        let name: Box<str> = format!("p{}", count % 5).into();
        let moves = match self.random.below(8) {
            0 => vec![Move::In(name)],
            1 => vec![Move::Out(name)],
            _ => Vec::new(),
        };
        let messages = 1 + self.random.below(3) as u32;
        if member.node.append(member.rooms[room], messages, &body, &moves).is_ok() {
            member.said[room].push(body);
        }
        if self.random.below(30) == 0 {
            // Somebody comes, and nobody is told.
            let quiet = [Move::In("quiet".into())];
            let number = self.members[index].rooms[room];
            let _ = self.members[index].node.append(number, 0, b"", &quiet);
        }
    }

    /// A node changes a room's charter, if it may.
    pub(crate) fn change(&mut self, index: usize) {
        let room = self.random.below(ROOMS as u64) as usize;
        let text = format!("change {index}:{room}:{}", self.random.next()).into_bytes();
        let member = &mut self.members[index];
        let change = Change {
            count: 1,
            body: text.clone().into(),
            version: member.versions[room],
            charter: text.clone().into(),
            officers: vec![("p1".into(), None)],
        };
        if member.node.change(member.rooms[room], change).is_ok() {
            member.changing[room] = Some(text);
        }
    }

    /// A node's connection breaks. Some of what it has written is still on its way.
    pub(crate) fn cut(&mut self, index: usize) {
        let now = self.time();
        if let Some(way) = self.members[index].way.take() {
            self.let_go(way);
            self.members[index].node.closed(now);
        }
    }

    fn let_go(&mut self, way: u64) {
        let Some(way) = self.ways.get_mut(&way) else { return };
        (way.node, way.to_node) = (None, VecDeque::new());
        let arrives = self.random.below(way.to_engine.len() as u64 + 1) as usize;
        way.to_engine.truncate(arrives.max(way.to_engine.len() / 2));
        // It may come later than what the node's next connection brings.
        let late = self.random.below(2) * self.random.below(4_000);
        way.to_engine.iter_mut().for_each(|(due, _)| *due += late);
    }

    /// An engine's process ends: its connections too.
    pub(crate) fn close_ways(&mut self, engine: usize) {
        for way in self.ways.values_mut().filter(|way| way.engine == engine) {
            way.is_read = false;
            way.to_engine.clear();
        }
    }

    /// A few milliseconds go by.
    pub(crate) fn step(&mut self) {
        self.now += 1 + self.random.below(8);
        if self.now >= self.next_snapshot {
            self.next_snapshot = self.now + SNAPSHOT_EVERY;
            self.snapshots.push_back(self.engines[self.master].store.clone());
            if self.snapshots.len() > SNAPSHOTS {
                self.snapshots.pop_front();
            }
        }
        self.carry_to_engines();
        self.carry_to_nodes();
        for index in 0..self.members.len() {
            let member = &self.members[index];
            if member.is_alive && member.stopped_until <= self.now {
                self.drive(index);
            }
        }
    }

    fn carry_to_engines(&mut self) {
        let ids: Vec<u64> = self.ways.keys().copied().collect();
        for id in ids {
            loop {
                let now = self.now;
                let Some(way) = self.ways.get_mut(&id) else { break };
                let engine = &mut self.engines[way.engine];
                let is_idle = matches!(engine.condition, Condition::Stopped | Condition::Dead);
                let is_due = way.to_engine.front().is_some_and(|(due, _)| *due <= now);
                if is_idle || !is_due || !way.is_read {
                    break;
                }
                let Some((_, bytes)) = way.to_engine.pop_front() else { break };
                for (client, reply) in engine.receive(now, id, &bytes) {
                    let delay = 1 + self.random.below(self.delay);
                    if let Some(way) = self.ways.get_mut(&client).filter(|way| way.node.is_some()) {
                        let last = way.to_node.back().map_or(0, |(due, _)| *due);
                        way.to_node.push_back((last.max(now + delay), reply));
                    }
                }
            }
        }
        let engines = &mut self.engines;
        self.ways.retain(|id, way| {
            let is_over = way.node.is_none() && (way.to_engine.is_empty() || !way.is_read);
            if is_over {
                engines[way.engine].forget(*id);
            }
            !is_over
        });
    }

    fn carry_to_nodes(&mut self) {
        for index in 0..self.members.len() {
            let member = &mut self.members[index];
            let is_stopped = member.stopped_until > self.now || !member.is_alive;
            let Some(id) = member.way.filter(|_| !is_stopped) else { continue };
            let now = Time::at(Duration::from_millis(self.now));
            let Some(way) = self.ways.get_mut(&id) else { continue };
            while way.to_node.front().is_some_and(|(due, _)| *due <= self.now) {
                let Some((_, bytes)) = way.to_node.pop_front() else { break };
                // In two pieces, as a socket may bring it.
                let (one, two) = bytes.split_at(self.random.below(bytes.len() as u64) as usize);
                member.node.receive(now, one);
                member.node.receive(now, two);
            }
            if !way.is_read && way.to_node.is_empty() {
                member.way = None;
                way.node = None;
                member.node.closed(now);
            }
        }
    }

    fn drive(&mut self, index: usize) {
        let now = self.time();
        if self.members[index].node.poll_timeout() <= now {
            self.members[index].node.expire(now);
        }
        match (self.members[index].node.stage(), self.members[index].way) {
            (Stage::Waiting, Some(way)) => {
                self.members[index].way = None;
                self.let_go(way);
            }
            (Stage::Connecting(engine), None) => self.connect(index, engine),
            _ => {}
        }
        self.write(index);
        while let Some(event) = self.members[index].node.event() {
            self.tell(|| format!("node {index}: {event:?}"));
            self.happened(index, event);
        }
    }

    fn connect(&mut self, index: usize, engine: usize) {
        let now = self.time();
        if self.engines[engine].condition == Condition::Dead {
            return self.members[index].node.closed(now);
        }
        self.last_way += 1;
        let (to_engine, to_node) = (VecDeque::new(), VecDeque::new());
        let way = Way { engine, node: Some(index), is_read: true, to_engine, to_node };
        self.ways.insert(self.last_way, way);
        self.members[index].way = Some(self.last_way);
        self.members[index].node.connected(now);
    }

    fn write(&mut self, index: usize) {
        let Some(id) = self.members[index].way else { return };
        let Some(way) = self.ways.get_mut(&id) else { return };
        let output = self.members[index].node.output();
        if output.is_empty() {
            return;
        }
        let most = output.len().min(20_000);
        let bytes = output[..most].to_vec();
        let last = way.to_engine.back().map_or(0, |(due, _)| *due);
        let due = last.max(self.now + 1 + self.random.below(self.delay));
        if way.is_read {
            // In two pieces, of which a cut may lose the second.
            let (one, two) = bytes.split_at(self.random.below(most as u64) as usize);
            way.to_engine.push_back((due, one.to_vec()));
            way.to_engine.push_back((due, two.to_vec()));
        }
        self.members[index].node.wrote(most);
    }

    fn happened(&mut self, index: usize, event: Event) {
        let now = self.now;
        let member = &mut self.members[index];
        let place = |number: &RoomNumber| {
            member.rooms.iter().position(|room| room == number).expect("a room")
        };
        match event {
            Event::Up(_) => member.up_since = Some(now),
            Event::Down(_) => member.up_since = None,
            Event::Entry(number, entry) => {
                let room = place(&number);
                self.record.show(index, room, &entry);
            }
            Event::Gap(number) => {
                let room = place(&number);
                self.record.gap(index, room);
            }
            Event::Opened(number, open) => {
                let room = place(&number);
                member.versions[room] = open.version;
            }
            Event::Changed(number, outcome) => {
                let room = place(&number);
                let text = member.changing[room].take().expect("a change was under way");
                match outcome {
                    Outcome::Conflict(version, _) => {
                        member.versions[room] = version;
                        member.refused[room].push(text);
                    }
                    _ => {
                        member.versions[room] += 1;
                        member.changed[room].push(text);
                    }
                }
            }
            Event::Unfit(unfit) => panic!("an engine that is fit: {unfit}"),
            Event::Lapsed | Event::Answer(..) => {}
        }
    }
}
