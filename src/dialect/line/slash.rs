//! Parses the arguments of commands. Their names are in `commands`.

use std::time::Duration;

use crate::chat::{
    AccountRequest, Command, ConversationCommand, Guide, HistoryCursor, Listed, LogInWay,
    ModeRequest, Recall, Refusal, RoomCommand, RoomModes, RoomRefusal, RoomRule, SanctionKind,
    SanctionRequest, Verb, Window, quoted,
};
use crate::dialect::format::Format;
use crate::limits::LISTED_MAX;

/// A parser of a command's arguments.
pub(in crate::dialect) type Parse = for<'a> fn(&'a str) -> Result<Command<'a>, Refusal>;
/// A parser of the arguments of `/format` and `/numbers`.
pub(in crate::dialect) type ParseFormat = fn(&str) -> Result<Format, Refusal>;

/// `json` or `text`.
pub(in crate::dialect) fn format(argument: &str) -> Result<Format, Refusal> {
    match argument {
        "json" => Ok(Format::Json),
        "text" => Ok(Format::Text),
        _ => Err(Refusal::Incomplete(Verb::Format)),
    }
}

pub(in crate::dialect) fn guide(argument: &str) -> Guide {
    if argument.eq_ignore_ascii_case("rooms") { Guide::Rooms } else { Guide::Talking }
}

/// `NAME TEXT`.
pub(in crate::dialect) fn whisper(argument: &str) -> Result<Command<'_>, Refusal> {
    two(Verb::Msg, argument).map(|(to, text)| Command::Whisper { to, text })
}

/// `NAME PASSWORD`, or `NAME` alone where the account of that name is enough.
pub(in crate::dialect) fn oper(argument: &str) -> Result<Command<'_>, Refusal> {
    let named = needed(Verb::Oper, argument)?;
    let (name, password) = two(Verb::Oper, named).unwrap_or((named, ""));
    Ok(Command::Oper { name, password })
}

/// `PASSWORD`, which may hold spaces.
pub(in crate::dialect) fn register(argument: &str) -> Result<Command<'_>, Refusal> {
    let password = needed(Verb::Register, argument)?;
    Ok(Command::Account(AccountRequest::Register { name: None, password, email: None }))
}

/// `NAME PASSWORD`.
pub(in crate::dialect) fn log_in(argument: &str) -> Result<Command<'_>, Refusal> {
    let (name, password) = two(Verb::LogIn, argument)?;
    let way = LogInWay::Typed;
    Ok(Command::Account(AccountRequest::LogIn { name, password, way }))
}

pub(in crate::dialect) fn log_out(_: &str) -> Result<Command<'_>, Refusal> {
    Ok(Command::Account(AccountRequest::LogOut))
}

/// `OLD NEW`.
pub(in crate::dialect) fn change_password(argument: &str) -> Result<Command<'_>, Refusal> {
    let (old, new) = two(Verb::ChangePassword, argument)?;
    Ok(Command::Account(AccountRequest::ChangePassword { old, new }))
}

/// `ROOM` or `ROOM PASSWORD`.
pub(in crate::dialect) fn join(argument: &str) -> Result<Command<'_>, Refusal> {
    let (room, password) = first_word(needed(Verb::Join, argument)?);
    let password = (!password.is_empty()).then_some(password);
    Ok(Command::Join { room, password, stay: false, recall: None, list: false, keyless: false })
}

/// `NAME`, who is invited to a game, or `NAME ROOM`.
pub(in crate::dialect) fn invite(argument: &str) -> Result<Command<'_>, Refusal> {
    let (whom, room) = first_word(needed(Verb::Invite, argument)?);
    if room.is_empty() {
        return Ok(Command::Invite { to: whom });
    }
    let command = RoomCommand::Mode(ModeRequest::Invite { whom });
    Ok(Command::InRoom { room: Some(room), command })
}

/// Nothing, which asks for the rules; or rules that are switched, by their letters behind a sign;
/// or `+l NUMBER`.
pub(in crate::dialect) fn mode(argument: &str) -> Result<Command<'_>, Refusal> {
    let (letters, number) = first_word(argument);
    let request = match letters.split_at_checked(1) {
        None | Some(("", _)) => ModeRequest::Ask,
        Some(("+", "l")) => {
            let limit = number.parse().ok().filter(|limit| *limit > 0);
            let malformed = || RoomRefusal::LimitMalformed(quoted(number));
            ModeRequest::Limit(Some(limit.ok_or_else(malformed)?))
        }
        Some(("-", "l")) => ModeRequest::Limit(None),
        Some(("+", letters)) => ModeRequest::Rules { set: rules(letters)?, unset: RoomModes::NONE },
        Some(("-", letters)) => ModeRequest::Rules { set: RoomModes::NONE, unset: rules(letters)? },
        Some(_) => return Err(Refusal::Incomplete(Verb::Mode)),
    };
    Ok(RoomCommand::Mode(request).in_last_room())
}

