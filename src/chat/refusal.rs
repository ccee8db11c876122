//! Refusals: why a command was not carried out.
//!
//! A refusal is a normal answer to one command: it goes to the one who asked, changes nothing and
//! closes nothing. Its wording, which always says what to do instead, is left to `dialect`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::account_refusal::AccountRefusal;
use super::metadata_request::MetadataRefusal;
use super::name::{NameError, Nickname, RoomName};
use super::room_refusal::{RedactionRefusal, RenameRefusal, RoomRefusal};
use super::sanctions::SanctionKind;
use crate::limits::NAME_COLUMNS_MAX;

/// A command as a person would call it, to tell how it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Choose or change the nickname.
    Nick,
    /// Join a room.
    Join,
    /// A private message.
    Msg,
    /// An action.
    Me,
    /// A search for players.
    Match,
    /// A search for one player.
    Invite,
    /// The history of a room.
    History,
    /// Numbers before messages.
    Numbers,
    /// The output format.
    Format,
    /// A room's password.
    Password,
    /// Claim a room by its key.
    Own,
    /// Give a room to another member.
    Give,
    /// Make somebody an operator.
    Op,
    /// Make somebody an operator no longer.
    Deop,
    /// Kick somebody.
    Kick,
    /// Ban somebody.
    Ban,
    /// Ban somebody by address.
    BanIp,
    /// Revoke a ban.
    Unban,
    /// Mute somebody.
    Mute,
    /// Revoke a mute.
    Unmute,
    /// Take a message back.
    Redact,
    /// Give a room another name.
    RenameRoom,
    /// Give somebody a voice.
    Voice,
    /// Take a voice away.
    Unvoice,
    /// Ask for the rules of a room, or switch them.
    Mode,
    /// Stop ignoring somebody.
    Unignore,
    /// Log in as a server operator.
    Oper,
    /// Register an account.
    Register,
    /// Log in to an account.
    LogIn,
    /// Choose another password of one's account.
    ChangePassword,
    /// Ask about somebody.
    Whois,
}

/// A member's rank in a room, the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rank {
    /// May talk.
    Member,
    /// May keep order in the room.
    Operator,
    /// Owns the room.
    Owner,
    /// May keep order in all rooms.
    ServerOperator,
}

/// A text that has a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The topic of a room.
    Topic,
    /// The password of a room.
    Password,
    /// The reason of a kick, a ban or a mute.
    Reason,
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
    /// The name of a room that is longer than `ROOM_NAME_BYTES_MAX` or wider than
    /// `ROOM_NAME_COLUMNS_MAX`.
    RoomNameTooLong,
    /// A name with a character that names may not hold.
    NameCharacter,
    /// A name that mixes scripts, so that it may pass for another.
    NameMixesScripts,
    /// A nickname kept for the server itself.
    NicknameReserved(Nickname),
    /// Somebody has this nickname, or one that looks the same.
    NicknameTaken(Nickname),
    /// The member has that nickname already.
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
    /// The member is in no room, and has named none.
    InNoRoom,
    /// The server holds as many rooms as it may.
    TooManyRooms,
    /// The room may be kept on a disk that cannot be read now.
    RoomUnreadable,
    /// What belongs to the member's account is kept on a disk that cannot be read now.
    Unreadable,
    /// The member is in as many rooms as it may be.
    InTooManyRooms,
    /// A private message to oneself.
    ToYourself,
    /// Something else that is done to others only.
    ThatIsYou,
    /// An invitation to oneself.
    InvitesSelf,
    /// The member may not do that there.
    NotAllowed {
        /// The room.
        room: RoomName,
        /// The lowest rank that may.
        needs: Rank,
    },
    /// The other may do as much as the member there, or more.
    Outranked(Nickname),
    /// Nobody of that name is in the member's room.
    NotHere {
        /// As typed.
        name: String,
        /// The member's room.
        room: RoomName,
    },
    /// The member, or who wants to become one, is banned from a room; from `main`: from the server.
    Banned(ActiveSanction),
    /// The member is muted in a room.
    Muted(ActiveSanction),
    /// The member is muted, and would not be under another name.
    MutedName(RoomName),
    /// The rules of a room forbid it.
    Room(RoomRefusal),
    /// A room does not get another name.
    Rename(RenameRefusal),
    /// A message is not taken back.
    Redaction(RedactionRefusal),
    /// A room that is entered with a password only.
    PasswordNeeded(RoomName),
    /// The password or key is wrong.
    PasswordWrong(RoomName),
    /// So many wrong passwords came from the member's network that nobody there may try yet.
    PasswordPaused {
        /// The room.
        room: RoomName,
        /// The time until another may be tried.
        lasts: Duration,
    },
    /// A text that is too long, or empty.
    FieldLength(Field),
    /// As many bans and mutes as may be.
    TooManySanctions(RoomName),
    /// No such ban or mute.
    NoSuchSanction {
        /// Ban or mute.
        kind: SanctionKind,
        /// The nickname or number, as typed.
        name: String,
    },
    /// The address of this member is everybody's.
    NoAddress(Nickname),
    /// An address that only somebody who keeps order everywhere may name.
    AddressNamed,
    /// As many operators as may be.
    TooManyOperators,
    /// The other is an operator already, or is none.
    AlreadySo(Nickname),
    /// `main` belongs to nobody and has no password.
    MainIsEverybodys,
    /// The room does not belong to who brings this key.
    KeyWrong(RoomName),
    /// The other ignores the member.
    Ignored(Nickname),
    /// As many ignored as may be.
    TooManyIgnored,
    /// The member does not ignore that one.
    NotIgnored(String),
    /// The server remembers nothing.
    HistoryOff,
    /// No such server operator, or another password.
    OperWrong,
    /// The queue of passwords to be checked is full.
    OperBusy,
    /// Something about accounts.
    Account(AccountRefusal),
    /// Something about metadata.
    Metadata(MetadataRefusal),
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
    /// An argument begins like a duration and is none.
    NotATime,
    /// A line longer than `LINE_BYTES_MAX`.
    LineTooLong,
    /// A line that is not UTF-8.
    NotUtf8,
    /// A text longer than `TEXT_BYTES_MAX`.
    TextTooLong,
    /// A request of a program that is not well-formed, or lacks something.
    RequestMalformed,
    /// A request of a program that asks for nothing known here.
    RequestUnknown(String),
}

