//! One run: a crowd, its network, the server and the model, all from one seed.
//!
//! Drives the turns of the server as the poll loop of `net` does, with budgets of its own, and lets
//! the model do the same.

use std::collections::BTreeSet;
use std::time::Duration;

use mio_chat::id::ClientId;
use mio_chat::server::Turn;
use mio_chat::time::Time;

use crate::common::shelf::SharedShelf;
use crate::crowd::Crowd;
use crate::endpoints::Endpoints;
use crate::model::{Nanos, nanos};
use crate::people::{self, Lore, Program};
use crate::persistence::new_server;
use crate::random::Random;
use crate::replica::Replica;
use crate::rules::Rules;
use crate::seen::Seen;
use crate::wire::{Habit, Wire};

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
    pub(crate) turn: Turn,
    pub(crate) replica: Replica,
    pub(crate) crowd: Crowd,
    /// Every id that anybody ever had.
    ever: BTreeSet<ClientId>,
    pub(crate) endpoints: Endpoints,
    pub(crate) shelf: SharedShelf,
    talkative: bool,
    /// When the last turn was.
    before: Nanos,
    /// Turns without a flush.
    unflushed: u32,
}

impl World {
    /// The world of one seed. `trace` prints what happens.
    pub(crate) fn new(seed: u64, trace: bool) -> Self {
        let mut random = Random::new(seed);
        let rules = Rules::draw(&mut random, seed.is_multiple_of(2));
        let shelf = SharedShelf::default();
        let mut server = new_server(&rules, 7, &shelf);
        Self {
            replica: Replica::beginning(&rules, 7, None, &mut server),
            turn: Turn::new(server, Duration::ZERO),
            crowd: Crowd::new(random, rules, trace),
            ever: BTreeSet::new(),
            endpoints: Endpoints::default(),
            shelf,
            talkative: rules.flood.is_none(),
            before: 0,
            unflushed: 0,
        }
    }

    /// Something happens somewhere, and the loop turns.
    pub(crate) fn step(&mut self) {
        match self.crowd.random.below(100) {
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
            60..=67 => self.endpoints.send(self.crowd.now, &mut self.crowd.random),
            68..=69 => self.pass(20 * SECOND),
            70..=79 => self.pass(300 * MILLISECOND),
            80 => self.sleep_late(),
            _ => self.pass(5 * MILLISECOND),
        }
        // By no number of its own, so that people do what they would do anyway.
        if self.crowd.hash.is_multiple_of(64) {
            self.hand_over();
        }
        self.turn();
    }

    /// A number for all that was sent to everybody, and when.
    pub(crate) fn hash(&self) -> u64 {
        self.crowd.hash
    }

    /// What has happened.
    pub(crate) fn seen(mut self) -> Seen {
        self.crowd.seen.deeds = self.crowd.model.rooms.deeds;
        self.crowd.seen
    }

    // ---- People ----

