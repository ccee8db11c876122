//! Private messages on disk: read again, erased, and nobody's who was not there.

use rusqlite::Connection;
use tempfile::tempdir;

use super::accounts::account;
use super::open;
use crate::chat::{
    MailboxChanges, NameKey, Nickname, PrivateId, PrivateMessage, SaveBatch, SentKind,
    StoredPrivateMessage,
};
use crate::time::UnixTime;

fn message(at: u64, text: &str) -> PrivateMessage {
    PrivateMessage {
        id: PrivateId { at: UnixTime::from_millis(at), count: 7 },
        partner: Nickname::restored("Bob").unwrap(),
        partner_account: at.is_multiple_of(2).then(|| NameKey::of("bob")),
        is_own: at > 2,
        kind: if at == 1 { SentKind::Acted } else { SentKind::Said },
        tags: "+reply=x".into(),
        text: text.into(),
    }
}

fn batch<'a>(
    account: &'a NameKey,
    (forgotten, gone): (u64, &'a [u64]),
    new: &'a [(u64, PrivateMessage)],
) -> SaveBatch<'a> {
    let new = new.iter().map(|(place, message)| (*place, message)).collect();
    let mailboxes = vec![MailboxChanges { account, forgotten, gone, new }];
    SaveBatch { epoch: 7, mailboxes, ..SaveBatch::default() }
}

fn places(found: &[StoredPrivateMessage]) -> Vec<u64> {
    found.iter().map(|stored| stored.place).collect()
}

#[test]
fn messages_are_read_again_and_erased() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let owner = NameKey::of("alice");
    let alice = account("alice", "one");
    store.commit(&SaveBatch { epoch: 7, accounts: vec![&alice], ..Default::default() }).unwrap();
    let new: Vec<_> = (1..=5).map(|place| (place, message(place, "\x02hi\x02 there"))).collect();
    store.commit(&batch(&owner, (0, &[]), &new)).unwrap();
    // A batch whose fate was unknown comes again.
    store.commit(&batch(&owner, (0, &[]), &new)).unwrap();
    store.close().unwrap();
    let (mut store, found) = open(folder.path());
    assert_eq!(places(&found.private), [1, 2, 3, 4, 5]);
    assert!(found.private.iter().zip(&new).all(|(stored, (_, new))| stored.message == *new));
    assert!(found.private.iter().all(|stored| stored.account == owner));
    store.commit(&batch(&owner, (2, &[4]), &[(6, message(6, "later"))])).unwrap();
    // The account's own changes leave them alone.
    store.commit(&SaveBatch { epoch: 7, accounts: vec![&alice], ..Default::default() }).unwrap();
    store.close().unwrap();
    assert_eq!(places(&open(folder.path()).1.private), [3, 5, 6]);
}

#[test]
fn a_new_account_has_nothing_of_one_that_was_taken_away() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let (owner, alice) = (NameKey::of("alice"), account("alice", "one"));
    store.commit(&SaveBatch { epoch: 7, accounts: vec![&alice], ..Default::default() }).unwrap();
    store.commit(&batch(&owner, (0, &[]), &[(1, message(1, "hi"))])).unwrap();
    store.close().unwrap();
    let connection = Connection::open(folder.path().join("mio-chat.db")).unwrap();
    connection.execute("DELETE FROM accounts", ()).unwrap();
    drop(connection);
    let (mut store, found) = open(folder.path());
    assert_eq!((found.accounts.len(), found.private.len()), (0, 1), "the lobby drops it");
    let again = account("Alice", "two");
    store.commit(&SaveBatch { epoch: 7, accounts: vec![&again], ..Default::default() }).unwrap();
    store.close().unwrap();
    assert!(open(folder.path()).1.private.is_empty());
}

#[test]
fn rows_that_nobody_can_have_written_are_skipped() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let owner = NameKey::of("alice");
    store.commit(&batch(&owner, (0, &[]), &[(1, message(1, "hi"))])).unwrap();
    store.close().unwrap();
    let connection = Connection::open(folder.path().join("mio-chat.db")).unwrap();
    let long = format!("text = '{}'", "x".repeat(2_000));
    for change in ["partner = 'a b'", "kind = 'sung'", "at = -1", "tags = char(10)", &long] {
        let sql = "CREATE TEMP TABLE row AS SELECT * FROM private_messages WHERE place = 1;
                   UPDATE row SET place = 2, CHANGE;
                   INSERT INTO private_messages SELECT * FROM row;
                   DROP TABLE row";
        connection.execute_batch(&sql.replace("CHANGE", change)).unwrap();
        let (store, found) = open(folder.path());
        assert_eq!((store.skipped(), places(&found.private)), (1, vec![1]), "{change}");
        drop(store);
        connection.execute("DELETE FROM private_messages WHERE place > 1", ()).unwrap();
    }
}
