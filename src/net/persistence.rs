//! Saves to disk what outlives the server, in turns that have time for it.
//!
//! A commit follows the flush of a turn, so no message waits for a disk; a checkpoint, which syncs,
//! is made when there is nothing else to do. A failing disk is reported once, counted, and tried
//! again. The chat goes on, and messages of that time are saved when the disk recovers, as far as
//! rooms still remember them.
//!
//! `server` says what is saved, `store` how, and its `Pace` when.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::clock::Clock;
use super::error::NetError;
use crate::admin;
use crate::limits::{COMMIT_ROWS_MAX, ROOMS_KEPT_MAX};
use crate::metrics::Histogram;
use crate::server::Server;
use crate::store::{Pace, Store, StoreError};
use crate::time::Time;

/// The open store, and the record of its commits.
#[derive(Debug)]
pub(super) struct Persistence {
    store: Store,
    pace: Pace,
    /// Since when there has been something to save.
    unsaved_since: Option<Time>,
    counters: SaveCounters,
    /// Durations of commits, failed ones included.
    took: Histogram,
}

/// Totals since the start.
#[derive(Debug, Default)]
struct SaveCounters {
    commits: u64,
    rows: u64,
    failures: u64,
    /// Of those, since the last success.
    failing: u64,
    checkpoints: u64,
    slowest: Duration,
}

impl Persistence {
    /// Opens the state in a folder, and restores it into a server that has no clients yet.
    pub(super) fn open(folder: &Path, server: &mut Server) -> Result<Self, NetError> {
        let epoch = getrandom::u32().map_err(NetError::Secret)?;
        let (store, stored) = Store::open(folder, epoch, server.status().lobby().rooms_max())?;
        let messages: usize = stored.rooms.iter().map(|room| room.messages.len()).sum();
        log::info!(
            "state: folder={} rooms={} messages={messages} complete={}",
            folder.display(),
            stored.rooms.len(),
            stored.complete
        );
        if store.skipped() > 0 {
            log::warn!("state: {} rows were not understood and left alone", store.skipped());
        }
        server.storage().restore(stored);
        let mut persistence = Self::new(store, server)?;
        persistence.begin(server);
        Ok(persistence)
    }

    /// Opens the state again that was closed for another process, or by it: the server knows all
    /// that is kept there, and maybe more. Nothing is written before [`Persistence::begin`].
    pub(super) fn resume(folder: &Path, server: &mut Server) -> Result<Self, NetError> {
        Self::new(Store::resume(folder)?, server)
    }

    fn new(store: Store, server: &mut Server) -> Result<Self, NetError> {
        server.storage().set_archive(Some(store.archive()?));
        let (pace, counters, took) = (Pace::new(), SaveCounters::default(), Histogram::of_times());
        Ok(Self { store, pace, unsaved_since: None, counters, took })
    }

    /// Marks the state as in use, before any client is heard, and migrates its tables. If the disk
    /// is full the chat starts all the same, and the next commit does it.
    pub(super) fn begin(&mut self, server: &mut Server) {
        let store = &mut self.store;
        if let Err(error) = server.storage().save(0, |batch| store.begin(batch)) {
            self.note_failure(Time::ZERO, &error);
        }
    }

    /// Saves what is new, if that is due.
    pub(super) fn save(&mut self, now: Time, server: &mut Server, clock: Clock) {
        if !server.status().has_unsaved() {
            self.unsaved_since = None;
            return;
        }
        let since = *self.unsaved_since.get_or_insert(now);
        if self.pace.due(Some(since)).is_some_and(|due| due <= now) {
            self.unsaved_since = None;
            // A failure was logged.
            if self.commit(server, clock).is_ok() {
                self.erase_surplus(server, clock);
            }
        }
    }

