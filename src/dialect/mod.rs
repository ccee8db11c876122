//! Wire languages: bytes to [`Command`](crate::chat::Command)s, and
//! [`Event`](crate::chat::Event)s to bytes.
//!
//! Pure functions and small state machines; when to read, and what a pause means, is left to
//! `server`. There is one language so far, plain lines, which the classroom client speaks too (it
//! only ends its lines by pausing). It comes in two [`Encoding`]s,
//! bare and with numbers; all who read the same encoding can share the same encoded bytes.

mod classroom;
mod commands;
mod date;
mod detect;
mod encoding;
mod framing;
mod line;
mod notices;
mod proxy;
mod refusals;
mod slash;
mod telnet;
mod wording;

pub use classroom::{simplify, without_name};
pub use commands::{CommandSpec, Takes, commands};
pub use detect::{Foreign, Language, language};
pub use encoding::Encoding;
pub use framing::{Frame, LineSplitter};
pub use line::{command, is_byte_order_mark, nickname_or_command, text};
pub use notices::Rounded;
pub use proxy::{NoHeader, Proxied, proxy_header_bytes, read_proxy_header};
pub use telnet::{TIMING_MARK_REFUSED, TelnetFilter};

#[cfg(test)]
mod tests;
