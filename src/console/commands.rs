//! The commands that can be typed: for completion, and for help while one is typed.
//!
//! They are the server's, from the dialect's table, and a few that never leave this program.

use crate::dialect::{CommandSpec, Takes, commands};

/// Commands of this program alone, each with the one of the server's behind which it is listed.
static OWN: [(&str, CommandSpec); 2] = [
    (
        "history",
        CommandSpec::new("find", "TEXT", Takes::Text, "look for words in what was said (Ctrl-F)"),
    ),
    ("invite", CommandSpec::new("close", "", Takes::Text, "end a direct conversation")),
];
/// Commands of the server's that are not offered, because this program needs them itself.
const NOT_OFFERED: [&str; 2] = ["format", "numbers"];

/// All that are offered, the most useful first.
fn offered() -> impl Iterator<Item = &'static CommandSpec> {
    let theirs = commands().filter(|command| !NOT_OFFERED.contains(&command.name));
    theirs.flat_map(|command| {
        let own = OWN.iter().filter(|(behind, _)| *behind == command.name).map(|(_, own)| own);
        std::iter::once(command).chain(own)
    })
}

/// Whether a line is a command: one that begins with two slashes says one.
pub(super) fn is_command(line: &str) -> bool {
    line.starts_with('/') && !line.starts_with("//") && !line.starts_with("/{")
}

/// A line that is said, whatever it begins with.
pub(super) fn literal(line: &str) -> String {
    let slash = if line.starts_with(['/', '{']) { "/" } else { "" };
    format!("{slash}{line}")
}

/// The command of this name or alias, written with its slash, capitals or not.
pub(super) fn named(word: &str) -> Option<&'static CommandSpec> {
    let name = word.strip_prefix('/')?;
    let all = commands().chain(OWN.iter().map(|(_, own)| own));
    all.into_iter().find(|command| command.is_called(name))
}

/// The name of the command that a line begins with, whichever alias was typed.
pub(super) fn name_in(line: &str) -> Option<&'static str> {
    named(line.split_whitespace().next()?).map(|command| command.name)
}

/// The commands that begin so.
pub(super) fn beginning_with(typed: &str) -> impl Iterator<Item = &'static CommandSpec> {
    let typed = typed.strip_prefix('/');
    offered().filter(move |command| {
        let begins = |typed: &str| {
            command.name.get(..typed.len()).is_some_and(|name| name.eq_ignore_ascii_case(typed))
        };
        typed.is_some_and(begins)
    })
}

/// What helps somebody who has typed this: the commands it may become, or how the one is used.
pub(super) fn help(typed: &str) -> Vec<&'static CommandSpec> {
    if !is_command(typed) {
        return Vec::new();
    }
    match typed.split_once(' ') {
        Some((name, _)) => {
            named(name).filter(|it| !NOT_OFFERED.contains(&it.name)).into_iter().collect()
        }
        None => beginning_with(typed).collect(),
    }
}

/// Whether a line is not to be shown again by the arrow keys: others may look over a shoulder.
pub(super) fn is_secret(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let public = words.next().and_then(named).and_then(|command| command.public_words);
    public.is_some_and(|public| words.count() > public)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_narrows_down_while_a_command_is_typed() {
        let names = |typed| help(typed).iter().map(|command| command.name).collect::<Vec<_>>();
        assert_eq!(names("hello").len() + names("//x").len(), 0);
        assert_eq!(names("/").len(), commands().count() + OWN.len() - NOT_OFFERED.len());
        assert_eq!(names("/m"), ["msg", "me", "match", "mute", "mode"]);
        assert_eq!(names("/MSG bob"), ["msg"]);
        assert_eq!(names("/w bob"), ["msg"]);
        assert!(names("/nothing").is_empty() && names("/é").is_empty());
        assert!(names("/numbers on").is_empty() && names("/format text").is_empty());
        let first = |typed| names(typed).into_iter().take(10).collect::<Vec<_>>();
        let useful =
            ["help", "who", "msg", "me", "nick", "rooms", "join", "leave", "history", "find"];
        assert_eq!(first("/"), useful);
    }

    #[test]
    fn passwords_and_keys_are_secret() {
        for line in ["/oper root x", "/own 5f", "/PASSWORD x", "/join tea x", "/j tea x"] {
            assert!(is_secret(line), "{line}");
        }
        for line in ["/join tea", "/msg bob x", "/own", "/nothing x", "hello"] {
            assert!(!is_secret(line), "{line}");
        }
    }
}