    /// Moves the log of the store into its database, if there is nothing else to do or it is long.
    pub(super) fn checkpoint_if_due(&mut self, is_idle: bool, clock: Clock) {
        let begun = clock.now();
        let due = self.pace.checkpoint_due(self.store.log_bytes(), is_idle);
        if due.is_none_or(|due| due > begun) {
            return;
        }
        let moved = self.store.checkpoint();
        let ended = clock.now();
        self.pace.checkpointed(ended, ended.since(begun));
        match moved {
            Ok(()) => self.counters.checkpoints += 1,
            Err(error) => self.note_failure(ended, &error),
        }
    }

    /// When there will be something to do.
    pub(super) fn due(&self, server: &Server) -> Option<Time> {
        if !server.status().has_unsaved() {
            return None;
        }
        // Data that became unsaved since the last call waits for the next one, which is at once.
        self.unsaved_since.map_or(Some(Time::ZERO), |since| self.pace.due(Some(since)))
    }

    /// The totals, for the admin pages.
    pub(super) fn stats(&self) -> admin::StoreStats {
        let SaveCounters { commits, rows, failures, failing, checkpoints, .. } = self.counters;
        let (log_bytes, commit_seconds) = (self.store.log_bytes(), self.took.clone());
        admin::StoreStats {
            commits,
            rows,
            failures,
            failing,
            checkpoints,
            log_bytes,
            commit_seconds,
        }
    }

    /// Saves all that is new and closes the state.
    pub(super) fn finish(mut self, server: &mut Server, clock: Clock) {
        while server.status().has_unsaved() {
            if self.commit(server, clock).is_err() {
                log::error!("state: what was new is not kept");
                return;
            }
        }
        // It holds the same files open.
        server.storage().set_archive(None);
        match self.store.close() {
            Ok(()) => log::info!("state: all is kept"),
            Err(error) => log::error!("{error}"),
        }
    }

    fn commit(&mut self, server: &mut Server, clock: Clock) -> Result<(), StoreError> {
        let begun = clock.now();
        let (store, mut rows) = (&mut self.store, 0);
        let saved = server.storage().save(COMMIT_ROWS_MAX, |batch| {
            rows = batch.rows();
            store.commit(batch)
        });
        let ended = clock.now();
        let took = ended.since(begun);
        self.took.record_time(took);
        self.counters.slowest = self.counters.slowest.max(took);
        match &saved {
            Ok(()) => {
                self.pace.committed(ended, took);
                self.counters.commits += 1;
                self.counters.rows += rows as u64;
                self.note_success();
            }
            Err(error) => self.note_failure(ended, error),
        }
        saved
    }

    /// Lets go of rooms of which too many are on disk. The next commit erases them.
    fn erase_surplus(&mut self, server: &mut Server, clock: Clock) {
        let lobby = server.status().lobby();
        let most = ROOMS_KEPT_MAX.max(lobby.rooms_max());
        match self.store.surplus(most, lobby.today(), |name| lobby.may_forget(name)) {
            Ok(names) => server.storage().forget_rooms(names),
            Err(error) => self.note_failure(clock.now(), &error),
        }
    }

    fn note_success(&mut self) {
        let failing = std::mem::take(&mut self.counters.failing);
        if failing > 0 {
            log::info!("state: kept again after failures={failing}");
        }
    }

    fn note_failure(&mut self, now: Time, error: &StoreError) {
        if self.counters.failing == 0 {
            log::error!("{error}");
        }
        self.pace.failed(now);
        self.counters.failures += 1;
        self.counters.failing += 1;
    }
}

/// `commits=12 rows=345 failures=0 checkpoints=1 slowest_us=1234 log_bytes=12345`.
impl fmt::Display for Persistence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SaveCounters { commits, rows, failures, checkpoints, slowest, .. } = &self.counters;
        write!(
            f,
            "commits={commits} rows={rows} failures={failures} checkpoints={checkpoints} \
             slowest_us={} log_bytes={}",
            slowest.as_micros(),
            self.store.log_bytes()
        )
    }
}
