//! How much comes out for what goes in: an answer is aimed at whoever was named as its sender. Who
//! has shown a cookie of the keyed protocol is really there, and is judged in `keyed`.
//!
//! Two counts are kept, with the headers of IP and UDP and without. A line's capacity is filled by
//! both, so the former is what the documented bound is about.

use std::collections::HashMap;
use std::net::{SocketAddr, SocketAddrV4};
use std::time::Duration;

use mio_chat::limits::{PAIRED_ENDPOINTS_MAX, PAIRING_ANSWER_INTERVAL};
use mio_chat::matchmaking::{Matchmaker, MatchmakerSettings, SocketIndex};
use mio_chat::mc1;
use mio_chat::time::Time;

use super::matched::{Sent, answers};
use super::noise::{datagram, examples, source};
use super::random::Random;
use super::support::{report, sized, timed};
use super::{Lab, MAGIC, verbs};

/// Bytes that an answer takes more than its request: 12 for the address, 12 more if it is IPv6's,
/// as many for an error that names one attribute.
const LONGER_BY: usize = 24;
/// IPs, of five ports each, that may all be in a pair without any being forgotten.
const FEW: u64 = PAIRED_ENDPOINTS_MAX as u64 / 8;
const MANY: u64 = 1 << 20;

/// What one address has sent and been sent.
#[derive(Clone, Copy, Default)]
struct Account {
    datagrams: [u64; 2],
    bytes: [u64; 2],
    /// Answers of plain pairing.
    told: u32,
}

/// Of a whole run: the most that an address got, as a multiple of what came from it.
#[derive(Debug, Default)]
struct Gains {
    datagrams: f64,
    with_headers: f64,
    without_headers: f64,
    answers: u64,
}

impl Gains {
    /// Notes an answer that goes to an address with this account.
    fn note(&mut self, to: SocketAddr, account: &Account) {
        let ratio = |[came, went]: [u64; 2], more: u64| {
            (went + account.datagrams[1] * more) as f64
                / (came + account.datagrams[0] * more) as f64
        };
        let headers = headers(to);
        self.answers += 1;
        self.datagrams = self.datagrams.max(ratio(account.datagrams, 0));
        self.with_headers = self.with_headers.max(ratio(account.bytes, headers));
        // Who sends an empty datagram has a gain without bounds; so at least one byte is counted.
        let [came, went] = account.bytes;
        self.without_headers = self.without_headers.max(went as f64 / came.max(1) as f64);
    }
}

fn headers(address: SocketAddr) -> u64 {
    if address.ip().to_canonical().is_ipv4() { 28 } else { 48 }
}

/// With the magic cookie, or a whole message of before there was one.
fn is_stun(bytes: &[u8]) -> bool {
    let has_cookie = bytes.len() >= 8 && bytes[0] < 2 && bytes[4..8] == MAGIC;
    has_cookie || (bytes.len() >= 20 && bytes[..2] == [0, 1] && is_whole(bytes))
}

fn is_whole(message: &[u8]) -> bool {
    20 + usize::from(u16::from_be_bytes([message[2], message[3]])) == message.len()
}

/// Nobody but the sender of a STUN request is answered, once, and hardly more than was asked.
fn check_stun(from: SocketAddr, asked: &[u8], answers: &[Sent]) {
    assert!(answers.len() <= 1, "{} answers to {}", answers.len(), asked.escape_ascii());
    for answer in answers {
        let told = &answer.payload;
        assert_eq!(answer.to, from);
        let most = asked.len() + LONGER_BY;
        assert!(told.len() <= most, "{} for {}", told.escape_ascii(), asked.escape_ascii());
    }
}

/// Nobody here has a cookie: nobody but the sender of a request is answered, once, and with no
/// byte more than was asked.
fn check_keyed(from: SocketAddr, asked: &[u8], answers: &[Sent]) {
    assert!(answers.len() <= 1, "{} answers to {}", answers.len(), asked.escape_ascii());
    for Sent { to, payload, .. } in answers {
        assert_eq!(*to, from);
        let is_longer = payload.len() > asked.len();
        assert!(!is_longer, "{} for {}", payload.escape_ascii(), asked.escape_ascii());
    }
}

