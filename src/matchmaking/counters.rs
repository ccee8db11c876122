//! The matchmaker's counters.
//!
//! Whoever asks shows them. The matchmaker itself never reads them.
//!
//! Invariant: each datagram received is counted in exactly one other field ([`Counters::evicted`]
//! excepted), or in one of [`super::KeyedCounters`].

use serde::Deserialize;
use serde::Serialize;

/// Totals since the start, in datagrams received unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// All of them.
    pub received: u64,
    /// STUN requests answered with the sender's address.
    pub stun_answered: u64,
    /// STUN requests answered with error 420: they insist on an attribute we do not know.
    pub stun_refused: u64,
    /// Plain datagrams that made their sender wait, or wait on.
    pub waiting: u64,
    /// Plain datagrams that completed a pair.
    pub paired: u64,
    /// Plain datagrams of a paired sender that earned the same answer again.
    pub repeated_answers: u64,
    /// Requests of the keyed protocol answered with the sender's address.
    pub checked: u64,
    /// Datagrams that led to nothing, by reason.
    pub dropped: Dropped,
    /// Pairs (not datagrams) forgotten before their time because the table was full.
    pub evicted: u64,
}

/// Why a datagram led to nothing; one counter for each [`Reason`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Longer than any datagram we look at.
    pub too_long: u64,
    /// From an address that no client can have, or from our own.
    pub bad_source: u64,
    /// Looked like STUN and was not well-formed.
    pub stun_malformed: u64,
    /// STUN, but not a Binding request: nothing that is ever answered.
    pub stun_not_request: u64,
    /// Looked like the keyed protocol and was no request of it.
    pub keyed_malformed: u64,
    /// A stranger's request that is shorter than its answer would be.
    pub unpadded: u64,
    /// From an address that neither waits nor plays, or with a number that is not its own.
    pub no_player: u64,
    /// To be relayed, and more than may be.
    pub over_relay: u64,
    /// To be relayed to a player that has itself said nothing for too long.
    #[serde(default)]
    pub gone: u64,
    /// Plain, while plain pairing is switched off.
    pub plain_off: u64,
    /// Plain, and itself an answer of such a server.
    pub server_answer: u64,
    /// The sender's network sent too many.
    pub over_rate: u64,
    /// A repeat so soon after the last answer that it earns none.
    pub too_soon: u64,
    /// From a banned address: not looked at.
    #[serde(default)]
    pub banned: u64,
}

/// Why one datagram leads to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    TooLong,
    BadSource,
    StunMalformed,
    StunNotRequest,
    KeyedMalformed,
    Unpadded,
    NoPlayer,
    OverRelay,
    Gone,
    PlainOff,
    ServerAnswer,
    OverRate,
    TooSoon,
    Banned,
}

impl Dropped {
    /// All reasons together.
    pub fn total(&self) -> u64 {
        let stun = self.stun_malformed + self.stun_not_request;
        let plain = self.plain_off + self.server_answer + self.too_soon;
        let keyed = self.keyed_malformed + self.unpadded + self.no_player;
        let relay = self.over_relay + self.gone;
        let source = self.bad_source + self.over_rate + self.banned;
        self.too_long + source + stun + keyed + relay + plain
    }

    /// Counts one more.
    pub(super) fn count(&mut self, reason: Reason) {
        let counter = match reason {
            Reason::TooLong => &mut self.too_long,
            Reason::BadSource => &mut self.bad_source,
            Reason::StunMalformed => &mut self.stun_malformed,
            Reason::StunNotRequest => &mut self.stun_not_request,
            Reason::KeyedMalformed => &mut self.keyed_malformed,
            Reason::Unpadded => &mut self.unpadded,
            Reason::NoPlayer => &mut self.no_player,
            Reason::OverRelay => &mut self.over_relay,
            Reason::Gone => &mut self.gone,
            Reason::PlainOff => &mut self.plain_off,
            Reason::ServerAnswer => &mut self.server_answer,
            Reason::OverRate => &mut self.over_rate,
            Reason::TooSoon => &mut self.too_soon,
            Reason::Banned => &mut self.banned,
        };
        *counter += 1;
    }
}
