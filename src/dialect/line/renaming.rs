//! Plain lines about rooms that get another name: `/rename-room`, and what others are told of it.

use super::redaction::because;
use super::slash::{first_word, needed};
use super::writing::notice;
use crate::chat::{Command, Refusal, RenameRefusal, RoomCommand, RoomRenamed, Verb};

/// `NAME` or `NAME REASON`.
pub(in crate::dialect) fn asked(argument: &str) -> Result<Command<'_>, Refusal> {
    let (name, reason) = first_word(needed(Verb::RenameRoom, argument)?);
    Ok(RoomCommand::Rename { name, reason }.in_last_room())
}

/// Appends that a room has another name.
pub(in crate::dialect) fn told(out: &mut Vec<u8>, renamed: &RoomRenamed<'_>) {
    let &RoomRenamed { by, old, new, reason } = renamed;
    let (old, new, by, why) = (old.as_str(), new.as_str(), by.as_str(), because(reason));
    notice(out, format_args!("the room {old} is called {new} now, by {by}{why}"));
}

/// Appends why a room does not get another name.
pub(in crate::dialect) fn refusal(out: &mut Vec<u8>, refusal: &RenameRefusal) {
    match refusal {
        RenameRefusal::InUse(name) => {
            let name = name.as_str();
            notice(out, format_args!("there is a room {name} already, or one that looks like it"));
        }
        RenameRefusal::Same(name) => {
            notice(out, format_args!("this room is called {} already", name.as_str()));
        }
        RenameRefusal::TooMany => {
            notice(out, format_args!("too many rooms are being renamed; try again in a while"));
        }
    }
}
