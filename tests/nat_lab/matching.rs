//! `mio-chat match` through every pair of NATs: players find each other directly wherever that can
//! be, through the relay where it cannot, and then each reads what the other says.
//!
//! All pairs of one table run at the same time, in one lab, each in a queue of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::host::Host;
use super::lab::Lab;
use super::meeting::{Meeting, Player};
use super::nat::Nat;
use super::support::{report, sized, timed};

/// How long all of it may take on a busy machine; what it took is reported.
const PATIENCE: Duration = Duration::from_secs(30);

/// How two players must reach each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Lan,
    Direct,
    Relay,
    /// Where the news of the match is lost, a router may be written to before its player writes.
    DirectOrRelay,
}

impl Way {
    /// How the command tells it.
    const TOLD: [(&str, Self); 3] = [
        ("* on the local network to ", Self::Lan),
        ("* direct to ", Self::Direct),
        ("* through the relay to ", Self::Relay),
    ];

    fn of(line: &str) -> Option<Self> {
        Self::TOLD.iter().find(|(told, _)| line.starts_with(told)).map(|(_, way)| *way)
    }

    fn allows(self, found: Self) -> bool {
        self == found || (self == Self::DirectOrRelay && found != Self::Lan)
    }
}

/// Two players, and how they must reach each other.
struct Pair<'a> {
    name: String,
    hosts: [&'a Host; 2],
    expected: Way,
}

/// One who says hello to whom it meets, and stays.
fn player(server: SocketAddr, queue: &str, name: &str) -> Player {
    let family = if server.is_ipv4() { "-4" } else { "-6" };
    let program = env!("CARGO_BIN_EXE_mio-chat");
    let command = format!(
        "echo hello from {name} | exec {program} match {server} {queue} --stay {family} 2>&1"
    );
    Player::new("/bin/sh", ["-c", &command])
}

/// They meet once: how each has reached the other, and how long that took from their start.
pub(super) fn meet(server: SocketAddr, queue: &str, hosts: [&Host; 2]) -> ([Way; 2], Duration) {
    let players = ["one", "other"].map(|name| player(server, queue, name));
    let (mut meeting, ways, took) = {
        let ((meeting, ways), took) = timed(|| {
            let mut meeting = Meeting::start(hosts, players);
            let told = meeting.both_say("* how it is reached", PATIENCE, |line| {
                assert!(!line.starts_with("mio-chat: "), "{line}");
                Way::of(line).is_some()
            });
            let ways = told.map(|line| Way::of(&line).expect("such a line"));
            (meeting, ways)
        });
        (meeting, ways, took)
    };
    let heard = meeting.both_say("hello", PATIENCE, |line| line.starts_with("hello from "));
    assert_eq!(heard, ["hello from other", "hello from one"]);
    (ways, took)
}

/// What came of all rounds of one pair.
#[derive(Debug, Default)]
struct Row {
    found: [usize; 3],
    slowest: Duration,
}

