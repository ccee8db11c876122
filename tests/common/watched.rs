//! A matchmaker under whatever abuse, and one who watches that the keyed protocol (MC1) keeps its
//! word. What is sent is left to whoever abuses it.
//!
//! The watcher knows only what went over the wire, and from it who has proved an address: whoever
//! has sent a cookie that was sent there.

#![allow(dead_code, reason = "each test file uses what it needs")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use mio_chat::limits::{COOKIE_SLOT, MATCH_BYTES_MAX, RELAY_DATAGRAM_BYTES_MAX};
use mio_chat::matchmaking::{Input, Matchmaker, MatchmakerSettings, Output, SocketIndex};
use mio_chat::mc1::{self, Line};
use mio_chat::time::Time;

use super::matched::Sent;

/// What an address has sent and been sent in this protocol, each as datagrams and bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Balance {
    pub(crate) came: [usize; 2],
    pub(crate) went: [usize; 2],
}

/// What was sent to players so far, for whoever wants to use it wrongly.
#[derive(Debug, Default)]
pub(crate) struct Learnt {
    /// Address, id, cookie.
    pub(crate) cookies: Vec<(SocketAddr, u64, u64)>,
    /// Address, id, match, ticket of the relay.
    pub(crate) seats: Vec<(SocketAddr, u64, u64, u64)>,
    /// All who were told of a match.
    pub(crate) met: BTreeSet<SocketAddr>,
}

/// A matchmaker, and what went to and fro.
pub(crate) struct StatusSource {
    pub(crate) matchmaker: Matchmaker,
    pub(crate) now: Time,
    pub(crate) learnt: Learnt,
    pub(crate) balances: BTreeMap<SocketAddr, Balance>,
    /// When each cookie was sent at last, by address and id.
    cookies: BTreeMap<(SocketAddr, u64, u64), Time>,
    proved: BTreeSet<SocketAddr>,
    /// Private addresses that each has named, having proved its own.
    named: BTreeMap<SocketAddr, BTreeSet<SocketAddr>>,
    /// Tickets that each was told, with their match.
    tickets: BTreeSet<(SocketAddr, u64, u64)>,
    /// Addresses told to others.
    pub(crate) told: usize,
}

impl StatusSource {
    pub(crate) fn new(settings: MatchmakerSettings) -> Self {
        Self {
            matchmaker: Matchmaker::new(settings, [7; 16]),
            now: Time::ZERO,
            learnt: Learnt::default(),
            balances: BTreeMap::new(),
            cookies: BTreeMap::new(),
            proved: BTreeSet::new(),
            named: BTreeMap::new(),
            tickets: BTreeSet::new(),
            told: 0,
        }
    }

    /// How many addresses have proved themselves.
    pub(crate) fn proved(&self) -> usize {
        self.proved.len()
    }

