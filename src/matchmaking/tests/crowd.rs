//! A crowd with a seed that speaks the keyed protocol over a bad network, against a model that is
//! too simple to be wrong.
//!
//! The model keeps every player in one list, in the order in which they came, and looks through it
//! from the start. It decides who meets whom; the matchmaker must tell exactly that.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use super::Sent;
use super::fuzz::Random;
use super::sent;
use crate::limits::COOKIE_SLOT;
use crate::limits::MATCH_IDLE;
use crate::limits::PLAYER_WAIT;
use crate::matchmaking::Input;
use crate::matchmaking::Matchmaker;
use crate::matchmaking::Settings;
use crate::matchmaking::SocketIndex;
use crate::matchmaking::line::Line;
use crate::matchmaking::line::address;
use crate::time::Time;

const QUEUES: [(&str, u8); 4] = [("duel", 2), ("duel", 3), ("raid", 5), ("x", 2)];

/// One who wants to play, and what it has been told.
#[derive(Debug)]
struct Endpoint {
    address: SocketAddr,
    id: u64,
    queue: usize,
    cookie: Option<(String, Time)>,
    told: Option<News>,
}

/// What a MATCH says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct News {
    m: String,
    k: String,
    you: SocketAddr,
    peers: Vec<SocketAddr>,
}

impl News {
    fn read(line: &Line<'_>) -> Self {
        let at = |text: &str| address(text.split_once('@').unwrap().1.split('+').next().unwrap());
        Self {
            m: line.get("m").unwrap().to_owned(),
            k: line.get("k").unwrap().to_owned(),
            you: at(line.get("you").unwrap()).unwrap(),
            peers: line.all("peer").map(|peer| at(peer).unwrap()).collect(),
        }
    }
}

/// Who waits, by the simplest rules.
#[derive(Debug, Default)]
struct Model {
    /// Address, id, queue, and when it was last heard; oldest first.
    waiting: Vec<(SocketAddr, u64, usize, Time)>,
    /// Who met: addresses with ids, in order; and when any of them was last heard.
    games: Vec<(Vec<(SocketAddr, u64)>, Time)>,
}

impl Model {
    fn forget_expired(&mut self, now: Time) {
        self.waiting.retain(|(.., heard)| now.since(*heard) < PLAYER_WAIT);
        self.games.retain(|(_, heard)| now.since(*heard) < MATCH_IDLE);
    }

    /// One who has proved its address asks to be let in. Who meets, if that completes a game.
    fn join(
        &mut self,
        now: Time,
        from: SocketAddr,
        id: u64,
        queue: usize,
    ) -> Option<Vec<SocketAddr>> {
        if let Some((.., heard)) = self.waiting.iter_mut().find(|w| (w.0, w.1) == (from, id)) {
            *heard = now;
            return None;
        }
        // Who is left alone in a game looks for another.
        let game = self.games.iter().find(|(members, _)| members.contains(&(from, id)));
        if game.is_some_and(|(members, _)| members.len() > 1) {
            return None;
        }
        self.leave(from);
        self.waiting.push((from, id, queue, now));
        let size = usize::from(QUEUES[queue].1);
        let same: Vec<_> = self.waiting.iter().filter(|w| w.2 == queue).copied().collect();
        if same.len() < size {
            return None;
        }
        self.waiting.retain(|w| w.2 != queue);
        self.games.push((same.iter().map(|w| (w.0, w.1)).collect(), now));
        Some(same.iter().map(|w| w.0).collect())
    }

    /// Whoever is at this address is there no more.
    fn leave(&mut self, from: SocketAddr) {
        self.waiting.retain(|w| w.0 != from);
        for (members, _) in &mut self.games {
            members.retain(|member| member.0 != from);
        }
        self.games.retain(|(members, _)| !members.is_empty());
    }

