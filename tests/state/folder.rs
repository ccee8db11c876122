//! Where a state is kept, and how a server is started on it.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{Client, Server, free_port};

/// A folder for a state, and where the servers listen that keep theirs there, one after the other.
pub(crate) struct Folder {
    path: PathBuf,
    at: String,
    _made: Option<TempDir>,
}

impl Folder {
    /// On the disk where the project is built: a disk, where `/tmp` may be memory.
    pub(crate) fn new() -> Self {
        let made = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let path = made.path().join("state");
        Self { path, at: "127.0.0.1:0".to_owned(), _made: Some(made) }
    }

    /// The same, and all servers listen on the same ports.
    pub(crate) fn on_one_port() -> Self {
        Self { at: free_port().to_string(), ..Self::new() }
    }

    /// Somewhere else.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path, at: "127.0.0.1:0".to_owned(), _made: None }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Starts a server on it, which remembers as much as one can.
    pub(crate) fn serve(&self) -> Server {
        let path = self.path.to_str().unwrap();
        let keep = ["--state", path, "--history", "1000", "--flood", "off"];
        Server::start(&[&keep[..], &["--tcp", &self.at, "--udp", &self.at]].concat())
    }

    /// What is in a column of `meta`, of a sound database.
    pub(crate) fn meta(&self, column: &str) -> i64 {
        self.ask(&format!("SELECT {column} FROM meta"))
    }

    /// A setting of a sound database.
    pub(crate) fn pragma(&self, name: &str) -> i64 {
        self.ask(&format!("PRAGMA {name}"))
    }

    /// While a server runs this only reads.
    fn ask(&self, sql: &str) -> i64 {
        let database = Connection::open(self.path.join("mio-chat.db")).unwrap();
        let sound = "PRAGMA integrity_check";
        let sound: String = database.query_row(sound, (), |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
        database.query_row(sql, (), |row| row.get(0)).unwrap()
    }
}

/// A message as those read it who have asked for numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) number: u64,
    pub(crate) who: String,
    pub(crate) text: String,
}

impl Message {
    /// `@NUMBER SECONDS name: text`; `None` for what is no message.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let (number, rest) = line.strip_prefix('@')?.split_once(' ')?;
        let (who, text) = rest.split_once(' ')?.1.split_once(": ")?;
        Some(Self { number: number.parse().ok()?, who: who.to_owned(), text: text.to_owned() })
    }
}

/// Somebody who reads numbers, in this room.
pub(crate) fn join(server: &Server, nickname: &str, room: &str) -> Client {
    let mut client = Client::connect(server.tcp());
    for line in ["/numbers on", "/history off", nickname] {
        client.say(line);
    }
    client.hear_where("main", |line| line.starts_with("* you are "));
    if room != "main" {
        client.say(&format!("/join {room}"));
        let here = format!(" in {room}");
        client
            .hear_where("the room", |line| line.starts_with("* you are ") && line.contains(&here));
    }
    client
}

/// All that the room of this client remembers.
pub(crate) fn history(client: &mut Client) -> Vec<Message> {
    client.say("/history");
    client.hear_where("a history", |line| {
        line.starts_with("* -- ") && line.contains(" message") && line.ends_with(" --")
    });
    let mut messages = Vec::new();
    loop {
        let line = client.line();
        if line.starts_with("* -- end of history") {
            return messages;
        }
        messages.extend(Message::read(&line));
    }
}
