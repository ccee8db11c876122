//! A flood from a hundred thousand made-up sources: what it takes from those who talk and ask
//! meanwhile.
//!
//! The flooder is next door and has as much of a processor as it wants, so more comes than one
//! socket holds, and the honest have their share of the loss: they ask again, as datagrams are to
//! be asked again. Figures are reported; only generous bounds are asserted.

use std::fmt::{self, Display, Formatter};
use std::net::{SocketAddr, SocketAddrV4};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mio_chat::mc1::Line;
use serde_json::Value;

use super::random::Random;
use super::support::namespace::Forger;
use super::support::{PATIENCE, endurance, now, process, report};
use super::{Honest, Lab, binding_request, verbs};

const SOURCES: u64 = 100_000;
const FLOODED_PORT: u16 = 4_000;
/// Honest ones, each with an address of its own: what one may ask in a second is limited.
const ASKERS: u8 = 20;
/// How often they ask for the same, and how long they wait for each answer.
const TRIES: u32 = 7;
const TRY_FOR: Duration = Duration::from_millis(100);
/// How often players ask for each other, as our client goes on for seconds.
const PLAYER_TRIES: u32 = 40;
/// Time between two questions of all of them: each asks five times a second.
const PACE: Duration = Duration::from_millis(10);
/// Bytes by which the server may grow.
const GROWTH_MAX: usize = 1 << 20;

/// How long one flood lasts.
fn span() -> Duration {
    endurance(Duration::from_millis(1_200) * FLOODS.len() as u32, 10) / FLOODS.len() as u32
}

/// What a flood consists of.
struct Flood {
    name: &'static str,
    datagram: fn() -> Vec<u8>,
}

const FLOODS: [Flood; 4] = [
    Flood { name: "noise", datagram: || binding_request(&[0; 7]) },
    Flood { name: "STUN", datagram: || binding_request(&[]) },
    Flood { name: "plain", datagram: || b"hello".to_vec() },
    Flood { name: "JOIN", datagram: || verbs::requests().swap_remove(0) },
];

impl Flood {
    /// Sends until told to stop, or for far too long; how many.
    fn run(&self, forger: &Forger, to: SocketAddrV4, stop: &AtomicBool) -> u64 {
        let (mut random, datagram) = (Random::new(1), (self.datagram)());
        let (mut sent, start) = (0, now());
        while !stop.load(Ordering::Relaxed) && start.elapsed() < 2 * span() + PATIENCE {
            let source = 0xC612_0000 + random.below(SOURCES as usize) as u32;
            forger.send(SocketAddrV4::new(source.into(), FLOODED_PORT), to, &datagram);
            sent += 1;
        }
        sent
    }
}

/// How often the honest ones have tried, and got what they wanted.
#[derive(Debug, Default)]
struct Tally {
    wanted: u32,
    got: u32,
    tries: u32,
}

impl Tally {
    /// Tries until it works, or for the last time.
    fn insist(&mut self, tries: u32, mut attempt: impl FnMut() -> bool) {
        let failures = (0..tries).take_while(|_| !attempt()).count() as u32;
        self.wanted += 1;
        self.got += u32::from(failures < tries);
        self.tries += tries.min(failures + 1);
    }
}

impl Display for Tally {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { wanted, got, tries } = self;
        write!(formatter, "{got} of {wanted} in {tries} tries")
    }
}

/// Asks for its own address.
fn ask(asker: &Honest, server: SocketAddrV4, tally: &mut Tally) {
    let mut question = binding_request(&[]);
    question[16..].copy_from_slice(&tally.wanted.to_be_bytes());
    tally.insist(TRIES, || {
        asker.says(server, &question);
        asker.hears_within(TRY_FOR).is_some_and(|(answer, _)| answer[8..20] == question[8..])
    });
}

/// Two new endpoints ask for a partner. It need not be the other: one made-up source that waits is
/// enough for everybody after it to meet the one before.
fn meet(ips: [&str; 2], server: SocketAddrV4, tally: &mut Tally) {
    let pair = ips.map(Honest::at);
    let mut met = [false; 2];
    tally.insist(TRIES, || {
        for (peer, _) in pair.iter().zip(met).filter(|(_, met)| !met) {
            peer.says(server, b"hello");
        }
        for (peer, met) in pair.iter().zip(&mut met) {
            *met = *met || peer.hears_within(TRY_FOR).is_some_and(|(told, _)| is_address(&told));
        }
        // The one who waits is met by whoever asks next.
        met[0] || met[1]
    });
}

/// One who wants to be matched by the keyed protocol.
struct Player {
    honest: Honest,
    cookie: Option<String>,
    is_matched: bool,
}

impl Player {
    fn at(ip: &str) -> Self {
        Self { honest: Honest::at(ip), cookie: None, is_matched: false }
    }

    fn asks_for(&self, queue: u16, server: SocketAddrV4) {
        let id = self.honest.address().port();
        let proof = match &self.cookie {
            Some(cookie) => format!("c={cookie}"),
            None => "pad=xxxxxxxxxxxxxxxxxxxxxxxx".to_owned(),
        };
        let join = format!("MC1 JOIN id={id:016x} q={queue} n=2 {proof}\n");
        self.honest.says(server, join.as_bytes());
    }