    fn somebody_comes(&mut self) {
        if self.crowd.wires.len() >= CROWD {
            return;
        }
        let id = self.crowd.ids.insert_with(|_| ());
        let address =
            self.crowd.model.rooms.address(self.crowd.random.below(32) as u8, !self.talkative);
        assert!(
            self.turn.server.connect(self.crowd.time(), id, address).is_ok(),
            "{address} is refused"
        );
        assert!(self.ever.insert(id), "{id} was somebody else's");
        self.crowd.model.connect(self.crowd.now, id, address);
        let mut program = people::program(&mut self.crowd.random);
        let number = self.ever.len();
        let has_irc = self.crowd.model.rules.has_irc();
        program = match program {
            Program::Lines if number.is_multiple_of(3) => Program::Json,
            Program::Lines if has_irc && number % 3 == 1 => Program::Irc,
            Program::Silent if has_irc => Program::Irc,
            other => other,
        };
        let nickname = people::nickname(&mut self.crowd.random);
        self.crowd.note(format_args!("{id} comes as {nickname} with {program:?}"));
        let mut wire = Wire::new(program, nickname);
        let may_encrypt = !matches!(program, Program::Json | Program::Foreign | Program::Irc);
        if number % 7 == 1 && may_encrypt {
            wire.secure(self.crowd.now, number / 7);
            self.crowd.note(format_args!("{id} comes encrypted"));
        }
        let stale = self.crowd.wires.insert(id, wire);
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
            self.crowd.note(format_args!("  says {:?}", bytes.escape_ascii().to_string()));
        }
    }

    /// Only who has a nickname stops reading: how strangers are cut is told by stories.
    fn somebody_reads_otherwise(&mut self) {
        let members: Vec<ClientId> = self
            .crowd
            .wires
            .keys()
            .copied()
            .filter(|id| self.turn.server.status().lobby().is_member(*id))
            .collect();
        if members.is_empty() {
            return;
        }
        let id = members[self.crowd.random.below(members.len())];
        let habit = [Habit::Prompt, Habit::Slow, Habit::Never][self.crowd.random.below(3)];
        let wire = self.crowd.wires.get_mut(&id).expect("a member is connected");
        wire.habit = habit;
        // Who reads again says so.
        if self.crowd.model.client(id).blocked && habit != Habit::Never {
            wire.writable_at = Some(self.crowd.now);
        }
        self.crowd.note(format_args!("{id} reads {habit:?}"));
    }

    fn with_somebody(&mut self, act: impl FnOnce(&mut Wire, Nanos, &mut Random, &Lore)) {
        if self.crowd.wires.is_empty() {
            return;
        }
        let at = self.crowd.random.below(self.crowd.wires.len());
        let (id, wire) = self.crowd.wires.iter_mut().nth(at).expect("below the length");
        let id = *id;
        act(wire, self.crowd.now, &mut self.crowd.random, &self.crowd.model.lore(id));
        self.crowd.note(format_args!("{id}:"));
        if self.crowd.wires[&id].broken {
            self.turn.note_readable(id);
        }
    }

    // ---- Time ----

    /// Lets up to so much time pass, turn by turn.
    fn pass(&mut self, most: Nanos) {
        let until = self.crowd.now + 1 + self.crowd.random.next() % most;
        self.run_until(until);
    }

    /// The loop was busy elsewhere: what was due is done late. Only when the order in which that
    /// happens cannot matter.
    fn sleep_late(&mut self) {
        let until = self.crowd.now + self.crowd.random.next() % SECOND;
        let due = self.crowd.wires.keys().filter(|id| self.crowd.model.is_due(until, **id));
        let waits = self.crowd.model.clients.values().any(|client| client.stuck_since.is_some());
        if !waits && due.count() <= 1 {
            self.crowd.now = until;
        }
    }

    pub(crate) fn run_until(&mut self, until: Nanos) {
        for _ in 0..TURNS_MAX {
            let next = self.turn.due().map(|due| due.since(Time::ZERO));
            let wires = self.crowd.wires.values().filter_map(Wire::next_event).min();
            let next = [next.map(nanos), wires, self.endpoints.next_event()];
            match next.into_iter().flatten().min() {
                Some(next) if next <= until => self.crowd.now = self.crowd.now.max(next),
                _ => {
                    self.crowd.now = until;
                    return self.turn();
                }
            }
            self.turn();
        }
        panic!("the server is never content");
    }

    // ---- One turn of the loop, as `net` does it ----

    fn turn(&mut self) {
        self.wait();
        let answers =
            self.endpoints.deliver(self.crowd.now, &mut self.crowd.random, &mut self.turn.server);
        self.crowd.mix(&answers);
        self.crowd.lines = self.turn.server.status().counters().lines;
        self.turn.steps().hear(self.crowd.time(), &mut self.crowd);
        self.expire();
        // As the pacer does it, a flush may be put off, but not for long.
        self.unflushed = (self.unflushed + 1) * u32::from(self.crowd.random.below(4) == 0);
        let under_way = self.turn.is_writing();
        if under_way || self.turn.server.status().wants_flush() || self.unflushed.is_multiple_of(4)
        {
            let most = 1 + self.crowd.random.below(2 * CROWD);
            self.flush(most);
        }
        self.turn.steps().reap(&mut self.crowd);
        self.check();
        self.before = self.crowd.now;
    }

    fn wait(&mut self) {
        let ids: Vec<ClientId> = self.crowd.wires.keys().copied().collect();
        for id in ids {
            let wire = self.crowd.wires.get_mut(&id).expect("nobody has left yet");
            let (readable, writable) = wire.advance(self.crowd.now);
            if readable {
                self.turn.note_readable(id);
            }
            if writable {
                self.turn.note_writable(id);
                self.crowd.model.client(id).blocked = false;
            }
        }
    }

    fn expire(&mut self) {
        // In what order people with much to say are held up is not for the model to know.
        while self.turn.server.status().wants_flush() {
            self.flush(usize::MAX);
        }
        self.relieve();
        // Digests and answers to passwords come first, and may be what is too much.
        let ticks = self.crowd.model.tick_due().is_some_and(|due| due <= self.crowd.now);
        let most = self.turn.server.status().held() + if ticks { TICK_BYTES_MAX } else { 0 };
        let (over_total, lines) =
            (most > self.crowd.model.rules.total, self.turn.server.status().counters().lines);
        self.turn.steps().expire_until(self.crowd.time(), &mut self.crowd);
        self.crowd.model.tick(self.crowd.now);
        // Who was due at the very moment at which it was too old has not been heard, if nobody was.
        self.crowd.nobody_heard = lines == self.turn.server.status().counters().lines;
        self.crowd.note_cut_off(&self.turn.server, self.crowd.now, over_total, false);
        let served = self.crowd.model.timeout(self.crowd.now);
        self.crowd.note_cut_off(&self.turn.server, self.crowd.now, over_total, true);
        let has_reason = self.turn.server.status().wants_flush();
        for id in served {
            self.crowd.note(format_args!("{id} was due"));
            self.crowd.model.note_appetite(id, self.turn.server.status().appetite(id), has_reason);
        }
    }

    /// Where too much memory is held, has the server cut somebody off before anything else is due:
    /// a model need not know whether a line that was due then was still carried out.
    fn relieve(&mut self) {
        while self.turn.server.status().held() > self.crowd.model.rules.total {
            let (stuck, before) = (self.crowd.model.is_anybody_stuck(), self.crowd.seen.cut_off);
            self.turn
                .steps()
                .expire_until(Time::at(Duration::from_nanos(self.before)), &mut self.crowd);
            self.crowd.model.tick(self.before);
            self.crowd.note_cut_off(&self.turn.server, self.before, true, true);
            let too_much = self.turn.server.status().held() > self.crowd.model.rules.total;
            let helped = !too_much || self.crowd.seen.cut_off > before;
            assert!(!stuck || helped, "too much is held, and nobody is cut off");
            // What waited for one may wait for another as well, who is next.
            if !stuck {
                return;
            }
        }
    }

    /// Writes to so many at most; who is left is written to in the next turn.
    fn flush(&mut self, most: usize) {
        if !self.turn.is_writing() {
            self.crowd.model.begin_flush();
        }
        self.turn.steps().write(self.crowd.time(), most, &mut self.crowd);
    }

    // ---- What must hold after each turn ----

    fn check(&mut self) {
        // In the middle of a flush people with bytes are on no list of the server's.
        if !self.turn.is_writing() {
            self.turn.server.status().check_invariants();
        }
        if !self.crowd.stopping {
            self.replica.follow(&mut self.turn.server);
        }
        self.crowd.model.end_turn(self.crowd.now);
        let (delivery, count) =
            (self.turn.server.status().delivery_counters(), self.turn.server.status().clients());
        assert_eq!(self.turn.server.status().counters().lines, self.crowd.model.lines, "lines");
        assert_eq!(
            self.turn.server.status().counters().held_by_origin,
            self.crowd.model.turns_given,
            "turns"
        );
        assert_eq!(delivery.deliveries, self.crowd.model.deliveries, "deliveries");
        assert_eq!(delivery.sent_bytes, self.crowd.taken, "bytes sent");
        assert_eq!(
            (count, count),
            (self.crowd.model.clients.len(), self.crowd.wires.len()),
            "connections"
        );
        let due = self.crowd.model.next_due().map(|(due, _)| due);
        let due = due.into_iter().chain(self.crowd.model.tick_due()).min();
        let wakes = self.turn.due().map(|due| nanos(due.since(Time::ZERO)));
        let wakes_in_time = due.is_none_or(|due| wakes.is_some_and(|wakes| wakes <= due));
        assert!(wakes_in_time, "sleeps until {wakes:?}, and somebody is due at {due:?}");
        for (id, wire) in &self.crowd.wires {
            let client = &self.crowd.model.clients[id];
            let appetite = self.turn.server.status().appetite(*id);
            assert_eq!(appetite > 0, client.may_be_read(), "{id}: may it be read?");
            let forgotten =
                appetite > 0 && wire.readable && wire.has_input() && !self.turn.is_listed(*id);
            assert!(!forgotten, "{id} has something to say and is forgotten");
        }
        self.crowd.seen.note(self.turn.server.status().counters(), &delivery, self.endpoints.met);
    }
}
