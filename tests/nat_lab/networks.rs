//! What is between the NATs does what it says: two NATs one behind the other, homes that use the
//! same addresses, firewalls for IPv6, loss; and all is gone when it is no longer needed.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;

use super::lab::{Lab, LabServer};
use super::nat::Nat;
use super::probe::{let_in, outside_address, seen_from};
use super::support::{eventually, report, sized, timed};

#[test]
fn behind_two_nats_the_stricter_one_counts() {
    let Some(lab) = Lab::new() else { return };
    let server = lab.server(&[]);
    for carriers in [Nat::PORT_RESTRICTED, Nat::SYMMETRIC] {
        let carrier = lab.carrier(carriers);
        for homes in [Nat::FULL_CONE, Nat::SYMMETRIC] {
            let alice = carrier.behind(homes).socket(4_000);
            let seen = server.v4.iter().map(|place| outside_address(&alice, *place));
            let seen: Vec<_> = seen.collect();
            assert!(seen.iter().all(|address| address.ip() == carrier.outside), "{seen:?}");
            let keeps_port = carriers.keeps_port() && homes.keeps_port();
            let kept = seen.iter().all(|address| *address == seen[0]);
            assert_eq!(kept, keeps_port, "{homes:?} in {carriers:?}: {seen:?}");
        }
    }
    server.server.stop();
}

#[test]
fn two_homes_at_one_carrier_need_its_hairpin() {
    let Some(lab) = Lab::new() else { return };
    let friend = lab.public().socket(6_000);
    for carriers in [Nat::PORT_RESTRICTED, Nat::PORT_RESTRICTED.with_hairpin()] {
        let carrier = lab.carrier(carriers);
        let [alice, bob] =
            [4_000, 4_001].map(|port| carrier.behind(Nat::PORT_RESTRICTED).socket(port));
        // They have the same private address, and the same public one.
        assert_eq!(alice.address.ip(), bob.address.ip());
        let [to_alice, to_bob] =
            [&alice, &bob].map(|socket| seen_from(&friend, friend.address, socket));
        assert_eq!(to_alice.ip(), to_bob.ip());
        alice.send_to(b"opens the way for bob", to_bob).unwrap();
        if carriers.has_hairpin {
            assert_eq!(seen_from(&alice, to_alice, &bob), to_bob);
            assert_eq!(seen_from(&bob, to_bob, &alice), to_alice);
        } else {
            assert!(let_in(&alice, to_alice, &friend, &[&bob]).is_empty());
        }
    }
}

#[test]
fn hosts_with_the_same_addresses_meet_only_those_in_their_own_home() {
    let Some(lab) = Lab::new() else { return };
    let (home, elsewhere) = (lab.home(Nat::FULL_CONE), lab.home(Nat::FULL_CONE));
    let [one, other] = [home.host().socket(4_000), home.host().socket(4_000)];
    let stranger = elsewhere.host().socket(4_000);
    assert_eq!(stranger.address, one.address);
    // No router is between those who are at home.
    assert_eq!(seen_from(&other, other.address, &one), one.address);
    // The stranger has the same address as the one who is let in, so it is told by what it says.
    stranger.send_to(b"stranger", other.address).unwrap();
    assert_eq!(seen_from(&other, other.address, &one), one.address);
}

#[test]
fn ipv6_is_not_translated_and_let_in_only_as_an_answer() {
    let Some(lab) = Lab::new() else { return };
    let (server, stranger) = (lab.server(&[]), lab.public().socket6(6_000));
    let friend = server.host.socket6(6_000);
    let carrier = lab.carrier(Nat::FULL_CONE);
    for host in [lab.behind(Nat::FULL_CONE), carrier.behind(Nat::FULL_CONE)] {
        let alice = host.socket6(4_000);
        let own = alice.address;
        for place in server.v6 {
            assert_eq!(outside_address(&alice, place), own);
        }
        assert_eq!(seen_from(&friend, friend.address, &alice), own);
        assert!(let_in(&alice, own, &friend, &[&stranger]).is_empty());
        seen_from(&stranger, stranger.address, &alice);
        assert_eq!(seen_from(&alice, own, &stranger), stranger.address);
    }
    server.server.stop();
}

#[test]
fn as_many_packets_are_lost_as_was_said() {
    let Some(lab) = Lab::new() else { return };
    let [alice, bob] = [lab.public(), lab.public()];
    let [from, to] = [alice.socket(4_000), bob.socket(4_000)];
    let sent = sized(5_000, 100_000);
    let mut told = Vec::new();
    for percent in [0_u8, 10, 30] {
        lab.lose(percent);
        let before = bob.traffic();
        for _ in 0..sent {
            from.send_to(b"x", to.address).unwrap();
        }
        eventually("all at the internet", || lab.crossed_and_lost()[0] == sent);
        let [crossed, lost] = lab.crossed_and_lost();
        // An IP header, an UDP header, and one byte.
        eventually("the rest at bob's", || {
            bob.traffic().since(before).bytes_in == (crossed - lost) * 29
        });
        let chance = f64::from(percent) / 100.0;
        let (expected, all) = (chance * sent as f64, sent as f64);
        // Six standard deviations: once in 500 million runs.
        let spread = 6.0 * (all * chance * (1.0 - chance)).sqrt();
        assert!((lost as f64 - expected).abs() <= spread, "{lost} of {sent} at {percent} %");
        told.push(format!("{percent} %: {lost}"));
    }
    report(&format!("NAT lab: of {sent} packets were lost at {}", told.join(", at ")));
}

/// Where the namespaces of a lab with one of each are found.
fn places(lab: &Lab) -> Vec<PathBuf> {
    let carrier = lab.carrier(Nat::SYMMETRIC);
    let LabServer { host, server, .. } = lab.server(&[]);
    server.stop();
    let hosts = [host, lab.public(), lab.behind(Nat::FULL_CONE), carrier.behind(Nat::FULL_CONE)];
    let places: Vec<PathBuf> = hosts.iter().map(|host| host.place()).collect();
    assert!(places.iter().all(|place| place.exists()), "{places:?}");
    places
}

#[test]
fn all_is_gone_after_a_panic_too() {
    let mut seen = Vec::new();
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let Some(lab) = Lab::new() else { return };
        seen = places(&lab);
        // As a failing test does, but silently.
        resume_unwind(Box::new("the test has failed"));
    }));
    assert!(panic.is_err() || seen.is_empty());
    assert!(!seen.iter().any(|place| place.exists()), "{seen:?}");
}

#[test]
fn a_lab_is_quickly_made() {
    let make = || {
        let lab = Lab::new()?;
        let (hosts, homes) =
            timed(|| [lab.behind(Nat::PORT_RESTRICTED), lab.behind(Nat::SYMMETRIC)]);
        let (server, start) = timed(|| lab.server(&[]));
        Some((lab, hosts, homes, server, start))
    };
    let ((made, all), rounds) = (timed(make), sized(1, 40));
    let Some((lab, .., homes, server, start)) = made else { return };
    drop((server, lab));
    let (mut fastest, mut slowest) = (all, all);
    for _ in 0..rounds {
        let (_, all) = timed(make);
        (fastest, slowest) = (fastest.min(all), slowest.max(all));
    }
    report(&format!(
        "NAT lab: made with a server and two homes in {fastest:.0?} to {slowest:.0?} \
        (the first: homes {homes:.0?}, server {start:.0?})"
    ));
}
