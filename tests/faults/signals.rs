//! Signals in storms, and the end of a server that is busy.

use std::time::Duration;

use rustix::process::Signal;

use crate::NO_FLOOD_CONTROL;
use crate::herd::Herd;
use crate::pair::Pair;
use crate::support::turns::Turns;
use crate::support::{Client, Server, now, report, sized, timed};

/// Signals that interrupt a wait and end nothing. SIGHUP is obeyed each time.
const HARMLESS: [Signal; 3] = [Signal::HUP, Signal::WINCH, Signal::CONT];
/// Time between two signals: no less than a thousand a second, whatever the sleep costs.
const PAUSE: Duration = Duration::from_micros(200);
/// Those who are told that it is over.
const AUDIENCE: usize = 200;
const GOODBYE: &str = "* the server is shutting down; come back in ";
/// The server's default patience for those who do not read the goodbye, and a busy machine.
const DRAINED: Duration = Duration::from_secs(15);

/// Sends all of them again and again, for so long. Returns how many.
fn storm(server: &Server, time: Duration) -> usize {
    let end = now() + time;
    let sent = HARMLESS.iter().cycle().take_while(|_| now() < end).map(|signal| {
        server.signal(*signal);
        std::thread::sleep(PAUSE);
    });
    sent.count()
}

#[test]
fn a_storm_of_signals_interrupts_nobody() {
    let time = sized(Duration::from_secs(2), Duration::from_secs(60));
    let server = Server::start(&NO_FLOOD_CONTROL);
    let mut herd = Herd::new();
    herd.join(server.tcp(), AUDIENCE, "c");
    let mut pair = Pair::aside(server.tcp());
    pair.talk(200);
    let quiet = pair.trips();
    let sent = pair.talk_while(|| storm(&server, time));
    let trips = pair.trips();
    herd.listen_for(Duration::from_millis(1));
    assert_eq!(herd.open(), AUDIENCE);
    let log = server.stop();
    report(&format!(
        "signals: {sent} in {time:?}; {} lost nothing; {trips}, p99 {:.1} times as in quiet; {}",
        AUDIENCE + 2,
        trips.ratio_to(&quiet),
        Turns::worst_in(&log)
    ));
}

/// A server with an audience and two who talk all the time.
fn busy_server() -> (Server, Herd, Pair) {
    let server = Server::start(&NO_FLOOD_CONTROL);
    let mut herd = Herd::new();
    herd.join(server.tcp(), AUDIENCE, "c");
    let mut pair = Pair::join(server.tcp());
    pair.talk(50);
    (server, herd, pair)
}

#[test]
fn a_busy_server_says_goodbye_to_everyone_and_ends() {
    let (server, mut herd, mut pair) = busy_server();
    let mut talker = Client::join(server.tcp(), "talker");
    talker.send("and on it goes\n".repeat(2_000).as_bytes());
    pair.talk_once();
    server.ask_to_stop();
    let ((), took) = timed(|| herd.listen_until("its end", |member| member.ended.is_some()));
    let told =
        |member: &&crate::herd::Member| String::from_utf8_lossy(&member.last).contains(GOODBYE);
    assert_eq!(herd.members.iter().filter(told).count(), AUDIENCE);
    for rest in pair.last_words() {
        assert!(rest.contains(GOODBYE), "{rest}");
    }
    let (rest, _) = talker.rest_or_reset();
    assert!(rest.contains(GOODBYE), "{rest}");
    let log = server.expect_good_end();
    assert!(took < DRAINED, "{took:?}");
    let turns = Turns::last_in(&log);
    report(&format!("SIGTERM: {} were told goodbye within {took:.2?}; {turns}", AUDIENCE + 3));
}

#[test]
fn the_second_sigterm_ends_a_busy_server_at_once() {
    let (mut server, _herd, _pair) = busy_server();
    let mut stalled = Client::join_with_small_window(server.tcp(), "stalled");
    // More than its machine takes, so that it cannot be told goodbye.
    stalled.send("/help\n".repeat(200).as_bytes());
    let mut last = Client::join(server.tcp(), "last");
    server.signal(Signal::TERM);
    last.hear_part(GOODBYE);
    let (status, took) = timed(|| {
        server.signal(Signal::TERM);
        server.wait()
    });
    assert_eq!(status.code(), Some(128 + 15), "{status}");
    report(&format!("the second SIGTERM ended a busy server after {took:.1?}"));
    assert!(took < Duration::from_secs(3), "it has waited for somebody: {took:?}");
}
