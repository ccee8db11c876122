//! What an encrypted client costs in system calls.

use std::path::Path;

use crate::files::SELF_SIGNED;
use crate::peer::Peer;
use crate::support::program::strace;
use crate::support::{Client, Launch, report};

const LINES: usize = 60;
/// What a handshake and its end take, for each of two clients: three reads and three writes at
/// most, and a look whether there is more.
const HANDSHAKES: usize = 2 * 8;

/// Somebody who says something and hears it.
trait Talker {
    fn join(to: std::net::SocketAddr, name: &str) -> Self;
    fn say(&mut self, line: &str);
    fn hear(&mut self, line: &str);
}

impl Talker for Client {
    fn join(to: std::net::SocketAddr, name: &str) -> Self {
        Self::join(to, name)
    }

    fn say(&mut self, line: &str) {
        self.say(line);
    }

    fn hear(&mut self, line: &str) {
        self.hear(line);
    }
}

impl Talker for Peer {
    fn join(to: std::net::SocketAddr, name: &str) -> Self {
        Self::join(to, name)
    }

    fn say(&mut self, line: &str) {
        self.say(line);
    }

    fn hear(&mut self, line: &str) {
        self.hear(line);
    }
}

/// Reads and writes of sockets while two talk.
fn reads_and_writes<T: Talker>(strace: &Path) -> (usize, usize) {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let wrapper = [strace, "-f".as_ref(), "-o".as_ref(), trace.path()];
    let server = Launch::new(&SELF_SIGNED).under(&wrapper).start();
    let mut alice = T::join(server.tcp(), "alice");
    let mut bob = T::join(server.tcp(), "bob");
    for number in 0..LINES {
        alice.say(&number.to_string());
        bob.hear(&format!("alice: {number}"));
        alice.hear(&format!("alice: {number}"));
    }
    // Asserts that there is one thread.
    server.stop();
    let trace = std::fs::read_to_string(trace.path()).unwrap();
    let serving = trace.lines().skip_while(|line| !line.contains("accept4("));
    let calls = serving.filter_map(|line| line.split_once(' ')?.1.trim().split_once('('));
    let calls: Vec<&str> = calls
        .filter(|(_, rest)| !rest.starts_with("1,") && !rest.starts_with("2,"))
        .map(|(name, _)| name)
        .collect();
    let count = |names: &[&str]| calls.iter().filter(|name| names.contains(name)).count();
    (
        count(&["recvfrom", "read", "readv", "recvmsg"]),
        count(&["sendto", "write", "writev", "sendmsg"]),
    )
}

#[test]
fn an_encrypted_delivery_is_one_read_and_one_write_as_a_plain_one_is() {
    let Some(strace) = strace() else { return };
    let plain = reads_and_writes::<Client>(&strace);
    let encrypted = reads_and_writes::<Peer>(&strace);
    report(&format!(
        "{LINES} lines heard by two: {} reads and {} writes; encrypted {} and {}, of them at most \
         {HANDSHAKES} for two handshakes",
        plain.0, plain.1, encrypted.0, encrypted.1
    ));
    assert!(plain.1 >= 2 * LINES, "{plain:?}");
    assert!(encrypted.0 <= plain.0 + HANDSHAKES, "reads: {encrypted:?}, not {plain:?}");
    assert!(encrypted.1 <= plain.1 + HANDSHAKES, "writes: {encrypted:?}, not {plain:?}");
}