    /// Time passes, and what is due is done.
    pub(crate) fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
        while self.matchmaker.poll_timeout().is_some_and(|due| due <= self.now) {
            for sent in self.hand_in(Input::Timeout) {
                self.check_unasked(&sent);
            }
        }
    }

    /// A datagram comes in; what goes out for it was found right.
    pub(crate) fn receive(&mut self, via: SocketIndex, source: SocketAddr, bytes: &[u8]) {
        let from = canonical(source);
        let is_keyed = bytes.starts_with(mc1::MAGIC);
        if is_keyed {
            count(&mut self.balances.entry(from).or_default().came, bytes);
            self.note_proof(from, bytes);
        }
        let all = self.hand_in(Input::Datagram { via, source, bytes });
        let is_one = all.len() <= 1;
        for sent in all.iter().filter(|sent| is_keyed || sent.payload.starts_with(mc1::MAGIC)) {
            assert!(is_keyed, "{} for {}", sent.payload.escape_ascii(), bytes.escape_ascii());
            self.check(from, bytes, sent, is_one);
        }
    }

    /// Nothing is said unasked but news of a match, or that it has come to nothing.
    fn check_unasked(&mut self, sent: &Sent) {
        let (to, said) = (canonical(sent.to), line(&sent.payload));
        match said.verb {
            "MATCH" => self.check_match(sent),
            "WAIT" => {
                assert!(self.learnt.met.contains(&to), "{to} was in no match");
                assert_eq!(said.get("ttl"), Some("3"));
            }
            verb => panic!("{verb} unasked"),
        }
    }

    fn hand_in(&mut self, input: Input<'_>) -> Vec<Sent> {
        let mut all = Vec::new();
        self.matchmaker.handle(self.now, input, &mut |output| {
            if let Output::Send(transmit) = output {
                let payload = transmit.payload.to_vec();
                all.push(Sent { via: transmit.via, to: transmit.to, payload });
            }
        });
        all
    }

    /// Whether this proves that its sender has heard us, and what else it may be believed then.
    fn note_proof(&mut self, from: SocketAddr, bytes: &[u8]) {
        let Some(join) = Line::parse(bytes).filter(|line| line.verb == "JOIN") else { return };
        let (Some(id), Some(cookie)) = (join.hex("id"), join.hex("c")) else { return };
        let given = self.cookies.get(&(from, id, cookie));
        if given.is_none_or(|given| self.now.since(*given) >= 2 * COOKIE_SLOT) {
            return;
        }
        self.proved.insert(from);
        let lan = join.get("lan").unwrap_or_default().split(',').filter_map(mc1::address);
        self.named.entry(from).or_default().extend(lan);
    }

    /// One datagram that goes out for one that came in.
    fn check(&mut self, from: SocketAddr, asked: &[u8], sent: &Sent, is_one: bool) {
        let (to, said) = (canonical(sent.to), line(&sent.payload));
        let balance = self.balances.entry(to).or_default();
        count(&mut balance.went, &sent.payload);
        let Balance { came, went } = *balance;
        let context = || format!("{to} for {}", asked.escape_ascii());
        if !self.proved.contains(&to) {
            assert!(
                went[0] <= came[0] && went[1] <= came[1],
                "{went:?} of {came:?}: {}",
                context()
            );
        }
        match said.verb {
            "MATCH" => {
                assert!(self.proved.contains(&from), "{}", context());
                self.check_match(sent);
            }
            "DATA" => self.check_relayed(from, to, asked, &said),
            // Who confirms or leaves may have shown who was never there.
            "WAIT" if said.get("ttl") == Some("3") => self.check_unasked(sent),
            verb => {
                assert!(to == from && (is_one || verb == "LEFT"), "{verb} to {}", context());
                self.learn(to, &said, asked.len() >= sent.payload.len());
            }
        }
    }

    /// An answer to the sender itself.
    fn learn(&mut self, to: SocketAddr, said: &Line<'_>, is_shorter: bool) {
        let id = said.hex("id").expect("each answer has an id");
        match said.verb {
            "COOKIE" => {
                assert!(is_shorter);
                let cookie = said.hex("c").expect("a cookie");
                if self.cookies.insert((to, id, cookie), self.now).is_none() {
                    self.learnt.cookies.push((to, id, cookie));
                }
            }
            "SEEN" => {
                assert!(is_shorter);
                assert_eq!(said.get("you").and_then(mc1::address), Some(told_form(to)));
            }
            "WAIT" | "ERR" | "LEFT" => assert!(self.proved.contains(&to), "{} to {to}", said.verb),
            verb => panic!("{verb} is not for players"),
        }
    }

    /// Only proved addresses are told of each other, and private ones behind one address.
    fn check_match(&mut self, sent: &Sent) {
        let (to, said) = (canonical(sent.to), line(&sent.payload));
        assert!(self.proved.contains(&to), "{to} is told of a match");
        let you = said.get("you").and_then(|you| mc1::address(you.split_once('@')?.1));
        assert_eq!(you, Some(told_form(to)));
        for peer in said.all("peer") {
            let Some((_, addresses)) = peer.split_once('@') else { continue };
            let mut addresses =
                addresses.split('+').map(|text| mc1::address(text).expect("an address"));
            let address = addresses.next().expect("the observed one");
            let proved = self.proved.iter().find(|proved| told_form(**proved) == address);
            let proved = proved.unwrap_or_else(|| panic!("{to} is told of {address}"));
            assert_ne!(*proved, to, "one who meets itself");
            self.told += 1;
            for lan in addresses {
                assert_eq!(address.ip(), to.ip(), "{to} is told {lan}");
                assert!(is_private(lan.ip()) && self.named[proved].contains(&lan), "{lan}");
            }
        }
        let (id, m) = (said.hex("id").expect("an id"), said.hex("m").expect("a match"));
        self.learnt.met.insert(to);
        if let Some(ticket) = said.hex("relay")
            && self.tickets.insert((to, m, ticket))
        {
            self.learnt.seats.push((to, id, m, ticket));
        }
    }

    /// Only a player's own ticket passes anything on, within its own match.
    fn check_relayed(&self, from: SocketAddr, to: SocketAddr, asked: &[u8], said: &Line<'_>) {
        let asked = line(asked);
        let (ticket, m) = (asked.hex("t").expect("a ticket"), said.hex("m").expect("a match"));
        assert!(self.tickets.contains(&(from, m, ticket)), "{from} uses another's ticket");
        let of_match = |&(player, its, _): &(SocketAddr, u64, u64)| player == to && its == m;
        assert!(to != from && self.tickets.iter().any(of_match), "{to} is no player of {m:x}");
        assert_eq!(asked.payload, said.payload);
    }
}

/// A line of ours: it is one, and not too long.
fn line(payload: &[u8]) -> Line<'_> {
    let line = Line::parse(payload).unwrap_or_else(|| panic!("{}", payload.escape_ascii()));
    let is_data = line.verb == "DATA";
    let most = if is_data { RELAY_DATAGRAM_BYTES_MAX } else { MATCH_BYTES_MAX };
    assert!(payload.len() <= most, "{} bytes", payload.len());
    assert!(is_data || payload.ends_with(b"\n") && line.payload.is_none());
    line
}

fn count([datagrams, bytes]: &mut [usize; 2], datagram: &[u8]) {
    *datagrams += 1;
    *bytes += datagram.len();
}

fn canonical(address: SocketAddr) -> SocketAddr {
    match (address, address.ip().to_canonical()) {
        (SocketAddr::V6(_), IpAddr::V6(_)) => address,
        (_, ip) => SocketAddr::new(ip, address.port()),
    }
}

/// The address without the name of its link, which is nobody else's business.
fn told_form(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port())
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private(),
        IpAddr::V6(ip) => ip.is_unique_local(),
    }
}
