//! The flags of the terminal client.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use mio_chat::address::{NoServer, ServerAddress};
use mio_chat::client::chat::{Account, Chat, ChatTls, ScriptFormat, theme_of_environment};
use mio_chat::console::Theme;
use mio_chat::limits::{NAME_BYTES_MAX, ROOM_NAME_BYTES_MAX, TCP_PORT};

use super::password::{PasswordError, password_of_account};
use super::trust::TrustArgs;

/// The ports of URLs that name none.
const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;
/// Where WebSocket is, unless a URL says otherwise.
const WEB_PATH: &str = "/ws";

/// Everything about chatting.
#[derive(Debug, Args)]
#[command(after_help = "Try it:
  mio-chat chat chat.example --nick alice
  mio-chat chat tls://chat.example
  echo deploy done | mio-chat chat chat.example --nick bot
  mio-chat chat chat.example -n ears --format json --stay </dev/null

Keys: Tab completes, PageUp and PageDown scroll, Ctrl-F finds, Ctrl-D leaves; / shows the commands.
A self-signed certificate is trusted when its server is first met; a different one later is not.
They are remembered in mio-chat/known_servers below XDG_STATE_HOME, usually ~/.local/state.

Without a terminal on stdin and stdout it is a pipe, and its exit code tells how it ended:
  0  the input ended, and all of it was delivered
  1  the connection was lost
  3  no connection, or a certificate that is not to be trusted
  4  the nickname, or the room, was refused
  5  some lines were not delivered")]
pub(crate) struct ChatArgs {
    /// The server: HOST, HOST:PORT or, encrypted, tls://HOST:PORT [default port: 55555], or over
    /// WebSocket ws:// or http:// [default port: 80], encrypted wss:// or https:// [default port:
    /// 443]
    #[arg(value_name = "SERVER", default_value = "127.0.0.1", env = "MIO_CHAT_SERVER")]
    server: ChatServer,
    /// Your nickname [default: your login name, or you are asked]
    #[arg(long, short, value_name = "NAME", env = "MIO_CHAT_NICK")]
    nick: Option<String>,
    /// Account to log in to; its password is asked for, or comes from a file or a variable
    #[arg(long, value_name = "NAME", env = "MIO_CHAT_ACCOUNT")]
    account: Option<String>,
    /// File with the password of the account [default: MIO_CHAT_PASSWORD, or you are asked]
    #[arg(long, value_name = "FILE", requires = "account")]
    password_file: Option<PathBuf>,
    /// Room to join
    #[arg(long, short, value_name = "ROOM")]
    room: Option<String>,
    #[command(flatten)]
    trust: TrustArgs,
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

/// Where a chat is, and how it is spoken to.
#[derive(Clone, Debug)]
struct ChatServer {
    address: ServerAddress,
    /// The path of its WebSocket, if it was named by a URL.
    web: Option<String>,
    has_tls: bool,
}

impl FromStr for ChatServer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = |text: &str| text.parse().map_err(|problem: NoServer| problem.to_string());
        let Some((scheme, rest)) = text.split_once("://") else {
            let address: ServerAddress = parse(text)?;
            return Ok(Self { address: address.or_port(TCP_PORT), web: None, has_tls: false });
        };
        let (has_tls, port) = match scheme {
            "ws" | "http" => (false, HTTP_PORT),
            "wss" | "https" => (true, HTTPS_PORT),
            "tls" => {
                let address: ServerAddress = parse(rest)?;
                return Ok(Self { address: address.or_port(TCP_PORT), web: None, has_tls: true });
            }
            _ => {
                return Err(format!(
                    "'{scheme}://' is not spoken here: use tls://, wss://, https://, ws:// or \
                     http://"
                ));
            }
        };
        let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // The page is at /, and its WebSocket beside it.
        let path = if path.len() <= 1 { WEB_PATH } else { path };
        if path.contains(|character: char| !character.is_ascii_graphic()) {
            return Err(format!("'{path}' is not a path of a URL"));
        }
        let address: ServerAddress = parse(place)?;
        Ok(Self { address: address.or_port(port), web: Some(path.to_owned()), has_tls })
    }
}

