//! States that must not be opened, and what is said of each.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use rustix::fs::{FlockOperation, flock};
use tempfile::tempdir;

use super::{batch, open, room};
use crate::store::Store;
use crate::store::{Folder, check};

/// Why a state cannot be opened; must name its folder.
fn refusal(folder: &Path) -> String {
    let sentence = Store::open(folder, 1, 9).unwrap_err().to_string();
    assert!(sentence.contains(folder.to_str().unwrap()), "{sentence}");
    assert!(sentence.starts_with("cannot ") && sentence.contains("; "), "{sentence}");
    sentence
}

#[test]
fn a_folder_belongs_to_one_server() {
    let folder = tempdir().unwrap();
    let (store, _) = open(folder.path());
    assert!(refusal(folder.path()).contains("another mio-chat is using it"));
    // Also if somebody tidies up while it runs.
    fs::remove_file(folder.path().join("lock")).unwrap();
    assert!(refusal(folder.path()).contains("another mio-chat is using it"));
    fs::write(folder.path().join("lock"), "").unwrap();
    assert!(refusal(folder.path()).contains("another mio-chat is using it"));
    store.close().unwrap();
    open(folder.path());
}

#[test]
fn a_folder_that_an_older_server_has_locked_is_in_use() {
    let folder = tempdir().unwrap();
    let lock = fs::File::create(folder.path().join("lock")).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    assert!(refusal(folder.path()).contains("another mio-chat is using it"));
    drop(lock);
    open(folder.path());
}

#[test]
fn a_folder_that_cannot_be_one_is_named() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "hello").unwrap();
    assert!(refusal(&file).starts_with("cannot keep the state in "));
    assert!(refusal(&file.join("below")).contains("name another with --state"));
    // Not even root may make one there.
    assert!(refusal(Path::new("/proc/self/state")).starts_with("cannot keep the state in "));
}

#[test]
fn a_newer_state_is_for_a_newer_server() {
    let folder = tempdir().unwrap();
    drop(open(folder.path()));
    let file = folder.path().join("mio-chat.db");
    Connection::open(&file).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    let sentence = refusal(folder.path());
    let known = crate::store::STEPS.len();
    let newer = format!("written by a newer mio-chat (schema 99, this one knows {known})");
    assert!(sentence.contains(&newer), "{sentence}");
}

#[test]
fn another_programs_database_is_left_alone() {
    for foreign in ["PRAGMA application_id = 5", "CREATE TABLE meta (a)", "PRAGMA user_version = 1"]
    {
        let folder = tempdir().unwrap();
        let file = folder.path().join("mio-chat.db");
        Connection::open(&file).unwrap().execute_batch(foreign).unwrap();
        let before = fs::read(&file).unwrap();
        assert!(refusal(folder.path()).contains("the database of another program"), "{foreign}");
        assert_eq!(fs::read(&file).unwrap(), before);
    }
}

#[test]
fn what_is_no_database_is_left_alone() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("mio-chat.db");
    let garbage = "these are my notes\n".repeat(500);
    fs::write(&file, &garbage).unwrap();
    assert!(refusal(folder.path()).contains("is damaged (file is not a database)"));
    assert_eq!(fs::read_to_string(&file).unwrap(), garbage);
}

#[test]
fn a_damaged_page_is_found_at_the_start() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    store.commit(&batch(&room("games", 1..400), true, 400)).unwrap();
    store.close().unwrap();
    let file = folder.path().join("mio-chat.db");
    let whole = fs::read(&file).unwrap();
    for page in 1..whole.len() / 4_096 {
        let mut damaged = whole.clone();
        damaged[page * 4_096..][..64].fill(0xa5);
        fs::write(&file, &damaged).unwrap();
        assert!(refusal(folder.path()).contains("is damaged"), "page {page}");
    }
    // Large columns are not read for that.
    let (taken, connection) =
        (Folder::take(folder.path()).unwrap(), Connection::open(&file).unwrap());
    check(&connection, &taken, u64::MAX).unwrap_err();
    check(&connection, &taken, 4_096).unwrap();
    drop((connection, taken));
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    assert!(refusal(folder.path()).contains("is damaged"));
    fs::write(&file, &whole).unwrap();
    open(folder.path());
}

#[test]
fn a_database_that_somebody_has_locked_is_named_after_a_while() {
    let folder = tempdir().unwrap();
    drop(open(folder.path()));
    let other = Connection::open(folder.path().join("mio-chat.db")).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    assert!(refusal(folder.path()).contains("database is locked; end the program"));
}
