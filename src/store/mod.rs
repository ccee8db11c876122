//! The lobby on disk: one SQLite database, written in batches and read once, at the start.
//!
//! ```text
//!   lobby --SaveBatch--> commit --> write-ahead log --checkpoint--> mio-chat.db
//!   lobby <-StoredLobby- open <---------+------------------------------+
//! ```
//!
//! Promises: a commit is stored whole or not at all; it outlives the death of the process, but the
//! last moments may be lost when the machine loses power. After either, the state says that it is
//! not complete.
//!
//! Everybody waits while a disk syncs, so commits do not sync (`synchronous=NORMAL`), but for one:
//! that of [`Store::begin`], at the start, so that neither a kill before the next commit nor a loss
//! of power can make a state that was left in the middle look complete. Where that one has failed,
//! the first that succeeds is synced. So is a commit that somebody is told of, who has registered
//! an account or chosen another password. A checkpoint syncs the log and the database. SQLite also
//! syncs the head of a new log, which would fall into the first commit after a checkpoint: so
//! [`Store::checkpoint`] begins the next log itself, if no reader holds on to the old one.
//!
//! Left to others: `chat` decides what is remembered, [`Pace`] when to write; the caller measures
//! how long anything takes.
//!
//! Invariants: between two calls no transaction is open; a folder belongs to one `Store`.

mod accounts;
mod archive;
mod belongings;
mod columns;
mod erase;
mod error;
mod folder;
mod mailboxes;
mod metadata;
mod pace;
mod read;
mod rename;
mod schema;
mod surplus;
#[cfg(test)]
mod tests;
mod write;

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Result as SqlResult, TransactionBehavior};

pub use self::error::StoreError;
use self::folder::Folder;
pub use self::pace::Pace;
use self::read::LoadedState;
use self::schema::{Identity, STEPS};
use self::surplus::Surplus;
use crate::chat::{Archive, RoomName, SaveBatch, StoredLobby};
use crate::limits::{
    ROOMS_BETWEEN_COUNTS, STORE_CHECKED_BYTES_MAX, STORE_LOG_BYTES_MAX, STORE_PATIENCE,
};

/// Bytes that one page takes in the log: the page itself, and SQLite's header.
const LOGGED_PAGE_BYTES: u64 = 4_096 + 24;
/// More than we have; a statement that is thrown out would be compiled again for each row.
const STATEMENTS: usize = 48;

/// The state of the chat on disk, open.
#[derive(Debug)]
pub struct Store {
    /// Closed before the folder is given up.
    connection: Connection,
    folder: Folder,
    /// The number of migrations done; the first commit does the others.
    taken: usize,
    skipped: u64,
    /// Whether it was found complete.
    was_complete: bool,
    /// Whether the state says that it is not complete because we are at work on it.
    is_marked: bool,
    /// Whether anything new was committed.
    is_changed: bool,
    /// Rooms that were settled, and maybe new, since they were counted.
    settled: u64,
    /// Keys of rooms that cannot be found by name, to be erased by the next commit: there are too
    /// many rooms.
    outdated: Vec<String>,
    log_bytes: u64,
}

impl Store {
    /// Opens or creates the state in `folder`, migrates it, and reads at most `most` rooms, as far
    /// as their messages fit into memory, and one room more. `epoch` is used if there is no state
    /// yet.
    ///
    /// # Errors
    /// Whatever keeps the server from starting, as one sentence.
    pub fn open(folder: &Path, epoch: u32, most: usize) -> Result<(Self, StoredLobby), StoreError> {
        let folder = Folder::take(folder)?;
        let failed = |error| StoreError::opening(folder.path(), error);
        let mut connection = connect(&folder).map_err(failed)?;
        let taken = identify(&connection, &folder)?;
        check(&connection, &folder, STORE_CHECKED_BYTES_MAX)?;
        set_up(&connection).map_err(failed)?;
        schema::migrate(&mut connection, &STEPS, taken).map_err(failed)?;
        let reading = read(&mut connection, epoch, most).map_err(failed)?;
        let LoadedState { snapshot, skipped, .. } = reading;
        let taken = STEPS.len();
        let store = Self::ready(connection, folder, taken, skipped, snapshot.complete)?;
        Ok((store, snapshot))
    }

    /// Opens a state again that a server has closed a moment ago and that is known already:
    /// everybody waits, so its contents are neither read nor checked. Nothing is committed before
    /// [`Store::begin`], so that an older server can still open it if this one is not to go on.
    ///
    /// # Errors
    /// Whatever keeps it from being used.
    pub fn resume(folder: &Path) -> Result<Self, StoreError> {
        let folder = Folder::take(folder)?;
        let failed = |error| StoreError::opening(folder.path(), error);
        let connection = connect(&folder).map_err(failed)?;
        let taken = identify(&connection, &folder)?;
        set_up(&connection).map_err(failed)?;
        let complete = || connection.query_row("SELECT complete FROM meta", (), |row| row.get(0));
        // A new one has no tables yet.
        let was_complete = taken == 0 || complete().map_err(failed)?;
        Self::ready(connection, folder, taken, 0, was_complete)
    }

