//! The server's lines, parsed: MATCH and its peers.
//!
//! Invariant: whatever a server sends, slots are from 1 to 16 and different, and lists are bounded.

use std::net::SocketAddr;
use std::time::Duration;

use crate::limits::LAN_CANDIDATES_MAX;
use crate::limits::MATCH_PLAYERS;
use crate::limits::SERVER_DELAY_MAX;
use crate::mc1;
use crate::mc1::Line;

/// Everything that MATCH says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MatchReply {
    pub(super) game: u64,
    pub(super) key: u128,
    /// Our own slot.
    pub(super) you: u8,
    /// Our address as the server sees it.
    pub(super) seen: Option<SocketAddr>,
    pub(super) peers: Vec<PeerInfo>,
    /// Time until both sides should begin.
    pub(super) at: Duration,
    /// Our ticket for the relay.
    pub(super) relay: Option<u64>,
}

/// One peer in a MATCH line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PeerInfo {
    pub(super) slot: u8,
    /// Its address as the server sees it; none where addresses are hidden.
    pub(super) observed: Option<SocketAddr>,
    pub(super) lan: Vec<SocketAddr>,
    /// The nickname that the server vouches for.
    pub(super) nick: Option<String>,
}

impl MatchReply {
    /// Reads one; `None` if it makes no sense.
    pub(super) fn read(line: &Line<'_>) -> Option<Self> {
        let (you, seen) = player(line.get("you")?)?;
        let mut peers: Vec<PeerInfo> = Vec::new();
        for text in line.all("peer") {
            let (slot, addresses) = player(text)?;
            if slot == you || peers.iter().any(|peer| peer.slot == slot) {
                return None;
            }
            peers.push(PeerInfo::read(slot, addresses, line)?);
        }
        let at = Duration::from_millis(line.number("at").unwrap_or(0)).min(SERVER_DELAY_MAX);
        let (game, key, relay) = (line.hex("m")?, key(line.get("k")?)?, line.hex("relay"));
        let seen = seen.split('+').next().and_then(mc1::address);
        (!peers.is_empty()).then_some(Self { game, key, you, seen, peers, at, relay })
    }
}

impl PeerInfo {
    fn read(slot: u8, addresses: &str, line: &Line<'_>) -> Option<Self> {
        let named = addresses.split('+').filter(|address| !address.is_empty());
        let addresses: Vec<SocketAddr> = named.map(mc1::address).collect::<Option<_>>()?;
        let lan = addresses.iter().skip(1).take(LAN_CANDIDATES_MAX).copied().collect();
        let of_peer = |nick: &'_ str| {
            let (by, name) = nick.split_once('@')?;
            (number(by) == Some(slot)).then(|| name.to_owned())
        };
        let nick = line.all("nick").find_map(of_peer);
        Some(Self { slot, observed: addresses.first().copied(), lan, nick })
    }
}

/// `2@203.0.113.5:4000+…`, or `2` alone: the slot, and the addresses.
fn player(text: &str) -> Option<(u8, &str)> {
    let (slot, addresses) = text.split_once('@').unwrap_or((text, ""));
    Some((number(slot)?, addresses))
}

/// A slot.
fn number(text: &str) -> Option<u8> {
    let slot = text.parse().ok().filter(|slot| (1..=*MATCH_PLAYERS.end()).contains(slot))?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then_some(slot)
}

/// 32 hexadecimal digits.
fn key(text: &str) -> Option<u128> {
    let (high, low) = text.split_at_checked(16)?;
    Some(u128::from(mc1::hex(high)?) << 64 | u128::from(mc1::hex(low)?))
}
