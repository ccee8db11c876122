//! What the verbs ask for.
//!
//! A line is told in stages, each of which is one step: `JOIN #a,#b` has two. What a verb needs of
//! people or rooms is with the others of its kind, in the modules below.

pub(super) mod accounts;
mod history;
mod marks;
pub(super) mod metadata;
mod modes;
mod people;
mod redaction;
mod rooms;
pub(super) mod talking;

use memchr::memchr;

use super::message::Message;
use super::note::{Note, Told};
use crate::chat::{Command, Refusal};
use crate::dialect::format::Request;
use crate::dialect::line::commands as slash_commands;
use crate::dialect::steps::Step;
use crate::limits::IRC_TARGETS_MAX;

/// Verbs that are IRC's own: somebody who begins with one of these, and a parameter, speaks IRC.
const VERBS: &[&str] = &[
    "ADMIN",
    "AUTHENTICATE",
    "AWAY",
    "BATCH",
    "CAP",
    "CHATHISTORY",
    "HELP",
    "HELPOP",
    "INFO",
    "INVITE",
    "ISON",
    "JOIN",
    "KICK",
    "KILL",
    "LINKS",
    "LIST",
    "LUSERS",
    "MARKREAD",
    "METADATA",
    "MODE",
    "MONITOR",
    "MOTD",
    "NAMES",
    "NICK",
    "NOTICE",
    "NS",
    "NICKSERV",
    "OPER",
    "PART",
    "PASS",
    "PING",
    "PONG",
    "PRIVMSG",
    "QUIT",
    "REDACT",
    "REGISTER",
    "RENAME",
    "SETNAME",
    "STATS",
    "TAGMSG",
    "TIME",
    "TOPIC",
    "USER",
    "USERHOST",
    "VERIFY",
    "VERSION",
    "WALLOPS",
    "WEBIRC",
    "WHO",
    "WHOIS",
    "WHOWAS",
];

/// Whether this is the first line, without its end, of a client that speaks IRC: a verb, behind
/// tags and a source maybe, and a parameter. Programs write verbs in capitals.
pub(in crate::dialect) fn begins_irc(line: &[u8]) -> bool {
    let first_word = &line[..memchr(b' ', line).unwrap_or(line.len())];
    let is_plain = !matches!(line.first(), Some(b'@' | b':'));
    if is_plain && !first_word.iter().all(u8::is_ascii_uppercase) {
        return false;
    }
    let Ok(line) = std::str::from_utf8(line) else {
        // It is answered as IRC, if it is that.
        return is_plain && VERBS.iter().any(|verb| verb.as_bytes() == first_word);
    };
    Message::parse(line)
        .is_some_and(|message| VERBS.contains(&message.verb) && !message.parameters.is_empty())
}

/// The room, the person or the mask that a stage of a line is about.
pub(super) fn about<'a>(message: &Message<'a>, stage: usize) -> &'a str {
    let first = message.get(0).unwrap_or_default();
    match verb(message.verb).as_str() {
        "JOIN" | "PART" | "PRIVMSG" | "NOTICE" | "TAGMSG" | "NAMES" => {
            first.split(',').nth(stage).unwrap_or_default()
        }
        // With the fields that are asked for.
        "WHO" => message.words[message.verb.len()..].trim_start(),
        "WHOIS" => message.said(1).unwrap_or(first),
        "CHATHISTORY" => message.get(1).unwrap_or_default(),
        // Nobody needs to know a password.
        "PASS" | "AUTHENTICATE" | "NS" | "NICKSERV" | "OPER" | "WEBIRC" => "",
        "INVITE" => message.said(1).unwrap_or(first),
        _ => first,
    }
}

/// What of its verb a line is, where a verb has several meanings; or the message that it is about.
pub(super) fn subcommand<'a>(message: &Message<'a>) -> &'a str {
    match verb(message.verb).as_str() {
        "CHATHISTORY" => message.get(0).unwrap_or_default(),
        "REDACT" | "RENAME" => message.get(1).unwrap_or_default(),
        _ => "",
    }
}

/// A verb in capitals, as far as any has letters.
pub(super) struct Verb([u8; Self::LETTERS], usize);

impl Verb {
    const LETTERS: usize = 16;

    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0[..self.1]).unwrap_or_default()
    }
}

pub(super) fn verb(written: &str) -> Verb {
    let mut verb = Verb([0; Verb::LETTERS], written.len().min(Verb::LETTERS));
    verb.0[..verb.1].copy_from_slice(&written.as_bytes()[..verb.1]);
    verb.0.make_ascii_uppercase();
    verb
}

