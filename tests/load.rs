//! The load generator against the real server: every scenario, briefly.
//!
//! Runs are short and small; what is checked is that everything was said, heard and counted, not
//! how fast. Numbers of time and CPU are only looked at for being there.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command as Process, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use snapbox::cmd::{Command, OutputAssert};
use support::server::wait_for_exit;
use support::{Client, PATIENCE, Server, is_readable, next_client};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mio-chat");
/// Milliseconds of a run: 50 to warm up, 300 that are measured.
const BRIEF: [&str; 4] = ["--warm-up", "50ms", "--duration", "300ms"];
/// What may be said without a limit.
const NO_FLOOD_CONTROL: [&str; 2] = ["--flood", "off"];

fn load(address: SocketAddr, flags: &[&str]) -> OutputAssert {
    let address = address.to_string();
    let command = Command::new(PROGRAM).args(["load", &address]).args(BRIEF).args(flags);
    // A whole run, with all that it waits for itself.
    command.timeout(6 * PATIENCE).assert()
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
fn programs_are_told_in_json_and_over_websocket() {
    let server = Server::start(&NO_FLOOD_CONTROL);
    for (dialect, room) in [("json", "main"), ("json", "games"), ("ws", "main"), ("ws", "games")] {
        let flags = ["fan-out", "--clients", "8", "--in-flight", "3", "--dialect", dialect];
        let report = report(server.tcp(), &[&flags[..], &["--room", room]].concat());
        all_was_heard(&report, 8);
        assert_eq!(number(&report, "connections"), 8);
        assert_eq!(report["dialect"], dialect);
    }
    let off = Server::start(&["--web", "off"]);
    let said = sentence(off.tcp(), &["--dialect", "ws", "--clients", "3"]);
    assert!(said.contains("HTTP/1.1 400 Bad Request"), "{said}");
    let storm = ["storm", "--dialect", "ws", "--clients", "50", "--at-once", "10"];
    let report = report(server.tcp(), &storm);
    assert_eq!((number(&report, "connections"), number(&report, "connections_failed")), (50, 0));
    server.stop();
    off.stop();
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
    let pid = server.pid().to_string();
    let flags = ["storm", "--clients", "100", "--at-once", "10", "--server-pid", &pid];
    let report = report(server.tcp(), &flags);
    assert_eq!(number(&report, "connections"), 100, "{report:#}");
    assert_eq!(number(&report, "connections_failed"), 0);
    assert_eq!(report["latency_ms"]["count"], 100, "how long it took to be let in");
    let measured = |name: &str| report["server"][name].as_f64().unwrap();
    let connections = measured("connections_per_cpu_second") * measured("cpu_seconds");
    assert!((99.99..100.01).contains(&connections), "{report:#}");
    assert!(report["server"]["deliveries_per_cpu_second"].is_null(), "{report:#}");
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
    // The second listener is not to be read what the first has heard.
    let server = Server::start(&[&NO_FLOOD_CONTROL[..], &["--history", "0"]].concat());
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
        if status.is_none() {
            // What it would say at its end is not waited for.
            child.kill().unwrap();
        }
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
    let sentence = format!(
        "mio-chat: {} did not serve all clients: 3 not let in; the report says why\n",
        server.tcp()
    );
    let output = load(server.tcp(), &["fan-out", "--clients", "8", "--json", "-"]);
    let output = output.code(3).stderr_eq(&sentence);
    let report: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!((number(&report, "connections"), number(&report, "connections_failed")), (5, 3));
    assert_eq!(report["delivered_share"], 1.0);
    let text = load(server.tcp(), &["fan-out", "--clients", "8"]).code(3).stderr_eq(&sentence);
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

/// Everyone hears what anyone sends, or everyone but the sender, until everyone has left.
fn relay(listener: &TcpListener, echoes: bool) {
    let mut clients = vec![next_client(listener)];
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
                Ok(count) => {
                    for (_, mut client) in
                        clients.iter().enumerate().filter(|(other, _)| echoes || *other != at)
                    {
                        let _ = client.write_all(&piece[..count]);
                    }
                }
                Err(error) => panic!("{error}"),
            }
        }
        if ready[0] {
            clients.push(next_client(listener));
        }
    }
}

#[test]
fn a_server_without_names_can_be_loaded() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| relay(&listener, true));
        let flags = ["--dialect", "raw", "--clients", "6", "--in-flight", "4"];
        all_was_heard(&report(address, &flags), 6);
    });
}