/// So many datagrams from so many sources, with the rate off: the worst case.
fn abuse(plain_pairing: bool, sources: u64, datagrams: u64) -> Gains {
    let own_addresses = vec![SocketAddr::from(([192, 0, 2, 1], 50_000))];
    let settings = MatchmakerSettings {
        plain_pairing,
        answers_per_second: 0,
        own_addresses,
        ..MatchmakerSettings::default()
    };
    let mut matchmaker = Matchmaker::new(settings, [7; 16]);
    let (mut random, examples) = (Random::new(sources), examples());
    let (mut accounts, mut gains) = (HashMap::<SocketAddr, Account>::new(), Gains::default());
    for number in 0..datagrams {
        let now = Time::at(Duration::from_micros(100) * number as u32);
        let (from, said) = (source(&mut random, sources), datagram(&mut random, &examples));
        let account = accounts.entry(from).or_default();
        account.datagrams[0] += 1;
        account.bytes[0] += said.len() as u64;
        let answers = answers(&mut matchmaker, now, SocketIndex(0), from, &said);
        let (stun, keyed) = (is_stun(&said), said.starts_with(mc1::MAGIC));
        if stun {
            check_stun(from, &said, &answers);
        } else if keyed {
            check_keyed(from, &said, &answers);
        }
        for answer in answers {
            let account = accounts.entry(answer.to).or_default();
            account.datagrams[1] += 1;
            account.bytes[1] += answer.payload.len() as u64;
            if !stun && !keyed {
                assert!(plain_pairing);
                account.told += 1;
                let most = 1.0 + now.since(Time::ZERO).div_duration_f64(PAIRING_ANSWER_INTERVAL);
                assert!(sources > FEW || f64::from(account.told) <= most, "{}", answer.to);
            }
            gains.note(answer.to, account);
        }
    }
    gains
}

#[test]
fn nobody_gets_more_datagrams_or_twice_the_bytes_that_came_from_him() {
    let datagrams = sized(250_000, 25_000_000);
    for plain_pairing in [true, false] {
        for sources in [FEW, MANY] {
            let (gains, time) = timed(|| abuse(plain_pairing, sources, datagrams));
            assert!(gains.answers > datagrams / 20, "{gains:?}");
            assert!(gains.datagrams <= 1.0, "{gains:?}");
            assert!(gains.with_headers <= 2.0, "{gains:?}");
            report(&format!(
                "U1: {datagrams} datagrams from {sources} sources, pairing {plain_pairing}: \
                 {} answers; at most {:.2} datagrams, {:.2} bytes with headers and {:.1} without \
                 for one; {time:.1?}",
                gains.answers, gains.datagrams, gains.with_headers, gains.without_headers
            ));
        }
    }
}

/// Bytes on the wire of an honest question and its answer.
const ASKED: [u64; 2] = [48, 60];

/// Made-up sources on a real wire: what the kernel says went out for what came in, which is to be
/// so many times that at most.
fn gain_on_the_wire(
    lab: &Lab,
    datagrams: u64,
    most: f64,
    mut next: impl FnMut(&mut Random) -> Vec<u8>,
) {
    let (forger, honest, server) = (lab.forger(), lab.honest(), lab.udp());
    let (mut random, mut asked) = (Random::new(1), 0);
    honest.asks(server);
    let before = lab.host.traffic();
    let mut ask = || {
        honest.asks(server);
        asked += 1;
    };
    for number in 0..datagrams {
        let ip = 0xC612_0000 | (random.next() as u32 & 0x1_FFFF);
        let said = next(&mut random);
        forger.send(SocketAddrV4::new(ip.into(), 4_000), server, &said);
        // No more in flight than a socket holds, so that none is lost.
        if number % 32 == 0 {
            ask();
        }
    }
    ask();
    let traffic = lab.host.traffic().since(before);
    assert_eq!(traffic.lost, 0);
    assert_eq!(traffic.received, datagrams + asked, "{traffic:?}");
    assert!(traffic.sent <= traffic.received, "{traffic:?}");
    let [came, went] = [traffic.bytes_in - asked * ASKED[0], traffic.bytes_out - asked * ASKED[1]];
    let gain = went as f64 / came as f64;
    report(&format!(
        "U1 on the wire: {datagrams} datagrams in, {} out; {gain:.2} bytes out for each that \
         came in",
        traffic.sent - asked
    ));
    assert!(gain <= most, "{gain} in {traffic:?}");
}

#[test]
fn the_same_holds_on_the_wire() {
    let Some(lab) = Lab::new(&["--udp-rate", "0"]) else { return };
    let (datagrams, examples) = (sized(4_000, 1_000_000), examples());
    gain_on_the_wire(&lab, datagrams, 2.0, |random| datagram(random, &examples));
    // What pays best for whoever aims: nothing but empty datagrams.
    gain_on_the_wire(&lab, datagrams, 2.0, |_| Vec::new());
    lab.server.stop();
}

#[test]
fn the_keyed_protocol_sends_strangers_no_byte_more_on_the_wire() {
    let Some(lab) = Lab::new(&["--udp-rate", "0"]) else { return };
    let datagrams = sized(2_000, 500_000);
    let verbs = [verbs::requests(), verbs::not_to_be_answered()].concat();
    gain_on_the_wire(&lab, datagrams, 1.0, |random| random.pick(&verbs).clone());
    // What pays best for whoever aims: as much comes out.
    let shortest = verbs::lines(&[&verbs::shortest_join()]).concat();
    gain_on_the_wire(&lab, datagrams, 1.0, |_| shortest.clone());
    lab.server.stop();
}
