//! Asks servers for our address as they see it, to find out the kind of NAT in between.
//!
//! ```text
//! first socket:   port A, port B, the other servers     does the NAT keep our port?
//! second socket:  port A, "answer from B", port B       is B let in uninvited? what is the cost?
//! ```
//!
//! The order matters. Whether a NAT lets in ports that were not written to can only be tried before
//! they are written to; and where such an attempt costs the port towards them, that must not look
//! as if the NAT had never kept it. So there are two sockets, one after the other.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use super::clock::Clock;
use super::error::MatchError;
use super::nat_report::{Filter, NatReport};
use super::search::seed;
use super::socket::{self, AddressFamily};
use crate::limits::{CHECK_AGAIN, CHECK_BYTES, CHECK_TRIES};
use crate::mc1::{self, Line};

/// Settings of a NAT check.
#[derive(Clone, Debug)]
pub struct NatCheck {
    /// The server, `HOST:PORT`, or `HOST` if it is at port 50000.
    pub server: String,
    /// Further servers, of which STUN will do.
    pub others: Vec<String>,
    /// Which addresses of theirs are used.
    pub family: AddressFamily,
}

/// The answer of one server address.
struct Observation {
    seen: SocketAddr,
    /// The ports of that server.
    also: Vec<u16>,
}

/// One socket that asks.
struct NatProbe {
    socket: UdpSocket,
    clock: Clock,
    id: u64,
    transaction: [u8; 12],
}

/// Asks and judges.
pub fn check(check: &NatCheck) -> Result<NatReport, MatchError> {
    let addresses = socket::look_up(&check.server, check.family)?;
    let mut first = None;
    for server in addresses {
        let asker = NatProbe::new(server)?;
        if let Some(answer) = asker.ask(server, None)? {
            first = Some((asker, server, answer));
            break;
        }
    }
    let Some((asker, server, answer)) = first else {
        return check_others_alone(check);
    };
    let mut seen = vec![(server, answer.seen)];
    let second = answer.also.iter().find(|port| **port != server.port());
    let second = second.map(|port| SocketAddr::new(server.ip(), *port));
    if let Some(second) = second {
        seen.extend(asker.ask(second, None)?.map(|answer| (second, answer.seen)));
    }
    asker.judge(check, server, seen, second)
}

/// The first server does not answer: the other servers' answers may say as much.
fn check_others_alone(check: &NatCheck) -> Result<NatReport, MatchError> {
    let Some(other) = check.others.first() else { return Err(blocked(check)) };
    let Some(server) = socket::look_up(other, check.family)?.first().copied() else {
        return Err(blocked(check));
    };
    NatProbe::new(server)?.judge(check, server, Vec::new(), None)
}

fn blocked(check: &NatCheck) -> MatchError {
    let all = std::iter::once(&check.server).chain(&check.others);
    let servers = all.map(String::as_str).collect::<Vec<_>>().join(", ");
    MatchError::Blocked { servers }
}

impl NatProbe {
    fn new(server: SocketAddr) -> Result<Self, MatchError> {
        let seed = seed()?.to_le_bytes();
        let [a, b, c, d, e, f, g, h, rest @ ..] = seed;
        let id = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        let mut transaction = [0; 12];
        transaction.iter_mut().zip(rest).for_each(|(to, from)| *to = from);
        Ok(Self { socket: socket::open(server, 0)?, clock: Clock::start(), id, transaction })
    }

    /// Asks the further servers, too, and judges all answers. A second port of the first server
    /// shows whom the NAT lets in.
    fn judge(
        &self,
        check: &NatCheck,
        server: SocketAddr,
        mut seen: Vec<(SocketAddr, SocketAddr)>,
        second: Option<SocketAddr>,
    ) -> Result<NatReport, MatchError> {
        let silent = self.ask_others(check, server, &mut seen)?;
        if seen.is_empty() {
            return Err(blocked(check));
        }
        let filter = match second {
            Some(second) => Self::new(server)?.filter(server, second)?,
            None => Filter::Unknown,
        };
        let own = socket::own_address(&self.socket, server)
            .map_err(|source| MatchError::Socket { what: "find the own address", source })?;
        Ok(NatReport { silent, ..NatReport::new(own, seen, filter) })
    }

    /// Tests whether the second address is let in, to which this socket has not written yet, and
    /// the cost of its attempt.
    fn filter(&self, server: SocketAddr, second: SocketAddr) -> Result<Filter, MatchError> {
        let Some(before) = self.ask(server, None)? else { return Ok(Filter::Unknown) };
        if self.ask(server, Some(second.port()))?.is_some() {
            return Ok(Filter::Open);
        }
        let after = self.ask(second, None)?;
        Ok(Filter::of_closed(before.seen, after.map(|after| after.seen)))
    }

