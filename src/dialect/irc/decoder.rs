//! IRC lines of one client, understood step by step.
//!
//! A line is taken apart where it was read; only what could not be used yet is kept. Its tags and
//! its body have limits of their own, and what comes behind a line that is too long is heard again.
//!
//! Invariant: what is kept between two calls is less than a line, unless the server did not ask for
//! more.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::bounds::{Frame, cleaned, frame};
use super::capability::Capabilities;
use super::commands::{subcommand, told};
use super::frames::{Frames, Pending, write_lines};
use super::message::{Message, Tags};
use super::multiline::Place;
use super::note::{Note, Told};
use super::numeric::END;
use super::registration::Client;
use crate::dialect::Spoken;
use crate::dialect::encoding::Encoding;
use crate::dialect::encryption::Security;
use crate::dialect::steps::{Due, InputLimits, LanguageDecoder, Speaker, Step, Steps};
use crate::dialect::websocket::frame::Opcode;
use crate::limits::{
    IRC_LABEL_BYTES_MAX, IRC_REGISTER_BYTES_MAX, IRC_REGISTER_LINES_MAX,
    READ_BYTES_FLOOD_CONTROLLED, READ_BYTES_PER_TURN,
};
use crate::time::Time;

/// What a client is told that says more than it may before it has a nickname.
const TOO_MUCH: &[u8] = b"ERROR :Closing link: too much came before NICK and USER\r\n";

/// What a client is told that has not given the password of the server.
const WRONG_PASSWORD: &[u8] = b"ERROR :Closing link: wrong password\r\n";

/// The lines of one client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IrcDecoder {
    /// Bytes that were not understood yet.
    #[serde(with = "crate::hex")]
    unread: Vec<u8>,
    /// When the line was begun that is not whole; `NEVER`: none was.
    started: Time,
    /// Inside a line that was too long.
    is_skipping: bool,
    /// The client will send no more.
    has_ended: bool,
    /// How its bytes come.
    security: Security,
    beginning: Option<Box<Beginning>>,
    client: Client,
    /// Its lines come in messages of WebSocket.
    #[serde(default)]
    frames: Option<Box<Frames>>,
    /// The first of the bytes that were not understood yet are a line that was told in part.
    #[serde(default)]
    stopped: Option<Box<Stopped>>,
}

/// How far a line was told whose rest waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stopped {
    stage: usize,
    part: Part,
    label: String,
    client_tags: String,
}

/// What is still to be said at the beginning.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Beginning {
    server: SmolStr,
    /// The client was asked for a nickname, in a line that has no end.
    is_prompted: bool,
    stage: u8,
}

/// What was known of a client before it was known to speak IRC.
#[derive(Clone, Debug)]
pub(in crate::dialect) struct Begun {
    /// What it has sent.
    pub(in crate::dialect) bytes: Vec<u8>,
    /// When it began to.
    pub(in crate::dialect) at: Time,
    /// It was asked for a nickname.
    pub(in crate::dialect) is_prompted: bool,
    /// It will send no more.
    pub(in crate::dialect) has_ended: bool,
    /// How its bytes come.
    pub(in crate::dialect) security: Security,
}

impl IrcDecoder {
    /// Begins with what a client has sent to a server that speaks like this.
    pub(in crate::dialect) fn new(begun: Begun, spoken: &Spoken) -> Self {
        let Begun { bytes, at, is_prompted, has_ended, security } = begun;
        let beginning = Beginning { server: spoken.server_name().into(), is_prompted, stage: 0 };
        Self {
            unread: bytes,
            started: at,
            is_skipping: false,
            has_ended,
            security,
            beginning: Some(Box::new(beginning)),
            client: Client::new(spoken, security),
            frames: None,
            stopped: None,
        }
    }

    /// Begins behind a request for WebSocket, with what came behind it.
    pub(in crate::dialect) fn in_frames(behind: &[u8], opcode: Opcode, spoken: &Spoken) -> Self {
        let begun = Begun {
            bytes: Vec::new(),
            at: Time::NEVER,
            is_prompted: false,
            has_ended: false,
            security: Security::Plain,
        };
        let bytes = Capabilities::NONE.with(Capabilities::IN_BYTES, opcode == Opcode::Binary);
        let capabilities = bytes.with(Capabilities::IN_FRAMES, true);
        let mut client = Client::new(spoken, Security::Plain);
        // Browsers have a rule of their own for that.
        client.transport_policy = None;
        client.capabilities = capabilities;
        let frames = Some(Box::new(Frames::begin(behind)));
        Self { client, frames, ..Self::new(begun, spoken) }
    }

