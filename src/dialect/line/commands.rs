//! The one table of commands that begin with a slash.
//!
//! What a line means (`slash`), the answers to `/help`, the refusal that tells how a command is
//! used, and what the terminal client completes and explains are all read from here, so that a
//! command is added in one place.

mod accounts;

pub use super::command_spec::{CommandSpec, Takes};
use super::slash::{self, Parse, ParseFormat, first_word, needed};
use super::writing::line;
use super::{redaction, renaming};
use crate::chat::{
    Command, Guide, PeopleCommand, Rank, Refusal, RoomCommand, SanctionKind, Verb, quoted,
};
use crate::dialect::format::{Format, Request};

/// Every entry, in the order in which commands are listed.
fn entries() -> impl Iterator<Item = &'static CommandEntry> + Clone {
    TABLE.iter().chain(&accounts::TABLE)
}

/// All commands, the most useful first.
pub fn commands() -> impl Iterator<Item = &'static CommandSpec> {
    entries().map(|entry| &entry.spec)
}

/// Parses the text behind the slash.
///
/// # Errors
/// An unknown command, or one that lacks what it needs.
pub(in crate::dialect) fn asked(request: &str) -> Result<Request<'_>, Refusal> {
    let (name, argument) = first_word(request);
    match CommandEntry::named(name).map(|entry| entry.meaning) {
        Some(Meaning::Command(parse)) => parse(argument).map(Request::Command),
        Some(Meaning::Format(parse)) => parse(argument).map(Request::Format),
        None => Err(Refusal::UnknownCommand(quoted(name))),
    }
}

/// A command, and what only the server needs of it.
pub(in crate::dialect) struct CommandEntry {
    pub(in crate::dialect) spec: CommandSpec,
    meaning: Meaning,
    /// Its usage, for those who left out an argument.
    pub(in crate::dialect) usage: Option<(Verb, &'static str)>,
    help: Option<HelpLine>,
}

/// Whether the lobby is asked, or how it is told things.
#[derive(Clone, Copy)]
enum Meaning {
    Command(Parse),
    Format(ParseFormat),
}

/// One line of an answer to `/help`.
#[derive(Clone, Copy)]
struct HelpLine {
    part: Part,
    /// Lines of one part are in the order of these numbers.
    place: u8,
    typed: &'static str,
    does: &'static str,
}

/// A part of the answers to `/help`, under a heading of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Talking,
    Order,
    Owning,
}

/// Columns for what is typed: the first where it is short, and else the second.
const HELP_COLUMNS: [usize; 2] = [17, 23];
/// Columns between what is typed and what it does, at least.
const HELP_GAP: usize = 2;
/// An entry that is no command: how to say a line that looks like one.
const LITERAL: HelpLine = HelpLine {
    part: Part::Talking,
    place: u8::MAX,
    typed: "//TEXT",
    does: "a line that begins with /",
};

impl Part {
    const fn heading(self) -> &'static str {
        match self {
            Self::Talking => {
                "Type a line and press Enter: everyone in the room reads it. Commands:"
            }
            Self::Order => {
                "There is more to a room than who is in it. Operators and the owner may type:"
            }
            Self::Owning => "The owner, who has made the room or was given it, may also type:",
        }
    }
}

impl CommandEntry {
    /// The entry of this name, capitals or not.
    pub(in crate::dialect) fn named(name: &str) -> Option<&'static Self> {
        entries().find(|entry| entry.spec.is_called(name))
    }

    const fn also(mut self, aliases: &'static [&'static str]) -> Self {
        self.spec.aliases = aliases;
        self
    }

    const fn needs(mut self, rank: Rank) -> Self {
        self.spec.needs = rank;
        self
    }

    const fn secret_behind(mut self, words: usize) -> Self {
        self.spec.public_words = Some(words);
        self
    }

    const fn usage(mut self, verb: Verb, usage: &'static str) -> Self {
        self.usage = Some((verb, usage));
        self
    }

    const fn help(
        mut self,
        part: Part,
        place: u8,
        typed: &'static str,
        does: &'static str,
    ) -> Self {
        self.help = Some(HelpLine { part, place, typed, does });
        self
    }
}

const fn entry(
    name: &'static str,
    arguments: &'static str,
    takes: Takes,
    summary: &'static str,
    parse: Parse,
) -> CommandEntry {
    let spec = CommandSpec::new(name, arguments, takes, summary);
    CommandEntry { spec, meaning: Meaning::Command(parse), usage: None, help: None }
}

