//! What anybody may know of rooms who is no member of anything: of rooms without a password, who is
//! not kept out of them.

use super::Lobby;
use crate::chat::message::{HistoryCursor, Message};
use crate::chat::name::RoomName;
use crate::chat::network::Network;
use crate::chat::outlet::Outlet;
use crate::chat::room::RoomId;
use crate::chat::room_settings::Topic;
use crate::time::UnixTime;

/// A room that anybody may enter.
#[derive(Clone, Copy, Debug)]
pub struct OpenRoom<'a> {
    /// Its name.
    pub name: &'a RoomName,
    /// How many are in it.
    pub total: usize,
    /// What it is about.
    pub topic: Option<&'a Topic>,
}

/// Some of what was said in a room.
#[derive(Clone, Debug)]
pub struct Excerpt<'a> {
    /// The room.
    pub room: &'a RoomName,
    /// The messages, oldest first.
    pub messages: Vec<&'a Message>,
    /// Some that were asked for are missing, or may be.
    pub gap: bool,
    /// More were said after these.
    pub more: bool,
    /// Where to go on from.
    pub at: HistoryCursor,
}

impl Lobby {
    /// Rooms that somebody is in and anybody may enter, the fullest first.
    pub fn open_rooms(&self) -> Vec<OpenRoom<'_>> {
        let listed = self.rooms.iter().filter(|(id, room)| {
            (*id == RoomId::MAIN || !room.is_empty()) && room.settings.password.is_none()
        });
        let mut rooms: Vec<OpenRoom<'_>> = listed
            .map(|(_, room)| OpenRoom {
                name: &room.name,
                total: room.len(),
                topic: room.settings.topic.as_ref(),
            })
            .collect();
        rooms.sort_by(|room, other| {
            let by_name = || room.name.as_str().cmp(other.name.as_str());
            other.total.cmp(&room.total).then_with(by_name)
        });
        rooms
    }

    /// The room of this name that somebody from this network may listen to, in memory or in the
    /// archive. That there is a room with a password, or one that keeps them out, is not told.
    pub fn find_open_room(
        &mut self,
        typed: &str,
        network: Option<Network>,
        now: UnixTime,
        outlet: &mut impl Outlet,
    ) -> Option<RoomId> {
        self.room_to_hear(typed, network, now, outlet).ok()
    }

    /// So many messages at most of a room: the first ones after a place, or else the last ones.
    pub fn excerpt(
        &self,
        id: RoomId,
        after: Option<HistoryCursor>,
        most: usize,
    ) -> Option<Excerpt<'_>> {
        let open = self.rooms.get(id)?;
        let history = &open.history;
        let (replay, gap) = match after {
            None => (history.last(most), false),
            Some(after) if after.epoch != self.sequence.epoch => (history.last(usize::MAX), true),
            Some(after) => {
                let knows_all = self.sequence.knows_all_since(after, history.forgotten());
                (history.after(after.number), !knows_all)
            }
        };
        let messages: Vec<&Message> = replay.iter().take(most).collect();
        let more = replay.len() > messages.len();
        let mut at = self.sequence.cursor();
        if let Some(last) = messages.last().filter(|_| more) {
            at.number = last.id.number;
        }
        Some(Excerpt { room: &open.name, messages, gap, more, at })
    }
}
