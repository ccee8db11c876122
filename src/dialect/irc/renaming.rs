//! That a room has another name, or why it has not. Source: IRCv3 `draft/channel-rename`.
//!
//! Clients with the capability are told in one line. What others are told is with the replies.

use super::addressee::Addressee;
use super::capability::{Capabilities, Form};
use super::source::{by, channel};
use crate::chat::{Refusal, RenameRefusal, RoomRenamed};

/// Appends that a room has another name, for those who have asked to be told.
pub(super) fn renamed(form: Form, renamed: &RoomRenamed<'_>, out: &mut Vec<u8>) {
    if form.has(Capabilities::CHANNEL_RENAME) {
        let &RoomRenamed { by: who, old, new, reason } = renamed;
        // The reason comes last, even where there is none.
        by(who, out).word("RENAME").word(&channel(old)).word(&channel(new)).text(reason);
    }
}

/// Appends why a room has no other name. Whether the refusal says that.
pub(super) fn refuse(reader: &Addressee, refusal: &Refusal, out: &mut Vec<u8>) -> bool {
    let (code, text) = match refusal {
        Refusal::Rename(RenameRefusal::InUse(_)) => {
            ("CHANNEL_NAME_IN_USE", "That name, or one that looks like it, is in use")
        }
        Refusal::Rename(RenameRefusal::Same(_)) => {
            ("CANNOT_RENAME", "The channel is called so already")
        }
        Refusal::Rename(RenameRefusal::TooMany)
        | Refusal::TooManyRooms
        | Refusal::RoomUnreadable => {
            ("CANNOT_RENAME", "Channels cannot be renamed now; try again in a while")
        }
        Refusal::MainIsEverybodys => ("CANNOT_RENAME", "This channel belongs to everybody"),
        Refusal::FieldLength(_) => ("CANNOT_RENAME", "The reason is too long"),
        Refusal::NameEmpty
        | Refusal::NameTooLong
        | Refusal::RoomNameTooLong
        | Refusal::NameCharacter
        | Refusal::NameMixesScripts => ("CANNOT_RENAME", "That is no name of a channel here"),
        _ => return false,
    };
    reader.fail(("RENAME", code), [reader.about(), reader.subcommand()], text, out);
    true
}
