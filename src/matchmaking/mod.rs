//! The UDP side: strangers find out their own address, or each other.
//!
//! One port speaks several languages, told apart by the first bytes:
//!
//! ```text
//!     datagram --> sender --> STUN? ------------> stun     1 answer: your address is ...
//!                  (can it    "MC1 "? ----------> silence  (reserved for the keyed protocol)
//!                  answer?)   anything else ----> pairing  0, 1 or 2: the other's address is ...
//!                                  `-- rate: only what would be processed costs
//! ```
//!
//! Left to `net`: sockets, the clock, the secret, and sending what is returned here.
//!
//! Invariants:
//! - nothing is sent but in answer to a datagram, and at most two datagrams for one;
//! - nobody is sent more than twice the bytes they sent, headers included;
//! - nothing that this server sends is ever answered by such a server;
//! - memory has a fixed bound, whoever sends whatever.

mod answer;
mod counters;
mod crc32;
pub mod line;
mod pairing;
mod rate;
mod sender;
mod stun;

#[cfg(test)]
mod tests;

use std::fmt::Write;
use std::net::IpAddr;
use std::net::SocketAddr;

use crate::limits::DATAGRAM_BYTES_MAX;
use crate::limits::PAIRED_ENDPOINTS_MAX;
use crate::time::Time;

pub use answer::Answers;
pub use answer::Payload;
pub use answer::Transmit;
pub use counters::Counters;
pub use counters::Dropped;

use counters::Reason;
use pairing::Outcome;
use pairing::Pairing;
use rate::RateTable;
use sender::OwnAddresses;
use sender::Sender;

/// How the matchmaker is to behave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether any two datagrams make a pair.
    pub plain_pairing: bool,
    /// Datagrams a second processed per IPv4 address or IPv6 /64; 0 means no limit.
    pub answers_per_second: u32,
    /// What our sockets are bound to; nothing from there is answered. An unspecified IP stands for
    /// any address of this host, of which the loopback ones are recognised.
    pub own_addresses: Vec<SocketAddr>,
}

/// Where we are asked and answer from, as `net` numbers it: one of our UDP sockets, and one of its
/// addresses if it has many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketIndex(pub u16);

/// Takes datagrams and says what to answer.
#[derive(Debug)]
pub struct Matchmaker {
    plain_pairing: bool,
    own_addresses: OwnAddresses,
    rate: RateTable,
    pairing: Pairing,
    counters: Counters,
}

impl Matchmaker {
    /// A matchmaker that has met nobody. The secret keeps senders from choosing whose rate they
    /// use up.
    pub fn new(settings: Settings, secret: [u8; 16]) -> Self {
        Self {
            plain_pairing: settings.plain_pairing,
            own_addresses: OwnAddresses::new(settings.own_addresses),
            rate: RateTable::new(settings.answers_per_second, &secret),
            pairing: Pairing::new(PAIRED_ENDPOINTS_MAX),
            counters: Counters::default(),
        }
    }

    /// Takes one datagram and says what to send. Time must not run backwards from call to call.
    ///
    /// A datagram that did not fit into the buffer should be handed in longer than
    /// [`DATAGRAM_BYTES_MAX`], so a buffer of one byte more than that will do.
    pub fn receive(
        &mut self,
        now: Time,
        via: SocketIndex,
        source: SocketAddr,
        datagram: &[u8],
    ) -> Answers {
        self.counters.received += 1;
        let answers = self.answer(now, via, source, datagram);
        answers.unwrap_or_else(|reason| {
            self.counters.dropped.count(reason);
            Answers::default()
        })
    }

    /// What happened so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Checks what the modules promise about their tables; in release builds nothing.
    pub fn check_invariants(&self) {
        self.pairing.check_invariants();
        let c = &self.counters;
        let answered = c.stun_answered + c.stun_refused + c.paired + c.repeated_answers;
        debug_assert_eq!(c.received, answered + c.waiting + c.dropped.total());
    }

    fn answer(
        &mut self,
        now: Time,
        via: SocketIndex,
        source: SocketAddr,
        datagram: &[u8],
    ) -> Result<Answers, Reason> {
        if datagram.len() > DATAGRAM_BYTES_MAX {
            return Err(Reason::TooLong);
        }
        let sender = Sender::new(via, source, &self.own_addresses).ok_or(Reason::BadSource)?;
        if stun::is_stun(datagram) {
            self.tell_own_address(now, sender, datagram)
        } else if datagram.starts_with(b"MC1 ") {
            Err(Reason::Reserved)
        } else {
            self.match_plainly(now, sender, datagram)
        }
    }

    fn tell_own_address(
        &mut self,
        now: Time,
        sender: Sender,
        datagram: &[u8],
    ) -> Result<Answers, Reason> {
        let request = stun::Request::parse(datagram)?;
        self.charge(now, sender)?;
        let (payload, counter) = match request.answer(sender.address()) {
            stun::Answer::Success(payload) => (payload, &mut self.counters.stun_answered),
            stun::Answer::Refusal(payload) => (payload, &mut self.counters.stun_refused),
            stun::Answer::Silence => return Err(Reason::StunNotRefused),
        };
        *counter += 1;
        Ok(Answers::one(sender.transmit(payload)))
    }

    fn match_plainly(
        &mut self,
        now: Time,
        sender: Sender,
        datagram: &[u8],
    ) -> Result<Answers, Reason> {
        if !self.plain_pairing {
            return Err(Reason::PlainOff);
        }
        if is_plain_answer(datagram) {
            return Err(Reason::ServerAnswer);
        }
        self.charge(now, sender)?;
        match self.pairing.receive(now, sender) {
            Outcome::Waits => {
                self.counters.waiting += 1;
                Ok(Answers::default())
            }
            Outcome::Meets { first, evicted } => {
                self.counters.paired += 1;
                self.counters.evicted += u64::from(evicted);
                let to_first = first.transmit(plain_answer(sender.address()));
                let to_sender = sender.transmit(plain_answer(first.address()));
                Ok(Answers::two(to_first, to_sender))
            }
            Outcome::Repeats { partner } => {
                self.counters.repeated_answers += 1;
                Ok(Answers::one(sender.transmit(plain_answer(partner))))
            }
            Outcome::TooSoon => Err(Reason::TooSoon),
        }
    }

    fn charge(&mut self, now: Time, sender: Sender) -> Result<(), Reason> {
        let admitted = self.rate.admits(now, sender.address().ip());
        if admitted { Ok(()) } else { Err(Reason::OverRate) }
    }
}

/// The address as plain pairing tells it: `192.0.2.1:4000` or `[2001:db8::1]:4000`, and a newline.
/// The zone of a link-local address is left out, as it is a number of this host.
fn plain_answer(address: SocketAddr) -> Payload {
    let mut payload = Payload::new();
    let written = match address.ip() {
        IpAddr::V4(ip) => writeln!(payload, "{ip}:{}", address.port()),
        IpAddr::V6(ip) => writeln!(payload, "[{ip}]:{}", address.port()),
    };
    debug_assert!(written.is_ok(), "writing to a payload does not fail");
    payload
}

/// Whether some server told this: if it were answered, two servers could be made to talk for ever.
fn is_plain_answer(datagram: &[u8]) -> bool {
    let text = datagram.strip_suffix(b"\n").and_then(|line| str::from_utf8(line).ok());
    text.is_some_and(|text| text.parse::<SocketAddr>().is_ok())
}
