//! What systemd sees of the server: what it is told, and sockets that it holds. The test plays
//! systemd's part with a Unix socket; the ports are handed over by a helper in Python and by
//! systemd's own `systemd-socket-activate`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::net::{TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use support::program::program;
use support::server::wait_for_exit;
use support::{Client, Launch, PATIENCE, eventually, free_port, has_ipv6, process, receive};
use tempfile::TempDir;

const STUN_REQUEST: &[u8] = b"\x00\x01\x00\x00\x21\x12\xa4\x42mio-chat-doc";

/// Systemd's end of the line.
struct Supervisor {
    socket: UnixDatagram,
    folder: TempDir,
}

impl Supervisor {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, folder }
    }

    fn place(&self) -> String {
        self.folder.path().join("notify").to_str().unwrap().to_owned()
    }

    fn hear(&self) -> String {
        let mut room = [0; 512];
        let length = self.socket.recv(&mut room).expect("something is told in time");
        String::from_utf8(room[..length].to_vec()).unwrap()
    }

    /// Listens until this is told; everything else must be a beat.
    fn expect(&self, start: &str) {
        loop {
            let told = self.hear();
            if told.starts_with(start) {
                return;
            }
            assert!(told.starts_with("WATCHDOG=1\nSTATUS="), "{told:?} instead of {start:?}");
        }
    }
}

#[test]
fn systemd_is_told_of_the_start_each_beat_a_reload_and_the_end() {
    let systemd = Supervisor::new();
    let launch = Launch::new(&[]).env("NOTIFY_SOCKET", &systemd.place());
    let server = launch.env("WATCHDOG_USEC", "200000").start();
    assert_eq!(systemd.hear(), "READY=1\n");
    assert_eq!(systemd.hear(), "WATCHDOG=1\nSTATUS=Serving: 0 clients in 1 rooms\n");
    let _alice = Client::join(server.tcp(), "alice");
    systemd.expect("WATCHDOG=1\nSTATUS=Serving: 1 clients in 1 rooms\n");
    server.signal(Signal::HUP);
    systemd.expect("RELOADING=1\nMONOTONIC_USEC=");
    systemd.expect("READY=1\n");
    systemd.expect("WATCHDOG=1\n");
    server.ask_to_stop();
    systemd.expect("STOPPING=1\nEXTEND_TIMEOUT_USEC=15000000\n");
    server.expect_good_end();
}

#[test]
fn beats_for_another_process_are_not_ours_and_a_deaf_supervisor_stops_nobody() {
    let systemd = Supervisor::new();
    let launch = Launch::new(&[]).env("NOTIFY_SOCKET", &systemd.place());
    let server = launch.env("WATCHDOG_USEC", "20000").env("WATCHDOG_PID", "1").start();
    assert_eq!(systemd.hear(), "READY=1\n");
    assert!(systemd.hear().starts_with("STATUS="), "and no beat");
    server.stop();

    let launch = Launch::new(&[]).env("NOTIFY_SOCKET", "/nowhere/at/all");
    let server = launch.env("WATCHDOG_USEC", "20000").start();
    Client::join(server.tcp(), "alice");
    server.stop();
}

#[test]
fn inherited_sockets_take_the_place_of_those_that_flags_ask_for() {
    let Some(python3) = program("python3") else { return };
    let helper = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/activate.py");
    // The flags name free ports, on an address where the helper opens none.
    let flags = ["--tcp", "127.0.0.2:0", "--udp", "127.0.0.2:0"];
    let server = Launch::new(&flags).under(&[python3, helper]).start();
    assert!([server.tcp(), server.udp()].iter().all(|place| place.ip().to_string() == "127.0.0.1"));
    let mut alice = Client::join(server.tcp(), "alice");
    alice.say("hello");
    alice.expect("alice: hello");
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    stranger.send_to(STUN_REQUEST, server.udp()).unwrap();
    assert!(receive(&stranger, PATIENCE).is_some(), "an answer");
    let is_socket = |leads_to: &str| leads_to.starts_with("socket:");
    let leaky = process::descriptor_flags(server.pid(), is_socket);
    assert!(leaky.iter().all(|(_, closes)| *closes), "passed on to other programs: {leaky:?}");
    server.stop();
}

#[test]
fn sockets_that_leave_ipv4_out_are_told() {
    let Some(python3) = program("python3") else { return };
    if !has_ipv6() {
        return;
    }
    let helper = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/activate.py");
    let launch = Launch::new(&[]).env("ACTIVATE_AT", "::").under(&[python3, helper]);
    let server = launch.start();
    for (protocol, place) in [("tcp", server.tcp()), ("udp", server.udp())] {
        let sentence =
            format!("IPv4 is not served at {protocol} {place}: the socket that was passed");
        server.wait_for_log(&sentence);
    }
    server.stop();
}

#[test]
fn systemd_s_own_tool_starts_the_server_for_its_first_client() {
    let Some(tool) = program("systemd-socket-activate") else { return };
    let place = free_port();
    let mut command = Command::new(tool);
    command.args(["-l", &place.to_string(), env!("CARGO_BIN_EXE_mio-chat")]);
    command.args(["--udp", "127.0.0.1:0", "-q"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut guard = Guard(command.spawn().unwrap());
    eventually("somebody listens", || TcpStream::connect(place).is_ok());
    let mut alice = Client::join(place, "alice");
    alice.say("hello");
    alice.expect("alice: hello");
    kill_process(Pid::from_child(&guard.0), Signal::TERM).unwrap();
    let status = wait_for_exit(&mut guard.0, PATIENCE).expect("the server ends");
    assert_eq!(status.code(), Some(0));
}

/// A child that does not outlive its test.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
