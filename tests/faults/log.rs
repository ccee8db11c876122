//! A log that nobody reads, a full disk, a rotation: chat goes on, and what is lost is told.

use std::io::{ErrorKind, pipe};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::pair::Pair;
use crate::support::program::program;
use crate::support::turns::Turns;
use crate::support::{
    Client, Launch, Lines, Server, endurance, eventually, now, process, report, sized, skip,
};

/// Lines of some thousand connections that come and go: more than a pipe and the server's own room
/// take. All of them have been written or dropped in the end.
fn chatter(server: &Server, time: Duration, at_least: usize) -> usize {
    let descriptors = process::descriptors(server.pid());
    let (end, mut count) = (now() + time, 0);
    while count < at_least || now() < end {
        Client::connect(server.tcp()).reset();
        count += 1;
    }
    eventually("all gone", || process::descriptors(server.pid()) == descriptors);
    count
}

#[test]
fn a_log_that_nobody_reads_stops_nobody() {
    let (reader, writer) = pipe().unwrap();
    let server = Launch::new(&["-vv", "--flood", "off"]).stderr(writer).start();
    let mut pair = Pair::aside(server.tcp());
    let quiet = pair.talk_in_quiet();
    let time = endurance(Duration::ZERO, 10);
    let count = pair.talk_while(|| chatter(&server, time, 5_000));
    let mut log = Lines::new(reader);
    let dropped = log.hear_where("dropped lines", |line| line.contains("log lines were dropped"));
    assert!(dropped.contains("nobody read the log"), "{dropped}");
    pair.talk_once();
    let trips = pair.trips();
    server.ask_to_stop();
    let mut turns = String::new();
    while let Some(line) = log.next_line() {
        if line.contains(" turns: ") {
            turns = line;
        }
    }
    server.expect_good_end();
    report(&format!(
        "unread log: {count} came and went; {trips}, p99 {:.1} times as in quiet; told: {}; {}",
        trips.ratio_to(&quiet),
        dropped.trim_start_matches(|letter| letter != ' ').trim(),
        Turns::last_in(&turns)
    ));
}

#[test]
fn a_log_whose_reader_has_gone_stops_nobody() {
    let (reader, writer) = pipe().unwrap();
    let server = Launch::new(&["-vv"]).stderr(writer).start();
    drop(reader);
    let mut alice = Client::join(server.tcp(), "alice");
    alice.say("unheard by the log");
    alice.expect("alice: unheard by the log");
    server.stop();
}

#[test]
fn a_log_file_is_opened_again_after_its_rotation() {
    let directory = tempfile::tempdir().unwrap();
    let [path, old] = ["log", "log.1"].map(|name| directory.path().join(name));
    let server = Server::start(&["--log-file", path.to_str().unwrap(), "-v"]);
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    Client::join(server.tcp(), "alice");
    eventually("alice in the log", || read(&path).contains("closed, "));
    std::fs::rename(&path, &old).unwrap();
    server.signal(Signal::HUP);
    eventually("a new log", || read(&path).contains("log reopened"));
    Client::join(server.tcp(), "bob");
    eventually("bob in the new log", || read(&path).contains("closed, "));
    assert_eq!(server.stop(), "", "nothing went to stderr");
    assert!(read(&path).contains("stopping: signal=15"));
    assert_eq!(read(&old).matches("closed, ").count(), 1);
}

/// Room on the disk under the log: more than what waits in memory when there is room again.
const DISK: &str = "size=1m";
/// Processor time of a second in which nothing is to be done but to bear a full disk.
const FEW_TICKS: u64 = 20;

/// Whether this machine lets a test mount a disk of its own, which nobody else sees.
fn can_mount() -> bool {
    let Some(unshare) = program("unshare") else { return false };
    let mount = ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/tmp"];
    let tried = Command::new(unshare).args(mount).output().unwrap();
    if !tried.status.success() {
        skip("unshare may not mount here");
    }
    tried.status.success()
}

#[test]
fn a_full_disk_under_the_log_stops_nobody_and_what_was_lost_is_told() {
    if !can_mount() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let disk = place.path().to_str().unwrap();
    let mount = format!("mount -t tmpfs -o {DISK} tmpfs {disk} && exec \"$@\"");
    let wrapper = ["unshare", "-rm", "--fork", "sh", "-c", &mount, "sh"];
    let flags = ["-vv", "--flood", "off", "--log-file", &format!("{disk}/log")];
    let server = Launch::new(&flags).under(&wrapper).start();
    // The disk as the server sees it.
    let seen = PathBuf::from(format!("/proc/{}/root{disk}", server.pid()));
    let log = || std::fs::read_to_string(seen.join("log")).unwrap();
    let mut pair = Pair::aside(server.tcp());
    let quiet = pair.talk_in_quiet();

    let filled = std::fs::write(seen.join("filling"), vec![b'x'; 2 << 20]);
    assert_eq!(filled.unwrap_err().kind(), ErrorKind::StorageFull);
    let count = pair.talk_while(|| chatter(&server, Duration::ZERO, sized(5_000, 100_000)));
    let trips = pair.trips();
    // Told where it can be told: on stderr, and once.
    let alarm = server.wait_for_log("the log cannot be written");
    assert_eq!(alarm.lines().count(), 1, "{alarm}");
    let before = process::cpu_ticks(server.pid());
    std::thread::sleep(Duration::from_secs(1));
    let ticks = process::cpu_ticks(server.pid()) - before;
    assert!(ticks < FEW_TICKS, "{ticks} ticks in a second without anything to do");

    std::fs::remove_file(seen.join("filling")).unwrap();
    // Enough of its lines can be written now that there is room again.
    pair.talk_once();
    let told =
        || log().lines().find(|line| line.contains("log lines were dropped")).map(String::from);
    eventually("the loss is told", || told().is_some());
    let told = told().unwrap_or_default();
    assert!(told.contains("the log could not be written"), "{told}");
    server.signal(Signal::HUP);
    eventually("a report", || log().contains(" turns: "));
    let turns = Turns::last_in(&log());
    server.stop();
    report(&format!(
        "full disk: {count} came and went; {ticks} % CPU when idle; {trips}, p99 {:.1} times as \
         in quiet; told: {}; {turns}",
        trips.ratio_to(&quiet),
        told.trim_start_matches(|letter| letter != ' ').trim(),
    ));
}
