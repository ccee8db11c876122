//! The folder of the state: made where it is missing, readable for its owner alone, and used by one
//! server at a time.
//!
//! The lock is on the folder itself, since SQLite has its own locks on the database: readers of it,
//! such as `sqlite3`, are not kept out. The folder stays locked whatever is deleted in it. Older
//! servers have locked a file in it, so that is locked, too.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::error::StoreError;

const DATABASE: &str = "mio-chat.db";
const LOCK: &str = "lock";

/// A folder that no other server uses as long as this lives.
#[derive(Debug)]
pub(super) struct Folder {
    /// Absolute: SQLite would take a relative path that begins with `file:` for something else.
    path: PathBuf,
    /// Held, not read: the system takes the lock away with the last descriptor.
    _locks: [File; 2],
}

impl Folder {
    /// Makes and locks it, and makes an empty database if there is none.
    pub(super) fn take(folder: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Folder { folder: folder.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let path = fs::canonicalize(folder).map_err(failed)?;
        let locks =
            [File::open(&path).map_err(failed)?, private_file(&path.join(LOCK)).map_err(failed)?];
        for (lock, is_folder) in locks.iter().zip([true, false]) {
            match flock(lock, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => return Err(StoreError::InUse { folder: path }),
                // Some network file systems lock only files that are open for writing.
                Err(Errno::BADF | Errno::OPNOTSUPP | Errno::NOLCK) if is_folder => {}
                Err(error) => return Err(failed(error.into())),
            }
        }
        let taken = Self { path, _locks: locks };
        // SQLite would make it readable for everybody, and its log with the same mode.
        private_file(&taken.database()).map_err(failed)?;
        Ok(taken)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the database is.
    pub(super) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }
}

/// Opens a file to be written to; a new one is for its owner alone.
fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}
