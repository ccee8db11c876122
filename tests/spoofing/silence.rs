//! What is never answered: sources behind which nobody can be, and datagrams that ask for nothing.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::noise::{not_to_be_answered, requests};
use super::support::namespace::{Forger, Traffic};
use super::support::{report, sized};
use super::{Honest, Lab};

/// Sends everything from everyone, and says what the server's host has counted meanwhile. One
/// honest question for every 32 datagrams is in it, and answered.
fn send_all(
    lab: &Lab,
    forger: &Forger,
    honest: &Honest,
    times: usize,
    cases: &[(SocketAddrV4, Vec<u8>)],
) -> (Traffic, u64) {
    let mut honest_answers = 0;
    let mut ask = || {
        honest.asks(lab.udp());
        honest_answers += 1;
    };
    ask();
    let before = lab.host.traffic();
    for (number, (source, datagram)) in cases.iter().cycle().take(times * cases.len()).enumerate() {
        forger.send(*source, lab.udp(), datagram);
        if number % 32 == 31 {
            ask();
        }
    }
    ask();
    (lab.host.traffic().since(before), honest_answers - 1)
}

fn v4(text: &str) -> SocketAddrV4 {
    text.parse().unwrap()
}

#[test]
fn sources_behind_which_nobody_can_be_get_silence() {
    let Some(lab) = Lab::new(&["--udp-rate", "0"]) else { return };
    // On the server's own host, where its kernel looks at no source.
    let forger = Forger::on(&lab.host);
    let honest = Honest::on(&lab.host, super::SERVER);
    let mut sources = vec![lab.udp()];
    sources.extend(["10.77.0.2:0", "255.255.255.255:4000", "224.0.0.1:4000"].map(v4));
    let datagrams = [requests(), vec![b"hello".to_vec(), Vec::new()]].concat();
    let cases: Vec<_> = sources
        .iter()
        .flat_map(|source| datagrams.iter().map(|datagram| (*source, datagram.clone())))
        .collect();
    // Somebody waits, whom a plain datagram would be paired with.
    lab.honest().says(lab.udp(), b"hello");
    let times = sized(100, 10_000);
    let (traffic, asked) = send_all(&lab, &forger, &honest, times, &cases);
    let sent = (times * cases.len()) as u64;
    assert_eq!(traffic.received, sent + 2 * asked, "all have arrived: {traffic:?}");
    assert_eq!(traffic.sent, 2 * asked, "no answers but the honest one's: {traffic:?}");
    report(&format!(
        "U2: {sent} datagrams from impossible sources and the server's own: 0 answers"
    ));
    lab.server.stop();
}

#[test]
fn sources_that_a_kernel_drops_get_silence_too() {
    let Some(lab) = Lab::new(&["--udp-rate", "0"]) else { return };
    let (forger, honest) = (lab.forger(), lab.honest());
    let mut sources =
        ["255.255.255.255:4000", "224.0.0.1:4000", "10.77.0.255:4000"].map(v4).to_vec();
    sources.extend(["127.0.0.1:4000", "10.77.0.2:0"].map(v4));
    sources.push(lab.udp());
    let cases: Vec<_> = sources.iter().map(|source| (*source, requests()[0].clone())).collect();
    let (traffic, asked) = send_all(&lab, &forger, &honest, 20, &cases);
    assert_eq!(traffic.sent, asked, "{traffic:?}");
    lab.server.stop();
}

#[test]
fn what_asks_for_nothing_gets_nothing() {
    let Some(lab) = Lab::new(&["--udp-rate", "0"]) else { return };
    let (forger, honest) = (lab.forger(), lab.honest());
    honest.says(lab.udp(), b"hello");
    let datagrams = not_to_be_answered();
    let cases: Vec<_> = (0..1_000_u32)
        .map(|number| {
            let source = SocketAddrV4::new(Ipv4Addr::from(0xC612_0000 + number), 4_000);
            (source, datagrams[number as usize % datagrams.len()].clone())
        })
        .collect();
    let times = sized(5, 10_000);
    let (traffic, asked) = send_all(&lab, &forger, &honest, times, &cases);
    let sent = (times * cases.len()) as u64;
    assert_eq!(traffic.received, sent + asked, "all have arrived: {traffic:?}");
    assert_eq!(traffic.sent, asked, "no answers but the honest one's: {traffic:?}");
    report(&format!("U2: {sent} datagrams that ask for nothing: 0 answers"));
    lab.server.stop();
}
