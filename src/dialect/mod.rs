//! Wire languages: bytes to [`Command`](crate::chat::Command)s, and
//! [`RoomEvent`](crate::chat::RoomEvent)s and [`Reply`](crate::chat::Reply)s to bytes.
//!
//! Pure functions and small state machines; when to read, and when somebody may be heard, is left
//! to `server`. Clients speak plain lines, as the classroom client does (it only ends its lines by
//! pausing), ask in JSON, in lines or in frames of WebSocket, or ask once by HTTP ([`http`]).
//!
//! What is told comes in [`Encoding`]s: plain lines, bare or with numbers, JSON for programs, in
//! lines or in frames, and answers of HTTP. All who read the same encoding can share its bytes.

mod decoder;
mod detect;
mod encoding;
mod encryption;
mod format;
mod framing;
pub mod http;
mod irc;
pub mod json;
mod line;
mod proxy;
mod steps;
#[cfg(test)]
mod toy;
#[doc(hidden)]
pub mod websocket;

pub use decoder::{Decoded, Decoder};
pub use detect::{Foreign, Language, language};
pub use encoding::Encoding;
pub use encryption::{Encryption, Security};
pub use format::{Acknowledgement, Format, Situation};
pub use framing::Framing;
pub use http::{AccountOffer, Spoken};
pub use irc::{Form, GatewayRefusal, Introduction, Note, OwnEvent, Reader};
pub use irc::{ServerPassword, StrictTransport};
pub use line::classroom::simplify;
pub use line::commands::{CommandSpec, Takes, commands};
pub use line::framing::{Frame, LineSplitter};
pub use line::habits::{Habit, Habits};
pub use line::rounded::Rounded;
pub use line::telnet::TelnetFilter;
pub use line::unread::Unread;
pub use proxy::{NoHeader, Proxied, proxy_header_bytes, read_proxy_header};
pub use steps::{Due, InputLimits, Speaker, Step};

#[cfg(test)]
mod tests;
