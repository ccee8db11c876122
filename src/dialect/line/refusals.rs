//! Refusals for plain-line clients: one notice each, which says what to do instead.

use std::io::Write;

use super::accounts;
use super::commands::usage;
use super::notices::because;
use super::rounded::Rounded;
use super::ruling;
use super::writing::{line, notice};
use super::{redaction, renaming};
use crate::chat::{ActiveSanction, Field, MetadataRefusal, Rank, Refusal, RoomName, SanctionKind};
use crate::limits::{
    LINE_BYTES_MAX, MATCH_PLAYERS, METADATA_KEYS_MAX, METADATA_VALUE_BYTES_MAX, NAME_BYTES_MAX,
    NAME_COLUMNS_MAX, PASSWORD_BYTES_MAX, QUEUE_NAME_BYTES_MAX, REASON_BYTES_MAX,
    ROOM_NAME_BYTES_MAX, ROOM_NAME_COLUMNS_MAX, TEXT_BYTES_MAX, TOPIC_BYTES_MAX,
};

/// Appends a refusal, with its newline.
pub(in crate::dialect) fn write(refusal: &Refusal, out: &mut Vec<u8>) {
    match (refusal, constant(refusal)) {
        (Refusal::Room(refusal), _) => ruling::refusal(out, refusal),
        (Refusal::Rename(refusal), _) => renaming::refusal(out, refusal),
        (Refusal::Redaction(refusal), _) => line(out, &["* ", redaction::refusal(*refusal)]),
        (_, Some(text)) => line(out, &["* ", text]),
        (_, None) => variable(refusal, out),
    }
}

/// Refusals that quote somebody, or name a limit.
fn variable(refusal: &Refusal, out: &mut Vec<u8>) {
    match refusal {
        Refusal::NicknameReserved(name) => {
            line(
                out,
                &["* the nickname ", name.as_str(), " is kept for the server; try /nick NAME"],
            );
        }
        Refusal::NicknameTaken(name) => {
            let why = " is taken, or looks like one that is; try /nick NAME";
            line(out, &["* the nickname ", name.as_str(), why]);
        }
        Refusal::AlreadyCalled(name) => {
            line(out, &["* you are called ", name.as_str(), " already"]);
        }
        Refusal::NobodyNamed(name) => {
            line(out, &["* nobody is called ", name, " (/who lists this room)"]);
        }
        Refusal::NoRoomNamed(room) => {
            line(out, &["* there is no room ", room.as_str(), " (/rooms lists them)"]);
        }
        Refusal::NotInRoom(room) => {
            line(out, &["* you are not in ", room.as_str(), " (/join goes there)"]);
        }
        Refusal::AlreadyInRoom(room) => {
            line(out, &["* you are in ", room.as_str(), " already (/rooms lists others)"]);
        }
        Refusal::UnknownCommand(verb) => {
            let help = " (/help lists them, //";
            line(out, &["* there is no command /", verb, help, verb, " says it)"]);
        }
        Refusal::RequestUnknown(t) => {
            line(out, &["* there is no request \"", t, "\" (docs/PROTOCOL.md lists them)"]);
        }
        Refusal::Incomplete(verb) => line(out, &["* usage: ", usage(*verb)]),
        Refusal::Account(refusal) => accounts::refusal(refusal, out),
        Refusal::Metadata(refusal) => about_metadata(refusal, out),
        _ => about_order(refusal, out),
    }
}

/// Refusals about what people say of themselves and of rooms for programs.
fn about_metadata(refusal: &MetadataRefusal, out: &mut Vec<u8>) {
    match refusal {
        MetadataRefusal::NobodyThere => {
            line(out, &["* there is no such room or person, or it is not for you to know"]);
        }
        MetadataRefusal::NoKey(key) => line(out, &["* that can be no key: ", key]),
        MetadataRefusal::TooLong(key) => {
            notice(out, format_args!("{key} can have {METADATA_VALUE_BYTES_MAX} bytes at most"));
        }
        MetadataRefusal::NotYours(_) => line(out, &["* that is for others to say"]),
        MetadataRefusal::Full => {
            notice(out, format_args!("there can be {METADATA_KEYS_MAX} keys at most"));
        }
    }
}

