//! What one client has sent, understood step by step: bytes to commands.
//!
//! A decoder owns all that its language knows of input: where messages end, what telnet puts
//! between the characters, when a pause ends a message, which habits a client shows. The server
//! keeps when a client may be heard, and asks for one step after the other.
//!
//! Lines are understood where they were read, without a copy. Only what could not be used yet is
//! kept ([`Unread`]), which is nothing for nearly everybody, so a silent client costs 16 bytes.
//!
//! Invariant: what is kept between two calls is less than a line, unless the server did not ask for
//! more, or it is a first line whose end may show another language.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::detect::{Foreign, Language, language};
use super::format::{Format, Request};
use super::framing::Frame;
use super::habits::{Habit, Habits, LineEnding, without_name_of};
use super::line::{self, is_byte_order_mark};
use super::unread::Unread;
use crate::chat::{Command, Refusal};
use crate::limits::{
    LINE_BYTES_MAX, READ_BYTES_FLOOD_CONTROLLED, READ_BYTES_PER_TURN, REGISTER_BYTES_MAX,
    REGISTER_TRIES_MAX,
};
use crate::time::Time;

/// What is known of a client's input, in its language.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Decoder {
    /// The language is not known yet: nothing but empty lines came.
    Detecting {
        /// Bytes that were not understood yet.
        unread: Option<Box<Unread>>,
        /// What the client does by habit.
        habits: Habits,
    },
    /// Plain lines.
    Line {
        /// Bytes that were not understood yet.
        unread: Option<Box<Unread>>,
        /// What the client does by habit.
        habits: Habits,
    },
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
    Member,
}

/// When the next step of a [`Decoded`] is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Now, whatever the client has said before: it costs nobody anything, or belongs to a message
    /// that was begun.
    Now,
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
    /// Somebody wants to be told things in another form.
    Format(Format),
    /// A message that says nothing.
    Blank,
    /// So many bytes that say nothing, and cost as much to read as others.
    Noise(usize),
    /// Bytes that the language itself has to answer.
    Answer(&'static [u8]),
    /// The client shows how it reads.
    Become(Habit),
    /// A message that cannot be understood, or lacks something.
    Refuse(Refusal),
    /// The client speaks another language, and is told these bytes before it is closed.
    Close(Foreign, &'static [u8]),
}

impl Default for Decoder {
    fn default() -> Self {
        Self::Detecting { unread: None, habits: Habits::default() }
    }
}

impl Decoder {
    /// Takes in what was read at `now`, which may be nothing. Its steps are to be asked for.
    pub fn decode<'a>(&'a mut self, now: Time, input: &'a [u8]) -> Decoded<'a> {
        let is_detecting = matches!(self, Self::Detecting { .. });
        let mut kept = self.parts_mut().0.take();
        let mut unread = kept.as_deref_mut().map(std::mem::take).unwrap_or_default();
        let is_direct = unread.bytes.is_empty() && unread.telnet.passes(input);
        let text = if is_direct {
            unread.telnet.pass(input)
        } else {
            unread.telnet.filter(input, &mut unread.bytes)
        };
        let mut decoded = Decoded {
            decoder: self,
            now,
            kept,
            unread,
            input: is_direct.then_some(input),
            used: 0,
            noise: input.len().saturating_sub(text),
            is_begun: false,
            has_ended_line: false,
            has_spoken: false,
            is_undecided: false,
            foreign: None,
            erased: String::new(),
        };
        decoded.note_text(text);
        if is_detecting {
            decoded.detect();
        }
        decoded
    }

    /// When what was sent is a whole message though nothing ends it: [`Decoder::pause`] is to be
    /// called then.
    pub fn due(&self) -> Time {
        let (unread, habits) = self.parts();
        match unread {
            Some(unread) if habits.ending != LineEnding::Newline => unread.quiet_at,
            _ => Time::NEVER,
        }
    }

    /// When the message that is not whole yet was begun; `NEVER`: none was.
    pub fn begun(&self) -> Time {
        self.parts().0.as_ref().map_or(Time::NEVER, |unread| unread.started)
    }

    /// The client has paused for so long that what it has sent is a message.
    pub fn pause(&mut self) {
        if let Some(unread) = self.parts_mut().0 {
            unread.whole = true;
        }
    }

    /// No more will come: what was sent is a message.
    pub fn end(&mut self) {
        self.pause();
        self.parts_mut().1.ended = true;
    }

    /// The connection broke: what was begun may lack its end, and nobody knows what it was to say.
    pub fn drop_unfinished(&mut self) {
        if let (Some(unread), Habits { ending: LineEnding::Unknown | LineEnding::Newline, .. }) =
            self.parts_mut()
        {
            unread.drop_unfinished();
        }
    }

    /// The client was asked for a nickname.
    pub fn note_prompt(&mut self) {
        self.parts_mut().1.is_prompted = true;
    }

    /// What a notice is to begin with. The question for a nickname has no line end of its own, and
    /// a client that has not answered it is in the middle of a line.
    pub fn before_notice(&self) -> &'static [u8] {
        let habits = self.parts().1;
        if habits.is_prompted && !habits.has_answered { b"\n" } else { b"" }
    }

    /// How much is taken in.
    pub fn limits(&self) -> InputLimits {
        InputLimits {
            stranger_bytes: REGISTER_BYTES_MAX,
            stranger_tries: REGISTER_TRIES_MAX,
            read: READ_BYTES_PER_TURN,
            read_flood_controlled: READ_BYTES_FLOOD_CONTROLLED,
        }
    }

    /// Whether all that came was understood.
    pub fn is_drained(&self) -> bool {
        self.parts().0.as_ref().is_none_or(|unread| unread.bytes.is_empty())
    }

    /// Whether nothing was begun: no bytes wait, and no more of a message that was too long.
    pub fn is_idle(&self) -> bool {
        self.parts().0.as_ref().is_none_or(|unread| unread.is_empty())
    }

    fn parts(&self) -> (&Option<Box<Unread>>, &Habits) {
        match self {
            Self::Detecting { unread, habits } | Self::Line { unread, habits } => (unread, habits),
        }
    }

    fn parts_mut(&mut self) -> (&mut Option<Box<Unread>>, &mut Habits) {
        match self {
            Self::Detecting { unread, habits } | Self::Line { unread, habits } => (unread, habits),
        }
    }
}

