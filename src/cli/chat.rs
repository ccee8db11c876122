//! The flags of the terminal client.

use clap::{Args, ValueEnum};
use mio_chat::address::ServerAddress;
use mio_chat::client::chat::{Chat, ScriptFormat, theme_of_environment};
use mio_chat::console::Theme;
use mio_chat::limits::{NAME_BYTES_MAX, TCP_PORT};

/// Everything about chatting.
#[derive(Debug, Args)]
#[command(after_help = "Try it:
  mio-chat chat chat.example --nick alice
  echo deploy done | mio-chat chat chat.example --nick bot
  mio-chat chat chat.example -n ears --format json --stay </dev/null

Keys: Tab completes, PageUp and PageDown scroll, Ctrl-F finds, Ctrl-D leaves; / shows the commands.

Without a terminal on stdin and stdout it is a pipe, and its exit code tells how it ended:
  0  the input ended, and all of it was delivered
  1  the connection was lost
  3  no connection
  4  the nickname, or the room, was refused
  5  some lines were not delivered")]
pub(crate) struct ChatArgs {
    /// The server: HOST or HOST:PORT [default port: 55555]
    #[arg(value_name = "SERVER", default_value = "127.0.0.1", env = "MIO_CHAT_SERVER")]
    server: ServerAddress,
    /// Your nickname [default: your login name, or you are asked]
    #[arg(long, short, value_name = "NAME", env = "MIO_CHAT_NICK")]
    nick: Option<String>,
    /// Room to join
    #[arg(long, short, value_name = "ROOM")]
    room: Option<String>,
    /// Output format in a pipe
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: OutputFormat,
    /// In a pipe: say lines that begin with / instead of running them as commands
    #[arg(long)]
    literal: bool,
    /// In a pipe: go on listening after stdin has ended
    #[arg(long)]
    stay: bool,
    /// Colours; auto follows NO_COLOR, TERM and COLORFGBG
    #[arg(long, value_name = "THEME", default_value = "auto", env = "MIO_CHAT_THEME")]
    theme: Colours,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OutputFormat {
    /// Messages of others, as people read them
    Text,
    /// Everything, as one JSON object a line
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Colours {
    Auto,
    /// The terminal's own eight colours
    Basic,
    /// For a dark background
    Dark,
    /// For a light background
    Light,
    /// No colours
    None,
}

impl ChatArgs {
    /// Checks that involve several flags.
    pub(super) fn check_flags(&self) -> Result<(), String> {
        let bad = |what: &str, name: &str| {
            format!("'{name}' is not a {what}: use 1 to {NAME_BYTES_MAX} bytes without spaces")
        };
        let is_name = |name: &str| {
            (1..=NAME_BYTES_MAX).contains(&name.len())
                && !name
                    .contains(|character: char| character.is_whitespace() || character.is_control())
                && !name.starts_with('/')
        };
        if let Some(nick) = self.nick.as_deref().filter(|nick| !is_name(nick)) {
            return Err(bad("nickname", nick));
        }
        if let Some(room) = self.room.as_deref().filter(|room| !is_name(room)) {
            return Err(bad("room", room));
        }
        Ok(())
    }

    /// The chat that was asked for.
    pub(crate) fn chat(&self) -> Chat {
        Chat {
            server: self.server.clone().or_port(TCP_PORT).to_string(),
            nickname: self.nick.clone().or_else(login_name),
            room: self.room.clone(),
            theme: match self.theme {
                Colours::Auto => theme_of_environment(),
                Colours::Basic => Theme::Basic,
                Colours::Dark => Theme::Dark,
                Colours::Light => Theme::Light,
                Colours::None => Theme::Plain,
            },
            format: match self.format {
                OutputFormat::Text => ScriptFormat::Text,
                OutputFormat::Json => ScriptFormat::Json,
            },
            is_literal: self.literal,
            stays: self.stay,
        }
    }
}

/// The user's login name, if it can be a nickname. Nobody is to be called root.
fn login_name() -> Option<String> {
    let told = |variable| std::env::var(variable).ok().filter(|name| !name.is_empty());
    let name = told("USER").or_else(|| told("LOGNAME"))?;
    let is_name = name.len() <= 16
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        && name.bytes().any(|byte| byte.is_ascii_alphanumeric());
    (is_name && name != "root").then_some(name)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        chat: ChatArgs,
    }

    #[test]
    fn a_server_is_named_with_or_without_a_port() {
        for (typed, place) in [
            ("chat.example", "chat.example:55555"),
            ("chat.example:1", "chat.example:1"),
            ("127.0.0.1", "127.0.0.1:55555"),
            ("::1", "[::1]:55555"),
            ("[::1]:7", "[::1]:7"),
            ("7", "127.0.0.1:7"),
        ] {
            let alone = Alone::parse_from(["chat", typed]);
            assert_eq!(alone.chat.chat().server, place, "{typed}");
        }
        for typed in ["chat.example:", "chat.example:0", ":5", "http://chat.example"] {
            assert!(Alone::try_parse_from(["chat", typed]).is_err(), "{typed}");
        }
    }
}