const fn format_entry(
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
    parse: ParseFormat,
) -> CommandEntry {
    let spec = CommandSpec::new(name, arguments, Takes::Text, summary);
    CommandEntry { spec, meaning: Meaning::Format(parse), usage: None, help: None }
}

/// The usage of a command.
pub(in crate::dialect) fn usage(verb: Verb) -> &'static str {
    let mut usages = entries().filter_map(|entry| entry.usage);
    usages.find(|(of, _)| *of == verb).map_or("/help", |(_, usage)| usage)
}

/// Appends the answer to `/help`, each line with its newline.
pub(in crate::dialect) fn write_help(guide: Guide, out: &mut Vec<u8>) {
    let parts: &[Part] = match guide {
        Guide::Talking => &[Part::Talking],
        Guide::Rooms => &[Part::Order, Part::Owning],
    };
    for part in parts {
        line(out, &["* ", part.heading()]);
        let lines = entries().filter_map(|entry| entry.help).chain([LITERAL]);
        let mut lines: Vec<HelpLine> = lines.filter(|line| line.part == *part).collect();
        lines.sort_by_key(|line| line.place);
        for HelpLine { typed, does, .. } in lines {
            let fits = |columns: &usize| typed.len() + HELP_GAP <= *columns;
            let columns = HELP_COLUMNS.into_iter().find(fits).unwrap_or_default();
            line(out, &["* ", &format!("{typed:columns$}"), does]);
        }
    }
}

