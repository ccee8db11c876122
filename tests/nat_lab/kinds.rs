//! Each kind of NAT does what its name says: which outside ports it gives out, whom it lets in, and
//! whether it has a hairpin.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use super::host::Endpoint;
use super::lab::{Lab, LabServer};
use super::nat::Nat;
use super::probe::{let_in, outside_address, seen_from};

/// How a socket looks to each of the server's three places for IPv4.
fn outside_addresses(socket: &Endpoint, server: &LabServer) -> BTreeSet<SocketAddr> {
    server.v4.iter().map(|place| outside_address(socket, *place)).collect()
}

#[test]
fn one_outside_port_for_all_receivers_or_one_for_each() {
    let Some(lab) = Lab::new() else { return };
    let server = lab.server(&[]);
    for nat in Nat::KINDS {
        let home = lab.home(nat);
        let alice = home.host().socket(4_000);
        let seen = outside_addresses(&alice, &server);
        assert!(seen.iter().all(|address| address.ip() == home.outside), "{nat:?}: {seen:?}");
        let kept = seen == BTreeSet::from([(IpAddr::from(home.outside), 4_000).into()]);
        assert_eq!(kept, nat.keeps_port(), "{nat:?}: {seen:?}");
        // A mapping stays as it is for the one whom it was made for.
        let again = outside_addresses(&alice, &server);
        assert_eq!(again, seen, "{nat:?}");
    }
    server.server.stop();
}

#[test]
fn strangers_come_in_through_a_full_cone_only() {
    let Some(lab) = Lab::new() else { return };
    let (server, other) = (lab.server(&[]), lab.public());
    let friend = server.host.socket(6_000);
    let [other_port, other_host] = [server.host.socket(6_001), other.socket(6_000)];
    let strangers = [&other_port, &other_host];
    let all: BTreeSet<SocketAddr> = strangers.map(|socket| socket.address).into();
    for nat in Nat::KINDS {
        let host = lab.behind(nat);
        let alice = host.socket(4_000);
        let outside = seen_from(&friend, friend.address, &alice);
        let heard = let_in(&alice, outside, &friend, &strangers);
        let expected = if nat.lets_strangers_in() { all.clone() } else { BTreeSet::new() };
        assert_eq!(heard, expected, "{nat:?}");
        // Nor does anything come in at a port that was never given out.
        let unused = host.socket(4_001);
        let closed = SocketAddr::new(outside.ip(), 4_001);
        friend.send_to(b"nobody asked", closed).unwrap();
        assert!(let_in(&alice, outside, &friend, &[]).is_empty());
        unused.set_nonblocking(true).unwrap();
        assert!(unused.recv_from(&mut [0; 99]).is_err(), "{nat:?}");
    }
    server.server.stop();
}

#[test]
fn whoever_was_written_to_comes_in() {
    let Some(lab) = Lab::new() else { return };
    let friend = lab.public().socket(6_000);
    let peer = lab.public();
    for nat in Nat::KINDS {
        let alice = lab.behind(nat).socket(4_000);
        let bob = peer.socket(5_000);
        let to_friend = seen_from(&friend, friend.address, &alice);
        let to_bob = seen_from(&bob, bob.address, &alice);
        assert_eq!(to_friend == to_bob, nat.keeps_port(), "{nat:?}");
        assert_eq!(seen_from(&alice, to_bob, &bob), bob.address, "{nat:?}");
    }
}

#[test]
fn two_behind_one_nat_reach_each_other_through_a_hairpin_only() {
    let Some(lab) = Lab::new() else { return };
    let server = lab.server(&[]);
    let friend = server.host.socket(6_000);
    for kind in Nat::KINDS {
        for nat in [kind, kind.with_hairpin()] {
            let home = lab.home(nat);
            let [alice, bob] = [home.host().socket(4_000), home.host().socket(4_001)];
            let outside = [&alice, &bob].map(|socket| seen_from(&friend, friend.address, socket));
            if !nat.has_hairpin {
                let inside = [alice.address, bob.address];
                assert!(outside != inside && inside[0] != inside[1]);
                let heard = let_in(&alice, outside[0], &friend, &[&bob]);
                assert!(heard.is_empty(), "{nat:?}: {heard:?}");
                continue;
            }
            let bob_seen = seen_from(&alice, outside[0], &bob);
            assert_eq!(bob_seen.ip(), home.outside, "the sender is seen from outside, {nat:?}");
            assert_eq!(bob_seen == outside[1], nat.keeps_port(), "{nat:?}");
            assert_eq!(seen_from(&bob, bob_seen, &alice), outside[0], "{nat:?}");
        }
    }
    server.server.stop();
}

#[test]
fn a_careless_router_loses_the_port_towards_whoever_writes_first() {
    let Some(lab) = Lab::new() else { return };
    let (friend, bob) = (lab.public().socket(6_000), lab.public().socket(5_000));
    for nat in [Nat::PORT_RESTRICTED, Nat::CARELESS] {
        let host = lab.behind(nat);
        let alice = host.socket(4_000);
        let outside = seen_from(&friend, friend.address, &alice);
        assert!(let_in(&alice, outside, &friend, &[&bob]).is_empty());
        let to_bob = seen_from(&bob, bob.address, &alice);
        assert_eq!(to_bob == outside, nat == Nat::PORT_RESTRICTED, "{nat:?}: {to_bob}");
        // It is only the port that was lost: the way is open both ways.
        assert_eq!(seen_from(&alice, to_bob, &bob), bob.address);
    }
}

#[test]
fn the_second_of_two_hosts_with_one_port_gets_another() {
    let Some(lab) = Lab::new() else { return };
    let server = lab.server(&[]);
    let home = lab.home(Nat::PORT_RESTRICTED);
    let sockets = [home.host().socket(4_000), home.host().socket(4_000)];
    let [first, second] = sockets.each_ref().map(|socket| outside_address(socket, server.v4[0]));
    assert_eq!(first.port(), 4_000);
    assert_ne!(second.port(), 4_000);
    server.server.stop();
}
