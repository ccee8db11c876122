//! Rooms that get another name on disk: all that is theirs follows, once.

use tempfile::tempdir;

use super::model::{message, room_name, settings_with_a_ban};
use super::{batch, open, room};
use crate::chat::{
    BelongingsChanges, Metadata, NameKey, ReadMark, RoomRename, RoomSettings, SaveBatch,
    SecretHash, StoredRoom,
};
use crate::limits::READ_MARKS_MOVED_MAX;
use crate::store::Store;
use crate::time::UnixTime;

fn rename(id: u64, old: &str, new: &str) -> RoomRename {
    RoomRename { id, old: room_name(old), new: room_name(new), rows: 1 }
}

fn save(store: &mut Store, renamed: &[RoomRename], rooms: &[&StoredRoom]) {
    let changes = rooms.iter().flat_map(|room| batch(room, true, 9).rooms).collect();
    let batch = SaveBatch { epoch: 7, last: 9, renamed, rooms: changes, ..SaveBatch::default() };
    store.commit(&batch).unwrap();
}

fn found(store: &Store, name: &str) -> Option<StoredRoom> {
    store.archive().unwrap().room(&room_name(name)).unwrap()
}

/// A room with all that can be a room's.
fn furnished(name: &str, number: u64) -> StoredRoom {
    let settings = RoomSettings {
        password: SecretHash::parse("7"),
        metadata: Metadata::restored([("color", "red")]),
        ..settings_with_a_ban()
    };
    StoredRoom { settings, messages: vec![message(number, "hello")], ..room(name, []) }
}

/// The same under another name.
fn called(room: &StoredRoom, name: &str, salt: Option<&str>) -> StoredRoom {
    let settings = RoomSettings { salt: salt.map(NameKey::of), ..room.settings.clone() };
    StoredRoom { name: room_name(name), settings, ..room.clone() }
}

#[test]
fn all_of_a_room_follows_and_another_may_have_its_name() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let (den, next) = (furnished("den", 1), furnished("den", 2));
    save(&mut store, &[], &[&den]);
    let names = [rename(5, "den", "hall"), rename(6, "hall", "Cave")];
    let cave = called(&den, "Cave", Some("den"));
    // A batch whose fate was not known is written again, here with one more name behind it.
    let more = [names.clone().as_slice(), &[rename(8, "attic", "loft")]].concat();
    for names in [names.as_slice(), &names, &more] {
        save(&mut store, names, &[&next]);
        assert_eq!(found(&store, "cave"), Some(cave.clone()));
        assert_eq!(found(&store, "den"), Some(next.clone()));
        assert_eq!(found(&store, "hall"), None);
    }
    store.close().unwrap();
    let (mut store, snapshot) = open(folder.path());
    assert_eq!(snapshot.rooms.len(), 2);
    // Back to its first name, which nobody has any more.
    let names = [rename(9, "den", "cellar"), rename(10, "cave", "den")];
    save(&mut store, &names, &[]);
    assert_eq!(found(&store, "den"), Some(den));
    assert_eq!(found(&store, "cellar"), Some(called(&next, "cellar", Some("den"))));
}

#[test]
fn two_rooms_exchange_their_names_and_what_is_left_of_a_third_is_erased() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let (one, two, left) = (furnished("one", 1), furnished("two", 2), furnished("three", 3));
    save(&mut store, &[], &[&one, &two, &left]);
    let names = [rename(1, "one", "three"), rename(2, "two", "one"), rename(3, "three", "two")];
    for _ in 0..2 {
        save(&mut store, &names, &[]);
        assert_eq!(found(&store, "two"), Some(called(&one, "two", Some("one"))));
        assert_eq!(found(&store, "one"), Some(called(&two, "one", Some("two"))));
        assert_eq!(found(&store, "three"), None);
    }
}

#[test]
fn read_marks_follow_as_many_as_may() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let mark = |conversation: &str, at| ReadMark {
        conversation: conversation.into(),
        at: UnixTime::from_millis(at),
    };
    let (den, cave) = (mark("#den", 5), mark("#cave", 7));
    let accounts: Vec<NameKey> =
        (0..=READ_MARKS_MOVED_MAX).map(|number| NameKey::of(&format!("a{number}"))).collect();
    let belongings =
        |account| BelongingsChanges { account, marks: vec![(0, &den), (1, &cave)], metadata: None };
    let belongings = accounts.iter().map(belongings).collect();
    store.commit(&SaveBatch { epoch: 7, belongings, ..SaveBatch::default() }).unwrap();
    save(&mut store, &[rename(1, "den", "cave")], &[]);
    let archive = store.archive().unwrap();
    let marks = accounts.iter().map(|account| archive.belongings(account).unwrap().marks);
    let moved = marks.filter(|marks| *marks == [mark("#cave", 5), mark("#den", 7)]);
    assert_eq!(moved.count(), READ_MARKS_MOVED_MAX);
}
