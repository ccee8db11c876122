//! Plain pairing through two NATs (goal U5): both learn the other's address from the server, and
//! then each hears the other without it.

use std::net::SocketAddr;
use std::time::Duration;

use super::host::Endpoint;
use super::lab::Lab;
use super::nat::Nat;
use super::probe::seen_from;
use super::support::{PATIENCE, now, receive, report, sized, timed};

/// Time after which a peer repeats what it has said.
const AGAIN: Duration = Duration::from_millis(50);
/// Time after which the server is asked again; it answers once in 3 s.
const ASK_AGAIN: Duration = Duration::from_millis(3_100);

/// What one peer has found out.
#[derive(Debug, Default)]
struct Found {
    /// What the server has told.
    told: Option<SocketAddr>,
    /// From where the other was heard.
    heard: Option<SocketAddr>,
}

/// One of two peers, as docs/PROTOCOL.md advises them: says hello again and again, to the server at
/// first and then to whom it is told, until it hears the other; and once more for its sake.
fn find(socket: &Endpoint, server: SocketAddr) -> Found {
    let (mut found, start) = (Found::default(), now());
    while found.heard.is_none() && start.elapsed() < PATIENCE {
        let wait = if found.told.is_some() { AGAIN } else { ASK_AGAIN };
        socket.send_to(b"hello", found.told.unwrap_or(server)).unwrap();
        match receive(socket, wait) {
            Some((address, from)) if from == server => {
                let address = String::from_utf8(address).unwrap();
                found.told = Some(address.trim_end().parse().unwrap());
            }
            Some((_, from)) if Some(from) == found.told => found.heard = Some(from),
            _ => {}
        }
    }
    if let Some(peer) = found.told {
        // The first may have met a closed NAT. Ours is known to be open by now.
        socket.send_to(b"hello", peer).unwrap();
    }
    found
}

/// Both look for each other at the same time.
fn meet(sockets: [&Endpoint; 2], server: SocketAddr) -> [Found; 2] {
    std::thread::scope(|scope| {
        let peers = sockets.map(|socket| scope.spawn(move || find(socket, server)));
        peers.map(|peer| peer.join().unwrap())
    })
}

/// Rounds, each with new sockets, in which all must meet.
fn rounds() -> u16 {
    sized(3, 50)
}

/// In each round two new sockets at a port of that round hear each other, with the server's help.
fn all_meet(what: &str, server: SocketAddr, sockets_at: impl Fn(u16) -> [Endpoint; 2]) {
    let mut slowest = Duration::ZERO;
    for round in 0..rounds() {
        let sockets = sockets_at(4_000 + round);
        let (found, took) = timed(|| meet(sockets.each_ref(), server));
        for one in &found {
            assert!(one.heard.is_some() && one.heard == one.told, "round {round}: {found:?}");
        }
        slowest = slowest.max(took);
    }
    let rounds = rounds();
    report(&format!("U5: {what}: {rounds} of {rounds} pairs meet, each within {slowest:.0?}"));
}

fn all_meet_behind(kinds: [Nat; 2]) {
    let Some(lab) = Lab::new() else { return };
    let server = lab.server(&["--udp-rate", "0"]);
    let hosts = kinds.map(|nat| lab.behind(nat));
    let [one, other] = kinds.map(|nat| nat.name);
    let sockets_at = |port| hosts.each_ref().map(|host| host.socket(port));
    all_meet(&format!("{one} x {other}"), server.v4[0], sockets_at);
    server.server.stop();
}

#[test]
fn peers_behind_two_port_restricted_nats_meet() {
    all_meet_behind([Nat::PORT_RESTRICTED; 2]);
}

#[test]
fn peers_behind_a_full_cone_and_a_port_restricted_nat_meet() {
    all_meet_behind([Nat::FULL_CONE, Nat::PORT_RESTRICTED]);
}

#[test]
fn peers_behind_two_firewalls_meet_over_ipv6() {
    let Some(lab) = Lab::new() else { return };
    let server = lab.server(&["--udp-rate", "0"]);
    let hosts = [Nat::SYMMETRIC; 2].map(|nat| lab.behind(nat));
    let sockets_at = |port| hosts.each_ref().map(|host| host.socket6(port));
    all_meet("IPv6 firewalls", server.v6[0], sockets_at);
    server.server.stop();
}

#[test]
fn what_a_full_cone_is_told_of_a_symmetric_nat_is_of_no_use() {
    let Some(lab) = Lab::new() else { return };
    let server = lab.server(&[]);
    let [open, symmetric] = [Nat::FULL_CONE, Nat::SYMMETRIC].map(|nat| lab.behind(nat));
    let [open, symmetric] = [open.socket(4_000), symmetric.socket(4_000)];
    for socket in [&open, &symmetric] {
        socket.send_to(b"hello", server.v4[0]).unwrap();
    }
    let told = [&open, &symmetric].map(|socket| {
        let (address, _) = receive(socket, PATIENCE).expect("a partner");
        String::from_utf8(address).unwrap().trim_end().parse::<SocketAddr>().unwrap()
    });
    // The full cone hears the other, but from a port that the server could not know.
    let seen = seen_from(&open, told[1], &symmetric);
    assert_eq!(seen.ip(), told[0].ip());
    assert_ne!(seen.port(), told[0].port());
    assert_eq!(seen_from(&symmetric, seen, &open), told[1]);
    server.server.stop();
}
