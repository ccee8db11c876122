//! Many handshakes at once: nobody is lost, and those who are there are served between them.

use rustls::version::TLS13;

use crate::files::SELF_SIGNED;
use crate::peer::{End, Peer};
use crate::support::{Client, Server, process, report, sized, timed};
use crate::trusting;

#[test]
fn two_hundred_handshakes_at_once_lose_nobody_and_keep_nobody_waiting() {
    let count = sized(200, 2_000);
    if !process::may_hold(count) {
        return;
    }
    let server = Server::start(&SELF_SIGNED);
    let mut alice = Client::join(server.tcp(), "alice");
    let mut peers: Vec<Peer> = (0..count)
        .map(|_| Peer::connect(server.tcp(), trusting::client(&TLS13, &["mio-chat"])))
        .collect();
    let ((), time) = timed(|| {
        for peer in &mut peers {
            peer.tls.write_tls(&mut peer.tcp).unwrap();
        }
        // She was there before, and all of them are waiting.
        let ((), trip) = timed(|| {
            alice.say("anybody?");
            alice.hear("alice: anybody?");
        });
        report(&format!("{count} handshakes under way: a round trip of {trip:?} beside them"));
        for (number, peer) in peers.iter_mut().enumerate() {
            peer.shake_hands().unwrap();
            peer.say(&format!("p{number}"));
        }
    });
    report(&format!("{count} handshakes and registrations at once: {time:?}"));
    for (number, peer) in peers.iter_mut().enumerate() {
        assert_eq!(peer.line(), "Connected to server!", "p{number}");
    }
    alice.say("/who");
    alice.hear_where("all of them", |line| line.contains(&format!("{}", count + 1)));
    for peer in &mut peers {
        peer.say("/quit");
        assert_eq!(peer.rest().1, End::Told);
    }
    let log = server.stop();
    assert!(!log.contains("closed: reason=tls"), "{log}");
}
