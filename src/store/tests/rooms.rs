//! Rooms on disk that are not in memory: which are read at the start, how one is found, and which
//! are too many.

use tempfile::tempdir;

use super::model::{message, room_name};
use super::{batch, open};
use crate::chat::{
    RoomChanges, RoomSettings, SaveBatch, SecretHash, Standing, StoredRoom, Unreadable,
};
use crate::limits::{
    HISTORY_TOTAL_BYTES, ROOM_CONFIGURED_UNUSED_DAYS, ROOM_UNUSED_DAYS, ROOMS_BETWEEN_COUNTS,
};
use crate::store::{STEPS, Store};

const TODAY: u32 = 20_000;

fn kept(name: &str, founder: &str, founded: u64) -> StoredRoom {
    let founder = Some(founder.parse().unwrap());
    StoredRoom {
        name: room_name(name),
        settings: RoomSettings::default(),
        messages: Vec::new(),
        forgotten: 0,
        standing: Standing { founder, founded, used: TODAY },
    }
}

fn settled(room: StoredRoom) -> StoredRoom {
    let password = SecretHash::parse("7");
    StoredRoom { settings: RoomSettings { password, ..RoomSettings::default() }, ..room }
}

fn keep(store: &mut Store, rooms: &[StoredRoom]) {
    let changes = rooms.iter().map(|room| RoomChanges {
        name: &room.name,
        settings: Some(&room.settings),
        said: room.messages.iter().collect(),
        forgotten: room.forgotten,
        standing: room.standing,
    });
    let rooms = changes.collect();
    store
        .commit(&SaveBatch { epoch: 7, last: 9, gap_before: 0, rooms, ..SaveBatch::default() })
        .unwrap();
}

/// The names of those that are too many, and that may all go but one.
fn surplus(store: &mut Store, most: usize, stays: &str) -> Vec<String> {
    store.settled = ROOMS_BETWEEN_COUNTS;
    let names = store.surplus(most, TODAY, |name| name.as_str() != stays).unwrap();
    names.iter().map(|name| name.as_str().to_owned()).collect()
}

#[test]
fn the_best_are_read_at_the_start_and_the_others_when_they_are_asked_for() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let old = |room: StoredRoom, days: u32| {
        let standing = Standing { used: TODAY - days, ..room.standing };
        StoredRoom { standing, ..room }
    };
    let mut busy = kept("busy", "203.0.113.0/24", 1);
    busy.messages = vec![message(5, "hello")];
    let rooms = [
        kept("main", "203.0.113.0/24", 1),
        busy.clone(),
        kept("idle", "203.0.113.0/24", 2),
        old(kept("older", "203.0.113.0/24", 3), 9),
        old(settled(kept("settled", "203.0.113.0/24", 4)), 99),
    ];
    keep(&mut store, &rooms);
    let archive = store.archive().unwrap();
    assert_eq!(archive.room(&busy.name), Ok(Some(busy)));
    assert_eq!(archive.room(&room_name("SETTLED")), Ok(Some(rooms[4].clone())));
    assert_eq!(archive.room(&room_name("nothing")), Ok(None));
    drop(archive);
    store.close().unwrap();
    for (most, names) in [
        (1, &["main"][..]),
        (3, &["main", "settled", "busy"]),
        (9, &["main", "settled", "busy", "idle", "older"]),
    ] {
        let (store, snapshot) = Store::open(folder.path(), 1, most).unwrap();
        let read: Vec<&str> = snapshot.rooms.iter().map(|room| room.name.as_str()).collect();
        assert_eq!((read, snapshot.last), (names.to_vec(), 9));
        store.close().unwrap();
    }
}

#[test]
fn no_more_is_read_at_the_start_than_may_be_remembered() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let text = "x".repeat(1_000);
    let rooms = HISTORY_TOTAL_BYTES / (1_000 * text.len()) + 3;
    for number in 0..rooms as u64 {
        let mut room = kept(&format!("r{number}"), "203.0.113.0/24", 1 + number);
        let numbers = number * 1_000 + 1..=number * 1_000 + 1_000;
        room.messages = numbers.map(|number| message(number, &text)).collect();
        keep(&mut store, &[room]);
    }
    store.close().unwrap();
    let (store, snapshot) = open(folder.path());
    let read: usize = snapshot.rooms.iter().map(StoredRoom::weight).sum();
    let each = snapshot.rooms[0].weight();
    assert!((HISTORY_TOTAL_BYTES + 1..=HISTORY_TOTAL_BYTES + each).contains(&read), "{read}");
    assert!(snapshot.rooms.iter().all(|room| room.messages.len() == 1_000), "each is whole");
    assert_eq!(snapshot.last, rooms as u64 * 1_000);
    // The others were said something in longest ago, and are found when they are asked for.
    assert!(
        snapshot.rooms.len() < rooms
            && snapshot.rooms[0].name == room_name(&format!("r{}", rooms - 1))
    );
    let found = store.archive().unwrap().room(&room_name("r0")).unwrap().unwrap();
    assert_eq!(found.messages.len(), 1_000);
}

