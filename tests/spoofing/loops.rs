//! Two servers, each told something in the other's name: they have nothing to say to each other.

use std::net::SocketAddrV4;
use std::time::Duration;

use super::noise::{examples, requests};
use super::support::namespace::{Forger, Namespace, Traffic};
use super::support::{Server, eventually, report, sized};
use super::{Honest, NEIGHBOUR, SERVER, binding_request};

/// Rounds in which each server answers an honest question from beside it, and so has looked at
/// what the other one sent before.
const ROUNDS: usize = 4;

struct Side {
    host: Namespace,
    server: Server,
    udp: SocketAddrV4,
    honest: Honest,
    forger: Forger,
}

impl Side {
    fn new(host: Namespace, ip: &str, udp: &str) -> Self {
        let flags = ["--tcp", &format!("{ip}:0"), "--udp", udp, "--udp-rate", "0"];
        let server = host.within(|| Server::start(&flags));
        let udp = SocketAddrV4::new(ip.parse().unwrap(), server.udp().port());
        let honest = Honest::on(&host, ip);
        let forger = Forger::on(&host);
        Self { host, server, udp, honest, forger }
    }
}

/// Two servers on a cable, bound to their address or to all.
fn two(udp: [&str; 2]) -> Option<[Side; 2]> {
    let addresses = [SERVER, NEIGHBOUR];
    let cables = addresses.map(|ip| format!("{ip}/24"));
    let [one, other] = Namespace::pair(cables.each_ref().map(String::as_str))?;
    let sides = [Side::new(one, addresses[0], udp[0]), Side::new(other, addresses[1], udp[1])];
    // A cable that was plugged in just now may carry nothing for a while.
    let asker = Honest::on(&sides[0].host, SERVER);
    eventually("the cable carries", || {
        asker.says(sides[1].udp, &binding_request(&[]));
        asker.hears_within(Duration::from_millis(200)).is_some()
    });
    Some(sides)
}

/// Datagrams that the two servers have sent, when everything is answered; the answers to honest
/// questions, of which each round has one for each, are left out.
fn settled(sides: &[Side; 2], before: [Traffic; 2]) -> u64 {
    for _ in 0..ROUNDS {
        for side in sides {
            side.honest.asks(side.udp);
        }
    }
    let sent = |(side, before): (&Side, Traffic)| side.host.traffic().since(before).sent;
    let sent: u64 = sides.iter().zip(before).map(sent).sum();
    // The honest ones' own datagrams leave the same hosts.
    sent - 2 * 2 * ROUNDS as u64
}

/// Starts the two with each datagram, forwards and backwards; how many packets that set off.
fn start_them(sides: &[Side; 2], starters: &[Vec<u8>]) -> u64 {
    let mut set_off = 0;
    for starter in starters {
        let before = sides.each_ref().map(|side| side.host.traffic());
        for [to, from] in [[0, 1], [1, 0]] {
            sides[from].forger.send(sides[from].udp, sides[to].udp, starter);
        }
        let first = settled(sides, before);
        let between = sides.each_ref().map(|side| side.host.traffic());
        let later = settled(sides, between);
        let starter = starter.escape_ascii();
        assert!(first <= 2, "{first} packets were set off by two times {starter}");
        assert_eq!(later, 0, "they go on after {starter}");
        set_off += first;
    }
    set_off
}

#[test]
fn two_servers_never_talk_to_each_other() {
    let fixed = [SERVER, NEIGHBOUR].map(|ip| format!("{ip}:50000"));
    for udp in [fixed.each_ref().map(String::as_str), ["0.0.0.0:50000"; 2]] {
        let Some(sides) = two(udp) else { return };
        // Requests first: each is answered once, and the answer not at all. The plain ones make the
        // two servers each other's peers at most once.
        let starters = [requests(), examples()].concat();
        let times = sized(1, 200);
        let set_off: u64 = (0..times).map(|_| start_them(&sides, &starters)).sum();
        let sent = 2 * times * starters.len();
        report(&format!("U2: two servers, {sent} starters: {set_off} packets, then none"));
        assert!(set_off > 0, "the starters have not arrived");
        for side in sides {
            side.server.stop();
        }
    }
}

#[test]
fn two_servers_that_are_each_others_partners_stay_silent() {
    let Some(sides) = two(["0.0.0.0:50000"; 2]) else { return };
    // Each server has somebody waiting, and the other comes: it is told an address, as a datagram
    // that no server answers.
    for [to, from] in [[0, 1], [1, 0]] {
        sides[to].honest.says(sides[to].udp, b"hello");
        sides[to].honest.asks(sides[to].udp);
        let before = sides.each_ref().map(|side| side.host.traffic());
        sides[from].forger.send(sides[from].udp, sides[to].udp, b"hello");
        let (told, _) = sides[to].honest.hears();
        assert_eq!(told, format!("{}\n", sides[from].udp).as_bytes());
        assert_eq!(settled(&sides, before), 2, "one for each of the pair");
    }
    for side in sides {
        side.server.stop();
    }
}
