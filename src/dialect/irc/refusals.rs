//! Refusals as numerics. What IRC has no numeric for is told as a notice, in the words of plain
//! lines.

use super::accounts;
use super::addressee::Addressee;
use super::replies::metadata;
use super::source::channel;
use super::{redaction, renaming};
use crate::chat::{AccountRefusal, Rank, Refusal, RoomRefusal};
use crate::dialect::line;

/// Appends why something was not done.
pub(super) fn write(reader: &Addressee, refusal: &Refusal, out: &mut Vec<u8>) {
    match reader.verb() {
        // A notice never earns an answer (RFC 1459 §4.4.2).
        "NOTICE" => {}
        "CHATHISTORY" => no_history(reader, refusal, out),
        "METADATA" => metadata::refuse(reader, refusal, out),
        "MARKREAD" => no_mark(reader, refusal, out),
        "RENAME" if renaming::refuse(reader, refusal, out) => {}
        "REDACT" if redaction::refuse(reader, refusal, out) => {}
        _ => by_numeric(reader, refusal, out),
    }
}

fn by_numeric(reader: &Addressee, refusal: &Refusal, out: &mut Vec<u8>) {
    let about = reader.about();
    let mut tell = |code: u16, about: &[&str], text: &str| {
        reader.numeric(code, out).words(about.iter().copied()).text(text);
    };
    let is_join = reader.verb() == "JOIN";
    match refusal {
        Refusal::Account(refusal) => accounts::refuse(reader, refusal, out),
        _ if reader.verb() == "REGISTER" => accounts::fail(reader, refusal, out),
        _ if of_name(reader, refusal, &mut tell) => {}
        // None of them changes anything, so none is told.
        Refusal::AlreadyCalled(_) | Refusal::AlreadyInRoom(_) => {}
        Refusal::AlreadySo(_) if reader.verb() == "MODE" => {}
        Refusal::NobodyNamed(name) if matches!(reader.verb(), "MODE" | "INVITE" | "KICK") => {
            tell(401, &[name], "No such nick/channel");
        }
        Refusal::RoomNameTooLong => {
            tell(if is_join { 476 } else { 403 }, &[about], "That name of a channel is too long");
        }
        Refusal::Room(refusal) => of_room(refusal, about, tell),
        Refusal::KeyWrong(room) => tell(475, &[&channel(room)], "Cannot join channel (+k)"),
        Refusal::TooManySanctions(room) => {
            tell(478, &[&channel(room), "*"], "Channel list is full");
        }
        Refusal::NobodyNamed(_) => tell(401, &[about], "No such nick/channel"),
        Refusal::NoRoomNamed(_) => tell(403, &[about], "No such channel"),
        Refusal::NotInRoom(room) if is_message(reader.verb()) => {
            tell(404, &[&channel(room)], "Cannot send to channel");
        }
        Refusal::NotInRoom(room) => tell(442, &[&channel(room)], "You're not on that channel"),
        Refusal::NotHere { name, room } => {
            tell(441, &[name, &channel(room)], "They aren't on that channel");
        }
        Refusal::NotAllowed { needs: Rank::ServerOperator, .. } if !about.starts_with('#') => {
            tell(481, &[], "Permission Denied- You're not an IRC operator");
        }
        Refusal::NotAllowed { room, .. } => {
            tell(482, &[&channel(room)], "You're not channel operator");
        }
        Refusal::Outranked(_) => tell(482, &[about], "You may not do that to them"),
        Refusal::Banned(ban) if is_join => {
            tell(474, &[&channel(&ban.room)], "Cannot join channel (+b)");
        }
        Refusal::Banned(ban) if is_message(reader.verb()) => {
            tell(404, &[&channel(&ban.room)], "Cannot send to channel (+b)");
        }
        Refusal::Banned(_) => {
            tell(465, &[], "You are banned from this server");
        }
        Refusal::Muted(mute) => tell(404, &[&channel(&mute.room)], "Cannot send to channel (+m)"),
        Refusal::PasswordNeeded(room)
        | Refusal::PasswordWrong(room)
        | Refusal::PasswordPaused { room, .. } => {
            tell(475, &[&channel(room)], "Cannot join channel (+k)");
        }
        Refusal::InTooManyRooms => tell(405, &[about], "You have joined too many channels"),
        Refusal::UnknownCommand(verb) => tell(421, &[verb], "Unknown command"),
        Refusal::Incomplete(_) => tell(461, &[reader.verb()], "Not enough parameters"),
        Refusal::LineTooLong => tell(417, &[], "Input line was too long"),
        Refusal::OperWrong => tell(464, &[], "Password incorrect"),
        other => reader.as_notices(out, |out| line::refusals::write(other, out)),
    }
}

