//! The output format that a client asks for: `/format` and `/numbers`.

use crate::chat::{Command, HistoryCursor, Nickname, RoomName};
use crate::time::UnixTime;

/// An output format that a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Plain lines, without numbers.
    Text,
    /// JSON dialect 1, one object a line.
    Json,
    /// Plain lines with numbers, or without. JSON has numbers in any case.
    Numbers(bool),
}

/// What a client is told of a request that needs no other answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledgement {
    /// The request was carried out.
    Done {
        /// The number that it bears.
        request: u64,
        /// The number of the message that came of it.
        message: Option<u64>,
    },
    /// The connection is alive.
    Pong,
}

/// A request in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request<'a> {
    /// A command for the lobby.
    Command(Command<'a>),
    /// Another output format.
    Format(Format),
}

/// The situation of a client, which it is told when its output format has changed.
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
