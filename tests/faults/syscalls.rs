//! What the poll loop asks of the system: nothing that waits but poll; with a state on disk, writes
//! that the system takes without a disk, and files that are synced before it begins and after it
//! has ended.

use std::net::UdpSocket;
use std::path::Path;

use rustix::process::Signal;

use crate::support::program::strace;
use crate::support::{Client, Launch, PATIENCE, Server, eventually, process};

/// What waits for events; not every system has both.
const POLLS: [&str; 2] = ["epoll_wait", "epoll_pwait"];
/// What else the poll loop may call; `mmap` and the like are the allocator's.
const SYSCALLS: [&str; 21] = [
    // With a timeout of zero: whether a socket that was written much to has room.
    "poll",
    "ppoll",
    "epoll_ctl",
    "accept4",
    "setsockopt",
    "recvfrom",
    // Datagrams, where the socket has many addresses.
    "recvmsg",
    "sendmsg",
    "writev",
    "write",
    "sendto",
    "close",
    // Once: whether stdin is a terminal.
    "ioctl",
    // Debug builds look whether a descriptor is open before they close it.
    "fcntl",
    "mmap",
    "munmap",
    "mremap",
    "brk",
    "rt_sigreturn",
    "sigaltstack",
    "exit_group",
];
/// What SQLite calls for a commit, and when it reads what others may have changed.
const COMMIT_SYSCALLS: [&str; 2] = ["pwrite64", "pread64"];
/// What it calls besides to sync the last commit, to move its log and to close its files.
const CLOSING_SYSCALLS: [&str; 10] = [
    "fsync",
    "fdatasync",
    "ftruncate",
    "unlink",
    "lseek",
    // One of these, as the system's library has it.
    "stat",
    "fstat",
    "newfstatat",
    "statx",
    // To find out that a path leads to no link.
    "readlink",
];

/// A bit of everything: chat, a prompt, datagrams, a half-close, a reset, a signal.
fn small_life(server: &Server) {
    let mut alice = Client::join(server.tcp(), "alice");
    let mut bob = Client::join(server.tcp(), "bob");
    let mut silent = Client::connect(server.tcp());
    assert_eq!(silent.chunk(), b"NICK");
    alice.say("hello");
    bob.expect("alice: hello");
    let long = "x".repeat(1_000);
    for _ in 0..20 {
        alice.say(&long);
        bob.hear_where("alice", |line| line.ends_with(&long));
    }
    let peers = ["one", "other"].map(|_| UdpSocket::bind("127.0.0.1:0").unwrap());
    for peer in &peers {
        peer.set_read_timeout(Some(PATIENCE)).unwrap();
        peer.send_to(b"hello", server.udp()).unwrap();
    }
    for peer in &peers {
        peer.recv_from(&mut [0; 64]).unwrap();
    }
    bob.finish();
    bob.rest();
    silent.reset();
    server.signal(Signal::HUP);
    server.wait_for_log("nothing to reopen");
    alice.say("/quit");
    alice.hear("* goodbye");
}

/// The calls of a small life from the first poll on, each with its arguments. A signal is a call
/// without arguments.
fn calls(strace: &Path, flags: &[&str]) -> Vec<(String, String)> {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let wrapper = [strace, "-f".as_ref(), "-o".as_ref(), trace.path()];
    let all = [&["-vv", "--flood", "off", "--udp", "0.0.0.0:0"], flags].concat();
    let server = Launch::new(&all).under(&wrapper).start();
    small_life(&server);
    if flags.contains(&"--state") {
        eventually("a commit", || server.kept("commits") > 0);
    }
    // Asserts that there is one thread.
    server.stop();
    let trace = std::fs::read_to_string(trace.path()).unwrap();
    // Each line begins with the process's id; those about signals have no parenthesis.
    let lines = trace.lines().filter_map(|line| Some(line.split_once(' ')?.1.trim()));
    let calls = lines.filter_map(|line| match line.strip_prefix("--- ") {
        Some(signal) => Some((signal.split(' ').next()?.to_owned(), String::new())),
        None => line.split_once('(').map(|(name, rest)| (name.to_owned(), rest.to_owned())),
    });
    let serving = calls.skip_while(|(name, _)| !POLLS.contains(&name.as_str()));
    let serving: Vec<_> = serving.collect();
    assert!(serving.len() > 30, "{trace}");
    serving
}

/// Whether the poll loop may call this, and does so without waiting.
fn check(name: &str, arguments: &str, more: &[&str], fcntl: &[&str]) {
    let allowed = [&SYSCALLS[..], &POLLS, more].concat();
    assert!(allowed.contains(&name), "not allowed: {name}({arguments}");
    assert!(name != "accept4" || arguments.contains("SOCK_NONBLOCK"), "accept4({arguments}");
    let polls_at_once = arguments.contains("{tv_sec=0, tv_nsec=0}");
    assert!(!["poll", "ppoll"].contains(&name) || polls_at_once, "{arguments}");
    let is_known = || fcntl.iter().any(|what| arguments.contains(&format!(", {what}")));
    assert!(name != "fcntl" || is_known(), "fcntl({arguments}");
}

fn is_signal(name: &str) -> bool {
    name.starts_with("SIG")
}

#[test]
fn once_it_serves_the_server_calls_nothing_that_blocks_but_poll() {
    let Some(strace) = strace() else { return };
    for (name, arguments) in calls(&strace, &[]).iter().filter(|(name, _)| !is_signal(name)) {
        check(name, arguments, &[], &["F_GETFD"]);
    }
}

#[test]
fn while_it_serves_a_server_with_a_state_waits_for_no_disk() {
    let Some(strace) = strace() else { return };
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let calls = calls(&strace, &["--state", folder.path().to_str().unwrap()]);
    let end = calls.iter().position(|(name, _)| name == "SIGTERM").expect("the end");
    let (serving, closing) = calls.split_at(end);
    // A lock that somebody else has is an error, not to be waited for.
    let locks = ["F_GETFD", "F_SETLK, "];
    for (name, arguments) in serving.iter().filter(|(name, _)| !is_signal(name)) {
        check(name, arguments, &COMMIT_SYSCALLS, &locks);
    }
    assert!(serving.iter().any(|(name, _)| name == "pwrite64"), "a commit: {serving:?}");
    let last = [&COMMIT_SYSCALLS[..], &CLOSING_SYSCALLS].concat();
    for (name, arguments) in closing.iter().filter(|(name, _)| !is_signal(name)) {
        check(name, arguments, &last, &[&locks[..], &["F_GETLK, "]].concat());
    }
}

#[test]
fn a_child_would_inherit_no_descriptor() {
    let server = Server::start(&[]);
    let _alice = Client::join(server.tcp(), "alice");
    let ours = process::descriptor_flags(server.pid(), |kind| {
        kind.starts_with("socket:") || kind.starts_with("anon_inode:")
    });
    assert!(ours.iter().all(|(_, closes)| *closes), "{ours:?}");
    // At least two ports, the poll, the signals and alice.
    assert!(ours.len() >= 5, "{ours:?}");
    server.stop();
}
