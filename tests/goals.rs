//! What the server is to hold, one line of figures for each goal. `MIO_CHAT_SIZE=long` takes the
//! sizes for a night, of a release build; `MIO_CHAT_MINUTES` sets how
//! long people are then idle.
//!
//! Asserted is what must be right on any machine: nobody lost, nothing lost, nothing in the wrong
//! order. How fast that goes is reported.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::program::program;
use support::{
    Client, PATIENCE, Server, endurance, eventually_within, process, receive, report, sized,
    test_name, timed,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mio-chat");
const FULL: &str = "* the server is full; try again in a minute";

/// The load generator at work against a server.
fn start_load(server: &Server, flags: &str) -> Child {
    let mut load = Command::new(PROGRAM);
    load.args(["load", &server.tcp().to_string()]).args(flags.split(' '));
    load.args(["--json", "-", "--server-pid", &server.pid().to_string()]);
    load.stdout(Stdio::piped()).spawn().unwrap()
}

/// Its report, which nobody who was let in is missing from.
fn report_of(load: Child, clients: usize) -> Value {
    let output = load.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", output.status);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["connections"], clients, "{report:#}");
    for none in ["connections_failed", "connections_lost"] {
        assert_eq!(report[none], 0, "{report:#}");
    }
    report
}

fn number(report: &Value, name: &str) -> f64 {
    report[name].as_f64().unwrap_or_else(|| panic!("{name} in {report:#}"))
}

#[test]
fn l1_idle_people_stay_and_cost_little() {
    let clients = sized(1_500, 15_000);
    let seconds = endurance(Duration::from_secs(2), 10).as_secs_f64();
    if !process::may_hold(clients) {
        return;
    }
    let server = Server::start(&[]);
    let flags = format!("idle --clients {clients} --warm-up 500ms --duration {seconds}s");
    let told = report_of(start_load(&server, &flags), clients);
    let used = &told["server"];
    report(&format!(
        "L1: {clients} idle for {seconds} s: none lost; {:.0} bytes each; CPU {:.3} %; {} wake-ups",
        number(used, "rss_bytes_per_client"),
        100.0 * number(used, "cpu_share"),
        used["switches_voluntary"],
    ));
    assert!(number(used, "rss_bytes_per_client") <= 10_240.0, "{told:#}");
    server.stop();
}

#[test]
fn l2_at_the_limit_the_next_one_is_told_and_the_others_do_not_notice() {
    let limit: usize = sized(200, 19_800);
    if !process::may_hold(limit) {
        return;
    }
    let server = Server::start(&["--max-clients", &limit.to_string()]);
    let base = process::descriptors(server.pid());
    let load = start_load(&server, &format!("idle --clients {limit} --duration 4s"));
    eventually_within(6 * PATIENCE, "a full server", || {
        process::descriptors(server.pid()) == base + limit
    });
    let turned_away = |_| {
        let (said, time) = timed(|| Client::connect(server.tcp()).rest());
        assert_eq!(said, format!("{FULL}\n"));
        time
    };
    let slowest = (0..20).map(turned_away).max().unwrap();
    report_of(load, limit);
    report(&format!("L2: {limit} in, 20 turned away in {slowest:.1?} at most; none lost"));
    server.stop();
}

/// Listens to the whole run, and returns the messages in the order in which they came.
fn witness(mut listener: Client) -> Vec<String> {
    let mut messages = Vec::new();
    loop {
        let line = listener.line();
        if line == "alice: that was all" {
            return messages;
        }
        if line.ends_with('^') {
            messages.push(line);
        }
    }
}

/// Each speaker's messages come in the order in which they were due: a message begins with the
/// number of its sender and goes on with that time (`src/load/payload.rs`).
fn check_order(messages: &[String]) {
    let mut last = HashMap::new();
    for message in messages {
        let (speaker, text) = message.split_once(": ").unwrap();
        let due = text[5..17].to_owned();
        if let Some(before) = last.insert(speaker, due.clone()) {
            assert!(before < due, "{speaker}: {due} after {before}");
        }
    }
}

#[test]
fn l3_everybody_hears_everything_in_order() {
    let (clients, a_second, seconds) = sized((200, 50, 2), (1_000, 100, 60));
    let server = Server::start(&["--flood", "off", "--max-per-address", "100"]);
    let witnesses = ["wendy", "walter"].map(|name| Client::join(server.tcp(), name));
    let rate = f64::from(a_second) / clients as f64;
    let flags = format!("chatter --clients {clients} --rate {rate} --duration {seconds}s");
    let (told, turns, heard) = std::thread::scope(|scope| {
        let witnesses =
            witnesses.map(|listener| scope.spawn(|| witness(listener.patient(6 * PATIENCE))));
        let told = report_of(start_load(&server, &flags), clients);
        let turns = server.turns();
        Client::join(server.tcp(), "alice").say("that was all");
        (told, turns, witnesses.map(|witness| witness.join().unwrap()))
    });
    assert_eq!(told["delivered_share"], 1.0, "{told:#}");
    assert_eq!(heard[0], heard[1], "both heard the same in the same order");
    assert!(heard[0].len() >= (a_second * seconds) as usize, "{} messages", heard[0].len());
    check_order(&heard[0]);
    let latency = &told["latency_ms"];
    report(&format!(
        "L3: {clients} members, {a_second} messages a second for {seconds} s: nothing lost, in \
         order; p99 {:.2} ms, p99.9 {:.2} ms; R1: {turns}, the joining included",
        number(latency, "p99"),
        number(latency, "p99_9"),
    ));
    server.stop();
}

/// Endpoints that have never been seen, all with an address of their own.
fn strangers(count: usize, group: u32) -> Vec<UdpSocket> {
    let ip = Ipv4Addr::from_bits(0x7F01_0000 + group);
    let bind = |_| UdpSocket::bind((ip, 0)).unwrap();
    (0..count).map(bind).collect()
}

/// All of them ask at once; each must be told of one that was told of it.
fn pair_up(server: SocketAddr, strangers: &[UdpSocket]) {
    for stranger in strangers {
        stranger.send_to(b"hello", server).unwrap();
    }
    let mut partners = HashMap::new();
    for stranger in strangers {
        let (told, from) = receive(stranger, PATIENCE).expect("a partner");
        assert_eq!(from, server);
        let partner: SocketAddr = str::from_utf8(&told).unwrap().trim().parse().unwrap();
        partners.insert(stranger.local_addr().unwrap(), partner);
    }
    for (stranger, partner) in &partners {
        assert_ne!(stranger, partner);
        assert_eq!(partners.get(partner), Some(stranger), "{stranger} was told {partner}");
    }
}

#[test]
fn l6_every_pair_is_two_who_were_told_of_each_other() {
    /// Few enough for the queue of one socket.
    const AT_ONCE: usize = 64;
    let groups: u32 = sized(10_000, 1_000_000) / (AT_ONCE as u32 / 2) + 1;
    let server = Server::start(&["--udp-rate", "0"]);
    let ((), time) = timed(|| {
        for group in 0..groups {
            pair_up(server.udp(), &strangers(AT_ONCE, group));
        }
    });
    let pairs = groups as usize * AT_ONCE / 2;
    report(&format!(
        "L6: {pairs} pairs, none of them wrong, {:.0} a second with their sockets made",
        pairs as f64 / time.as_secs_f64()
    ));
    server.stop();
}

#[test]
fn r2_the_server_starts_soon_and_is_small() {
    let start = |_| {
        let (server, time) = timed(|| Server::start(&[]));
        server.stop();
        time
    };
    let mut times: Vec<Duration> = (0..sized(5, 100)).map(start).collect();
    times.sort();
    let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
    let Some(strip) = program("strip") else { return };
    let stripped = tempfile::NamedTempFile::new().unwrap();
    let status = Command::new(strip).arg("-o").arg(stripped.path()).arg(PROGRAM).status().unwrap();
    assert!(status.success());
    let bytes = std::fs::metadata(stripped.path()).unwrap().len();
    report(&format!(
        "R2: listens {median:.1?} after its start, {slowest:.1?} at most; {bytes} bytes"
    ));
    assert!(cfg!(debug_assertions) || bytes <= 8_000_000, "{}: {bytes} bytes", test_name());
}
