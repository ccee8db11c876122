//! People: WHO, WHOIS, WHOWAS, AWAY, SETNAME, MODE of oneself, MONITOR and the like; and questions
//! about the server.

use super::{incomplete, room, told};
use crate::chat::{Command, PeopleCommand, Search, UserMode};
use crate::dialect::irc::message::Message;
use crate::dialect::irc::note::{Note, Question, Told};
use crate::dialect::steps::Step;
use crate::limits::{IRC_OWN_MODES_MAX, REAL_NAME_BYTES_MAX};

const NO_NICKNAME: &str = "No nickname given";

/// The last stage of an answer that has a numeric of its own at its end.
const END: usize = 1;

/// A command about people.
fn about(command: PeopleCommand<'_>) -> Option<Step<'_>> {
    Some(Step::Command(Command::People(command)))
}

/// A question about the server.
fn asks<'a>(question: Question<'a>) -> Option<Step<'a>> {
    Some(Step::Told(Note::Tell(Told::Asked(question))))
}

/// What a verb about people or the server asks for at one of its stages. `Err`: it is none of
/// these.
pub(super) fn step<'a>(
    verb: &str,
    message: &Message<'a>,
    stage: usize,
) -> Result<Option<Step<'a>>, ()> {
    Ok(match verb {
        "WHO" => who(message, stage),
        "WHOIS" => who_is(message, stage),
        "WHOWAS" => who_was(message, stage),
        "MODE" if message.said(0).is_none_or(|target| room(target).is_none()) => {
            mode(message, stage)
        }
        "MONITOR" => monitor(message, stage),
        "AWAY" | "SETNAME" | "USERHOST" | "ISON" | "OPER" | "KILL" | "WALLOPS" | "LUSERS"
        | "MOTD" | "TIME" | "VERSION" | "INFO" | "ADMIN" | "LINKS" | "STATS" | "HELP"
        | "HELPOP"
            if stage > 0 =>
        {
            None
        }
        "AWAY" => about(match message.said(0) {
            Some(text) => PeopleCommand::Away(text),
            None => PeopleCommand::Back,
        }),
        "SETNAME" => set_name(message),
        "USERHOST" => listed(message, PeopleCommand::Locate),
        "ISON" => listed(message, PeopleCommand::ArePresent),
        "OPER" => Some(match (message.said(0), message.said(1)) {
            (Some(name), Some(password)) => Step::Command(Command::Oper { name, password }),
            _ => incomplete(message),
        }),
        "KILL" => match message.said(0) {
            Some(whom) => {
                about(PeopleCommand::Kill { whom, reason: message.get(1).unwrap_or_default() })
            }
            None => Some(incomplete(message)),
        },
        "WALLOPS" => match message.said(0) {
            Some(text) => about(PeopleCommand::TellAll(text)),
            None => Some(incomplete(message)),
        },
        "LUSERS" => about(PeopleCommand::CountPeople),
        "MOTD" => about(PeopleCommand::AskMotd),
        "TIME" => about(PeopleCommand::AskTime),
        "VERSION" => asks(Question::Version),
        "INFO" => asks(Question::Info),
        "ADMIN" => asks(Question::Admin),
        "LINKS" => asks(Question::Links),
        "STATS" => asks(Question::Stats(message.said(0).unwrap_or("*"))),
        "HELP" | "HELPOP" => asks(Question::Help(message.said(0).unwrap_or_default())),
        _ => return Err(()),
    })
}

/// WHO: the members of a room, or those whom a mask matches.
fn who<'a>(message: &Message<'a>, stage: usize) -> Option<Step<'a>> {
    let mask = message.said(0).unwrap_or("*");
    if stage == END {
        return Some(told(315, &[mask], "End of WHO list"));
    }
    let operators = message
        .get(1)
        .is_some_and(|flags| flags.split('%').next().is_some_and(|flags| flags.contains('o')));
    let search = match room(mask) {
        Some(room) => Search::InRoom(room),
        // As old servers have it.
        None if mask == "0" => Search::Matching { mask: "*", operators },
        None => Search::Matching { mask, operators },
    };
    (stage == 0).then_some(Step::Command(Command::People(PeopleCommand::Find(search))))
}

