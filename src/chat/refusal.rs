//! Why we say no.
//!
//! A refusal is a normal answer to one command: it goes to the one who asked, changes nothing and
//! closes nothing. Its wording, which always says what to do instead, is left to `dialect`.

use super::name::{Nickname, RoomName};
use crate::limits::NAME_COLUMNS_MAX;

/// A command as a person would call it, to tell how it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Choose or change the nickname.
    Nick,
    /// Go into a room.
    Join,
    /// A private message.
    Msg,
    /// An action.
    Me,
    /// A search for players.
    Match,
    /// A search for one player.
    Invite,
}

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The command needs a nickname first.
    NicknameFirst,
    /// A name with no letter or digit in it.
    NameEmpty,
    /// A name longer than `NAME_BYTES_MAX` or wider than `NAME_COLUMNS_MAX`.
    NameTooLong,
    /// A name with a character that names may not hold.
    NameCharacter,
    /// A name that mixes scripts, so that it may pass for another.
    NameMixesScripts,
    /// A nickname kept for the server itself.
    NicknameReserved(Nickname),
    /// Somebody has this nickname, or one that looks the same.
    NicknameTaken(Nickname),
    /// That is the member's nickname already.
    AlreadyCalled(Nickname),
    /// Nobody of that name is here.
    NobodyNamed(String),
    /// There is no such room.
    NoRoomNamed(RoomName),
    /// The member is not in that room.
    NotInRoom(RoomName),
    /// The member is in that room already.
    AlreadyInRoom(RoomName),
    /// The member is in `main` and nowhere else: there is nowhere to leave to.
    NowhereToLeaveTo,
    /// The server holds as many rooms as it may.
    TooManyRooms,
    /// The member is in as many rooms as it may be.
    InTooManyRooms,
    /// A private message to oneself.
    ToYourself,
    /// An invitation to oneself.
    InvitesSelf,
    /// A name that no queue may have.
    QueueName,
    /// Fewer or more players than can meet.
    MatchPlayers,
    /// The member has no token to give back.
    NotSeeking,
    /// No such command.
    UnknownCommand(String),
    /// A command that lacks what it needs.
    Incomplete(Verb),
    /// A line longer than `LINE_BYTES_MAX`.
    LineTooLong,
    /// A line that is not UTF-8.
    NotUtf8,
}

/// What was typed where a name or a command belongs, printable everywhere and short enough to be
/// quoted back.
pub fn quoted(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_graphic).take(NAME_COLUMNS_MAX).collect()
}
