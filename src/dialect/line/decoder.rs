//! Plain lines of one client, understood step by step.
//!
//! Here is all that the language knows of input: where messages end, what telnet puts between the
//! characters, when a pause ends a message, which habits a client shows.
//!
//! Lines are understood where they were read, without a copy. Only what could not be used yet is
//! kept ([`Unread`]), which is nothing for nearly everybody, so a silent client costs 16 bytes.
//!
//! Invariant: what is kept between two calls is less than a line, unless the server did not ask for
//! more, or it is a first line whose end may show another language.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::framing::Frame;
use super::habits::{Habits, LineEnding, without_name_of};
use super::message::{self, is_byte_order_mark};
use super::unread::Unread;
use crate::chat::Refusal;
use crate::dialect::detect::{Foreign, Language, is_proxy_header, language};
use crate::dialect::encryption::{Agreed, Security};
use crate::dialect::format::Request;
use crate::dialect::json::RequestSteps;
use crate::dialect::steps::{Due, LanguageDecoder, Speaker, Step, Steps};
use crate::limits::LINE_BYTES_MAX;
use crate::time::Time;

/// Plain lines of one client.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LineDecoder {
    /// Bytes that were not understood yet.
    unread: Option<Box<Unread>>,
    /// What the client does by habit.
    habits: Habits,
}

impl LineDecoder {
    /// Takes in what was read at `now`, which may be nothing.
    pub(in crate::dialect) fn decode<'a>(
        &'a mut self,
        now: Time,
        input: &'a [u8],
    ) -> LineSteps<'a> {
        let is_detecting = self.is_detecting();
        let mut kept = self.unread.take();
        let mut unread = kept.as_deref_mut().map(std::mem::take).unwrap_or_default();
        let is_direct = unread.bytes.is_empty() && unread.telnet.passes(input);
        let text = if is_direct {
            unread.telnet.pass(input)
        } else {
            unread.telnet.filter(input, &mut unread.bytes)
        };
        let mut decoded = LineSteps {
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
            is_detecting,
            is_another: false,
            foreign: None,
            erased: String::new(),
            request: RequestSteps::default(),
        };
        decoded.note_text(text);
        if is_detecting {
            decoded.detect();
            // What is wrapped once more has its true origin hidden, or is meant for somebody else.
            let is_inside = decoded.decoder.habits.security != Security::Plain;
            if is_inside && (is_proxy_header(input) || is_proxy_header(decoded.unused())) {
                decoded.foreign = Some(Foreign::Tls);
            }
        }
        decoded
    }

    /// Lines that come encrypted, from a client with which this language was agreed on.
    pub(in crate::dialect) fn encrypted(security: Security, agreed: Agreed) -> Self {
        Self { unread: None, habits: Habits { security, agreed, ..Habits::default() } }
    }

    /// How its bytes come.
    pub(in crate::dialect) fn security(&self) -> Security {
        self.habits.security
    }

    /// What this client has sent so far that was not understood.
    pub(in crate::dialect) fn kept(&self) -> &[u8] {
        self.unread.as_ref().map_or(&[], |unread| &unread.bytes)
    }

    /// Whether what was kept is a whole message, though no newline ends it.
    pub(in crate::dialect) fn is_whole(&self) -> bool {
        self.unread.as_ref().is_some_and(|unread| unread.whole)
    }

    /// What a client has shown that turns out to speak another language: whether it was prompted,
    /// and whether it will send no more.
    pub(in crate::dialect) fn shown(&self) -> (bool, bool) {
        (self.habits.is_prompted, self.habits.ended)
    }

    /// Whether the client may still turn out to speak another language: it has said nothing yet.
    pub(in crate::dialect) fn is_detecting(&self) -> bool {
        !self.habits.has_spoken
    }

    /// The language that was agreed on.
    pub(in crate::dialect) fn agreed(&self) -> Agreed {
        self.habits.agreed
    }

    /// Whether that may be HTTP, and be served.
    pub(in crate::dialect) fn may_be_http(&self) -> bool {
        self.is_detecting() && self.habits.agreed == Agreed::Nothing
    }
}

impl LanguageDecoder for LineDecoder {
    fn due(&self) -> Time {
        match &self.unread {
            Some(unread) if self.habits.ending != LineEnding::Newline => unread.quiet_at,
            _ => Time::NEVER,
        }
    }

    fn begun(&self) -> Time {
        self.unread.as_ref().map_or(Time::NEVER, |unread| unread.started)
    }

    fn pause(&mut self) {
        if let Some(unread) = &mut self.unread {
            unread.whole = true;
        }
    }

    fn end(&mut self) {
        self.pause();
        self.habits.ended = true;
    }

    fn drop_unfinished(&mut self) {
        if let Some(unread) = &mut self.unread
            && matches!(self.habits.ending, LineEnding::Unknown | LineEnding::Newline)
        {
            unread.drop_unfinished();
        }
    }

    fn note_prompt(&mut self) {
        self.habits.is_prompted = true;
    }

    fn before_notice(&self) -> &'static [u8] {
        let habits = self.habits;
        if habits.is_prompted && !habits.has_answered { b"\n" } else { b"" }
    }

    fn is_drained(&self) -> bool {
        self.unread.as_ref().is_none_or(|unread| unread.bytes.is_empty())
    }

    fn is_idle(&self) -> bool {
        self.unread.as_ref().is_none_or(|unread| unread.is_empty())
    }
}