/// WHOIS: one person; a server before it is this one.
fn who_is<'a>(message: &Message<'a>, stage: usize) -> Option<Step<'a>> {
    let Some(name) = message.said(1).or(message.said(0)) else {
        return (stage == 0).then(|| told(431, &[], NO_NICKNAME));
    };
    let name = name.split(',').next().unwrap_or_default();
    match stage {
        0 => about(PeopleCommand::WhoIs(name)),
        END => Some(told(318, &[name], "End of WHOIS list")),
        _ => None,
    }
}

/// WHOWAS: somebody who was here.
fn who_was<'a>(message: &Message<'a>, stage: usize) -> Option<Step<'a>> {
    let Some(name) = message.said(0) else {
        return (stage == 0).then(|| told(431, &[], NO_NICKNAME));
    };
    let most = message.said(1).and_then(|most| most.parse().ok()).unwrap_or(0);
    match stage {
        0 => about(PeopleCommand::WhoWas(name, most)),
        END => Some(told(369, &[name], "End of WHOWAS")),
        _ => None,
    }
}

/// MODE of oneself: one change after the other.
fn mode<'a>(message: &Message<'a>, stage: usize) -> Option<Step<'a>> {
    let Some(name) = message.said(0) else { return (stage == 0).then(|| incomplete(message)) };
    let Some(changes) = message.said(1) else {
        return (stage == 0)
            .then_some(Step::Command(Command::People(PeopleCommand::AskModes(name))));
    };
    if stage >= IRC_OWN_MODES_MAX {
        return None;
    }
    let mut on = true;
    let mut letters = changes.char_indices().filter(|(_, letter)| match letter {
        '+' => {
            on = true;
            false
        }
        '-' => {
            on = false;
            false
        }
        _ => true,
    });
    let Some((at, letter)) = letters.nth(stage) else {
        return (stage == 0).then_some(Step::Blank);
    };
    drop(letters);
    let mode = match letter {
        'i' => UserMode::Hidden,
        'w' => UserMode::HearsOperators,
        'B' => UserMode::Bot,
        'o' => UserMode::Operator,
        _ => {
            let letter = &changes[at..at + letter.len_utf8()];
            return Some(told(501, &[letter], "Unknown MODE flag"));
        }
    };
    about(PeopleCommand::SetMode(name, mode, on))
}

/// MONITOR: who is told when somebody comes and goes.
fn monitor<'a>(message: &Message<'a>, stage: usize) -> Option<Step<'a>> {
    if stage > 0 {
        return None;
    }
    let (asked, list) = (message.said(0).unwrap_or_default(), message.said(1));
    match (asked, list) {
        ("+", Some(list)) => about(PeopleCommand::Watch(list)),
        ("-", Some(list)) => about(PeopleCommand::Unwatch(list)),
        ("C" | "c", _) => about(PeopleCommand::UnwatchAll),
        ("L" | "l", _) => about(PeopleCommand::ListWatched),
        ("S" | "s", _) => about(PeopleCommand::AskWatched),
        _ => Some(incomplete(message)),
    }
}

/// SETNAME: another real name.
fn set_name<'a>(message: &Message<'a>) -> Option<Step<'a>> {
    let Some(real) = message.said(0) else { return Some(incomplete(message)) };
    if real.len() > REAL_NAME_BYTES_MAX || real.trim().is_empty() {
        let text = "That is no real name, or too long";
        return Some(Step::Told(Told::fail("SETNAME", "INVALID_REALNAME", &[], text)));
    }
    about(PeopleCommand::SetRealName(real))
}

/// A question about those whom the words of a line name.
fn listed<'a>(
    message: &Message<'a>,
    ask: impl FnOnce(&'a str) -> PeopleCommand<'a>,
) -> Option<Step<'a>> {
    if message.said(0).is_none() {
        return Some(incomplete(message));
    }
    let list = message.words[message.verb.len()..].trim_start_matches([' ', ':']);
    about(ask(list))
}
