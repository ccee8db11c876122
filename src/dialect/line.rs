//! Plain lines: what people type into `nc`, telnet and the classroom client.

use crate::chat::{Command, Refusal, Verb, quoted};

/// A line's bytes as text.
///
/// # Errors
/// [`Refusal::NotUtf8`]; nothing is guessed.
pub fn text(line: &[u8]) -> Result<&str, Refusal> {
    std::str::from_utf8(line).map_err(|_| Refusal::NotUtf8)
}

/// What a line means once its client has a nickname. `None`: an empty line, which means nothing.
///
/// # Errors
/// An unknown command, or one that lacks what it needs.
pub fn command(line: &str) -> Result<Option<Command<'_>>, Refusal> {
    if line.is_empty() {
        return Ok(None);
    }
    match line.strip_prefix('/') {
        None => Ok(Some(Command::Say { room: None, text: line })),
        Some(literal) if literal.starts_with('/') => {
            Ok(Some(Command::Say { room: None, text: literal }))
        }
        Some(request) => slash_command(request).map(Some),
    }
}

/// What a line means before its client has a nickname: that nickname, or a command.
///
/// # Errors
/// [`Refusal::NicknameFirst`] for what is no command, or one that lacks what it needs; `/nick`
/// alone is told what that is.
pub fn nickname_or_command(line: &str) -> Result<Option<Command<'_>>, Refusal> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('/') {
        return match command(line) {
            // Advice on other commands would be of no use yet.
            Err(refusal) if refusal != Refusal::Incomplete(Verb::Nick) => {
                Err(Refusal::NicknameFirst)
            }
            understood => understood,
        };
    }
    Ok(Some(Command::Nick(line)))
}

fn slash_command(request: &str) -> Result<Command<'_>, Refusal> {
    let (verb, argument) = request.split_once(char::is_whitespace).unwrap_or((request, ""));
    let argument = argument.trim();
    let needed = |verb| if argument.is_empty() { Err(Refusal::Incomplete(verb)) } else { Ok(()) };
    Ok(match verb.to_ascii_lowercase().as_str() {
        "help" | "h" | "?" => Command::Help,
        "nick" => {
            needed(Verb::Nick)?;
            Command::Nick(argument)
        }
        "join" | "j" => {
            needed(Verb::Join)?;
            Command::Join { room: argument, stay: false }
        }
        "leave" | "part" => Command::Leave { room: None },
        "rooms" | "list" => Command::Rooms,
        "who" | "names" => Command::Who { room: (!argument.is_empty()).then_some(argument) },
        "msg" | "w" => {
            let split = argument.split_once(char::is_whitespace);
            let (to, text) = split.ok_or(Refusal::Incomplete(Verb::Msg))?;
            Command::Whisper { to, text: text.trim_start() }
        }
        "me" => {
            needed(Verb::Me)?;
            Command::Act { room: None, text: argument }
        }
        "match" => return match_command(argument),
        "invite" => {
            needed(Verb::Invite)?;
            Command::Invite { to: argument }
        }
        "quit" | "exit" => Command::Quit,
        _ => return Err(Refusal::UnknownCommand(quoted(verb))),
    })
}

/// `QUEUE`, `QUEUE PLAYERS` or `off`.
fn match_command(argument: &str) -> Result<Command<'_>, Refusal> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn say(text: &str) -> Command<'_> {
        Command::Say { room: None, text }
    }

    #[test]
    fn lines_are_said_unless_they_begin_with_a_slash() {
        for (line, meant) in [
            ("hello", Some(say("hello"))),
            ("  indented", Some(say("  indented"))),
            ("", None),
            ("//me is a command", Some(say("/me is a command"))),
            (" /help", Some(say(" /help"))),
        ] {
            assert_eq!(command(line), Ok(meant), "{line:?}");
        }
    }

    #[test]
    fn commands_are_understood_with_their_aliases() {
        for (line, meant) in [
            ("/help", Command::Help),
            ("/?", Command::Help),
            ("/nick bob", Command::Nick("bob")),
            ("/NICK  bob ", Command::Nick("bob")),
            ("/join games", Command::Join { room: "games", stay: false }),
            ("/j #games", Command::Join { room: "#games", stay: false }),
            ("/leave", Command::Leave { room: None }),
            ("/match duel", Command::Match { queue: "duel", players: 2 }),
            ("/MATCH  duel   4 ", Command::Match { queue: "duel", players: 4 }),
            ("/match off", Command::MatchOff),
            ("/invite bob", Command::Invite { to: "bob" }),
            ("/part games", Command::Leave { room: None }),
            ("/rooms", Command::Rooms),
            ("/who", Command::Who { room: None }),
            ("/who games", Command::Who { room: Some("games") }),
            ("/msg bob  hi there", Command::Whisper { to: "bob", text: "hi there" }),
            ("/me waves", Command::Act { room: None, text: "waves" }),
            ("/quit", Command::Quit),
            ("/quit now please", Command::Quit),
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
            ("/frobnicate x", Refusal::UnknownCommand("frobnicate".into())),
            ("/", Refusal::UnknownCommand(String::new())),
            ("/\x1b[2J", Refusal::UnknownCommand("[2J".into())),
        ] {
            assert_eq!(command(line), Err(refusal), "{line:?}");
        }
    }

    #[test]
    fn the_first_line_is_a_nickname() {
        assert_eq!(nickname_or_command(" alice "), Ok(Some(Command::Nick("alice"))));
        assert_eq!(nickname_or_command("alice cooper"), Ok(Some(Command::Nick("alice cooper"))));
        assert_eq!(nickname_or_command("/nick alice"), Ok(Some(Command::Nick("alice"))));
        assert_eq!(nickname_or_command("/quit"), Ok(Some(Command::Quit)));
        assert_eq!(nickname_or_command("  "), Ok(None));
        assert_eq!(nickname_or_command("/nick"), Err(Refusal::Incomplete(Verb::Nick)));
        for line in ["/join", "/msg alice", "/me", "/frobnicate", "/"] {
            assert_eq!(nickname_or_command(line), Err(Refusal::NicknameFirst), "{line}");
        }
    }
}
