//! The keyed protocol (MC1) against whoever makes up sources and repeats what others were told:
//! nobody is told an address that has not proved itself, and nobody acts in another's name.
//!
//! What is sent is judged by `common::watched`; here is what an attacker might try.

use std::net::SocketAddr;
use std::time::Duration;

use mio_chat::matchmaking::{KeyedCounters, MatchmakerSettings, SocketIndex};

use super::random::Random;
use super::support::{report, sized, timed};
use super::verbs::lines;
use super::watched::StatusSource;

const VIA: SocketIndex = SocketIndex(0);
/// Players, by fours behind one address; and strangers who never ask for anything.
const PLAYERS: usize = 64;
const VICTIMS: usize = 16;
/// Attempts for each game of honest players.
const ATTEMPTS_PER_JOIN: u32 = 8;
const PAD: &str = "pad=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

/// Players, strangers, and somebody who can write any address on a datagram.
struct Scene {
    watched: StatusSource,
    random: Random,
    joined: u64,
    /// Ids and cookies that were sent to players, of whom the attacker may be one. What is sent to
    /// strangers it cannot hear.
    overheard: Vec<(u64, u64)>,
}

/// What an attacker must not change, whatever is tried: all but the cookies that are handed out.
fn standing(watched: &StatusSource) -> (usize, KeyedCounters) {
    let counters = KeyedCounters { cookies: 0, ..*watched.matchmaker.keyed_counters() };
    (watched.matchmaker.players(), counters)
}

impl Scene {
    fn new() -> Self {
        let settings =
            MatchmakerSettings { answers_per_second: 0, ..MatchmakerSettings::default() };
        Self {
            watched: StatusSource::new(settings),
            random: Random::new(5),
            joined: 0,
            overheard: Vec::new(),
        }
    }

    fn player(&mut self) -> SocketAddr {
        let number = self.random.below(PLAYERS);
        SocketAddr::from(([100, 64, 0, (number / 4) as u8], 4_000 + (number % 4) as u16))
    }

    fn victim(&mut self) -> SocketAddr {
        SocketAddr::from(([203, 0, 113, self.random.below(VICTIMS) as u8], 4_000))
    }

    fn says(&mut self, who: SocketAddr, line: &str) {
        let datagrams = lines(&[line]);
        datagrams.iter().for_each(|datagram| self.watched.receive(VIA, who, datagram));
    }

    /// Somebody joins who has heard us, and names strangers as its own private addresses.
    fn join(&mut self) {
        self.joined += 1;
        let (who, victim, id) = (self.player(), self.victim(), self.joined << 8);
        self.says(who, &format!("JOIN id={id:016x} {PAD}"));
        let (_, _, cookie) = *self.watched.learnt.cookies.last().expect("a cookie");
        self.overheard.push((id, cookie));
        let lan = format!("lan={victim},192.168.0.{}:4000,{victim}", self.joined % 256);
        self.says(who, &format!("JOIN id={id:016x} q=duel n=2 {lan} c={cookie:016x}"));
    }

    /// Somebody has moved, and asks from where it is now.
    fn move_on(&mut self) {
        let (who, (id, _)) = (self.player(), *self.random.pick(&self.overheard));
        self.says(who, &format!("JOIN id={id:016x} {PAD}"));
        let (_, _, cookie) = *self.watched.learnt.cookies.last().expect("a cookie");
        self.says(who, &format!("JOIN id={id:016x} q=duel n=2 c={cookie:016x}"));
    }

    /// Something in the name of somebody else, or with what somebody else was told.
    fn attack(&mut self) {
        let before = standing(&self.watched);
        let (victim, player, guess) = (self.victim(), self.player(), self.random.next());
        let (id, cookie) = *self.random.pick(&self.overheard);
        let queue = "q=duel n=2";
        let known = self.watched.learnt.seats.last().copied();
        let (seated, his, m, ticket) = known.unwrap_or((player, 1, 2, 3));
        let (who, line) = match self.random.below(12) {
            0 => (victim, format!("JOIN id={id:016x} {queue} c={guess:016x}")),
            1 => (victim, format!("JOIN id={id:016x} {queue} c={cookie:016x}")),
            2 => (player, format!("JOIN id={:016x} {queue} c={guess:016x}", id | 1)),
            3 => (victim, format!("JOIN id={id:016x} {queue} lan={player} {PAD}")),
            4 => (player, format!("LEAVE id={guess:016x}")),
            5 => (victim, format!("LEAVE id={his:016x}")),
            6 => (victim, format!("ACK id={his:016x} m={m:016x}")),
            7 => (seated, format!("RESULT id={his:016x} m={guess:016x} peer=2 how=lan")),
            8 => (victim, format!("DATA t={ticket:016x} to=1\nhello")),
            // To be taken for him who has moved: with a cookie for himself, or for another.
            9 => (victim, format!("JOIN id={his:016x} {queue} c={cookie:016x}")),
            10 => (player, format!("JOIN id={his:016x} {queue} c={guess:016x}")),
            _ => (player, format!("DATA t={guess:016x} to=2\nhello")),
        };
        self.says(who, &line);
        assert_eq!(standing(&self.watched), before, "{line} from {who}");
    }
}

#[test]
fn nobody_learns_an_address_that_has_not_proved_itself() {
    let attempts = sized(10_000, 1_000_000);
    let mut scene = Scene::new();
    let ((), time) = timed(|| {
        for number in 0..attempts {
            scene.watched.wait(Duration::from_millis(5));
            if number % ATTEMPTS_PER_JOIN == 0 {
                scene.join();
                scene.move_on();
            }
            scene.attack();
        }
    });
    let Scene { watched, joined, .. } = scene;
    watched.matchmaker.check_invariants();
    let games = watched.matchmaker.keyed_counters().completed;
    assert!(games > u64::from(attempts) / 100, "{games} games of {joined}");
    assert!(watched.proved() <= PLAYERS);
    let moved = watched.matchmaker.keyed_counters().moved;
    assert!(moved > u64::from(attempts) / 100, "{moved} have moved");
    report(&format!(
        "U4: {attempts} forgeries, {joined} who named strangers: {} addresses told in {games} \
         games, 0 of them unproved; {time:.1?}",
        watched.told
    ));
}

#[test]
fn requests_of_made_up_sources_leave_no_trace() {
    let sources: u32 = sized(100_000, 1_000_000);
    let mut scene = Scene::new();
    for number in 0..sources {
        let ip = (0xC612_0000 + number).to_be_bytes();
        let cookie = scene.random.next();
        let line = format!("JOIN id={number:016x} q=duel n=2 c={cookie:016x}");
        let source = SocketAddr::from((ip, 4_000));
        lines(&[&line]).iter().for_each(|datagram| scene.watched.receive(VIA, source, datagram));
    }
    let matchmaker = &mut scene.watched.matchmaker;
    assert_eq!((matchmaker.players(), matchmaker.poll_timeout()), (0, None));
    assert_eq!(matchmaker.keyed_counters().cookies, u64::from(sources));
    let most = |at: usize| {
        let gains =
            scene.watched.balances.values().map(|it| it.went[at] as f64 / it.came[at] as f64);
        gains.fold(0.0, f64::max)
    };
    report(&format!(
        "U1: {sources} JOINs of as many made-up sources: 0 players; {:.2} datagrams and {:.2} \
         bytes without headers at most for each that came in",
        most(0),
        most(1)
    ));
}
