//! The rooms that are on disk and not in memory, for the lobby to ask for one of them, and what
//! belongs to accounts.
//!
//! A connection of its own that only reads, so that leftovers of a failed commit are never seen. A
//! room is found by its key: some 10 us where there is none, and some 300 us for one that remembers
//! much.

use std::cell::Cell;
use std::path::PathBuf;

use rusqlite::{Connection, OpenFlags, Result as SqlResult};

use super::error::StoreError;
use super::folder::Folder;
use super::{STATEMENTS, belongings, read};
use crate::chat::{Archive, NameKey, RoomName, StoredBelongings, StoredRoom, Unreadable};

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

    /// Logs the first of several failures.
    fn note<T>(&self, found: SqlResult<T>) -> Result<T, Unreadable> {
        let was_failing = self.is_failing.replace(found.is_err());
        found.map_err(|source| {
            if !was_failing {
                log::error!("{}", StoreError::reading(&self.folder, source));
            }
            Unreadable
        })
    }
}

impl Archive for DiskArchive {
    fn room(&self, name: &RoomName) -> Result<Option<StoredRoom>, Unreadable> {
        match self.note(read::one(&self.connection, name))? {
            None => Ok(None),
            Some(room) => room.ok_or(Unreadable).map(Some),
        }
    }

    fn belongings(&self, account: &NameKey) -> Result<StoredBelongings, Unreadable> {
        self.note(belongings::read(&self.connection, account))
    }
}