    /// One who is in a game was heard.
    fn confirm(&mut self, now: Time, from: SocketAddr, id: u64) {
        let game = self.games.iter_mut().find(|(members, _)| members.contains(&(from, id)));
        if let Some((_, heard)) = game {
            *heard = now;
        }
    }

    fn players(&self) -> usize {
        self.waiting.len() + self.games.iter().map(|(members, _)| members.len()).sum::<usize>()
    }
}

struct Crowd {
    matchmaker: Matchmaker,
    model: Model,
    now: Time,
    random: Random,
    endpoints: Vec<Endpoint>,
    /// Addresses that have sent a good cookie.
    proved: HashSet<SocketAddr>,
    /// Games that were told: who is in them, by their number.
    told: BTreeMap<String, Vec<SocketAddr>>,
    met: usize,
    next_id: u64,
}

impl Crowd {
    fn new(seed: u64) -> Self {
        let settings = Settings { answers_per_second: 0, ..Settings::default() };
        let endpoint = |n: u16| Endpoint {
            address: SocketAddr::from(([192, 0, 2, n as u8 % 7], 4_000 + n)),
            id: n.into(),
            queue: usize::from(n) % QUEUES.len(),
            cookie: None,
            told: None,
        };
        Self {
            matchmaker: Matchmaker::new(settings, [seed as u8; 16]),
            model: Model::default(),
            now: Time::ZERO,
            random: Random::new(seed),
            endpoints: (0..24).map(endpoint).collect(),
            proved: HashSet::new(),
            told: BTreeMap::new(),
            met: 0,
            next_id: 1_000,
        }
    }

    fn step(&mut self) {
        let pause = match self.random.below(40) {
            0 => 10_000,
            1..=5 => 900,
            _ => 20,
        };
        self.now = self.now + Duration::from_millis(self.random.below(pause) + 1);
        self.let_time_pass();
        let one = self.random.below(self.endpoints.len() as u64) as usize;
        match self.random.below(20) {
            0 => self.leave(one),
            1 | 2 => self.begin_anew(one),
            3..=6 => self.confirm(one),
            7 => self.claim_another(one),
            _ => self.ask(one),
        }
        assert_eq!(self.matchmaker.players(), self.model.players(), "at {:?}", self.now);
    }

    /// Everything due is done at its own time, or the model would have to know of delays.
    fn let_time_pass(&mut self) {
        while let Some(due) = self.matchmaker.poll_timeout().filter(|due| *due <= self.now) {
            let told = sent(&mut self.matchmaker, due, Input::Timeout);
            self.hear(told);
        }
        self.model.forget_expired(self.now);
    }

    fn say(&mut self, one: usize, line: &str) -> Vec<Sent> {
        let source = self.endpoints[one].address;
        let input = Input::Datagram { via: SocketIndex(0), source, bytes: line.as_bytes() };
        sent(&mut self.matchmaker, self.now, input)
    }

    /// Asks to be let in, with the cookie if it has one that is good.
    fn ask(&mut self, one: usize) {
        let Endpoint { address, id, queue, ref cookie, .. } = self.endpoints[one];
        let fresh = cookie.as_ref().filter(|(_, given)| self.now.since(*given) < COOKIE_SLOT);
        let (name, size) = QUEUES[queue];
        let Some((cookie, _)) = fresh else {
            let line = format!("MC1 JOIN id={id:016x} q={name} n={size} pad=xxxxxxxxxxxxxxxx\n");
            let told = self.say(one, &line);
            assert!(told.len() == 1 && told[0].payload.len() <= line.len(), "{told:?}");
            return self.hear(told);
        };
        let line = format!("MC1 JOIN id={id:016x} q={name} n={size} c={cookie}\n");
        self.proved.insert(address);
        let meets = self.model.join(self.now, address, id, queue);
        self.model.confirm(self.now, address, id);
        let told = self.say(one, &line);
        match meets {
            Some(members) => {
                let to: Vec<SocketAddr> = told.iter().map(|sent| sent.to).collect();
                assert_eq!(to, members, "who meets is told, oldest first");
                self.met += 1;
            }
            // None where it was answered a moment ago.
            None => assert!(told.len() <= 1, "{told:?}"),
        }
        self.hear(told);
    }