    fn ready(
        connection: Connection,
        folder: Folder,
        taken: usize,
        skipped: u64,
        was_complete: bool,
    ) -> Result<Self, StoreError> {
        let failed = |error| StoreError::opening(folder.path(), error);
        let log_bytes = log_bytes(&connection).map_err(failed)?;
        // From now on clients would wait for a busy database.
        connection.busy_timeout(Duration::ZERO).map_err(failed)?;
        let (is_marked, is_changed, settled) = (false, false, ROOMS_BETWEEN_COUNTS);
        Ok(Self {
            connection,
            folder,
            taken,
            skipped,
            was_complete,
            is_marked,
            is_changed,
            settled,
            outdated: Vec::new(),
            log_bytes,
        })
    }

    /// The rooms on disk, for when one is asked for that is not in memory. To be given up before
    /// this is closed.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn archive(&self) -> Result<Box<dyn Archive>, StoreError> {
        Ok(Box::new(archive::DiskArchive::open(&self.folder)?))
    }

    /// Rooms that are to be kept no longer, since there are more than `most`: as many as one commit
    /// can erase. `may_go` says whether one can be let go of now. Looks once in a while only.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn surplus(
        &mut self,
        most: usize,
        today: u32,
        may_go: impl Fn(&RoomName) -> bool,
    ) -> Result<Vec<RoomName>, StoreError> {
        if self.settled < ROOMS_BETWEEN_COUNTS {
            return Ok(Vec::new());
        }
        let found = surplus::surplus(&self.connection, most, today, may_go);
        let Surplus { names, outdated } =
            found.map_err(|error| StoreError::reading(self.folder.path(), error))?;
        if names.is_empty() && outdated.is_empty() {
            self.settled = 0;
        }
        self.outdated = outdated;
        Ok(names)
    }

    /// Marks the state as incomplete, before any client is heard, until the end says otherwise: a
    /// message before the first commit leaves no other trace. Synced. `batch` has nothing new but
    /// the last number that counts as given. Migrates the tables, too.
    ///
    /// # Errors
    /// SQLite's error. The first commit will mark the state then.
    pub fn begin(&mut self, batch: &SaveBatch<'_>) -> Result<(), StoreError> {
        let begun = self.commit(batch);
        self.is_changed = false;
        begun
    }

    /// Writes one batch in one transaction. On an error nothing of it is kept, and it can be
    /// written again later.
    ///
    /// # Errors
    /// SQLite's error; the disk may be full.
    pub fn commit(&mut self, batch: &SaveBatch<'_>) -> Result<(), StoreError> {
        self.try_commit(batch).map_err(|error| StoreError::writing(self.folder.path(), error))
    }

    /// Moves as much as it can from the log into the database. Syncs: to be called when there is
    /// nothing else to do.
    ///
    /// # Errors
    /// SQLite's error. Nothing is lost: the rest stays in the log.
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.try_checkpoint().map_err(|error| StoreError::writing(self.folder.path(), error))
    }

    /// Notes that everything was committed, moves it into the database, and closes.
    ///
    /// A state to which nothing new was committed is as complete as it was found: if its last
    /// server was killed, it stays incomplete.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn close(self) -> Result<(), StoreError> {
        let Self { connection, folder, was_complete, is_marked, is_changed, .. } = self;
        let closed = finish(&connection, is_changed || (is_marked && was_complete))
            .and_then(|()| connection.close().map_err(|(_, error)| error));
        closed.map_err(|error| StoreError::writing(folder.path(), error))
    }

    /// Bytes that wait in the log to be moved into the database.
    pub fn log_bytes(&self) -> u64 {
        self.log_bytes
    }

    /// Rows that were found at the start and say nothing to us. They were left where they are.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    fn try_commit(&mut self, batch: &SaveBatch<'_>) -> SqlResult<()> {
        roll_back(&self.connection)?;
        if !self.is_marked || batch.must_last {
            self.connection.pragma_update(None, "synchronous", "FULL")?;
        }
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        schema::take_steps(&transaction, &STEPS, self.taken)?;
        self.outdated.iter().try_for_each(|key| erase::erase(&transaction, key))?;
        write::write(&transaction, batch)?;
        transaction.commit()?;
        self.taken = STEPS.len();
        // The commit has succeeded. A later failure must not have it written again.
        self.is_changed = true;
        self.outdated.clear();
        self.settled += batch.rooms.iter().filter(|room| room.settings.is_some()).count() as u64;
        if !self.is_marked || batch.must_last {
            self.is_marked = self.connection.pragma_update(None, "synchronous", "NORMAL").is_ok();
        }
        self.log_bytes = log_bytes(&self.connection).unwrap_or(self.log_bytes);
        Ok(())
    }

    fn try_checkpoint(&mut self) -> SqlResult<()> {
        roll_back(&self.connection)?;
        let (logged, moved) = checkpoint(&self.connection, "PASSIVE")?;
        if logged > 0 && logged == moved {
            // Any write begins a new log, but it must change something.
            let sql = "UPDATE meta SET checkpoints = checkpoints + 1";
            self.connection.prepare_cached(sql)?.execute(())?;
        }
        self.log_bytes = log_bytes(&self.connection)?;
        Ok(())
    }
}