static TABLE: [CommandEntry; 38] = [
    entry("help", "", Takes::Text, "all commands of the server", |argument| {
        Ok(Command::Help(slash::guide(argument)))
    })
    .also(&["h", "?"])
    .help(
        Part::Talking,
        10,
        "/help rooms",
        "how to look after a room: topic, password, order",
    ),
    entry("who", "[ROOM]", Takes::Room, "who is in the room", |argument| Ok(slash::who(argument)))
        .also(&["names"])
        .help(Part::Talking, 2, "/who", "who is in the room"),
    entry("msg", "NAME TEXT", Takes::Person, "say something to one person", slash::whisper)
        .also(&["w"])
        .usage(Verb::Msg, "/msg NAME TEXT")
        .help(Part::Talking, 3, "/msg NAME TEXT", "say something to one person"),
    entry("me", "TEXT", Takes::Text, "say what you do", |argument| {
        needed(Verb::Me, argument).map(|text| Command::Act { room: None, text })
    })
    .usage(Verb::Me, "/me TEXT")
    .help(Part::Talking, 4, "/me TEXT", "say what you do: * alice waves"),
    entry("nick", "NAME", Takes::Text, "be called something else", |argument| {
        needed(Verb::Nick, argument).map(Command::Nick)
    })
    .usage(Verb::Nick, "/nick NAME")
    .help(Part::Talking, 1, "/nick NAME", "be called something else"),
    entry("rooms", "", Takes::Text, "which rooms there are", |_| Ok(Command::Rooms))
        .also(&["list"])
        .help(Part::Talking, 7, "/rooms", "which rooms there are"),
    entry("join", "ROOM [PASSWORD]", Takes::Room, "go to a room, or make one", slash::join)
        .also(&["j"])
        .secret_behind(1)
        .usage(Verb::Join, "/join ROOM")
        .help(
            Part::Talking,
            8,
            "/join ROOM",
            "go to another room, or make a new one, which is yours",
        ),
    entry("leave", "", Takes::Text, "go back to main", |_| {
        Ok(Command::Leave { room: None, reason: "" })
    })
    .also(&["part"])
    .help(Part::Talking, 9, "/leave", "go back to main"),
    entry("history", "[N]", Takes::Text, "what was said here before", slash::history)
        .usage(
            Verb::History,
            "/history, /history COUNT, /history @NAME, /history after EPOCH:NUMBER, or on or off",
        )
        .help(
            Part::Talking,
            6,
            "/history",
            "what was said here before (/history 5: the last five)",
        ),
    entry("redact", "NUMBER [WHY]", Takes::Text, "take back what you said", redaction::asked)
        .usage(Verb::Redact, "/redact NUMBER, with a reason if you like (/numbers on shows them)"),
    format_entry("numbers", "on|off", "the number and date of each message", |argument| {
        slash::switch(Verb::Numbers, argument).map(Format::Numbers)
    })
    .usage(Verb::Numbers, "/numbers on or /numbers off"),
    format_entry("format", "json|text", "JSON for programs, or plain lines", |argument| {
        slash::format(argument)
    })
    .usage(Verb::Format, "/format json or /format text"),
    entry(
        "match",
        "QUEUE [N]",
        Takes::Queue,
        "find another player, and talk directly",
        slash::seek,
    )
    .usage(Verb::Match, "/match QUEUE, /match QUEUE PLAYERS or /match off")
    .help(
        Part::Talking,
        11,
        "/match QUEUE",
        "a token to find another player (/match QUEUE 4: three others)",
    ),
    entry(
        "invite",
        "NAME [ROOM]",
        Takes::Person,
        "the same with one friend, or into a room",
        slash::invite,
    )
    .usage(Verb::Invite, "/invite NAME, or /invite NAME ROOM")
    .help(
        Part::Talking,
        12,
        "/invite NAME",
        "the same with one friend, in a queue of your own",
    ),
    entry("ignore", "[NAME]", Takes::Person, "hear nothing of somebody", |argument| {
        Ok(Command::Ignore((!argument.is_empty()).then_some(argument)))
    })
    .help(
        Part::Talking,
        5,
        "/ignore NAME",
        "hear nothing of somebody (/unignore NAME: hear them again)",
    ),
    entry("unignore", "NAME", Takes::Person, "hear them again", |argument| {
        needed(Verb::Unignore, argument).map(Command::Unignore)
    })
    .usage(Verb::Unignore, "/unignore NAME"),
    entry("whois", "NAME", Takes::Person, "what is known of somebody", |argument| {
        needed(Verb::Whois, argument).map(|name| Command::People(PeopleCommand::WhoIs(name)))
    })
    .usage(Verb::Whois, "/whois NAME"),
    entry("away", "[TEXT]", Takes::Text, "tell others that you are away", |argument| {
        Ok(Command::People(PeopleCommand::Away(argument)))
    }),
    entry("back", "", Takes::Text, "and that you are back", |_| {
        Ok(Command::People(PeopleCommand::Back))
    }),
    entry("topic", "[TEXT]", Takes::Text, "what the room is about", |argument| {
        Ok(slash::topic(argument))
    })
    .needs(Rank::Operator)
    .help(
        Part::Order,
        1,
        "/topic TEXT",
        "what the room is about (/topic asks, /topic - takes it away)",
    ),
    entry("kick", "NAME [WHY]", Takes::Person, "put somebody out of the room", slash::kick)
        .needs(Rank::Operator)
        .usage(Verb::Kick, "/kick NAME, with a reason if you like")
        .help(
            Part::Order,
            2,
            "/kick NAME WHY",
            "put somebody out (WHY and TIME can be left out, here and below)",
        ),
    entry(
        "ban",
        "NAME [TIME] [WHY]",
        Takes::Person,
        "keep a nickname out (10m, 2h, 7d)",
        |argument| slash::sanction(Verb::Ban, SanctionKind::Ban, argument),
    )
    .needs(Rank::Operator)
    .usage(Verb::Ban, "/ban NAME, with a time such as 2h and a reason if you like")
    .help(
        Part::Order,
        3,
        "/ban NAME TIME WHY",
        "keep a nickname out, for 10m, 2h or 7d (/unban NAME)",
    ),
    entry("ban-ip", "NAME [TIME] [WHY]", Takes::Person, "keep out all from there", |argument| {
        slash::sanction(Verb::BanIp, SanctionKind::Ban, argument)
    })
    .needs(Rank::Operator)
    .usage(Verb::BanIp, "/ban-ip NAME, with a time such as 2h and a reason if you like")
    .help(
        Part::Order,
        4,
        "/ban-ip NAME TIME WHY",
        "the same for all from where NAME is connected from",
    ),
    entry("unban", "NAME", Takes::Text, "let them in again", |argument| {
        slash::revoke(Verb::Unban, SanctionKind::Ban, argument)
    })
    .needs(Rank::Operator)
    .usage(Verb::Unban, "/unban NAME, or the number of the ban"),
    entry(
        "mute",
        "NAME [TIME] [WHY]",
        Takes::Person,
        "let somebody read and not write",
        |argument| slash::sanction(Verb::Mute, SanctionKind::Mute, argument),
    )
    .needs(Rank::Operator)
    .usage(Verb::Mute, "/mute NAME, with a time such as 10m and a reason if you like")
    .help(
        Part::Order,
        5,
        "/mute NAME TIME WHY",
        "let somebody read and not write (/unmute NAME)",
    ),
    entry("unmute", "NAME", Takes::Person, "let them write again", |argument| {
        slash::revoke(Verb::Unmute, SanctionKind::Mute, argument)
    })
    .needs(Rank::Operator)
    .usage(Verb::Unmute, "/unmute NAME, or the number of the mute"),
    entry("voice", "NAME", Takes::Person, "let somebody speak who may not", |argument| {
        slash::voice(Verb::Voice, argument, true)
    })
    .needs(Rank::Operator)
    .usage(Verb::Voice, "/voice NAME")
    .help(
        Part::Order,
        7,
        "/voice NAME",
        "let somebody speak where not everybody may (/unvoice NAME)",
    ),
    entry("unvoice", "NAME", Takes::Person, "no more", |argument| {
        slash::voice(Verb::Unvoice, argument, false)
    })
    .needs(Rank::Operator)
    .usage(Verb::Unvoice, "/unvoice NAME"),
    entry("mode", "[+RULES|-RULES]", Takes::Text, "which rules hold here", slash::mode)
        .usage(Verb::Mode, "/mode, /mode +m or /mode -m, /mode +l 20 or /mode -l")
        .help(
            Part::Order,
            8,
            "/mode +im",
            "rules: i by invitation, m voices only, s not listed (/mode tells)",
        ),
    entry("bans", "[PAGE]", Takes::Text, "who is banned or muted", |argument| {
        Ok(RoomCommand::Sanctions { page: argument.parse().unwrap_or(1) }.in_last_room())
    })
    .help(Part::Order, 6, "/bans", "who is banned or muted"),
    entry("password", "WORD", Takes::Text, "let in only who knows it (off: all)", |argument| {
        needed(Verb::Password, argument)
            .map(|word| RoomCommand::SetPassword((word != "off").then_some(word)).in_last_room())
    })
    .needs(Rank::Owner)
    .secret_behind(0)
    .usage(Verb::Password, "/password WORD or /password off")
    .help(
        Part::Owning,
        1,
        "/password WORD",
        "let in only who types /join ROOM WORD (/password off)",
    ),
    entry("op", "NAME", Takes::Person, "let somebody keep order", |argument| {
        needed(Verb::Op, argument).map(|whom| RoomCommand::Op { whom, may: true }.in_last_room())
    })
    .needs(Rank::Owner)
    .usage(Verb::Op, "/op NAME")
    .help(
        Part::Owning,
        2,
        "/op NAME",
        "let somebody keep order while they are here (/deop NAME)",
    ),
    entry("deop", "NAME", Takes::Person, "no more", |argument| {
        needed(Verb::Deop, argument).map(|whom| RoomCommand::Op { whom, may: false }.in_last_room())
    })
    .needs(Rank::Owner)
    .usage(Verb::Deop, "/deop NAME"),
    entry("give", "NAME", Takes::Person, "give the room away", |argument| {
        needed(Verb::Give, argument).map(|to| RoomCommand::Give { to }.in_last_room())
    })
    .needs(Rank::Owner)
    .usage(Verb::Give, "/give NAME")
    .help(Part::Owning, 3, "/give NAME", "give the room away"),
    entry("rename-room", "NAME [WHY]", Takes::Text, "give the room another name", renaming::asked)
        .needs(Rank::Owner)
        .usage(Verb::RenameRoom, "/rename-room NAME, with a reason if you like")
        .help(Part::Owning, 4, "/rename-room NAME WHY", "give the room another name"),
    entry("own", "KEY", Takes::Text, "own a room again", |argument| {
        needed(Verb::Own, argument).map(|key| RoomCommand::Own { key }.in_last_room())
    })
    .secret_behind(0)
    .usage(Verb::Own, "/own KEY")
    .help(Part::Owning, 5, "/own KEY", "be its owner again, by the key that you were told"),
    entry("oper", "NAME PASSWORD", Takes::Text, "look after the server", slash::oper)
        .secret_behind(0)
        .usage(Verb::Oper, "/oper NAME PASSWORD")
        .help(
            Part::Owning,
            6,
            "/oper NAME PASSWORD",
            "for those who look after the server, and main",
        ),
    entry("quit", "", Takes::Text, "leave", |_| Ok(Command::Quit(""))).also(&["exit"]).help(
        Part::Talking,
        13,
        "/quit",
        "leave the chat",
    ),
];

#[cfg(test)]
mod tests;
