//! The audit log: one line for each act of a room owner or operator, and for each attempt to become
//! an operator, a bot or a gateway.
//!
//! ```text
//! INFO  moderation: by=alice did=ban room=den whom=bob for=2h reason="spam" address=203.0.113.7
//! INFO  oper granted: address=203.0.113.7 nick=olga operator=olga
//! WARN  oper refused: address=203.0.113.9 nick=mallory operator=olga
//! WARN  bot refused: address=203.0.113.9 with=token
//! WARN  gateway refused: address=203.0.113.9 why=password
//! ```
//!
//! Anybody may own a room and try passwords, so these lines are rate-limited; the number of lines
//! left out is logged. Names hold no spaces, free text is quoted, and no line holds a password or a
//! key.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::chat::{Allowance, Done, FloodRate, ModerationAction, Network, Nickname, Rank, Record};
use crate::dialect::Rounded;
use crate::limits::{AUDIT_OPER_LINES, AUDIT_ROOM_LINES};
use crate::server::{Audited, BotKind};
use crate::time::Time;

/// Writes the audit into the log.
#[derive(Debug)]
pub(super) struct AuditLog {
    rooms: LimitedLines,
    refusals: LimitedLines,
}

/// Lines that anybody can bring about.
#[derive(Debug)]
struct LimitedLines {
    rate: Option<FloodRate>,
    used: Allowance,
    left_out: u64,
}

impl LimitedLines {
    fn new((burst, a_second): (u32, u32)) -> Self {
        let rate = FloodRate::new(burst, a_second);
        Self { rate, used: Allowance::default(), left_out: 0 }
    }

    /// Whether there may be one more now; if not, counts it.
    fn may_log(&mut self, now: Time) -> bool {
        let may = self.rate.is_none_or(|rate| self.used.ready_at(rate) <= now);
        if let Some(rate) = self.rate.filter(|_| may) {
            self.used.charge(now, rate, 1);
        }
        self.left_out += u64::from(!may);
        may
    }

    fn take_left_out(&mut self) -> Option<u64> {
        Some(std::mem::take(&mut self.left_out)).filter(|count| *count > 0)
    }
}

impl AuditLog {
    pub(super) fn new() -> Self {
        Self {
            rooms: LimitedLines::new(AUDIT_ROOM_LINES),
            refusals: LimitedLines::new(AUDIT_OPER_LINES),
        }
    }

    /// Logs one thing that was done by `nick` from `address`.
    pub(super) fn log(&mut self, now: Time, audited: &Audited, nick: &str, address: &Address) {
        match audited {
            Audited::Done(record) if record.rank == Rank::ServerOperator => {
                log::info!("moderation: {} address={address}", AuditLine(record));
            }
            Audited::Done(record) if self.rooms.may_log(now) => {
                self.tell_left_out();
                log::info!("moderation: {} address={address}", AuditLine(record));
            }
            Audited::Oper { operator, granted: true, .. } => {
                let operator = operator.as_deref().unwrap_or_default();
                log::info!("oper granted: address={address} nick={nick} operator={operator}");
            }
            Audited::Oper { operator, .. } if self.refusals.may_log(now) => {
                self.tell_left_out();
                let known = if operator.is_some() { " operator=" } else { "" };
                let operator = operator.as_deref().unwrap_or_default();
                log::warn!("oper refused: address={address} nick={nick}{known}{operator}");
            }
            Audited::WrongPassword { account, .. } if self.refusals.may_log(now) => {
                self.tell_left_out();
                let known = if account.is_some() { " account=" } else { "" };
                let account = account.as_ref().map_or("", Nickname::as_str);
                log::warn!("login refused: address={address} nick={nick}{known}{account}");
            }
            Audited::Secret { kind, .. } if self.refusals.may_log(now) => {
                self.tell_left_out();
                let kind = match kind {
                    BotKind::Token => "token",
                    BotKind::Hook => "hook",
                };
                log::warn!("bot refused: address={address} with={kind}");
            }
            Audited::Gateway { refusal, .. } if self.refusals.may_log(now) => {
                self.tell_left_out();
                log::warn!("gateway refused: address={address} why={}", refusal.name());
            }
            Audited::Done(_)
            | Audited::Oper { .. }
            | Audited::WrongPassword { .. }
            | Audited::Gateway { .. }
            | Audited::Secret { .. } => {}
        }
    }

    /// Says how many lines were left out since that was last said, if any.
    pub(super) fn tell_left_out(&mut self) {
        if let Some(count) = self.rooms.take_left_out() {
            log::info!("moderation: left_out={count}");
        }
        if let Some(count) = self.refusals.take_left_out() {
            log::warn!("oper refused: left_out={count}");
        }
    }

