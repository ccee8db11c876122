//! Lists of rooms, and of the members of one room.

use std::cmp::Reverse;

use super::Lobby;
use crate::chat::name::{Nickname, RoomName};
use crate::chat::outlet::Outlet;
use crate::chat::refusal::Refusal;
use crate::chat::reply::Reply;
use crate::chat::room::RoomId;
use crate::id::ClientId;
use crate::limits::LISTED_MAX;

impl Lobby {
    /// Lists the fullest rooms first: those are what a newcomer looks for.
    pub(super) fn list_rooms(&self, id: ClientId, outlet: &mut impl Outlet) {
        let open = self.rooms.iter().filter(|(room, open)| {
            (*room == RoomId::MAIN || !open.is_empty()) && self.may_see(id, *room, open)
        });
        let mut rooms: Vec<(&RoomName, usize)> =
            open.map(|(_, room)| (&room.name, room.len())).collect();
        rooms.sort_by_key(|&(name, members)| fullest_first(name, members));
        let more = rooms.len().saturating_sub(LISTED_MAX);
        rooms.truncate(LISTED_MAX);
        outlet.reply(id, &Reply::Rooms { rooms: &rooms, more });
    }

    /// The fullest rooms, fullest first.
    pub fn largest_rooms(&self, most: usize) -> Vec<(&RoomName, usize)> {
        let mut rooms: Vec<(&RoomName, usize)> =
            self.rooms.iter().map(|(_, room)| (&room.name, room.len())).collect();
        rooms.retain(|(_, members)| *members > 0 && most > 0);
        rooms.sort_unstable_by_key(|&(name, members)| fullest_first(name, members));
        rooms.truncate(most);
        rooms
    }

    /// Lists one page of a room's members: the last one for a page beyond it.
    pub(super) fn list_people(
        &self,
        id: ClientId,
        typed: Option<&str>,
        page: usize,
        outlet: &mut impl Outlet,
    ) -> Result<(), Refusal> {
        let Some(member) = self.members.get(id) else { return Ok(()) };
        let room = match typed {
            None => self.own_room(member, None)?,
            Some(typed) => self.room_named(typed)?,
        };
        let Some(open) = self.rooms.get(room) else { return Ok(()) };
        if let Some(typed) = typed.filter(|_| !self.may_see(id, room, open)) {
            return Err(Refusal::NoRoomNamed(RoomName::parse(typed, self.settings.alphabet)?));
        }
        let members = open.members().filter_map(|id| self.nickname(id));
        let mut names: Vec<&str> = members.map(Nickname::as_str).collect();
        let count = names.len();
        let pages = count.div_ceil(LISTED_MAX).max(1);
        let page = page.clamp(1, pages);
        let names = sorted_page(&mut names, (page - 1) * LISTED_MAX);
        let page = (page, pages);
        outlet.reply(id, &Reply::Who { room: &open.name, names, count, page });
        Ok(())
    }
}

/// The place of a room in a list of the fullest, which are what a newcomer looks for.
pub(super) fn fullest_first(name: &RoomName, members: usize) -> (Reverse<usize>, &str) {
    (Reverse(members), name.as_str())
}

/// What would stand on the page that begins with the name of this rank if all names were sorted:
/// without sorting the others, of which there may be thousands.
fn sorted_page<'a, 'n>(names: &'a mut [&'n str], from: usize) -> &'a [&'n str] {
    if from > 0 && from < names.len() {
        names.select_nth_unstable(from);
    }
    let rest = names.get_mut(from..).unwrap_or_default();
    if rest.len() > LISTED_MAX {
        rest.select_nth_unstable(LISTED_MAX);
    }
    let most = rest.len().min(LISTED_MAX);
    let page = &mut rest[..most];
    page.sort_unstable();
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_put_together_are_the_sorted_list() {
        for count in [0, 1, LISTED_MAX - 1, LISTED_MAX, LISTED_MAX + 1, 3 * LISTED_MAX + 7] {
            let all: Vec<String> =
                (0..count).map(|n| format!("{:05}", n * 7919 % 50_021)).collect();
            let mut sorted: Vec<&str> = all.iter().map(String::as_str).collect();
            sorted.sort_unstable();
            let mut paged = Vec::new();
            for page in 0..count.div_ceil(LISTED_MAX) {
                let mut names: Vec<&str> = all.iter().map(String::as_str).collect();
                paged.extend_from_slice(sorted_page(&mut names, page * LISTED_MAX));
            }
            assert_eq!(paged, sorted);
        }
    }
}
