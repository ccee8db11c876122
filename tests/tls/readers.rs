//! Encrypted readers that stall: they are cut off with whole lines, and cost little memory.

use crate::files::SELF_SIGNED;
use crate::peer::{End, Peer};
use crate::support::{Client, Server, process, report, sized};

#[test]
fn a_reader_that_stalls_gets_what_is_encrypted_whole_lines_and_the_reason() {
    let limits = ["--outbox-soft", "8KiB", "--outbox-hard", "64KiB"];
    let server = Server::start(&[&SELF_SIGNED[..], &limits, &["--outbox-age", "1h"]].concat());
    let mut stalled = Peer::join_with_small_window(server.tcp(), "stalled");
    let mut alice = Client::join(server.tcp(), "alice");
    let mut said = Vec::new();
    loop {
        let line = format!("alice: {:06} {}", said.len(), "x".repeat(900));
        alice.say(&line["alice: ".len()..]);
        let heard = alice.hear_where("", |heard| heard == line || heard == "stalled left!");
        if heard == "stalled left!" {
            break;
        }
        said.push(line);
        assert!(said.len() < 5_000, "it is never cut off");
    }
    let (text, end) = stalled.rest();
    let mut lines: Vec<&str> =
        text.split_inclusive('\n').skip_while(|line| line.ends_with(" joined!\n")).collect();
    let last = lines.pop().unwrap();
    assert!(last.starts_with("* you were cut off: ") && last.ends_with('\n'), "{last:?}");
    assert!(lines.len() > 5 && lines.len() < said.len(), "{} of {}", lines.len(), said.len());
    for (line, said) in lines.iter().zip(&said) {
        assert_eq!(line.strip_suffix('\n'), Some(said.as_str()), "whole lines, in order");
    }
    assert_eq!(end, End::Told);
    let log = server.stop();
    assert!(log.contains("closed: reason=slow-consumer count=1"), "{log}");
}

/// Alice says this much to so many who do not read. Returns the most memory that it cost, and how
/// many were cut off.
fn cost_of_stalled_readers(bytes: usize, readers: usize, limits: &[&str]) -> (usize, usize) {
    let flags = ["--digest-above", "10000"];
    let server = Server::start(&[&SELF_SIGNED[..], &flags, limits].concat());
    let join = |number| Peer::join_with_small_window(server.tcp(), &format!("s{number}"));
    let _stalled: Vec<Peer> = (0..readers).map(join).collect();
    let mut alice = Client::join(server.tcp(), "alice");
    let before = process::status_bytes(server.pid(), "VmHWM");
    let long = "x".repeat(1_015);
    for _ in 0..bytes / 1_024 {
        alice.say(&long);
        alice.hear_where("herself", |line| line.ends_with(&long));
    }
    let growth = process::status_bytes(server.pid(), "VmHWM") - before;
    let log = server.stop();
    let cut = log.lines().rev().find_map(|line| {
        let count = line.split("closed: reason=slow-consumer count=").nth(1)?;
        count.split(' ').next()?.parse().ok()
    });
    (growth, cut.unwrap_or(0))
}

#[test]
fn stalled_readers_cost_what_was_said_once_and_a_record_each() {
    let (bytes, readers) = (2 << 20, 30);
    let limits = ["--outbox-hard", "16MiB", "--outbox-total", "32MiB", "--outbox-age", "1h"];
    let (growth, cut) = cost_of_stalled_readers(bytes, readers, &limits);
    report(&format!("2 MiB said to {readers} stalled TLS readers: {growth} bytes"));
    assert_eq!(cut, 0, "all of it may wait");
    assert!(growth < 2 * bytes + readers * 40_000, "{growth} bytes for 2 MiB said");
}

#[test]
fn stalled_readers_who_are_cut_off_cost_little_whatever_is_said() {
    let (bytes, readers) = sized((2 << 20, 30), (64 << 20, 1_000));
    if !process::may_hold(readers) {
        return;
    }
    let (growth, cut) = cost_of_stalled_readers(bytes, readers, &[]);
    report(&format!(
        "{} MiB said to {readers} stalled TLS readers: {growth} bytes, {cut} cut off",
        bytes >> 20
    ));
    assert_eq!(cut, readers);
    let most = sized(4 << 20, 64 << 20);
    assert!(growth < most, "{growth} bytes");
}
