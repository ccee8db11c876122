//! What is asked and told about the rules of rooms.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::name::{Nickname, RoomName};
use super::person::Person;
use super::room_rules::RoomModes;
use super::room_settings::Topic;
use super::sanctions::SanctionKind;
use crate::time::UnixTime;

/// A request about the rules of one room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModeRequest<'a> {
    /// Ask for the rules. Who is not in the room may, too.
    Ask,
    /// Switch rules on and off.
    Rules {
        /// Rules that hold from now on.
        set: RoomModes,
        /// Rules that hold no more.
        unset: RoomModes,
    },
    /// Set how many may be in the room for others to come in; `None`: any number.
    Limit(Option<u32>),
    /// Give somebody a voice, or take it away.
    Voice {
        /// The nickname.
        whom: &'a str,
        /// Whether they have one from now on.
        may: bool,
    },
    /// Make somebody an operator, or no longer. Who takes that from itself, or the room, looks
    /// after it no more.
    Office {
        /// The nickname.
        whom: &'a str,
        /// Whether they are one from now on.
        may: bool,
    },
    /// Ask for a list of masks: bans with mutes, or exceptions of one kind. Who is not in the room
    /// may, too.
    Masks(SanctionKind),
    /// Put a mask on a list. Nobody is put out by it.
    AddMask {
        /// The list.
        kind: SanctionKind,
        /// The mask.
        mask: &'a str,
    },
    /// Take a mask off a list.
    RemoveMask {
        /// The list.
        kind: SanctionKind,
        /// The mask.
        mask: &'a str,
    },
    /// Invite somebody into the room.
    Invite {
        /// The nickname.
        whom: &'a str,
    },
}

/// A question about rooms, in none of which one need be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomsQuestion<'a> {
    /// Which rooms there are.
    List(Box<RoomFilter>),
    /// Who is in a room, or some of them.
    Names {
        /// Its name.
        room: &'a str,
    },
    /// Which rooms the member is invited into.
    Invitations,
}

/// Conditions for rooms that are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomFilter {
    /// Masks one of which the name fits; none: any name.
    pub wanted: Vec<SmolStr>,
    /// Masks none of which the name fits.
    pub unwanted: Vec<SmolStr>,
    /// How many are in the room.
    pub members: Bounds,
    /// Minutes since it was made.
    pub made: Bounds,
    /// Minutes since its topic was set.
    pub topic: Bounds,
}

/// Bounds of a number, neither of which it may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// It is more than that.
    pub above: Option<u64>,
    /// It is less than that.
    pub below: Option<u64>,
}

impl Bounds {
    /// Whether a number is within.
    pub fn hold(self, number: u64) -> bool {
        self.above.is_none_or(|above| number > above)
            && self.below.is_none_or(|below| number < below)
    }

    /// The same bounds in a unit so many times smaller.
    #[must_use]
    pub fn times(self, unit: u64) -> Self {
        let times = |bound: u64| bound.saturating_mul(unit);
        Self { above: self.above.map(times), below: self.below.map(times) }
    }
}

/// An answer to one client about rooms and their rules.
#[derive(Clone, Copy, Debug)]
pub enum RoomAnswer<'a> {
    /// The rules of a room.
    Rules {
        /// The room.
        room: &'a RoomName,
        /// The rules.
        modes: RoomModes,
        /// How many may be in it for others to come in.
        limit: Option<u32>,
        /// Whether it needs a password.
        has_password: bool,
        /// When it was made.
        founded: UnixTime,
    },
    /// A list of masks.
    Masks {
        /// The room.
        room: &'a RoomName,
        /// The list.
        kind: SanctionKind,
        /// Its entries.
        list: &'a [ListedMask<'a>],
    },
    /// Somebody invites you into a room.
    YouAreInvited {
        /// Whoever does.
        by: Person<'a>,
        /// The room.
        room: &'a RoomName,
    },
    /// Your invitation into a room was passed on.
    InvitationSent {
        /// The receiver.
        to: &'a Nickname,
        /// The room.
        room: &'a RoomName,
    },
    /// The rooms into which you are invited.
    Invitations(&'a [&'a RoomName]),
    /// Rooms are listed.
    ListBegins,
    /// One room of the list.
    Listed {
        /// Its name.
        room: &'a RoomName,
        /// How many are in it.
        members: usize,
        /// What it is about.
        topic: Option<&'a Topic>,
    },
    /// All rooms were listed.
    ListEnds,
    /// Who is in a room.
    Names {
        /// The room, as it is called.
        room: &'a RoomName,
        /// Whether it is listed to its members alone.
        is_secret: bool,
        /// Those in it who are shown.
        people: &'a [Seat<'a>],
        /// Others follow.
        has_more: bool,
    },
    /// No such room can be seen, so nobody is listed.
    NamesOfNone {
        /// The name, as it was typed.
        room: &'a str,
    },
}

/// An entry of a list of masks.
#[derive(Clone, Debug)]
pub struct ListedMask<'a> {
    /// The mask, with the letter of what it does before it, if that is no ban.
    pub mask: SmolStr,
    /// Whoever set it.
    pub by: &'a Nickname,
    /// When.
    pub at: UnixTime,
}

/// A member of a room, as lists name it.
#[derive(Clone, Copy, Debug)]
pub struct Seat<'a> {
    /// The member.
    pub who: Person<'a>,
    /// Whether it may keep order there.
    pub keeps_order: bool,
    /// Whether it has a voice.
    pub has_voice: bool,
}

/// A change to the rules of a room, as its members are told.
#[derive(Clone, Copy, Debug)]
pub enum RuleChange<'a> {
    /// Rules were switched.
    Rules {
        /// Whoever did.
        by: Person<'a>,
        /// Rules that hold from now on.
        set: RoomModes,
        /// Rules that hold no more.
        unset: RoomModes,
    },
    /// Another number may be in the room for others to come in; `None`: any.
    Limit {
        /// Whoever said so.
        by: Person<'a>,
        /// The number.
        limit: Option<u32>,
    },
    /// The room needs a password, or none any more.
    Password {
        /// Whoever said so.
        by: Person<'a>,
        /// Whether it needs one.
        needed: bool,
    },
    /// Somebody has a voice, or no longer.
    Voice {
        /// Whoever gave or took it.
        by: Person<'a>,
        /// Whose it is.
        whom: &'a Nickname,
        /// Whether they have one.
        may: bool,
    },
    /// A mask is on a list of exceptions, or no longer.
    Exception {
        /// Whoever changed that.
        by: Person<'a>,
        /// The list.
        kind: SanctionKind,
        /// The mask.
        mask: &'a str,
        /// Whether it is on the list.
        added: bool,
    },
    /// Somebody was invited.
    Invited {
        /// Whoever invited them.
        by: Person<'a>,
        /// The invited one.
        whom: &'a Nickname,
    },
}
