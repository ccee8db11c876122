//! What the tests over real sockets share: a server process, clients, other programs.
//!
//! Nothing here sleeps to wait for something that announces itself: bytes, exits and lines are
//! waited for with a timeout that fails the test. What nobody announces (a log file that grew, a
//! number in `/proc`) is looked at again and again by [`eventually`].

#![allow(dead_code, unused_imports, reason = "each test file uses what it needs")]

pub(crate) mod client;
pub(crate) mod http;
pub(crate) mod launch;
pub(crate) mod lines;
pub(crate) mod namespace;
pub(crate) mod process;
pub(crate) mod program;
#[cfg(feature = "tls")]
pub(crate) mod secure;
pub(crate) mod server;
pub(crate) mod turns;

use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};

pub(crate) use client::Client;
pub(crate) use launch::Launch;
pub(crate) use lines::Lines;
pub(crate) use server::Server;

/// How long anything may take that usually takes milliseconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// Time between two looks at what announces nothing.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);
/// Ports below those that the system gives to clients: in the moment between two servers nobody
/// takes one of these by chance.
const PORTS: std::ops::Range<u16> = 15_000..30_000;
/// More than are taken by chance where one call begins to look.
const PORTS_APART: usize = 101;
/// Set where every test must run: a missing program is a failure then.
const TEST_ALL: &str = "MIO_CHAT_TEST_ALL";
/// Set to `long` where tests that have two sizes are to take the one that is not for every day.
const SIZE: &str = "MIO_CHAT_SIZE";
/// Minutes that a test of endurance takes at that size.
const MINUTES: &str = "MIO_CHAT_MINUTES";

/// The size of a test: for every run, or for a night (`MIO_CHAT_SIZE=long`).
pub(crate) fn sized<T>(gate: T, long: T) -> T {
    let is_long = std::env::var_os(SIZE).is_some_and(|size| size == "long");
    if is_long { long } else { gate }
}

/// How long a test of endurance takes: in every run, and by night unless `MIO_CHAT_MINUTES` says
/// otherwise.
pub(crate) fn endurance(gate: Duration, minutes: u32) -> Duration {
    let chosen = std::env::var(MINUTES).ok().map(|text| text.parse().expect("a number of minutes"));
    sized(gate, Duration::from_secs_f64(60.0 * chosen.unwrap_or(f64::from(minutes))))
}

/// Whether there comes to be something to read here, or its end, in time.
pub(crate) fn is_readable(descriptor: impl AsFd, patience: Duration) -> bool {
    let mut fds = [PollFd::new(&descriptor, PollFlags::IN)];
    let timeout = Timespec::try_from(patience).unwrap();
    rustix::io::retry_on_intr(|| rustix::event::poll(&mut fds, Some(&timeout))).unwrap() > 0
}

/// Whoever comes next: a test that nobody comes to fails, and does not hang.
pub(crate) fn next_client(listener: &TcpListener) -> TcpStream {
    assert!(is_readable(listener, PATIENCE), "nobody came");
    listener.accept().unwrap().0
}

/// Looks until `condition` holds, for [`PATIENCE`] and, on a busy machine, longer. Says `what`
/// never came to be.
pub(crate) fn eventually(what: &str, condition: impl FnMut() -> bool) {
    eventually_within(PATIENCE, what, condition);
}

/// The same with another patience.
pub(crate) fn eventually_within(
    patience: Duration,
    what: &str,
    mut condition: impl FnMut() -> bool,
) {
    let looks = patience.as_millis() / LOOK_INTERVAL.as_millis();
    for _ in 0..looks {
        if condition() {
            return;
        }
        std::thread::sleep(LOOK_INTERVAL);
    }
    panic!("{what}: not within {patience:?}");
}

/// What the test's own watch shows: for lower bounds, and to be printed.
#[expect(clippy::disallowed_methods, reason = "a test must measure")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Does something and says how long that took.
pub(crate) fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let start = now();
    let result = act();
    (result, start.elapsed())
}

/// The next datagram and its sender, if it comes in time.
pub(crate) fn receive(socket: &UdpSocket, patience: Duration) -> Option<(Vec<u8>, SocketAddr)> {
    socket.set_read_timeout(Some(patience)).unwrap();
    let mut room = [0; 600];
    loop {
        match socket.recv_from(&mut room) {
            Ok((length, from)) => return Some((room[..length].to_vec(), from)),
            // A wait with a timeout is not taken up again by itself.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Prints a line that is seen though the test succeeds.
pub(crate) fn report(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The name of the running test.
pub(crate) fn test_name() -> String {
    std::thread::current().name().unwrap_or("a test").to_owned()
}

/// Says visibly that the running test cannot run here, and why. Panics where every test must run.
pub(crate) fn skip(why: &str) {
    let test = test_name();
    assert!(std::env::var_os(TEST_ALL).is_none_or(|all| all != "1"), "{TEST_ALL}=1, but {why}");
    report(&format!("SKIPPED: {test}: {why}"));
}

/// A port that is free for TCP and UDP, for a server that is started there again and again; another
/// for each call.
pub(crate) fn free_port() -> SocketAddr {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let calls = CALLS.fetch_add(1, Ordering::Relaxed);
    let first = (std::process::id() as usize + calls * PORTS_APART) % PORTS.len();
    let ports = PORTS.cycle().skip(first).take(PORTS.len());
    let ports = ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let mut free = ports.filter(|at| TcpListener::bind(at).is_ok() && UdpSocket::bind(at).is_ok());
    free.next().expect("a free port")
}

/// Whether this machine has an IPv6 loopback; says that the test is skipped when it has none.
pub(crate) fn has_ipv6() -> bool {
    let has = TcpListener::bind("[::1]:0").is_ok();
    if !has {
        skip("this machine has no [::1]");
    }
    has
}