    /// Takes in what was read at `now`, which may be nothing.
    pub(in crate::dialect) fn decode<'a>(&'a mut self, now: Time, input: &'a [u8]) -> IrcSteps<'a> {
        let is_direct = self.unread.is_empty() && self.frames.is_none();
        if let Some(frames) = &mut self.frames {
            frames.take(now, input, &mut self.unread);
        } else if !is_direct {
            self.unread.extend_from_slice(input);
        }
        let bytes = std::mem::take(&mut self.unread);
        let stopped = self.stopped.take();
        let mut steps = IrcSteps {
            decoder: self,
            now,
            bytes,
            input: is_direct.then_some(input),
            used: 0,
            line: None,
            cleaned: String::new(),
            label: String::new(),
            client_tags: String::new(),
            words: Vec::new(),
            is_over: false,
        };
        if let Some(stopped) = stopped {
            steps.go_on_with(*stopped);
        }
        steps
    }
}

impl LanguageDecoder for IrcDecoder {
    fn is_drained(&self) -> bool {
        self.unread.is_empty() && self.frames.as_ref().is_none_or(|frames| frames.is_drained())
    }

    fn begun(&self) -> Time {
        self.started
    }

    fn end(&mut self) {
        self.has_ended = true;
    }

    fn limits(&self) -> InputLimits {
        InputLimits {
            stranger_bytes: IRC_REGISTER_BYTES_MAX,
            stranger_tries: IRC_REGISTER_LINES_MAX,
            read: READ_BYTES_PER_TURN,
            read_flood_controlled: READ_BYTES_FLOOD_CONTROLLED,
        }
    }
}

/// How far a line is told.
#[derive(Debug)]
struct LineTold {
    range: Range<usize>,
    stage: usize,
    part: Part,
}

/// What comes next of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Part {
    Asks,
    Step,
    End,
}

/// What a client has sent, while it is understood. What is left is kept when this is dropped.
#[derive(Debug)]
pub struct IrcSteps<'a> {
    decoder: &'a mut IrcDecoder,
    now: Time,
    /// What was kept, and what was read behind it.
    bytes: Vec<u8>,
    /// What was read, if nothing was kept before it.
    input: Option<&'a [u8]>,
    /// Bytes at the front that were understood.
    used: usize,
    /// The line whose steps are told.
    line: Option<LineTold>,
    /// That line, if something was taken out of it.
    cleaned: String,
    /// Its label.
    label: String,
    /// Its tags that others are to be told.
    client_tags: String,
    /// What is said of the frames that it came in.
    words: Vec<u8>,
    /// The last words were said.
    is_over: bool,
}

impl Steps for IrcSteps<'_> {
    fn due(&self) -> Due {
        let is_pending = self.decoder.frames.as_ref().is_some_and(|frames| frames.is_pending());
        if self.line.is_some() {
            Due::Onward
        } else if self.decoder.beginning.is_some() || is_pending {
            Due::Now
        } else if self.has_line() {
            Due::InTurn
        } else {
            Due::Later
        }
    }

    fn next(&mut self, speaker: Speaker<'_>) -> Step<'_> {
        if self.decoder.beginning.is_some() {
            return self.begin();
        }
        if self.line.is_some() {
            return self.go_on(speaker);
        }
        match self.decoder.frames.as_mut().map_or(Pending::Nothing, |frames| frames.next()) {
            Pending::Nothing => self.next_line(speaker.is_member()),
            Pending::Noise(cost) => Step::Noise(cost),
            Pending::Answer(answer) => {
                self.words = answer;
                Step::Answer(&self.words)
            }
        }
    }

    fn has_line(&self) -> bool {
        let are_frames_over = self.decoder.frames.as_ref().is_some_and(|frames| frames.are_over());
        let is_more = || frame(self.unused(), self.decoder.is_skipping) == Frame::More;
        !self.is_over && (are_frames_over || !is_more())
    }

    fn begins_with_command(&self) -> bool {
        let unused = self.unused();
        let start = match unused.first() {
            Some(b'@') => memchr(b' ', unused).map_or(unused.len(), |space| space + 1),
            _ => 0,
        };
        let verb = unused[start..].trim_ascii_start();
        let is = |known: &[u8]| {
            verb.get(..known.len()).is_some_and(|verb| verb.eq_ignore_ascii_case(known))
        };
        !is(b"PRIVMSG") && !is(b"NOTICE")
    }
}

