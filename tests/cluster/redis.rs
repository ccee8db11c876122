//! A real `redis-server` on a Unix socket in a folder of its own, and nodes that are driven by
//! sockets and the real clock.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mio_chat::cluster::engine::{NODE_FUNCTIONS, ROOM_FUNCTIONS};
use mio_chat::cluster::entry::NodeRun;
use mio_chat::cluster::link::{LinkSettings, Stage};
use mio_chat::cluster::node::{Event, Node, RoomNumber};
use mio_chat::cluster::resp::{Command as Request, Value, decode};
use mio_chat::time::Time;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tempfile::TempDir;

/// How long anything may take that usually takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where `redis-server` is installed; says that the test is skipped when it is not.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|at| at.join("redis-server")).find(|at| at.is_file());
    if found.is_none() {
        let must = std::env::var_os("MIO_CHAT_TEST_ALL").is_some();
        assert!(!must, "redis-server is not installed: see scripts/install");
        eprintln!("SKIPPED: redis-server is not installed");
    }
    found
}

/// A server.
pub(crate) struct Redis {
    program: PathBuf,
    folder: TempDir,
    child: Child,
    options: Vec<String>,
}

impl Redis {
    /// Starts one, with more options than those that it always has.
    pub(crate) fn start(options: &[&str]) -> Option<Self> {
        let (program, folder) = (program()?, TempDir::new().unwrap());
        let options: Vec<String> = options.iter().map(ToString::to_string).collect();
        let child = Self::spawn(&program, &folder, &options);
        let redis = Self { program, folder, child, options };
        redis.answers();
        Some(redis)
    }

    fn spawn(program: &PathBuf, folder: &TempDir, options: &[String]) -> Child {
        let mut command = Command::new(program);
        command.args(["--port", "0", "--save", "", "--loglevel", "warning", "--dir"]);
        command.arg(folder.path()).arg("--unixsocket").arg(folder.path().join("socket"));
        command.args(options).stdout(Stdio::null()).spawn().unwrap()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Waits until it serves.
    fn answers(&self) {
        let began = Instant::now();
        loop {
            let asked =
                UnixStream::connect(self.path()).map(|stream| Talk { stream, input: vec![] });
            if let Ok(mut talk) = asked
                && talk.ask(&["PING"]) == "Simple(PONG)"
            {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "redis-server does not answer");
            std::thread::yield_now();
        }
    }

    /// Kills it, and starts it again with what it has on disk.
    pub(crate) fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = Self::spawn(&self.program, &self.folder, &self.options);
    }

    /// A conversation with it.
    pub(crate) fn talk(&self) -> Talk {
        let began = Instant::now();
        loop {
            match UnixStream::connect(self.path()) {
                Ok(stream) => return Talk { stream, input: Vec::new() },
                Err(error) => assert!(began.elapsed() < PATIENCE, "redis-server: {error}"),
            }
            std::thread::yield_now();
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection on which each command waits for its answer.
pub(crate) struct Talk {
    stream: UnixStream,
    input: Vec<u8>,
}

impl Talk {
    /// Greets, and loads the functions.
    pub(crate) fn greet(&mut self) {
        assert!(self.ask(&["HELLO", "3"]).starts_with("Map"));
        for library in [ROOM_FUNCTIONS, NODE_FUNCTIONS] {
            assert!(self.ask(&["FUNCTION", "LOAD", "REPLACE", library]).starts_with("Bulk"));
        }
    }

    /// Asks in words, and is told in words.
    pub(crate) fn ask(&mut self, words: &[&str]) -> String {
        let mut out = Vec::new();
        let command = Request::new(&mut out, words.len());
        words.iter().fold(command, |command, word| command.bytes(word.as_bytes()));
        self.send(&out, shown)
    }

    /// Sends a command and hands on its answer.
    pub(crate) fn send<T>(&mut self, command: &[u8], then: impl FnOnce(&Value<'_>) -> T) -> T {
        self.stream.write_all(command).unwrap();
        let mut part = [0; 65_536];
        loop {
            if let Some((value, used)) = decode(&self.input).unwrap() {
                let answer = then(&value);
                self.input.drain(..used);
                return answer;
            }
            let count = self.stream.read(&mut part).unwrap();
            assert!(count > 0, "redis-server has closed the connection");
            self.input.extend_from_slice(&part[..count]);
        }
    }
}

/// A value in words.
pub(crate) fn shown(value: &Value<'_>) -> String {
    match value {
        Value::Simple(text) => format!("Simple({})", text.escape_ascii()),
        Value::Bulk(text) => format!("Bulk({})", text.escape_ascii()),
        Value::Error(text) => format!("Error({})", text.escape_ascii()),
        value => format!("{value:?}"),
    }
}

/// A node with a socket.
pub(crate) struct Driver {
    pub(crate) node: Node,
    pub(crate) rooms: Vec<RoomNumber>,
    path: PathBuf,
    socket: Option<UnixStream>,
    began: Instant,
}

impl Driver {
    pub(crate) fn new(redis: &Redis, name: &str, run: u64, rooms: usize) -> Self {
        let settings = LinkSettings {
            addresses: 1,
            user: None,
            password: None,
            name: name.into(),
            prefix: "t:".into(),
        };
        let run = NodeRun::new(name, run).unwrap();
        let mut node = Node::new(Time::ZERO, run, settings, 1);
        let rooms = (0..rooms).map(|room| node.open(&format!("room{room}"))).collect();
        Self { node, rooms, path: redis.path(), socket: None, began: Instant::now() }
    }

    pub(crate) fn now(&self) -> Time {
        Time::at(self.began.elapsed())
    }

    /// Reads, does what is due, writes; hands on what has happened.
    pub(crate) fn turn(&mut self, mut happened: impl FnMut(&[RoomNumber], Event)) {
        self.read();
        let now = self.now();
        if self.node.poll_timeout() <= now {
            self.node.expire(now);
        }
        match (self.node.stage(), &self.socket) {
            (Stage::Waiting, Some(_)) => self.socket = None,
            (Stage::Connecting(_), None) => match UnixStream::connect(&self.path) {
                Ok(socket) => {
                    socket.set_nonblocking(true).unwrap();
                    self.socket = Some(socket);
                    self.node.connected(now);
                }
                Err(_) => self.node.closed(now),
            },
            _ => {}
        }
        self.write();
        while let Some(event) = self.node.event() {
            happened(&self.rooms, event);
        }
    }

    fn read(&mut self) {
        let mut part = [0; 65_536];
        while let Some(socket) = &mut self.socket {
            match socket.read(&mut part) {
                Ok(count) if count > 0 => {
                    let now = self.now();
                    self.node.receive(now, &part[..count]);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                _ => {
                    self.socket = None;
                    self.node.closed(self.now());
                }
            }
        }
    }

    fn write(&mut self) {
        while let Some(socket) = &mut self.socket
            && !self.node.output().is_empty()
        {
            match socket.write(self.node.output()) {
                Ok(count) => self.node.wrote(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => {
                    self.socket = None;
                    self.node.closed(self.now());
                }
            }
        }
    }
}

/// Waits until one of them can read, or a millisecond.
pub(crate) fn wait(drivers: &[Driver]) {
    let sockets = drivers.iter().filter_map(|driver| driver.socket.as_ref());
    let mut waits: Vec<_> = sockets.map(|socket| PollFd::new(socket, PollFlags::IN)).collect();
    let span = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };
    poll(&mut waits, Some(&span)).unwrap();
}