#[test]
fn senders_that_do_not_hear_themselves_are_watched_by_others() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    for flags in [
        &["fan-out", "--clients", "6", "--senders", "2", "--in-flight", "4"][..],
        &["fan-out", "--clients", "5", "--processes", "5"],
        &["chatter", "--clients", "6", "--rate", "20"],
    ] {
        std::thread::scope(|scope| {
            scope.spawn(|| relay(&listener, false));
            let report = report(address, &[flags, &["--dialect", "raw-others"]].concat());
            all_was_heard(&report, number(&report, "clients") - 1);
        });
    }
}

/// The sentence that a run ends with which says nothing else, and exits with 1.
fn sentence(address: SocketAddr, flags: &[&str]) -> String {
    let output = load(address, flags).code(1).stdout_eq("");
    String::from_utf8_lossy(&output.get_output().stderr).into_owned()
}

#[test]
fn a_closed_loop_that_nobody_hears_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let unheard = format!("mio-chat: cannot load {address}: nobody heard what it sent within ");
    std::thread::scope(|scope| {
        scope.spawn(|| relay(&listener, false));
        let said = sentence(address, &["--dialect", "raw", "--clients", "3"]);
        assert!(said.starts_with(&unheard), "{said}");
        assert!(said.contains(" s: the server does not send to the sender"), "{said}");
        assert!(said.contains("; try --dialect raw-others, or the server's own\n"), "{said}");
    });
    std::thread::scope(|scope| {
        scope.spawn(|| swallow(&listener, 3, 1));
        let said = sentence(address, &["--dialect", "redis", "--clients", "3"]);
        assert!(said.starts_with(&unheard), "{said}");
        assert!(said.contains("the server does not speak redis, or does not pass"), "{said}");
    });
}

#[test]
fn nobody_speaks_for_senders_that_were_turned_away() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let sentence = format!(
        "mio-chat: cannot load {address}: nobody is left to speak: connection closed by the \
         server\n"
    );
    for (scenario, voices) in [("fan-out", 2), ("chatter", 4)] {
        std::thread::scope(|scope| {
            scope.spawn(|| turn_speakers_away(&listener, 3, voices));
            let flags = [scenario, "--dialect", "redis", "--clients", "3", "--senders", "2"];
            load(address, &flags).code(1).stdout_eq("").stderr_eq(&sentence);
        });
    }
}

/// Lets subscribers in and none of those who publish, before the last subscriber is in.
fn turn_speakers_away(listener: &TcpListener, members: usize, speakers: usize) {
    let mut members: Vec<TcpStream> = (0..members).map(|_| next_client(listener)).collect();
    (0..speakers).for_each(|_| drop(next_client(listener)));
    admit(&mut members);
    members.iter_mut().for_each(until_it_ends);
}

/// Lets everybody in and passes nothing on, until everybody has left.
fn swallow(listener: &TcpListener, members: usize, speakers: usize) {
    let mut clients: Vec<TcpStream> =
        (0..members + speakers).map(|_| next_client(listener)).collect();
    admit(&mut clients[..members]);
    clients.iter_mut().for_each(until_it_ends);
}

fn admit(members: &mut [TcpStream]) {
    members.iter_mut().for_each(|member| member.write_all(b":1\r\n").unwrap());
}

fn until_it_ends(client: &mut TcpStream) {
    let mut piece = [0; 4_096];
    while client.read(&mut piece).is_ok_and(|count| count > 0) {}
}

#[test]
fn a_storm_waits_for_a_server_without_names() {
    const CLIENTS: usize = 30;
    const AT_ONCE: usize = 3;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut open = std::collections::VecDeque::new();
            for coming in 0..CLIENTS {
                open.push_back(next_client(&listener));
                if open.len() < AT_ONCE && coming + 1 < CLIENTS {
                    continue;
                }
                let mut oldest = open.pop_front().unwrap();
                until_it_ends(&mut oldest);
                // It has said goodbye, and counts until we have answered.
                assert!(!is_readable(&listener, Duration::ZERO), "after {coming} others");
            }
        });
        let (clients, at_once) = (CLIENTS.to_string(), AT_ONCE.to_string());
        let flags = ["storm", "--dialect", "raw", "--clients", &clients, "--at-once", &at_once];
        let report = report(address, &flags);
        assert_eq!(number(&report, "connections"), CLIENTS as u64, "{report:#}");
        assert_eq!(number(&report, "connections_failed"), 0, "{report:#}");
        assert_eq!(report["latency_ms"]["count"], CLIENTS);
    });
}
