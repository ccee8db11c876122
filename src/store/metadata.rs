//! Metadata on disk, one row a key: that of accounts and that of rooms have a table each.

use rusqlite::{Connection, Result, params};

use super::columns::text;
use crate::chat::Metadata;

/// Writes that of an account, in place of what it was.
pub(super) fn write_of_account(
    connection: &Connection,
    account: &str,
    metadata: &Metadata,
) -> Result<()> {
    let old = "DELETE FROM account_metadata WHERE account = ?1";
    let new = "INSERT INTO account_metadata (account, key, value) VALUES (?1, ?2, ?3)";
    write(connection, (old, new), account, metadata)
}

/// Writes that of a room, in place of what it was.
pub(super) fn write_of_room(
    connection: &Connection,
    room: &str,
    metadata: &Metadata,
) -> Result<()> {
    let old = "DELETE FROM room_metadata WHERE room = ?1";
    let new = "INSERT INTO room_metadata (room, key, value) VALUES (?1, ?2, ?3)";
    write(connection, (old, new), room, metadata)
}

fn write(
    connection: &Connection,
    (old, new): (&str, &str),
    owner: &str,
    metadata: &Metadata,
) -> Result<()> {
    connection.prepare_cached(old)?.execute([owner])?;
    metadata.iter().try_for_each(|(key, value)| {
        connection.prepare_cached(new)?.execute(params![owner, key, value]).map(|_| ())
    })
}

/// Reads that of an account.
pub(super) fn read_of_account(connection: &Connection, account: &str) -> Result<Metadata> {
    let sql = "SELECT key, value FROM account_metadata WHERE account = ?1 ORDER BY key";
    read(connection, sql, account)
}

/// Reads that of a room.
pub(super) fn read_of_room(connection: &Connection, room: &str) -> Result<Metadata> {
    let sql = "SELECT key, value FROM room_metadata WHERE room = ?1 ORDER BY key";
    read(connection, sql, room)
}

/// Rows that say nothing to us are skipped.
fn read(connection: &Connection, sql: &str, owner: &str) -> Result<Metadata> {
    let mut statement = connection.prepare_cached(sql)?;
    let (mut rows, mut found) = (statement.query([owner])?, Vec::new());
    while let Some(row) = rows.next()? {
        if let (Some(key), Some(value)) = (text(row, 0), text(row, 1)) {
            found.push((key.to_owned(), value.to_owned()));
        }
    }
    Ok(Metadata::restored(found.iter().map(|(key, value)| (key.as_str(), value.as_str()))))
}
