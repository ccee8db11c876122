//! Wire languages: bytes to [`Command`](crate::chat::Command)s, and
//! [`RoomEvent`](crate::chat::RoomEvent)s and [`Reply`](crate::chat::Reply)s to bytes.
//!
//! Pure functions and small state machines; when to read, and when somebody may be heard, is left
//! to `server`. There is one language to be spoken so far, plain lines, which the classroom client
//! speaks too (it only ends its lines by pausing). What is told comes in three [`Encoding`]s: plain
//! lines, bare or with numbers, and JSON for programs. All who read the same encoding can share the
//! same bytes.

mod classroom;
mod commands;
mod date;
mod decoder;
mod detect;
mod encoding;
mod format;
mod framing;
mod habits;
pub mod json;
mod line;
mod line_decoder;
mod notices;
mod proxy;
mod refusals;
mod slash;
mod steps;
mod telnet;
#[cfg(test)]
mod toy;
mod unread;
mod wording;
mod writing;

pub use classroom::simplify;
pub use commands::{CommandSpec, Takes, commands};
pub use decoder::{Decoded, Decoder};
pub use detect::{Foreign, Language, language};
pub use encoding::Encoding;
pub use format::{Format, Situation};
pub use framing::{Frame, LineSplitter};
pub use habits::{Habit, Habits};
pub use notices::Rounded;
pub use proxy::{NoHeader, Proxied, proxy_header_bytes, read_proxy_header};
pub use steps::{Due, InputLimits, Speaker, Step};
pub use telnet::TelnetFilter;
pub use unread::Unread;

#[cfg(test)]
mod tests;
