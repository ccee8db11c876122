//! Rooms that are stored and not in memory: how they come back when somebody names one, and which
//! room makes way for them.
//!
//! Memory and disk are bounded apart. Where there is a store, a room that leaves memory keeps its
//! owner, password, bans and history. The store says which of its rooms are too many; only rooms
//! that nobody is in are removed.

use super::Lobby;
use crate::chat::fact::Fact;
use crate::chat::message::Message;
use crate::chat::name::RoomName;
use crate::chat::outlet::Outlet;
use crate::chat::refusal::Refusal;
use crate::chat::room::{Room, RoomId};
use crate::chat::stored::{Archive, StoredRoom, Unreadable};
use crate::limits::HISTORY_TOTAL_BYTES;
use crate::subnet::Subnet;
use crate::time::UnixTime;

impl Lobby {
    /// Sets the archive of rooms that are not in memory; `None`: there is none.
    pub fn set_archive(&mut self, archive: Option<Box<dyn Archive>>) {
        self.archive = archive;
    }

    /// The number of look-ups in the archive so far.
    pub fn recalled(&self) -> u64 {
        self.recalled
    }

    /// The most rooms there may be in memory.
    pub fn rooms_max(&self) -> usize {
        self.rooms.max()
    }

    /// The day of the last command or look at the calendar, from the beginning of 1970.
    pub fn today(&self) -> u32 {
        self.now.day()
    }

    /// Notes what time it is, before anybody has given a command.
    pub fn set_now(&mut self, now: UnixTime) {
        self.now = now;
    }

    /// Finds the room of this name, in memory or in the archive.
    pub(super) fn find_or_recall(
        &mut self,
        name: &RoomName,
        outlet: &mut impl Outlet,
    ) -> Result<Option<RoomId>, Refusal> {
        let found = self.rooms.find(name);
        if self.archive.is_none() {
            return Ok(found);
        }
        if let Some(id) = found {
            // The same happens wherever the room is.
            return if self.may_close(id) && !self.rooms.has_place() {
                Err(Refusal::TooManyRooms)
            } else {
                Ok(found)
            };
        }
        let Some(kept) = self.room_in_archive(name)? else { return Ok(None) };
        self.make_way(kept.standing.founder, outlet)?;
        Ok(Some(self.take_in(kept, outlet)))
    }

    /// Whether a room of this name is in the archive that somebody could come back to and own.
    pub(super) fn is_owned_in_archive(&mut self, name: &RoomName) -> Result<bool, Refusal> {
        Ok(self.room_in_archive(name)?.is_some_and(|kept| kept.settings.owner.is_some()))
    }

    /// The room of this name in the archive, where it may have another name yet.
    fn room_in_archive(&mut self, name: &RoomName) -> Result<Option<StoredRoom>, Refusal> {
        let Some(archive) = &self.archive else { return Ok(None) };
        let Some(stored) = self.unsaved.renames.stored_name(name) else { return Ok(None) };
        self.recalled += 1;
        let kept = archive.room(&stored).map_err(|Unreadable| Refusal::RoomUnreadable)?;
        Ok(kept.map(|mut kept| {
            self.unsaved.renames.follow_room(&mut kept);
            kept
        }))
    }

    /// Makes room in memory for one more room.
    pub(super) fn make_way(
        &mut self,
        founder: Option<Subnet>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let is_kept = self.archive.is_some();
        while is_kept && let Some(gone) = self.rooms.evict() {
            self.let_go(gone, outlet);
        }
        if let Some(gone) = self.rooms.displace(founder, self.now.day(), is_kept)? {
            self.let_go(gone, outlet);
        }
        Ok(())
    }

    /// Makes room for a history, where there is an archive that has the rooms which leave memory.
    pub(super) fn make_way_for_history(&mut self, bytes: usize, outlet: &mut impl Outlet) {
        if self.archive.is_none() || self.remembered + bytes <= HISTORY_TOTAL_BYTES {
            return;
        }
        while self.remembered + bytes > HISTORY_TOTAL_BYTES / 8 * 7
            && let Some(gone) = self.rooms.evict_silent()
        {
            self.let_go(gone, outlet);
        }
    }

    pub(super) fn take_in(&mut self, mut kept: StoredRoom, outlet: &mut impl Outlet) -> RoomId {
        let is_shorter = kept.shorten(self.settings.history);
        let stamp = self.sequence.behind_all(self.now);
        self.journal.note(&kept.name, stamp, || Fact::Opened(Box::new(kept.clone())));
        self.make_way_for_history(kept.weight(), outlet);
        self.unsaved.keep(&kept.name);
        let id = self.rooms.restore(kept);
        self.remembered += self.rooms.get(id).map_or(0, |room| room.history.weight());
        if is_shorter {
            self.note_changed(id);
        }
        id
    }

    fn let_go(&mut self, (id, room): (RoomId, Room), outlet: &mut impl Outlet) {
        let stamp = self.sequence.behind_all(self.now);
        self.journal.note(&room.name, stamp, || Fact::Closed);
        self.remembered -= room.history.weight();
        self.unsaved.forget(id);
        outlet.close_room(id);
    }

    /// Whether nothing is lost here when this room is no longer kept: nobody is in it, and all of
    /// it was saved.
    pub fn may_forget(&self, name: &RoomName) -> bool {
        // The store does not know yet by what name this room goes.
        !self.unsaved.renames.are_about(name)
            && self.rooms.find(name).is_none_or(|id| {
                self.may_close(id) && self.rooms.get(id).is_some_and(|room| !room.unsaved)
            })
    }

    /// Removes rooms, for which [`Lobby::may_forget`] is true, from memory and from the archive.
    pub fn forget_rooms(&mut self, names: Vec<RoomName>, outlet: &mut impl Outlet) {
        names.iter().for_each(|name| self.close(name, outlet));
        self.unsaved.note_gone(names);
    }

    /// Whether a room may leave memory: nobody is in it or listens, and it is not `main`.
    pub(super) fn may_close(&self, room: RoomId) -> bool {
        room != RoomId::MAIN && self.rooms.get(room).is_some_and(Room::is_unused)
    }

    /// Removes a room from memory.
    pub(super) fn close(&mut self, name: &RoomName, outlet: &mut impl Outlet) {
        if let Some(gone) = self.rooms.find(name).and_then(|id| self.rooms.take(id)) {
            self.let_go(gone, outlet);
        }
    }

    /// Notes that a room was used today. The day of its last use never goes back.
    pub(super) fn note_used(&mut self, room: RoomId) {
        let today = self.now.day();
        if let Some(open) = self.rooms.get_mut(room)
            && room != RoomId::MAIN
            && open.standing.used < today
        {
            open.standing.used = today;
            self.note_changed(room);
        }
    }
}

impl StoredRoom {
    /// Forgets the oldest messages, if there are more than so many. Whether there were.
    pub(super) fn shorten(&mut self, most: usize) -> bool {
        let surplus = self.messages.len().saturating_sub(most);
        let newest = self.messages.drain(..surplus).next_back();
        if let Some(newest) = &newest {
            self.forgotten = newest.id.number;
        }
        newest.is_some()
    }

    /// The weight of its history, in bytes.
    pub(crate) fn weight(&self) -> usize {
        self.messages.iter().map(Message::weight).sum()
    }

    /// The rank of a room for a place in memory at the start: first those for which something was
    /// configured, those that were used last.
    pub(super) fn worth(&self) -> (bool, u32, u64) {
        let last = self.messages.last().map_or(self.forgotten, |it| it.id.number);
        (self.settings.is_configured(), self.standing.used, last)
    }
}
