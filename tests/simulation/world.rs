//! One run: a crowd, its network, the server and the model, all from one seed.
//!
//! Plays the poll loop of `net` without sockets, in its order, and lets the model do the same.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::IoSlice;
use std::time::Duration;

use mio_chat::id::{ClientId, Registry};
use mio_chat::limits::{LINES_PER_TURN, WRITE_SLICES};
use mio_chat::server::Server;
use mio_chat::time::Time;

use crate::common::shelf::SharedShelf;
use crate::endpoints::Endpoints;
use crate::keeping::new_server;
use crate::model::{Model, Nanos, nanos};
use crate::people::{self, Lore};
use crate::random::Random;
use crate::rules::Rules;
use crate::seen::Seen;
use crate::slow::was_cut_off;
use crate::wire::{Habit, Input, Wire};

const MILLISECOND: Nanos = 1_000_000;
pub(crate) const SECOND: Nanos = 1_000 * MILLISECOND;
/// People at once.
const CROWD: usize = 12;
/// Memory that digests and answers to passwords take at most.
const TICK_BYTES_MAX: usize = 8 * 1_024;
/// Turns after which a step that is not over is taken to spin.
pub(crate) const TURNS_MAX: usize = 20_000;

/// One run.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) now: Nanos,
    pub(crate) server: Server,
    pub(crate) model: Model,
    ids: Registry<()>,
    /// Every id that anybody ever had.
    ever: BTreeSet<ClientId>,
    pub(crate) wires: BTreeMap<ClientId, Wire>,
    /// The server's ready list.
    ready: VecDeque<ClientId>,
    pub(crate) endpoints: Endpoints,
    pub(crate) shelf: SharedShelf,
    talkative: bool,
    pub(crate) stopping: bool,
    /// When the last turn was.
    before: Nanos,
    /// Those of the flush that is under way who were not written to yet.
    pub(crate) flushing: VecDeque<ClientId>,
    /// Turns without a flush.
    unflushed: u32,
    /// No line was carried out when something was due last.
    nobody_heard: bool,
    /// Bytes that sockets took.
    pub(crate) taken: u64,
    hash: u64,
    pub(crate) seen: Seen,
    trace: bool,
}

impl World {
    /// The world of one seed. `trace` prints what happens.
    pub(crate) fn new(seed: u64, trace: bool) -> Self {
        let mut random = Random::new(seed);
        let rules = Rules::draw(&mut random, seed.is_multiple_of(2));
        let shelf = SharedShelf::default();
        Self {
            now: 0,
            model: Model::new(rules),
            ids: Registry::default(),
            ever: BTreeSet::new(),
            wires: BTreeMap::new(),
            ready: VecDeque::new(),
            endpoints: Endpoints::default(),
            server: new_server(&rules, 7, &shelf),
            shelf,
            talkative: rules.flood.is_none(),
            stopping: false,
            before: 0,
            flushing: VecDeque::new(),
            unflushed: 0,
            nobody_heard: false,
            taken: 0,
            hash: 0xcbf2_9ce4_8422_2325,
            seen: Seen::default(),
            trace,
            random,
        }
    }

    /// Something happens somewhere, and the loop turns.
    pub(crate) fn step(&mut self) {
        match self.random.below(100) {
            0..=2 => self.somebody_comes(),
            3..=53 => self.somebody_speaks(),
            54 => self.save(),
            55 => self.with_somebody(|wire, now, _, _| {
                if wire.is_open() {
                    wire.finish(now);
                }
            }),
            56 => self.with_somebody(|wire, _, _, _| (wire.broken, wire.readable) = (true, true)),
            57..=59 => self.somebody_reads_otherwise(),
            60..=67 => self.endpoints.send(self.now, &mut self.random),
            68..=69 => self.pass(20 * SECOND),
            70..=79 => self.pass(300 * MILLISECOND),
            80 => self.sleep_late(),
            _ => self.pass(5 * MILLISECOND),
        }
        // By no number of its own, so that people do what they would do anyway.
        if self.hash.is_multiple_of(64) {
            self.hand_over();
        }
        self.turn();
    }

    /// A number for all that was sent to everybody, and when.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    /// What has happened.
    pub(crate) fn seen(mut self) -> Seen {
        self.seen.deeds = self.model.rooms.deeds;
        self.seen
    }

    // ---- People ----

