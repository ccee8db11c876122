//! What of the server is kept elsewhere, and the calendar by which that is dated.
//!
//! Where it is kept, and when, is left to whoever drives the server.

use super::Server;
use crate::chat::{Archive, Context, JournalEntry, Network, RoomName, SaveBatch, StoredLobby};
use crate::id::ClientId;
use crate::limits::ROOMS_RECALLED_PER_TURN;
use crate::time::{Time, UnixTime};

/// What is kept of the server's rooms elsewhere: on disk, or by a server that follows this one. For
/// whoever keeps it.
#[derive(Debug)]
pub struct Storage<'s>(&'s mut Server);

impl Storage<'_> {
    /// Takes in what was kept, before anybody comes.
    pub fn restore(&mut self, stored: StoredLobby) {
        self.0.lobby.restore(stored);
    }

    /// Where rooms are that are not in memory; `None`: nowhere.
    pub fn set_archive(&mut self, archive: Option<Box<dyn Archive>>) {
        self.0.lobby.set_archive(archive);
    }

    /// Removes rooms of which too many are stored; the next save deletes them from the store.
    pub fn forget_rooms(&mut self, names: Vec<RoomName>) {
        self.0.lobby.forget_rooms(names, &mut self.0.fanout);
    }

    /// Has what is new kept by `commit`, at most so many rows of it at a time.
    ///
    /// # Errors
    /// What `commit` says; everything is as new as before then.
    pub fn save<E>(
        &mut self,
        most: usize,
        commit: impl FnOnce(&SaveBatch<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let saved = self.0.lobby.save(most, commit);
        self.0.log_ins.note_saved(saved.is_ok());
        saved
    }

    /// Keeps what happens in rooms from now on, for [`Storage::take_journal`].
    pub fn keep_journal(&mut self) {
        self.0.lobby.keep_journal();
    }

    /// What has happened in rooms since this was last asked for, if that is kept.
    pub fn take_journal(&mut self) -> Vec<JournalEntry> {
        self.0.lobby.take_journal()
    }
}

impl Server {
    /// What is kept elsewhere.
    pub fn storage(&mut self) -> Storage<'_> {
        Storage(self)
    }

    /// Whether as many rooms were looked for on disk in this turn as may be.
    pub(super) fn has_recalled_enough(&self) -> bool {
        self.lobby.recalled() >= self.recalled_before + ROOMS_RECALLED_PER_TURN
    }

    /// Notes what the calendar says at `now`. To be called once in a while: it may be set.
    pub fn set_calendar(&mut self, now: Time, date: UnixTime) {
        let since_start = u64::try_from(now.since(Time::ZERO).as_millis()).unwrap_or(u64::MAX);
        self.started = UnixTime::from_millis(date.millis().saturating_sub(since_start));
        self.lobby.set_now(date);
    }

    /// Where clients come from and what the calendar says, for as long as `act` takes, which is
    /// given the rest of the server that commands need.
    pub(super) fn with_context<T>(
        &mut self,
        now: Time,
        act: impl FnOnce(&mut crate::chat::Lobby, &mut crate::delivery::Fanout, &Context<'_>) -> T,
    ) -> T {
        let (sessions, admission) = (&self.sessions, &self.admission);
        let network_of = |id: ClientId| -> Option<Network> {
            sessions.get(id).and_then(|session| admission.origins.network(session.origin))
        };
        let now = self.started + now.since(Time::ZERO);
        let players = self.matchmaker.port();
        let context = Context { now, network_of: &network_of, players };
        act(&mut self.lobby, &mut self.fanout, &context)
    }
}
