//! The UDP side: endpoints behind a network that loses, doubles, delays and reorders datagrams and
//! lets anybody use anybody's address; and what the server must answer, found by looking through a
//! list of all pairs.

use std::net::SocketAddr;
use std::time::Duration;

use mio_chat::limits::{DATAGRAM_BYTES_MAX, PAIRING_ANSWER_INTERVAL, PAIRING_TIMEOUT};
use mio_chat::matchmaking::SocketIndex;
use mio_chat::server::Server;
use mio_chat::time::Time;

use crate::model::{Nanos, nanos};
use crate::random::Random;

/// Receiver, through which of the server's sockets, and what it is told.
type Answer = (SocketAddr, u16, Vec<u8>);

#[derive(Debug)]
struct Datagram {
    arrives: Nanos,
    via: u16,
    source: SocketAddr,
    bytes: Vec<u8>,
}

/// Everybody who sends datagrams.
#[derive(Debug, Default)]
pub(crate) struct Endpoints {
    under_way: Vec<Datagram>,
    waiting: Vec<(SocketAddr, u16, Nanos)>,
    pairs: Vec<Pair>,
    pub(crate) met: u64,
}

#[derive(Debug)]
struct Pair {
    members: [SocketAddr; 2],
    since: Nanos,
    answered: [Nanos; 2],
}

/// Addresses from which nothing is answered, and the server's own.
const NOBODY: [&str; 4] = ["0.0.0.0:4000", "192.0.2.1:0", "224.0.0.1:4000", "255.255.255.255:9"];
pub(crate) const OWN: &str = "198.51.100.9:50000";

fn address(random: &mut Random) -> SocketAddr {
    let number = random.below(6);
    match random.below(8) {
        0 => SocketAddr::from(([127, 0, 0, 1], 4_000 + number as u16)),
        1 => SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, number as u16], 4_000)),
        2 => NOBODY[number % NOBODY.len()].parse().unwrap(),
        3 => OWN.parse().unwrap(),
        _ => SocketAddr::from(([192, 0, 2, number as u8], 4_000)),
    }
}

/// A STUN Binding request with this transaction.
fn stun_request(transaction: u64) -> Vec<u8> {
    let mut bytes = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    bytes.extend_from_slice(b"mio-");
    bytes.extend_from_slice(&transaction.to_be_bytes());
    bytes
}

/// The same as it was before there was a magic cookie, whatever is asked and by whomever.
fn classic_stun(random: &mut Random) -> Vec<u8> {
    let attributes = b"\0\x03\0\x04\0\0\0\x06";
    let length = attributes.len() * random.below(2);
    let kind = [[0, 1], [0, 1], [0, 1], [0, 2], [1, 1]][random.below(5)];
    let mut bytes = [kind, [0, length as u8]].concat();
    bytes.extend_from_slice(b"an old transacti");
    bytes.extend_from_slice(&attributes[..length]);
    let cut = random.below(4) == 0;
    bytes.truncate(if cut { random.below(bytes.len()) } else { bytes.len() });
    bytes
}

/// What such a request is answered: the address as it is, or that it cannot be done.
fn classic_answer(request: &[u8], source: SocketAddr) -> Vec<u8> {
    let (kind, attributes) = if request.len() > 20 {
        (0x11, b"\0\x09\0\x04\0\0\x04\x14\0\x0a\0\x04\0\x03\0\x03".to_vec())
    } else {
        let (family, ip) = match source.ip() {
            std::net::IpAddr::V4(ip) => (1, ip.octets().to_vec()),
            std::net::IpAddr::V6(ip) => (2, ip.octets().to_vec()),
        };
        let head = [0, 1, 0, 4 + ip.len() as u8, 0, family];
        (1, [&head[..], &source.port().to_be_bytes(), &ip].concat())
    };
    [&[1, kind, 0, attributes.len() as u8], &request[4..20], &attributes].concat()
}

