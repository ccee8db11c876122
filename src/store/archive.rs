//! The rooms that are on disk and not in memory, for the lobby to ask for one of them.
//!
//! A connection of its own that only reads, so that leftovers of a failed commit are never seen. A
//! room is found by its key: some 10 us where there is none, and some 300 us for one that remembers
//! much.

use std::cell::Cell;
use std::path::PathBuf;

use rusqlite::{Connection, OpenFlags, Result as SqlResult};

use super::error::StoreError;
use super::folder::Folder;
use super::{STATEMENTS, read};
use crate::chat::{Archive, RoomName, StoredRoom, Unreadable};

/// The rooms on disk.
#[derive(Debug)]
pub(super) struct DiskArchive {
    connection: Connection,
    folder: PathBuf,
    /// The last read failed, and that was logged.
    is_failing: Cell<bool>,
}

impl DiskArchive {
    /// Opens it a second time.
    pub(super) fn open(folder: &Folder) -> Result<Self, StoreError> {
        let failed = |error| StoreError::opening(folder.path(), error);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(folder.database(), flags).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.busy_timeout(std::time::Duration::ZERO).map_err(failed)?;
        connection.pragma_update(None, "cache_size", -256).map_err(failed)?;
        Ok(Self { connection, folder: folder.path().to_owned(), is_failing: Cell::new(false) })
    }

    fn note(
        &self,
        found: SqlResult<Option<Option<StoredRoom>>>,
    ) -> Result<Option<StoredRoom>, Unreadable> {
        let was_failing = self.is_failing.replace(found.is_err());
        match found {
            Ok(None) => Ok(None),
            Ok(Some(room)) => room.ok_or(Unreadable).map(Some),
            Err(source) => {
                if !was_failing {
                    log::error!("{}", StoreError::reading(&self.folder, source));
                }
                Err(Unreadable)
            }
        }
    }
}

impl Archive for DiskArchive {
    fn room(&self, name: &RoomName) -> Result<Option<StoredRoom>, Unreadable> {
        self.note(read::one(&self.connection, name))
    }
}
