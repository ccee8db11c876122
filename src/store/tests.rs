//! The store against a naive model, killed and closed at random; states that must be refused; and
//! disks that are full.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::Connection;
use tempfile::{TempDir, tempdir};

use super::*;
use crate::chat::{RoomChanges, RoomName, StoredRoom};

mod accounts;
mod belongings;
mod disk;
mod mailboxes;
mod model;
mod refused;
mod renames;
mod rooms;

use model::{ModelRandom, StoreModel};

/// A batch with these messages of one room, to be numbered from here on.
fn batch<'a>(room: &'a StoredRoom, settings: bool, last: u64) -> SaveBatch<'a> {
    let changes = RoomChanges {
        name: &room.name,
        settings: settings.then_some(&room.settings),
        said: room.messages.iter().collect(),
        forgotten: room.forgotten,
        standing: room.standing,
    };
    SaveBatch { epoch: 7, last, gap_before: last / 2, rooms: vec![changes], ..SaveBatch::default() }
}

fn room(name: &str, numbers: impl IntoIterator<Item = u64>) -> StoredRoom {
    let messages = numbers.into_iter().map(|number| model::message(number, "hello")).collect();
    StoredRoom {
        name: model::room_name(name),
        settings: Default::default(),
        messages,
        forgotten: 0,
        standing: Default::default(),
    }
}

fn numbers(snapshot: &StoredLobby) -> Vec<u64> {
    let messages = snapshot.rooms.iter().flat_map(|room| &room.messages);
    messages.map(|message| message.id.number).collect()
}

fn open(folder: &Path) -> (Store, StoredLobby) {
    Store::open(folder, 99, usize::MAX).unwrap()
}

/// The files as they are found after the process was killed.
fn killed(folder: &Path) -> TempDir {
    let copy = tempdir().unwrap();
    for name in ["mio-chat.db", "mio-chat.db-wal"] {
        let _ = fs::copy(folder.join(name), copy.path().join(name));
    }
    copy
}

#[test]
fn nothing_was_kept_before_the_first_start() {
    let parent = tempdir().unwrap();
    let folder = parent.path().join("state/here");
    let (store, snapshot) = open(&folder);
    assert_eq!(
        snapshot,
        StoredLobby { epoch: 99, last: 0, gap_before: 0, complete: true, ..StoredLobby::default() }
    );
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for name in ["mio-chat.db", "mio-chat.db-wal", "lock"] {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
    store.close().unwrap();
    assert!(!folder.join("mio-chat.db-wal").exists());
    assert!(open(&folder).1.complete);
}

#[test]
fn only_a_clean_end_is_complete() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let (mut store, _) = open(folder);
    store.commit(&batch(&room("games", [3]), true, 3)).unwrap();
    // Dead after a commit.
    let copy = killed(folder);
    let (dead, snapshot) = open(copy.path());
    assert_eq!((snapshot.epoch, snapshot.last, snapshot.complete), (7, 3, false));
    // Nothing was said until the next end: what was lost before is still lost.
    dead.close().unwrap();
    let (mut dead, snapshot) = open(copy.path());
    assert!(!snapshot.complete);
    dead.commit(&batch(&room("games", []), false, 9)).unwrap();
    dead.close().unwrap();
    let snapshot = open(copy.path()).1;
    assert_eq!((snapshot.last, snapshot.complete, numbers(&snapshot)), (9, true, vec![3]));
    // Looking at a complete state and being killed is no loss.
    store.close().unwrap();
    drop(open(folder));
    let (store, snapshot) = open(folder);
    assert!(snapshot.complete);
    drop(store);
}

