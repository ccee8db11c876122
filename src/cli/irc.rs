//! The flags of IRC.

use std::path::{Path, PathBuf};

use clap::Args;
use mio_chat::dialect::{ServerPassword, Spoken};

#[derive(Debug, Args)]
#[command(next_help_heading = "IRC")]
pub(super) struct IrcArgs {
    /// The server's name, as IRC clients show it
    #[arg(long, value_name = "NAME", default_value = "irc.mio-chat", value_parser = server_name,
          env = "MIO_CHAT_SERVER_NAME")]
    server_name: String,
    /// Password that IRC clients have to give (PASS); others need none [default: none]
    #[arg(long, value_name = "PASSWORD", env = "MIO_CHAT_IRC_PASSWORD", hide_env_values = true)]
    irc_password: Option<String>,
    /// File of gateways that may say for whom they come (WEBIRC): on each line an address or a
    /// network, and a hash made by "mio-chat hash-password"
    #[arg(long, value_name = "FILE", env = "MIO_CHAT_WEBIRC")]
    webirc: Option<PathBuf>,
}

/// Bytes of a server's name (RFC 2812 §2.3.1).
const SERVER_NAME_BYTES_MAX: usize = 63;

/// A name that is one word of a line, and is not taken for a nickname: it holds a dot.
fn server_name(text: &str) -> Result<String, String> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let fits = text.len() <= SERVER_NAME_BYTES_MAX && text.contains('.');
    if fits && text.bytes().all(is_word) && !text.starts_with(['.', '-']) {
        Ok(text.to_owned())
    } else {
        Err("a server's name is written like a host's: chat.example".to_owned())
    }
}

impl IrcArgs {
    /// The file of gateways.
    pub(super) fn gateways_file(&self) -> Option<&Path> {
        self.webirc.as_deref()
    }

    /// The same languages, and by which name IRC clients are told to speak to.
    pub(super) fn named(&self, spoken: Spoken) -> Spoken {
        let irc_password = self.irc_password.as_deref().map(ServerPassword::of);
        Spoken { server_name: self.server_name.as_str().into(), irc_password, ..spoken }
    }
}
