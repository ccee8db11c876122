//! Disks that are full, files that somebody locks or takes away: a commit fails as a whole and is
//! made later, and nothing is lost or there twice.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tempfile::tempdir;

use super::{batch, killed, numbers, open, room};
use crate::limits::COMMIT_ROWS_MAX;
use crate::store::Store;

fn kept(folder: &Path) -> Vec<u64> {
    numbers(&open(folder).1)
}

#[test]
fn what_did_not_fit_is_written_when_there_is_room() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let pages = |store: &Store, most: u64| {
        let sql = format!("PRAGMA max_page_count = {most}");
        store.connection.query_row(&sql, (), |_| Ok(())).unwrap();
    };
    pages(&store, 12);
    let (first, second) = (room("games", 1..=50), room("games", 51..=2_000));
    store.commit(&batch(&first, true, 50)).unwrap();
    for _ in 0..3 {
        let sentence = store.commit(&batch(&second, false, 2_000)).unwrap_err().to_string();
        assert!(
            sentence.ends_with("database or disk is full; make room on its disk"),
            "{sentence}"
        );
    }
    store.commit(&batch(&room("chess", []), true, 50)).unwrap();
    pages(&store, 10_000);
    store.commit(&batch(&second, false, 2_000)).unwrap();
    store.close().unwrap();
    assert_eq!(kept(folder.path()), (1..=2_000).collect::<Vec<_>>());
}

/// A small disk of its own, as long as this lives.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// `None`: we may not mount one.
    fn at(path: &'a Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=256k", "mio-chat-test"]).arg(path);
        mount.output().is_ok_and(|output| output.status.success()).then_some(Self(path))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "unmount {}", self.0.display());
    }
}

#[test]
fn a_full_disk_is_survived() {
    let folder = tempdir().unwrap();
    let Some(_disk) = SmallDisk::at(folder.path()) else {
        eprintln!("skipped: a small disk can be mounted by root alone");
        return;
    };
    let state = folder.path().join("state");
    let (mut store, _) = open(&state);
    let (mut last, mut oldest, mut failures) = (0, 1, 0);
    for round in 0..40 {
        let is_full = round % 4 == 2;
        let ballast = if is_full { fill(folder.path()) } else { Vec::new() };
        let next = last + if is_full { 2_400 } else { 20 };
        let mut said = room("games", last + 1..=next);
        said.forgotten = last.saturating_sub(40);
        match store.commit(&batch(&said, last == 0, next)) {
            Ok(()) => (last, oldest) = (next, said.forgotten + 1),
            Err(_) => failures += 1,
        }
        let _ = store.checkpoint();
        ballast.into_iter().for_each(|file| fs::remove_file(file).unwrap());
    }
    assert!(failures > 5 && last > 400, "{failures} failures, {last} messages");
    store.close().unwrap();
    assert_eq!(kept(&state), (oldest..=last).collect::<Vec<_>>());
}

/// Fills a disk: what does not fit is written as smaller files, until not even a byte fits.
fn fill(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut size) = (Vec::new(), 64 * 1_024);
    while size > 0 {
        let file = folder.join(format!("ballast-{}", files.len()));
        if fs::write(&file, vec![1; size]).is_err() {
            size /= 2;
        }
        files.push(file);
    }
    files
}

#[test]
fn a_lock_of_somebody_else_is_waited_for_by_nobody() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let said = room("games", [1, 2]);
    let other = Connection::open(folder.path().join("mio-chat.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let sentence = store.commit(&batch(&said, true, 2)).unwrap_err().to_string();
    assert!(sentence.contains("database is locked; end the program"), "{sentence}");
    other.execute_batch("COMMIT").unwrap();
    store.commit(&batch(&said, true, 2)).unwrap();
    store.close().unwrap();
    assert_eq!(kept(folder.path()), [1, 2]);
}

#[test]
fn a_transaction_that_was_left_open_is_rolled_back() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    store.commit(&batch(&room("games", [1]), true, 1)).unwrap();
    let leave_open = |store: &Store| {
        store.connection.execute_batch("BEGIN IMMEDIATE; DELETE FROM messages").unwrap();
    };
    leave_open(&store);
    store.commit(&batch(&room("games", [2]), false, 2)).unwrap();
    leave_open(&store);
    store.checkpoint().unwrap();
    leave_open(&store);
    store.close().unwrap();
    assert_eq!(kept(folder.path()), [1, 2]);
}