    fn begin_anew(&mut self, one: usize) {
        self.next_id += 1;
        let queue = self.random.below(QUEUES.len() as u64) as usize;
        let endpoint = &mut self.endpoints[one];
        (endpoint.id, endpoint.queue) = (self.next_id, queue);
        (endpoint.cookie, endpoint.told) = (None, None);
    }

    fn confirm(&mut self, one: usize) {
        let Endpoint { address, id, ref told, .. } = self.endpoints[one];
        let Some(News { m, .. }) = told else { return };
        let line = format!("MC1 ACK id={id:016x} m={m}\n");
        assert_eq!(self.say(one, &line), []);
        self.model.confirm(self.now, address, id);
    }

    fn leave(&mut self, one: usize) {
        let Endpoint { address, id, .. } = self.endpoints[one];
        let told = self.say(one, &format!("MC1 LEAVE id={id:016x}\n"));
        let known = self.model.waiting.iter().any(|w| (w.0, w.1) == (address, id))
            || self.model.games.iter().any(|(members, _)| members.contains(&(address, id)));
        assert_eq!(told.len(), usize::from(known));
        if known {
            self.model.leave(address);
        }
        self.begin_anew(one);
    }

    /// Uses the cookie that somebody else was given.
    fn claim_another(&mut self, one: usize) {
        let other = self.random.below(self.endpoints.len() as u64) as usize;
        let Some((cookie, _)) = self.endpoints[other].cookie.clone() else { return };
        if one != other {
            let id = self.endpoints[other].id;
            let told = self.say(one, &format!("MC1 JOIN id={id:016x} q=duel n=2 c={cookie}\n"));
            assert!(told[0].payload.starts_with(b"MC1 COOKIE"), "{told:?}");
        }
    }

    /// Each datagram reaches its endpoint, or is lost on the way.
    fn hear(&mut self, told: Vec<Sent>) {
        for Sent { to, payload, .. } in told {
            let line = Line::parse(&payload).unwrap();
            if line.verb == "MATCH" {
                self.check_news(to, &News::read(&line));
            }
            let id = line.hex("id").unwrap();
            let lost = self.random.below(10) < 3;
            let of = |endpoint: &&mut Endpoint| endpoint.address == to && endpoint.id == id;
            let Some(endpoint) = self.endpoints.iter_mut().find(of).filter(|_| !lost) else {
                continue;
            };
            match line.verb {
                "COOKIE" => {
                    endpoint.cookie = Some((line.get("c").unwrap().to_owned(), self.now));
                }
                "MATCH" => endpoint.told = Some(News::read(&line)),
                "WAIT" | "LEFT" => {}
                other => panic!("{other}"),
            }
        }
    }

    /// Nobody is told of an address that has not proved itself, and all are told the same.
    fn check_news(&mut self, to: SocketAddr, news: &News) {
        assert_eq!(news.you, to);
        let mut all = news.peers.clone();
        all.push(to);
        assert!(all.iter().all(|address| self.proved.contains(address)), "{news:?}");
        let members = self.told.entry(news.m.clone()).or_insert_with(|| all.clone());
        assert!(all.iter().all(|address| members.contains(address)), "{news:?}: {members:?}");
    }
}

#[test]
fn a_crowd_meets_as_the_model_says() {
    let (mut met, mut told) = (0, 0);
    for seed in 1..=60 {
        let mut crowd = Crowd::new(seed);
        for _ in 0..1_500 {
            crowd.step();
        }
        crowd.matchmaker.check_invariants();
        met += crowd.met;
        told += crowd.endpoints.iter().filter(|endpoint| endpoint.told.is_some()).count();
    }
    assert!(met > 1_000 && told > 100, "{met} games, {told} know of theirs");
}