#[test]
fn a_room_that_says_nothing_to_us_is_nobodys_to_take() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    keep(&mut store, &[kept("den", "203.0.113.0/24", 1)]);
    store.connection.execute("UPDATE rooms SET owner = 'al', owner_key = 'lost'", ()).unwrap();
    let archive = store.archive().unwrap();
    assert_eq!(archive.room(&room_name("den")), Err(Unreadable));
    // Nor is one that cannot be read.
    store.connection.execute_batch("ALTER TABLE rooms RENAME TO elsewhere").unwrap();
    assert_eq!(archive.room(&room_name("tent")), Err(Unreadable));
    store.connection.execute_batch("ALTER TABLE elsewhere RENAME TO rooms").unwrap();
    assert_eq!(archive.room(&room_name("tent")), Ok(None));
}

#[test]
fn those_that_were_left_go_first_and_then_the_youngest_of_who_has_founded_most() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let used = |room: StoredRoom, days: u32| {
        let standing = Standing { used: TODAY - days, ..room.standing };
        StoredRoom { standing, ..room }
    };
    let mut rooms: Vec<StoredRoom> = (0..40)
        .map(|number| kept(&format!("flood-{number}"), "203.0.113.0/24", 100 + number))
        .collect();
    rooms.extend([
        used(kept("main", "127.0.0.0/8", 1), 9_999),
        kept("young", "198.51.100.0/24", 999),
        used(kept("left", "198.51.100.0/24", 2), ROOM_UNUSED_DAYS + 1),
        used(settled(kept("long-left", "198.51.100.0/24", 3)), ROOM_CONFIGURED_UNUSED_DAYS + 1),
        used(settled(kept("away", "192.0.2.0/24", 4)), ROOM_CONFIGURED_UNUSED_DAYS),
        used(kept("unknown", "192.0.2.0/24", 5), TODAY),
    ]);
    keep(&mut store, &rooms);
    assert!(surplus(&mut store, 46, "").is_empty(), "there are no more");
    assert_eq!(store.settled, 0);
    assert_eq!(surplus(&mut store, 45, ""), ["long-left"]);
    assert_eq!(surplus(&mut store, 45, "long-left"), ["left"]);
    let names = surplus(&mut store, 41, "flood-38");
    assert_eq!(names, ["long-left", "left", "flood-39", "flood-37", "flood-36"]);
    // However few may stay, what others have is not touched while one has more.
    let names = surplus(&mut store, 1, "");
    assert_eq!(names.len(), 2 + 37);
    assert!(names[2..].iter().all(|name| name.starts_with("flood-")), "{names:?}");
}

#[test]
fn a_room_under_an_old_key_is_erased_and_not_the_one_that_has_that_key_today() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let mut rooms = [kept("den", "203.0.113.0/24", 1), kept("tent", "192.0.2.0/24", 2)];
    for (number, room) in rooms.iter_mut().enumerate() {
        room.messages = vec![message(number as u64 + 1, "hello")];
    }
    keep(&mut store, &rooms);
    // Its letters looked like others to an older Unicode.
    let sql = "INSERT INTO rooms (key, name, forgotten, used) VALUES ('old-key', 'den', 0, 1);
               INSERT INTO messages (number, room, at, who, kind, text)
                   VALUES (3, 'old-key', 0, 'al', 'said', 'hello')";
    store.connection.execute_batch(sql).unwrap();
    assert!(surplus(&mut store, 2, "").is_empty(), "it is nobody's in memory");
    store.commit(&SaveBatch { epoch: 7, last: 9, gap_before: 0, ..SaveBatch::default() }).unwrap();
    let left =
        |sql: &str| -> String { store.connection.query_row(sql, (), |row| row.get(0)).unwrap() };
    assert_eq!(left("SELECT group_concat(key) FROM (SELECT key FROM rooms ORDER BY key)"), {
        let mut keys = rooms.each_ref().map(|room| room.name.key().as_str().to_owned());
        keys.sort();
        keys.join(",")
    });
    assert_eq!(left("SELECT group_concat(number) FROM messages"), "1,2");
    assert!(store.outdated.is_empty());
}

#[test]
fn no_more_is_let_go_of_than_one_commit_can_erase() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let mut rooms: Vec<StoredRoom> =
        (0..20).map(|number| kept(&format!("r{number}"), "203.0.113.0/24", 100 + number)).collect();
    for (at, room) in rooms.iter_mut().enumerate() {
        let first = 1 + at as u64 * 100;
        room.messages = (first..first + 100).map(|number| message(number, "hello")).collect();
    }
    keep(&mut store, &rooms);
    assert_eq!(surplus(&mut store, 1, ""), ["r19", "r18", "r17"]);
}

