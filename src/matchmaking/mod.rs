//! The UDP side: strangers find out their own address, or each other.
//!
//! One port speaks several protocols, told apart by the first bytes:
//!
//! ```text
//!     datagram --> sender --> STUN? ------> stun     1 answer: your address is ...
//!                  (can it    "MC1 "? ----> keyed    prove your address, then meet others
//!                  answer?)   else -------> pairing  0, 1 or 2: the other's address is ...
//!                                  `-- rate: only what would be processed costs
//! ```
//!
//! Left to `net`: sockets, the clock, the secret, and sending the output. The other end of the
//! keyed protocol is `peer`.
//!
//! Invariants:
//! - nothing is sent to an address that has not proved itself but in answer to a datagram from
//!   there, and never more than twice its bytes, headers included;
//! - nothing that this server sends is ever answered by such a server;
//! - memory has a fixed bound, whoever sends whatever.

mod counters;
mod crc32;
mod handover;
mod keyed;
mod network;
mod pairing;
mod payload;
mod rate;
mod secrets;
mod sender;
mod stun;

#[cfg(test)]
mod tests;

use std::fmt::Write;
use std::net::SocketAddr;

use serde::Deserialize;
use serde::Serialize;

use crate::id::ClientId;
use crate::limits::DATAGRAM_BYTES_MAX;
use crate::limits::MATCH_PLAYERS;
use crate::limits::PAIRED_ENDPOINTS_MAX;
use crate::limits::RELAY_DATAGRAM_BYTES_MAX;
use crate::limits::UDP_RATE_PER_SECOND;
use crate::mc1::MAGIC;
use crate::mc1::is_queue_name;
use crate::time::Time;

pub use counters::Counters;
pub use counters::Dropped;
pub use handover::MatchmakerState;
pub use keyed::KeyedCounters;
pub use keyed::RelayMode;
pub use keyed::RelaySettings;

use counters::Reason;
use keyed::Keyed;
use keyed::KeyedRequest;
use pairing::Pairing;
use pairing::PairingOutcome;
use payload::Payload;
use rate::RateTable;
use sender::Canonical;
use sender::OwnAddresses;
use sender::Sender;

/// Settings of the matchmaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchmakerSettings {
    /// Whether any two datagrams make a pair.
    pub plain_pairing: bool,
    /// Datagrams a second processed per IPv4 address or IPv6 /64; 0 means no limit.
    pub answers_per_second: u32,
    /// Whether and how much is relayed between players.
    pub relay: RelaySettings,
    /// The addresses of our sockets, which are never answered. An unspecified IP stands for any
    /// address of this host, of which the loopback ones are recognised.
    pub own_addresses: Vec<SocketAddr>,
}

impl Default for MatchmakerSettings {
    /// As the flags of the server have it, without sockets.
    fn default() -> Self {
        Self {
            plain_pairing: true,
            answers_per_second: UDP_RATE_PER_SECOND,
            relay: RelaySettings::default(),
            own_addresses: Vec::new(),
        }
    }
}

/// A local endpoint, as `net` numbers it: one of our UDP sockets, and one of its addresses if it
/// has many. The first numbers are those of the sockets, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SocketIndex(pub u16);

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A datagram came in. One that did not fit into the buffer should be handed in longer than
    /// [`RELAY_DATAGRAM_BYTES_MAX`], so a buffer of one byte more than that will do.
    Datagram {
        /// Where.
        via: SocketIndex,
        /// Its sender.
        source: SocketAddr,
        /// All of it.
        bytes: &'a [u8],
    },
    /// Time has passed: do what is due.
    Timeout,
}

/// Something to be done about it, at once and in order.
#[derive(Clone, Copy, Debug)]
pub enum Output<'a> {
    /// Send this.
    Send(Transmit<'a>),
    /// Tell a person in the chat.
    Matched(Matched<'a>),
}

/// One datagram to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit<'a> {
    /// The socket it leaves by: the one its receiver spoke to, or a NAT would drop it.
    pub via: SocketIndex,
    /// Where it goes, in the form in which that socket reports its senders.
    pub to: SocketAddr,
    /// Its bytes.
    pub payload: &'a [u8],
}

/// A person's match.
#[derive(Clone, Copy, Debug)]
pub struct Matched<'a> {
    /// The person.
    pub client: ClientId,
    /// The others, oldest in the queue first.
    pub peers: &'a [MatchedPeer],
}

/// A player whom a person in the chat has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchedPeer {
    /// The player's client in the chat, if it has one.
    pub client: Option<ClientId>,
    /// Its address, unless all is relayed.
    pub address: Option<SocketAddr>,
}

/// Why a person in the chat cannot be given a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReservationError {
    /// That is no name for a queue.
    QueueName,
    /// A match of this size is not possible.
    Players,
}

