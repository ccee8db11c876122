//! What the poll loop asks of the system: nothing that waits but poll.

use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::Signal;

use crate::support::program::program;
use crate::support::{Client, Launch, PATIENCE, Server, process, skip};

/// What waits for events; not every system has both.
const POLLS: [&str; 2] = ["epoll_wait", "epoll_pwait"];
/// What else the poll loop may call; `mmap` and the like are the allocator's.
const SYSCALLS: [&str; 20] = [
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

/// Whether this machine lets strace trace.
fn strace() -> Option<PathBuf> {
    let strace = program("strace")?;
    let tried = Command::new(&strace).args(["-qq", "-o", "/dev/null", "true"]).status().unwrap();
    if !tried.success() {
        skip("strace may not trace here");
    }
    tried.success().then_some(strace)
}

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

#[test]
fn once_it_serves_the_server_calls_nothing_that_blocks_but_poll() {
    let Some(strace) = strace() else { return };
    let trace = tempfile::NamedTempFile::new().unwrap();
    let wrapper = [strace.as_path(), "-f".as_ref(), "-o".as_ref(), trace.path()];
    let server =
        Launch::new(&["-vv", "--flood", "off", "--udp", "0.0.0.0:0"]).under(&wrapper).start();
    small_life(&server);
    server.stop();
    let trace = std::fs::read_to_string(trace.path()).unwrap();
    // Each line begins with the process's id; those about signals have no parenthesis.
    let calls = trace.lines().filter_map(|line| line.split_once(' ')?.1.trim().split_once('('));
    let serving: Vec<_> = calls.skip_while(|(name, _)| !POLLS.contains(name)).collect();
    assert!(serving.len() > 30, "{trace}");
    for (name, arguments) in serving {
        assert!(
            SYSCALLS.contains(&name) || POLLS.contains(&name),
            "not allowed: {name}({arguments}"
        );
        assert!(name != "accept4" || arguments.contains("SOCK_NONBLOCK"), "accept4({arguments}");
        assert!(
            !name.ends_with("poll") || arguments.contains("{tv_sec=0, tv_nsec=0}"),
            "{arguments}"
        );
        assert!(name != "fcntl" || arguments.contains("F_GETFD"), "fcntl({arguments}");
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