fn rules(letters: &str) -> Result<RoomModes, Refusal> {
    let unknown = |letter: &char| RoomRule::of(*letter).is_none();
    match letters.chars().find(unknown) {
        Some(letter) if letter.is_ascii_graphic() => Err(RoomRefusal::UnknownRule(letter).into()),
        _ => RoomModes::parse(letters).map_err(|_| Refusal::Incomplete(Verb::Mode)),
    }
}

/// `NAME`.
pub(in crate::dialect) fn voice(
    verb: Verb,
    argument: &str,
    may: bool,
) -> Result<Command<'_>, Refusal> {
    let whom = needed(verb, argument)?;
    Ok(RoomCommand::Mode(ModeRequest::Voice { whom, may }).in_last_room())
}

/// Nothing, which asks for the topic; `-`, which takes it away; or the topic.
pub(in crate::dialect) fn topic(argument: &str) -> Command<'_> {
    match argument {
        "" => RoomCommand::AskTopic.in_last_room(),
        "-" => RoomCommand::SetTopic("").in_last_room(),
        text => RoomCommand::SetTopic(text).in_last_room(),
    }
}

/// `NAME` or `NAME REASON`.
pub(in crate::dialect) fn kick(argument: &str) -> Result<Command<'_>, Refusal> {
    let (whom, reason) = first_word(needed(Verb::Kick, argument)?);
    Ok(RoomCommand::Kick { whom, reason }.in_last_room())
}

/// `NAME`, or the number of what is revoked.
pub(in crate::dialect) fn revoke(
    verb: Verb,
    kind: SanctionKind,
    argument: &str,
) -> Result<Command<'_>, Refusal> {
    needed(verb, argument).map(|whom| RoomCommand::Revoke { kind, whom }.in_last_room())
}

/// `ROOM`, `PAGE`, both or nothing. A room that is called by a number is written with a `#`.
pub(in crate::dialect) fn who(argument: &str) -> Command<'_> {
    let (first, second) = first_word(argument);
    match (first.parse(), second.parse()) {
        (Ok(page), _) if second.is_empty() => Command::Who { room: None, page },
        (_, Ok(page)) => Command::Who { room: Some(first), page },
        _ => Command::Who { room: (!argument.is_empty()).then_some(argument), page: 1 },
    }
}

/// `COUNT`, `after EPOCH:NUMBER`, `on`, `off` or nothing, which is all; or `@NAME` and the like.
pub(in crate::dialect) fn history(argument: &str) -> Result<Command<'_>, Refusal> {
    let usage = Refusal::Incomplete(Verb::History);
    let (first, second) = first_word(argument);
    match first {
        "" => Ok(RoomCommand::Recall(Recall::Last(usize::MAX)).in_last_room()),
        "forget" => match second.strip_prefix('@').ok_or(usage)? {
            "" => Ok(Command::Conversation(ConversationCommand::Forget(None))),
            name => Ok(Command::Conversation(ConversationCommand::Forget(Some(name)))),
        },
        person if person.starts_with('@') => conversations(&person[1..], second),
        "on" => Ok(Command::HearHistory(true)),
        "off" => Ok(Command::HearHistory(false)),
        "after" => {
            let cursor = cursor(second).ok_or(usage)?;
            Ok(RoomCommand::Recall(Recall::After(cursor)).in_last_room())
        }
        count => {
            let count = count.parse().map_err(|_| usage)?;
            Ok(RoomCommand::Recall(Recall::Last(count)).in_last_room())
        }
    }
}

/// `NAME`, `NAME COUNT`, or nothing, which asks with whom there is something to be read.
fn conversations<'a>(with: &'a str, count: &str) -> Result<Command<'a>, Refusal> {
    let count = match count {
        "" => usize::MAX,
        count => count.parse().map_err(|_| Refusal::Incomplete(Verb::History))?,
    };
    Ok(Command::Conversation(match with {
        "" => ConversationCommand::List(Listed {
            after: None,
            before: None,
            newest: true,
            most: count.min(LISTED_MAX),
            rooms: false,
        }),
        with => ConversationCommand::Recall { with, window: Window::last(count) },
    }))
}

