//! Rooms that get another name, on disk: all rows that bear the old one.
//!
//! Each is done once, though a batch may be written again: doing it twice would take the rows of
//! another room that has the old name by now.

use rusqlite::{Connection, Result, params};

use super::columns::integer;
use super::erase::erase;
use crate::chat::{ConversationRef, RoomRename};
use crate::limits::READ_MARKS_MOVED_MAX;

/// Gives rooms their other names, but for those that have them already.
pub(super) fn rename(connection: &Connection, renamed: &[RoomRename]) -> Result<()> {
    let Some(last) = renamed.last() else { return Ok(()) };
    let sql = "SELECT renamed FROM meta";
    let done: i64 = connection.prepare_cached(sql)?.query_row((), |row| row.get(0))?;
    let done = renamed.iter().position(|rename| integer(rename.id) == done);
    let new = &renamed[done.map_or(0, |place| place + 1)..];
    new.iter().try_for_each(|rename| rename_one(connection, rename))?;
    let sql = "UPDATE meta SET renamed = ?1";
    connection.prepare_cached(sql)?.execute([integer(last.id)])?;
    Ok(())
}

fn rename_one(connection: &Connection, rename: &RoomRename) -> Result<()> {
    let RoomRename { old, new, .. } = rename;
    let [old_key, new_key] = [old.key(), new.key()];
    // What is left of a room that nobody could come back to.
    erase(connection, new_key.as_str())?;
    for sql in [
        "UPDATE messages SET room = ?2 WHERE room = ?1",
        "UPDATE sanctions SET room = ?2 WHERE room = ?1",
        "UPDATE room_metadata SET room = ?2 WHERE room = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([old_key.as_str(), new_key.as_str()])?;
    }
    let sql = "UPDATE rooms SET key = ?2, name = ?3, salt = nullif(ifnull(salt, ?1), ?2)
               WHERE key = ?1";
    let names = [old_key.as_str(), new_key.as_str(), new.as_str()];
    connection.prepare_cached(sql)?.execute(names)?;
    let [old, new] = [old, new].map(|name| ConversationRef::Room(name).key());
    let sql = "UPDATE read_marks SET conversation = iif(conversation = ?1, ?2, ?1)
               WHERE conversation IN (?1, ?2)
                 AND account IN (SELECT DISTINCT account FROM read_marks
                                 WHERE conversation IN (?1, ?2) LIMIT ?3)";
    let most = integer(READ_MARKS_MOVED_MAX as u64);
    connection.prepare_cached(sql)?.execute(params![old.as_str(), new.as_str(), most])?;
    Ok(())
}
