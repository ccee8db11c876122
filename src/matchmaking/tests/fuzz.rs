//! Datagrams that nobody would send, from a seed that repeats them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::time::Duration;

use crate::limits::DATAGRAM_BYTES_MAX;
use crate::matchmaking::Matchmaker;
use crate::matchmaking::MatchmakerSettings;
use crate::matchmaking::SocketIndex;
use crate::matchmaking::crc32::crc32;
use crate::matchmaking::stun::tests::request;
use crate::matchmaking::stun::tests::sample_request;
use crate::matchmaking::tests::answers;
use crate::time::Time;

/// Numbers that look random and repeat exactly (xorshift64*).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number from 0 to just under `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }
}

/// Datagrams worth spoiling.
fn examples() -> Vec<Vec<u8>> {
    vec![
        b"".to_vec(),
        b"hello".to_vec(),
        b"192.0.2.1:4001\n".to_vec(),
        b"[2001:db8::1]:4001\n".to_vec(),
        b"MC1 JOIN q=duel n=2 id=0123456789abcdef pad=xxxxxxxxxxxxxxxx\n".to_vec(),
        sample_request(),
        request("", false),
        request("", true),
        request("00030004 00000006 80220008 0123456789abcdef 00260000", false),
        request("00060003 61626300 00080014 000102030405060708090a0b0c0d0e0f10111213", true),
        b"\0\x01\0\0sixteen bytes it".to_vec(),
        b"\0\x01\0\x08sixteen bytes it\0\x03\0\x04\0\0\0\x06".to_vec(),
        b"\x01\x01\0\x0csixteen bytes it\0\x01\0\x08\0\x01\x0f\xa1\xc0\0\x02\x01".to_vec(),
    ]
}

fn datagram(random: &mut Random, examples: &[Vec<u8>]) -> Vec<u8> {
    if random.below(8) == 0 {
        let len = random.below(DATAGRAM_BYTES_MAX as u64 + 40);
        return (0..len).map(|_| random.next() as u8).collect();
    }
    let mut bytes = random.pick(examples).clone();
    for _ in 0..random.below(4) {
        let at = random.below(bytes.len() as u64 + 1) as usize;
        match random.below(5) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.next() as u8),
            2 => bytes.extend(random.pick(examples).clone()),
            _ if at == bytes.len() => {}
            3 => bytes[at] ^= 1 << random.below(8),
            _ => bytes[at] = random.next() as u8,
        }
    }
    if random.below(3) == 0 && bytes.len() >= 20 {
        let len = (bytes.len() - 20) as u16;
        bytes.splice(2..4, len.to_be_bytes());
    }
    bytes
}

fn has_cookie(bytes: &[u8]) -> bool {
    bytes.len() >= 8 && bytes[0] < 2 && bytes[4..8] == [0x21, 0x12, 0xA4, 0x42]
}

/// Whether a message of before the cookie ends where this does.
fn is_whole_classic(bytes: &[u8]) -> bool {
    let is_one = bytes.len() >= 20 && bytes[0] < 2 && [1, 2, 0x11, 0x12].contains(&bytes[1]);
    let kind = [0, 1].map(|at| bytes.get(at).copied().unwrap_or(0));
    let is_request = kind != [0, 0x12];
    is_one && is_request && usize::from(bytes[2]) * 256 + usize::from(bytes[3]) + 20 == bytes.len()
}

/// What a careful reader of RFC 8489 says: is this a request that may be answered at all?
/// Written with indices and sums, unlike the code it judges.
fn may_be_answered(bytes: &[u8]) -> bool {
    let word = |at: usize| usize::from(bytes[at]) * 256 + usize::from(bytes[at + 1]);
    if bytes.len() < 20 || !bytes.len().is_multiple_of(4) || bytes.len() > DATAGRAM_BYTES_MAX {
        return false;
    }
    if word(0) != 1 || word(2) + 20 != bytes.len() {
        return false;
    }
    let mut at = 20;
    while at < bytes.len() {
        let (kind, len) = (word(at), word(at + 2));
        let end = at + 4 + len.div_ceil(4) * 4;
        if end > bytes.len() {
            return false;
        }
        if kind == 0x8028 && has_cookie(bytes) {
            let value = (crc32(&bytes[..at]) ^ 0x5354_554e).to_be_bytes();
            if len != 4 || end != bytes.len() || bytes[at + 4..end] != value {
                return false;
            }
        }
        at = end;
    }
    true
}

