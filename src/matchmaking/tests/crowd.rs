//! A crowd with a seed that speaks the keyed protocol over a bad network, against a model that is
//! too simple to be wrong.
//!
//! The model keeps every player in one list, in the order in which they came, and looks through it
//! from the start. It decides who meets whom; the matchmaker must tell exactly that.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use super::Sent;
use super::fuzz::Random;
use super::sent;
use crate::limits::COOKIE_SLOT;
use crate::limits::GHOST_AFTER;
use crate::limits::MATCH_IDLE;
use crate::limits::MOVE_INTERVAL;
use crate::limits::MOVES_AT_ONCE;
use crate::limits::PLACE_KEPT;
use crate::limits::PLAYER_WAIT;
use crate::limits::RELAY_CONSENT;
use crate::matchmaking::Input;
use crate::matchmaking::Matchmaker;
use crate::matchmaking::MatchmakerSettings;
use crate::matchmaking::SocketIndex;
use crate::mc1::Line;
use crate::mc1::address;
use crate::time::Time;

const QUEUES: [(&str, u8); 4] = [("duel", 2), ("duel", 3), ("raid", 5), ("x", 2)];

/// One who wants to play, and what it has been told.
#[derive(Debug)]
struct CrowdEndpoint {
    address: SocketAddr,
    id: u64,
    queue: usize,
    cookie: Option<(String, Time)>,
    told: Option<Announcement>,
}

/// The fields of a MATCH.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Announcement {
    m: String,
    k: String,
    you: SocketAddr,
    peers: Vec<SocketAddr>,
}

impl Announcement {
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

/// One who waits.
#[derive(Clone, Copy, Debug)]
struct WaitingModel {
    id: u64,
    address: SocketAddr,
    queue: usize,
    heard: Time,
    /// How many came before it.
    age: u64,
}

/// One who was matched.
#[derive(Clone, Copy, Debug)]
struct PlayerModel {
    waited: WaitingModel,
    was_heard: bool,
    has_confirmed: bool,
    /// Time that it must make good for, having moved, and when that was so.
    owes: (Duration, Time),
}

#[derive(Debug)]
struct GameModel {
    m: Option<String>,
    members: Vec<PlayerModel>,
    formed: Time,
    heard: Time,
    was_judged: bool,
    /// When ghosts were removed.
    dissolved: Option<Time>,
}

/// The waiting and matched players, by the simplest rules.
#[derive(Debug, Default)]
struct MatchmakerModel {
    /// In no order.
    waiting: Vec<WaitingModel>,
    games: Vec<GameModel>,
    came: u64,
    dissolved: u64,
}

impl MatchmakerModel {
    /// Does what is due by now.
    fn pass(&mut self, now: Time) {
        for at in 0..self.games.len() {
            let game = &mut self.games[at];
            let judged = game.formed + GHOST_AFTER;
            if judged <= now && !std::mem::replace(&mut game.was_judged, true) {
                self.judge(judged, at);
            }
        }
        self.waiting.retain(|one| now.since(one.heard) < PLAYER_WAIT);
        self.games.retain(|game| now.since(game.heard) < MATCH_IDLE);
    }

    /// Removes ghosts. Who is told.
    fn judge(&mut self, now: Time, at: usize) -> Vec<SocketAddr> {
        let GameModel { members, formed, dissolved, .. } = &mut self.games[at];
        let here = |member: &&PlayerModel| member.was_heard;
        let is_time = now.since(*formed) >= GHOST_AFTER;
        let confirmed = members.iter().filter(here).all(|member| member.has_confirmed);
        let count = members.iter().filter(here).count();
        if !is_time || !confirmed || count == 0 || count == members.len() {
            return Vec::new();
        }
        members.retain(|member| member.was_heard);
        *dissolved = Some(now);
        self.dissolved += 1;
        let here = members.iter().filter(|member| now.since(member.waited.heard) < RELAY_CONSENT);
        here.map(|member| member.waited.address).collect()
    }

    fn game_of(&self, id: u64) -> Option<usize> {
        let is_in = |game: &GameModel| game.members.iter().any(|member| member.waited.id == id);
        self.games.iter().position(is_in)
    }