impl IrcSteps<'_> {
    /// What is said before the first line is heard.
    fn begin(&mut self) -> Step<'_> {
        let Some(beginning) = &mut self.decoder.beginning else { return Step::Noise(0) };
        beginning.stage += 1;
        match beginning.stage {
            1 => Step::Speak(Encoding::Irc(self.decoder.client.capabilities.form())),
            2 if beginning.is_prompted => Step::Answer(END),
            2 if self.decoder.frames.is_some() => {
                Step::Note(Note::Takes(self.decoder.client.capabilities))
            }
            2 => Step::Noise(0),
            _ => {
                let server = self.decoder.beginning.take().map(|beginning| beginning.server);
                self.label = server.unwrap_or_default().into();
                Step::Note(Note::Begin {
                    server: &self.label,
                    accounts: self.decoder.client.accounts,
                })
            }
        }
    }

    fn next_line(&mut self, is_member: bool) -> Step<'_> {
        let start = self.used;
        let verdict = frame(self.unused(), self.decoder.is_skipping);
        let length = match verdict {
            _ if self.is_over => return Step::More,
            Frame::More => return self.end_of_lines(),
            Frame::Skipped(used) | Frame::TooLong(used) => {
                self.used += used;
                self.decoder.is_skipping = self.unused_from(start).get(used - 1) != Some(&b'\n');
                self.decoder.client.spoil_draft();
                return match verdict {
                    Frame::TooLong(_) => told(417, &[], "Input line was too long"),
                    _ => Step::Noise(used),
                };
            }
            Frame::Line(length, used) => {
                self.used += used;
                length
            }
        };
        self.decoder.started = Time::NEVER;
        if !is_member && self.decoder.client.count_line() > IRC_REGISTER_LINES_MAX {
            return self.finish(TOO_MUCH);
        }
        let line = &self.input.unwrap_or(&self.bytes)[start..][..length];
        let Ok(text) = std::str::from_utf8(line) else {
            return self.refuse_bytes(start..start + length);
        };
        let cleaned = cleaned(text);
        let Some(message) = Message::parse(if cleaned.is_empty() { text } else { &cleaned }) else {
            return Step::Noise(self.used - start);
        };
        let (mut label, client_tags) = self.heard_tags(message.tags);
        let now = self.now;
        let place = self.decoder.client.place(now, &message, (&label, &client_tags));
        drop(message);
        match place {
            Place::Elsewhere => {}
            Place::Begins => return Step::Blank,
            Place::Kept => return Step::Noise(0),
            Place::Over(own) => label = own,
        }
        (self.label, self.client_tags, self.cleaned) = (label, client_tags, cleaned);
        let range = start..start + length;
        self.line = Some(LineTold { range, stage: 0, part: Part::Asks });
        if self.label.is_empty() { Step::Noise(0) } else { Step::Note(Note::Label(&self.label)) }
    }

    /// Goes on with a line that was told in part.
    fn go_on_with(&mut self, stopped: Stopped) {
        let Frame::Line(length, used) = frame(self.unused(), false) else { return };
        let Ok(text) = std::str::from_utf8(&self.unused()[..length]) else { return };
        self.cleaned = cleaned(text);
        self.used = used;
        let Stopped { stage, part, label, client_tags } = stopped;
        (self.label, self.client_tags) = (label, client_tags);
        self.line = Some(LineTold { range: 0..length, stage, part });
        // What came behind it was not heard, through no fault of the client.
        self.decoder.started = Time::NEVER;
    }

    /// The label of a line and its tags for others, as far as its client has asked for them.
    /// Answers with a label may be batches, so a client that reads none gets no labels.
    fn heard_tags(&self, tags: Tags<'_>) -> (String, String) {
        let capabilities = self.decoder.client.capabilities;
        let labels = Capabilities::LABELED_RESPONSE.with(Capabilities::BATCH, true);
        let label = tags
            .get("label")
            .filter(|label| label.len() <= IRC_LABEL_BYTES_MAX && capabilities.has(labels));
        let has_tags = capabilities.has(Capabilities::MESSAGE_TAGS);
        let client_tags = if has_tags { tags.of_client() } else { String::new() };
        (label.map(Cow::into_owned).unwrap_or_default(), client_tags)
    }

    /// Says the last line, in a frame where lines come in them.
    fn finish(&mut self, last: &'static [u8]) -> Step<'_> {
        (self.is_over, self.line) = (true, None);
        let Some(opcode) = self.decoder.client.capabilities.form().opcode() else {
            return Step::Finish(last);
        };
        self.words.clear();
        write_lines(opcode, last, &mut self.words);
        Step::Finish(&self.words)
    }

    /// No line is whole. In frames that may have been all.
    fn end_of_lines(&mut self) -> Step<'_> {
        match self.decoder.frames.as_mut().and_then(|frames| frames.last_words()) {
            Some(words) => {
                (self.words, self.is_over) = (words, true);
                Step::Finish(&self.words)
            }
            None => Step::More,
        }
    }

    /// A line that is no text is heard by nobody.
    fn refuse_bytes(&mut self, range: Range<usize>) -> Step<'_> {
        self.decoder.client.spoil_draft();
        let line = self.unused_from(range.start);
        let text = String::from_utf8_lossy(&line[..range.len()]);
        let verb = Message::parse(&text).map(|message| message.verb.to_ascii_uppercase());
        self.label = verb.filter(|verb| verb.is_ascii()).unwrap_or_else(|| "*".into());
        let reason = "Messages must be UTF-8, and this one is not";
        Step::Told(Told::fail(&self.label, "INVALID_UTF8", &[], reason))
    }

    fn go_on(&mut self, speaker: Speaker<'_>) -> Step<'_> {
        let is_new_step = matches!(&self.line, Some(LineTold { part: Part::Step, .. }));
        if is_new_step && self.decoder.client.is_locked_out() {
            return self.finish(WRONG_PASSWORD);
        }
        let Self { decoder, bytes, input, line, cleaned, label, client_tags, .. } = self;
        let Some(told) = line else { return Step::Noise(0) };
        let text = if cleaned.is_empty() {
            let all = input.unwrap_or(bytes);
            std::str::from_utf8(&all[told.range.clone()]).unwrap_or_default()
        } else {
            cleaned.as_str()
        };
        let Some(mut message) = Message::parse(text) else {
            *line = None;
            return Step::Noise(0);
        };
        match told.part {
            Part::Asks => {
                told.part = Part::Step;
                let (verb, about) = decoder.client.asks(&message, told.stage);
                let subcommand = subcommand(&message);
                Step::Note(Note::Asks { verb, about, subcommand })
            }
            Part::Step => {
                let stage = told.stage;
                (told.stage, told.part) = (stage + 1, Part::Asks);
                message.client_tags = client_tags;
                match decoder.client.step(&message, stage, speaker) {
                    Some(step) => step,
                    None if label.is_empty() => {
                        *line = None;
                        Step::Noise(0)
                    }
                    None => {
                        told.part = Part::End;
                        Step::Noise(0)
                    }
                }
            }
            Part::End => {
                *line = None;
                Step::EndRequest
            }
        }
    }

    fn unused(&self) -> &[u8] {
        self.unused_from(self.used)
    }

    fn unused_from(&self, start: usize) -> &[u8] {
        &self.input.unwrap_or(&self.bytes)[start..]
    }
}

impl Drop for IrcSteps<'_> {
    fn drop(&mut self) {
        // A line of which the rest waits is kept whole.
        if let Some(LineTold { range, stage, part }) = self.line.take() {
            let (label, client_tags) =
                (std::mem::take(&mut self.label), std::mem::take(&mut self.client_tags));
            self.used = range.start;
            self.decoder.stopped = Some(Box::new(Stopped { stage, part, label, client_tags }));
        }
        let mut unread = std::mem::take(&mut self.bytes);
        match self.input {
            Some(input) => unread.extend_from_slice(&input[self.used..]),
            None => drop(unread.drain(..self.used)),
        }
        let is_whole = memchr(b'\n', &unread).is_some();
        if self.decoder.has_ended && !is_whole || self.is_over {
            unread = Vec::new();
        }
        let is_begun = self.decoder.frames.as_ref().is_some_and(|frames| frames.is_begun());
        if unread.is_empty() && !is_begun {
            unread = Vec::new();
            self.decoder.started = Time::NEVER;
        } else if self.decoder.started == Time::NEVER {
            self.decoder.started = self.now;
        }
        self.decoder.unread = unread;
    }
}
