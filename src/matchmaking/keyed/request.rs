//! Requests of players, parsed from their lines.
//!
//! This file checks the form of a request; [`super::Keyed`] checks the rest (is there such a
//! player, may it have this queue). A server's line is never a request, so nothing that a server
//! sends is ever answered.

use std::net::SocketAddr;

use smallvec::SmallVec;

use crate::limits::LAN_CANDIDATES_MAX;
use crate::limits::MATCH_PLAYERS;
use crate::limits::RELAY_PAYLOAD_BYTES_MAX;
use crate::mc1::Line;
use crate::mc1::address;
use crate::mc1::hex;
use crate::mc1::is_private;
use crate::mc1::is_queue_name;

/// The player's own private addresses.
pub(super) type Lan = SmallVec<[SocketAddr; LAN_CANDIDATES_MAX]>;

/// One well-formed request.
#[derive(Debug)]
pub(in crate::matchmaking) enum KeyedRequest<'a> {
    /// Take me into a queue.
    Join(Join<'a>),
    /// I know of this match.
    Ack { id: u64, m: u64 },
    /// This is how I have reached that player of the match, or not.
    Result { id: u64, m: u64, peer: u8, how: ReachMethod },
    /// I want to be in no queue or match any more.
    Leave { id: u64 },
    /// Which address do I have? To be answered from another port, if one is named.
    Check { id: u64, from: Option<u16> },
    /// Pass this on to that player of my match.
    Data { ticket: u64, to: u8, payload: &'a [u8] },
}

/// The way in which one player has reached another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::matchmaking) enum ReachMethod {
    Lan,
    Direct,
    Relay,
    Failed,
}

/// A request to be taken into a queue. Invalid fields are kept as they were written: the sender may
/// be told of them only when its address is proved.
#[derive(Debug, Default)]
pub(in crate::matchmaking) struct Join<'a> {
    pub(in crate::matchmaking) id: u64,
    pub(super) cookie: Option<&'a str>,
    pub(super) queue: Option<&'a str>,
    pub(super) players: Option<&'a str>,
    pub(super) token: Option<&'a str>,
    lan: Option<&'a str>,
}

impl<'a> KeyedRequest<'a> {
    /// The request in this datagram, if there is one.
    pub(in crate::matchmaking) fn parse(datagram: &'a [u8]) -> Option<Self> {
        let line = Line::parse(datagram)?;
        if line.verb == "DATA" {
            let payload = line.payload.unwrap_or_default();
            let (ticket, to) = (line.hex("t")?, line.number("to")?);
            let fits = payload.len() <= RELAY_PAYLOAD_BYTES_MAX;
            return fits.then_some(Self::Data { ticket, to, payload });
        }
        if line.payload.is_some() {
            return None;
        }
        let id = || line.hex("id");
        let m = || line.hex("m");
        Some(match line.verb {
            "JOIN" => Self::Join(Join::parse(&line)?),
            "ACK" => Self::Ack { id: id()?, m: m()? },
            "RESULT" => {
                let how = ReachMethod::parse(line.get("how")?)?;
                Self::Result { id: id()?, m: m()?, peer: line.number("peer")?, how }
            }
            "LEAVE" => Self::Leave { id: id()? },
            "CHECK" => Self::Check { id: id()?, from: line.number("from") },
            _ => return None,
        })
    }
}

impl ReachMethod {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "lan" => Self::Lan,
            "direct" => Self::Direct,
            "relay" => Self::Relay,
            "failed" => Self::Failed,
            _ => return None,
        })
    }
}

impl<'a> Join<'a> {
    /// Reads the fields in one pass, since each pair of players costs four of these. Of a key
    /// given twice the first counts.
    fn parse(line: &Line<'a>) -> Option<Self> {
        let mut join = Self::default();
        let mut id = None;
        for (key, value) in line.fields() {
            let place = match key {
                "id" => &mut id,
                "c" => &mut join.cookie,
                "q" => &mut join.queue,
                "n" => &mut join.players,
                "token" => &mut join.token,
                "lan" => &mut join.lan,
                _ => continue,
            };
            place.get_or_insert(value);
        }
        join.id = hex(id?)?;
        Some(join)
    }

