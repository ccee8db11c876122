//! Wire languages: bytes to [`Command`](crate::chat::Command)s, and
//! [`Event`](crate::chat::Event)s to bytes.
//!
//! Pure functions and small state machines; when to read, and what a pause means, is left to
//! `server`. There is one language so far, plain lines, which the classroom client speaks too (it
//! only ends its lines by pausing); all who speak it can share the same encoded bytes.

mod detect;
mod framing;
mod line;
mod refusals;
mod telnet;
mod wording;

pub use detect::{Foreign, foreign};
pub use framing::{Frame, LineSplitter};
pub use line::{command, nickname_or_command, text};
pub use telnet::TelnetFilter;
pub use wording::encode;
