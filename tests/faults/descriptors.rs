//! No descriptors left: who comes waits, and is served as soon as there is one.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, prlimit};

use crate::NO_FLOOD_CONTROL;
use crate::support::turns::Turns;
use crate::support::{Client, Server, process, report, sized, timed};

const FULL: &str = "* the server is full; try again in a minute";
/// Descriptors left to the server in the tests that exhaust them.
const DESCRIPTORS_LEFT: usize = 20;
/// Clients that come, more than that.
const CROWD: usize = 60;
/// Descriptors that are freed while others wait.
const FREED: usize = 10;
/// A spinning loop uses 100 ticks a second.
const FEW_TICKS: u64 = 50;
/// Lines that the log may have of a whole run with two reports: it is told once that descriptors
/// ran out, not again and again.
const FEW_LINES: usize = 40;
/// How long the server is looked at while it has none: shorter than it lets anybody wait.
const STUCK: Duration = Duration::from_secs(1);

/// Takes the server's descriptors away but for a few, as if the system had run out of them.
fn starve(server: &Server) {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = process::descriptor_limit_for(server.pid(), DESCRIPTORS_LEFT);
    let limit = Rlimit { current: Some(current), maximum };
    prlimit(Some(server.pid()), Resource::Nofile, limit).unwrap();
}

/// Clients that have connected, as far as they can see, and sent their nicknames.
fn crowd(server: &Server) -> Vec<Client> {
    let connect = |number| {
        let mut client = Client::connect(server.tcp());
        client.say(&format!("c{number}"));
        client
    };
    (0..CROWD).map(connect).collect()
}

/// The first line that a client gets, without the prompt.
fn first_line(client: &mut Client) -> String {
    let line = client.line();
    line.strip_prefix("NICK").unwrap_or(&line).to_owned()
}

/// What one time without descriptors was like.
struct Cycle {
    ticks: u64,
    log_lines: usize,
    /// From the moment when ten clients went until the ten that had waited longest were served.
    served_after: Duration,
    turns: Turns,
}

/// Ten clients leave while forty wait. Nothing if this machine was so slow that those who waited
/// had been turned away by then.
fn cycle() -> Option<Cycle> {
    let server = Server::start(&NO_FLOOD_CONTROL);
    starve(&server);
    let mut crowd = crowd(&server);
    let log_lines = server.wait_for_log("out of descriptors").lines().count();
    let before = process::cpu_ticks(server.pid());
    std::thread::sleep(STUCK);
    let ticks = process::cpu_ticks(server.pid()) - before;
    let log_lines = server.log().lines().count() - log_lines;
    let mut waiting = crowd.split_off(DESCRIPTORS_LEFT);
    let (answers, served_after) = timed(|| -> Vec<String> {
        drop(crowd.split_off(DESCRIPTORS_LEFT - FREED));
        waiting.iter_mut().take(FREED).map(first_line).collect()
    });
    let turns = server.turns();
    let log = server.stop();
    assert!(log.lines().count() < FEW_LINES, "{log}");
    let served = answers.iter().all(|answer| answer == "Connected to server!");
    assert!(served || answers.iter().any(|answer| answer == FULL), "{answers:?}");
    served.then_some(Cycle { ticks, log_lines, served_after, turns })
}

#[test]
fn without_descriptors_new_clients_wait_and_are_served_when_others_leave() {
    for number in 0..sized(1, 10) {
        let mut tries = std::iter::repeat_with(cycle).take(5);
        let Cycle { ticks, log_lines, served_after, turns } =
            tries.find_map(|cycle| cycle).expect("somebody is served in the end");
        assert!(ticks < FEW_TICKS, "{ticks} ticks while waiting");
        report(&format!(
            "no descriptors, {number}: 40 of {CROWD} wait; {ticks} % CPU and {log_lines} lines of \
             log in a second; {FREED} served {served_after:.1?} after as many left; {turns}"
        ));
    }
}

#[test]
fn without_descriptors_the_server_is_calm_and_turns_away_who_waits_too_long() {
    let server = Server::start(&NO_FLOOD_CONTROL);
    starve(&server);
    let mut crowd = crowd(&server);
    server.wait_for_log("out of descriptors");
    for client in crowd.iter_mut().take(DESCRIPTORS_LEFT) {
        assert_eq!(first_line(client), "Connected to server!");
    }
    let before = process::cpu_ticks(server.pid());
    for client in crowd.iter_mut().skip(DESCRIPTORS_LEFT) {
        assert_eq!(client.rest(), format!("{FULL}\n"));
    }
    let ticks = process::cpu_ticks(server.pid()) - before;
    assert!(ticks < FEW_TICKS, "{ticks} ticks while waiting");
    crowd[0].say("still here");
    crowd[1].hear("c0: still here");
    let log = server.stop();
    assert!(log.lines().count() < FEW_LINES, "{log}");
}
