//! Plain lines: what people type into `nc`, telnet and the classroom client.

use std::borrow::Cow;

use super::classroom::without_name;
use super::commands;
use super::telnet::{BACKSPACE, DELETE, ERASE_LINE};
use crate::chat::{Command, Refusal, Verb};
use crate::dialect::format::Request;

/// The byte order mark, which .NET and PowerShell write before their first text.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// A line's bytes as text: without byte order marks in front, and without what was erased on a
/// character-mode terminal, which sends each Backspace.
///
/// # Errors
/// [`Refusal::NotUtf8`]; nothing is guessed.
pub(in crate::dialect) fn text(line: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    let text = std::str::from_utf8(line).map_err(|_| Refusal::NotUtf8)?;
    let text = text.trim_start_matches('\u{FEFF}');
    let is_erasing = |byte| matches!(byte, BACKSPACE | DELETE | ERASE_LINE);
    // Without an early end, many bytes are looked at at once.
    if text.bytes().fold(false, |other, byte| other | is_erasing(byte)) {
        return Ok(Cow::Owned(erased(text)));
    }
    Ok(Cow::Borrowed(text))
}

/// Whether these bytes may be the beginning of a byte order mark, or all of it: nothing was said.
pub(in crate::dialect) fn is_byte_order_mark(bytes: &[u8]) -> bool {
    BYTE_ORDER_MARK.starts_with(bytes)
}

/// Applies the erasing characters of a line, as a terminal's line mode does.
fn erased(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    for character in text.chars() {
        match u8::try_from(character) {
            Ok(BACKSPACE | DELETE) => drop(left.pop()),
            Ok(ERASE_LINE) => left.clear(),
            _ => left.push(character),
        }
    }
    left
}

/// Parses a line of a client with a nickname. `None`: an empty line, which means nothing.
///
/// # Errors
/// An unknown command, or one that lacks what it needs.
pub(in crate::dialect) fn asked(line: &str) -> Result<Option<Request<'_>>, Refusal> {
    if line.is_empty() {
        return Ok(None);
    }
    match line.strip_prefix('/') {
        None => Ok(Some(Request::Command(Command::Say { room: None, text: line }))),
        Some(literal) if literal.starts_with(['/', '{']) => {
            Ok(Some(Request::Command(Command::Say { room: None, text: literal })))
        }
        Some(request) => commands::asked(request).map(Some),
    }
}

/// Parses a message of a client without a nickname that puts its first answer, if there is one,
/// before each message. A message that repeats a refused but well-formed nickname is meant to be
/// said, and is no other nickname. (A name with a space in it is not well-formed, and its user, who
/// is told so, types another.)
pub(in crate::dialect) fn first_asked<'a>(
    text: &'a str,
    first_answer: Option<&str>,
    could_be_nickname: impl Fn(&str) -> bool,
) -> Result<Option<Request<'a>>, Refusal> {
    let rest = first_answer.and_then(|name| without_name(text, name));
    let is_said = rest.is_some_and(|rest| !rest.starts_with('/'));
    if is_said && first_answer.is_some_and(could_be_nickname) {
        return Err(Refusal::NicknameFirst);
    }
    let asked = nickname_or_command(rest.unwrap_or(text))?;
    asked.map(Some).ok_or(Refusal::NicknameFirst)
}

/// Parses a line of a client without a nickname: that nickname, or a command.
///
/// # Errors
/// [`Refusal::NicknameFirst`] for what is no command, or one that lacks what it needs; `/nick`
/// alone is told what that is.
fn nickname_or_command(line: &str) -> Result<Option<Request<'_>>, Refusal> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('/') {
        return match asked(line) {
            // Advice on other commands would be of no use yet.
            Err(Refusal::Incomplete(verb @ (Verb::Nick | Verb::LogIn))) => {
                Err(Refusal::Incomplete(verb))
            }
            Err(_) => Err(Refusal::NicknameFirst),
            understood => understood,
        };
    }
    Ok(Some(Request::Command(Command::Nick(line))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(text: &str) -> Request<'_> {
        Request::Command(Command::Say { room: None, text })
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
            assert_eq!(asked(line), Ok(meant), "{line:?}");
        }
    }

    #[test]
    fn erasing_takes_back_characters_and_lines() {
        for (typed, left) in [
            (&b"mix\x08ke"[..], "mike"),
            (b"bax\x7fb", "bab"),
            (b"x\x08\x08\x08hello", "hello"),
            ("caf\u{e9}\u{e9}\x7f".as_bytes(), "caf\u{e9}"),
            (b"wrong\x15right", "right"),
            (b"\xef\xbb\xbf\xef\xbb\xbf/me waves", "/me waves"),
            (b"\xef\xbb\xbf", ""),
            (b"plain", "plain"),
        ] {
            assert_eq!(text(typed).as_deref(), Ok(left), "{}", typed.escape_ascii());
        }
        assert_eq!(text(b"\xff\x08"), Err(Refusal::NotUtf8));
    }

    #[test]
    fn the_first_line_is_a_nickname() {
        let nick = |name| Ok(Some(Request::Command(Command::Nick(name))));
        assert_eq!(nickname_or_command(" alice "), nick("alice"));
        assert_eq!(nickname_or_command("alice cooper"), nick("alice cooper"));
        assert_eq!(nickname_or_command("/nick alice"), nick("alice"));
        assert_eq!(nickname_or_command("/quit"), Ok(Some(Request::Command(Command::Quit("")))));
        assert_eq!(nickname_or_command("  "), Ok(None));
        assert_eq!(nickname_or_command("/nick"), Err(Refusal::Incomplete(Verb::Nick)));
        for line in ["/join", "/msg alice", "/me", "/frobnicate", "/"] {
            assert_eq!(nickname_or_command(line), Err(Refusal::NicknameFirst), "{line}");
        }
    }
}
