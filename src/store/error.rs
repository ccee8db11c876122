//! Why the state cannot be opened or written, in one sentence each: the step, the place, the
//! reason, and advice.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

/// A failure of the file system or of SQLite.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The folder cannot be made or used.
    #[error(
        "cannot keep the state in {}: {source}; make it a folder that mio-chat may write to, or \
         name another with --state", folder.display()
    )]
    Folder {
        /// Which.
        folder: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Two servers would write over each other.
    #[error(
        "cannot open the state in {}: another mio-chat is using it; stop that one, or name \
         another folder with --state", folder.display()
    )]
    InUse {
        /// Which folder.
        folder: PathBuf,
    },
    /// Its tables are not known yet.
    #[error(
        "cannot open the state in {}: it was written by a newer mio-chat (schema {found}, this one \
         knows {known}); start that one, or name another folder with --state", folder.display()
    )]
    Newer {
        /// Which folder.
        folder: PathBuf,
        /// The version of its tables.
        found: i64,
        /// The newest version that we know.
        known: usize,
    },
    /// The database belongs to another program.
    #[error(
        "cannot open the state in {}: its mio-chat.db is the database of another program; move it \
         away, or name another folder with --state", folder.display()
    )]
    Foreign {
        /// Which folder.
        folder: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "cannot open the state in {}: its mio-chat.db is damaged ({what}); save what can be saved \
         with `sqlite3 mio-chat.db .recover`, or move it away to begin anew", folder.display()
    )]
    Damaged {
        /// Which folder.
        folder: PathBuf,
        /// SQLite's finding.
        what: String,
    },
    /// SQLite cannot open it.
    #[error("cannot open the state in {}: {source}; {}", folder.display(), advice(source))]
    Open {
        /// Which folder.
        folder: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// SQLite cannot read a room.
    #[error("cannot read the state in {}: {source}; {}", folder.display(), advice(source))]
    Read {
        /// Which folder.
        folder: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// SQLite cannot write to it.
    #[error("cannot write to the state in {}: {source}; {}", folder.display(), advice(source))]
    Write {
        /// Which folder.
        folder: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// An error before anything was read.
    pub(super) fn opening(folder: &Path, source: rusqlite::Error) -> Self {
        let folder = folder.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Damaged { folder, what: source.to_string() }
            }
            _ => Self::Open { folder, source },
        }
    }

    /// An error while looking for a room.
    pub(super) fn reading(folder: &Path, source: rusqlite::Error) -> Self {
        Self::Read { folder: folder.to_owned(), source }
    }

    /// An error of a commit or a checkpoint.
    pub(super) fn writing(folder: &Path, source: rusqlite::Error) -> Self {
        Self::Write { folder: folder.to_owned(), source }
    }
}

/// Advice for the operator.
fn advice(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "make room on its disk",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "end the program that holds a lock on it (`fuser` on its files shows which)"
        }
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            "mio-chat must be allowed to write to all of its files"
        }
        // A disk on which there is no room for the index of its log is one, too.
        Some(ErrorCode::SystemIoFailure) => {
            "make room on its disk if that is full, or look for it in the log of the system"
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            "it is damaged: stop mio-chat and move its files away"
        }
        _ => "this is a fault of mio-chat or of the system",
    }
}