    /// Counts acts that did not fit into one turn's queue.
    pub(super) fn note_lost(&mut self, count: u64) {
        self.rooms.left_out += count;
    }
}

/// The origin of an act, as exactly as it is known.
#[derive(Debug)]
pub(super) enum Address {
    /// The other end of the connection.
    Peer(IpAddr),
    /// The network that a balancer has named.
    Network(Network),
    /// The connection is gone, and it was none that counts.
    Unknown,
}

impl Address {
    /// `network` is the origin that limits count, `peer` the other end of the connection.
    pub(super) fn of(network: Option<Network>, peer: Option<SocketAddr>) -> Self {
        let peer = peer.map(|peer| peer.ip().to_canonical());
        match (network, peer) {
            (Some(network), Some(peer)) if Network::of(peer) == Some(network) => Self::Peer(peer),
            (Some(network), _) => Self::Network(network),
            (None, Some(peer)) => Self::Peer(peer),
            (None, None) => Self::Unknown,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer(address) => address.fmt(f),
            Self::Network(network) => fmt_network(*network, f),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

fn fmt_network(network: Network, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match network.address() {
        IpAddr::V4(address) => write!(f, "{address}"),
        IpAddr::V6(address) => write!(f, "{address}/{}", Network::IPV6_BITS),
    }
}

/// A record as it is written.
struct AuditLine<'a>(&'a Record);

impl fmt::Display for AuditLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Record { done, by, room, whom, network, lasts, reason, .. } = self.0;
        write!(f, "by={} did={} room={}", by.as_str(), word(*done), room.as_str())?;
        if let Some(whom) = whom {
            write!(f, " whom={whom}")?;
        }
        if let Some(network) = network {
            f.write_str(" from=")?;
            fmt_network(*network, f)?;
        }
        match (done, lasts) {
            (_, Some(lasts)) => write!(f, " for={}", Rounded(*lasts))?,
            (Done::Moderated(ModerationAction::Banned | ModerationAction::Muted), None) => {
                f.write_str(" for=ever")?;
            }
            (_, None) => {}
        }
        if reason.is_empty() { Ok(()) } else { write!(f, " reason={:?}", reason.as_str()) }
    }
}

fn word(done: Done) -> &'static str {
    match done {
        Done::Moderated(ModerationAction::Kicked) => "kick",
        Done::Moderated(ModerationAction::Banned) => "ban",
        Done::Moderated(ModerationAction::Unbanned) => "unban",
        Done::Moderated(ModerationAction::Muted) => "mute",
        Done::Moderated(ModerationAction::Unmuted) => "unmute",
        Done::Moderated(ModerationAction::Promoted) => "op",
        Done::Moderated(ModerationAction::Demoted) => "deop",
        Done::Moderated(ModerationAction::MadeOwner) => "give",
        Done::Owned => "own",
        Done::Password(true) => "password",
        Done::Password(false) => "no-password",
        Done::Named => "rename",
        Done::Topic => "topic",
        Done::Metadata => "metadata",
        Done::Redacted => "redact",
        Done::Rules => "mode",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn network(address: &str) -> Option<Network> {
        Network::of(address.parse().unwrap())
    }

    fn address(network: Option<Network>, peer: Option<&str>) -> String {
        Address::of(network, peer.map(|peer| SocketAddr::new(peer.parse().unwrap(), 1))).to_string()
    }

    #[test]
    fn an_address_is_as_exact_as_it_is_known() {
        assert_eq!(address(network("192.0.2.7"), Some("192.0.2.7")), "192.0.2.7");
        assert_eq!(address(network("192.0.2.7"), Some("::ffff:192.0.2.7")), "192.0.2.7");
        assert_eq!(address(network("2001:db8::7"), Some("2001:db8::7")), "2001:db8::7");
        // Through a balancer.
        assert_eq!(address(network("192.0.2.7"), Some("10.0.0.5")), "192.0.2.7");
        assert_eq!(address(network("2001:db8::7"), Some("10.0.0.5")), "2001:db8::/64");
        assert_eq!(address(None, Some("127.0.0.1")), "127.0.0.1");
        // The connection has broken.
        assert_eq!(address(network("192.0.2.7"), None), "192.0.2.7");
        assert_eq!(address(None, None), "unknown");
    }

    #[test]
    fn a_flood_is_counted_and_told() {
        let mut lines = LimitedLines::new((3, 2));
        let logged = (0..10).filter(|_| lines.may_log(Time::ZERO)).count();
        assert_eq!((logged, lines.take_left_out(), lines.take_left_out()), (3, Some(7), None));
        let later = Time::at(Duration::from_secs(1));
        assert_eq!((0..10).filter(|_| lines.may_log(later)).count(), 2);
    }
}
