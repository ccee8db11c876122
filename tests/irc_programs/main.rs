//! The programs by which people and bots are on IRC, in a room with somebody who has `nc`: each
//! connects, joins, hears, speaks and leaves.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accounts;
mod bots;
mod bouncer;
mod lounge;
mod people;
mod recorded;
#[path = "../support/mod.rs"]
mod support;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use support::{Client, Server, eventually, skip};

/// Somebody with `nc`, called plain, alone in the room games.
fn plain_in_games(server: &Server) -> Client {
    let mut plain = Client::join(server.tcp(), "plain");
    plain.say("/join games");
    plain.hear_where("the room", |line| line.starts_with("* you are alone in games"));
    plain
}

/// Hears that this one has left, whatever is told of why.
fn hear_leave(plain: &mut Client, nickname: &str) {
    let left = format!("{nickname} left");
    plain.hear_where(&left, |line| line.starts_with(&left));
}

/// Waits until a file holds this.
fn wait_for_text(file: &Path, text: &str) {
    eventually(&format!("{text:?} in {}", file.display()), || {
        fs::read(file).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(text))
    });
}

/// Writes a line into a named pipe, all at once: a reader may not wait for the rest of it.
fn write_line(file: &Path, line: &str) {
    eventually(&format!("{} is there", file.display()), || file.exists());
    let mut file = OpenOptions::new().append(true).open(file).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// Where `scripts/install` has put this package of Node.js; says that the test is skipped where it
/// has not.
fn node_package(folder: &str, package: &str) -> Option<PathBuf> {
    let modules = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name(folder);
    let modules = modules.join("node_modules");
    if modules.join(package).is_dir() {
        return Some(modules);
    }
    skip(&format!("the Node.js package {package} is not installed (scripts/install)"));
    None
}

/// A file beside this one.
fn beside(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/irc_programs").join(file)
}