/// A state as the first version has left it, with one room.
fn state_of_the_first_version() -> tempfile::TempDir {
    let folder = tempdir().unwrap();
    let mut connection = rusqlite::Connection::open(folder.path().join("mio-chat.db")).unwrap();
    crate::store::schema::migrate(&mut connection, &STEPS[..1], 0).unwrap();
    connection
        .execute("INSERT INTO rooms (key, name, forgotten) VALUES ('den', 'den', 3)", ())
        .unwrap();
    folder
}

#[test]
fn a_state_of_the_first_version_gets_todays_date() {
    let folder = state_of_the_first_version();
    let (_, snapshot) = open(folder.path());
    let Standing { founder, founded, used } = snapshot.rooms[0].standing;
    assert_eq!((founder, founded), (None, 0));
    assert!(used > TODAY, "{used}");
}

#[test]
fn who_goes_on_with_a_state_changes_nothing_before_it_begins() {
    let folder = state_of_the_first_version();
    let other = rusqlite::Connection::open(folder.path().join("mio-chat.db")).unwrap();
    let state = || -> (i64, bool) {
        let sql = "SELECT user_version, complete FROM pragma_user_version, meta";
        other.query_row(sql, (), |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    // A successor that is not told to go on: the old server finds its own tables.
    let store = Store::resume(folder.path()).unwrap();
    let archive = store.archive().unwrap();
    drop((archive, store));
    assert_eq!(state(), (1, true));
    let mut store = Store::resume(folder.path()).unwrap();
    let archive = store.archive().unwrap();
    let nothing_new = SaveBatch { epoch: 7, last: 3, gap_before: 0, ..SaveBatch::default() };
    // A failed write is tried again with the next commit.
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(store.begin(&nothing_new).is_err());
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(state(), (1, true));
    assert!(archive.room(&room_name("den")).is_err(), "its columns are not known yet");
    store.commit(&batch(&kept("tent", "203.0.113.0/24", 1), true, 4)).unwrap();
    assert_eq!(state(), (STEPS.len() as i64, false));
    assert_eq!(archive.room(&room_name("den")).unwrap().unwrap().forgotten, 3);
    store.begin(&nothing_new).unwrap();
    drop((archive, store));
    assert_eq!(open(folder.path()).1.rooms.len(), 2);
}

#[test]
fn who_goes_on_with_a_state_reads_nothing_of_it() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    store.commit(&batch(&kept("den", "203.0.113.0/24", 1), true, 3)).unwrap();
    store.close().unwrap();
    let mut store = Store::resume(folder.path()).unwrap();
    assert!(store.was_complete);
    store.commit(&batch(&kept("tent", "203.0.113.0/24", 1), true, 4)).unwrap();
    drop(store);
    assert!(!Store::resume(folder.path()).unwrap().was_complete);
    assert_eq!(open(folder.path()).1.rooms.len(), 2);
}

/// The commands that the docs tell people to type.
#[test]
fn the_commands_in_the_docs_do_what_they_say() {
    let docs = include_str!("../../../docs/ROOMS.md");
    let said: Vec<&str> = docs.split("sqlite3 ").skip(1).filter_map(quoted).collect();
    let (deletes, selects): (Vec<&str>, Vec<&str>) =
        said.into_iter().partition(|sql| sql.starts_with("DELETE"));
    assert!(deletes.len() == 1 && !selects.is_empty(), "{deletes:?} {selects:?}");
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let mut main = kept("main", "127.0.0.0/8", 1);
    main.settings = super::model::settings_with_a_ban();
    main.messages = vec![message(3, "hello")];
    keep(&mut store, &[main, settled(kept("den", "127.0.0.0/8", 1))]);
    store.close().unwrap();
    let database = rusqlite::Connection::open(folder.path().join("mio-chat.db")).unwrap();
    for sql in selects {
        assert!(database.prepare(sql).unwrap().exists(()).unwrap(), "{sql}");
    }
    assert_eq!(database.execute(deletes[0], ()).unwrap(), 1, "{}", deletes[0]);
    drop(database);
    let snapshot = open(folder.path()).1;
    assert!(snapshot.rooms.iter().all(|room| room.settings.sanctions.iter().next().is_none()));
}

/// The text in quotes after the name of a file.
fn quoted(command: &str) -> Option<&str> {
    let quotes = command.split_whitespace().nth(1)?.chars().next()?;
    matches!(quotes, '\'' | '"').then(|| command.split(quotes).nth(1)).flatten()
}