/// What a request is answered: the address that it came from, exclusive or the magic cookie.
fn stun_answer(request: &[u8], source: SocketAddr) -> Vec<u8> {
    let address = match source.ip() {
        std::net::IpAddr::V4(ip) => ip.octets().to_vec(),
        std::net::IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let family = if source.is_ipv4() { 1 } else { 2 };
    let length = 8 + address.len() as u8;
    let mut answer = vec![1, 1, 0, length];
    answer.extend_from_slice(&request[4..20]);
    answer.extend_from_slice(&[0, 0x20, 0, length - 4, 0, family]);
    answer.extend((source.port() ^ 0x2112).to_be_bytes());
    answer.extend(address.iter().zip(&request[4..]).map(|(byte, mask)| byte ^ mask));
    answer
}

impl Endpoints {
    /// Somebody sends something, and the network does what it likes with it.
    pub(crate) fn send(&mut self, now: Nanos, random: &mut Random) {
        let bytes = match random.below(12) {
            0 | 1 => stun_request(random.next()),
            2 => stun_request(random.next())[..random.below(20)].to_vec(),
            3 => format!("{}\n", address(random)).into_bytes(),
            4 => b"MC1 HELLO".to_vec(),
            5 => vec![b'x'; DATAGRAM_BYTES_MAX + random.below(2)],
            6 => classic_stun(random),
            _ => b"hello"[..random.below(6)].to_vec(),
        };
        let (source, via) = (address(random), random.below(2) as u16);
        self.put_under_way(now, random, via, source, bytes);
    }

    /// When the next datagram arrives.
    pub(crate) fn next_event(&self) -> Option<Nanos> {
        self.under_way.iter().map(|datagram| datagram.arrives).min()
    }

    /// Hands the server what has arrived by `now`, and checks its answers. Returns all bytes sent.
    pub(crate) fn deliver(
        &mut self,
        now: Nanos,
        random: &mut Random,
        server: &mut Server,
    ) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(at) = self.under_way.iter().position(|datagram| datagram.arrives <= now) {
            let Datagram { via, source, bytes, .. } = self.under_way.swap_remove(at);
            let time = Time::at(Duration::from_nanos(now));
            let mut answers: Vec<Answer> = Vec::new();
            server.datagram(time, SocketIndex(via), source, &bytes, &mut |answer| {
                answers.push((answer.to, answer.via.0, answer.payload.to_vec()));
            });
            let expected = self.answer(now, via, source, &bytes);
            assert_eq!(
                answers,
                expected,
                "to {:?} from {source}",
                bytes.escape_ascii().to_string()
            );
            for (to, via, bytes) in answers {
                all.extend_from_slice(&bytes);
                // Some host sends everything back: that must not go on.
                if random.below(8) == 0 {
                    self.put_under_way(now, random, via, to, bytes);
                }
            }
        }
        all
    }

    fn put_under_way(
        &mut self,
        now: Nanos,
        random: &mut Random,
        via: u16,
        source: SocketAddr,
        bytes: Vec<u8>,
    ) {
        let copies = [0, 2, 1, 1, 1, 1, 1, 1][random.below(8)];
        for _ in 0..copies {
            let arrives = now + random.below(400_000_000) as Nanos;
            self.under_way.push(Datagram { arrives, via, source, bytes: bytes.clone() });
        }
    }

    /// What the server must answer.
    fn answer(&mut self, now: Nanos, via: u16, source: SocketAddr, bytes: &[u8]) -> Vec<Answer> {
        let forbidden = NOBODY.iter().chain([&OWN]).any(|no| no.parse() == Ok(source));
        if bytes.len() > DATAGRAM_BYTES_MAX || forbidden || bytes.starts_with(b"MC1 ") {
            return Vec::new();
        }
        if bytes.len() >= 8 && bytes[0] < 2 && bytes[4..8] == [0x21, 0x12, 0xa4, 0x42] {
            let whole = bytes.len() == 20 && bytes.starts_with(&[0, 1]);
            return if whole { vec![(source, via, stun_answer(bytes, source))] } else { vec![] };
        }
        if let [high @ (0 | 1), low @ (1 | 2 | 0x11), 0, length, rest @ ..] = bytes {
            let whole = 16 + usize::from(*length);
            if rest.len() == whole && [*high, *low] == [0, 1] {
                return vec![(source, via, classic_answer(bytes, source))];
            }
            // Somebody's answer, or a message that was cut off. What has a length of its own in
            // that place counts what follows it, and is no message.
            let counts_rest = *length > 0 && rest.len() == usize::from(*length);
            if rest.len() <= whole && !counts_rest {
                return Vec::new();
            }
        }
        let text = String::from_utf8_lossy(bytes);
        if text.strip_suffix('\n').is_some_and(|line| line.parse::<SocketAddr>().is_ok()) {
            return Vec::new();
        }
        self.pair(now, via, source)
    }

    fn pair(&mut self, now: Nanos, via: u16, source: SocketAddr) -> Vec<Answer> {
        let told = |about: SocketAddr| format!("{about}\n").into_bytes();
        let lasts = nanos(PAIRING_TIMEOUT);
        self.pairs.retain(|pair| now - pair.since < lasts);
        self.waiting.retain(|(_, _, since)| now - since < lasts);
        for Pair { members, answered, .. } in &mut self.pairs {
            let Some(me) = members.iter().position(|member| *member == source) else { continue };
            if now - answered[me] < nanos(PAIRING_ANSWER_INTERVAL) {
                return Vec::new();
            }
            answered[me] = now;
            return vec![(source, via, told(members[1 - me]))];
        }
        self.waiting.retain(|(address, ..)| *address != source);
        let kind = |address: SocketAddr| (address.is_ipv4(), address.ip().is_loopback());
        let same_kind = |(other, ..): &(SocketAddr, u16, Nanos)| kind(*other) == kind(source);
        let Some(at) = self.waiting.iter().position(same_kind) else {
            self.waiting.push((source, via, now));
            return Vec::new();
        };
        let (first, first_via, _) = self.waiting.remove(at);
        self.pairs.push(Pair { members: [first, source], since: now, answered: [now; 2] });
        self.met += 1;
        vec![(first, first_via, told(source)), (source, via, told(first))]
    }
}