impl ChatArgs {
    /// Checks that involve several flags.
    pub(super) fn check_flags(&self) -> Result<(), String> {
        let bad = |what: &str, name: &str, most: usize| {
            format!("'{name}' is not a {what}: use 1 to {most} bytes without spaces")
        };
        let is_name = |name: &str, most: usize| {
            (1..=most).contains(&name.len())
                && !name
                    .contains(|character: char| character.is_whitespace() || character.is_control())
                && !name.starts_with('/')
        };
        if let Some(flag) = self.trust.given().filter(|_| !self.server.has_tls) {
            return Err(format!(
                "{flag} is for TLS: name the server by tls://HOST or https://HOST"
            ));
        }
        if let Some(nick) = self.nick.as_deref().filter(|nick| !is_name(nick, NAME_BYTES_MAX)) {
            return Err(bad("nickname", nick, NAME_BYTES_MAX));
        }
        let account = self.account.as_deref();
        if let Some(account) = account.filter(|account| !is_name(account, NAME_BYTES_MAX)) {
            return Err(bad("account", account, NAME_BYTES_MAX));
        }
        let room = self.room.as_deref();
        if let Some(room) = room.filter(|room| !is_name(room, ROOM_NAME_BYTES_MAX)) {
            return Err(bad("room", room, ROOM_NAME_BYTES_MAX));
        }
        Ok(())
    }

    /// The chat that was asked for, with the password of its account.
    ///
    /// # Errors
    /// There is no such password.
    pub(crate) fn with_password(&self) -> Result<Chat, PasswordError> {
        let Some(name) = self.account.clone() else { return Ok(self.chat()) };
        let password = password_of_account(self.password_file.as_deref())?;
        let account = Some(Account { name, password });
        Ok(Chat { account, ..self.chat() })
    }

    fn chat(&self) -> Chat {
        Chat {
            account: None,
            server: self.server.address.to_string(),
            web: self.server.web.clone(),
            tls: self.server.has_tls.then(|| ChatTls {
                name: self.server.address.host().to_owned(),
                ca: self.trust.ca.as_ref().map(|ca| ca.0.clone()),
                pin: self.trust.pin,
            }),
            nickname: self.nick.clone().or_else(|| self.account.clone()).or_else(login_name),
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
        for (typed, place, path) in [
            ("ws://chat.example", "chat.example:80", "/ws"),
            ("http://chat.example/", "chat.example:80", "/ws"),
            ("ws://[::1]:55555/ws", "[::1]:55555", "/ws"),
            ("http://127.0.0.1:1/chat/ws?x", "127.0.0.1:1", "/chat/ws?x"),
            ("wss://chat.example/ws", "chat.example:443", "/ws"),
            ("https://chat.example:8443", "chat.example:8443", "/ws"),
        ] {
            let chat = Alone::parse_from(["chat", typed]).chat.chat();
            assert_eq!((chat.server.as_str(), chat.web.as_deref()), (place, Some(path)));
            assert_eq!(chat.tls.is_some(), place.contains("443"));
        }
        for (typed, place, name) in [
            ("tls://chat.example", "chat.example:55555", "chat.example"),
            ("tls://[::1]:7", "[::1]:7", "::1"),
            ("tls://7", "127.0.0.1:7", "127.0.0.1"),
        ] {
            let chat = Alone::parse_from(["chat", typed]).chat.chat();
            assert_eq!((chat.server.as_str(), chat.web.as_deref()), (place, None));
            assert_eq!(chat.tls.unwrap().name, name);
        }
        for typed in [
            "chat.example:",
            "chat.example:0",
            ":5",
            "ws://",
            "ftp://chat.example",
            "tls://",
            "tls://chat.example/ws",
            "ws://chat.example/a b",
        ] {
            assert!(Alone::try_parse_from(["chat", typed]).is_err(), "{typed}");
        }
    }
}
