//! The load generator against the real server: every scenario, briefly.
//!
//! Runs are short and small; what is checked is that everything was said, heard and counted, not
//! how fast. Numbers of time and CPU are only looked at for being there.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command as Process, Stdio};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use snapbox::cmd::{Command, OutputAssert};
use support::server::wait_for_exit;
use support::{Client, PATIENCE, Server};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mio-chat");
/// Milliseconds of a run: 50 to warm up, 300 that are measured.
const BRIEF: [&str; 4] = ["--warm-up", "50ms", "--duration", "300ms"];
/// What may be said without a limit.
const NO_FLOOD_CONTROL: [&str; 2] = ["--flood", "off"];

fn load(address: SocketAddr, flags: &[&str]) -> OutputAssert {
    let address = address.to_string();
    let command = Command::new(PROGRAM).args(["load", &address]).args(BRIEF).args(flags);
    command.timeout(PATIENCE).assert()
}

/// The report of a run that must succeed and say nothing else.
fn report(address: SocketAddr, flags: &[&str]) -> Value {
    let output = load(address, &[flags, &["--json", "-"]].concat()).success().stderr_eq("");
    serde_json::from_slice(&output.get_output().stdout).unwrap()
}

fn number(report: &Value, name: &str) -> u64 {
    report[name].as_u64().unwrap_or_else(|| panic!("{name} in {report:#}"))
}

/// Everything that was said was heard by so many, and nobody was lost.
fn all_was_heard(report: &Value, hearers: u64) {
    assert_eq!(report["delivered_share"], 1.0, "{report:#}");
    assert_eq!(number(report, "deliveries_expected"), number(report, "messages") * hearers);
    for none in ["connections_failed", "connections_lost"] {
        assert_eq!(number(report, none), 0, "{report:#}");
    }
    assert!(number(report, "messages") > 0 && number(report, "deliveries") > 0, "{report:#}");
    let latency = &report["latency_ms"];
    let at = |name: &str| latency[name].as_f64().unwrap();
    assert!(at("min") <= at("p50") && at("p50") <= at("p99_9") && at("p99_9") <= at("max"));
    assert_eq!(report["interrupted"], false);
}

#[test]
fn a_closed_loop_keeps_messages_in_flight() {
    let server = Server::start(&NO_FLOOD_CONTROL);
    let pid = server.pid().to_string();
    let flags = ["fan-out", "--clients", "8", "--senders", "2", "--in-flight", "3"];
    let report = report(server.tcp(), &[&flags[..], &["--server-pid", &pid]].concat());
    all_was_heard(&report, 8);
    for (name, value) in [("clients", 8), ("senders", 2), ("in_flight", 3), ("message_bytes", 64)] {
        assert_eq!(number(&report, name), value);
    }
    assert_eq!((number(&report, "connections"), number(&report, "processes")), (8, 1));
    assert_eq!((&report["scenario"], &report["dialect"]), (&"fan-out".into(), &"lines".into()));
    for field in ["cpu_seconds", "cpu_share", "cpu_ns_per_delivery", "rss_before_bytes"] {
        assert!(report["server"][field].as_f64().unwrap() > 0.0, "{field} in {report:#}");
    }
    assert!(report["load"]["was_the_limit"].is_boolean());
    server.stop();
}

#[test]
fn an_open_loop_says_everything_that_is_due() {
    let server = Server::start(&NO_FLOOD_CONTROL);
    let flags = ["chatter", "--clients", "8", "--rate", "20", "--size", "40"];
    let report = report(server.tcp(), &flags);
    all_was_heard(&report, 8);
    assert_eq!(number(&report, "messages"), 8 * 20 * 3 / 10);
    assert_eq!(report["latency_ms"]["count"], number(&report, "messages") * 8);
    assert_eq!((&report["rate_per_client"], &report["senders"]), (&20.0.into(), &Value::Null));
    server.stop();
}

#[test]
fn messages_are_exactly_as_long_as_asked_for() {
    let server = Server::start(&NO_FLOOD_CONTROL);
    let mut room = Client::join(server.tcp(), "listener");
    let flags = ["fan-out", "--clients", "2", "--size", "64", "--room", "games"];
    all_was_heard(&report(server.tcp(), &flags), 2);
    room.say("/who games");
    room.hear("* there is no room games (/rooms lists them)");
    load(server.tcp(), &["fan-out", "--clients", "2", "--size", "64"]).success();
    let message = room.hear_where("a message", |line| line.ends_with('^'));
    assert_eq!(message.len() + "\n".len(), 64, "{message:?}");
    server.stop();
}

