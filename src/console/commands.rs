//! The commands that can be typed: for completion, and for help while one is typed.
//!
//! What they do is the server's business, but for the last few, which never leave this program.

/// What the argument of a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing, or free text.
    Text,
    /// Somebody's nickname first.
    Person,
    /// A room first.
    Room,
    /// A queue for players.
    Queue,
}

/// A command.
#[derive(Clone, Copy, Debug)]
pub(super) struct Command {
    /// With its slash.
    pub(super) name: &'static str,
    /// What follows it.
    pub(super) arguments: &'static str,
    /// What it does, in a few words.
    pub(super) does: &'static str,
    /// What its first argument is.
    pub(super) takes: Takes,
}

const fn command(
    name: &'static str,
    arguments: &'static str,
    takes: Takes,
    does: &'static str,
) -> Command {
    Command { name, arguments, does, takes }
}

/// All of them, the most useful first.
pub(super) const COMMANDS: &[Command] = &[
    command("/help", "", Takes::Text, "all commands of the server"),
    command("/who", "[ROOM]", Takes::Room, "who is in the room"),
    command("/msg", "NAME TEXT", Takes::Person, "say something to one person"),
    command("/me", "TEXT", Takes::Text, "say what you do"),
    command("/nick", "NAME", Takes::Text, "be called something else"),
    command("/rooms", "", Takes::Text, "which rooms there are"),
    command("/join", "ROOM [PASSWORD]", Takes::Room, "go to a room, or make one"),
    command("/leave", "", Takes::Text, "go back to main"),
    command("/history", "[N]", Takes::Text, "what was said here before"),
    command("/find", "TEXT", Takes::Text, "look for words in what was said (Ctrl-F)"),
    command("/match", "QUEUE [N]", Takes::Queue, "find another player, and talk directly"),
    command("/invite", "NAME", Takes::Person, "the same with one friend"),
    command("/close", "", Takes::Text, "end a direct conversation"),
    command("/ignore", "[NAME]", Takes::Person, "hear nothing of somebody"),
    command("/unignore", "NAME", Takes::Person, "hear them again"),
    command("/topic", "[TEXT]", Takes::Text, "what the room is about"),
    command("/kick", "NAME [WHY]", Takes::Person, "put somebody out of the room"),
    command("/ban", "NAME [TIME] [WHY]", Takes::Person, "keep a nickname out (10m, 2h, 7d)"),
    command("/ban-ip", "NAME [TIME] [WHY]", Takes::Person, "keep out all from there"),
    command("/unban", "NAME", Takes::Text, "let them in again"),
    command("/mute", "NAME [TIME] [WHY]", Takes::Person, "let somebody read and not write"),
    command("/unmute", "NAME", Takes::Person, "let them write again"),
    command("/bans", "[PAGE]", Takes::Text, "who is banned or muted"),
    command("/password", "WORD", Takes::Text, "let in only who knows it (off: all)"),
    command("/op", "NAME", Takes::Person, "let somebody keep order"),
    command("/deop", "NAME", Takes::Person, "no more"),
    command("/give", "NAME", Takes::Person, "give the room away"),
    command("/own", "KEY", Takes::Text, "own a room again"),
    command("/oper", "NAME PASSWORD", Takes::Text, "look after the server"),
    command("/quit", "", Takes::Text, "leave"),
];

/// How one asks for a room.
pub(super) const JOIN: [&str; 2] = ["/join", "/j"];

/// Whether a line is a command: one that begins with two slashes says one.
pub(super) fn is_command(line: &str) -> bool {
    line.starts_with('/') && !line.starts_with("//")
}

/// A line that is said, whatever it begins with.
pub(super) fn literal(line: &str) -> String {
    let slash = if line.starts_with('/') { "/" } else { "" };
    format!("{slash}{line}")
}

/// The command of this name, capitals or not.
pub(super) fn named(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name.eq_ignore_ascii_case(name))
}

/// The commands that begin so.
pub(super) fn beginning_with(typed: &str) -> impl Iterator<Item = &'static Command> {
    COMMANDS.iter().filter(move |command| {
        command.name.get(..typed.len()).is_some_and(|name| name.eq_ignore_ascii_case(typed))
    })
}

/// What helps somebody who has typed this: the commands it may become, or how the one is used.
pub(super) fn help(typed: &str) -> Vec<&'static Command> {
    if !is_command(typed) {
        return Vec::new();
    }
    match typed.split_once(' ') {
        Some((name, _)) => named(name).into_iter().collect(),
        None => beginning_with(typed).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_narrows_down_while_a_command_is_typed() {
        let names = |typed| help(typed).iter().map(|command| command.name).collect::<Vec<_>>();
        assert_eq!(names("hello").len() + names("//x").len(), 0);
        assert_eq!(names("/").len(), COMMANDS.len());
        assert_eq!(names("/m"), ["/msg", "/me", "/match", "/mute"]);
        assert_eq!(names("/MSG bob"), ["/msg"]);
        assert!(names("/nothing").is_empty() && names("/é").is_empty());
    }
}
