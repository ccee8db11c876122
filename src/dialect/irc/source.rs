//! How people, rooms and messages are named in lines.

use std::fmt;
use std::io::Write;

use super::capability::{Capabilities, Form};
use super::numeric::Line;
use crate::chat::{Person, PrivateId, RoomName, SentId};

/// The name of a room with what IRC puts before it.
pub(super) fn channel(room: &RoomName) -> String {
    let name = room.as_str();
    if name.starts_with('#') { name.to_owned() } else { format!("#{name}") }
}

/// Somebody, as a line names whom it is from: `nick!user@cloak` (RFC 1459 §2.3).
pub(super) struct Source<'a>(pub(super) Person<'a>);

impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}!{}@{}", self.0.as_str(), self.0.user(), self.0.cloak())
    }
}

/// By what a message is known (IRCv3 `message-ids`).
pub(super) struct Id(pub(super) SentId);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            SentId::Numbered(id, epoch) => write!(f, "{epoch:08x}-{}", id.number),
            SentId::Unnumbered(PrivateId { at, count }) => write!(f, "{:x}.{count}", at.millis()),
        }
    }
}

/// Begins a line of somebody.
pub(super) fn by<'o>(who: Person<'_>, out: &'o mut Vec<u8>) -> Line<'o> {
    let start = out.len();
    write_source(who, out);
    Line::behind(out, start)
}

/// Appends the source of a line.
pub(super) fn write_source(who: Person<'_>, out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = write!(out, ":{}", Source(who));
}

/// Appends the tag that names the account of whoever a line is from, alone.
pub(super) fn write_account(form: Form, who: Person<'_>, out: &mut Vec<u8>) {
    if form.has(Capabilities::ACCOUNT_TAG)
        && let Some(account) = who.account()
    {
        let _ = write!(out, "@account={} ", account.as_str());
    }
}
