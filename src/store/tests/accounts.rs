//! Accounts on disk: read again, skipped where nobody can have written them, synced when somebody
//! is told.

use rusqlite::Connection;
use tempfile::tempdir;

use super::open;
use crate::chat::{Account, Nickname, SaveBatch};
use crate::scram::Verifier;
use crate::time::UnixTime;

pub(super) fn account(name: &str, password: &str) -> Account {
    Account {
        name: Nickname::restored(name).unwrap(),
        verifier: Verifier::of_nobody([7; 16], 4_096, password.as_bytes()),
        email: None,
        made: UnixTime::from_millis(1),
        seen: UnixTime::from_millis(2),
    }
}

fn batch(account: &Account, must_last: bool) -> SaveBatch<'_> {
    SaveBatch { epoch: 7, accounts: vec![account], must_last, ..SaveBatch::default() }
}

#[test]
fn an_account_is_replaced_and_never_doubled() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    store.commit(&batch(&account("alice", "one"), true)).unwrap();
    let later = account("Alice", "two");
    store.commit(&batch(&later, true)).unwrap();
    store.close().unwrap();
    assert_eq!(open(folder.path()).1.accounts, [later]);
}

#[test]
fn rows_that_nobody_can_have_written_are_skipped() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    store.commit(&batch(&account("alice", "one"), true)).unwrap();
    store.close().unwrap();
    let connection = Connection::open(folder.path().join("mio-chat.db")).unwrap();
    for change in [
        "key = 'bob', name = 'carol'",
        "key = 'a b', name = 'a b'",
        "key = 'bob', name = 'bob', salt = '07'",
        "key = 'bob', name = 'bob', rounds = 0",
        "key = 'bob', name = 'bob', stored_key = 'x'",
        "key = 'bob', name = 'bob', seen = -1",
    ] {
        let sql = "CREATE TEMP TABLE row AS SELECT * FROM accounts WHERE key = 'allce';
                   UPDATE row SET CHANGE;
                   INSERT INTO accounts SELECT * FROM row;
                   DROP TABLE row";
        connection.execute_batch(&sql.replace("CHANGE", change)).unwrap();
        let (store, found) = open(folder.path());
        assert_eq!((store.skipped(), found.accounts.len()), (1, 1), "{change}");
        drop(store);
        connection.execute("DELETE FROM accounts WHERE key <> 'allce'", ()).unwrap();
    }
}

#[test]
fn what_somebody_is_told_of_is_synced() {
    let folder = tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    store.begin(&SaveBatch { epoch: 7, ..SaveBatch::default() }).unwrap();
    let mode = |store: &crate::store::Store| -> i64 {
        store.connection.query_row("PRAGMA synchronous", (), |row| row.get(0)).unwrap()
    };
    store.commit(&batch(&account("alice", "one"), true)).unwrap();
    assert_eq!(mode(&store), 1, "and what follows is not");
}

#[test]
fn a_state_of_before_has_no_accounts_and_can_have_them() {
    let folder = tempdir().unwrap();
    let mut before = Connection::open(folder.path().join("mio-chat.db")).unwrap();
    crate::store::schema::migrate(&mut before, &crate::store::STEPS[..2], 0).unwrap();
    before
        .execute(
            "INSERT INTO rooms (key, name, owner, owner_key, forgotten)
             VALUES ('den', 'den', 'bob', '7', 3)",
            (),
        )
        .unwrap();
    drop(before);
    let (mut store, found) = open(folder.path());
    assert!(found.accounts.is_empty());
    assert!(found.rooms[0].settings.owner.as_ref().unwrap().account.is_none());
    store.commit(&batch(&account("alice", "one"), true)).unwrap();
    store.close().unwrap();
    assert_eq!(open(folder.path()).1.accounts.len(), 1);
}
