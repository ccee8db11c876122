//! Plain lines: what people type into `nc`, telnet and the classroom client.

use super::slash;
use crate::chat::{Command, Refusal, Verb};

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
        Some(request) => slash::command(request).map(Some),
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
