//! Refusals that the rules of rooms lead to, and those to take a message back or to give a room
//! another name.

use super::name::{Nickname, RoomName};

/// Why the rules of a room forbid something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomRefusal {
    /// Only who has a voice may speak there, and who keeps order.
    Moderated(RoomName),
    /// Requests of programs are not passed on there.
    NoRequests(RoomName),
    /// The room is entered by invitation only.
    InvitedOnly(RoomName),
    /// As many are in the room as may be.
    Full(RoomName),
    /// Only who has logged in to an account may enter.
    AccountsOnly(RoomName),
    /// The invited one is in the room already.
    AlreadyThere(Nickname, RoomName),
    /// Text that is no mask.
    MaskMalformed(String),
    /// A number of members that is no limit.
    LimitMalformed(String),
    /// A letter of no rule.
    UnknownRule(char),
    /// As many people have a voice as may.
    TooManyVoiced(RoomName),
}

/// Why a room does not get another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RenameRefusal {
    /// Another room has that name, or one that looks like it.
    InUse(RoomName),
    /// The room is called so.
    Same(RoomName),
    /// As many rooms as may be have names that are not stored yet.
    TooMany,
}

/// Why a message is not taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedactionRefusal {
    /// No such message is remembered.
    NoSuchMessage,
    /// Somebody else said it, and whoever asks does not look after the room.
    NotYours,
    /// As many as may be wait to be deleted from the disk.
    TooMany,
}

impl RoomRefusal {
    /// The room that it is about.
    pub fn room(&self) -> Option<&RoomName> {
        match self {
            Self::Moderated(room)
            | Self::NoRequests(room)
            | Self::InvitedOnly(room)
            | Self::Full(room)
            | Self::AccountsOnly(room)
            | Self::AlreadyThere(_, room)
            | Self::TooManyVoiced(room) => Some(room),
            Self::MaskMalformed(_) | Self::LimitMalformed(_) | Self::UnknownRule(_) => None,
        }
    }

    /// The kind's place in [`Refusal::KINDS`](super::Refusal::KINDS).
    pub(super) fn kind(&self) -> usize {
        match self {
            Self::AlreadyThere(..) => 3,
            Self::Full(_) => 4,
            Self::TooManyVoiced(_) => 5,
            Self::InvitedOnly(_) | Self::AccountsOnly(_) => 6,
            Self::Moderated(_) | Self::NoRequests(_) => 8,
            Self::MaskMalformed(_) | Self::LimitMalformed(_) | Self::UnknownRule(_) => 16,
        }
    }
}
