//! Thousands who send a byte now and then and never end a line: each costs next to nothing, and is
//! cut when its time is over.

use std::time::Duration;

use rustix::process::Pid;

use crate::NO_FLOOD_CONTROL;
use crate::herd::{Herd, Member};
use crate::pair::Pair;
use crate::support::{Server, process, report, sized};

/// How long they may take, for a nickname and for a line.
const DEADLINE: Duration = Duration::from_secs(3);
/// Time between two bytes of each: shorter than the quiet that ends what a typist types.
const PAUSE: Duration = Duration::from_millis(400);
/// How much later they may be gone on a busy machine.
const LATE_MAX: Duration = Duration::from_secs(10);
/// Bytes of memory that one may cost: its tables, its line, and what a small allocation takes.
const MEMORY_MAX: usize = 2_048;
const FLAGS: [&str; 4] = ["--register-timeout", "3s", "--line-timeout", "3s"];

/// What so many of them were like.
struct Siege {
    /// Bytes of the server's memory for each.
    memory: usize,
    /// When the first and the last of them were cut off, after they had connected or begun.
    cut: [Duration; 2],
}

/// Everybody sends `bytes`, one by one and over again, until it is cut off.
fn besiege(pid: Pid, empty: usize, herd: &mut Herd, bytes: &[u8]) -> Siege {
    let (mut memory, count) = (0, herd.members.len());
    for byte in bytes.iter().cycle() {
        for member in &mut herd.members {
            member.say(&[*byte]);
        }
        herd.listen_for(PAUSE);
        if herd.open() == count {
            memory = process::status_bytes(pid, "VmRSS").saturating_sub(empty) / count;
        }
        if herd.open() == 0 {
            break;
        }
    }
    let ends = || herd.members.iter().filter_map(|member| member.ended);
    let cut = [ends().min(), ends().max()].map(|end| end.expect("all were cut off"));
    Siege { memory, cut }
}

/// So many send `bytes` over again, with nicknames or without, and are told `farewell`.
fn siege(what: &str, named: bool, bytes: &[u8], farewell: &str) {
    let count = sized(500, 10_000);
    if !process::may_hold(count) {
        return;
    }
    let server = Server::start(&[&NO_FLOOD_CONTROL[..], &FLAGS].concat());
    let mut pair = Pair::aside(server.tcp());
    let quiet = pair.talk_in_quiet();
    let empty = process::status_bytes(server.pid(), "VmRSS");
    let mut herd = Herd::new();
    let siege = pair.talk_while(|| {
        if named {
            herd.join(server.tcp(), count, "c");
            herd.members.iter_mut().for_each(Member::begin);
        } else {
            herd.connect(server.tcp(), count);
        }
        server.turns();
        besiege(server.pid(), empty, &mut herd, bytes)
    });
    let told = |last: &[u8]| String::from_utf8_lossy(last).contains(farewell);
    let told = herd.members.iter().filter(|member| told(&member.last)).count();
    let (Siege { memory, cut: [first, last] }, trips) = (siege, pair.trips());
    report(&format!(
        "slowloris {what}: {count} cost {memory} bytes of memory each, were cut after {first:.2?} \
         to {last:.2?} (deadline {DEADLINE:?}), {told} told why; {trips}, p99 {:.1} times as in \
         quiet; {}",
        trips.ratio_to(&quiet),
        server.turns()
    ));
    assert_eq!(told, count);
    assert!(last < DEADLINE + LATE_MAX);
    assert!(memory < MEMORY_MAX, "{memory} bytes each");
    server.stop();
}

const NO_NICKNAME: &str = "* no nickname came in time";

#[test]
fn who_never_ends_the_nickname_is_cut_in_time() {
    siege("before a nickname", false, b"x", NO_NICKNAME);
}

#[test]
fn who_never_ends_a_telnet_command_is_cut_in_time() {
    // IAC SB, and no IAC SE ever.
    let endless = [&[0xff, 0xfa][..], &[0x18; 100]].concat();
    siege("in a telnet command", false, &endless, NO_NICKNAME);
}

#[test]
fn who_never_ends_a_line_is_cut_in_time() {
    siege("with a nickname", true, b"x", "* your line was begun and not ended in time");
}
