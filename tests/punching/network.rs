//! A model of the network: hosts, NATs, and datagrams that are late, lost or doubled.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use mio_chat::time::Time;

use crate::random::Random;

/// The server's address.
pub(crate) const SERVER: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1)), 50_000);

/// What stands between a host and the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nat {
    /// Nothing.
    Open,
    /// One port for all, and everybody may answer there.
    Cone,
    /// One port for all, but only those may answer who were written to, port and all.
    Restricted,
    /// Another port for each whom one writes to, who alone may answer.
    Symmetric,
    /// Like `Restricted`, but whoever writes to it first is written to from another port.
    Careless,
    /// Like `Restricted`, but all such hosts are in one house and do not see it from outside.
    House,
}

impl Nat {
    /// All that behave alike in any weather.
    pub(crate) const ALL: [Self; 5] =
        [Self::Open, Self::Cone, Self::Restricted, Self::Symmetric, Self::House];

    /// How two hosts should reach each other: `lan`, `direct` or `relay`.
    pub(crate) fn expected(self, other: Self) -> &'static str {
        use Nat::{Careless, House, Restricted, Symmetric};
        match (self, other) {
            (House, House) => "lan",
            (Symmetric, Symmetric | Restricted | Careless | House)
            | (Restricted | Careless | House, Symmetric) => "relay",
            _ => "direct",
        }
    }
}

/// A host, and what its NAT remembers.
struct Host {
    nat: Nat,
    inside: SocketAddr,
    outside: Ipv4Addr,
    /// Port outside, by whom it is for (all: none).
    ports: BTreeMap<Option<SocketAddr>, u16>,
    /// Who was written to from each port outside.
    written: Vec<(u16, SocketAddr)>,
    /// Whose datagrams came before they were written to.
    uninvited: Vec<SocketAddr>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub(crate) loss_percent: usize,
    pub(crate) double_percent: usize,
    pub(crate) delay_millis: (usize, usize),
}

/// A datagram that will arrive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Arrival {
    pub(crate) at: Time,
    number: u64,
    to: SocketAddr,
    pub(crate) from: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct Network {
    hosts: Vec<Host>,
    weather: Weather,
    random: Random,
    /// By how much everything is later that the server sends to an address.
    late: Option<(Ipv4Addr, Duration)>,
    under_way: std::collections::BTreeSet<Arrival>,
    sent: u64,
}

impl Network {
    pub(crate) fn new(nats: &[Nat], weather: Weather, seed: u64) -> Self {
        let hosts = nats.iter().enumerate().map(|(number, &nat)| Host::new(number as u8, nat));
        let random = Random::new(seed);
        let (hosts, under_way) = (hosts.collect(), Default::default());
        Self { hosts, weather, random, late: None, under_way, sent: 0 }
    }

    /// Everything that the server sends to a host is so much later.
    pub(crate) fn delay_news(&mut self, host: usize, late: Duration) {
        self.late = Some((self.hosts[host].outside, late));
    }

    /// A host's own idea of its address.
    pub(crate) fn inside(&self, host: usize) -> SocketAddr {
        self.hosts[host].inside
    }

    /// When the next datagram arrives.
    pub(crate) fn due(&self) -> Time {
        self.under_way.first().map_or(Time::NEVER, |arrival| arrival.at)
    }

    /// The next datagram, and which host gets it; no host: the server. `None`: nobody gets it.
    pub(crate) fn arrive(&mut self) -> Option<(Option<usize>, Arrival)> {
        let arrival = self.under_way.pop_first().unwrap();
        let Arrival { from, to, .. } = arrival;
        if to == SERVER {
            return Some((None, arrival));
        }
        let host = self.hosts.iter().position(|host| host.lets_in(from, to));
        if host.is_none() {
            self.hosts.iter_mut().for_each(|host| host.note_uninvited(from, to));
        }
        host.map(|host| (Some(host), arrival))
    }

