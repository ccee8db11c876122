//! The load generator over UDP: against the real server, and against small ones made here that
//! return what they are sent, speak the keyed protocol, lose datagrams, and lie.
//!
//! What is checked is that everybody was answered and counted, not how fast. The servers here know
//! the protocol from its text, as the load generator does; they keep no time and forget nothing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::{Server, receive};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mio-chat");
/// How long a server made here waits for a datagram before it looks whether the load has ended.
const LOOK: Duration = Duration::from_millis(20);
const COOKIE_OF: u64 = 0x5EED;

/// A load of 10 endpoints that tells what it found as JSON.
fn load(server: SocketAddr, scenario: &[&str]) -> Child {
    let server = server.to_string();
    let mut command = Command::new(PROGRAM);
    command.args(["load", &server, "--clients", "10", "--json", "-"]).args(scenario);
    command.args(["--warm-up", "50ms", "--duration", "300ms"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn report(load: Child) -> Value {
    let output = load.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let has_wrong_pairs = report["pairs"]["wrong"].as_u64().is_some_and(|count| count > 0);
    assert_eq!(output.status.code(), Some(if has_wrong_pairs { 3 } else { 0 }), "{output:?}");
    for senseless in ["connections_per_second", "rate_per_client", "message_bytes"] {
        assert!(report[senseless].is_null(), "{senseless} in {report:#}");
    }
    report
}

/// Serves a load to its end with what `answer` returns: datagrams and where they go.
fn serve(
    scenario: &[&str],
    mut answer: impl FnMut(&[u8], SocketAddr) -> Vec<(Vec<u8>, SocketAddr)>,
) -> Value {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut load = load(socket.local_addr().unwrap(), scenario);
    while load.try_wait().unwrap().is_none() {
        let Some((datagram, from)) = receive(&socket, LOOK) else { continue };
        for (bytes, to) in answer(&datagram, from) {
            // Who has left does not hear it.
            let _ = socket.send_to(&bytes, to);
        }
    }
    report(load)
}

fn everybody_was_answered(report: &Value) {
    assert!(report["deliveries"].as_u64().unwrap() > 0, "{report:#}");
    assert_eq!(report["delivered_share"], 1.0, "{report:#}");
    assert_eq!(report["connections_failed"], 0, "{report:#}");
}

fn every_pair_was_right(report: &Value) {
    let pairs = &report["pairs"];
    assert!(pairs["made"].as_u64().unwrap() > 0, "{report:#}");
    assert_eq!((&pairs["wrong"], &pairs["one_sided"]), (&0.into(), &0.into()), "{report:#}");
}

/// A server of the keyed protocol for matches of two.
#[derive(Default)]
struct Keyed {
    waiting: Option<(String, SocketAddr)>,
    told: HashMap<String, String>,
    acknowledged: usize,
    heard: usize,
}

impl Keyed {
    fn answer(&mut self, datagram: &[u8], from: SocketAddr) -> Vec<(String, SocketAddr)> {
        let line = str::from_utf8(datagram).unwrap().strip_suffix('\n').unwrap();
        let field = |name: &str| line.split(' ').find_map(|field| field.strip_prefix(name));
        let id = field("id=").unwrap().to_owned();
        self.heard += 1;
        match line.split(' ').nth(1) {
            Some("ACK") => {
                self.acknowledged += 1;
                Vec::new()
            }
            // Two get lost.
            Some("JOIN") if matches!(self.heard, 5 | 12) => Vec::new(),
            Some("JOIN") => {
                assert_eq!((field("q="), field("n=")), (Some("load"), Some("2")));
                let cookie = format!("{:016x}", u64::from_str_radix(&id, 16).unwrap() ^ COOKIE_OF);
                if field("c=") == Some(&cookie) {
                    return self.join(id, from);
                }
                let answer = format!("MC1 COOKIE id={id} c={cookie}\n");
                assert!(datagram.len() >= answer.len(), "{line}");
                vec![(answer, from)]
            }
            _ => panic!("{line}"),
        }
    }

    fn join(&mut self, id: String, from: SocketAddr) -> Vec<(String, SocketAddr)> {
        if let Some(told) = self.told.get(&id) {
            return vec![(told.clone(), from)];
        }
        let wait = format!("MC1 WAIT id={id} have=1 need=2 ttl=30\n");
        match self.waiting.take() {
            None => self.waiting = Some((id, from)),
            Some((other, _)) if other == id => self.waiting = Some((id, from)),
            Some((other, at)) => {
                let first = line(&other, &other, (1, at), (2, from));
                let second = line(&id, &other, (2, from), (1, at));
                self.told.extend([(other, first.clone()), (id, second.clone())]);
                return vec![(first, at), (second, from)];
            }
        }
        vec![(wait, from)]
    }
}

fn bytes(texts: Vec<(String, SocketAddr)>) -> Vec<(Vec<u8>, SocketAddr)> {
    texts.into_iter().map(|(text, to)| (text.into_bytes(), to)).collect()
}

/// Tells a match that is numbered after the one that waited.
fn line(id: &str, match_id: &str, you: (u8, SocketAddr), peer: (u8, SocketAddr)) -> String {
    let ((slot, own), (other, partner)) = (you, peer);
    let key = format!("{match_id}{match_id}");
    format!(
        "MC1 MATCH id={id} m={match_id} k={key} you={slot}@{own} peer={other}@{partner} at=50\n"
    )
}

#[test]
fn partners_name_each_other() {
    let server = Server::start(&["--udp-rate", "0"]);
    let report = report(load(server.udp(), &["pairs"]));
    everybody_was_answered(&report);
    every_pair_was_right(&report);
    server.stop();
}

#[test]
fn addresses_are_told_by_stun() {
    let server = Server::start(&["--udp-rate", "0"]);
    let report = report(load(server.udp(), &["bindings"]));
    everybody_was_answered(&report);
    assert!(report["pairs"].is_null());
    server.stop();
}

#[test]
fn echoes_come_back() {
    let report = serve(&["echoes"], |datagram, from| vec![(datagram.to_vec(), from)]);
    everybody_was_answered(&report);
    assert_eq!(report["connections"], 10);
    assert!(report["pairs"].is_null());
}

#[test]
fn newcomers_ask_once_each() {
    let mut seen = HashMap::<SocketAddr, usize>::new();
    let report = serve(&["echoes", "--newcomers"], |datagram, from| {
        *seen.entry(from).or_default() += 1;
        vec![(datagram.to_vec(), from)]
    });
    everybody_was_answered(&report);
    assert!(seen.len() > 10, "{report:#}");
    let repeats = seen.values().filter(|times| **times > 1).count();
    assert!(repeats <= seen.len() / 2, "only who is not answered asks again: {report:#}");
}

#[test]
fn matches_are_made_by_the_keyed_protocol() {
    let mut server = Keyed::default();
    let report = serve(&["matches"], |datagram, from| bytes(server.answer(datagram, from)));
    everybody_was_answered(&report);
    every_pair_was_right(&report);
    let made = report["pairs"]["made"].as_u64().unwrap();
    assert!(server.acknowledged as u64 >= 2 * made - 10, "{report:#}");
}

#[test]
fn wrong_partners_are_noticed() {
    let mut server = Keyed::default();
    let report = serve(&["matches"], |datagram, from| {
        let mut answers = server.answer(datagram, from);
        if let [(first, _), (second, _)] = &mut answers[..] {
            // Each hears of the one that it is.
            let swap = |text: &str| text.replace("you=", "me=").replace("peer=", "you=");
            *first = swap(first).replace("me=", "peer=");
            *second = swap(second).replace("me=", "peer=");
        }
        bytes(answers)
    });
    let pairs = &report["pairs"];
    assert!(pairs["wrong"].as_u64().unwrap() > 0, "{report:#}");
    assert_eq!(pairs["made"], 0, "{report:#}");
}