/// What a client has sent, while it is understood. What is left is kept when this is dropped.
#[derive(Debug)]
pub struct LineSteps<'a> {
    decoder: &'a mut LineDecoder,
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
    /// The client may still turn out to speak another language.
    is_detecting: bool,
    /// A line of blanks has ended, and what is behind it may be of another language.
    is_another: bool,
    foreign: Option<Foreign>,
    /// The line, if it has erased some of itself.
    erased: String,
    /// The line, if it is a request in JSON.
    request: RequestSteps,
}

impl Steps for LineSteps<'_> {
    fn due(&self) -> Due {
        let is_begun = self.is_begun || self.request.is_begun();
        let is_known = self.foreign.is_some() || self.is_another;
        if self.noise > 0 || is_begun || is_known || self.unread.owes_mark() {
            Due::Now
        } else if self.is_undecided {
            Due::Later
        } else {
            Due::InTurn
        }
    }

    fn next(&mut self, speaker: Speaker<'_>) -> Step<'_> {
        if self.request.is_begun() {
            return next_of(&mut self.request, &mut self.decoder.habits, speaker);
        }
        if std::mem::take(&mut self.is_another) {
            return Step::Switch;
        }
        if self.noise > 0 {
            return Step::Noise(std::mem::take(&mut self.noise));
        }
        if let Some(answer) = self.unread.telnet.take_answer() {
            return Step::Answer(answer);
        }
        if let Some(foreign) = self.foreign.take() {
            return Step::Close(foreign, foreign.refusal());
        }
        if self.is_undecided {
            return Step::More;
        }
        self.next_line(speaker)
    }

    fn says_something(&self) -> bool {
        !is_byte_order_mark(self.unused())
    }

    fn has_line(&self) -> bool {
        let unused = self.unused();
        let ends = || unused.len() >= LINE_BYTES_MAX || unused.contains(&b'\n');
        !unused.is_empty() && !self.unread.splitter.is_skipping() && (self.unread.whole || ends())
    }

    fn begins_with_command(&self) -> bool {
        let Some(command) = self.unused().strip_prefix(b"/") else { return false };
        !command.starts_with(b"/")
            && !command.get(..2).is_some_and(|it| it.eq_ignore_ascii_case(b"me"))
    }
}

/// The next step of a request. One may ask for another format, and lines are read by that.
fn next_of<'a>(
    request: &'a mut RequestSteps,
    habits: &mut Habits,
    speaker: Speaker<'_>,
) -> Step<'a> {
    let step = request.next(speaker);
    if let Step::Format(format) = step {
        habits.note_format(format);
    }
    step
}

impl LineSteps<'_> {
    fn next_line(&mut self, speaker: Speaker<'_>) -> Step<'_> {
        let habits = &mut self.decoder.habits;
        let Unread { bytes, splitter, whole, classroom, .. } = &mut self.unread;
        let unused = &self.input.unwrap_or(bytes)[self.used..];
        let waiting = unused.len();
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
                let text = message::text(line);
                let shown = shown.or_else(|| habits.note_text(text.as_deref().ok()?, classroom));
                if let Some(habit) = shown {
                    self.is_begun = true;
                    return Step::Become(habit);
                }
                (text, used)
            }
        };
        self.used += used;
        let is_last = used >= waiting;
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
        if habits.reads_json && text.starts_with('{') {
            self.has_spoken = true;
            return match self.request.begin(text.as_bytes()) {
                Ok(()) => next_of(&mut self.request, habits, speaker),
                Err(refusal) => Step::Refuse(refusal),
            };
        }
        let first_answer = classroom.as_deref();
        let asked = match speaker {
            Speaker::Member { .. } => message::asked(without_name_of(first_answer, text)),
            Speaker::Stranger { could_be_nickname } => {
                self.has_spoken |= !text.trim().is_empty();
                self.is_another = self.is_detecting && !self.has_spoken && !is_last;
                message::first_asked(text, first_answer, could_be_nickname)
            }
        };
        match asked {
            Ok(Some(Request::Command(command))) => Step::Command(command),
            Ok(Some(Request::Format(format))) => {
                habits.note_format(format);
                Step::Format(format)
            }
            Ok(None) => Step::Blank,
            Err(refusal) => Step::Refuse(refusal),
        }
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
        let is_prompted = self.decoder.habits.is_prompted;
        let agreed = self.decoder.habits.agreed;
        match language(self.unused(), self.unread.whole, is_prompted) {
            Language::Undecided => self.is_undecided = self.unused().len() >= LINE_BYTES_MAX,
            language if !agreed.allows(language) => self.foreign = Some(Foreign::Tls),
            Language::Foreign(foreign) => self.foreign = Some(foreign),
            Language::Http => self.foreign = Some(Foreign::Http),
            // IRC has a decoder of its own.
            Language::Plain | Language::Irc => {}
        }
    }
}

impl Drop for LineSteps<'_> {
    fn drop(&mut self) {
        match self.input {
            Some(input) => self.unread.bytes.extend_from_slice(&input[self.used..]),
            None => drop(self.unread.bytes.drain(..self.used)),
        }
        self.unread.settle(self.now, self.has_ended_line);
        self.decoder.unread = self.unread.is_needed().then(|| {
            let mut kept = self.kept.take().unwrap_or_default();
            *kept = std::mem::take(&mut self.unread);
            kept
        });
        self.decoder.habits.has_spoken |= self.has_spoken;
    }
}

#[cfg(test)]
mod tests;
