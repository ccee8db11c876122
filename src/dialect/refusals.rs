//! How plain-line clients read that something was refused: one notice that says what to do instead.

use super::wording::{line, notice};
use crate::chat::{Refusal, Verb};
use crate::limits::{
    LINE_BYTES_MAX, MATCH_PLAYERS, NAME_BYTES_MAX, NAME_COLUMNS_MAX, QUEUE_NAME_BYTES_MAX,
};

/// Appends a refusal, with its newline.
pub(super) fn write(refusal: &Refusal, out: &mut Vec<u8>) {
    match constant(refusal) {
        Some(text) => line(out, &["* ", text]),
        None => variable(refusal, out),
    }
}

/// Those that quote somebody, or name a limit.
fn variable(refusal: &Refusal, out: &mut Vec<u8>) {
    match refusal {
        Refusal::NicknameReserved(name) => {
            line(out, &["* the nickname ", name.as_str(), " is kept for the server; type another"]);
        }
        Refusal::NicknameTaken(name) => {
            let why = " is taken, or looks like one that is; type another";
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
        Refusal::Incomplete(verb) => line(out, &["* usage: ", usage(*verb)]),
        _ => limit(refusal, out),
    }
}

fn limit(refusal: &Refusal, out: &mut Vec<u8>) {
    match refusal {
        Refusal::NameTooLong => notice(
            out,
            format_args!(
                "a name has at most {NAME_COLUMNS_MAX} characters \
                 ({NAME_BYTES_MAX} bytes); try a shorter one"
            ),
        ),
        Refusal::LineTooLong => notice(
            out,
            // Whichever way the line is ended.
            format_args!("that line was too long; send at most {} bytes", LINE_BYTES_MAX - 2),
        ),
        Refusal::QueueName => notice(
            out,
            format_args!(
                "a queue is called by 1 to {QUEUE_NAME_BYTES_MAX} ASCII letters, digits and signs"
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
        // Always reads the same.
        _ => {}
    }
}

/// Those that always read the same.
fn constant(refusal: &Refusal) -> Option<&'static str> {
    Some(match refusal {
        Refusal::NicknameFirst => "type a nickname first (/quit leaves)",
        Refusal::NameEmpty => "a name needs a letter or digit; try another",
        Refusal::NameCharacter => {
            "a name is made of letters, digits and _-^|{} without spaces, such as max_7"
        }
        Refusal::NameMixesScripts => "a name keeps to the letters of one alphabet; try another",
        Refusal::NowhereToLeaveTo => {
            "you are in main, where everyone starts (/quit leaves the chat)"
        }
        Refusal::TooManyRooms => {
            "no more rooms can be made; join one that is there (/rooms lists them)"
        }
        Refusal::InTooManyRooms => "you are in as many rooms as you can be; /leave one first",
        Refusal::ToYourself => "that is you; /msg is for somebody else",
        Refusal::InvitesSelf => "that is you; /invite is for somebody else",
        Refusal::NotSeeking => "you are in no queue; /match QUEUE gives you a token for one",
        Refusal::NotUtf8 => "that line was not UTF-8 and nobody saw it; set your terminal to UTF-8",
        Refusal::NameTooLong
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
        | Refusal::Incomplete(_)
        | Refusal::LineTooLong => return None,
    })
}

fn usage(verb: Verb) -> &'static str {
    match verb {
        Verb::Nick => "/nick NAME",
        Verb::Join => "/join ROOM",
        Verb::Msg => "/msg NAME TEXT",
        Verb::Me => "/me TEXT",
        Verb::Match => "/match QUEUE, /match QUEUE PLAYERS or /match off",
        Verb::Invite => "/invite NAME",
    }
}