/// All pairs meet so often, and as they must; the table is reported.
fn all_meet(what: &str, server: SocketAddr, pairs: &[Pair<'_>], rounds: usize) {
    let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
    for round in 0..rounds {
        std::thread::scope(|scope| {
            let running: Vec<_> = pairs
                .iter()
                .enumerate()
                .map(|(number, pair)| {
                    let queue = format!("q{number}-{round}");
                    let thread = std::thread::Builder::new().name(pair.name.clone());
                    thread.spawn_scoped(scope, move || meet(server, &queue, pair.hosts)).unwrap()
                })
                .collect();
            for (number, thread) in running.into_iter().enumerate() {
                let Pair { name, expected, .. } = &pairs[number];
                let (ways, took) = thread.join().unwrap_or_else(|_| panic!("{what}: {name}"));
                let good = ways[0] == ways[1] && expected.allows(ways[0]);
                assert!(good, "{what}, {name}, round {round}: {ways:?} instead of {expected:?}");
                let row = rows.entry(number).or_default();
                let column = Way::TOLD.iter().position(|(_, way)| *way == ways[0]);
                row.found[column.expect("a column")] += 1;
                row.slowest = row.slowest.max(took);
            }
        });
    }
    for (number, Row { found: [lan, direct, relay], slowest }) in rows {
        report(&format!(
            "{what}: {}: lan {lan}, direct {direct}, relay {relay}; within {slowest:.1?}",
            pairs[number].name
        ));
    }
}

/// What must come of two kinds of NAT, where so many of 100 packets are lost; `None` is a public
/// host.
fn expected([one, other]: [Option<Nat>; 2], loss: u8) -> Way {
    let (mut restricted, mut symmetric) = (0, 0);
    for nat in [one, other] {
        match nat {
            None => {}
            Some(nat) if nat.lets_strangers_in() => {}
            // A careless one is as good: its player opens it before anybody writes to it.
            Some(nat) if nat.keeps_port() => restricted += 1,
            Some(_) => symmetric += 1,
        }
    }
    match (symmetric, restricted) {
        // A symmetric NAT never comes from where it was expected.
        (2, _) | (1, 1) => Way::Relay,
        (0, 2) if loss > 0 && [one, other].contains(&Some(Nat::CARELESS)) => Way::DirectOrRelay,
        _ => Way::Direct,
    }
}

const KINDS: [Option<Nat>; 5] = [
    None,
    Some(Nat::FULL_CONE),
    Some(Nat::PORT_RESTRICTED),
    Some(Nat::CARELESS),
    Some(Nat::SYMMETRIC),
];

/// Every kind with every kind, with so many of 100 packets lost.
fn every_pair_meets(loss: u8, rounds: usize) {
    let Some(lab) = Lab::new() else { return };
    let server = lab.server(&["--udp-rate", "0"]);
    let host = |kind: Option<Nat>| kind.map_or_else(|| lab.public(), |nat| lab.behind(nat));
    let hosts = KINDS.map(|kind| [host(kind), host(kind)]);
    let name = |kind: Option<Nat>| kind.map_or("public", |nat| nat.name);
    let mut pairs = Vec::new();
    for (one, [host, _]) in hosts.iter().enumerate() {
        for (other, [_, second]) in hosts.iter().enumerate().skip(one) {
            pairs.push(Pair {
                name: format!("{} x {}", name(KINDS[one]), name(KINDS[other])),
                hosts: [host, second],
                expected: expected([KINDS[one], KINDS[other]], loss),
            });
        }
    }
    if loss > 0 {
        lab.lose(loss);
    }
    all_meet(&format!("{loss} % lost"), server.v4[0], &pairs, rounds);
    server.server.stop();
}

#[test]
fn every_kind_of_nat_meets_every_other() {
    every_pair_meets(0, sized(1, 20));
}

#[test]
fn they_meet_though_a_tenth_is_lost() {
    every_pair_meets(10, sized(1, 20));
}

#[test]
fn they_meet_though_a_third_is_lost() {
    every_pair_meets(30, sized(1, 20));
}

#[test]
fn neighbours_and_customers_of_one_carrier_meet() {
    let Some(lab) = Lab::new() else { return };
    let server = lab.server(&["--udp-rate", "0"]);
    let restricted = Nat::PORT_RESTRICTED;
    let homes = [Nat::FULL_CONE, restricted, Nat::SYMMETRIC, restricted.with_hairpin()];
    let homes = homes.map(|nat| {
        let home = lab.home(nat);
        (format!("one home, {}", nat.name), [home.host(), home.host()], Way::Lan)
    });
    let carriers = [
        (restricted, restricted, "without hairpin", Way::Relay),
        (restricted.with_hairpin(), restricted, "with hairpin", Way::Direct),
        (Nat::SYMMETRIC, restricted, "symmetric", Way::Relay),
    ];
    let carriers = carriers.map(|(nat, home, what, way)| {
        let carrier = lab.carrier(nat);
        (format!("one carrier, {what}"), [carrier.behind(home), carrier.behind(home)], way)
    });
    let double = lab.carrier(restricted);
    let doubles = [
        ("double NAT x public", lab.public()),
        ("double NAT x port-restricted", lab.behind(restricted)),
        ("double NAT x double NAT", lab.carrier(restricted).behind(restricted)),
    ];
    let doubles = doubles
        .map(|(name, other)| (name.to_owned(), [double.behind(restricted), other], Way::Direct));
    let all: Vec<_> = homes.into_iter().chain(carriers).chain(doubles).collect();
    let pairs: Vec<Pair<'_>> = all
        .iter()
        .map(|(name, hosts, way)| Pair {
            name: name.clone(),
            hosts: hosts.each_ref(),
            expected: *way,
        })
        .collect();
    all_meet("special", server.v4[0], &pairs, sized(1, 20));
    server.server.stop();
}

#[test]
fn players_behind_firewalls_meet_over_ipv6() {
    let Some(lab) = Lab::new() else { return };
    let server = lab.server(&["--udp-rate", "0"]);
    let hosts = [lab.behind(Nat::SYMMETRIC), lab.behind(Nat::SYMMETRIC), lab.public()];
    let pairs = [[0, 1], [0, 2]].map(|[one, other]| Pair {
        name: format!("firewall x {}", if other == 2 { "public" } else { "firewall" }),
        hosts: [&hosts[one], &hosts[other]],
        expected: Way::Direct,
    });
    all_meet("IPv6", server.v6[0], &pairs, sized(1, 20));
    server.server.stop();
}

#[test]
fn a_server_that_only_relays_hides_addresses() {
    let Some(lab) = Lab::new() else { return };
    let server = lab.server(&["--udp-rate", "0", "--relay", "only"]);
    let hosts = [lab.public(), lab.behind(Nat::PORT_RESTRICTED)];
    let name = "relay only".to_owned();
    let pair = Pair { name, hosts: hosts.each_ref(), expected: Way::Relay };
    all_meet("relay", server.v4[0], &[pair], sized(1, 20));
    server.server.stop();
}
