//! Refusals and farewells as objects: one code for each kind, which `docs/PROTOCOL.md` lists.

use std::time::Duration;

use super::accounts;
use super::events::seconds;
use super::object::{Bye, Error, Object, Text};
use crate::chat::{
    ActiveSanction, Farewell, MetadataRefusal, RedactionRefusal, Refusal, RenameRefusal, Reply,
    RoomRefusal,
};
use crate::dialect::line::writing::sentence;
use crate::dialect::line::{refusals, wording};

/// A refusal.
pub(super) fn error(refusal: &Refusal) -> Object<'_> {
    let about = |nick: Option<Text<'static>>, room: Option<Text<'static>>| Error {
        code: code(refusal).into(),
        text: sentence(|out| refusals::write(refusal, out)).into(),
        nick,
        room,
        ..Error::default()
    };
    let named = |name: &str| Some(Text::from(name.to_owned()));
    Object::Error(match refusal {
        Refusal::NicknameReserved(name)
        | Refusal::NicknameTaken(name)
        | Refusal::AlreadyCalled(name)
        | Refusal::Outranked(name)
        | Refusal::NoAddress(name)
        | Refusal::AlreadySo(name)
        | Refusal::Ignored(name) => about(named(name.as_str()), None),
        Refusal::NobodyNamed(name)
        | Refusal::NotIgnored(name)
        | Refusal::NoSuchSanction { name, .. } => about(named(name), None),
        Refusal::NotHere { name, room } => about(named(name), named(room.as_str())),
        Refusal::Room(RoomRefusal::AlreadyThere(name, room)) => {
            about(named(name.as_str()), named(room.as_str()))
        }
        Refusal::Room(refusal) => about(None, refusal.room().and_then(|it| named(it.as_str()))),
        Refusal::NoRoomNamed(room)
        | Refusal::NotInRoom(room)
        | Refusal::AlreadyInRoom(room)
        | Refusal::NotAllowed { room, .. }
        | Refusal::MutedName(room)
        | Refusal::PasswordNeeded(room)
        | Refusal::PasswordWrong(room)
        | Refusal::KeyWrong(room)
        | Refusal::Rename(RenameRefusal::InUse(room) | RenameRefusal::Same(room))
        | Refusal::TooManySanctions(room) => about(None, named(room.as_str())),
        Refusal::Account(refusal) => {
            let (name, retry) = accounts::about(refusal);
            Error { retry, ..about(name, None) }
        }
        Refusal::PasswordPaused { room, lasts } => {
            Error { retry: Some(seconds(*lasts)), ..about(None, named(room.as_str())) }
        }
        Refusal::Banned(sanction) | Refusal::Muted(sanction) => {
            let ActiveSanction { room, lasts, reason } = sanction;
            Error {
                reason: named(reason).filter(|reason| !reason.is_empty()),
                retry: lasts.map(seconds),
                ..about(None, named(room.as_str()))
            }
        }
        _ => about(None, None),
    })
}

/// The last words.
pub(super) fn bye(farewell: Farewell) -> Object<'static> {
    let retry = match farewell {
        Farewell::Shutdown { back_in } if back_in > 0 => {
            Some(seconds(Duration::from_secs(back_in.into())))
        }
        _ => None,
    };
    Object::Bye(Bye {
        code: farewell_code(farewell).into(),
        text: sentence(|out| wording::reply(&Reply::Farewell(farewell), false, out)).into(),
        retry,
    })
}