fn source(random: &mut Random) -> SocketAddr {
    let ip: IpAddr = match random.below(12) {
        0..=3 => [192, 0, 2, random.below(20) as u8].into(),
        4 | 5 => [0x2001, 0xdb8, 0, 0, 0, 0, 0, random.below(20) as u16].into(),
        6 => [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x200 + random.below(20) as u16].into(),
        7 => [127, 0, 0, random.below(3) as u8].into(),
        8 => [0, 0, 0, 0, 0, 0, 0, random.below(2) as u16].into(),
        9 => [random.below(256) as u8, 0, 0, 0].into(),
        10 => [255, 255, 255, 255].into(),
        _ => (random.next() as u32).to_be_bytes().into(),
    };
    SocketAddr::new(ip, *random.pick(&[0, 1, 4_000, 4_001, 50_000, 65_535]))
}

/// Bytes on the wire, with the headers of IP and UDP.
fn on_the_wire(address: SocketAddr, payload: &[u8]) -> usize {
    let headers = if address.ip().to_canonical().is_ipv4() { 28 } else { 48 };
    headers + payload.len()
}

fn run(seed: u64, answers_per_second: u32, steps: u64) {
    let mut random = Random::new(seed);
    let own_addresses = vec![SocketAddr::from(([0, 0, 0, 0], 50_000))];
    let settings = MatchmakerSettings {
        plain_pairing: !seed.is_multiple_of(4),
        answers_per_second,
        own_addresses,
        ..MatchmakerSettings::default()
    };
    let mut matchmaker = Matchmaker::new(settings, [seed as u8; 16]);
    let examples = examples();
    let mut balance: HashMap<SocketAddr, (usize, usize)> = HashMap::new();
    let mut now = Time::ZERO;
    for step in 0..steps {
        now = now + Duration::from_micros(random.below(20_000));
        let (from, bytes) = (source(&mut random), datagram(&mut random, &examples));
        let via = SocketIndex(random.below(3) as u16);
        let answers = answers(&mut matchmaker, now, via, from, &bytes);
        let said = bytes.escape_ascii();
        balance.entry(from).or_default().0 += on_the_wire(from, &bytes);
        if has_cookie(&bytes) || is_whole_classic(&bytes) {
            let most = usize::from(may_be_answered(&bytes));
            assert!(answers.len() <= most, "seed {seed}, step {step}: {said}");
            assert!(answers.iter().all(|answer| answer.to == from && answer.via == via));
        }
        for answer in answers {
            let (came_in, went_out) = balance.entry(answer.to).or_default();
            *went_out += on_the_wire(answer.to, &answer.payload);
            assert!(*went_out <= 2 * *came_in, "seed {seed}, step {step}: {from} says {said}");
            let ip = answer.to.ip().to_canonical();
            assert!(answer.to.port() != 0 && !ip.is_unspecified() && !ip.is_multicast());
        }
        if step % 64 == 0 {
            matchmaker.check_invariants();
        }
    }
    let counters = matchmaker.counters();
    assert!(counters.stun_answered > 0 && counters.stun_refused > 0 && counters.received == steps);
    assert!(seed.is_multiple_of(4) || counters.paired > 0);
}

#[test]
fn whatever_comes_in_little_goes_out() {
    (1..=16).for_each(|seed| run(seed, 0, 10_000));
}

#[test]
fn the_same_under_a_rate() {
    (1..=4).for_each(|seed| run(seed, 5, 10_000));
}