/// What a member's line asks for at one of its stages. `None`: nothing more. `source_bytes` is how
/// long what others are told of the member is; `with_events`: whether its history has events.
pub(super) fn step<'a>(
    message: &Message<'a>,
    stage: usize,
    with_events: bool,
    source_bytes: &dyn Fn() -> usize,
) -> Option<Step<'a>> {
    let verb = verb(message.verb);
    if let Ok(step) = people::step(verb.as_str(), message, stage) {
        return step;
    }
    match verb.as_str() {
        "PRIVMSG" | "NOTICE" if !talking::fits(message, source_bytes) => {
            (stage == 0).then(|| told(417, &[], "Input line was too long"))
        }
        "PRIVMSG" => talking::message(message, stage),
        "NOTICE" => talking::notice(message, stage),
        "TAGMSG" => talking::tags(message, stage),
        "JOIN" => rooms::join(message, stage, with_events),
        "PART" => rooms::part(message, stage),
        "KICK" => rooms::kick(message, stage),
        "NAMES" => rooms::names(message, stage),
        "MODE" => modes::mode(message, stage),
        _ if stage > 0 => None,
        "NICK" => Some(match message.said(0) {
            Some(nickname) => Step::Command(Command::Nick(nickname)),
            None => told(431, &[], "No nickname given"),
        }),
        "USER" | "PASS" | "WEBIRC" => Some(accounts::registered()),
        "REGISTER" => Some(accounts::register(message, None)),
        "VERIFY" => Some(accounts::verify(message)),
        "NS" | "NICKSERV" => Some(accounts::service_verb(message)),
        "PING" => Some(ping(message)),
        "PONG" => Some(Step::Blank),
        "QUIT" => Some(quit(message)),
        "CHATHISTORY" => Some(history::step(message, with_events)),
        "MARKREAD" => Some(marks::step(message)),
        "METADATA" => Some(metadata::step(message)),
        "REDACT" => Some(redaction::step(message)),
        "TOPIC" => Some(rooms::topic(message)),
        "RENAME" => Some(rooms::rename(message)),
        "INVITE" => Some(modes::invite(message)),
        "LIST" => Some(modes::list(message)),
        _ => Some(as_typed(message)),
    }
}

/// A command that IRC does not have: as people type it in plain lines, behind the slash.
fn as_typed<'a>(message: &Message<'a>) -> Step<'a> {
    match slash_commands::asked(message.words) {
        Ok(Request::Command(command)) => Step::Command(command),
        Ok(Request::Format(_)) | Err(Refusal::UnknownCommand(_)) => {
            told(421, &[message.verb], "Unknown command")
        }
        Err(refusal) => Step::Refuse(refusal),
    }
}

/// The answer to a sign of life. Before there is a nickname, too.
pub(super) fn ping<'a>(message: &Message<'a>) -> Step<'a> {
    match message.get(0) {
        Some(token) => Step::Told(Note::Tell(Told::Pong(token))),
        None => incomplete(message),
    }
}

/// QUIT.
pub(super) fn quit<'a>(message: &Message<'a>) -> Step<'a> {
    Step::Command(Command::Quit(message.get(0).unwrap_or_default()))
}

/// An answer in a numeric.
pub(super) fn told<'a>(code: u16, about: &[&'a str], text: &'a str) -> Step<'a> {
    Step::Told(Told::numeric(code, about, text))
}

/// That a command lacks something.
pub(super) fn incomplete<'a>(message: &Message<'a>) -> Step<'a> {
    told(461, &[message.verb], "Not enough parameters")
}

/// That no room has such a name.
pub(super) fn no_such_room(name: &str) -> Step<'_> {
    told(403, &[name], "No such channel")
}

/// The item at a stage of a list, of which no more than `most` are heard.
pub(super) fn item(list: &str, stage: usize, most: usize) -> Option<&str> {
    list.split(',').take(most).nth(stage)
}

/// The target at a stage of those in a list; more than may be are answered once.
pub(super) fn target<'a>(list: &'a str, stage: usize) -> Result<Option<&'a str>, Step<'a>> {
    let found = list.split(',').nth(stage);
    match found {
        Some(_) if stage == IRC_TARGETS_MAX => Err(told(407, &[list], "Too many targets")),
        Some(_) if stage > IRC_TARGETS_MAX => Ok(None),
        found => Ok(found),
    }
}

/// The name of a room as the lobby takes it, if this names one.
pub(super) fn room(target: &str) -> Option<&str> {
    target.starts_with('#').then_some(target)
}