#[test]
fn idle_clients_say_nothing() {
    let server = Server::start(&[]);
    let report = report(server.tcp(), &["idle", "--clients", "8"]);
    assert_eq!(number(&report, "connections"), 8);
    for nothing in ["messages", "deliveries", "delivered_share", "latency_ms", "server"] {
        assert!(report[nothing].is_null(), "{nothing} in {report:#}");
    }
    server.stop();
}

#[test]
fn everybody_comes_and_goes_in_a_storm() {
    let server = Server::start(&[]);
    let report = report(server.tcp(), &["storm", "--clients", "100", "--at-once", "10"]);
    assert_eq!(number(&report, "connections"), 100, "{report:#}");
    assert_eq!(number(&report, "connections_failed"), 0);
    assert_eq!(report["latency_ms"]["count"], 100, "how long it took to be let in");
    server.stop();
}

#[test]
fn who_does_not_read_is_not_waited_for() {
    let server = Server::start(&NO_FLOOD_CONTROL);
    let flags = ["slow", "--clients", "10", "--stalled", "0.2", "--rate", "20"];
    let report = report(server.tcp(), &flags);
    all_was_heard(&report, 8);
    assert_eq!(number(&report, "stalled"), 2);
    server.stop();
}

#[test]
fn those_who_stay_hear_everything_while_others_come_and_go() {
    let server = Server::start(&NO_FLOOD_CONTROL);
    let flags = ["churn", "--clients", "10", "--churn", "100", "--rate", "20"];
    let report = report(server.tcp(), &flags);
    assert_eq!(report["delivered_share"], 1.0, "{report:#}");
    assert!(number(&report, "connections") > 10, "{report:#}");
    assert_eq!(number(&report, "connections_lost"), 0);
    server.stop();
}

#[test]
fn endpoints_find_partners() {
    let server = Server::start(&[]);
    let report = report(server.udp(), &["pairs", "--clients", "10"]);
    assert!(number(&report, "deliveries") > 0, "{report:#}");
    assert_eq!(report["delivered_share"], 1.0, "{report:#}");
    server.stop();
}

#[test]
fn several_processes_work_as_one() {
    let server = Server::start(&NO_FLOOD_CONTROL);
    let flags = ["--clients", "9", "--processes", "2", "--senders", "3", "--in-flight", "2"];
    let fan_out = report(server.tcp(), &[&["fan-out"][..], &flags].concat());
    all_was_heard(&fan_out, 9);
    let flags = ["chatter", "--clients", "8", "--rate", "20", "--processes", "2"];
    let chatter = report(server.tcp(), &flags);
    all_was_heard(&chatter, 8);
    assert_eq!(chatter["latency_ms"]["count"], number(&chatter, "messages") * 8);
    let storm = report(server.tcp(), &["storm", "--clients", "41", "--processes", "2"]);
    assert_eq!(storm["latency_ms"]["count"], 41, "{storm:#}");
    for report in [&fan_out, &chatter, &storm] {
        assert_eq!(number(report, "processes"), 2);
    }
    server.stop();
}

