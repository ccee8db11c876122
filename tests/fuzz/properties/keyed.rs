//! Whatever is said in the keyed protocol (MC1), by whomever and whenever: it keeps its word, as
//! `common::watched` understands it.
//!
//! The bytes are settings, and then events: `source, time, kind`, and what a request of that kind
//! needs; or a datagram as it is.

use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

use mio_chat::matchmaking::{MatchmakerSettings, RelayMode, RelaySettings, SocketIndex};

use super::input::Input;
use crate::common::watched::StatusSource;

/// People: behind one address, of one household, of every family.
const SOURCES: [&str; 12] = [
    "192.0.2.1:4000",
    "192.0.2.1:4001",
    "192.0.2.2:4000",
    "[::ffff:192.0.2.3]:4000",
    "[2001:db8::1]:4000",
    "[2001:db8::2]:4000",
    "[fe80::1%3]:4000",
    "127.0.0.1:4000",
    "127.0.0.1:4001",
    "[::1]:4000",
    // Nobody can be there.
    "192.0.2.53:50001",
    "224.0.0.1:4000",
];
const OWN: [&str; 4] = ["0.0.0.0:50000", "192.0.2.53:50001", "[::]:50000", "[2001:db8::53]:50002"];
/// Time between two events, in units of the byte that says how many: often none, up to an hour.
const TICKS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(10),
    Duration::from_millis(300),
    Duration::from_secs(14),
];
const QUEUES: [&str; 6] = ["q=duel n=2", "q=duel n=3", "q=raid n=16", "q=x n=2", "q= n=2", "n=99"];
const LANS: [&str; 5] = [
    "",
    " lan=192.168.1.7:4000",
    " lan=10.0.0.1:1,[fd00::1]:2,172.16.0.1:3",
    " lan=192.0.2.2:4000",
    " lan=8.8.8.8:53,192.168.1.8:4000",
];
const HOWS: [&str; 5] = ["lan", "direct", "relay", "failed", "luck"];
const PORTS: [&str; 5] = ["", " from=50000", " from=50001", " from=50002", " from=1"];
/// Events of one run, so that it stays short.
const EVENTS_MAX: usize = 400;

/// Hands in the events.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let mut watched = StatusSource::new(chosen_settings(&mut input));
    for number in 0..EVENTS_MAX {
        if input.is_empty() {
            break;
        }
        let source: SocketAddr = input.pick(&SOURCES).parse().expect("an address of the table");
        let time = input.byte();
        watched.wait(TICKS[usize::from(time) / 64] * u32::from(time % 64));
        let datagram = datagram(&mut input, &watched, source);
        watched.receive(SocketIndex(0), source, &datagram);
        // It looks through large tables.
        if number % 32 == 0 {
            watched.matchmaker.check_invariants();
        }
    }
    watched.matchmaker.check_invariants();
}

fn chosen_settings(input: &mut Input<'_>) -> MatchmakerSettings {
    let mode = input.pick(&[RelayMode::Fallback, RelayMode::Only, RelayMode::Off]);
    let relay = RelaySettings { mode, rate: 4_096, quota: 16_384, total_rate: 8_192 };
    let own_addresses = OWN.map(|own| own.parse().expect("an address of the table")).to_vec();
    let answers_per_second = u32::from(input.byte() % 8);
    MatchmakerSettings { plain_pairing: true, answers_per_second, relay, own_addresses }
}

/// A request that may be right, or what the bytes say.
fn datagram(input: &mut Input<'_>, watched: &StatusSource, source: SocketAddr) -> Vec<u8> {
    let kind = input.byte() % 10;
    if kind == 0 {
        return input.bytes().to_vec();
    }
    if kind == 1 {
        return [b"MC1 ", input.bytes()].concat();
    }
    let text = match kind {
        2 | 3 => join(input, ""),
        4 | 5 => join_with_cookie(input, watched, source),
        6 => format!("CHECK id={:016x}{}{}", input.byte(), input.pick(&PORTS), pad(input)),
        7 => format!("LEAVE id={:016x}", input.byte() % 4),
        _ => from_the_match(input, watched, source, kind == 8),
    };
    let mut datagram = format!("MC1 {text}\n").into_bytes();
    if text.starts_with("DATA") {
        datagram.extend(input.bytes().repeat(usize::from(input.byte() % 8)));
    }
    datagram
}

fn join(input: &mut Input<'_>, more: &str) -> String {
    let id = input.byte() % 4;
    let (queue, lan) = (input.pick(&QUEUES), input.pick(&LANS));
    format!("JOIN id={id:016x} {queue}{lan}{more}{}", pad(input))
}

fn pad(input: &mut Input<'_>) -> String {
    match usize::from(input.byte() % 128) {
        0 => String::new(),
        length => format!(" pad={}", "x".repeat(length)),
    }
}

/// With a cookie of its own, or of anybody else.
fn join_with_cookie(input: &mut Input<'_>, watched: &StatusSource, source: SocketAddr) -> String {
    let choice = usize::from(input.byte());
    let all = &watched.learnt.cookies;
    let own = all.iter().rev().find(|cookie| choice < 192 && same(cookie.0, source));
    let Some((_, id, cookie)) = own.or_else(|| all.get(choice % all.len().max(1))) else {
        return join(input, " c=0123456789abcdef");
    };
    let (queue, lan) = (input.pick(&QUEUES), input.pick(&LANS));
    format!("JOIN id={id:016x} {queue}{lan} c={cookie:016x}")
}

/// What a player says, or somebody else in its name.
fn from_the_match(
    input: &mut Input<'_>,
    watched: &StatusSource,
    source: SocketAddr,
    is_data: bool,
) -> String {
    let choice = usize::from(input.byte());
    let all = &watched.learnt.seats;
    let own = all.iter().rev().find(|seat| choice < 192 && same(seat.0, source));
    let seat = own.or_else(|| all.get(choice % all.len().max(1))).copied();
    let (_, id, m, ticket) = seat.unwrap_or((source, 1, 2, 3));
    let slot = input.byte() % 18;
    if is_data {
        return format!("DATA t={ticket:016x} to={slot}");
    }
    let mut text = String::new();
    let written = match input.byte() % 3 {
        0 => write!(text, "ACK id={id:016x} m={m:016x}"),
        1 => write!(text, "LEAVE id={id:016x}"),
        _ => {
            let how = input.pick(&HOWS);
            write!(text, "RESULT id={id:016x} m={m:016x} peer={slot} how={how} rtt=12")
        }
    };
    written.expect("writing to a string does not fail");
    text
}

fn same(one: SocketAddr, other: SocketAddr) -> bool {
    (one.ip().to_canonical(), one.port()) == (other.ip().to_canonical(), other.port())
}