/// Refusals about rights in a room.
fn about_order(refusal: &Refusal, out: &mut Vec<u8>) {
    match refusal {
        Refusal::NotAllowed { room, needs } => not_allowed(out, room, *needs),
        Refusal::Outranked(name) => {
            line(out, &["* you cannot do that to ", name.as_str(), ", who may do as much as you"]);
        }
        Refusal::NotHere { name, room } => {
            line(out, &["* nobody called ", name, " is in ", room.as_str(), " (/who lists it)"]);
        }
        Refusal::Banned(sanction) => sanctioned(out, "banned from", sanction),
        Refusal::Muted(sanction) => sanctioned(out, "muted in", sanction),
        Refusal::MutedName(room) => {
            let why = ", so you keep your nickname there; /leave it first, or wait";
            line(out, &["* you are muted in ", room.as_str(), why]);
        }
        Refusal::PasswordNeeded(room) => {
            let room = room.as_str();
            line(out, &["* the room ", room, " needs a password: /join ", room, " PASSWORD"]);
        }
        Refusal::PasswordWrong(room) => {
            let why = "; ask somebody who is in it";
            line(out, &["* that is not the password of ", room.as_str(), why]);
        }
        Refusal::PasswordPaused { room, lasts } => {
            let (room, lasts) = (room.as_str(), Rounded(*lasts));
            let why = "wrong passwords came from your address";
            let _ = writeln!(out, "* too many {why} for {room}; try again in {lasts}");
        }
        Refusal::KeyWrong(room) => {
            let why = "; its owner was told it when the room was made or given away";
            line(out, &["* that is not the key of ", room.as_str(), why]);
        }
        Refusal::TooManySanctions(room) => {
            let why = " has as many bans and mutes as it may; lift some (/bans lists them)";
            line(out, &["* the room ", room.as_str(), why]);
        }
        Refusal::NoSuchSanction { kind, name } => {
            let kind = if *kind == SanctionKind::Ban { "ban" } else { "mute" };
            line(out, &["* there is no ", kind, " on ", name, " here (/bans lists them)"]);
        }
        _ => about_others(refusal, out),
    }
}

/// Refusals about another person.
fn about_others(refusal: &Refusal, out: &mut Vec<u8>) {
    match refusal {
        Refusal::NoAddress(name) => {
            let why = " shares an address with everybody; /ban NAME bans the nickname";
            line(out, &["* the connection of ", name.as_str(), why]);
        }
        Refusal::AlreadySo(name) => {
            line(out, &["* that is so already for ", name.as_str(), "; nothing has changed"]);
        }
        Refusal::Ignored(name) => {
            line(out, &["* that was not passed on: you are ignored by ", name.as_str()]);
        }
        Refusal::NotIgnored(name) => {
            line(out, &["* you do not ignore ", name, " (/ignore lists whom you do)"]);
        }
        _ => limit(refusal, out),
    }
}

fn not_allowed(out: &mut Vec<u8>, room: &RoomName, needs: Rank) {
    let room = room.as_str();
    match needs {
        Rank::ServerOperator => {
            let who = ": only those who look after the server may";
            line(out, &["* you cannot do that in ", room, who]);
        }
        Rank::Owner => line(out, &["* you would have to own ", room, " to do that (/help rooms)"]),
        Rank::Operator | Rank::Member => {
            line(
                out,
                &["* you would have to be an operator of ", room, " to do that (/help rooms)"],
            );
        }
    }
}

fn sanctioned(out: &mut Vec<u8>, how: &str, sanction: &ActiveSanction) {
    let ActiveSanction { room, lasts, reason } = sanction;
    let _ = write!(out, "* you are {how} {}", room.as_str());
    let _ = match lasts {
        Some(lasts) => write!(out, " for {} more", Rounded(*lasts)),
        None => write!(out, " until an operator lifts it"),
    };
    because(out, reason);
    out.push(b'\n');
}

fn limit(refusal: &Refusal, out: &mut Vec<u8>) {
    match refusal {
        Refusal::NameTooLong => notice(
            out,
            format_args!(
                "that name is too long: use at most {NAME_COLUMNS_MAX} characters \
                 ({NAME_BYTES_MAX} bytes)"
            ),
        ),
        Refusal::RoomNameTooLong => notice(
            out,
            format_args!(
                "that name is too long: rooms have at most {ROOM_NAME_COLUMNS_MAX} characters \
                 ({ROOM_NAME_BYTES_MAX} bytes)"
            ),
        ),
        Refusal::TextTooLong => {
            notice(
                out,
                format_args!("that text was too long; {TEXT_BYTES_MAX} bytes are the most"),
            );
        }
        Refusal::LineTooLong => notice(
            out,
            // The refusal is the same whichever way the line ends.
            format_args!("that line was too long; send at most {} bytes", LINE_BYTES_MAX - 2),
        ),
        Refusal::QueueName => notice(
            out,
            format_args!(
                "that is no queue: use 1 to {QUEUE_NAME_BYTES_MAX} ASCII letters, digits and signs"
            ),
        ),
        Refusal::MatchPlayers => notice(
            out,
            format_args!(
                "no fewer than {} players and no more than {} can meet",
                MATCH_PLAYERS.start(),
                MATCH_PLAYERS.end()
            ),
        ),
        Refusal::FieldLength(field) => {
            let (what, most) = match field {
                Field::Topic => ("a topic", TOPIC_BYTES_MAX),
                Field::Password => ("a password", PASSWORD_BYTES_MAX),
                Field::Reason => ("a reason", REASON_BYTES_MAX),
            };
            notice(out, format_args!("that is too long: {what} has at most {most} bytes"));
        }
        // Always reads the same.
        _ => {}
    }
}