/// Tells that there are no messages.
fn no_history(reader: &Addressee, refusal: &Refusal, out: &mut Vec<u8>) {
    let about = [reader.subcommand(), reader.about()];
    let text = match refusal {
        Refusal::Account(AccountRefusal::NoMailbox) => {
            "Private messages are remembered for accounts only"
        }
        _ => "Messages could not be retrieved",
    };
    reader.fail(("CHATHISTORY", "INVALID_TARGET"), about, text, out);
}

/// Tells that a read mark is not known or cannot be set.
fn no_mark(reader: &Addressee, refusal: &Refusal, out: &mut Vec<u8>) {
    let (code, text) = match refusal {
        Refusal::Unreadable => ("INTERNAL_ERROR", "The read timestamp could not be set"),
        _ => ("INVALID_PARAMS", "Invalid parameters"),
    };
    reader.fail(("MARKREAD", code), [reader.about()], text, out);
}

/// Tells what is wrong with a name. Whether that is what the refusal is about.
fn of_name(
    reader: &Addressee,
    refusal: &Refusal,
    tell: &mut impl FnMut(u16, &[&str], &str),
) -> bool {
    let about = reader.about();
    let is_join = reader.verb() == "JOIN";
    match refusal {
        Refusal::NicknameFirst => tell(451, &[], "You have not registered"),
        Refusal::NameEmpty
        | Refusal::NameTooLong
        | Refusal::NameCharacter
        | Refusal::NameMixesScripts
            if about.starts_with('#') =>
        {
            tell(if is_join { 476 } else { 403 }, &[about], "That is no name of a channel here");
        }
        Refusal::NameEmpty => tell(432, &[about], "A nickname needs a letter or a digit"),
        Refusal::NameTooLong => tell(432, &[about], "That nickname is too long"),
        Refusal::NameCharacter => {
            tell(432, &[about], "That nickname holds a character that nicknames may not hold");
        }
        Refusal::NameMixesScripts => tell(432, &[about], "That nickname mixes scripts"),
        Refusal::NicknameReserved(_) => tell(432, &[about], "That nickname is reserved"),
        Refusal::NicknameTaken(name) => {
            let is_asked = reader.verb() == "NICK";
            let name = if is_asked { about } else { name.as_str() };
            tell(433, &[name], "Nickname is already in use");
        }
        _ => return false,
    }
    true
}

/// Tells what a rule of a room forbids.
fn of_room(refusal: &RoomRefusal, about: &str, mut tell: impl FnMut(u16, &[&str], &str)) {
    let room = refusal.room().map_or_else(|| about.to_owned(), channel);
    match refusal {
        RoomRefusal::Moderated(_) => tell(404, &[&room], "Cannot send to channel (+m)"),
        RoomRefusal::NoRequests(_) => tell(404, &[&room], "Cannot send to channel (+C)"),
        RoomRefusal::InvitedOnly(_) => tell(473, &[&room], "Cannot join channel (+i)"),
        RoomRefusal::Full(_) => tell(471, &[&room], "Cannot join channel (+l)"),
        RoomRefusal::AccountsOnly(_) => tell(477, &[&room], "Cannot join channel (+R)"),
        RoomRefusal::AlreadyThere(name, _) => {
            tell(443, &[name.as_str(), &room], "is already on channel");
        }
        RoomRefusal::MaskMalformed(mask) => tell(696, &[&room, "b", mask], "That is no mask"),
        RoomRefusal::LimitMalformed(limit) => tell(696, &[&room, "l", limit], "That is no limit"),
        RoomRefusal::UnknownRule(letter) => {
            tell(472, &[&letter.to_string()], "is unknown mode char to me");
        }
        RoomRefusal::TooManyVoiced(_) => tell(478, &[&room, "*"], "Channel list is full"),
    }
}

/// Whether a verb says something to somebody.
fn is_message(verb: &str) -> bool {
    matches!(verb, "PRIVMSG" | "NOTICE" | "TAGMSG")
}