/// `EPOCH:NUMBER`, as the end of a history tells it.
pub(in crate::dialect) fn cursor(written: &str) -> Option<HistoryCursor> {
    let (epoch, number) = written.split_once(':')?;
    let epoch = u32::from_str_radix(epoch, 16).ok()?;
    Some(HistoryCursor { epoch, number: number.parse().ok()? })
}

/// `NAME`, `NAME TIME`, `NAME REASON` or `NAME TIME REASON`.
pub(in crate::dialect) fn sanction(
    verb: Verb,
    kind: SanctionKind,
    argument: &str,
) -> Result<Command<'_>, Refusal> {
    let (whom, rest) = first_word(needed(verb, argument)?);
    let (time, reason) = first_word(rest);
    let lasts = duration(time)?;
    let reason = if lasts.is_some() { reason } else { rest };
    let by_address = verb == Verb::BanIp;
    Ok(RoomCommand::Sanction(SanctionRequest { kind, whom, by_address, lasts, reason })
        .in_last_room())
}

/// `10m`, `2h30m`, `7d`; `None` for what begins without a digit, which is a reason. `10 m` and `2
/// hours` are refused: taken for reasons, they would have somebody muted for ever.
fn duration(written: &str) -> Result<Option<Duration>, Refusal> {
    if !written.starts_with(|first: char| first.is_ascii_digit()) {
        return Ok(None);
    }
    humantime::parse_duration(written).map(Some).map_err(|_| Refusal::NotATime)
}

/// `QUEUE`, `QUEUE PLAYERS` or `off`.
pub(in crate::dialect) fn seek(argument: &str) -> Result<Command<'_>, Refusal> {
    let usage = Refusal::Incomplete(Verb::Match);
    let (queue, players) = argument.split_once(char::is_whitespace).unwrap_or((argument, "2"));
    match queue {
        "" => Err(usage),
        "off" => Ok(Command::MatchOff),
        _ => {
            let players = players.trim().parse().map_err(|_| usage)?;
            Ok(Command::Match { queue, players })
        }
    }
}

pub(in crate::dialect) fn switch(verb: Verb, argument: &str) -> Result<bool, Refusal> {
    match argument {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(Refusal::Incomplete(verb)),
    }
}

/// The first word, and what follows it.
pub(in crate::dialect) fn first_word(text: &str) -> (&str, &str) {
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (first, rest.trim())
}

pub(in crate::dialect) fn needed(verb: Verb, argument: &str) -> Result<&str, Refusal> {
    if argument.is_empty() { Err(Refusal::Incomplete(verb)) } else { Ok(argument) }
}

