//! In which language and style a client is told things.
//!
//! Readers of one encoding share the same encoded bytes. Nothing outside this folder names a
//! variant, so that a new one is added here alone.

use serde::{Deserialize, Serialize};

use super::format::{Acknowledgement, Format, Situation};
use super::framing::Framing;
use super::irc::{self, Form, Reader};
use super::line::{notices, wording};
use super::websocket::farewell;
use super::websocket::frame::{Opcode, write_frame};
use super::{http, json};
use crate::chat::{Reply, RoomEvent, RoomName};

/// How a client reads what it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// Plain lines.
    #[default]
    Line,
    /// The same, each message with its number and its date.
    NumberedLine,
    /// JSON dialect 1, one object a line.
    JsonLine,
    /// JSON dialect 1, one object a text frame of WebSocket.
    JsonFrame,
    /// HTTP, whose requests are answered by whoever carries them out: only that somebody is sent
    /// away is told in it.
    Http,
    /// JSON dialect 1, one object an event of an HTTP stream.
    EventStream,
    /// IRC, to clients that have taken these capabilities.
    Irc(Form),
    /// The tests' own language.
    #[cfg(test)]
    Toy,
}

impl Encoding {
    /// Every encoding, by its index; those of IRC are one.
    pub const ALL: &[Self] = &[
        Self::Line,
        Self::NumberedLine,
        Self::JsonLine,
        Self::JsonFrame,
        Self::Http,
        Self::EventStream,
        Self::Irc(Form::BARE),
        #[cfg(test)]
        Self::Toy,
    ];

    /// What a client reads that listens to a room.
    pub const LISTENER: Self = Self::EventStream;

    /// What a reader of this encoding reads that asks for this form.
    pub fn with(self, format: Format) -> Self {
        match format {
            _ if self == Self::JsonFrame || self.needs_reader() => self,
            Format::Json => Self::JsonLine,
            Format::Numbers(_) if self == Self::JsonLine => Self::JsonLine,
            Format::Numbers(true) => Self::NumberedLine,
            Format::Numbers(false) | Format::Text => Self::Line,
        }
    }

    /// Appends the answer to a reader that has asked for this form and reads in this encoding now.
    pub fn announce(self, format: Format, situation: &Situation<'_>, out: &mut Vec<u8>) {
        match (self, format) {
            (Self::JsonLine | Self::JsonFrame, _) => {
                self.object(out, |out| json::format(situation, out));
            }
            (Self::Irc(_), _) => {}
            (_, Format::Text | Format::Json) => notices::plain_again(out),
            (_, Format::Numbers(wanted)) => {
                notices::numbers(out, wanted.then_some(situation.cursor));
            }
        }
    }

    /// Its name in counters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Line => "lines",
            Self::NumberedLine => "numbered-lines",
            Self::JsonLine => "json-lines",
            Self::JsonFrame => "json-websocket",
            Self::Http => "http",
            Self::EventStream => "event-stream",
            Self::Irc(_) => "irc",
            #[cfg(test)]
            Self::Toy => "toy",
        }
    }

    /// Its place in [`Encoding::ALL`].
    pub fn index(self) -> usize {
        match self {
            Self::Line => 0,
            Self::NumberedLine => 1,
            Self::JsonLine => 2,
            Self::JsonFrame => 3,
            Self::Http => 4,
            Self::EventStream => 5,
            Self::Irc(_) => 6,
            #[cfg(test)]
            Self::Toy => 7,
        }
    }

    /// Appends what happened in a room, with all that ends it.
    pub fn room_event(self, room: &RoomName, event: &RoomEvent<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Irc(form) => irc::room_event(form, room, event, out),
            _ if !event.is_for_people() => {}
            Self::Line | Self::NumberedLine => wording::room_event(event, self.has_numbers(), out),
            // Told otherwise, or not for people.
            Self::JsonLine | Self::JsonFrame if !event.is_for_everybody() => {}
            Self::JsonLine | Self::JsonFrame => {
                self.object(out, |out| json::room_event(room, event, out));
            }
            Self::Http => {}
            Self::EventStream => http::event_stream::room_event(room, event, out),
            #[cfg(test)]
            Self::Toy => super::toy::told::encode(event, out),
        }
    }

    /// Appends what one client is told, with all that ends it; `re` is the number of the request
    /// that this answers, if it bears one, and `reader` the client's own, where it
    /// [needs one](Self::needs_reader).
    pub fn reply(
        self,
        reply: &Reply<'_>,
        re: Option<u64>,
        reader: Option<&mut Reader>,
        out: &mut Vec<u8>,
    ) {
        match self {
            Self::Irc(_) => {
                if let Some(reader) = reader {
                    reader.reply(reply, out);
                }
            }
            _ if !reply.is_for_people() => {}
            Self::Line | Self::NumberedLine => wording::reply(reply, self.has_numbers(), out),
            Self::JsonLine => self.object(out, |out| json::reply(reply, re, out)),
            Self::JsonFrame => {
                self.object(out, |out| json::reply(reply, re, out));
                if let Reply::Farewell(why) = reply {
                    farewell(*why, out);
                }
            }
            Self::Http => http::reply(reply, out),
            Self::EventStream => http::event_stream::reply(reply, out),
            #[cfg(test)]
            Self::Toy => {}
        }
    }

    /// Appends what a program is told of a request that needs no other answer.
    pub fn acknowledge(self, what: Acknowledgement, out: &mut Vec<u8>) {
        self.object(out, |out| json::acknowledge(what, out));
    }

    /// Appends one object of JSON dialect 1, as its readers are sent it.
    fn object(self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        match self {
            Self::JsonLine => {
                write(out);
                out.push(b'\n');
            }
            Self::JsonFrame => write_frame(Opcode::Text, out, write),
            _ => {}
        }
    }

    /// How its readers tell where a message ends. A reader who is cut off is sent the message it is
    /// in, and no more.
    pub fn framing(self) -> Framing {
        match self {
            Self::Line | Self::NumberedLine | Self::JsonLine => Framing::EndsIn(b"\n"),
            Self::Http => Framing::Whole,
            Self::Irc(form) if form.is_in_frames() => Framing::Frame,
            Self::Irc(_) => Framing::EndsIn(b"\n"),
            Self::JsonFrame => Framing::Frame,
            Self::EventStream => Framing::EndsIn(http::event_stream::END),
            #[cfg(test)]
            Self::Toy => Framing::EndsIn(b"\0"),
        }
    }

    /// Whether a reader of it is answered once and is no member of anything.
    pub fn is_answered_once(self) -> bool {
        self == Self::Http
    }

    /// Whether what a reader of it is told depends on the reader, for whom a [`Reader`] is kept.
    pub fn needs_reader(self) -> bool {
        matches!(self, Self::Irc(_))
    }

    /// Whether its readers keep a list of who is in a room, by what they are told of each.
    pub fn lists_members(self) -> bool {
        matches!(self, Self::Irc(_))
    }

    /// What says nothing, and shows that the connection is alive; empty: there is no such thing.
    pub fn comment(self) -> &'static [u8] {
        match self {
            Self::EventStream => http::event_stream::COMMENT,
            _ => b"",
        }
    }

    /// Whether what the server says in it is for people, who may read no more than ASCII.
    pub fn is_prose(self) -> bool {
        matches!(self, Self::Line | Self::NumberedLine)
    }

    fn has_numbers(self) -> bool {
        self != Self::Line
    }

    /// Whether a reader who has not asked is told that there is no history: a program that counts
    /// messages begins to count at the number told then.
    pub fn announces_empty_history(self) -> bool {
        self.has_numbers() && !self.needs_reader()
    }
}