    fn listens(&mut self) {
        let Some((told, _)) = self.honest.hears_within(TRY_FOR) else { return };
        let told = Line::parse(&told).unwrap();
        self.cookie = told.get("c").map(str::to_owned).or(self.cookie.take());
        self.is_matched = self.is_matched || told.verb == "MATCH";
    }
}

/// Two new endpoints meet in a queue of their own, and nobody else.
fn meet_by_queue(ips: [&str; 2], server: SocketAddrV4, tally: &mut Tally) {
    let mut players = ips.map(Player::at);
    let queue = players[0].honest.address().port();
    tally.insist(PLAYER_TRIES, || {
        for player in players.iter_mut().filter(|player| !player.is_matched) {
            player.asks_for(queue, server);
            player.listens();
        }
        players.iter().all(|player| player.is_matched)
    });
}

fn is_address(told: &[u8]) -> bool {
    let text = std::str::from_utf8(told).unwrap_or_default();
    text.trim_end().parse::<SocketAddr>().is_ok()
}

/// All ask for so long, and every now and then two of them for a partner.
fn ask_for(span: Duration, ips: &[String], server: SocketAddrV4) -> [Tally; 3] {
    let askers: Vec<Honest> = ips.iter().map(|ip| Honest::at(ip)).collect();
    let ([mut asked, mut paired, mut matched], start) = (<[Tally; 3]>::default(), now());
    for number in 0.. {
        if start.elapsed() >= span {
            break;
        }
        let at = |more: usize| (number + more) % ips.len();
        ask(&askers[at(0)], server, &mut asked);
        if number % 4 == 0 {
            meet([&ips[at(1)], &ips[at(2)]], server, &mut paired);
        }
        if number % 8 == 2 {
            meet_by_queue([&ips[at(3)], &ips[at(4)]], server, &mut matched);
        }
        std::thread::sleep(PACE);
    }
    [asked, paired, matched]
}

/// People talk for so long; the report of the load generator.
fn chat_for(span: Duration, lab: &Lab) -> Value {
    let mut load = Command::new(env!("CARGO_BIN_EXE_mio-chat"));
    load.args(["load", &lab.server.tcp().to_string(), "chatter", "--server-is-mine"]);
    load.args(["--clients", "20", "--rate", "10", "--warm-up", "200ms", "--json", "-"]);
    load.arg("--duration").arg(format!("{}ms", span.as_millis()));
    let output = lab.neighbour.within(|| load.output().unwrap());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

struct Measured {
    flooded: u64,
    honest: [Tally; 3],
    chat: Value,
}

/// People talk and ask for so long, while somebody floods, if anybody does.
fn measure(lab: &Lab, ips: &[String], forger: &Forger, flood: Option<&Flood>) -> Measured {
    let (span, stop, server) = (span(), AtomicBool::new(false), lab.udp());
    std::thread::scope(|scope| {
        let flooder = flood.map(|flood| scope.spawn(|| flood.run(forger, server, &stop)));
        let honest = scope.spawn(|| lab.neighbour.within(|| ask_for(span, ips, server)));
        let chat = chat_for(span, lab);
        let honest = honest.join().unwrap();
        stop.store(true, Ordering::Relaxed);
        let flooded = flooder.map_or(0, |flooder| flooder.join().unwrap());
        Measured { flooded, honest, chat }
    })
}

fn p99(chat: &Value) -> f64 {
    chat["latency_ms"]["p99"].as_f64().unwrap()
}

#[test]
fn a_flood_of_made_up_sources_stops_nobody() {
    let flags = ["--flood", "off", "--max-per-address", "100"];
    let Some(lab) = Lab::new(&flags) else { return };
    let forger = lab.forger();
    let ips: Vec<String> = (0..ASKERS).map(|number| format!("10.77.0.{}", 100 + number)).collect();
    ips.iter().for_each(|ip| lab.neighbour.add_address(&format!("{ip}/24")));
    let quiet = measure(&lab, &ips, &forger, None);
    assert_eq!(quiet.chat["delivered_share"], 1.0);
    // SIGHUP has the settings read, too, which takes memory the first time.
    lab.server.turns();
    let memory = process::status_bytes(lab.server.pid(), "VmRSS");
    for flood in &FLOODS {
        let before = lab.host.traffic();
        let Measured { flooded, honest, chat } = measure(&lab, &ips, &forger, Some(flood));
        let traffic = lab.host.traffic().since(before);
        let grown = process::status_bytes(lab.server.pid(), "VmRSS").saturating_sub(memory);
        let [asked, paired, matched] = &honest;
        let name = flood.name;
        report(&format!(
            "U3: flood of {flooded} {name} in {:?}: {} read, {} lost; honest: STUN {asked}, \
             partners {paired}, matches {matched}; chat p99 {:.2} ms ({:.2} quiet); \
             {grown} bytes grown; {}",
            span(),
            traffic.received,
            traffic.lost,
            p99(&chat),
            p99(&quiet.chat),
            lab.server.turns()
        ));
        assert_eq!(chat["delivered_share"], 1.0, "chat loses nothing");
        assert!(grown <= GROWTH_MAX, "{grown} bytes");
        assert!(matched.got * 100 >= matched.wanted * 99, "players are matched: {matched}");
    }
    Honest::on(&lab.neighbour, &ips[0]).asks(lab.udp());
    lab.server.stop();
}
