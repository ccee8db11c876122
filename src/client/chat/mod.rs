//! `mio-chat chat`: the chat in a terminal, or in a pipe where there is none.
//!
//! ```text
//!     screen ---> console::Console (pure)     terminal: raw mode, frames, keys
//!        |  \---> players                     conversations over UDP
//!     pipe -----> console::Script (pure)
//!        |
//!     wire                                    the TCP connection, in lines or frames
//!        |
//!     security ---> known_servers             whom to trust with TLS; who was met before
//! ```
//!
//! Names are looked up once, before anything else: looking up blocks.

mod error;
mod known_servers;
mod pipe;
mod players;
mod screen;
mod security;
mod terminal;
mod wire;

use std::io::{ErrorKind, IsTerminal};
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use mio::{Events, Poll, Token};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::console::Tunnel;
pub use crate::console::{Account, ScriptFormat, Theme};
pub use error::ChatError;
pub use security::ChatTls;

use super::command::Ended;
use pipe::Pipe;
use screen::Loop;
use security::Security;
use wire::Wire;

const KEYBOARD: Token = Token(0);
const SERVER: Token = Token(1);
const CAUGHT: Token = Token(2);
/// The tokens of players begin behind those of the loop itself.
const FIRST_PLAYER: Token = Token(16);

/// A chat, as it is wanted.
#[derive(Clone, Debug)]
pub struct Chat {
    /// Where: a name or address, with a port.
    pub server: String,
    /// The path of its WebSocket, if the chat goes through that.
    pub web: Option<String>,
    /// How the connection is encrypted, if it is.
    pub tls: Option<ChatTls>,
    /// What to be called; without it the user is asked.
    pub nickname: Option<String>,
    /// The account to log in to.
    pub account: Option<Account>,
    /// Where to go first; without it where everybody starts.
    pub room: Option<String>,
    /// Colours.
    pub theme: Theme,
    /// How a pipe is written to.
    pub format: ScriptFormat,
    /// In a pipe lines that begin with `/` are said.
    pub is_literal: bool,
    /// A pipe goes on listening when its input has ended.
    pub stays: bool,
}

impl Chat {
    /// Chats until the user leaves, or the input ends.
    ///
    /// # Errors
    /// What kept it from beginning, or ended it too early.
    pub fn run(&self) -> Result<Ended, ChatError> {
        let tunnel = match &self.web {
            Some(path) => Some(Tunnel::new(&self.server, path, random()?)),
            None => None,
        };
        let protocol = if self.web.is_some() { "http/1.1" } else { "mio-chat" };
        let security = match &self.tls {
            Some(tls) => Some(Security::new(&self.server, tls, protocol)?),
            None => None,
        };
        let wire = Wire::new(self.look_up()?, SERVER, tunnel, security);
        let poll = Poll::new().map_err(ChatError::system("make a poll loop"))?;
        if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
            Loop::new(self, wire, poll)?.run()
        } else {
            Pipe::new(self, wire, poll)?.run()
        }
    }

    fn look_up(&self) -> Result<Vec<SocketAddr>, ChatError> {
        let found = self.server.to_socket_addrs();
        let lookup = |source| ChatError::Lookup { server: self.server.clone(), source };
        Ok(found.map_err(lookup)?.collect())
    }
}

/// Waits until something can be done, or that time is over. A signal ends it early.
fn wait(poll: &mut Poll, events: &mut Events, timeout: Option<Duration>) -> Result<(), ChatError> {
    match poll.poll(events, timeout) {
        Err(error) if error.kind() != ErrorKind::Interrupted => {
            Err(ChatError::System { what: "wait", source: error })
        }
        _ => Ok(()),
    }
}

/// Whether stdin has something to be read, or its end. It belongs to others as well, who may not
/// expect that it does not block: so it is read only when it has.
fn has_input() -> bool {
    let stdin = std::io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    matches!(poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), Ok(1..))
}

/// The colours that suit the terminal, as the environment tells.
pub fn theme_of_environment() -> Theme {
    terminal::theme(|name| std::env::var(name).ok())
}

/// Something that nobody knows.
fn random() -> Result<u64, ChatError> {
    getrandom::u64().map_err(|error| ChatError::System {
        what: "draw a random number",
        source: std::io::Error::other(error),
    })
}