/// Handles datagrams and decides on the answers.
#[derive(Debug)]
pub struct Matchmaker {
    plain_pairing: bool,
    own_addresses: OwnAddresses,
    rate: RateTable,
    pairing: Pairing,
    keyed: Keyed,
    counters: Counters,
}

impl Matchmaker {
    /// A matchmaker without players. The secret keeps senders from choosing whose rate they use up,
    /// and from guessing cookies and other players' numbers.
    pub fn new(settings: MatchmakerSettings, secret: [u8; 16]) -> Self {
        Self {
            plain_pairing: settings.plain_pairing,
            own_addresses: OwnAddresses::new(settings.own_addresses),
            rate: RateTable::new(settings.answers_per_second, &secret),
            pairing: Pairing::new(PAIRED_ENDPOINTS_MAX),
            keyed: Keyed::new(settings.relay, &secret),
            counters: Counters::default(),
        }
    }

    /// Applies new settings. Players that wait or play go on.
    pub fn reconfigure(&mut self, settings: &MatchmakerSettings) {
        self.plain_pairing = settings.plain_pairing;
        self.rate.set_rate(settings.answers_per_second);
        self.keyed.set_relay(settings.relay);
    }

    /// Handles one input and writes its output to `out`. Time must not run backwards from call to
    /// call.
    pub fn handle(&mut self, now: Time, input: Input<'_>, out: &mut impl FnMut(Output<'_>)) {
        match input {
            Input::Datagram { via, source, bytes } => {
                self.counters.received += 1;
                if let Err(reason) = self.receive(now, via, source, bytes, out) {
                    self.counters.dropped.count(reason);
                }
            }
            Input::Timeout => self.keyed.handle_timeout(now, out),
        }
    }

    /// Counts a datagram from a banned address, which is not looked at.
    pub fn note_banned(&mut self) {
        self.counters.received += 1;
        self.counters.dropped.count(Reason::Banned);
    }

    /// When [`Input::Timeout`] is to be handed in at the latest.
    pub fn poll_timeout(&mut self) -> Option<Time> {
        self.keyed.poll_timeout()
    }

    /// Reserves a match of this size, the person included, in this queue. The endpoint that brings
    /// the returned token is theirs; an earlier reservation of the person is dropped.
    ///
    /// # Errors
    /// No such queue can be.
    pub fn reserve(
        &mut self,
        now: Time,
        person: (ClientId, &str),
        queue: &str,
        players: u8,
    ) -> Result<u64, ReservationError> {
        if !is_queue_name(queue) {
            return Err(ReservationError::QueueName);
        }
        if !MATCH_PLAYERS.contains(&players) {
            return Err(ReservationError::Players);
        }
        Ok(self.keyed.reserve(now, person, queue, players))
    }

    /// A queue name that nobody can guess.
    pub fn private_queue(&mut self) -> String {
        format!("~{:016x}", self.keyed.draw())
    }

    /// Drops the reservation of a person who wants no match any more or has left the chat. Returns
    /// whether there was one.
    pub fn release(&mut self, client: ClientId) -> bool {
        self.keyed.release(client)
    }

    /// A person in the chat is called something else.
    pub fn rename(&mut self, client: ClientId, nickname: &str) {
        self.keyed.rename(client, nickname);
    }

    /// The port to announce to people: that of the first socket.
    pub fn port(&self) -> Option<u16> {
        self.own_addresses.first_port()
    }

    /// Totals since the start.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Totals of the keyed protocol since the start.
    pub fn keyed_counters(&self) -> &KeyedCounters {
        self.keyed.counters()
    }

    /// The number of players of the keyed protocol.
    pub fn players(&self) -> usize {
        self.keyed.players()
    }

    /// Gives back memory that a crowd has needed and the present does not.
    pub fn trim(&mut self) {
        self.keyed.trim();
    }

    /// Checks the invariants of all tables; in release builds nothing.
    pub fn check_invariants(&self) {
        self.pairing.check_invariants();
        self.keyed.check_invariants();
        let c = &self.counters;
        let answered = c.stun_answered + c.stun_refused + c.paired + c.repeated_answers;
        let keyed = self.keyed_counters().total() + c.checked;
        debug_assert_eq!(c.received, answered + c.waiting + keyed + c.dropped.total());
    }

    fn receive(
        &mut self,
        now: Time,
        via: SocketIndex,
        source: SocketAddr,
        datagram: &[u8],
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        if datagram.len() > longest(datagram) {
            return Err(Reason::TooLong);
        }
        let sender = Sender::new(via, source, &self.own_addresses).ok_or(Reason::BadSource)?;
        if stun::is_stun(datagram) {
            self.tell_own_address(now, sender, datagram, out)
        } else if datagram.starts_with(MAGIC) {
            self.handle_request(now, sender, datagram, out)
        } else {
            self.match_plainly(now, sender, datagram, out)
        }
    }

    fn tell_own_address(
        &mut self,
        now: Time,
        sender: Sender,
        datagram: &[u8],
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        let request = stun::BindingRequest::parse(datagram)?;
        self.charge(now, sender)?;
        let (payload, counter) = match request.answer(sender.address()) {
            stun::StunAnswer::Success(payload) => (payload, &mut self.counters.stun_answered),
            stun::StunAnswer::Refusal(payload) => (payload, &mut self.counters.stun_refused),
        };
        *counter += 1;
        out(Output::Send(sender.transmit(payload.as_ref())));
        Ok(())
    }

    /// Handles the keyed protocol. Requests that strangers can send are charged to their network; a
    /// proved player must not be kept from answering by others behind the same address.
    fn handle_request(
        &mut self,
        now: Time,
        sender: Sender,
        datagram: &[u8],
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        match KeyedRequest::parse(datagram).ok_or(Reason::KeyedMalformed)? {
            KeyedRequest::Check { id, from } => {
                self.charge(now, sender)?;
                self.check(sender, id, from, datagram.len(), out)
            }
            KeyedRequest::Join(join) if !self.keyed.is_proved(now, sender, &join) => {
                self.charge(now, sender)?;
                self.keyed.give_cookie(now, sender, join.id, datagram.len(), out)
            }
            request => self.keyed.handle_request(now, sender, request, out),
        }
    }

    /// Tells a sender its address, and our other ports as long as the answer is not longer than the
    /// request of that many `bytes`.
    fn check(
        &mut self,
        sender: Sender,
        id: u64,
        from: Option<u16>,
        bytes: usize,
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        let address = sender.address();
        let mut answer = format!("MC1 SEEN id={id:016x} you={}", Canonical(address));
        let mut key = " also=";
        for (port, _) in self.own_addresses.ports(&sender) {
            let more = format!("{key}{port}");
            if answer.len() + more.len() < bytes {
                answer.push_str(&more);
                key = ",";
            }
        }
        answer.push('\n');
        if answer.len() > bytes {
            return Err(Reason::Unpadded);
        }
        let transmit = match from {
            None => sender.transmit(answer.as_bytes()),
            Some(port) => {
                let mut ports = self.own_addresses.ports(&sender);
                let (_, via) = ports.find(|(own, _)| *own == port).ok_or(Reason::KeyedMalformed)?;
                sender.transmit_via(via, answer.as_bytes())
            }
        };
        self.counters.checked += 1;
        out(Output::Send(transmit));
        Ok(())
    }

    fn match_plainly(
        &mut self,
        now: Time,
        sender: Sender,
        datagram: &[u8],
        out: &mut impl FnMut(Output<'_>),
    ) -> Result<(), Reason> {
        if !self.plain_pairing {
            return Err(Reason::PlainOff);
        }
        if is_plain_answer(datagram) {
            return Err(Reason::ServerAnswer);
        }
        self.charge(now, sender)?;
        let mut tell = |to: Sender, partner| {
            out(Output::Send(to.transmit(plain_answer(partner).as_ref())));
        };
        match self.pairing.receive(now, sender) {
            PairingOutcome::Waits => self.counters.waiting += 1,
            PairingOutcome::Meets { first, evicted } => {
                self.counters.paired += 1;
                self.counters.evicted += u64::from(evicted);
                tell(first, sender.address());
                tell(sender, first.address());
            }
            PairingOutcome::Repeats { partner } => {
                self.counters.repeated_answers += 1;
                tell(sender, partner);
            }
            PairingOutcome::TooSoon => return Err(Reason::TooSoon),
        }
        Ok(())
    }

    fn charge(&mut self, now: Time, sender: Sender) -> Result<(), Reason> {
        let admitted = self.rate.admits(now, sender.address().ip());
        if admitted { Ok(()) } else { Err(Reason::OverRate) }
    }
}

/// The most bytes that a datagram beginning like this one may have.
fn longest(datagram: &[u8]) -> usize {
    if datagram.starts_with(b"MC1 DATA ") { RELAY_DATAGRAM_BYTES_MAX } else { DATAGRAM_BYTES_MAX }
}

/// The answer of plain pairing: an address and a newline.
fn plain_answer(address: SocketAddr) -> Payload {
    let mut payload = Payload::new();
    let written = writeln!(payload, "{}", Canonical(address));
    debug_assert!(written.is_ok(), "writing to a payload does not fail");
    payload
}

/// Whether a datagram is another server's answer: answering it could make two servers talk for
/// ever.
fn is_plain_answer(datagram: &[u8]) -> bool {
    let text = datagram.strip_suffix(b"\n").and_then(|line| str::from_utf8(line).ok());
    text.is_some_and(|text| text.parse::<SocketAddr>().is_ok())
}
