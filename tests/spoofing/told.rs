//! Whose addresses are told to whom: to make a stranger flood somebody, it is enough to have the
//! server name him as a partner.
//!
//! What holds: what a datagram says never matters, and only sources that were seen are told. What
//! does not: plain pairing asks nobody to prove a source, so a made-up one is told like any other.

use std::collections::HashSet;
use std::net::{SocketAddr, SocketAddrV4};
use std::time::Duration;

use mio_chat::matchmaking::{Matchmaker, MatchmakerSettings, SocketIndex};
use mio_chat::time::Time;

use super::matched::answers;
use super::noise::{datagram, examples, source};
use super::random::Random;
use super::support::{report, sized};
use super::{Lab, mapped_address};

/// Nobody has this address; it stands in datagrams only.
const VICTIM: &str = "203.0.113.7:4000";

/// Datagrams that name the victim in every way that some protocol knows.
fn naming_the_victim() -> Vec<Vec<u8>> {
    let SocketAddr::V4(victim) = VICTIM.parse().unwrap() else { unreachable!() };
    let (ip, port) = (victim.ip().octets(), victim.port().to_be_bytes());
    let plain = [&[0, 1][..], &port, &ip].concat();
    let attribute = |kind: u16| {
        let value = [&kind.to_be_bytes()[..], &[0, 8], &plain].concat();
        super::binding_request(&value)
    };
    vec![
        VICTIM.as_bytes().to_vec(),
        format!("{VICTIM}\n").into_bytes(),
        format!("[::ffff:{}]:{}\n", victim.ip(), victim.port()).into_bytes(),
        format!("MC1 JOIN addr={VICTIM}\n").into_bytes(),
        format!("{{\"candidate\": \"{VICTIM}\"}}").into_bytes(),
        [&ip[..], &port].concat(),
        // MAPPED-ADDRESS, RESPONSE-ADDRESS (RFC 3489), XOR-PEER-ADDRESS, XOR-MAPPED-ADDRESS,
        // ALTERNATE-SERVER, OTHER-ADDRESS.
        attribute(0x0001),
        attribute(0x0002),
        attribute(0x0012),
        attribute(0x0020),
        attribute(0x8023),
        attribute(0x802C),
    ]
}

/// The address that a plain answer tells.
fn told(payload: &[u8]) -> Option<SocketAddr> {
    str::from_utf8(payload.strip_suffix(b"\n")?).ok()?.parse().ok()
}

#[test]
fn only_addresses_that_have_spoken_are_told_whatever_is_said() {
    let attempts = sized(50_000, 5_000_000);
    let settings = MatchmakerSettings { answers_per_second: 0, ..MatchmakerSettings::default() };
    let mut matchmaker = Matchmaker::new(settings, [3; 16]);
    let mut random = Random::new(4);
    let examples = [examples(), naming_the_victim()].concat();
    let (mut seen, mut plain, mut mapped) = (HashSet::new(), 0, 0);
    for number in 0..attempts {
        let now = Time::at(Duration::from_micros(100) * number);
        let (from, said) = (source(&mut random, 1 << 14), datagram(&mut random, &examples));
        let canonical = SocketAddr::new(from.ip().to_canonical(), from.port());
        seen.insert(canonical);
        for answer in answers(&mut matchmaker, now, SocketIndex(0), from, &said) {
            let payload = &answer.payload;
            if let Some(partner) = told(payload) {
                let to = SocketAddr::new(answer.to.ip().to_canonical(), answer.to.port());
                assert!(seen.contains(&partner) && partner != to, "{to} was told {partner}");
                assert_eq!(partner.ip(), partner.ip().to_canonical());
                plain += 1;
            } else if let Some(address) = mapped_address(payload) {
                assert_eq!(address, canonical);
                mapped += 1;
            }
        }
    }
    assert!(plain > attempts / 50 && mapped > attempts / 50, "{plain} and {mapped}");
    assert!(!seen.contains(&VICTIM.parse().unwrap()));
    report(&format!(
        "U4: {attempts} attempts: {plain} partners and {mapped} senders told, all seen"
    ));
}

#[test]
fn a_pair_that_names_others_is_told_its_own_addresses() {
    let Some(lab) = Lab::new(&[]) else { return };
    for said in naming_the_victim() {
        let [alice, bob] = [lab.honest(), lab.honest()];
        for peer in [&alice, &bob] {
            peer.says(lab.udp(), &said);
        }
        // What is no plain datagram to the server is answered as STUN or not at all.
        for (peer, partner) in [(&alice, &bob), (&bob, &alice)] {
            peer.says(lab.udp(), &super::binding_request(&[]));
            let (first, _) = peer.hears();
            let is_partner = told(&first) == Some(partner.address());
            let is_own = mapped_address(&first) == Some(peer.address());
            assert!(is_partner || is_own || first[..2] == [1, 0x11], "{}", first.escape_ascii());
        }
    }
    lab.server.stop();
}

#[test]
fn a_made_up_source_is_told_as_a_partner_once_and_nothing_else() {
    let Some(lab) = Lab::new(&[]) else { return };
    let (forger, alice) = (lab.forger(), lab.honest());
    let victim: SocketAddrV4 = VICTIM.parse().unwrap();
    alice.says(lab.udp(), b"hello");
    alice.asks(lab.udp());
    let before = lab.host.traffic();
    // The documented weakness, so that nobody takes it for closed: alice is sent to the victim.
    forger.send(victim, lab.udp(), b"hello");
    let (partner, _) = alice.hears();
    assert_eq!(told(&partner), Some(victim.into()));
    // Insisting brings nothing more, neither to her nor to the victim.
    for _ in 0..20 {
        forger.send(victim, lab.udp(), b"hello");
    }
    alice.asks(lab.udp());
    assert_eq!(lab.host.traffic().since(before).sent, 2 + 1, "one each, and what alice asked");
    lab.server.stop();
}

#[test]
fn without_plain_pairing_nobody_is_told_of_anybody() {
    let Some(lab) = Lab::new(&["--plain-pairing", "off"]) else { return };
    let (forger, alice) = (lab.forger(), lab.honest());
    alice.says(lab.udp(), b"hello");
    for said in naming_the_victim() {
        forger.send(VICTIM.parse().unwrap(), lab.udp(), &said);
    }
    alice.asks(lab.udp());
    lab.server.stop();
}
