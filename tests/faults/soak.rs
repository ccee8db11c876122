//! An hour of people who come, talk and go: nothing may be left of them.

use std::time::Duration;

use serde_json::Value;

use crate::NO_FLOOD_CONTROL;
use crate::support::program::Program;
use crate::support::{PATIENCE, Server, endurance, eventually, process, report, sized};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mio-chat");
/// Bytes by which the server may be larger in the end, whatever it was before.
const GROWTH_MAX: usize = 2 << 20;

/// People talk for so long, while ten a second leave and others come. Returns what the load
/// generator tells.
fn churn(server: &Server, time: Duration) -> Value {
    let (address, clients) = (server.tcp().to_string(), sized("200", "500"));
    let duration = format!("{}ms", time.as_millis());
    let flags = ["load", &address, "churn", "--clients", clients, "--rate", "0.2", "--churn", "10"];
    let flags = [&flags[..], &["--duration", &duration, "--json", "-"]].concat();
    let mut program = Program::start(PROGRAM, flags);
    // It says nothing before it is done.
    program.stdout.wait_at_most(time + 6 * PATIENCE);
    serde_json::from_str(&program.finish()).unwrap()
}

#[test]
fn of_people_who_come_and_go_nothing_is_left() {
    let server = Server::start(&NO_FLOOD_CONTROL);
    let descriptors = process::descriptors(server.pid());
    let at_rest = || {
        eventually("everyone gone", || process::descriptors(server.pid()) == descriptors);
        process::status_bytes(server.pid(), "VmRSS")
    };
    churn(&server, sized(Duration::from_secs(2), Duration::from_secs(60)));
    let before = at_rest();
    server.turns();
    let time = endurance(Duration::from_secs(5), 60);
    let told = churn(&server, time);
    let (after, turns) = (at_rest(), server.turns());
    assert_eq!(told["delivered_share"], 1.0, "{told:#}");
    report(&format!(
        "soak: {time:?} of coming and going, {} deliveries, all arrived, p99 {} ms; {} KiB before \
         and {} KiB after, {descriptors} descriptors both times; {turns}",
        told["deliveries"],
        told["latency_ms"]["p99"],
        before / 1_024,
        after / 1_024,
    ));
    assert!(after < before + GROWTH_MAX, "{before} bytes before, {after} after");
    server.stop();
}