    fn member(&mut self, id: u64) -> Option<&mut PlayerModel> {
        let members = self.games.iter_mut().flat_map(|game| &mut game.members);
        members.into_iter().find(|member| member.waited.id == id)
    }

    /// One who has proved its address asks to be let in. `None`: it is not heard.
    fn join(&mut self, now: Time, from: SocketAddr, id: u64, queue: usize) -> Option<Joined> {
        let is_moved = match self.member(id) {
            Some(member) if member.waited.address != from => {
                let (owes, since) = member.owes;
                let owes = owes.saturating_sub(now.since(since)) + MOVE_INTERVAL;
                if owes > MOVE_INTERVAL * MOVES_AT_ONCE {
                    return None;
                }
                member.owes = (owes, now);
                true
            }
            _ => false,
        };
        self.remove(|one| one.address == from && one.id != id);
        if let Some(one) = self.waiting.iter_mut().find(|one| one.id == id) {
            (one.address, one.heard) = (from, now);
            return Some(Joined::default());
        }
        let Some(at) = self.game_of(id) else { return Some(self.enter(now, from, id, queue)) };
        let game = &mut self.games[at];
        game.heard = now;
        let kept = game.dissolved.is_some_and(|since| now.since(since) < PLACE_KEPT);
        let alone = game.members.len() == 1;
        let member = game.members.iter_mut().find(|member| member.waited.id == id).unwrap();
        (member.waited.address, member.waited.heard, member.was_heard) = (from, now, true);
        let waited = member.waited;
        let is_here = |member: &&PlayerModel| now.since(member.waited.heard) < RELAY_CONSENT;
        let here = game.members.iter().filter(is_here).count();
        let others = if is_moved { here - 1 } else { 0 };
        if !kept && !alone {
            return Some(Joined { others, ..Joined::default() });
        }
        self.remove(|one| one.id == id);
        if !kept {
            return Some(self.enter(now, from, id, waited.queue));
        }
        Some(self.wait(now, waited))
    }

    fn enter(&mut self, now: Time, address: SocketAddr, id: u64, queue: usize) -> Joined {
        self.came += 1;
        self.wait(now, WaitingModel { id, address, queue, heard: now, age: self.came })
    }

    fn wait(&mut self, now: Time, one: WaitingModel) -> Joined {
        self.waiting.push(one);
        let mut same: Vec<_> =
            self.waiting.iter().filter(|other| other.queue == one.queue).copied().collect();
        if same.len() < usize::from(QUEUES[one.queue].1) {
            return Joined::default();
        }
        self.waiting.retain(|other| other.queue != one.queue);
        same.sort_by_key(|one| one.age);
        let member = |waited: &WaitingModel| PlayerModel {
            waited: *waited,
            was_heard: false,
            has_confirmed: false,
            owes: (Duration::ZERO, now),
        };
        let members = same.iter().map(member).collect();
        let (formed, heard) = (now, now);
        let game =
            GameModel { m: None, members, formed, heard, was_judged: false, dissolved: None };
        self.games.push(game);
        Joined { met: same.iter().map(|one| one.address).collect(), others: 0 }
    }

    fn remove(&mut self, is_gone: impl Fn(&WaitingModel) -> bool) {
        self.waiting.retain(|one| !is_gone(one));
        for game in &mut self.games {
            game.members.retain(|member| !is_gone(&member.waited));
        }
        self.games.retain(|game| !game.members.is_empty());
    }

    /// One who is here leaves. Who else is told something, if it was known at all.
    fn leave(&mut self, now: Time, from: SocketAddr, id: u64) -> Option<Vec<SocketAddr>> {
        let is_it = |one: &WaitingModel| one.address == from && one.id == id;
        let is_known = self.waiting.iter().any(is_it)
            || self.member(id).is_some_and(|member| is_it(&member.waited));
        let formed = self.game_of(id).map(|at| self.games[at].formed);
        is_known.then(|| {
            self.remove(is_it);
            let game = self.games.iter().position(|game| Some(game.formed) == formed);
            game.map(|at| self.judge(now, at)).unwrap_or_default()
        })
    }

