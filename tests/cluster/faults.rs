//! A life of a cluster, with everything that may go wrong; and what must hold at its end.

use super::random::Random;
use super::server::Condition;
use super::store::Store;
use super::world::{ROOMS, World};

/// How long things go wrong, in milliseconds; and how long all is well after that.
const TROUBLE: u64 = 30_000;
const PEACE: u64 = 12_000;

/// What may go wrong in a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing that the engine has taken is lost.
    Lossless,
    /// The engine loses its end, or everything; two are masters at once.
    Lossy,
    /// And logs are short, so that what was said cannot always be read any more.
    Trimmed,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) shown: u64,
    pub(crate) holes: u64,
    pub(crate) gaps: u64,
    pub(crate) skipped: u64,
    pub(crate) lost: u64,
    pub(crate) wipes: u64,
    pub(crate) promotions: u64,
    pub(crate) restarts: u64,
    pub(crate) conflicts: u64,
}

/// What ends at a time.
enum Later {
    Serve(usize),
    /// Another process of the engine begins.
    Restart(usize),
    /// The former master follows the new one.
    Demote(usize),
}

struct Life {
    world: World,
    kind: Kind,
    later: Vec<(u64, Later)>,
    outcome: Outcome,
    engine_runs: u64,
}

/// Plays a life.
pub(crate) fn live(seed: u64, is_told: bool) -> Outcome {
    let kind = [Kind::Lossless, Kind::Lossy, Kind::Trimmed, Kind::Lossy][(seed % 4) as usize];
    let kept = (kind == Kind::Trimmed).then_some(8);
    let mut world = World::new(seed, kept);
    world.is_told = is_told;
    let outcome = Outcome::default();
    let mut life = Life { world, kind, later: Vec::new(), outcome, engine_runs: 1 };
    let mut chance = Random::new(!seed);
    let (mut next_fault, mut next_word) = (2_000, 0);
    while life.world.now < TROUBLE {
        life.go_on();
        if life.world.now >= next_word {
            next_word = life.world.now + chance.below(60);
            let index = chance.below(life.world.members.len() as u64) as usize;
            life.speak(index, &mut chance);
        }
        if life.world.now >= next_fault {
            next_fault = life.world.now + chance.between(300, 4_000);
            life.fault(&mut chance);
        }
    }
    life.mend();
    let last = life.later.iter().map(|(at, _)| *at).max().unwrap_or(0).max(TROUBLE);
    while life.world.now < last + PEACE / 2 {
        life.go_on();
    }
    // By which each sees whether something before them is missing.
    life.last_words();
    while life.world.now < last + PEACE {
        life.go_on();
    }
    life.check();
    life.outcome
}

impl Life {
    fn go_on(&mut self) {
        self.world.step();
        let now = self.world.now;
        let (due, later) =
            std::mem::take(&mut self.later).into_iter().partition(|(at, _)| *at <= now);
        self.later = later;
        let due: Vec<_> = due;
        for (_, then) in due {
            self.world.tell(|| "the fault ends".into());
            match then {
                Later::Serve(engine) => self.serve(engine),
                Later::Restart(engine) => {
                    self.engine_runs += 1;
                    self.world.engines[engine].run = format!("run-{}", self.engine_runs);
                    self.serve(engine);
                }
                Later::Demote(engine) => {
                    self.world.engines[engine].condition = Condition::Replica;
                    self.world.close_ways(engine);
                }
            }
        }
    }

    /// An engine works again: as the master, if it is.
    fn serve(&mut self, engine: usize) {
        let is_master = engine == self.world.master;
        self.world.engines[engine].condition =
            if is_master { Condition::Serving } else { Condition::Replica };
    }

    fn speak(&mut self, index: usize, chance: &mut Random) {
        let member = &self.world.members[index];
        if member.is_alive && member.stopped_until <= self.world.now {
            let room = chance.below(ROOMS as u64) as usize;
            self.world.say(index, room);
            if chance.below(12) == 0 {
                self.world.change(index);
            }
        }
    }

    /// Something goes wrong.
    fn fault(&mut self, chance: &mut Random) {
        let (now, master) = (self.world.now, self.world.master);
        let index = chance.below(self.world.members.len() as u64) as usize;
        let is_calm = self.later.is_empty();
        let fault = chance.below(if self.kind == Kind::Lossless { 6 } else { 10 });
        self.world.tell(|| format!("fault {fault} of node {index} or engine {master}"));
        match fault {
            0 => self.world.cut(index),
            1 => (0..self.world.members.len()).for_each(|index| self.world.cut(index)),
            2 => self.world.members[index].stopped_until = now + chance.between(500, 9_000),
            3 => self.world.delay = *[2, 3, 30, 200].get(chance.below(4) as usize).expect("one"),
            4 if is_calm => {
                self.world.engines[master].condition = Condition::Stopped;
                self.later.push((now + chance.between(500, 12_000), Later::Serve(master)));
            }
            5 if is_calm => {
                self.world.engines[master].condition = Condition::Full;
                self.later.push((now + chance.between(500, 4_000), Later::Serve(master)));
            }
            6 if is_calm => {
                self.world.engines[master].condition = Condition::Dead;
                self.world.engines[master].store = self.former(chance);
                self.world.close_ways(master);
                self.later.push((now + chance.between(0, 15_000), Later::Restart(master)));
                self.outcome.restarts += 1;
            }
            7 if is_calm => self.promote(chance),
            8 if is_calm && self.all_are_up() => {
                self.world.engines[master].store = Store::default();
                self.world.snapshots.clear();
                self.outcome.wipes += 1;
            }
            9 if self.world.members.len() < 6 => {
                let member = &mut self.world.members[index];
                if member.is_alive {
                    member.is_alive = false;
                    self.world.cut(index);
                    self.world.start(["a", "b", "c"][index % 3], false);
                }
            }
            _ => {}
        }
    }