fn code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Room(refusal) => room_code(refusal),
        Refusal::NicknameFirst => "nick-needed",
        Refusal::NameEmpty
        | Refusal::NameTooLong
        | Refusal::RoomNameTooLong
        | Refusal::NameCharacter
        | Refusal::NameMixesScripts => "name-bad",
        Refusal::NicknameReserved(_) => "nick-reserved",
        Refusal::NicknameTaken(_) => "nick-taken",
        Refusal::AlreadyCalled(_) => "nick-same",
        Refusal::NobodyNamed(_) | Refusal::NotHere { .. } => "nobody",
        Refusal::ToYourself | Refusal::ThatIsYou | Refusal::InvitesSelf => "yourself",
        Refusal::NoRoomNamed(_) => "room-none",
        Refusal::NotInRoom(_) => "room-not-in",
        Refusal::AlreadyInRoom(_) => "room-same",
        Refusal::NowhereToLeaveTo => "room-last",
        Refusal::InNoRoom => "room-needed",
        Refusal::TooManyRooms => "rooms-full",
        Refusal::RoomUnreadable => "rooms-unreadable",
        Refusal::Metadata(refusal) => match refusal {
            MetadataRefusal::NobodyThere => "nobody",
            MetadataRefusal::NotYours(_) => "not-allowed",
            MetadataRefusal::Full => "list-full",
            MetadataRefusal::NoKey(_) | MetadataRefusal::TooLong(_) => "text-length",
        },
        Refusal::Unreadable => "account-unreadable",
        Refusal::InTooManyRooms => "rooms-many",
        Refusal::Banned(_) => "banned",
        Refusal::Muted(_) => "muted",
        Refusal::MutedName(_) => "muted-name",
        Refusal::PasswordNeeded(_) => "room-password",
        Refusal::PasswordWrong(_) => "password-wrong",
        Refusal::PasswordPaused { .. } => "password-paused",
        Refusal::KeyWrong(_) => "key-wrong",
        Refusal::NotAllowed { .. } | Refusal::AddressNamed => "not-allowed",
        Refusal::Outranked(_) => "outranked",
        Refusal::MainIsEverybodys => "not-for-main",
        Refusal::NoAddress(_) => "no-address",
        Refusal::AlreadySo(_) | Refusal::Rename(RenameRefusal::Same(_)) => "already-so",
        Refusal::Rename(RenameRefusal::InUse(_)) => "room-taken",
        Refusal::Rename(RenameRefusal::TooMany) => "list-full",
        Refusal::FieldLength(_) => "text-length",
        Refusal::TooManySanctions(_) | Refusal::TooManyOperators | Refusal::TooManyIgnored => {
            "list-full"
        }
        Refusal::NoSuchSanction { .. } | Refusal::NotIgnored(_) => "not-listed",
        Refusal::Ignored(_) => "ignored",
        Refusal::HistoryOff => "history-off",
        Refusal::Redaction(RedactionRefusal::NoSuchMessage) => "message-none",
        Refusal::Redaction(RedactionRefusal::NotYours) => "not-allowed",
        Refusal::Redaction(RedactionRefusal::TooMany) => "list-full",
        Refusal::OperWrong => "oper-wrong",
        Refusal::OperBusy => "oper-busy",
        Refusal::Account(refusal) => accounts::code(refusal),
        Refusal::QueueName => "queue-bad",
        Refusal::MatchPlayers => "players-bad",
        Refusal::NotSeeking => "queue-none",
        Refusal::UnknownCommand(_) => "command-none",
        Refusal::Incomplete(_) => "usage",
        Refusal::NotATime => "time-bad",
        Refusal::LineTooLong | Refusal::TextTooLong => "too-long",
        Refusal::NotUtf8 => "not-utf8",
        Refusal::RequestMalformed => "bad-json",
        Refusal::RequestUnknown(_) => "bad-type",
    }
}

fn room_code(refusal: &RoomRefusal) -> &'static str {
    match refusal {
        RoomRefusal::Moderated(_) => "moderated",
        RoomRefusal::NoRequests(_) => "no-requests",
        RoomRefusal::InvitedOnly(_) => "invite-only",
        RoomRefusal::Full(_) => "room-full",
        RoomRefusal::AccountsOnly(_) => "account-needed",
        RoomRefusal::AlreadyThere(..) => "already-there",
        RoomRefusal::MaskMalformed(_) => "mask-bad",
        RoomRefusal::LimitMalformed(_) => "limit-bad",
        RoomRefusal::UnknownRule(_) => "rule-none",
        RoomRefusal::TooManyVoiced(_) => "list-full",
    }
}

fn farewell_code(farewell: Farewell) -> &'static str {
    match farewell {
        Farewell::Quit => "quit",
        Farewell::RegisterTimeout => "nick-late",
        Farewell::TooManyTries => "nick-tries",
        Farewell::TooManyPasswords => "password-tries",
        Farewell::LineTimeout => "line-late",
        Farewell::SlowReader { .. } => "slow",
        Farewell::Shutdown { .. } => "going",
        Farewell::ServerFull => "full",
        Farewell::AddressFull => "full-address",
        Farewell::NetworkFull => "full-network",
        Farewell::MadeWay => "made-way",
        Farewell::AddressBanned => "banned-address",
        Farewell::Banned => "banned",
        Farewell::Kicked => "kicked",
        Farewell::TlsOnly => "tls-only",
    }
}