    /// One confirms a match. Who is told something.
    fn confirm(&mut self, now: Time, from: SocketAddr, id: u64, m: &str) -> Vec<SocketAddr> {
        let game = self.game_of(id).filter(|at| self.games[*at].m.as_deref() == Some(m));
        let Some(at) = game else { return Vec::new() };
        let member = self.member(id).unwrap();
        if member.waited.address != from {
            return Vec::new();
        }
        (member.was_heard, member.has_confirmed) = (true, true);
        member.waited.heard = now;
        self.games[at].heard = now;
        self.judge(now, at)
    }

    fn players(&self) -> usize {
        self.waiting.len() + self.games.iter().map(|game| game.members.len()).sum::<usize>()
    }
}

/// What comes of one who asks: who met, if that completes a game, and how many others may
/// be told where it is now.
#[derive(Debug, Default)]
struct Joined {
    met: Vec<SocketAddr>,
    others: usize,
}

struct CrowdRun {
    matchmaker: Matchmaker,
    model: MatchmakerModel,
    now: Time,
    random: Random,
    endpoints: Vec<CrowdEndpoint>,
    /// Addresses that have sent a good cookie.
    proved: HashSet<SocketAddr>,
    met: usize,
    moved: u16,
    told_of_moves: usize,
    next_id: u64,
}

impl CrowdRun {
    fn new(seed: u64) -> Self {
        let settings =
            MatchmakerSettings { answers_per_second: 0, ..MatchmakerSettings::default() };
        let endpoint = |n: u16| CrowdEndpoint {
            address: SocketAddr::from(([192, 0, 2, n as u8 % 7], 4_000 + n)),
            id: n.into(),
            queue: usize::from(n) % QUEUES.len(),
            cookie: None,
            told: None,
        };
        Self {
            matchmaker: Matchmaker::new(settings, [seed as u8; 16]),
            model: MatchmakerModel::default(),
            now: Time::ZERO,
            random: Random::new(seed),
            endpoints: (0..24).map(endpoint).collect(),
            proved: HashSet::new(),
            met: 0,
            moved: 0,
            told_of_moves: 0,
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
        match self.random.below(22) {
            0 => self.leave(one),
            1 | 2 => self.begin_anew(one),
            3..=6 => self.confirm(one),
            7 => self.claim_another(one),
            8 | 9 => self.move_away(one),
            _ => self.ask(one),
        }
        assert_eq!(self.matchmaker.players(), self.model.players(), "at {:?}", self.now);
    }

    /// Everything due is done at its own time, or the model would have to know of delays.
    fn let_time_pass(&mut self) {
        while let Some(due) = self.matchmaker.poll_timeout().filter(|due| *due <= self.now) {
            self.model.pass(due);
            let told = sent(&mut self.matchmaker, due, Input::Timeout);
            self.hear(told);
        }
        self.model.pass(self.now);
    }

    fn say(&mut self, one: usize, line: &str) -> Vec<Sent> {
        let source = self.endpoints[one].address;
        let input = Input::Datagram { via: SocketIndex(0), source, bytes: line.as_bytes() };
        sent(&mut self.matchmaker, self.now, input)
    }

    /// Asks to be let in, with the cookie if it has one that is good.
    fn ask(&mut self, one: usize) {
        let CrowdEndpoint { address, id, queue, ref cookie, .. } = self.endpoints[one];
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
        let joined = self.model.join(self.now, address, id, queue);
        let told = self.say(one, &line);
        let to: Vec<SocketAddr> = told.iter().map(|sent| sent.to).collect();
        match joined {
            None => assert_eq!(to, [], "it moves too often"),
            Some(Joined { met, .. }) if !met.is_empty() => {
                assert_eq!(to, met, "who meets is told, oldest first");
                let m = Line::parse(&told[0].payload).unwrap().get("m").unwrap().to_owned();
                self.model.games.last_mut().unwrap().m = Some(m);
                self.met += 1;
            }
            Some(Joined { others: 0, .. }) => {
                // None where it was answered a moment ago.
                assert!(to.is_empty() || to == [address], "{told:?}");
            }
            Some(Joined { others, .. }) => {
                // Fewer where some were told often enough and have said nothing since.
                assert!(to[0] == address && to.len() <= 1 + others, "{told:?}");
                self.told_of_moves += to.len() - 1;
            }
        }
        self.hear(told);
    }

    /// The address changes; or it is that of another, who has a new one.
    fn move_away(&mut self, one: usize) {
        self.moved += 1;
        let fresh = SocketAddr::from(([198, 51, 100, self.moved as u8 % 5], 5_000 + self.moved));
        let other = self.random.below(self.endpoints.len() as u64) as usize;
        let taken = self.endpoints[other].address;
        self.endpoints[one].cookie = None;
        self.endpoints[one].address = if self.moved.is_multiple_of(4) { taken } else { fresh };
        if one != other && self.moved.is_multiple_of(4) {
            (self.endpoints[other].address, self.endpoints[other].cookie) = (fresh, None);
        }
    }

    fn begin_anew(&mut self, one: usize) {
        self.next_id += 1;
        let queue = self.random.below(QUEUES.len() as u64) as usize;
        let endpoint = &mut self.endpoints[one];
        (endpoint.id, endpoint.queue) = (self.next_id, queue);
        (endpoint.cookie, endpoint.told) = (None, None);
    }

    fn confirm(&mut self, one: usize) {
        let CrowdEndpoint { address, id, ref told, .. } = self.endpoints[one];
        let Some(Announcement { m, .. }) = told.clone() else { return };
        let told = self.say(one, &format!("MC1 ACK id={id:016x} m={m}\n"));
        let back = self.model.confirm(self.now, address, id, &m);
        assert_eq!(told.iter().map(|sent| sent.to).collect::<Vec<_>>(), back);
        self.hear(told);
    }

    fn leave(&mut self, one: usize) {
        let CrowdEndpoint { address, id, .. } = self.endpoints[one];
        let told = self.say(one, &format!("MC1 LEAVE id={id:016x}\n"));
        let back = self.model.leave(self.now, address, id);
        let expected = back.map(|back| [vec![address], back].concat()).unwrap_or_default();
        assert_eq!(told.iter().map(|sent| sent.to).collect::<Vec<_>>(), expected);
        self.hear(told);
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
                self.check_news(to, &Announcement::read(&line));
            }
            let id = line.hex("id").unwrap();
            let lost = self.random.below(10) < 3;
            let of = |endpoint: &&mut CrowdEndpoint| endpoint.address == to && endpoint.id == id;
            let Some(endpoint) = self.endpoints.iter_mut().find(of).filter(|_| !lost) else {
                continue;
            };
            match line.verb {
                "COOKIE" => {
                    endpoint.cookie = Some((line.get("c").unwrap().to_owned(), self.now));
                }
                "MATCH" => endpoint.told = Some(Announcement::read(&line)),
                "WAIT" | "LEFT" => {}
                other => panic!("{other}"),
            }
        }
    }