    /// What the master was a little while ago.
    fn former(&mut self, chance: &mut Random) -> Store {
        let snapshots = &self.world.snapshots;
        let back = chance.below(snapshots.len() as u64 + 1) as usize;
        let former = snapshots.iter().rev().nth(back.saturating_sub(1)).filter(|_| back > 0);
        let former = former.cloned();
        self.world.snapshots.clear();
        former.unwrap_or_else(|| self.world.engines[self.world.master].store.clone())
    }

    /// The other engine becomes the master, with what it has. The former one may not know yet.
    fn promote(&mut self, chance: &mut Random) {
        let (now, old) = (self.world.now, self.world.master);
        let new = 1 - old;
        self.world.engines[new].store = self.former(chance);
        self.world.engines[new].condition = Condition::Serving;
        self.world.master = new;
        self.later.push((now + chance.below(4_000), Later::Demote(old)));
        if chance.below(2) == 0 {
            self.world.engines[old].condition = Condition::Dead;
            self.world.close_ways(old);
        }
        self.outcome.promotions += 1;
    }

    /// Whether all have heard lately what there was to be heard: what was said longer ago is
    /// remembered by the engine alone.
    fn all_are_up(&self) -> bool {
        let now = self.world.now;
        let is_up = |since: Option<u64>| since.is_some_and(|since| since + 2_000 < now);
        self.world
            .members
            .iter()
            .all(|member| !member.is_alive || is_up(member.up_since) && member.stopped_until < now)
    }

    fn last_words(&mut self) {
        for index in 0..self.world.members.len() {
            let is_alive = self.world.members[index].is_alive;
            (0..ROOMS).filter(|_| is_alive).for_each(|room| self.world.say(index, room));
        }
    }

    fn mend(&mut self) {
        self.world.delay = 3;
        self.world.engines.iter_mut().for_each(|engine| engine.loses_one_of = None);
        for member in &mut self.world.members {
            member.stopped_until = member.stopped_until.min(self.world.now);
        }
    }

    /// What must hold once all is well.
    fn check(&mut self) {
        let world = &self.world;
        let living = || world.members.iter().enumerate().filter(|(_, member)| member.is_alive);
        for (reader, member) in living() {
            assert_eq!(member.node.bytes().0, 0, "node {reader}: all that it said is in a log");
            let counters = member.node.counters();
            assert_eq!(counters.malformed, 0);
            self.outcome.holes += counters.holes;
            self.outcome.skipped += counters.skipped;
            self.outcome.lost += counters.lost;
            self.outcome.gaps += counters.gaps;
            for room in 0..ROOMS {
                let gaps = world.record.views.get(&(reader, room)).map_or(0, |view| view.gaps);
                if self.kind == Kind::Trimmed && gaps > 0 {
                    continue;
                }
                assert_eq!(gaps, 0, "node {reader}, room {room}: a gap where all is kept");
                if !member.is_present_from_start && self.kind != Kind::Lossless {
                    continue;
                }
                for (author, other) in living() {
                    let missing = world.record.missing(reader, room, &other.said[room]);
                    let said = other.said[room].len();
                    assert!(
                        missing.is_empty(),
                        "node {reader} lacks in room {room} of {said} by node {author}: {missing:?}"
                    );
                }
            }
        }
        self.outcome.shown = world.record.shown;
        if self.kind == Kind::Lossless {
            self.check_logs();
        }
    }

    /// Where nothing is lost, the log has what was said, and of changes those that were made.
    fn check_logs(&mut self) {
        let world = &self.world;
        for room in 0..ROOMS {
            let log = world.engines[world.master].store.log(&format!("room{room}"));
            let times = |body: &[u8]| log.iter().filter(|entry| entry.ends_with(body)).count();
            for member in &world.members {
                let texts = |list: &[Vec<Vec<u8>>]| -> Vec<Vec<u8>> {
                    list[room].iter().map(|body| [b" ".as_slice(), body].concat()).collect()
                };
                for body in texts(&member.said).iter().chain(&texts(&member.changed)) {
                    assert_eq!(times(body), 1, "{}", body.escape_ascii());
                }
                for body in texts(&member.refused) {
                    assert_eq!(times(&body), 0, "{}", body.escape_ascii());
                }
                self.outcome.conflicts += member.refused[room].len() as u64;
            }
        }
    }
}
