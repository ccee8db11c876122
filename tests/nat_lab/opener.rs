//! Two players behind careless routers meet directly, since each opens its own NAT before the other
//! can write to it: also when one of them hears of the match later than the other. Without
//! openers, which the hosts are made to drop, they need the relay.
//!
//! The server is a model, so that it can be late.

use std::net::{IpAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mio_chat::time::Time;

use super::host::Host;
use super::lab::Lab;
use super::matching::{Way, meet};
use super::model::Server;
use super::nat::Nat;
use super::support::{now, report, sized};

/// How much later one of two players hears of the match: less than until all begin.
const LATE: Duration = Duration::from_millis(80);
/// Has a host send nothing that dies on its way.
const WITHOUT_OPENERS: &str = "table inet without_openers {
    chain output {
        type filter hook output priority filter
        meta l4proto udp ip ttl <= 2 drop
    }
}";

/// Tells other threads to stop, after a panic too.
pub(super) struct SetAtEnd<'a>(pub(super) &'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The server, until it is to stop. What it tells that player comes late.
pub(super) fn serve(socket: &UdpSocket, late: Option<IpAddr>, stop: &AtomicBool) {
    socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let (start, mut model, mut room) = (now(), Server::new(true, false), [0; 2_000]);
    let mut waiting = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let time = Time::at(start.elapsed());
        let mut sent = model.expire(time);
        if let Ok((length, from)) = socket.recv_from(&mut room) {
            sent.extend(model.receive(time, from, &room[..length]));
        }
        let is_late = |to: IpAddr| late == Some(to);
        waiting.extend(sent.into_iter().map(|(to, bytes)| {
            (time + if is_late(to.ip()) { LATE } else { Duration::ZERO }, to, bytes)
        }));
        for (_, to, bytes) in waiting.extract_if(.., |(at, ..)| *at <= time) {
            socket.send_to(&bytes, to).unwrap();
        }
    }
}

/// How many of so many meetings of these two are direct; all others go through the relay.
fn direct(lab: &Lab, hosts: [&Host; 2], late: Option<IpAddr>, rounds: usize) -> usize {
    let server = lab.public();
    let ways = (0..rounds).map(|round| {
        // Any port: a child that another test just began may hold that of the round before open.
        let socket = server.socket(0);
        let stop = AtomicBool::new(false);
        let (ways, _) = std::thread::scope(|scope| {
            scope.spawn(|| serve(&socket, late, &stop));
            let _ends = SetAtEnd(&stop);
            meet(socket.address, &format!("q{round}"), hosts)
        });
        assert!(ways == [Way::Direct; 2] || ways == [Way::Relay; 2], "{ways:?}");
        ways[0]
    });
    ways.filter(|way| *way == Way::Direct).count()
}

#[test]
fn careless_routers_lose_no_port_to_players_who_open_them_first() {
    let Some(lab) = Lab::new() else { return };
    let rounds = sized(4, 24);
    for (kinds, without) in [
        ([Nat::CARELESS, Nat::CARELESS], Some(0)),
        ([Nat::CARELESS, Nat::PORT_RESTRICTED], None),
        ([Nat::PORT_RESTRICTED, Nat::PORT_RESTRICTED], Some(rounds)),
    ] {
        let homes = kinds.map(|nat| lab.home(nat));
        let outside = homes.each_ref().map(|home| IpAddr::from(home.outside));
        let hosts = homes.each_ref().map(|home| home.host());
        let name = kinds.map(|nat| nat.name).join(" x ");
        for (late, when) in [(None, "at once"), (Some(outside[1]), "one 80 ms late")] {
            let count = direct(&lab, hosts.each_ref(), late, rounds);
            report(&format!("opener: {name}, {when}: {count} of {rounds} direct"));
            assert_eq!(count, rounds, "{name}, {when}");
        }
        for host in &hosts {
            host.nft(&["-f", "-"], WITHOUT_OPENERS).unwrap();
        }
        let count = direct(&lab, hosts.each_ref(), Some(outside[1]), rounds);
        report(&format!("opener: {name}, one 80 ms late, without: {count} of {rounds} direct"));
        assert!(without.is_none_or(|without| count == without), "{name}: {count} without");
    }
}