    fn somebody_comes(&mut self) {
        if self.wires.len() >= CROWD {
            return;
        }
        let id = self.ids.insert_with(|_| ());
        let address = self.model.rooms.address(self.random.below(32) as u8, !self.talkative);
        assert!(self.server.connect(self.time(), id, address).is_ok(), "{address} is refused");
        assert!(self.ever.insert(id), "{id} was somebody else's");
        self.model.connect(self.now, id, address);
        let program = people::program(&mut self.random);
        let nickname = people::nickname(&mut self.random);
        self.note(format_args!("{id} comes as {nickname} with {program:?}"));
        let stale = self.wires.insert(id, Wire::new(program, nickname));
        assert!(stale.is_none(), "{id} is used twice");
    }

    fn somebody_speaks(&mut self) {
        let talkative = self.talkative;
        let mut said = None;
        self.with_somebody(|wire, now, random, lore| {
            if !wire.is_open() {
                return;
            }
            let first = !std::mem::replace(&mut wire.has_spoken, true);
            let bytes =
                people::speech(random, wire.program, &wire.nickname, first, talkative, lore);
            wire.send(now, random, &bytes);
            said = Some(bytes);
        });
        if let Some(bytes) = said {
            self.note(format_args!("  says {:?}", bytes.escape_ascii().to_string()));
        }
    }

    /// Only who has a nickname stops reading: how strangers are cut is told by stories.
    fn somebody_reads_otherwise(&mut self) {
        let members: Vec<ClientId> =
            self.wires.keys().copied().filter(|id| self.server.lobby().is_member(*id)).collect();
        if members.is_empty() {
            return;
        }
        let id = members[self.random.below(members.len())];
        let habit = [Habit::Prompt, Habit::Slow, Habit::Never][self.random.below(3)];
        let wire = self.wires.get_mut(&id).expect("a member is connected");
        wire.habit = habit;
        // Who reads again says so.
        if self.model.client(id).blocked && habit != Habit::Never {
            wire.writable_at = Some(self.now);
        }
        self.note(format_args!("{id} reads {habit:?}"));
    }

    fn with_somebody(&mut self, act: impl FnOnce(&mut Wire, Nanos, &mut Random, &Lore)) {
        if self.wires.is_empty() {
            return;
        }
        let at = self.random.below(self.wires.len());
        let (id, wire) = self.wires.iter_mut().nth(at).expect("below the length");
        let id = *id;
        act(wire, self.now, &mut self.random, &self.model.lore(id));
        self.note(format_args!("{id}:"));
        if self.wires[&id].broken {
            self.queue(id);
        }
    }

    // ---- Time ----

    /// Lets up to so much time pass, turn by turn.
    fn pass(&mut self, most: Nanos) {
        let until = self.now + 1 + self.random.next() % most;
        self.run_until(until);
    }

    /// The loop was busy elsewhere: what was due is done late. Only when the order in which that
    /// happens cannot matter.
    fn sleep_late(&mut self) {
        let until = self.now + self.random.next() % SECOND;
        let due = self.wires.keys().filter(|id| self.model.is_due(until, **id));
        let waits = self.model.clients.values().any(|client| client.stuck_since.is_some());
        if !waits && due.count() <= 1 {
            self.now = until;
        }
    }

    pub(crate) fn run_until(&mut self, until: Nanos) {
        for _ in 0..TURNS_MAX {
            let mut next = self.server.poll_timeout().map(|due| due.since(Time::ZERO));
            let unfinished = !self.flushing.is_empty() || !self.ready.is_empty();
            if unfinished || self.server.is_dirty() {
                next = Some(Duration::ZERO);
            }
            let wires = self.wires.values().filter_map(Wire::next_event).min();
            let next = [next.map(nanos), wires, self.endpoints.next_event()];
            match next.into_iter().flatten().min() {
                Some(next) if next <= until => self.now = self.now.max(next),
                _ => {
                    self.now = until;
                    return self.turn();
                }
            }
            self.turn();
        }
        panic!("the server is never content");
    }

    pub(crate) fn time(&self) -> Time {
        Time::at(Duration::from_nanos(self.now))
    }

    // ---- One turn of the loop, as `net` does it ----

    fn turn(&mut self) {
        self.wait();
        let answers = self.endpoints.deliver(self.now, &mut self.random, &mut self.server);
        self.mix(&answers);
        for _ in 0..self.ready.len() {
            if self.server.wants_flush() {
                break;
            }
            let Some(id) = self.ready.pop_front() else { break };
            self.hear(id);
        }
        self.expire();
        // As the pacer does it, a flush may be put off, but not for long.
        self.unflushed = (self.unflushed + 1) * u32::from(self.random.below(4) == 0);
        let under_way = !self.flushing.is_empty();
        if under_way || self.server.wants_flush() || self.unflushed.is_multiple_of(4) {
            let most = 1 + self.random.below(2 * CROWD);
            self.flush(most);
        }
        self.reap();
        self.check();
        self.before = self.now;
    }