    /// Nobody is told of an address that has not proved itself, and all are told the same.
    fn check_news(&self, to: SocketAddr, news: &Announcement) {
        assert_eq!(news.you, to);
        let mut all = news.peers.clone();
        all.push(to);
        assert!(all.iter().all(|address| self.proved.contains(address)), "{news:?}");
        let is_it = |game: &&GameModel| game.m.as_ref().is_none_or(|m| *m == news.m);
        let games = self.model.games.iter().filter(is_it);
        let members = games.flat_map(|game| &game.members).map(|it| it.waited.address);
        let members: Vec<SocketAddr> = members.collect();
        assert!(all.iter().all(|address| members.contains(address)), "{news:?}");
    }
}

#[test]
fn a_crowd_meets_as_the_model_says() {
    let (mut met, mut told, mut moved, mut dissolved, mut news) = (0, 0, 0, 0, 0);
    for seed in 1..=60 {
        let mut crowd = CrowdRun::new(seed);
        for _ in 0..1_500 {
            crowd.step();
        }
        crowd.matchmaker.check_invariants();
        let counters = crowd.matchmaker.keyed_counters();
        assert_eq!(counters.dissolved, crowd.model.dissolved, "seed {seed}");
        (moved, dissolved) = (moved + counters.moved, dissolved + counters.dissolved);
        met += crowd.met;
        news += crowd.told_of_moves;
        told += crowd.endpoints.iter().filter(|endpoint| endpoint.told.is_some()).count();
    }
    assert!(met > 1_000 && told > 100, "{met} games, {told} know of theirs");
    assert!(moved > 100 && dissolved > 100, "{moved} moved, {dissolved} lost ghosts");
    assert!(news > 100, "{news} were told of moves");
}