/// A word, and something behind it.
fn two(verb: Verb, argument: &str) -> Result<(&str, &str), Refusal> {
    let (first, rest) = first_word(argument);
    if rest.is_empty() { Err(Refusal::Incomplete(verb)) } else { Ok((first, rest)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::format::Request;
    use crate::dialect::line::message::asked;

    fn command(line: &str) -> Result<Option<Command<'_>>, Refusal> {
        Ok(match asked(line)? {
            Some(Request::Command(command)) => Some(command),
            Some(Request::Format(format)) => panic!("{format:?}"),
            None => None,
        })
    }

    fn join(room: &str) -> Command<'_> {
        Command::Join {
            room,
            password: None,
            stay: false,
            recall: None,
            list: false,
            keyless: false,
        }
    }

    fn last(count: usize) -> Command<'static> {
        RoomCommand::Recall(Recall::Last(count)).in_last_room()
    }

    fn with_bob(count: usize) -> Command<'static> {
        let window = Window::last(count);
        Command::Conversation(ConversationCommand::Recall { with: "bob", window })
    }

    fn ban(whom: &'static str, lasts: Option<u64>, reason: &'static str) -> Command<'static> {
        let (kind, lasts) = (SanctionKind::Ban, lasts.map(Duration::from_secs));
        RoomCommand::Sanction(SanctionRequest { kind, whom, by_address: false, lasts, reason })
            .in_last_room()
    }

    #[test]
    fn commands_are_understood_with_their_aliases() {
        for (line, meant) in [
            ("/help", Command::Help(Guide::Talking)),
            ("/?", Command::Help(Guide::Talking)),
            ("/help Rooms", Command::Help(Guide::Rooms)),
            ("/nick bob", Command::Nick("bob")),
            ("/NICK  bob ", Command::Nick("bob")),
            ("/join games", join("games")),
            ("/j #games", join("#games")),
            (
                "/join games open sesame",
                Command::Join {
                    room: "games",
                    password: Some("open sesame"),
                    stay: false,
                    recall: None,
                    list: false,
                    keyless: false,
                },
            ),
            ("/leave", Command::Leave { room: None, reason: "" }),
            ("/part games", Command::Leave { room: None, reason: "" }),
            ("/match duel", Command::Match { queue: "duel", players: 2 }),
            ("/MATCH  duel   4 ", Command::Match { queue: "duel", players: 4 }),
            ("/match off", Command::MatchOff),
            ("/invite bob", Command::Invite { to: "bob" }),
            ("/rooms", Command::Rooms),
            ("/who", Command::Who { room: None, page: 1 }),
            ("/who games", Command::Who { room: Some("games"), page: 1 }),
            ("/who 2", Command::Who { room: None, page: 2 }),
            ("/who #2", Command::Who { room: Some("#2"), page: 1 }),
            ("/who games 3", Command::Who { room: Some("games"), page: 3 }),
            ("/who bad name", Command::Who { room: Some("bad name"), page: 1 }),
            ("/msg bob  hi there", Command::Whisper { to: "bob", text: "hi there" }),
            ("/me waves", Command::Act { room: None, text: "waves" }),
            ("/quit", Command::Quit("")),
            ("/quit now please", Command::Quit("")),
        ] {
            assert_eq!(command(line), Ok(Some(meant)), "{line:?}");
        }
    }

    #[test]
    fn forms_are_understood() {
        for (line, format) in [
            ("/numbers on", Format::Numbers(true)),
            ("/numbers off", Format::Numbers(false)),
            ("/format json", Format::Json),
            ("/FORMAT  text ", Format::Text),
        ] {
            assert_eq!(asked(line), Ok(Some(Request::Format(format))), "{line:?}");
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table, a row a command")]
    fn history_and_order_are_understood() {
        let cursor = HistoryCursor { epoch: 0x5f3a_9c01, number: 1234 };
        let named = SanctionRequest {
            kind: SanctionKind::Ban,
            whom: "192.0.2.7",
            by_address: true,
            lasts: None,
            reason: "",
        };
        for (line, meant) in [
            ("/history", last(usize::MAX)),
            ("/history 5", last(5)),
            ("/history off", Command::HearHistory(false)),
            ("/history @bob", with_bob(usize::MAX)),
            ("/history @bob  5", with_bob(5)),
            (
                "/history forget @bob",
                Command::Conversation(ConversationCommand::Forget(Some("bob"))),
            ),
            ("/history forget @", Command::Conversation(ConversationCommand::Forget(None))),
            (
                "/history after 5f3a9c01:1234",
                RoomCommand::Recall(Recall::After(cursor)).in_last_room(),
            ),
            ("/topic", RoomCommand::AskTopic.in_last_room()),
            ("/topic  chess and tea", RoomCommand::SetTopic("chess and tea").in_last_room()),
            ("/topic -", RoomCommand::SetTopic("").in_last_room()),
            ("/password sesame", RoomCommand::SetPassword(Some("sesame")).in_last_room()),
            ("/password off", RoomCommand::SetPassword(None).in_last_room()),
            (
                "/kick bob  no spam ",
                RoomCommand::Kick { whom: "bob", reason: "no spam" }.in_last_room(),
            ),
            ("/kick bob", RoomCommand::Kick { whom: "bob", reason: "" }.in_last_room()),
            ("/ban bob", ban("bob", None, "")),
            ("/ban bob 10m", ban("bob", Some(600), "")),
            ("/ban bob 2h30m too loud", ban("bob", Some(9_000), "too loud")),
            ("/ban bob too loud 3 times", ban("bob", None, "too loud 3 times")),
            ("/ban bob too loud", ban("bob", None, "too loud")),
            ("/ban-ip 192.0.2.7", RoomCommand::Sanction(named).in_last_room()),
            ("/unban 3", RoomCommand::Revoke { kind: SanctionKind::Ban, whom: "3" }.in_last_room()),
            (
                "/unmute bob",
                RoomCommand::Revoke { kind: SanctionKind::Mute, whom: "bob" }.in_last_room(),
            ),
            (
                "/invite bob games",
                Command::InRoom {
                    room: Some("games"),
                    command: RoomCommand::Mode(ModeRequest::Invite { whom: "bob" }),
                },
            ),
            ("/mode", RoomCommand::Mode(ModeRequest::Ask).in_last_room()),
            (
                "/mode +im",
                RoomCommand::Mode(ModeRequest::Rules {
                    set: RoomModes::parse("im").unwrap(),
                    unset: RoomModes::NONE,
                })
                .in_last_room(),
            ),
            ("/mode -l", RoomCommand::Mode(ModeRequest::Limit(None)).in_last_room()),
            ("/mode +l 20", RoomCommand::Mode(ModeRequest::Limit(Some(20))).in_last_room()),
            (
                "/voice bob",
                RoomCommand::Mode(ModeRequest::Voice { whom: "bob", may: true }).in_last_room(),
            ),
            ("/ignore", Command::Ignore(None)),
            ("/ignore bob", Command::Ignore(Some("bob"))),
            ("/oper root", Command::Oper { name: "root", password: "" }),
            ("/oper root let me in", Command::Oper { name: "root", password: "let me in" }),
            (
                "/login alice open sesame",
                Command::Account(AccountRequest::LogIn {
                    name: "alice",
                    password: "open sesame",
                    way: LogInWay::Typed,
                }),
            ),
            ("/logout", Command::Account(AccountRequest::LogOut)),
            ("/op bob", RoomCommand::Op { whom: "bob", may: true }.in_last_room()),
            ("/deop bob", RoomCommand::Op { whom: "bob", may: false }.in_last_room()),
        ] {
            assert_eq!(command(line), Ok(Some(meant)), "{line:?}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_said_why() {
        for (line, refusal) in [
            ("/nick", Refusal::Incomplete(Verb::Nick)),
            ("/join  ", Refusal::Incomplete(Verb::Join)),
            ("/msg", Refusal::Incomplete(Verb::Msg)),
            ("/msg bob", Refusal::Incomplete(Verb::Msg)),
            ("/me", Refusal::Incomplete(Verb::Me)),
            ("/match", Refusal::Incomplete(Verb::Match)),
            ("/match duel two", Refusal::Incomplete(Verb::Match)),
            ("/match duel 256", Refusal::Incomplete(Verb::Match)),
            ("/invite ", Refusal::Incomplete(Verb::Invite)),
            ("/history five", Refusal::Incomplete(Verb::History)),
            ("/history @bob five", Refusal::Incomplete(Verb::History)),
            ("/history forget", Refusal::Incomplete(Verb::History)),
            ("/history forget bob", Refusal::Incomplete(Verb::History)),
            ("/history after", Refusal::Incomplete(Verb::History)),
            ("/history after 1234", Refusal::Incomplete(Verb::History)),
            ("/history after x:1", Refusal::Incomplete(Verb::History)),
            ("/numbers", Refusal::Incomplete(Verb::Numbers)),
            ("/numbers maybe", Refusal::Incomplete(Verb::Numbers)),
            ("/format", Refusal::Incomplete(Verb::Format)),
            ("/format xml", Refusal::Incomplete(Verb::Format)),
            ("/mode x", Refusal::Incomplete(Verb::Mode)),
            ("/mode +x", RoomRefusal::UnknownRule('x').into()),
            ("/mode +l many", RoomRefusal::LimitMalformed("many".into()).into()),
            ("/unvoice", Refusal::Incomplete(Verb::Unvoice)),
            ("/oper", Refusal::Incomplete(Verb::Oper)),
            ("/register", Refusal::Incomplete(Verb::Register)),
            ("/login alice", Refusal::Incomplete(Verb::LogIn)),
            ("/password-change old", Refusal::Incomplete(Verb::ChangePassword)),
            ("/ban", Refusal::Incomplete(Verb::Ban)),
            ("/ban-ip", Refusal::Incomplete(Verb::BanIp)),
            ("/ban bob 2 hours", Refusal::NotATime),
            ("/ban bob 3 times too loud", Refusal::NotATime),
            ("/ban-ip bob 2nd time", Refusal::NotATime),
            ("/mute bob 10 m", Refusal::NotATime),
            ("/mute bob 10", Refusal::NotATime),
            ("/mute bob 10m, please", Refusal::NotATime),
            ("/mute bob 99999999999999999999d", Refusal::NotATime),
            ("/frobnicate x", Refusal::UnknownCommand("frobnicate".into())),
            ("/", Refusal::UnknownCommand(String::new())),
            ("/\x1b[2J", Refusal::UnknownCommand("[2J".into())),
        ] {
            assert_eq!(command(line), Err(refusal), "{line:?}");
        }
    }
}
