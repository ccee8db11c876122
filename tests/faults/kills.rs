//! A server that is killed while people talk, and started again on the same ports at once.

use std::time::Duration;

use crate::NO_FLOOD_CONTROL;
use crate::herd::Herd;
use crate::pair::Pair;
use crate::support::{Server, free_port, report, sized, timed};

/// Those who are here when it happens.
const CROWD: usize = 100;

#[test]
fn a_killed_server_is_back_on_its_ports_at_once() {
    let address = free_port();
    let at = address.to_string();
    let flags = [&NO_FLOOD_CONTROL[..], &["--tcp", &at, "--udp", &at]].concat();
    let mut server = Server::start(&flags);
    let (mut down, kills) = (Vec::new(), sized(3, 200));
    for _ in 0..kills {
        let mut herd = Herd::new();
        herd.join(address, CROWD, "c");
        let mut pair = Pair::join(address);
        pair.talk(20);
        let took;
        (server, took) = timed(|| {
            // Killed, as every server is that is dropped before its end.
            drop(server);
            Server::start(&flags)
        });
        down.push(took);
        herd.listen_until("their end", |member| member.ended.is_some());
    }
    let mut pair = Pair::join(address);
    pair.talk(100);
    down.sort_unstable();
    let turns = server.turns();
    let (p50, max) = (down[kills / 2], down[kills - 1]);
    report(&format!(
        "kill -9: {kills} times with {CROWD} here; listening again on the same ports after p50 \
         {p50:.1?}, max {max:.1?}, and all could come back; {turns}"
    ));
    assert!(max < Duration::from_secs(10), "{max:?}");
    server.stop();
}
