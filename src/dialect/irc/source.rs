//! How people and rooms are named in lines.

use std::io::Write;

use super::numeric::Line;
use crate::chat::{Person, RoomName};

/// The name of a room with what IRC puts before it.
pub(super) fn channel(room: &RoomName) -> String {
    let name = room.as_str();
    if name.starts_with('#') { name.to_owned() } else { format!("#{name}") }
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
    let _ = write!(out, ":{}!{}@{}", who.as_str(), who.user(), who.cloak());
}