    fn wait(&mut self) {
        let ids: Vec<ClientId> = self.wires.keys().copied().collect();
        for id in ids {
            let wire = self.wires.get_mut(&id).expect("nobody has left yet");
            let (readable, writable) = wire.advance(self.now);
            if readable {
                self.queue(id);
            }
            if writable {
                self.server.unblock(id);
                self.model.client(id).blocked = false;
            }
        }
    }

    fn queue(&mut self, id: ClientId) {
        if let Some(wire) = self.wires.get_mut(&id)
            && !std::mem::replace(&mut wire.queued, true)
        {
            self.ready.push_back(id);
        }
    }

    fn queue_woken(&mut self) {
        while let Some(id) = self.server.poll_woken() {
            self.queue(id);
        }
    }

    fn hear(&mut self, id: ClientId) {
        let mut heard_of = None;
        let (now, before) = (self.time(), self.server.counters().lines);
        let Some(wire) = self.wires.get_mut(&id) else { return };
        wire.queued = false;
        let heard = |server: &Server| server.counters().lines - before;
        if self.server.resume(now, id) {
            self.model.resume(self.now, id, heard(&self.server));
        } else {
            let appetite = self.server.appetite(id);
            if appetite == 0 || !wire.readable {
                return;
            }
            match wire.read(&mut self.random, appetite) {
                Input::Bytes(bytes) => {
                    heard_of = Some(bytes.escape_ascii().to_string());
                    self.server.receive(now, id, &bytes);
                    self.model.receive(self.now, id, &bytes, heard(&self.server));
                }
                Input::Nothing => {}
                Input::End => {
                    self.server.half_closed(now, id);
                    self.model.half_closed(self.now, id, heard(&self.server));
                }
                Input::Broken => {
                    self.server.read_failed(now, id);
                    self.model.read_failed(self.now, id, heard(&self.server));
                }
            }
            if self.wires[&id].readable {
                self.queue(id);
            }
        }
        let lines = heard(&self.server);
        self.note(format_args!("{id} is read: {heard_of:?}, {lines} lines"));
        let has_reason = self.server.wants_flush() || lines >= LINES_PER_TURN as u64 / 2;
        self.note_cut_off(self.now, false, true);
        self.model.note_appetite(id, self.server.appetite(id), has_reason);
        self.seen.paused += u64::from(self.server.wants_flush());
        self.queue_woken();
    }

    fn expire(&mut self) {
        // In what order people with much to say are held up is not for the model to know.
        while self.server.wants_flush() {
            self.flush(usize::MAX);
        }
        self.relieve();
        // Digests and answers to passwords come first, and may be what is too much.
        let ticks = self.model.tick_due().is_some_and(|due| due <= self.now);
        let most = self.server.held() + if ticks { TICK_BYTES_MAX } else { 0 };
        let (over_total, lines) = (most > self.model.rules.total, self.server.counters().lines);
        self.server.handle_timeout(self.time());
        self.model.tick(self.now);
        // Who was due at the very moment at which it was too old has not been heard, if nobody was.
        self.nobody_heard = lines == self.server.counters().lines;
        self.note_cut_off(self.now, over_total, false);
        let served = self.model.timeout(self.now);
        self.note_cut_off(self.now, over_total, true);
        let has_reason = self.server.wants_flush();
        for id in served {
            self.note(format_args!("{id} was due"));
            self.model.note_appetite(id, self.server.appetite(id), has_reason);
        }
        self.queue_woken();
    }

    /// Where too much memory is held, has the server cut somebody off before anything else is due:
    /// a model need not know whether a line that was due then was still carried out.
    fn relieve(&mut self) {
        while self.server.held() > self.model.rules.total {
            let (stuck, before) = (self.model.is_anybody_stuck(), self.seen.cut_off);
            self.server.handle_timeout(Time::at(Duration::from_nanos(self.before)));
            self.model.tick(self.before);
            self.note_cut_off(self.before, true, true);
            let too_much = self.server.held() > self.model.rules.total;
            let helped = !too_much || self.seen.cut_off > before;
            assert!(!stuck || helped, "too much is held, and nobody is cut off");
            // What waited for one may wait for another as well, who is next.
            if !stuck {
                return;
            }
        }
    }

