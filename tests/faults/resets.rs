//! Connections that break, as fast as they can be made.

use std::net::SocketAddr;
use std::time::Duration;

use crate::NO_FLOOD_CONTROL;
use crate::pair::Pair;
use crate::support;
use crate::support::{Client, Server, endurance, eventually, now, process, report, sized};

/// Resets after which the server has grown to what it needs.
const WARM_UP: usize = 500;
/// Bytes by which it may be larger in the end: a leak of 100 bytes a connection would be more, in
/// a night.
const GROWTH_MAX: usize = 4 << 20;

/// Breaks connections of each kind in turn, for so long and at least so often. Returns how many.
fn storm(to: SocketAddr, time: Duration, at_least: usize) -> usize {
    let end = now() + time;
    let mut number = 0;
    while number < at_least || now() < end {
        let mut broken = Client::connect(to);
        match number % 4 {
            0 => {}
            1 => broken.send(b"mid-nickna"),
            2 => broken.send(format!("c{number}\n").as_bytes()),
            _ => broken.send(format!("c{number}\nhello\nhalf a mess").as_bytes()),
        }
        broken.reset();
        number += 1;
    }
    number
}

#[test]
fn a_storm_of_resets_disturbs_nobody_and_leaves_nothing() {
    let server = Server::start(&NO_FLOOD_CONTROL);
    let mut pair = Pair::aside(server.tcp());
    let before = process::descriptors(server.pid());
    let at_rest = |what| eventually(what, || process::descriptors(server.pid()) == before);
    storm(server.tcp(), Duration::ZERO, WARM_UP);
    at_rest("all gone after the first");
    let quiet = pair.talk_in_quiet();
    let memory = process::status_bytes(server.pid(), "VmRSS");
    server.turns();

    let time = endurance(Duration::ZERO, 10);
    let storm = || support::timed(|| storm(server.tcp(), time, sized(2_000, 60_000)));
    let (resets, took) = pair.talk_while(storm);
    at_rest("all gone");
    let grown = process::status_bytes(server.pid(), "VmRSS").saturating_sub(memory);
    let trips = pair.trips();
    report(&format!(
        "resets: {resets} in {took:.1?}, {:.0} a second; descriptors as before, {} KiB more \
         memory; {trips}, p99 {:.1} times as in quiet; {}",
        resets as f64 / took.as_secs_f64(),
        grown / 1_024,
        trips.ratio_to(&quiet),
        server.turns()
    ));
    assert!(grown < GROWTH_MAX, "{grown} bytes");
    server.stop();
}
