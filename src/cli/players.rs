//! The flags of the command that finds players, and the search that they make.

use std::time::Duration;

use clap::{ArgAction, Args};
use mio_chat::address::ServerAddress;
use mio_chat::client::MatchCommand;
use mio_chat::limits::NAME_BYTES_MAX;
use mio_chat::mc1::is_queue_name;
use mio_chat::peer::{AddressFamily, Match, NatCheck};

use super::values::whole;

/// Everything about finding players.
#[derive(Debug, Args)]
#[command(after_help = "Try it, on two machines:
  mio-chat match chat.example duel --name alice
  echo hi | mio-chat match chat.example duel --name bob
  mio-chat match --check chat.example stun.example:3478")]
pub(crate) struct MatchArgs {
    /// The server's UDP address: HOST or HOST:PORT [default port: 50000]
    #[arg(value_name = "SERVER")]
    server: ServerAddress,
    /// Name of a queue: players who give the same one meet. With --check: further servers, plain
    /// STUN is enough
    #[arg(value_name = "QUEUE")]
    words: Vec<String>,
    /// Number of players, including yourself [default: 2, or as many as the token is for]
    #[arg(long, value_name = "N")]
    #[arg(value_parser = whole(2..=16_u8))]
    players: Option<u8>,
    /// Your name for the other players; a nickname that the server vouches for takes precedence
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Token from `/match` in the chat: 16 hexadecimal digits
    #[arg(long, value_name = "TOKEN", value_parser = parse_token)]
    token: Option<u64>,
    /// How long to wait for other players, such as 30s or 5m [default: for ever]
    #[arg(long, value_name = "TIME")]
    timeout: Option<humantime::Duration>,
    /// Go on listening after stdin has ended, until the others have left
    #[arg(long)]
    stay: bool,
    /// Find out what kind of NAT you are behind, and what that means for playing
    #[arg(long)]
    check: bool,
    /// Use IPv4 only
    #[arg(short = '4', action = ArgAction::SetTrue, conflicts_with = "ipv6")]
    ipv4: bool,
    /// Use IPv6 only
    #[arg(short = '6', action = ArgAction::SetTrue)]
    ipv6: bool,
}

impl MatchArgs {
    /// Checks that involve several flags.
    pub(super) fn check_flags(&self) -> Result<(), String> {
        for server in self.words.iter().filter(|_| self.check) {
            server.parse::<ServerAddress>().map_err(|problem| problem.to_string())?;
        }
        let is_bad = |name: &String| {
            let length = 1..=NAME_BYTES_MAX;
            !length.contains(&name.len()) || name.contains([':', '*', '[', ' '])
        };
        if self.name.as_ref().is_some_and(is_bad) {
            return Err(format!(
                "--name takes 1 to {NAME_BYTES_MAX} bytes without spaces and ':', '*' or '['"
            ));
        }
        match self.words.as_slice() {
            _ if self.check => Ok(()),
            [] if self.token.is_none() => {
                Err("name a queue that the others name too (such as duel), or give a --token"
                    .to_owned())
            }
            [queue] if !is_queue_name(queue) => Err(format!(
                "'{queue}' is not a queue name: use 1 to 64 visible ASCII characters without spaces"
            )),
            [] | [_] => Ok(()),
            [_, second, ..] => Err(format!("one queue is enough; what is '{second}'?")),
        }
    }

    /// The check that is asked for, if one is.
    pub(crate) fn check(&self) -> Option<NatCheck> {
        let (server, others) = (self.server.to_string(), self.words.clone());
        self.check.then(|| NatCheck { server, others, family: self.family() })
    }

    /// The search and the conversation after it.
    pub(crate) fn command(&self) -> MatchCommand {
        let mut search = Match::new(&self.server.to_string()).family(self.family());
        if let Some(players) = self.players {
            search = search.players(players);
        }
        if let Some(token) = self.token {
            search = search.token(token);
        }
        if let Some(timeout) = self.timeout {
            search = search.timeout(Duration::from(timeout));
        }
        let (queue, name) = (self.words.first().cloned(), self.name.clone());
        MatchCommand { search, queue, name, stay: self.stay }
    }

    fn family(&self) -> AddressFamily {
        match (self.ipv4, self.ipv6) {
            (true, _) => AddressFamily::V4,
            (_, true) => AddressFamily::V6,
            _ => AddressFamily::Any,
        }
    }
}

fn parse_token(text: &str) -> Result<u64, String> {
    let token = mio_chat::mc1::hex(text);
    token.ok_or_else(|| "not 16 hexadecimal digits in lower case".to_owned())
}