    /// Writes to so many at most; who is left is written to in the next turn.
    fn flush(&mut self, most: usize) {
        if self.flushing.is_empty() {
            let mut dirty = Vec::new();
            self.server.take_dirty(&mut dirty);
            self.flushing.extend(dirty);
            self.model.begin_flush();
        }
        for id in self.flushing.drain(..most.min(self.flushing.len())).collect::<Vec<_>>() {
            // Somebody may have been freed since the flush began.
            let Some(wire) = self.wires.get_mut(&id) else { continue };
            let mut slices = [IoSlice::new(&[]); WRITE_SLICES];
            let count = self.server.gather(id, &mut slices);
            let mut bytes: Vec<u8> =
                slices[..count].iter().flat_map(|slice| slice.to_vec()).collect();
            if bytes.is_empty() {
                continue;
            }
            if wire.broken {
                self.server.write_failed(id);
                self.model.write_failed(id);
                wire.readable = true;
                self.queue(id);
                continue;
            }
            let offered = bytes.len();
            bytes.truncate(wire.take(self.now, &mut self.random, offered));
            let full = bytes.len() < offered;
            self.taken += bytes.len() as u64;
            self.mix(&bytes);
            self.note(format_args!("{id} <- {:?}", bytes.escape_ascii().to_string()));
            self.server.sent(self.time(), id, bytes.len(), full);
            self.model.sent(self.now, id, &bytes, full);
            self.note_cut_off(self.now, false, true);
        }
    }

    fn reap(&mut self) {
        while let Some((id, reason)) = self.server.poll_reap() {
            self.note(format_args!("{id} is freed: {}", reason.name()));
            self.model.reaped(self.now, id, reason);
            assert!(self.ids.remove(id).is_some(), "{id} was freed twice");
            self.wires.remove(&id);
            self.seen.note_close(reason);
        }
    }

    /// Tells the model who was cut off as slow at `now`. `is_all`: nothing else can be why a member
    /// is none any more.
    fn note_cut_off(&mut self, now: Nanos, over_total: bool, is_all: bool) {
        if self.stopping {
            return;
        }
        let mut gone = self.model.missing(&self.server, over_total);
        let model = &self.model;
        gone.retain(|&id| {
            let slow = model.may_cut_off(now, id, over_total);
            let waits = model.clients[&id].expected.most_weight();
            assert!(slow || !is_all, "{id} was cut off without a reason: {waits} bytes wait");
            // Before anything is due only those are cut off who are too old.
            let heard = model.is_due(now, id) && !self.nobody_heard;
            let first = model.is_too_old(now, id) && !heard;
            slow && (is_all || (first && was_cut_off(&self.server, id)))
        });
        if !gone.is_empty() {
            self.note(format_args!("cut off: {gone:?}"));
            self.seen.cut_off += gone.len() as u64;
            self.seen.over_total += u64::from(over_total);
            self.model.cut_off(now, &gone);
        }
    }

    // ---- What must hold after each turn ----

    fn check(&mut self) {
        // In the middle of a flush people with bytes are on no list of the server's.
        if self.flushing.is_empty() {
            self.server.check_invariants();
        }
        self.model.end_turn(self.now);
        let (delivery, count) = (self.server.delivery_counters(), self.server.clients());
        assert_eq!(self.server.counters().lines, self.model.lines, "lines");
        assert_eq!(self.server.counters().held_by_origin, self.model.turns_given, "turns");
        assert_eq!(delivery.deliveries, self.model.deliveries, "deliveries");
        assert_eq!(delivery.sent_bytes, self.taken, "bytes sent");
        assert_eq!((count, count), (self.model.clients.len(), self.wires.len()), "connections");
        let due = self.model.next_due().map(|(due, _)| due);
        let due = due.into_iter().chain(self.model.tick_due()).min();
        let wakes = self.server.poll_timeout().map(|due| nanos(due.since(Time::ZERO)));
        let wakes_in_time = due.is_none_or(|due| wakes.is_some_and(|wakes| wakes <= due));
        assert!(wakes_in_time, "sleeps until {wakes:?}, and somebody is due at {due:?}");
        for (id, wire) in &self.wires {
            let client = &self.model.clients[id];
            let appetite = self.server.appetite(*id);
            assert_eq!(appetite > 0, client.may_be_read(), "{id}: may it be read?");
            let forgotten = appetite > 0 && wire.readable && wire.has_input() && !wire.queued;
            assert!(!forgotten, "{id} has something to say and is forgotten");
        }
        self.seen.note(self.server.counters(), &delivery, self.endpoints.met);
    }

    fn mix(&mut self, bytes: &[u8]) {
        // FNV-1a, in words: the same on every machine.
        for chunk in bytes.chunks(8).chain([&self.now.to_le_bytes()[..]]) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.hash = (self.hash ^ u64::from_le_bytes(word)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub(crate) fn note(&self, what: std::fmt::Arguments<'_>) {
        if self.trace {
            eprintln!("{:>15.9} {what}", self.now as f64 / SECOND as f64);
        }
    }
}
