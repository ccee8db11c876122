//! Plain lines: what people type into `nc`, telnet and the classroom client, and what they read.
//!
//! Input: `decoder` (lines, pauses, the prompt), `telnet`, `framing`, `habits`, `classroom`,
//! `unread`; what a line means: `message`, `commands`, `slash`. Output: `wording`, `notices`,
//! `refusals`. Other languages may use `refusals` for the English of theirs.

pub(super) mod accounts;
pub(super) mod classroom;
mod command_spec;
pub(super) mod commands;
pub(super) mod conversations;
mod date;
pub(super) mod decoder;
pub(super) mod framing;
pub(super) mod habits;
pub(super) mod message;
pub(super) mod notices;
pub(super) mod people;
pub(super) mod redaction;
pub(super) mod refusals;
pub(super) mod renaming;
pub(super) mod rounded;
pub(super) mod ruling;
pub(super) mod slash;
pub(super) mod telnet;
pub(super) mod unread;
pub(super) mod wording;
pub(super) mod writing;