    /// How many datagrams were sent.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Sends from a host.
    pub(crate) fn send(&mut self, now: Time, by: usize, to: SocketAddr, bytes: &[u8]) {
        let is_own_house =
            self.hosts[by].nat == Nat::House && to.ip().to_string().starts_with("192.168.");
        let from = if is_own_house { self.hosts[by].inside } else { self.hosts[by].leave(to) };
        self.carry(now, from, to, bytes);
    }

    /// Sends from a host what its own NAT sees and nobody else.
    pub(crate) fn send_near(&mut self, by: usize, to: SocketAddr) {
        self.hosts[by].leave(to);
    }

    /// A host is at another address from now on, and its NAT knows of nothing.
    pub(crate) fn move_host(&mut self, host: usize) {
        let [a, b, c, d] = self.hosts[host].outside.octets();
        let host = &mut self.hosts[host];
        host.outside = [a, b, c, d + 50].into();
        if host.nat == Nat::Open {
            host.inside.set_ip(host.outside.into());
        }
        (host.ports, host.written) = (BTreeMap::new(), Vec::new());
    }

    /// Sends from the server, or from anybody.
    pub(crate) fn carry(&mut self, now: Time, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        self.sent += 1;
        let copies = 1 + usize::from(self.random.below(100) < self.weather.double_percent);
        for _ in 0..copies {
            let lost = self.random.below(100) < self.weather.loss_percent;
            let (least, more) = self.weather.delay_millis;
            let delay =
                Duration::from_micros((least * 1_000 + self.random.below(more * 1_000 + 1)) as u64);
            let late = self.late.filter(|(outside, _)| to.ip() == *outside && from == SERVER);
            let delay = delay + late.map_or(Duration::ZERO, |(_, late)| late);
            if !lost {
                let (at, number, bytes) = (now + delay, self.random.next(), bytes.to_vec());
                self.under_way.insert(Arrival { at, number, to, from, bytes });
            }
        }
    }
}

impl Host {
    fn new(number: u8, nat: Nat) -> Self {
        let (inside, outside) = match nat {
            Nat::Open => ([203, 0, 113, number], [203, 0, 113, number]),
            // Two houses have the same addresses: what is tried there must not fool anybody.
            Nat::House => ([192, 168, 1, 10 + number], [203, 0, 113, 200]),
            _ => ([192, 168, 77, 2], [203, 0, 113, 100 + number]),
        };
        let inside = SocketAddr::from((inside, 5_000 + u16::from(number)));
        let (ports, written, uninvited) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self { nat, inside, outside: outside.into(), ports, written, uninvited }
    }

    /// The address that whom one writes to sees.
    fn leave(&mut self, to: SocketAddr) -> SocketAddr {
        if self.nat == Nat::Open {
            return self.inside;
        }
        let is_uninvited = self.nat == Nat::Careless && self.uninvited.contains(&to);
        let key = (self.nat == Nat::Symmetric || is_uninvited).then_some(to);
        let fresh = 40_000 + 256 * self.ports.len() as u16 + self.inside.port() % 256;
        let port = *self.ports.entry(key).or_insert(fresh);
        if !self.written.contains(&(port, to)) {
            self.written.push((port, to));
        }
        (self.outside, port).into()
    }

    /// What a careless router takes for its own keeps the port from whom it came.
    fn note_uninvited(&mut self, from: SocketAddr, to: SocketAddr) {
        let is_to_us =
            to.ip() == self.outside && self.ports.values().any(|port| *port == to.port());
        let is_known = self.written.iter().any(|(_, written)| *written == from);
        if self.nat == Nat::Careless && is_to_us && !is_known {
            self.uninvited.push(from);
        }
    }

    fn lets_in(&self, from: SocketAddr, to: SocketAddr) -> bool {
        if to == self.inside {
            let is_neighbour = from.ip().to_string().starts_with("192.168.1.");
            return self.nat == Nat::Open || (self.nat == Nat::House && is_neighbour);
        }
        let is_open = self.ports.values().any(|port| *port == to.port());
        let may = self.nat == Nat::Cone || self.written.contains(&(to.port(), from));
        to.ip() == self.outside && is_open && may && self.nat != Nat::Open
    }
}
