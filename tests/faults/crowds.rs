//! Crowds that come into one room at once, or are gone at once.

use std::time::Duration;

use crate::NO_FLOOD_CONTROL;
use crate::herd::Herd;
use crate::pair::Pair;
use crate::support::program::Program;
use crate::support::{Server, eventually_within, process, report, sized, timed};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mio-chat");
/// How long a crowd may take on a busy machine. How long it takes is told.
const PATIENCE: Duration = Duration::from_secs(180);

/// Bytes that the server has sent since its start.
fn sent_bytes(server: &Server) -> u64 {
    server.reported("sent_bytes")
}

#[test]
fn a_storm_of_people_comes_into_one_room() {
    let count = sized(2_000, 10_000);
    if !process::may_hold(count) {
        return;
    }
    let server = Server::start(&NO_FLOOD_CONTROL);
    let mut pair = Pair::aside(server.tcp());
    let quiet = pair.talk_in_quiet();
    let sent = sent_bytes(&server);
    let mut herd = Herd::new();
    let ((), took) = pair.talk_while(|| timed(|| herd.join(server.tcp(), count, "c")));
    let (turns, trips) = (server.turns(), pair.trips());
    let sent = sent_bytes(&server) - sent;
    herd.listen_for(Duration::from_millis(10));
    assert_eq!(herd.open(), count);
    report(&format!(
        "storm: {count} came into one room in {took:.2?}, {} bytes were sent for each; {trips}, \
         p99 {:.1} times as in quiet; {turns}",
        sent / count as u64,
        trips.ratio_to(&quiet)
    ));
    server.stop();
}

#[test]
fn everyone_in_a_room_is_gone_at_once() {
    let count = sized(2_000, 19_000);
    if !process::may_hold(count) {
        return;
    }
    let server = Server::start(&NO_FLOOD_CONTROL);
    let mut pair = Pair::aside(server.tcp());
    let quiet = pair.talk_in_quiet();
    let (descriptors, members) = (process::descriptors(server.pid()), 2);
    let (address, clients) = (server.tcp().to_string(), count.to_string());
    let flags = ["load", &address, "idle", "--clients", &clients, "--duration", "1h"];
    let crowd = Program::start(PROGRAM, flags);
    eventually_within(PATIENCE, "everyone here", || {
        process::descriptors(server.pid()) == descriptors + count
    });
    eventually_within(PATIENCE, "everyone welcome", || {
        std::thread::sleep(Duration::from_millis(100));
        server.reported("members") == members + count as u64
    });
    server.turns();
    // Killed, as all that is left running is when it is dropped.
    let ((), took) = pair.talk_while(|| {
        drop(crowd);
        timed(|| {
            eventually_within(PATIENCE, "everyone gone", || {
                process::descriptors(server.pid()) == descriptors
            });
        })
    });
    let (turns, trips) = (server.turns(), pair.trips());
    assert_eq!(server.reported("members"), members);
    report(&format!(
        "gone: {count} in one room were killed, all descriptors were free after {took:.2?}; \
         {trips}, p99 {:.1} times as in quiet; {turns}",
        trips.ratio_to(&quiet)
    ));
    server.stop();
}