/// `NO_MUTEX`: there is one thread. Without `CREATE`: the file was made with the right mode.
fn connect(folder: &Folder) -> SqlResult<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.database(), flags)?;
    connection.busy_timeout(STORE_PATIENCE)?;
    Ok(connection)
}

/// Looks at the file before anything is changed in it. Returns how many steps of the schema were
/// taken.
fn identify(connection: &Connection, folder: &Folder) -> Result<usize, StoreError> {
    let failed = |error| StoreError::opening(folder.path(), error);
    let folder = || folder.path().to_owned();
    match schema::identify(connection).map_err(failed)? {
        Identity::Empty => Ok(0),
        Identity::Foreign => Err(StoreError::Foreign { folder: folder() }),
        Identity::Ours(found) => match usize::try_from(found) {
            Ok(taken) if taken <= STEPS.len() => Ok(taken),
            _ => Err(StoreError::Newer { folder: folder(), found, known: STEPS.len() }),
        },
    }
}

/// Whether it is sound. That reads all of it, and it may hold sixteen times as many rooms as are in
/// memory, so one of more bytes than `most` is not checked.
fn check(connection: &Connection, folder: &Folder, most: u64) -> Result<(), StoreError> {
    let failed = |error| StoreError::opening(folder.path(), error);
    let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let bytes: i64 = connection.query_row(sql, (), |row| row.get(0)).map_err(failed)?;
    if u64::try_from(bytes).is_ok_and(|bytes| bytes > most) {
        log::info!("state: not checked for damage, since it is large: bytes={bytes}");
        return Ok(());
    }
    let found: String =
        connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0)).map_err(failed)?;
    if found != "ok" {
        let what = found.lines().last().unwrap_or_default().to_owned();
        return Err(StoreError::Damaged { folder: folder.path().to_owned(), what });
    }
    Ok(())
}

/// The settings of a connection. A cache of 1 MiB holds the pages that a commit changes; pages that
/// are read once at the start need not stay. Temporary tables stay in memory.
fn set_up(connection: &Connection) -> SqlResult<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL;
         PRAGMA journal_size_limit = {STORE_LOG_BYTES_MAX};
         PRAGMA synchronous = NORMAL;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA cache_size = -1024;
         PRAGMA temp_store = MEMORY;
         PRAGMA foreign_keys = OFF;
         PRAGMA trusted_schema = OFF;"
    ))
}

/// Reads within one transaction, so that nothing changes in between.
fn read(connection: &mut Connection, epoch: u32, most: usize) -> SqlResult<LoadedState> {
    let transaction = connection.transaction()?;
    let reading = LoadedState::of(&transaction, epoch, most)?;
    transaction.commit()?;
    Ok(reading)
}

/// The last words. Synced, also where a reader keeps the log from being moved.
fn finish(connection: &Connection, is_complete: bool) -> SqlResult<()> {
    roll_back(connection)?;
    if is_complete {
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute("UPDATE meta SET complete = 1", ())?;
    }
    checkpoint(connection, "TRUNCATE").map(|_| ())
}

/// Ends a transaction that a failed one may have left behind: a rollback can fail, too.
fn roll_back(connection: &Connection) -> SqlResult<()> {
    if connection.is_autocommit() { Ok(()) } else { connection.execute_batch("ROLLBACK") }
}

/// Pages in the log, and how many of them were moved. A reader in the way is no error.
fn checkpoint(connection: &Connection, mode: &str) -> SqlResult<(u64, u64)> {
    let mut statement = connection.prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?;
    let pages = |row: &rusqlite::Row<'_>, column| {
        row.get::<_, i64>(column).map(|pages| u64::try_from(pages).unwrap_or_default())
    };
    statement.query_row((), |row| Ok((pages(row, 1)?, pages(row, 2)?)))
}

fn log_bytes(connection: &Connection) -> SqlResult<u64> {
    let (logged, moved) = checkpoint(connection, "NOOP")?;
    Ok(logged.saturating_sub(moved) * LOGGED_PAGE_BYTES)
}
