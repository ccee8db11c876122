//! The tables, and the migrations from those of older versions.
//!
//! A database names its owner (`application_id`) and the number of migrations done
//! (`user_version`). A released migration is never changed: corrections are the next one.

use rusqlite::{Connection, Result, TransactionBehavior};

/// Says that a database is ours: `mioc`.
const APPLICATION_ID: i64 = 0x6d69_6f63;

/// The steps from nothing to today's tables.
///
/// Names and their keys are text, and so are hashes and addresses, so that `sqlite3` shows a state
/// that people can read. Rows of a room have its key. The number of a message is its row: appending
/// is cheap, and the index by room has it as a second column.
///
/// The second migration adds each room's founder and the day of its last use, by which rooms make
/// way. The third adds accounts, and to which of them a room belongs, and the secret from which
/// cloaks are made: masks that name one are kept with the rooms. The fourth adds the rules of
/// rooms, and masks. The fifth adds the read marks of accounts: the key of a conversation is a
/// nickname's, or `#` and that of a room; the place says which mark a new one replaces. And it adds
/// the metadata of accounts and of rooms. The sixth adds the mailboxes of
/// accounts. The seventh adds the account of a message's author, who may take it back. The eighth
/// adds with what the secrets of a room are hashed that has had another name, which room was given
/// one last, and an index to find the read marks of such a room.
pub(super) const STEPS: [&str; 8] = [
    "
    CREATE TABLE meta (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        epoch INTEGER NOT NULL,
        last INTEGER NOT NULL,
        torn INTEGER NOT NULL DEFAULT 0,
        complete INTEGER NOT NULL,
        checkpoints INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    INSERT INTO meta (only, epoch, last, complete) VALUES (1, -1, 0, 1);
    CREATE TABLE rooms (
        key TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        topic TEXT,
        topic_by TEXT,
        owner TEXT,
        owner_key TEXT,
        password TEXT,
        forgotten INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE sanctions (
        room TEXT NOT NULL,
        number INTEGER NOT NULL,
        measure TEXT NOT NULL,
        name TEXT,
        network TEXT,
        until INTEGER,
        by TEXT NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (room, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE messages (
        number INTEGER PRIMARY KEY,
        room TEXT NOT NULL,
        at INTEGER NOT NULL,
        who TEXT NOT NULL,
        kind TEXT NOT NULL,
        text TEXT NOT NULL
    ) STRICT;
    CREATE INDEX messages_of_room ON messages (room);
",
    "
    ALTER TABLE rooms ADD COLUMN founder TEXT;
    ALTER TABLE rooms ADD COLUMN founded INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE rooms ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
    UPDATE rooms SET used = unixepoch() / 86400;
    CREATE INDEX rooms_of_founder ON rooms (founder, founded);
    CREATE INDEX rooms_by_use ON rooms (used);
",
    "
    CREATE TABLE accounts (
        key TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        salt TEXT NOT NULL,
        rounds INTEGER NOT NULL,
        stored_key TEXT NOT NULL,
        server_key TEXT NOT NULL,
        email TEXT,
        made INTEGER NOT NULL,
        seen INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE rooms ADD COLUMN account TEXT;
    ALTER TABLE meta ADD COLUMN cloaks TEXT;
",
    "
    ALTER TABLE rooms ADD COLUMN topic_at INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE rooms ADD COLUMN modes TEXT NOT NULL DEFAULT 'nt';
    ALTER TABLE rooms ADD COLUMN most INTEGER;
    ALTER TABLE sanctions ADD COLUMN mask TEXT;
    ALTER TABLE sanctions ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sanctions ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
",
    "
    CREATE TABLE read_marks (
        account TEXT NOT NULL,
        place INTEGER NOT NULL,
        conversation TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (account, place)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE account_metadata (
        account TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (account, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE room_metadata (
        room TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (room, key)
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE private_messages (
        account TEXT NOT NULL,
        place INTEGER NOT NULL,
        at INTEGER NOT NULL,
        count INTEGER NOT NULL,
        partner TEXT NOT NULL,
        partner_account TEXT,
        own INTEGER NOT NULL,
        kind TEXT NOT NULL,
        tags TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (account, place)
    ) STRICT, WITHOUT ROWID;
",
    "
    ALTER TABLE messages ADD COLUMN account TEXT;
",
    "
    ALTER TABLE rooms ADD COLUMN salt TEXT;
    ALTER TABLE meta ADD COLUMN renamed INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX read_marks_of_conversation ON read_marks (conversation);
",
];

/// The owner of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// None yet.
    Empty,
    /// Ours, after this many migrations.
    Ours(i64),
    /// Another program's.
    Foreign,
}

/// Finds out the owner, and changes nothing.
pub(super) fn identify(connection: &Connection) -> Result<Identity> {
    let number = |sql| connection.query_row(sql, (), |row| row.get::<_, i64>(0));
    let application = number("PRAGMA application_id")?;
    let version = number("PRAGMA user_version")?;
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    Ok(match (application, version, tables) {
        (APPLICATION_ID, version, _) => Identity::Ours(version),
        (0, 0, 0) => Identity::Empty,
        _ => Identity::Foreign,
    })
}

/// Takes the steps that were not taken yet, each as a whole or not at all.
pub(super) fn migrate(connection: &mut Connection, steps: &[&str], taken: usize) -> Result<()> {
    for taken in taken..steps.len() {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        take_steps(&transaction, &steps[..=taken], taken)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Takes the steps that were not taken yet, within a transaction of the caller's.
pub(super) fn take_steps(connection: &Connection, steps: &[&str], taken: usize) -> Result<()> {
    for (before, step) in steps.iter().enumerate().skip(taken) {
        connection.execute_batch(step)?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "user_version", before as i64 + 1)?;
    }
    Ok(())
}