impl Refusal {
    /// Every kind, by the name it has in counters.
    pub const KINDS: [&'static str; 18] = [
        "nickname",
        "nickname-taken",
        "nobody-there",
        "place",
        "rooms-full",
        "lists-full",
        "not-allowed",
        "banned",
        "muted",
        "ignored",
        "password",
        "operator-password",
        "match",
        "text",
        "line-too-long",
        "not-utf8",
        "usage",
        "account",
    ];

    /// The kind's place in [`Refusal::KINDS`].
    pub fn kind(&self) -> usize {
        match self {
            Self::Room(refusal) => refusal.kind(),
            Self::NicknameFirst
            | Self::NameEmpty
            | Self::NameTooLong
            | Self::RoomNameTooLong
            | Self::NameCharacter
            | Self::NameMixesScripts
            | Self::NicknameReserved(_)
            | Self::AlreadyCalled(_) => 0,
            Self::NicknameTaken(_) | Self::Account(AccountRefusal::NicknameOwned(_)) => 1,
            Self::NobodyNamed(_) | Self::NotHere { .. } | Self::NoRoomNamed(_) => 2,
            Self::Metadata(refusal) => match refusal {
                MetadataRefusal::NobodyThere => 2,
                MetadataRefusal::NotYours(_) => 6,
                MetadataRefusal::Full => 5,
                MetadataRefusal::NoKey(_) | MetadataRefusal::TooLong(_) => 13,
            },
            Self::NotInRoom(_)
            | Self::AlreadyInRoom(_)
            | Self::NowhereToLeaveTo
            | Self::InNoRoom
            | Self::Rename(RenameRefusal::InUse(_)) => 3,
            Self::TooManyRooms | Self::InTooManyRooms | Self::RoomUnreadable => 4,
            Self::TooManySanctions(_)
            | Self::TooManyOperators
            | Self::TooManyIgnored
            | Self::Rename(RenameRefusal::TooMany) => 5,
            Self::NotAllowed { .. }
            | Self::Outranked(_)
            | Self::AddressNamed
            | Self::NoAddress(_)
            | Self::MainIsEverybodys
            | Self::KeyWrong(_)
            | Self::Redaction(RedactionRefusal::NotYours) => 6,
            Self::Banned(_) => 7,
            Self::Muted(_) | Self::MutedName(_) => 8,
            Self::Ignored(_) => 9,
            Self::PasswordNeeded(_) | Self::PasswordWrong(_) | Self::PasswordPaused { .. } => 10,
            Self::OperWrong | Self::OperBusy => 11,
            Self::Account(_) | Self::Unreadable => 17,
            Self::QueueName | Self::MatchPlayers | Self::NotSeeking | Self::InvitesSelf => 12,
            Self::FieldLength(_) => 13,
            Self::LineTooLong | Self::TextTooLong => 14,
            Self::NotUtf8 => 15,
            Self::ToYourself
            | Self::ThatIsYou
            | Self::NoSuchSanction { .. }
            | Self::AlreadySo(_)
            | Self::NotIgnored(_)
            | Self::HistoryOff
            | Self::Redaction(_)
            | Self::Rename(RenameRefusal::Same(_))
            | Self::UnknownCommand(_)
            | Self::Incomplete(_)
            | Self::RequestMalformed
            | Self::RequestUnknown(_)
            | Self::NotATime => 16,
        }
    }
}

impl From<RoomRefusal> for Refusal {
    fn from(refusal: RoomRefusal) -> Self {
        Self::Room(refusal)
    }
}

impl From<RenameRefusal> for Refusal {
    fn from(refusal: RenameRefusal) -> Self {
        Self::Rename(refusal)
    }
}

impl From<RedactionRefusal> for Refusal {
    fn from(refusal: RedactionRefusal) -> Self {
        Self::Redaction(refusal)
    }
}

impl From<NameError> for Refusal {
    fn from(error: NameError) -> Self {
        match error {
            NameError::Empty => Self::NameEmpty,
            NameError::TooLong => Self::NameTooLong,
            NameError::RoomTooLong => Self::RoomNameTooLong,
            NameError::Character => Self::NameCharacter,
            NameError::MixesScripts => Self::NameMixesScripts,
            NameError::Reserved(nickname) => Self::NicknameReserved(nickname),
        }
    }
}

/// A ban or a mute, as its target is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveSanction {
    /// The room in which it holds.
    pub room: RoomName,
    /// The time left; `None`: for ever.
    pub lasts: Option<Duration>,
    /// The reason; may be empty.
    pub reason: SmolStr,
}

/// Text typed in place of a name or a command, made printable and short enough to be
/// quoted back.
pub fn quoted(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_graphic).take(NAME_COLUMNS_MAX).collect()
}
