//! History, for those who were not there.

use super::{Context, Lobby};
use crate::chat::command::Recall;
use crate::chat::history::Replay;
use crate::chat::message::Message;
use crate::chat::outlet::{Outlet, Recollection};
use crate::chat::refusal::Refusal;
use crate::chat::reply::Recalled;
use crate::chat::room::{Room, RoomId};
use crate::chat::window::Window;
use crate::id::ClientId;
use crate::limits::HISTORY_TOTAL_BYTES;
use crate::time::UnixTime;

impl Lobby {
    /// Tells somebody what was said in a room. If events are wanted too, the room keeps them from
    /// now on.
    pub(super) fn recall(
        &mut self,
        id: ClientId,
        room: RoomId,
        which: Recall,
        context: &Context<'_>,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        if self.settings.history == 0 {
            return Err(Refusal::HistoryOff);
        }
        if matches!(which, Recall::Window(Window { with_events: true, .. }))
            && let Some(open) = self.rooms.get_mut(room)
        {
            open.history.begin_to_keep_events();
        }
        let Some(open) = self.rooms.get(room) else { return Ok(()) };
        let (replay, which) = self.replay_of(open, which);
        outlet.replay(id, &self.recollection(room, open, replay, which, context.now));
        Ok(())
    }

    /// The messages of a room that are asked for, and whether some are missing.
    pub(super) fn replay_of<'a>(&self, room: &'a Room, which: Recall) -> (Replay<'a>, Recalled) {
        match which {
            Recall::Last(most) => (room.history.last(most), Recalled::Last),
            Recall::After(cursor) if cursor.epoch != self.sequence.epoch => {
                (room.history.last(usize::MAX), Recalled::Gap(cursor.number))
            }
            Recall::After(cursor) => {
                let forgotten = room.history.forgotten();
                let all = self.sequence.knows_all_since(cursor, forgotten);
                let recalled = if all { Recalled::Since } else { Recalled::Gap };
                (room.history.after(cursor.number), recalled(cursor.number))
            }
            Recall::Window(window) => {
                (room.history.window(window, self.sequence.epoch), Recalled::Last)
            }
            Recall::Before { number, most } => {
                let replay = room.history.before(number, most);
                (replay, Recalled::Before { number, more: replay.has_older() })
            }
        }
    }

    /// The messages of a room that a client has asked for.
    pub(super) fn recollection<'a>(
        &self,
        id: RoomId,
        room: &'a Room,
        messages: Replay<'a>,
        which: Recalled,
        now: UnixTime,
    ) -> Recollection<'a> {
        let cursor = self.sequence.cursor();
        Recollection { room: room.named(id), messages, which, cursor, asked: true, now }
    }

    /// Adds a message to the history of a room.
    pub(super) fn remember(&mut self, room: RoomId, message: Message, outlet: &mut impl Outlet) {
        let most = self.settings.history;
        self.make_way_for_history(message.weight(), outlet);
        self.note_used(room);
        let Some(open) = self.rooms.get_mut(room) else { return };
        let before = open.history.weight();
        open.history.push(message, most);
        self.remembered = self.remembered + open.history.weight() - before;
        self.note_changed(room);
        if self.remembered > HISTORY_TOTAL_BYTES {
            self.forget_the_oldest();
        }
    }

    /// Has every room forget messages beyond the limit.
    pub(super) fn forget_surplus(&mut self) {
        let most = self.settings.history;
        if most == 0 {
            self.mailboxes.forget_all();
        }
        let ids: Vec<RoomId> = self.rooms.iter().map(|(id, _)| id).collect();
        for id in ids {
            let Some(room) = self.rooms.get_mut(id) else { continue };
            let before = room.history.weight();
            let is_shorter = room.history.limit(most);
            self.remembered = self.remembered + room.history.weight() - before;
            if is_shorter {
                self.note_changed(id);
            }
        }
    }

    /// Sees to it that rooms remember no more than may be, where another process has remembered
    /// more. Where rooms are kept elsewhere none forgets anything: those that nobody is in make way
    /// in memory.
    pub fn limit_history(&mut self, outlet: &mut impl Outlet) {
        self.make_way_for_history(0, outlet);
        if self.archive.is_none() && self.remembered > HISTORY_TOTAL_BYTES {
            self.forget_the_oldest();
        }
    }

    /// Makes room: those that were silent longest forget everything, until an eighth is free.
    pub(super) fn forget_the_oldest(&mut self) {
        let filled = self.rooms.iter().filter(|(_, room)| room.history.weight() > 0);
        let mut silent: Vec<(u64, RoomId)> =
            filled.map(|(id, room)| (room.history.last_number(), id)).collect();
        silent.sort_unstable_by_key(|(last, _)| *last);
        for (_, id) in silent {
            if self.remembered <= HISTORY_TOTAL_BYTES / 8 * 7 {
                break;
            }
            let Some(room) = self.rooms.get_mut(id) else { continue };
            self.remembered -= room.history.weight();
            room.history.clear();
            self.note_changed(id);
        }
    }
}
