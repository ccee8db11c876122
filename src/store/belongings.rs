//! What belongs to accounts, on disk: their read marks, and what their owners say of themselves.

use rusqlite::{Connection, Result, Row, params};

use super::columns::{integer, number, text};
use super::metadata;
use crate::chat::{BelongingsChanges, NameKey, ReadMark, StoredBelongings};
use crate::time::UnixTime;

/// Writes what has changed of what belongs to one account.
pub(super) fn write(connection: &Connection, changes: &BelongingsChanges<'_>) -> Result<()> {
    let account = changes.account.as_str();
    if let Some(described) = changes.metadata {
        metadata::write_of_account(connection, account, described)?;
    }
    let sql = "INSERT OR REPLACE INTO read_marks (account, place, conversation, at)
               VALUES (?1, ?2, ?3, ?4)";
    for (place, mark) in &changes.marks {
        let (place, at) = (integer(*place as u64), integer(mark.at.millis()));
        let values = params![account, place, mark.conversation.as_str(), at];
        connection.prepare_cached(sql)?.execute(values)?;
    }
    Ok(())
}

/// Reads what belongs to one account. Rows that say nothing to us are skipped.
pub(super) fn read(connection: &Connection, account: &NameKey) -> Result<StoredBelongings> {
    let sql = "SELECT conversation, at FROM read_marks WHERE account = ?1 ORDER BY place";
    let mut statement = connection.prepare_cached(sql)?;
    let (mut rows, mut marks) = (statement.query([account.as_str()])?, Vec::new());
    while let Some(row) = rows.next()? {
        marks.extend(mark(row));
    }
    let metadata = metadata::read_of_account(connection, account.as_str())?;
    Ok(StoredBelongings { marks, metadata })
}

fn mark(row: &Row<'_>) -> Option<ReadMark> {
    ReadMark::restored(text(row, 0)?, UnixTime::from_millis(number(row, 1)?))
}
