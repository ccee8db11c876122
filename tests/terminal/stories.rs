//! What people do with `mio-chat chat`, as they see it on their terminal.

mod attack;
mod connection;
mod leaving;
mod talking;

use std::net::SocketAddr;

use crate::terminal::Terminal;

/// The usual terminal.
const USUAL: (u16, u16) = (80, 24);

/// Somebody's client in a terminal of this size, which has said hello.
fn chat_in((columns, rows): (u16, u16), to: SocketAddr, nickname: &str) -> Terminal {
    let place = to.to_string();
    let arguments = ["chat", place.as_str(), "--nick", nickname];
    let mut terminal = Terminal::start(columns, rows, &arguments, &[("NO_COLOR", "1")]);
    terminal.see(&format!("● {nickname} in main"));
    terminal
}

/// The same in the usual terminal.
fn chat(to: SocketAddr, nickname: &str) -> Terminal {
    chat_in(USUAL, to, nickname)
}
