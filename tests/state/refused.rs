//! Folders on which no server can start: it ends at once, says why and what to do in one sentence,
//! and leaves the folder and its ports alone.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use rusqlite::Connection;
use tempfile::TempDir;

use super::folder::{Folder, history, join};
use crate::support::free_port;

/// What a server says that cannot start on this folder.
pub(crate) fn refusal(folder: &Path) -> String {
    let at = free_port().to_string();
    let mut server = Command::new(env!("CARGO_BIN_EXE_mio-chat"));
    server.args(["--tcp", &at, "--udp", &at, "--state"]).arg(folder);
    let Output { status, stdout, stderr } = server.output().unwrap();
    let (stdout, stderr) = [stdout, stderr].map(|text| String::from_utf8(text).unwrap()).into();
    assert_eq!((status.code(), stdout.as_str()), (Some(1), ""), "{stderr}");
    let sentence = stderr.strip_prefix("mio-chat: cannot ").expect("one sentence");
    assert!(sentence.ends_with('\n') && sentence.lines().count() == 1, "{stderr}");
    // What is wrong, where, and what to do.
    assert!(sentence.contains(folder.to_str().unwrap()) && sentence.contains("; "), "{stderr}");
    TcpListener::bind(at).expect("the port is free again");
    sentence.trim_end().to_owned()
}

#[test]
fn a_folder_in_use_is_refused_and_its_server_goes_on() {
    let folder = Folder::new();
    let server = folder.serve();
    let mut alice = join(&server, "alice", "main");
    alice.say("one");
    alice.hear_where("it", |line| line.ends_with("alice: one"));
    assert!(refusal(folder.path()).contains("another mio-chat is using it; stop that one"));
    alice.say("two");
    alice.hear_where("it", |line| line.ends_with("alice: two"));
    server.stop();
    let server = folder.serve();
    assert_eq!(history(&mut join(&server, "reader", "main")).len(), 2);
    server.stop();
}

#[test]
fn a_folder_that_cannot_be_made_or_written_is_refused() {
    let place = TempDir::new().unwrap();
    let file = place.path().join("file");
    fs::write(&file, "a file in the way").unwrap();
    for folder in [file.clone(), file.join("below"), "/proc/self/fdinfo/state".into()] {
        let sentence = refusal(&folder);
        assert!(sentence.contains("make it a folder that mio-chat may write to"), "{sentence}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "a file in the way");
    for name in ["mio-chat.db", "lock"] {
        let folder = place.path().join(format!("state {name}"));
        fs::create_dir_all(folder.join(name)).unwrap();
        assert!(refusal(&folder).contains("Is a directory"), "{name}");
    }
}

#[test]
fn a_state_of_a_newer_server_is_refused_and_kept() {
    let folder = Folder::new();
    folder.serve().stop();
    let file = folder.path().join("mio-chat.db");
    let set = |version: u32| {
        let sql = format!("PRAGMA user_version = {version}");
        Connection::open(&file).unwrap().execute_batch(&sql).unwrap();
    };
    let version = folder.pragma("user_version");
    set(99);
    assert!(refusal(folder.path()).contains("a newer mio-chat (schema 99, this one knows "));
    assert_eq!(folder.pragma("user_version"), 99);
    set(version as u32);
    folder.serve().stop();
}

#[test]
fn a_file_that_is_no_state_is_refused_and_kept() {
    let place = TempDir::new().unwrap();
    let file = place.path().join("mio-chat.db");
    let notes = "these are my notes\n".repeat(500);
    fs::write(&file, &notes).unwrap();
    assert!(refusal(place.path()).contains("damaged (file is not a database); save what can be"));
    assert_eq!(fs::read_to_string(&file).unwrap(), notes);
    fs::remove_file(&file).unwrap();
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE notes (text)").unwrap();
    assert!(refusal(place.path()).contains("the database of another program; move it away"));
}