#[test]
fn who_has_begun_and_is_killed_leaves_a_state_that_is_not_complete() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let nothing_new = |last| SaveBatch { epoch: 7, last, gap_before: 0, ..SaveBatch::default() };
    let begin = |last| {
        let (mut store, snapshot) = open(folder);
        store.begin(&nothing_new(last)).unwrap();
        (store, (snapshot.last, snapshot.complete))
    };
    let (store, found) = begin(0);
    assert_eq!(found, (0, true));
    store.close().unwrap();
    let (store, found) = begin(0);
    assert_eq!(found, (0, true), "an idle server loses nothing");
    // Its messages were not committed.
    drop(store);
    let (store, found) = begin(1_000);
    assert_eq!(found, (0, false));
    drop(store);
    let (store, found) = begin(2_000);
    assert_eq!(found, (1_000, false), "the numbers after those may have been given, too");
    store.close().unwrap();
    let (mut store, found) = begin(3_000);
    assert_eq!(found, (2_000, false), "nothing new: as incomplete as before");
    store.commit(&batch(&room("games", [3_001]), true, 3_001)).unwrap();
    store.close().unwrap();
    assert_eq!(begin(3_001).1, (3_001, true));
}

#[test]
fn the_last_number_is_the_highest_that_was_seen() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    store.commit(&batch(&room("games", [5, 8]), true, 6)).unwrap();
    drop(store);
    assert_eq!(open(folder.path()).1.last, 8);
}

#[test]
fn everything_comes_back_as_the_model_has_it() {
    for seed in 1..=12 {
        let folder = tempdir().unwrap();
        let mut random = ModelRandom::new(seed);
        let mut model = StoreModel::new();
        let (mut store, snapshot) = open(folder.path());
        let mut complete = snapshot.complete;
        for _ in 0..30 {
            for _ in 0..random.below(4) {
                let change = model.play(&mut random);
                store.commit(&change.batch(&model)).unwrap();
                complete = false;
                if random.below(4) == 0 {
                    store.checkpoint().unwrap();
                }
            }
            if random.below(3) == 0 {
                let copy = killed(folder.path());
                let (dead, mut found) = open(copy.path());
                assert_eq!(dead.skipped(), 0);
                model.check(&mut found, complete, seed);
                continue;
            }
            // A store to which nothing was committed is closed as it was found.
            if random.below(2) == 0 {
                complete |= store.is_marked;
                store.close().unwrap();
            } else {
                drop(store);
            }
            let (again, mut found) = open(folder.path());
            model.check(&mut found, complete, seed);
            store = again;
        }
    }
}

#[test]
fn rows_that_nobody_can_have_written_are_skipped() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    let (mut store, _) = open(folder);
    store.commit(&batch(&room("games", [3, 4, 5]), true, 5)).unwrap();
    store.close().unwrap();
    let long = "x".repeat(5_000);
    Connection::open(folder.join("mio-chat.db"))
        .unwrap()
        .execute_batch(&format!(
            "INSERT INTO rooms (key, name, forgotten) VALUES ('a b', 'a b', 0), ('x', 'X', -1),
                 ('no key of it', 'chess', 0);
             INSERT INTO rooms (key, name, owner, owner_key, forgotten)
                 VALUES ('bob', 'bob', 'alice', 'secret', 0);
             INSERT INTO sanctions (room, number, measure, name, network, until, by, reason)
                 VALUES ('garnes', 1, 'kick', 'bob', NULL, NULL, 'al', ''),
                        ('garnes', 2, 'ban', NULL, NULL, NULL, 'al', ''),
                        ('garnes', 3, 'ban', NULL, 'here', NULL, 'al', ''),
                        ('garnes', 4, 'ban', NULL, '127.0.0.1', NULL, 'al', ''),
                        ('garnes', 5, 'ban', 'bob', NULL, -1, 'al', ''),
                        ('garnes', 6, 'mute', 'bob', NULL, NULL, 'al', 'ok'),
                        ('nowhere', 7, 'ban', 'bob', NULL, NULL, 'al', '');
             UPDATE messages SET kind = 'sung' WHERE number = 4;
             UPDATE messages SET text = 'a' || char(27, 10) || 'b' WHERE number = 3;
             INSERT INTO messages (number, room, at, who, kind, text)
                 VALUES (20, 'nowhere', 0, 'al', 'said', ''), (21, 'garnes', -5, 'al', 'said', ''),
                        (22, 'garnes', 0, 'a l', 'said', ''), (-1, 'garnes', 0, 'al', 'said', ''),
                        (23, 'garnes', 0, 'al', 'said', '{long}'),
                        (24, 'garnes', 0, 'al', 'said', CAST(x'ff' AS TEXT));"
        ))
        .unwrap();
    let (store, snapshot) = open(folder);
    assert_eq!(snapshot.rooms.len(), 1);
    assert_eq!((snapshot.last, numbers(&snapshot)), (24, vec![3, 5]));
    assert_eq!(snapshot.rooms[0].messages[0].text, "ab");
    let sanctions = snapshot.rooms[0].settings.sanctions.iter();
    assert_eq!(sanctions.map(|known| known.number).collect::<Vec<_>>(), [6]);
    assert_eq!(store.skipped(), 4 + 5 + 6, "what is in no room is not looked at");
}

