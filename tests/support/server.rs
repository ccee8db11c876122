//! A running server process, which never outlives its test.

use std::net::SocketAddr;
use std::process::{Child, ChildStdout, ExitStatus};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use tempfile::NamedTempFile;

use super::{Launch, Lines, PATIENCE, eventually, is_readable, process};

/// The server, or the command that it runs under.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    /// The server's own id.
    pid: Pid,
    /// Kept open: closing it is not what is tested.
    stdout: Lines<ChildStdout>,
    log: NamedTempFile,
    places: Vec<(String, SocketAddr)>,
    stopped: bool,
}

impl Server {
    /// Starts one on loopback, on free ports unless the flags say otherwise.
    pub(crate) fn start(flags: &[&str]) -> Self {
        Launch::new(flags).start()
    }

    /// Waits until a child has told its places.
    pub(crate) fn new(mut child: Child, wrapped: bool, log: NamedTempFile, places: usize) -> Self {
        let pid = Pid::from_child(&child);
        let stdout = Lines::new(child.stdout.take().expect("stdout is piped"));
        let mut server = Self { child, pid, stdout, log, places: Vec::new(), stopped: false };
        for _ in 0..places {
            let Some(line) = server.stdout.next_line() else {
                panic!("the server has not started: {}", server.log());
            };
            let mut words = line.strip_prefix("listening ").expect("a place").split(' ');
            let (protocol, address) = (words.next().unwrap(), words.next().unwrap());
            server.places.push((protocol.to_owned(), address.parse().unwrap()));
        }
        if wrapped {
            server.pid = process::child(pid).expect("the wrapper has a child");
        }
        server
    }

    /// The first TCP address.
    pub(crate) fn tcp(&self) -> SocketAddr {
        self.all("tcp")[0]
    }

    /// The first UDP address.
    pub(crate) fn udp(&self) -> SocketAddr {
        self.all("udp")[0]
    }

    /// Every address of a protocol, in the order in which they were told.
    pub(crate) fn all(&self, protocol: &str) -> Vec<SocketAddr> {
        let places = self.places.iter().filter(|(name, _)| name == protocol);
        places.map(|(_, address)| *address).collect()
    }

    /// The id of the server process.
    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// A field of `/proc/PID/status`.
    pub(crate) fn status_field(&self, name: &str) -> String {
        process::status_field(self.pid, name)
    }

    /// The log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    /// Waits until the log holds this, and returns the log.
    pub(crate) fn wait_for_log(&self, needle: &str) -> String {
        self.wait_for_log_times(needle, 1)
    }

    /// Waits until the log holds this so often, and returns the log.
    pub(crate) fn wait_for_log_times(&self, needle: &str, times: usize) -> String {
        let mut log = String::new();
        eventually(&format!("{needle:?} {times} times in the log"), || {
            log = self.log();
            log.matches(needle).count() >= times
        });
        log
    }

    /// Sends the server a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).unwrap();
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let status = wait_for_exit(&mut self.child, PATIENCE);
        self.stopped = true;
        status.unwrap_or_else(|| panic!("the server goes on; its log: {}", self.log()))
    }

    /// Asserts what must hold at the end of every run, stops the server, and returns the log.
    pub(crate) fn stop(self) -> String {
        self.ask_to_stop();
        self.expect_good_end()
    }

    /// Asserts what must hold at the end of every run, and asks the server to stop.
    pub(crate) fn ask_to_stop(&self) {
        self.check_threads();
        self.signal(Signal::TERM);
    }

    /// Waits until it has stopped as it was asked to, and returns the log.
    pub(crate) fn expect_good_end(mut self) -> String {
        let status = self.wait();
        let log = self.log();
        assert_eq!(status.code(), Some(0), "{status}; the log: {log}");
        log
    }

    /// One thread, whatever has happened.
    pub(crate) fn check_threads(&self) {
        assert_eq!(self.status_field("Threads"), "1");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.stopped {
            // The server first: one that is traced would go on without its tracer.
            let _ = kill_process(self.pid, Signal::KILL);
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
    }
}

/// The exit status of a child, if it ends in time.
pub(crate) fn wait_for_exit(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    let descriptor = pidfd_open(Pid::from_child(child), PidfdFlags::empty()).unwrap();
    is_readable(descriptor, patience).then(|| child.wait().unwrap())
}
