//! What belongs to accounts, on disk: written over, read again, skipped where nobody can have
//! written it.

use rusqlite::Connection;
use tempfile::tempdir;

use super::open;
use crate::chat::{BelongingsChanges, NameKey, ReadMark, SaveBatch};
use crate::store::Store;
use crate::time::UnixTime;

fn mark(conversation: &str, at: u64) -> ReadMark {
    ReadMark { conversation: conversation.into(), at: UnixTime::from_millis(at) }
}

/// Writes marks, each at its place.
fn write(store: &mut Store, account: &str, marks: &[(usize, ReadMark)]) {
    let account = NameKey::of(account);
    let marks = marks.iter().map(|(place, mark)| (*place, mark)).collect();
    let belongings = vec![BelongingsChanges { account: &account, marks, metadata: None }];
    store.commit(&SaveBatch { epoch: 7, belongings, ..SaveBatch::default() }).unwrap();
}

fn marks_of(store: &Store, account: &str) -> Vec<ReadMark> {
    store.archive().unwrap().belongings(&NameKey::of(account)).unwrap().marks
}

#[test]
fn marks_are_each_at_their_place_and_each_accounts_own() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    write(&mut store, "alice", &[(0, mark("#den", 1)), (1, mark("bob", 2))]);
    write(&mut store, "bob", &[(0, mark("#den", 9))]);
    write(&mut store, "Alice", &[(0, mark("carol", 3)), (2, mark("#den", 4))]);
    store.close().unwrap();
    let (store, _) = open(folder.path());
    assert_eq!(marks_of(&store, "alice"), [mark("carol", 3), mark("bob", 2), mark("#den", 4)]);
    assert_eq!(marks_of(&store, "bob"), [mark("#den", 9)]);
    assert_eq!(marks_of(&store, "nobody"), []);
}

#[test]
fn marks_that_nobody_can_have_written_are_skipped() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    write(&mut store, "alice", &[(0, mark("#den", 1))]);
    store.close().unwrap();
    let connection = Connection::open(folder.path().join("mio-chat.db")).unwrap();
    for row in ["1, '', 5", "2, '#', 5", "3, char(7), 5", "4, 'bob', -5"] {
        let sql = format!("INSERT INTO read_marks VALUES ('allce', {row})");
        connection.execute_batch(&sql).unwrap();
    }
    drop(connection);
    assert_eq!(marks_of(&open(folder.path()).0, "alice"), [mark("#den", 1)]);
}
