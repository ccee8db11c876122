//! Rooms in which more is said than some who read can take.
//!
//! Who is behind by half of what may wait, and still reads, has the speakers of its room wait
//! until it has caught up to a quarter: who causes a backlog waits before who reads is cut off.
//! Only what was said in rooms counts, not what a reader has asked for itself.
//!
//! That is bounded: somebody who has not caught up within [`JAM_PATIENCE`] has nobody wait any
//! more until it has read everything, and is cut off at the usual limits. So a reader that has
//! stalled silences nobody, and one that reads slowly on purpose slows a room to no less than a
//! quarter of `--outbox-hard` in that time. Only what is said waits, no other command; and who
//! keeps order in the room never waits.
//!
//! A speaker that waits is given a moment to look again, each some milliseconds after the last one,
//! so that a crowd neither looks nor speaks all at once.

use super::Server;
use super::wait::Wait;
use crate::chat::RoomId;
use crate::dialect::Decoded;
use crate::id::ClientId;
use crate::limits::{JAM_LOOK, JAM_PATIENCE, JAM_STEP};
use crate::time::Time;

/// One room.
#[derive(Debug)]
struct Jam {
    room: RoomId,
    /// Those who are behind, and since when.
    readers: Vec<(ClientId, Time)>,
    /// The next moment for a speaker to look again.
    next: Time,
}

/// All such rooms.
#[derive(Debug, Default)]
pub(super) struct Jams(Vec<Jam>);

impl Jams {
    fn note(&mut self, now: Time, room: RoomId, reader: ClientId) {
        match self.0.iter_mut().find(|jam| jam.room == room) {
            Some(jam) => {
                jam.readers.retain(|(other, _)| *other != reader);
                jam.readers.push((reader, now));
            }
            None => self.0.push(Jam { room, readers: vec![(reader, now)], next: now }),
        }
    }

    /// When a speaker in that room may look again; `None`: nobody there is waited for.
    fn moment(
        &mut self,
        now: Time,
        room: RoomId,
        mut is_behind: impl FnMut(ClientId) -> bool,
    ) -> Option<Time> {
        let place = self.0.iter().position(|jam| jam.room == room)?;
        let jam = &mut self.0[place];
        while let Some(&(reader, since)) = jam.readers.last() {
            if is_behind(reader) && now < since + JAM_PATIENCE {
                let moment = jam.next.max(now + JAM_LOOK);
                jam.next = moment + JAM_STEP;
                return Some(moment);
            }
            jam.readers.pop();
        }
        self.0.swap_remove(place);
        None
    }
}

impl Server {
    /// Whether a client has to wait with its next line for those who read in its room.
    pub(super) fn must_wait_for_readers(
        &mut self,
        now: Time,
        id: ClientId,
        decoded: &Decoded<'_>,
    ) -> bool {
        self.note_jams(now);
        let turn = self.turn(id);
        if !matches!(turn, Wait::Room(moment) if moment > now) {
            let waits = decoded.has_line() && !decoded.begins_with_command();
            let moment = if waits { self.look_again_at(now, id) } else { None };
            let Some(moment) = moment else {
                if matches!(turn, Wait::Room(_)) {
                    self.turns.remove(id);
                }
                return false;
            };
            let Some(session) = self.sessions.get(id) else { return true };
            if matches!(turn, Wait::Origin(_)) {
                self.admission.origins.refund(session.origin);
            }
            if !matches!(turn, Wait::Room(_)) {
                self.counters.held_by_room += 1;
            }
            self.turns.remove(id);
            self.turns.insert(id, Wait::Room(moment));
        }
        if let Some(session) = self.sessions.get_mut(id) {
            session.held = true;
        }
        true
    }

    /// Takes note of those who are behind since this was last asked.
    pub(super) fn note_jams(&mut self, now: Time) {
        while let Some(reader) = self.fanout.pop_behind() {
            if self.settings.flood.is_some() && self.lobby.is_member(reader) {
                self.jams.note(now, self.lobby.room_of(reader), reader);
            }
        }
    }

    fn look_again_at(&mut self, now: Time, id: ClientId) -> Option<Time> {
        if self.jams.0.is_empty() || !self.lobby.is_member(id) {
            return None;
        }
        let (lobby, fanout) = (&self.lobby, &mut self.fanout);
        let room = lobby.room_of(id);
        if lobby.keeps_order(id, room) {
            return None;
        }
        let is_behind = |reader| {
            fanout.is_behind(reader) && lobby.is_member(reader) && lobby.room_of(reader) == room
        };
        self.jams.moment(now, room, is_behind)
    }
}
