//! Which rooms are too many on disk.
//!
//! First rooms that have been unused for long, configured ones much later; then, as in memory, the
//! youngest room of the founder with most rooms. So a flood of rooms pushes out itself, and rooms
//! with an owner outlive it.

use rusqlite::{Connection, Result, params};

use crate::chat::{Alphabet, NameKey, RoomName};
use crate::limits::{COMMIT_ROWS_MAX, ROOM_CONFIGURED_UNUSED_DAYS, ROOM_UNUSED_DAYS};

/// Rooms to be kept no longer, so that about `most` are left: as many as one commit can erase.
/// `may_go` says whether one can be let go of now.
pub(super) fn surplus(
    connection: &Connection,
    most: usize,
    today: u32,
    may_go: impl Fn(&RoomName) -> bool,
) -> Result<Surplus> {
    let count = |sql| connection.prepare_cached(sql)?.query_row((), |row| row.get::<_, i64>(0));
    let kept = usize::try_from(count("SELECT count(*) FROM rooms")?).unwrap_or_default();
    let (wanted, found) = (kept.saturating_sub(most), Surplus::default());
    let mut list = SurplusSearch { connection, wanted, rows: 0, found };
    if list.wanted > 0 {
        list.take_left(today, &may_go)?;
        list.take_youngest(&may_go)?;
    }
    Ok(list.found)
}

/// Rooms that are too many.
#[derive(Debug, Default)]
pub(super) struct Surplus {
    /// To be let go of by the lobby.
    pub(super) names: Vec<RoomName>,
    /// Keys of rooms that cannot be found, because the key of their name is another today (letters
    /// may come to look alike with a newer Unicode). The new key may be another room's.
    pub(super) outdated: Vec<String>,
}

/// A search under way, and the rooms found so far.
struct SurplusSearch<'a> {
    connection: &'a Connection,
    wanted: usize,
    /// Rows that go with them.
    rows: usize,
    found: Surplus,
}

impl SurplusSearch<'_> {
    fn rooms(&self) -> usize {
        self.found.names.len() + self.found.outdated.len()
    }

    fn is_full(&self) -> bool {
        self.rooms() >= self.wanted || self.rows >= COMMIT_ROWS_MAX
    }

    fn take_left(&mut self, today: u32, may_go: &impl Fn(&RoomName) -> bool) -> Result<()> {
        let sql = "SELECT key, name FROM rooms
                   WHERE used BETWEEN 1 AND ?1 - 1 AND key <> ?3
                       AND (used < ?2 OR (topic IS NULL AND password IS NULL
                            AND NOT EXISTS (SELECT 1 FROM sanctions WHERE room = rooms.key)
                            AND NOT EXISTS (SELECT 1 FROM room_metadata
                                            WHERE room = rooms.key)))
                   ORDER BY used";
        let bare = today.saturating_sub(ROOM_UNUSED_DAYS);
        let settled = today.saturating_sub(ROOM_CONFIGURED_UNUSED_DAYS);
        let main = NameKey::of("main");
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![bare, settled, main.as_str()])?;
        while !self.is_full()
            && let Some(row) = rows.next()?
        {
            self.take(row.get(0)?, &row.get::<_, String>(1)?, may_go)?;
        }
        Ok(())
    }

    /// Takes rooms of the founder who has most: as many as are more than the next founder's, or an
    /// eighth where several founders have as many. Of those, the founder of the youngest room comes
    /// first.
    fn take_youngest(&mut self, may_go: &impl Fn(&RoomName) -> bool) -> Result<()> {
        if self.is_full() {
            return Ok(());
        }
        let sql = "SELECT founder, count(*) AS rooms FROM rooms WHERE founder IS NOT NULL
                   GROUP BY founder ORDER BY rooms DESC, max(founded) DESC LIMIT 2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let founders = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let founders: Vec<(String, i64)> = founders.collect::<Result<_>>()?;
        let Some((founder, count)) = founders.first() else { return Ok(()) };
        let more = (count - founders.get(1).map_or(0, |(_, next)| *next)).max(count / 8);
        self.wanted = self.wanted.min(self.rooms() + usize::try_from(more).unwrap_or(0).max(1));
        let sql = "SELECT key, name FROM rooms WHERE founder = ?1 ORDER BY founded DESC";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([founder])?;
        while !self.is_full()
            && let Some(row) = rows.next()?
        {
            self.take(row.get(0)?, &row.get::<_, String>(1)?, may_go)?;
        }
        Ok(())
    }

    /// One that says nothing to us is left alone.
    fn take(&mut self, key: String, name: &str, may_go: &impl Fn(&RoomName) -> bool) -> Result<()> {
        let Ok(name) = RoomName::parse(name, Alphabet::Unicode) else { return Ok(()) };
        let is_found = name.key().as_str() == key;
        let stays = if is_found {
            self.found.names.contains(&name) || !may_go(&name)
        } else {
            self.found.outdated.contains(&key)
        };
        if stays {
            return Ok(());
        }
        let sql = "SELECT (SELECT count(*) FROM messages WHERE room = ?1)
                        + (SELECT count(*) FROM sanctions WHERE room = ?1)
                        + (SELECT count(*) FROM room_metadata WHERE room = ?1)";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows: i64 = statement.query_row([&key], |row| row.get(0))?;
        self.rows += 1 + usize::try_from(rows).unwrap_or_default();
        if is_found {
            self.found.names.push(name);
        } else {
            self.found.outdated.push(key);
        }
        Ok(())
    }
}
