//! Programs that are no successor: the old process says why and goes on.

use std::path::Path;
use std::time::Duration;

use rustix::process::{Signal, kill_process};

use crate::running::Running;
use crate::support::program::program;
use crate::support::{Client, eventually_within, report, timed};

/// As long as a new process may take to be ready, and then to take over, and a busy machine.
const LONG: Duration = Duration::from_secs(25);

/// Asks for an upgrade that must fail for this reason, while two talk.
fn fails(running: &Running, pair: &mut [Client; 2], reason: &str) {
    let failures = running.first.log().matches("upgrade: not done").count();
    running.ask();
    let [alice, bob] = pair;
    eventually_within(LONG, reason, || {
        alice.say("still here?");
        bob.expect("alice: still here?");
        alice.expect("alice: still here?");
        running.first.log().matches("upgrade: not done").count() > failures
    });
    let log = running.first.log();
    let line = log.lines().rfind(|line| line.contains("upgrade: not done")).unwrap();
    assert!(line.contains(reason) && line.ends_with("this process goes on"), "{line}");
}

fn pair(running: &Running) -> [Client; 2] {
    let mut alice = Client::join(running.first.tcp(), "alice");
    let bob = Client::join(running.first.tcp(), "bob");
    alice.expect("bob joined!");
    [alice, bob].map(|client| client.patient(LONG))
}

#[test]
fn a_program_that_ends_at_once_changes_nothing() {
    let mut running = Running::start(&["--flood", "off"]);
    let mut pair = pair(&running);
    running.replace(Path::new("/bin/false"));
    fails(&running, &mut pair, "has ended");
    running.replace_by_script("printf N >&0");
    fails(&running, &mut pair, "has ended");
    running.replace_by_script("printf x >&0; exec sleep 100");
    fails(&running, &mut pair, "incompatible version");
    running.replace_by_script("printf R >&0");
    fails(&running, &mut pair, "process");
    running.replace(Path::new("/nowhere"));
    running.ask();
    running.first.wait_for_log("cannot be started");
    // In the end a good one comes.
    running.replace_by_server();
    running.upgrade();
    let [alice, bob] = &mut pair;
    alice.say("and still");
    bob.expect("alice: and still");
    running.stop();
}

#[test]
fn a_program_that_is_never_ready_is_given_up() {
    let running = Running::start(&["--flood", "off"]);
    let mut pair = pair(&running);
    running.replace_by_script("exec sleep 100");
    fails(&running, &mut pair, "not ready in time");
    running.stop();
}

#[test]
fn a_program_that_falls_silent_while_it_takes_over_is_given_up_after_a_second() {
    let running = Running::start(&["--flood", "off"]);
    let mut pair = pair(&running);
    for script in [
        "printf R >&0; exec sleep 100",
        // It has read some of it.
        "printf R >&0; head -c 20 <&0 >/dev/null; exec sleep 100",
    ] {
        running.replace_by_script(script);
        let ((), took) = timed(|| fails(&running, &mut pair, "timed out"));
        assert!(took > Duration::from_millis(900), "{took:?}");
        report(&format!("given up after {took:.2?}"));
    }
    running.stop();
}

#[test]
fn what_does_not_hold_together_is_not_taken_over() {
    let Some(python) = program("python3") else { return };
    let running = Running::start(&["--flood", "off"]);
    let mut pair = pair(&running);
    let spoil = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/spoil_handover.py");
    let server = env!("CARGO_BIN_EXE_mio-chat");
    let python = python.display();
    running.replace_by_script(&format!("exec '{python}' '{spoil}' '{server}' \"$@\""));
    fails(&running, &mut pair, "is inconsistent");
    running.stop();
}

#[test]
fn a_server_that_stops_takes_no_successor_with_it() {
    let running = Running::start(&[]);
    running.replace_by_script("exec sleep 100");
    running.ask();
    running.first.wait_for_log("upgrade: started pid=");
    kill_process(running.pid, Signal::TERM).unwrap();
    let log = running.stop();
    assert!(log.contains("not done: the server is stopping"), "{log}");
}