    /// The queue, if it is named well.
    pub(super) fn queue(&self) -> Option<&'a str> {
        self.queue.filter(|name| is_queue_name(name))
    }

    /// The size of the match, if it is possible.
    pub(super) fn players(&self) -> Option<u8> {
        let text = self.players.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        text.parse().ok().filter(|number| MATCH_PLAYERS.contains(number))
    }

    /// The private ones of the addresses named: no other is passed on to anybody.
    pub(super) fn lan(&self) -> Lan {
        let named = self.lan.unwrap_or_default().split(',').filter_map(address);
        named.filter(|address| is_private(address.ip())).take(LAN_CANDIDATES_MAX).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::QUEUE_NAME_BYTES_MAX;

    const ID: &str = "id=0123456789abcdef";

    fn join(fields: &str) -> Option<(Option<String>, Option<u8>, Vec<String>)> {
        let text = format!("MC1 JOIN {ID} {fields}\n");
        let Some(KeyedRequest::Join(join)) = KeyedRequest::parse(text.as_bytes()) else {
            return None;
        };
        let lan = join.lan().iter().map(ToString::to_string).collect();
        Some((join.queue().map(str::to_owned), join.players(), lan))
    }

    #[test]
    fn queues_and_sizes_have_bounds() {
        let longest = "q".repeat(QUEUE_NAME_BYTES_MAX);
        for (fields, queue, players) in [
            ("q=duel n=2", Some("duel"), Some(2)),
            ("n=16 q=a=b~! q=c", Some("a=b~!"), Some(16)),
            (&format!("q={longest} n=1"), Some(&*longest), None),
            (&format!("q={longest}x n=17"), None, None),
            ("q= n=+2", None, None),
            ("q=caf\u{e9} n=-2", None, None),
            ("", None, None),
        ] {
            let (found, number, _) = join(fields).unwrap();
            assert_eq!((found.as_deref(), number), (queue, players), "{fields}");
        }
    }

    #[test]
    fn only_private_addresses_are_taken_and_only_two() {
        for (lan, taken) in [
            ("192.168.1.7:4000", vec!["192.168.1.7:4000"]),
            ("10.0.0.1:1,172.16.0.1:2,192.168.0.1:3", vec!["10.0.0.1:1", "172.16.0.1:2"]),
            ("8.8.8.8:53,127.0.0.1:4,100.64.0.1:5,169.254.1.1:6,224.0.0.1:7", vec![]),
            ("[fd00::1]:4,[2001:db8::1]:5,[fe80::1]:6,[::1]:7", vec!["[fd00::1]:4"]),
            ("[::ffff:192.168.1.7]:4000,nonsense,", vec![]),
        ] {
            assert_eq!(join(&format!("lan={lan}")).unwrap().2, taken, "{lan}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_no_request() {
        let payload = "x".repeat(RELAY_PAYLOAD_BYTES_MAX + 1);
        let (m, t) = ("m=0123456789abcdef", "t=0123456789abcdef");
        for line in [
            "JOIN id=0123 q=duel n=2",
            "JOIN q=duel n=2",
            &format!("JOIN {ID} q=duel n=2\nmore"),
            &format!("ACK {ID}"),
            &format!("RESULT {ID} {m} peer=2 how=luck"),
            &format!("RESULT {ID} {m} peer=256 how=direct"),
            "LEAVE",
            "CHECK",
            "DATA to=2\nhello",
            &format!("DATA {t} to=2\n{payload}"),
            // Lines that servers and players send to others.
            &format!("COOKIE {ID} c=0123456789abcdef"),
            &format!("WAIT {ID} have=1 need=2 ttl=30"),
            &format!("MATCH {ID} {m} k=00 you=1@192.0.2.1:1 peer=2@192.0.2.2:2 at=0"),
            &format!("LEFT {ID}"),
            &format!("ERR {ID} code=full retry=1"),
            &format!("SEEN {ID} you=192.0.2.1:1"),
            &format!("DATA {m} by=1\nhello"),
            "PING m=0123456789abcdef by=1 to=2 x=00000000 ok=0 h=0123456789abcdef",
            "PONG m=0123456789abcdef by=1 to=2 x=00000000 ok=0 h=0123456789abcdef",
            "",
        ] {
            let datagram = format!("MC1 {line}\n");
            assert!(KeyedRequest::parse(datagram.as_bytes()).is_none(), "{line}");
        }
    }
}
