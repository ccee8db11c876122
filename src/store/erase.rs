//! Rooms that are no more.

use rusqlite::{Connection, Result};

/// Erases the room that has this key.
pub(super) fn erase(connection: &Connection, key: &str) -> Result<()> {
    for sql in [
        "DELETE FROM messages WHERE room = ?1",
        "DELETE FROM sanctions WHERE room = ?1",
        "DELETE FROM room_metadata WHERE room = ?1",
        "DELETE FROM rooms WHERE key = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([key])?;
    }
    Ok(())
}
