//! Alice, bob and carol try the matchmaker out.
//!
//! `pairing` and `keyed` tell how they meet, `abuse` what they cannot be made to do; `simulation`
//! and `crowd` compare many of them with a simple model, and `fuzz` sends what nobody would.

mod abuse;
mod crowd;
mod fuzz;
mod keyed;
mod pairing;
mod simulation;

use std::net::SocketAddr;
use std::time::Duration;

use crate::matchmaking::Input;
use crate::matchmaking::Matchmaker;
use crate::matchmaking::MatchmakerSettings;
use crate::matchmaking::Output;
use crate::matchmaking::SocketIndex;
use crate::matchmaking::Transmit;
use crate::time::Time;

const ALICE: &str = "192.0.2.1:4001";
const BOB: &str = "198.51.100.2:4002";
const CAROL: &str = "203.0.113.3:4003";

const MOMENT: Duration = Duration::from_millis(1);

/// A matchmaker and the time of day.
struct Story {
    matchmaker: Matchmaker,
    now: Time,
}

impl Story {
    fn new() -> Self {
        Self::with(true, 0, &[])
    }

    fn with(plain_pairing: bool, answers_per_second: u32, own: &[&str]) -> Self {
        let own_addresses = own.iter().map(|address| address.parse().unwrap()).collect();
        let settings = MatchmakerSettings {
            plain_pairing,
            answers_per_second,
            own_addresses,
            ..MatchmakerSettings::default()
        };
        Self { matchmaker: Matchmaker::new(settings, [7; 16]), now: Time::ZERO }
    }

    fn wait(&mut self, duration: Duration) {
        self.now = self.now + duration;
    }

    /// The datagrams that are sent when `who` sends `datagram` to socket `via`.
    fn receives(&mut self, via: u16, who: &str, datagram: &[u8]) -> Vec<Sent> {
        let source = who.parse().unwrap();
        answers(&mut self.matchmaker, self.now, SocketIndex(via), source, datagram)
    }

    /// The same for the first socket, as text: receiver and what they are told, in order.
    fn says(&mut self, who: &str, datagram: &[u8]) -> Vec<(String, String)> {
        let answers = self.receives(0, who, datagram);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        answers.iter().map(|t| (t.to.to_string(), text(&t.payload))).collect()
    }
}

impl Drop for Story {
    /// Every story ends with its books in order.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.matchmaker.check_invariants();
        }
    }
}

/// One datagram that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sent {
    via: SocketIndex,
    to: SocketAddr,
    payload: Vec<u8>,
}

/// The datagrams that are sent when this one comes in.
fn answers(
    matchmaker: &mut Matchmaker,
    now: Time,
    via: SocketIndex,
    source: SocketAddr,
    bytes: &[u8],
) -> Vec<Sent> {
    sent(matchmaker, now, Input::Datagram { via, source, bytes })
}

/// The datagrams that are sent on this input.
fn sent(matchmaker: &mut Matchmaker, now: Time, input: Input<'_>) -> Vec<Sent> {
    let mut sent = Vec::new();
    matchmaker.handle(now, input, &mut |output| {
        if let Output::Send(Transmit { via, to, payload }) = output {
            sent.push(Sent { via, to, payload: payload.to_vec() });
        }
    });
    sent
}

/// `to` is told that `about` is its peer.
fn told(to: &str, about: &str) -> (String, String) {
    (to.to_owned(), format!("{about}\n"))
}

fn silence() -> Vec<(String, String)> {
    Vec::new()
}
