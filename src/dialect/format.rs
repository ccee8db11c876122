//! Which form a client wants what it is told in: `/format` and `/numbers`.

use crate::chat::{Command, HistoryCursor, Nickname, RoomName};
use crate::time::UnixTime;

/// A form that a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Plain lines, without numbers.
    Text,
    /// JSON dialect 1, one object a line.
    Json,
    /// Plain lines with numbers, or without. JSON has numbers in any case.
    Numbers(bool),
}

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request<'a> {
    /// Something of the lobby.
    Command(Command<'a>),
    /// To be told things in another form.
    Format(Format),
}

/// What is told to a client whose form has changed.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Its nickname, if it has one.
    pub nickname: Option<&'a Nickname>,
    /// The room that it joined last, if it is in any.
    pub room: Option<&'a RoomName>,
    /// The last message so far.
    pub cursor: HistoryCursor,
    /// The present.
    pub now: UnixTime,
    /// The server's UDP port.
    pub udp: Option<u16>,
}