#[test]
fn files_that_are_taken_away_do_not_end_the_chat() {
    let folder = tempdir().unwrap();
    let state = folder.path().join("state");
    let (mut store, _) = open(&state);
    store.commit(&batch(&room("games", [1]), true, 1)).unwrap();
    fs::remove_dir_all(&state).unwrap();
    let _ = store.commit(&batch(&room("games", [2]), false, 2));
    let _ = store.checkpoint();
    let _ = store.commit(&batch(&room("games", [3]), false, 3));
    let _ = store.close();
    let (store, snapshot) = open(&state);
    assert_eq!((snapshot.rooms.len(), store.skipped()), (0, 0));
}

/// `MIO_CHAT_STORE=FOLDER cargo test --release --lib store::tests::disk::cost -- --ignored
/// --nocapture` prints what commits and checkpoints cost on the disk of that folder.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_methods, reason = "it measures")]
fn cost() {
    let folder = std::env::var_os("MIO_CHAT_STORE").expect("a folder on a disk");
    let folder = tempfile::tempdir_in(folder).unwrap();
    let (mut store, _) = open(folder.path());
    let (mut last, mut oldest) = (0, 0);
    let text = "x".repeat(60);
    println!("rows    p50       p99       max   per row   checkpoints: p50, max, of up to KiB");
    for size in [1, 8, 64, COMMIT_ROWS_MAX as u64] {
        let (mut commits, mut checkpoints, mut log) = (Vec::new(), Vec::new(), 0);
        for round in 0..(200_000 / size).clamp(500, 5_000) {
            let mut said = room("games", last + 1..=last + size);
            said.messages.iter_mut().for_each(|message| message.text = text.as_str().into());
            last += size;
            // A room remembers a thousand.
            oldest = last.saturating_sub(1_000).max(oldest);
            said.forgotten = oldest;
            let begun = Instant::now();
            store.commit(&batch(&said, round == 0, last)).unwrap();
            commits.push(begun.elapsed());
            if store.log_bytes() > crate::limits::STORE_LOG_BYTES {
                log = log.max(store.log_bytes());
                let begun = Instant::now();
                store.checkpoint().unwrap();
                checkpoints.push(begun.elapsed());
            }
        }
        let per_row = commits.iter().sum::<Duration>() / (commits.len() as u32 * size as u32);
        commits.sort();
        checkpoints.sort();
        let at = |part: usize| commits[(commits.len() * part / 100).min(commits.len() - 1)];
        println!(
            "{size:4} {:9.1?} {:9.1?} {:9.1?} {per_row:9.1?}   {}: {:.1?}, {:.1?}, {}",
            at(50),
            at(99),
            at(100),
            checkpoints.len(),
            checkpoints.get(checkpoints.len() / 2),
            checkpoints.last(),
            log / 1_024
        );
    }
    long_log(&mut store, folder.path(), last);
    store.close().unwrap();
    let begun = Instant::now();
    let snapshot = open(folder.path()).1;
    println!("open with {} messages: {:.1?}", numbers(&snapshot).len(), begun.elapsed());
}

/// The cost of the longest log that there should be.
#[expect(clippy::disallowed_methods, reason = "it measures")]
fn long_log(store: &mut Store, folder: &Path, mut last: u64) {
    while store.log_bytes() < crate::limits::STORE_LOG_BYTES_MAX {
        let mut said = room("games", last + 1..=last + 64);
        last += 64;
        said.forgotten = last - 20_000;
        store.commit(&batch(&said, false, last)).unwrap();
    }
    let copy = killed(folder);
    let begun = Instant::now();
    drop(open(copy.path()));
    println!("open and close with a long log: {:.1?}", begun.elapsed());
    let begun = Instant::now();
    store.checkpoint().unwrap();
    println!("checkpoint of a long log: {:.1?}", begun.elapsed());
}
