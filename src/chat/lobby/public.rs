//! What anybody may know of rooms who is no member of anything: of rooms without a password, who is
//! not kept out of them.

use super::Lobby;
use super::listing::fullest_first;
use crate::chat::command::Recall;
use crate::chat::message::{HistoryCursor, Message};
use crate::chat::name::RoomName;
use crate::chat::reply::Recalled;
use crate::chat::room::RoomId;
use crate::chat::room_settings::Topic;

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
            (*id == RoomId::MAIN || !room.is_empty()) && room.settings.is_open()
        });
        let mut rooms: Vec<OpenRoom<'_>> = listed
            .map(|(_, room)| OpenRoom {
                name: &room.name,
                total: room.len(),
                topic: room.settings.topic.as_ref(),
            })
            .collect();
        rooms.sort_by_key(|room| fullest_first(room.name, room.total));
        rooms
    }

    /// So many messages at most of a room: the first ones after a place, or else the last ones.
    pub fn excerpt(
        &self,
        id: RoomId,
        after: Option<HistoryCursor>,
        most: usize,
    ) -> Option<Excerpt<'_>> {
        let open = self.rooms.get(id)?;
        let (replay, which) = self.replay_of(open, after.map_or(Recall::Last(most), Recall::After));
        let gap = matches!(which, Recalled::Gap(_));
        let messages: Vec<&Message> = replay.iter().take(most).collect();
        let more = replay.len() > messages.len();
        let mut at = self.sequence.cursor();
        if let Some(last) = messages.last().filter(|_| more) {
            at.number = last.id.number;
        }
        Some(Excerpt { room: &open.name, messages, gap, more, at })
    }
}
