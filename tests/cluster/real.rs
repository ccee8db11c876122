//! Nodes on a real engine that is killed, emptied, and cuts connections.

use std::time::Duration;

use mio_chat::cluster::node::Event;
use mio_chat::time::Time;

use super::random::Random;
use super::record::Record;
use super::redis::{Driver, Redis, wait};

const ROOMS: usize = 3;
const NODES: usize = 3;

/// Nodes that talk, and what they have said and shown.
struct Talkers {
    redis: Redis,
    drivers: Vec<Driver>,
    record: Record,
    said: Vec<Vec<Vec<u8>>>,
    random: Random,
    gaps: u64,
}

impl Talkers {
    fn start(options: &[&str]) -> Option<Self> {
        let redis = Redis::start(options)?;
        let driver = |index: usize| Driver::new(&redis, ["a", "b", "c"][index], 7, ROOMS);
        let drivers = (0..NODES).map(driver).collect();
        let said = vec![Vec::new(); ROOMS];
        let (record, random) = (Record::default(), Random::new(1));
        Some(Self { redis, drivers, record, said, random, gaps: 0 })
    }

    fn turn(&mut self) {
        wait(&self.drivers);
        for (index, driver) in self.drivers.iter_mut().enumerate() {
            let (record, gaps) = (&mut self.record, &mut self.gaps);
            driver.turn(|rooms, event| match event {
                Event::Entry(number, entry) => {
                    let room = rooms.iter().position(|room| *room == number).unwrap();
                    record.show(index, room, &entry);
                }
                Event::Gap(_) => *gaps += 1,
                Event::Unfit(unfit) => panic!("{unfit}"),
                _ => {}
            });
        }
    }

    /// All talk for so long, a few hundred times a second.
    fn talk(&mut self, span: Duration) {
        let until = self.now() + span;
        let mut next = self.now();
        while self.now() < until {
            self.turn();
            while next <= self.now() {
                next = next + Duration::from_millis(3);
                self.say();
            }
        }
    }

    fn say(&mut self) {
        let room = self.random.below(ROOMS as u64) as usize;
        let driver = &mut self.drivers[self.random.below(NODES as u64) as usize];
        let body = format!("{room}:{}", self.said[room].len()).into_bytes();
        if driver.node.append(driver.rooms[room], 1, &body, &[]).is_ok() {
            self.said[room].push(body);
        }
    }

    fn now(&self) -> Time {
        self.drivers[0].now()
    }

    /// Whether all have shown all.
    fn is_settled(&self) -> bool {
        (0..NODES).all(|node| {
            (0..ROOMS).all(|room| self.record.missing(node, room, &self.said[room]).is_empty())
        })
    }

    /// Waits until all have shown all; each once, as the record asserts.
    fn settle(&mut self) {
        let until = self.now() + Duration::from_secs(20);
        while !self.is_settled() {
            self.turn();
            assert!(self.now() < until, "something is missing after 20 s, gaps: {}", self.gaps);
        }
        assert_eq!(self.gaps, 0);
        let said: usize = self.said.iter().map(Vec::len).sum();
        println!("{said} messages, {:?}", self.drivers[0].node.counters());
    }
}

#[test]
fn connections_that_a_real_engine_cuts_lose_and_double_nothing() {
    let Some(mut talkers) = Talkers::start(&[]) else { return };
    talkers.talk(Duration::from_millis(300));
    for _ in 0..10 {
        talkers.redis.talk().ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        talkers.talk(Duration::from_millis(150));
    }
    talkers.settle();
    assert!(talkers.drivers[0].node.counters().lost >= 5);
}

#[test]
fn a_real_engine_that_is_killed_loses_and_doubles_nothing() {
    let options = ["--appendonly", "yes", "--appendfsync", "everysec"];
    let Some(mut talkers) = Talkers::start(&options) else { return };
    talkers.talk(Duration::from_millis(500));
    for _ in 0..5 {
        talkers.redis.kill_and_restart();
        talkers.talk(Duration::from_millis(600));
    }
    talkers.settle();
}

#[test]
fn a_real_engine_that_is_killed_and_remembers_nothing_loses_and_doubles_nothing() {
    let Some(mut talkers) = Talkers::start(&[]) else { return };
    talkers.talk(Duration::from_millis(500));
    for _ in 0..3 {
        talkers.redis.kill_and_restart();
        talkers.talk(Duration::from_millis(600));
    }
    talkers.settle();
}

#[test]
fn a_real_engine_that_is_emptied_loses_and_doubles_nothing() {
    let Some(mut talkers) = Talkers::start(&[]) else { return };
    talkers.talk(Duration::from_millis(300));
    for _ in 0..5 {
        talkers.redis.talk().ask(&["FLUSHALL"]);
        talkers.talk(Duration::from_millis(200));
    }
    talkers.settle();
}