/// What a client has sent, while it is understood. What is left is kept when this is dropped.
#[derive(Debug)]
pub struct Decoded<'a> {
    decoder: &'a mut Decoder,
    now: Time,
    /// The place in which what is left may be kept.
    kept: Option<Box<Unread>>,
    unread: Unread,
    /// What was read, if nothing was kept before it and nothing is to be taken out of it.
    input: Option<&'a [u8]>,
    /// Bytes at the front that were understood.
    used: usize,
    /// Bytes of what was read that are no text.
    noise: usize,
    /// The next step belongs to the message of the last one.
    is_begun: bool,
    /// What is left belongs to another line than the one begun before.
    has_ended_line: bool,
    has_spoken: bool,
    /// The first line is too long for a name, and its end may still show that it is a web request.
    is_undecided: bool,
    foreign: Option<Foreign>,
    /// The line, if it has erased some of itself.
    erased: String,
}

impl Decoded<'_> {
    /// When the next step is due.
    pub fn due(&self) -> Due {
        if self.noise > 0 || self.is_begun || self.foreign.is_some() || self.unread.owes_mark() {
            Due::Now
        } else if self.is_undecided {
            Due::Later
        } else {
            Due::InTurn
        }
    }

    /// The next thing that was said.
    pub fn next(&mut self, speaker: Speaker<'_>) -> Step<'_> {
        if self.noise > 0 {
            return Step::Noise(std::mem::take(&mut self.noise));
        }
        if let Some(answer) = self.unread.telnet.take_answer() {
            return Step::Answer(answer);
        }
        if let Some(foreign) = self.foreign.take() {
            let is_prompted = self.decoder.parts().1.is_prompted;
            return Step::Close(foreign, foreign.refusal(is_prompted));
        }
        if self.is_undecided {
            return Step::More;
        }
        self.next_line(speaker)
    }

    fn next_line(&mut self, speaker: Speaker<'_>) -> Step<'_> {
        let habits = self.decoder.parts_mut().1;
        let Unread { bytes, splitter, whole, classroom, .. } = &mut self.unread;
        let unused = &self.input.unwrap_or(bytes)[self.used..];
        let frame = if *whole { splitter.finish(unused) } else { splitter.next(unused) };
        let (text, used) = match frame {
            Frame::Incomplete => {
                *whole = false;
                return Step::More;
            }
            Frame::Skipped { used } => {
                self.used += used;
                self.has_ended_line |= !splitter.is_skipping();
                return Step::Noise(used);
            }
            Frame::TooLong { used } => (Err(Refusal::LineTooLong), used),
            Frame::Line { line, used } => {
                let shown = habits.note_ending(unused[..used].last() == Some(&b'\n'));
                let text = line::text(line);
                let shown = shown.or_else(|| habits.note_text(text.as_deref().ok()?, classroom));
                if let Some(habit) = shown {
                    self.is_begun = true;
                    return Step::Become(habit);
                }
                (text, used)
            }
        };
        self.used += used;
        self.is_begun = false;
        self.has_ended_line |= !splitter.is_skipping();
        habits.has_answered = true;
        let text = match text {
            Ok(Cow::Borrowed(text)) => text,
            Ok(Cow::Owned(text)) => {
                self.erased = text;
                &self.erased
            }
            Err(refusal) => {
                self.has_spoken = true;
                return Step::Refuse(refusal);
            }
        };
        let first_answer = classroom.as_deref();
        let asked = match speaker {
            Speaker::Member => line::asked(without_name_of(first_answer, text)),
            Speaker::Stranger { could_be_nickname } => {
                self.has_spoken |= !text.trim().is_empty();
                line::first_asked(text, first_answer, could_be_nickname)
            }
        };
        match asked {
            Ok(Some(Request::Command(command))) => Step::Command(command),
            Ok(Some(Request::Format(format))) => Step::Format(format),
            Ok(None) => Step::Blank,
            Err(refusal) => Step::Refuse(refusal),
        }
    }

    /// Whether the client has begun to say something: more than a byte order mark, or a part of it.
    pub fn says_something(&self) -> bool {
        !is_byte_order_mark(self.unused())
    }

    /// Whether a message is whole, and not only the rest of one that was too long.
    pub fn has_line(&self) -> bool {
        let unused = self.unused();
        let ends = || unused.len() >= LINE_BYTES_MAX || unused.contains(&b'\n');
        !unused.is_empty() && !self.unread.splitter.is_skipping() && (self.unread.whole || ends())
    }

    /// Whether the next message begins a command other than one that says something.
    pub fn begins_with_command(&self) -> bool {
        let Some(command) = self.unused().strip_prefix(b"/") else { return false };
        !command.starts_with(b"/")
            && !command.get(..2).is_some_and(|it| it.eq_ignore_ascii_case(b"me"))
    }

    fn unused(&self) -> &[u8] {
        &self.input.unwrap_or(&self.unread.bytes)[self.used..]
    }

    /// Notes when so many bytes of text came.
    fn note_text(&mut self, text: usize) {
        if text == 0 {
            return;
        }
        let says_something = self.says_something();
        let has_returned = self.unused().last() == Some(&b'\r');
        self.unread.note_text(self.now, text, says_something, has_returned);
    }

    fn detect(&mut self) {
        let is_prompted = self.decoder.parts().1.is_prompted;
        match language(self.unused(), self.unread.whole, is_prompted) {
            Language::Foreign(foreign) => self.foreign = Some(foreign),
            Language::Undecided => self.is_undecided = self.unused().len() >= LINE_BYTES_MAX,
            Language::Plain => {}
        }
    }
}

impl Drop for Decoded<'_> {
    fn drop(&mut self) {
        match self.input {
            Some(input) => self.unread.bytes.extend_from_slice(&input[self.used..]),
            None => drop(self.unread.bytes.drain(..self.used)),
        }
        self.unread.settle(self.now, self.has_ended_line);
        let (place, habits) = self.decoder.parts_mut();
        *place = self.unread.is_needed().then(|| {
            let mut kept = self.kept.take().unwrap_or_default();
            *kept = std::mem::take(&mut self.unread);
            kept
        });
        if self.has_spoken {
            *self.decoder = Decoder::Line { unread: place.take(), habits: *habits };
        }
    }
}

#[cfg(test)]
mod tests;
