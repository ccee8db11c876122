//! What every language has in common: what is asked of its decoder, and the steps that come of it.

use std::time::Duration;

use super::detect::Foreign;
use super::encoding::Encoding;
use super::format::Format;
use super::http::WebCall;
use super::irc::{GatewayRefusal, Introduction, Note};
use super::line::habits::Habit;
use crate::chat::{Command, Refusal};
use crate::limits::{
    READ_BYTES_FLOOD_CONTROLLED, READ_BYTES_PER_TURN, REGISTER_BYTES_MAX, REGISTER_TRIES_MAX,
};
use crate::time::Time;

/// The input of one client in one language. What most languages have no use for does nothing.
pub(super) trait LanguageDecoder {
    /// Whether all that came was understood.
    fn is_drained(&self) -> bool;

    /// Whether nothing was begun: no bytes wait, and no more of a message that was too long.
    fn is_idle(&self) -> bool {
        self.is_drained()
    }

    /// When what was sent is a whole message though nothing ends it: [`Self::pause`] is to be
    /// called then.
    fn due(&self) -> Time {
        Time::NEVER
    }

    /// When the message that is not whole yet was begun; `NEVER`: none was.
    fn begun(&self) -> Time {
        Time::NEVER
    }

    /// By when the message that is not whole yet must be, where messages may take so long.
    fn whole_by(&self, patience: Duration) -> Time {
        self.begun() + patience
    }

    /// The client has paused for so long that what it has sent is a message.
    fn pause(&mut self) {}

    /// No more will come: what was sent is a message.
    fn end(&mut self) {}

    /// The connection broke: what was begun may lack its end, and nobody knows what it was to say.
    fn drop_unfinished(&mut self) {}

    /// The client was asked for a nickname.
    fn note_prompt(&mut self) {}

    /// What a notice is to begin with. The question for a nickname has no line end of its own, and
    /// a client that has not answered it is in the middle of a line.
    fn before_notice(&self) -> &'static [u8] {
        b""
    }

    /// How much is taken in.
    fn limits(&self) -> InputLimits {
        InputLimits {
            stranger_bytes: REGISTER_BYTES_MAX,
            stranger_tries: REGISTER_TRIES_MAX,
            read: READ_BYTES_PER_TURN,
            read_flood_controlled: READ_BYTES_FLOOD_CONTROLLED,
        }
    }
}

/// What a client has sent in one language, while it is understood.
pub(super) trait Steps {
    /// When the next step is due.
    fn due(&self) -> Due;

    /// The next thing that was said.
    fn next(&mut self, speaker: Speaker<'_>) -> Step<'_>;

    /// Whether the client has begun to say something: more than a byte order mark, or a part of it.
    fn says_something(&self) -> bool {
        true
    }

    /// Whether a message is whole, and not only the rest of one that was too long.
    fn has_line(&self) -> bool;

    /// Whether the next message begins a command other than one that says something.
    fn begins_with_command(&self) -> bool {
        false
    }
}

/// How much of a language is taken in before somebody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputLimits {
    /// Bytes from a client without a nickname, in all.
    pub stranger_bytes: usize,
    /// Messages from a client without a nickname, in all.
    pub stranger_tries: u8,
    /// Bytes in one read.
    pub read: usize,
    /// Bytes in one read while flood control is on.
    pub read_flood_controlled: usize,
}

/// Who has said something.
#[derive(Clone, Copy)]
pub enum Speaker<'s> {
    /// Somebody without a nickname.
    Stranger {
        /// Whether a text could be a nickname here.
        could_be_nickname: &'s dyn Fn(&str) -> bool,
    },
    /// Somebody with one.
    Member {
        /// Bytes of what others are told of who says something: nickname, user name and cloak.
        source_bytes: &'s dyn Fn() -> usize,
    },
}

impl Speaker<'_> {
    /// A member of whom others are told nothing. For tests.
    pub const MEMBER: Speaker<'static> = Speaker::Member { source_bytes: &|| 0 };

    /// Whether it has a nickname.
    pub(super) fn is_member(&self) -> bool {
        matches!(self, Self::Member { .. })
    }
}

/// When the next step of a [`Decoded`](super::Decoded) is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Now, whatever the client has said before: it costs nobody anything, or belongs to a message
    /// that was begun.
    Now,
    /// Now, or when the client has been sent most of what it was told: it belongs to a message that
    /// was begun. The decoder keeps the rest of that message if it is not asked for now.
    Onward,
    /// When the client may be heard.
    InTurn,
    /// When more has come.
    Later,
}

/// The next thing that a client's bytes mean.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// No more messages are whole.
    More,
    /// Somebody asks for something.
    Command(Command<'a>),
    /// Something more that the same message asks for: it costs nothing more.
    Also(Command<'a>),
    /// Somebody wants to be told things in another form.
    Format(Format),
    /// A program asks whether the connection is alive.
    Ping,
    /// A message that says nothing.
    Blank,
    /// So many bytes that say nothing, and cost as much to read as others.
    Noise(usize),
    /// Bytes that the language itself has to answer.
    Answer(&'a [u8]),
    /// Something that whoever tells the client things is to know. It costs nothing.
    Note(Note<'a>),
    /// The same, or something to be told, in answer to a message.
    Told(Note<'a>),
    /// A request begins that bears this number, and its answer will too.
    BeginRequest(u64),
    /// All of the request that was begun was said.
    EndRequest,
    /// What follows is in another language: the decoder is to be asked anew, without more bytes.
    Switch,
    /// The conversation ends in order, with these bytes for the last words.
    Finish(&'a [u8]),
    /// The client shows how it reads.
    Become(Habit),
    /// The client speaks a language in which it is to be answered, too.
    Speak(Encoding),
    /// A gateway says for whom it comes, or cannot.
    Introduce(Result<Introduction<'a>, GatewayRefusal>),
    /// A message that cannot be understood, or lacks something.
    Refuse(Refusal),
    /// Somebody asks for something by HTTP, and is answered once.
    Web(Box<WebCall>),
    /// The client speaks another language, and is told these bytes before it is closed.
    Close(Foreign, &'static [u8]),
}