    /// The answers of the further servers, and the servers that do not answer.
    fn ask_others(
        &self,
        check: &NatCheck,
        server: SocketAddr,
        seen: &mut Vec<(SocketAddr, SocketAddr)>,
    ) -> Result<Vec<SocketAddr>, MatchError> {
        let mut silent = Vec::new();
        for other in &check.others {
            let addresses = socket::look_up(other, check.family)?;
            let alike = addresses.into_iter().find(|other| other.is_ipv4() == server.is_ipv4());
            let Some(other) = alike.filter(|other| seen.iter().all(|(asked, _)| asked != other))
            else {
                continue;
            };
            match self.ask(other, None)? {
                Some(answer) => seen.push((other, answer.seen)),
                None => silent.push(other),
            }
        }
        Ok(silent)
    }

    /// Asks until something comes. With a port the answer is to leave from there.
    fn ask(
        &self,
        server: SocketAddr,
        from: Option<u16>,
    ) -> Result<Option<Observation>, MatchError> {
        let answers_from = from.map_or(server, |port| SocketAddr::new(server.ip(), port));
        let mut best = None;
        for _ in 0..CHECK_TRIES {
            let _ = self.socket.send_to(self.question(from).as_bytes(), server);
            if from.is_none() {
                let _ = self.socket.send_to(&self.stun_question(), server);
            }
            let until = self.clock.now() + CHECK_AGAIN;
            while self.clock.now() < until {
                socket::wait(&self.socket, None, self.clock.now(), until)?;
                while let Some(answer) = self.receive(answers_from) {
                    // Our own answer says more than STUN's, and comes at about the same time.
                    if !answer.also.is_empty() || from.is_some() {
                        return Ok(Some(answer));
                    }
                    best = Some(answer);
                }
            }
            if best.is_some() {
                break;
            }
        }
        Ok(best)
    }

    fn question(&self, from: Option<u16>) -> String {
        let mut text = format!("MC1 CHECK id={:016x}", self.id);
        if let Some(port) = from {
            text.push_str(&format!(" from={port}"));
        }
        mc1::end_padded(&mut text, CHECK_BYTES);
        text
    }

    fn stun_question(&self) -> Vec<u8> {
        [&[0, 1, 0, 0][..], &STUN_MAGIC, &self.transaction].concat()
    }

    /// The next answer from there that is waiting; others are dropped.
    fn receive(&self, answers_from: SocketAddr) -> Option<Observation> {
        let mut room = [0; 600];
        loop {
            let (length, from) = self.socket.recv_from(&mut room).ok()?;
            let bytes = room.get(..length).unwrap_or_default();
            if from.ip() != answers_from.ip() || from.port() != answers_from.port() {
                continue;
            }
            let stun = || {
                let seen = stun_address(bytes, self.transaction)?;
                Some(Observation { seen, also: Vec::new() })
            };
            if let Some(answer) = self.line(bytes).or_else(stun) {
                return Some(answer);
            }
        }
    }

    fn line(&self, bytes: &[u8]) -> Option<Observation> {
        let line = Line::parse(bytes)?;
        if line.verb != "SEEN" || line.hex("id") != Some(self.id) {
            return None;
        }
        let also = line.get("also").unwrap_or("").split(',');
        let also = also.filter_map(|port| port.parse().ok()).filter(|port| *port != 0).collect();
        Some(Observation { seen: mc1::address(line.get("you")?)?, also })
    }
}

/// The magic cookie of each STUN message, behind kind and length.
const STUN_MAGIC: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];

/// The address in the answer to a STUN question (XOR-MAPPED-ADDRESS).
fn stun_address(bytes: &[u8], transaction: [u8; 12]) -> Option<SocketAddr> {
    let (head, mut rest) = bytes.split_first_chunk::<20>()?;
    let [1, 1, _, _, 0x21, 0x12, 0xA4, 0x42, id @ ..] = *head else { return None };
    if id != transaction {
        return None;
    }
    while let Some((&[kind_high, kind_low, high, low], more)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let (value, after) = more.split_at_checked(length.next_multiple_of(4))?;
        rest = after;
        if (kind_high, kind_low) != (0, 0x20) {
            continue;
        }
        let (&[_, family, port_high, port_low], ip) = value.split_first_chunk::<4>()?;
        let port = u16::from_be_bytes([port_high, port_low]) ^ 0x2112;
        let mask: Vec<u8> = STUN_MAGIC.iter().chain(&transaction).copied().collect();
        let ip: Vec<u8> = ip.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
        let ip = match family {
            1 => IpAddr::from(<[u8; 4]>::try_from(ip).ok()?),
            2 => IpAddr::from(<[u8; 16]>::try_from(ip).ok()?),
            _ => return None,
        };
        return Some(SocketAddr::new(ip, port));
    }
    None
}