#[test]
fn the_log_is_moved_and_begins_anew() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    for number in 1..50 {
        store.commit(&batch(&room("games", [number]), number == 1, number)).unwrap();
    }
    let before = store.log_bytes();
    assert!(before > 49 * LOGGED_PAGE_BYTES, "{before}");
    store.checkpoint().unwrap();
    assert_eq!(store.log_bytes(), LOGGED_PAGE_BYTES, "the page that begins it");
    // Somebody reads along, and keeps the log from being moved any further.
    let reader = Connection::open(folder.path().join("mio-chat.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM messages").unwrap();
    store.commit(&batch(&room("games", 50..60), false, 60)).unwrap();
    store.checkpoint().unwrap();
    assert!(store.log_bytes() > LOGGED_PAGE_BYTES);
    drop(reader);
    store.checkpoint().unwrap();
    assert_eq!(store.log_bytes(), LOGGED_PAGE_BYTES);
    drop(store);
    assert_eq!(numbers(&open(folder.path()).1), (1..60).collect::<Vec<_>>());
}

#[test]
fn steps_are_taken_one_by_one() {
    let steps = ["CREATE TABLE one (a)", "ALTER TABLE one RENAME TO two"];
    let tables = |connection: &Connection| -> String {
        let sql = "SELECT group_concat(name) FROM sqlite_schema";
        connection.query_row(sql, (), |row| row.get(0)).unwrap()
    };
    let mut connection = Connection::open_in_memory().unwrap();
    assert_eq!(schema::identify(&connection).unwrap(), Identity::Empty);
    schema::migrate(&mut connection, &steps[..1], 0).unwrap();
    assert_eq!(schema::identify(&connection).unwrap(), Identity::Ours(1));
    assert_eq!(tables(&connection), "one");
    let broken = [steps[0], "CREATE TABLE three (a); CREATE TABLE three (a)"];
    assert!(schema::migrate(&mut connection, &broken, 1).is_err());
    assert_eq!(schema::identify(&connection).unwrap(), Identity::Ours(1), "a step is whole");
    schema::migrate(&mut connection, &steps, 1).unwrap();
    assert_eq!(schema::identify(&connection).unwrap(), Identity::Ours(2));
    assert_eq!(tables(&connection), "two");
    schema::migrate(&mut connection, &steps, 2).unwrap();
}

#[test]
fn what_is_asked_often_uses_the_index() {
    let folder = tempdir().unwrap();
    let (store, _) = open(folder.path());
    let sql = "EXPLAIN QUERY PLAN DELETE FROM messages WHERE room = 'a' AND number <= 5";
    let plan: String = store.connection.query_row(sql, (), |row| row.get(3)).unwrap();
    assert!(plan.contains("messages_of_room (room=? AND rowid<?)"), "{plan}");
}

#[test]
fn a_name_that_is_no_key_is_no_room() {
    assert!(RoomName::parse("a b", crate::chat::Alphabet::Unicode).is_err());
}