const PLACE_WHERE_ALL_START: &str =
    "you are in main, where everyone starts (/quit leaves the chat)";
const ADDRESS_NAMED: &str =
    "you would have to look after the server to name an address; name a person";

const UNREADABLE: &str =
    "what belongs to your account cannot be read from the disk now; try again in a while";

/// Refusals that always read the same.
#[expect(clippy::too_many_lines, reason = "a table, a row a refusal")]
fn constant(refusal: &Refusal) -> Option<&'static str> {
    Some(match refusal {
        Refusal::NicknameFirst => "type a nickname first: /nick NAME (/quit leaves)",
        Refusal::NameEmpty => "that name needs a letter or digit; try another",
        Refusal::NameCharacter => {
            "that is no name: use letters, digits and _-^|{} without spaces, such as max_7"
        }
        Refusal::NameMixesScripts => "that name mixes alphabets; keep to the letters of one",
        Refusal::NowhereToLeaveTo => PLACE_WHERE_ALL_START,
        Refusal::InNoRoom => "you are in no room; /join ROOM first",
        Refusal::TooManyRooms => {
            "no more rooms can be made; join one that is there (/rooms lists them)"
        }
        Refusal::RoomUnreadable => {
            "no more rooms can be opened while the disk cannot be read; try again in a while"
        }
        Refusal::Unreadable => UNREADABLE,
        Refusal::InTooManyRooms => "you are in as many rooms as you can be; /leave one first",
        Refusal::ToYourself => "that is you; /msg is for somebody else",
        Refusal::InvitesSelf => "that is you; /invite is for somebody else",
        Refusal::ThatIsYou => "that is you; it can be done to somebody else",
        Refusal::AddressNamed => ADDRESS_NAMED,
        Refusal::TooManyOperators => "there are as many operators as may be; /deop one first",
        Refusal::MainIsEverybodys => "that is not for main, which belongs to everybody; /join ROOM",
        Refusal::TooManyIgnored => "you ignore as many as you can; /unignore one first",
        Refusal::HistoryOff => "the history is off here: nothing that is said is remembered",
        Refusal::OperWrong => "no one who looks after the server has this name and password",
        Refusal::OperBusy => "too many passwords are being checked; try again in a while",
        Refusal::NotSeeking => "you are in no queue; /match QUEUE gives you a token for one",
        Refusal::NotATime => "that is no time: use 90s, 10m, 2h or 7d, without a space",
        Refusal::RequestMalformed => {
            "that is no request: send one JSON object with what it needs (docs/PROTOCOL.md)"
        }
        Refusal::NotUtf8 => "that line was not UTF-8 and nobody saw it; set your terminal to UTF-8",
        Refusal::NameTooLong
        | Refusal::RoomNameTooLong
        | Refusal::Room(_)
        | Refusal::Redaction(_)
        | Refusal::Rename(_)
        | Refusal::NicknameReserved(_)
        | Refusal::NicknameTaken(_)
        | Refusal::AlreadyCalled(_)
        | Refusal::NobodyNamed(_)
        | Refusal::NoRoomNamed(_)
        | Refusal::NotInRoom(_)
        | Refusal::AlreadyInRoom(_)
        | Refusal::QueueName
        | Refusal::MatchPlayers
        | Refusal::UnknownCommand(_)
        | Refusal::RequestUnknown(_)
        | Refusal::Incomplete(_)
        | Refusal::Account(_)
        | Refusal::Metadata(_)
        | Refusal::NotAllowed { .. }
        | Refusal::Outranked(_)
        | Refusal::NotHere { .. }
        | Refusal::Banned(_)
        | Refusal::Muted(_)
        | Refusal::MutedName(_)
        | Refusal::PasswordNeeded(_)
        | Refusal::PasswordWrong(_)
        | Refusal::PasswordPaused { .. }
        | Refusal::FieldLength(_)
        | Refusal::TooManySanctions(_)
        | Refusal::NoSuchSanction { .. }
        | Refusal::NoAddress(_)
        | Refusal::AlreadySo(_)
        | Refusal::KeyWrong(_)
        | Refusal::Ignored(_)
        | Refusal::NotIgnored(_)
        | Refusal::LineTooLong
        | Refusal::TextTooLong => return None,
    })
}