#[test]
fn ctrl_c_ends_it_with_the_report_so_far() {
    let server = Server::start(&NO_FLOOD_CONTROL);
    for processes in ["1", "2"] {
        let mut room = Client::join(server.tcp(), "listener");
        let address = server.tcp().to_string();
        let mut command = Process::new(PROGRAM);
        command.args(["load", &address, "fan-out", "--clients", "4", "--processes", processes]);
        command.args(["--warm-up", "0s", "--duration", "1h", "--json", "-"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        room.hear_where("a message", |line| line.ends_with('^'));
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let status = wait_for_exit(&mut child, PATIENCE);
        let mut told = String::new();
        child.stdout.take().unwrap().read_to_string(&mut told).unwrap();
        assert!(status.is_some_and(|status| status.success()), "{status:?} after {told}");
        let report: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(report["interrupted"], true, "{report:#}");
        assert!(report["seconds"].as_f64().unwrap() < 60.0, "{report:#}");
    }
    server.stop();
}

#[test]
fn what_cannot_be_is_told_in_one_sentence() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let sentence = format!(
        "mio-chat: cannot load {nobody}: no client got in: connection refused (is a server \
         listening there?)\n"
    );
    load(nobody, &[]).code(1).stdout_eq("").stderr_eq(&sentence);
    load(nobody, &["storm", "--clients", "5"]).code(1).stdout_eq("").stderr_eq(&sentence);
    let server = Server::start(&[]);
    load(server.tcp(), &["--server-pid", "4294967295"]).code(1).stdout_eq("").stderr_eq(
        "mio-chat: cannot watch process 4294967295: No such file or directory (os error 2) \
         (--server-pid takes the id of a running process)\n",
    );
    let output = load(server.tcp(), &["idle", "--clients", "2", "--json", "/no/such/place"]);
    let said = String::from_utf8_lossy(&output.code(1).get_output().stderr).into_owned();
    assert!(said.starts_with("mio-chat: cannot write the report to /no/such/place: "), "{said}");
    server.stop();
    let elsewhere = "192.0.2.1:55555".parse().unwrap();
    let output = load(elsewhere, &[]).code(2).stdout_eq("");
    let said = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(said.contains("is not on this machine; add --server-is-mine"), "{said}");
}

#[test]
fn clients_that_are_turned_away_are_counted() {
    let server = Server::start(&["--flood", "off", "--max-clients", "5"]);
    let report = report(server.tcp(), &["fan-out", "--clients", "8"]);
    assert_eq!((number(&report, "connections"), number(&report, "connections_failed")), (5, 3));
    assert_eq!(report["delivered_share"], 1.0);
    let text = load(server.tcp(), &["fan-out", "--clients", "8"]).success();
    let text = String::from_utf8_lossy(&text.get_output().stdout).into_owned();
    assert!(
        text.contains("3 × turned away: * the server is full; try again in a minute"),
        "{text}"
    );
    server.stop();
}

#[test]
fn the_report_for_people_suits_a_pipe() {
    let server = Server::start(&NO_FLOOD_CONTROL);
    let output = load(server.tcp(), &["fan-out", "--clients", "4"]).success().stderr_eq("");
    let text = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    assert!(text.starts_with("fan-out: 4 clients at 127.0.0.1:"), "{text}");
    for label in ["measured", "connections", "messages", "deliveries", "latency", "load CPU"] {
        assert!(text.contains(&format!("\n  {label} ")), "{label} in {text}");
    }
    assert!(!text.contains('█') && !text.contains('\r'), "{text}");
    server.stop();
}

#[test]
fn a_server_that_brakes_is_told_apart_from_a_slow_one() {
    let server = Server::start(&[]);
    let output = load(server.tcp(), &["fan-out", "--clients", "4", "--in-flight", "20"]).success();
    let text = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    assert!(text.contains("CAUTION      the server has slowed talkers down"), "{text}");
    server.stop();
}

/// Everyone hears what anyone sends, until everyone has left.
fn relay(listener: &TcpListener) {
    let mut clients = vec![listener.accept().unwrap().0];
    let mut piece = [0; 4_096];
    while !clients.is_empty() {
        let mut fds = vec![PollFd::new(listener, PollFlags::IN)];
        fds.extend(clients.iter().map(|client| PollFd::new(client, PollFlags::IN)));
        poll(&mut fds, None).unwrap();
        let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        for at in (0..clients.len()).rev().filter(|at| ready[at + 1]) {
            match clients[at].read(&mut piece) {
                Ok(0) => drop(clients.remove(at)),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    drop(clients.remove(at));
                }
                // Who has left meanwhile is removed when it is read.
                Ok(count) => clients.iter().for_each(|mut client: &TcpStream| {
                    let _ = client.write_all(&piece[..count]);
                }),
                Err(error) => panic!("{error}"),
            }
        }
        if ready[0] {
            clients.push(listener.accept().unwrap().0);
        }
    }
}

#[test]
fn a_server_without_names_can_be_loaded() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| relay(&listener));
        let flags = ["--dialect", "raw", "--clients", "6", "--in-flight", "4"];
        all_was_heard(&report(address, &flags), 6);
    });
}
