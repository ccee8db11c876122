//! A server with several addresses answers from the one that was asked: a NAT, and a socket that is
//! connected to the server, let nothing else in.

use std::net::{SocketAddr, UdpSocket};

use super::support::{Launch, PATIENCE, Server, has_ipv6, receive};
use super::{Honest, Lab, NEIGHBOUR, binding_request};

/// Asks at this address and at no other; whether the answer came from there.
fn is_answered(client: &UdpSocket, at: SocketAddr, question: &[u8]) -> bool {
    client.send_to(question, at).unwrap();
    receive(client, PATIENCE).is_some_and(|(_, from)| from == at)
}

/// The first to come is answered when the second does: both where they asked.
fn are_paired(clients: [&UdpSocket; 2], at: [SocketAddr; 2]) {
    for (client, at) in clients.iter().zip(at) {
        client.send_to(b"hello", at).unwrap();
    }
    for (client, at) in clients.iter().zip(at) {
        let (_, from) = receive(client, PATIENCE).expect("a partner");
        assert_eq!(from, at);
    }
}

fn check(server: &Server, ips: &[&str], client: impl Fn(&str) -> UdpSocket) {
    let port = server.udp().port();
    let places = ips.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), port));
    let places: Vec<SocketAddr> = places.collect();
    for (ip, at) in ips.iter().zip(&places) {
        assert!(is_answered(&client(ip), *at, &binding_request(&[])), "{at} answers elsewhere");
    }
    for (ip, pair) in ips.iter().zip(places.windows(2)) {
        are_paired([&client(ip), &client(ip)], [pair[0], pair[1]]);
        are_paired([&client(ip), &client(ip)], [pair[1], pair[0]]);
    }
}

#[test]
fn every_loopback_address_answers_for_itself() {
    let server = Launch::new(&["--udp", "0.0.0.0:0"]).start();
    let client = |_: &str| UdpSocket::bind("127.0.0.1:0").unwrap();
    check(&server, &["127.0.0.1", "127.0.0.2", "127.9.8.7"], client);
    server.stop();
}

#[test]
fn each_of_two_addresses_on_one_cable_answers_for_itself() {
    let Some(lab) = Lab::at("0.0.0.0:0", &[]) else { return };
    lab.host.add_address("10.77.0.9/24");
    let client = |_: &str| Honest::on(&lab.neighbour, NEIGHBOUR).0;
    check(&lab.server, &["10.77.0.1", "10.77.0.9"], client);
    lab.server.stop();
}

#[test]
fn the_same_over_ipv6_and_from_one_link() {
    if !has_ipv6() {
        return;
    }
    let Some(lab) = Lab::at("[::]:0", &[]) else { return };
    lab.host.add_address("fd77::1/64");
    lab.host.add_address("fd77::9/64");
    lab.neighbour.add_address("fd77::2/64");
    let client = |_: &str| Honest::on(&lab.neighbour, "fd77::2").0;
    check(&lab.server, &["fd77::1", "fd77::9"], client);
    lab.server.stop();
}
