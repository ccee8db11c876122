//! Whatever datagrams come from wherever and whenever: little goes out, and never to where nobody
//! asked.
//!
//! The bytes are settings (plain pairing, rate), and then events: `source, socket, time, length,
//! datagram`, each a byte but the last.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use mio_chat::matchmaking::{Matchmaker, MatchmakerSettings, SocketIndex};
use mio_chat::time::Time;

use super::input::Input;
use crate::common::matched::{Sent, answers};

/// Where datagrams seem to come from: people, look-alikes, and places where nobody is.
const SOURCES: [&str; 24] = [
    "192.0.2.1:4000",
    "192.0.2.1:4001",
    "192.0.2.2:4000",
    "[::ffff:192.0.2.1]:4000",
    "[2001:db8::1]:4000",
    "[2001:db8::2]:4000",
    "[2001:db8:0:1::1]:4000",
    "[fe80::1%3]:4000",
    "127.0.0.1:4000",
    "127.0.0.2:4000",
    "[::1]:4000",
    "[::1]:4001",
    // Ours, in several spellings.
    "127.0.0.1:50000",
    "[::ffff:127.0.0.1]:50000",
    "192.0.2.53:50001",
    "[2001:db8::53]:50001",
    // Nobody's.
    "192.0.2.1:0",
    "0.0.0.0:4000",
    "[::]:4000",
    "[::ffff:0.0.0.0]:4000",
    "224.0.0.1:4000",
    "[ff02::1]:4000",
    "255.255.255.255:4000",
    "[::ffff:255.255.255.255]:4000",
];
/// How many of them can be answered.
const ANSWERABLE: usize = 12;
const OWN: [&str; 3] = ["0.0.0.0:50000", "192.0.2.53:50001", "[2001:db8::53]:50001"];
/// Time between two datagrams, in units of the byte that says how many.
const TICK: Duration = Duration::from_millis(150);

/// Nobody is sent more than twice what they sent, nobody who cannot be there is sent anything, and
/// no answer is ever answered.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let mut strangers = Strangers::new(&mut input);
    while !input.is_empty() {
        let source = usize::from(input.byte()) % SOURCES.len();
        let via = SocketIndex(u16::from(input.byte() % 3));
        strangers.now = strangers.now + TICK * u32::from(input.byte());
        strangers.send(source, via, input.bytes());
    }
    strangers.matchmaker.check_invariants();
}

/// The matchmaker and what went to and fro.
struct Strangers {
    matchmaker: Matchmaker,
    now: Time,
    sources: [SocketAddr; SOURCES.len()],
    /// Bytes that came from an address, and bytes that went there.
    balance: BTreeMap<SocketAddr, (usize, usize)>,
}

impl Strangers {
    fn new(input: &mut Input<'_>) -> Self {
        let settings = MatchmakerSettings {
            plain_pairing: !input.byte().is_multiple_of(4),
            answers_per_second: u32::from(input.byte() % 8),
            own_addresses: OWN.map(address).to_vec(),
            ..MatchmakerSettings::default()
        };
        Self {
            matchmaker: Matchmaker::new(settings, [7; 16]),
            now: Time::ZERO,
            sources: SOURCES.map(address),
            balance: BTreeMap::new(),
        }
    }

    fn send(&mut self, source: usize, via: SocketIndex, datagram: &[u8]) {
        let from = self.sources[source];
        self.balance.entry(from).or_default().0 += on_the_wire(from, datagram);
        let answers = answers(&mut self.matchmaker, self.now, via, from, datagram);
        assert!(source < ANSWERABLE || answers.is_empty(), "{from} was answered");
        assert!(answers.len() <= 2);
        for answer in &answers {
            let (came_in, went_out) = self.balance.entry(answer.to).or_default();
            *went_out += on_the_wire(answer.to, &answer.payload);
            assert!(*went_out <= 2 * *came_in, "{} was sent too much", answer.to);
        }
        self.echo(answers);
    }

    /// Another server's answer comes in that reads like ours, from wherever: silence, or the two
    /// would talk for ever.
    fn echo(&mut self, sent: Vec<Sent>) {
        for Sent { via, payload, .. } in sent {
            for source in &self.sources[..ANSWERABLE] {
                let more = answers(&mut self.matchmaker, self.now, via, *source, &payload);
                assert!(more.is_empty(), "{} was answered", payload.escape_ascii());
            }
        }
    }
}

fn address(written: &str) -> SocketAddr {
    written.parse().expect("an address of the table above")
}

/// Bytes with the headers of IP and UDP.
fn on_the_wire(address: SocketAddr, payload: &[u8]) -> usize {
    let headers = if address.ip().to_canonical().is_ipv4() { 28 } else { 48 };
    headers + payload.len()
}
