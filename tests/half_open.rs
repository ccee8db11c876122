//! Peers that vanish without a word: their cable is pulled, and all that comes of it is silence.
//! The room must hear that they have left all the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use support::namespace::Namespace;
use support::{Client, Server, report, sized, timed};

/// A server, alice beside it, and peers at the other end of a cable.
struct Room {
    server: Server,
    alice: Client,
    peers: Vec<Client>,
    /// Where the peers are.
    elsewhere: Namespace,
    _host: Namespace,
}

impl Room {
    fn new(flags: &[&str], peers: usize) -> Option<Self> {
        let [host, elsewhere] = Namespace::pair(["10.77.0.1/24", "10.77.0.2/24"])?;
        let places = ["--tcp", "0.0.0.0:0", "--flood", "off", "--max-per-address", "2000"];
        let server = host.within(|| Server::start(&[&places[..], flags].concat()));
        let at = |ip: [u8; 4]| SocketAddr::from((ip, server.tcp().port()));
        let join = |number| Client::join(at([10, 77, 0, 1]), &format!("peer{number}"));
        let peers = elsewhere.within(|| (0..peers).map(join).collect());
        // Alice's connection has nothing to do with the cable.
        let alice = host.within(|| Client::join(at([127, 0, 0, 1]), "alice"));
        Some(Self { server, alice, peers, elsewhere, _host: host })
    }

    /// Alice listens until all peers have left: when the first and the last one did.
    ///
    /// These differ: that one has left is told to the others, who then owe an acknowledgement, and
    /// are no longer asked by keepalive but given the whole of the user timeout.
    fn hear_all_leave(&mut self) -> [Duration; 2] {
        let others = self.peers.len() - 1;
        let alice = &mut self.alice;
        alice.wait_at_most(PATIENCE);
        let mut left = || drop(alice.hear_where("a peer", |line| line.ends_with(" left!")));
        let ((), first) = timed(&mut left);
        let ((), rest) = timed(|| (0..others).for_each(|_| left()));
        [first, first + rest]
    }

    /// Who comes back finds that the server knows nothing of it.
    fn come_back(mut self) {
        self.elsewhere.set_cable("up");
        let mut first = self.peers.swap_remove(0);
        // Its system may have asked the server before it did.
        let says = first.source.write_all(b"did you hear me?\n");
        assert!(says.is_err() || first.rest_or_reset().1.is_some(), "somebody heard");
        self.alice.say("anybody?");
        self.alice.expect("alice: anybody?");
        self.server.stop();
    }
}

/// Longer than any peer may stay, by far.
const PATIENCE: Duration = Duration::from_secs(120);

/// Flags that make the peers' end come soon; at the long size it is also seen with the defaults.
fn settings() -> Vec<&'static [&'static str]> {
    const SOON: &[&str] = &["--keepalive", "1s", "--user-timeout", "4s"];
    sized(vec![SOON], vec![SOON, &[]])
}

#[test]
fn idle_peers_whose_cable_is_pulled_have_left_soon() {
    let peers = sized(5, 1_000);
    for flags in settings() {
        let Some(mut room) = Room::new(flags, peers) else { return };
        room.elsewhere.set_cable("down");
        let [first, last] = room.hear_all_leave();
        report(&format!("F4: {peers} idle peers gone {first:.1?} to {last:.1?} later, {flags:?}"));
        assert!(first > Duration::from_secs(1), "nobody has asked them in {first:?}");
        room.come_back();
    }
}

#[test]
fn who_is_back_in_time_has_not_left() {
    let flags = ["--keepalive", "1s", "--user-timeout", "10s", "-v"];
    let Some(mut room) = Room::new(&flags, 5) else { return };
    // Long enough for a question or two to get lost: nothing tells of them.
    room.elsewhere.set_cable("down");
    std::thread::sleep(Duration::from_secs(3));
    room.elsewhere.set_cable("up");
    room.alice.say("all here?");
    for peer in &mut room.peers {
        peer.hear("alice: all here?");
    }
    room.server.stop();
}

#[test]
fn peers_who_owe_an_acknowledgement_have_left_soon() {
    let peers = sized(5, 1_000);
    for flags in settings() {
        let Some(mut room) = Room::new(flags, peers) else { return };
        room.elsewhere.set_cable("down");
        room.alice.say("are you there?");
        room.alice.hear("alice: are you there?");
        let [first, last] = room.hear_all_leave();
        report(&format!("F4: {peers} told peers gone {first:.1?} to {last:.1?} later, {flags:?}"));
        room.come_back();
    }
}
