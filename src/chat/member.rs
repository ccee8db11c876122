//! One person who has a nickname.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::command::Landing;
use super::name::Nickname;
use super::room::{Membership, RoomId};

/// What a client prefers to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Preferences {
    /// Whether a room's history is sent when the client joins; `None`: it has not said.
    pub(super) history: Option<bool>,
    /// The default for clients that have not said: some programs cannot read old messages.
    #[serde(default)]
    pub(super) unasked_history_off: bool,
    /// Where the member is when it has left its last room.
    #[serde(default)]
    pub(super) landing: Landing,
}

impl Preferences {
    /// Whether a room's history is sent to the client when it joins.
    pub(super) fn reads_history(&self) -> bool {
        self.history.unwrap_or(!self.unasked_history_off)
    }
}

/// A registered client: its nickname and which rooms it is in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Member {
    pub(super) nickname: Nickname,
    /// By which `NicknameIndex` finds it: another hash in each process.
    #[serde(skip)]
    pub(super) name_hash: u32,
    pub(super) preferences: Preferences,
    /// May keep order everywhere.
    pub(super) is_server_operator: bool,
    /// In the order of joining: the last is the room that unaddressed lines go to. Two take no
    /// memory of their own.
    pub(super) memberships: SmallVec<[Membership; 2]>,
}

impl Member {
    /// A person who is in no room yet.
    pub(super) fn new(nickname: Nickname, name_hash: u32, preferences: Preferences) -> Self {
        Self {
            nickname,
            name_hash,
            preferences,
            is_server_operator: false,
            memberships: SmallVec::new(),
        }
    }

    /// The room joined last.
    pub(super) fn active_room(&self) -> Option<RoomId> {
        self.memberships.last().map(|membership| membership.room)
    }

    /// The membership in this room.
    pub(super) fn membership_in(&self, room: RoomId) -> Option<Membership> {
        self.memberships.iter().copied().find(|membership| membership.room == room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_small() {
        assert!(size_of::<Member>() <= 56, "a member takes {} bytes", size_of::<Member>());
    }
}
