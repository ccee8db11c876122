//! A crowd with a seed against a model that is too simple to be wrong.
//!
//! The model keeps every pair that ever was in one list and looks through it from the start.

use std::net::SocketAddr;
use std::time::Duration;

use crate::limits::PAIRING_ANSWER_INTERVAL;
use crate::limits::PAIRING_TIMEOUT;
use crate::matchmaking::SocketIndex;
use crate::matchmaking::pairing::Pairing;
use crate::matchmaking::pairing::PairingOutcome;
use crate::matchmaking::sender::OwnAddresses;
use crate::matchmaking::sender::Sender;
use crate::matchmaking::tests::fuzz::Random;
use crate::time::Time;

/// The answers, in order: receiver and the address in it.
type SentReplies = Vec<(SocketAddr, SocketAddr)>;

struct PairingModel {
    /// Address, and when it was last heard.
    waiting: Vec<(SocketAddr, Time)>,
    /// Two addresses, when they met, and when each was last answered.
    pairs: Vec<([SocketAddr; 2], Time, [Time; 2])>,
    pairs_max: usize,
}

impl PairingModel {
    fn receive(&mut self, now: Time, source: SocketAddr) -> SentReplies {
        self.pairs.retain(|(_, since, _)| now.since(*since) < PAIRING_TIMEOUT);
        self.waiting.retain(|(_, since)| now.since(*since) < PAIRING_TIMEOUT);
        for (members, _, answered) in &mut self.pairs {
            let Some(me) = members.iter().position(|member| *member == source) else {
                continue;
            };
            if now.since(answered[me]) < PAIRING_ANSWER_INTERVAL {
                return vec![];
            }
            answered[me] = now;
            return vec![(source, members[1 - me])];
        }
        self.waiting.retain(|(address, _)| *address != source);
        let reachable = |address: &SocketAddr| {
            let families = (address.is_ipv4(), source.is_ipv4());
            let loopback = (address.ip().is_loopback(), source.ip().is_loopback());
            families.0 == families.1 && loopback.0 == loopback.1
        };
        let Some(at) = self.waiting.iter().position(|(address, _)| reachable(address)) else {
            self.waiting.push((source, now));
            return vec![];
        };
        let (first, _) = self.waiting.remove(at);
        if self.pairs.len() == self.pairs_max {
            self.pairs.remove(0);
        }
        self.pairs.push(([first, source], now, [now; 2]));
        vec![(first, source), (source, first)]
    }
}

fn told(source: SocketAddr, outcome: PairingOutcome) -> SentReplies {
    match outcome {
        PairingOutcome::Waits | PairingOutcome::TooSoon => vec![],
        PairingOutcome::Repeats { partner } => vec![(source, partner)],
        PairingOutcome::Meets { first, .. } => {
            vec![(first.address(), source), (source, first.address())]
        }
    }
}

fn endpoint(random: &mut Random, crowd: u64) -> SocketAddr {
    let n = random.below(crowd);
    let port = 4_000 + (n % 3) as u16;
    let host = (n / 3) as u8;
    match random.below(8) {
        0 => SocketAddr::from(([127, 0, 0, 1 + host], port)),
        1 => SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], port)),
        2 | 3 => SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, u16::from(host)], port)),
        _ => SocketAddr::from(([192, 0, 2, host], port)),
    }
}

/// One run: steps from a microsecond to a minute, a small or a large crowd, a small or a large
/// table.
fn run(seed: u64) {
    let mut random = Random::new(seed);
    let crowd = [4, 20, 200, 700][random.below(4) as usize];
    let endpoints_max = [2, 8, 64, 4_096][random.below(4) as usize];
    let longest_step = [1_000_u64, 300_000, 5_000_000, 60_000_000][random.below(4) as usize];
    let mut pairing = Pairing::new(endpoints_max);
    let mut model = PairingModel { waiting: vec![], pairs: vec![], pairs_max: endpoints_max / 2 };
    let nobody = OwnAddresses::new(vec![]);
    let mut now = Time::ZERO;
    for step in 0..2_000 {
        now = now + Duration::from_micros(random.below(longest_step));
        let source = endpoint(&mut random, crowd);
        let sender = Sender::new(SocketIndex(0), source, &nobody).unwrap();
        let outcome = pairing.receive(now, sender);
        if step % 16 == 0 {
            pairing.check_invariants();
        }
        assert_eq!(
            told(source, outcome),
            model.receive(now, source),
            "seed {seed}, step {step}: {source} at {now:?}"
        );
        assert_eq!(pairing.endpoints(), 2 * model.pairs.len(), "seed {seed}, step {step}");
    }
}

#[test]
fn everybody_is_told_what_the_model_says() {
    (1..=64).for_each(run);
}
