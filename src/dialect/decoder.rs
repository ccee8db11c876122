//! What one client has sent, understood step by step: bytes to commands, whatever its language.
//!
//! A decoder owns all that its language knows of input. The server keeps when a client may be
//! heard, and asks for one step after the other; which language it is, only this folder knows.
//! A language is a `LanguageDecoder` and its `Steps` (`steps`), and an
//! [`Encoding`](super::Encoding).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::detect::{Language, language, without_blanks};
use super::encryption::{Agreed, Security};
use super::http::Spoken;
use super::http::Subprotocol;
use super::http::decoder::{HttpDecoder, HttpSteps};
use super::irc::decoder::{Begun, IrcDecoder, IrcSteps};
use super::line::decoder::{LineDecoder, LineSteps};
use super::steps::{Due, InputLimits, LanguageDecoder, Speaker, Step, Steps};
#[cfg(test)]
use super::toy::{Toy, ToySteps};
use super::websocket::frame::Opcode;
use super::websocket::{WebSocketDecoder, WebSocketSteps};
use crate::time::Time;

/// What is known of a client's input, in its language.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Decoder {
    /// Plain lines, or it is not known yet.
    Line(LineDecoder),
    /// JSON in frames of WebSocket.
    WebSocket(WebSocketDecoder),
    /// HTTP.
    Http(Box<HttpDecoder>),
    /// IRC.
    Irc(Box<IrcDecoder>),
    /// The tests' own language.
    #[cfg(test)]
    Toy(Box<Toy>),
}

/// What a client has sent, while it is understood. What is left is kept when this is dropped.
#[derive(Debug)]
pub enum Decoded<'a> {
    /// Plain lines.
    Line(LineSteps<'a>),
    /// JSON in frames of WebSocket.
    WebSocket(WebSocketSteps<'a>),
    /// HTTP.
    Http(HttpSteps<'a>),
    /// IRC.
    Irc(IrcSteps<'a>),
    /// The tests' own language.
    #[cfg(test)]
    Toy(ToySteps<'a>),
}

impl Default for Decoder {
    fn default() -> Self {
        Self::Line(LineDecoder::default())
    }
}

impl Decoder {
    /// Takes in what was read at `now`, which may be nothing. Its steps are to be asked for.
    pub fn decode<'a>(
        &'a mut self,
        now: Time,
        input: &'a mut [u8],
        spoken: &Spoken,
    ) -> Decoded<'a> {
        #[cfg(test)]
        if matches!(self, Self::Line(line) if line.is_detecting()) && Toy::begins(input) {
            *self = Self::Toy(Box::default());
        }
        let mut input = &mut input[..];
        if let Self::Line(line) = self
            && line.is_detecting()
            && let Some(begun) = begun_by(line, now, input, spoken)
        {
            *self = begun;
            input = &mut [];
        }
        if let Self::Http(http) = self
            && let Some((subprotocol, frames)) = http.behind_upgrade()
        {
            *self = behind_upgrade(subprotocol, frames, spoken);
        }
        match self {
            Self::Line(line) => Decoded::Line(line.decode(now, input)),
            Self::WebSocket(frames) => Decoded::WebSocket(frames.decode(now, input)),
            Self::Http(http) => Decoded::Http(http.decode(now, input, spoken)),
            Self::Irc(irc) => Decoded::Irc(irc.decode(now, input)),
            #[cfg(test)]
            Self::Toy(toy) => Decoded::Toy(toy.decode(input)),
        }
    }

    /// The decoder of a client whose connection is encrypted from now on, and with which the
    /// language of this name was agreed on (ALPN).
    pub fn encrypted(security: Security, protocol: Option<&str>, spoken: &Spoken) -> Self {
        match Agreed::on(protocol) {
            Agreed::Http if spoken.http => Self::Http(Box::new(HttpDecoder::agreed(security))),
            agreed => Self::Line(LineDecoder::encrypted(security, agreed)),
        }
    }

    /// Whether the client asks by HTTP and waits for its answer.
    pub fn is_request(&self) -> bool {
        matches!(self, Self::Http(http) if !http.is_drained())
    }

    fn language(&self) -> &dyn LanguageDecoder {
        match self {
            Self::Line(line) => line,
            Self::WebSocket(frames) => frames,
            Self::Http(http) => &**http,
            Self::Irc(irc) => &**irc,
            #[cfg(test)]
            Self::Toy(toy) => &**toy,
        }
    }

    fn language_mut(&mut self) -> &mut dyn LanguageDecoder {
        match self {
            Self::Line(line) => line,
            Self::WebSocket(frames) => frames,
            Self::Http(http) => &mut **http,
            Self::Irc(irc) => &mut **irc,
            #[cfg(test)]
            Self::Toy(toy) => &mut **toy,
        }
    }

    /// By when the message that is not whole yet must be, where messages may take so long.
    pub fn whole_by(&self, patience: Duration) -> Time {
        self.language().whole_by(patience)
    }

    /// When what was sent is a whole message though nothing ends it: [`Decoder::pause`] is to be
    /// called then.
    pub fn due(&self) -> Time {
        self.language().due()
    }

    /// When the message that is not whole yet was begun; `NEVER`: none was.
    pub fn begun(&self) -> Time {
        self.language().begun()
    }

    /// The client has paused for so long that what it has sent is a message.
    pub fn pause(&mut self) {
        self.language_mut().pause();
    }

    /// No more will come: what was sent is a message.
    pub fn end(&mut self) {
        self.language_mut().end();
    }

    /// The connection broke: what was begun may lack its end, and nobody knows what it was to say.
    pub fn drop_unfinished(&mut self) {
        self.language_mut().drop_unfinished();
    }

    /// Whether a client that is silent may wait for a prompt. One that has agreed on a language
    /// knows that it is to speak.
    pub fn needs_prompt(&self) -> bool {
        matches!(self, Self::Line(line) if line.may_be_http())
    }

    /// The client was asked for a nickname.
    pub fn note_prompt(&mut self) {
        self.language_mut().note_prompt();
    }

    /// What a notice is to begin with. The question for a nickname has no line end of its own, and
    /// a client that has not answered it is in the middle of a line.
    pub fn before_notice(&self) -> &'static [u8] {
        self.language().before_notice()
    }

    /// How much is taken in.
    pub fn limits(&self) -> InputLimits {
        self.language().limits()
    }

    /// Whether all that came was understood.
    pub fn is_drained(&self) -> bool {
        self.language().is_drained()
    }

    /// Whether nothing was begun: no bytes wait, and no more of a message that was too long.
    pub fn is_idle(&self) -> bool {
        self.language().is_idle()
    }
}

/// The decoder of a client that has asked for WebSocket and has sent these bytes behind that.
fn behind_upgrade(subprotocol: Subprotocol, frames: &[u8], spoken: &Spoken) -> Decoder {
    let opcode = match subprotocol {
        Subprotocol::Json => return Decoder::WebSocket(WebSocketDecoder::begin(frames)),
        Subprotocol::IrcTexts => Opcode::Text,
        Subprotocol::IrcBytes => Opcode::Binary,
    };
    let server = &spoken.server_name;
    Decoder::Irc(Box::new(IrcDecoder::in_frames(frames, opcode, server, spoken.accounts)))
}

/// The decoder of a client that has sent these bytes, if they show that it speaks no plain lines;
/// bytes that plain lines have kept belong to it. What telnet would take out of them is left in.
fn begun_by(line: &LineDecoder, now: Time, input: &[u8], spoken: &Spoken) -> Option<Decoder> {
    let (is_prompted, has_ended) = line.shown();
    let kept = line.kept();
    let joined;
    let bytes = if kept.is_empty() {
        input
    } else {
        joined = [kept, input].concat();
        &joined
    };
    let found = language(bytes, line.is_whole(), is_prompted);
    if !line.agreed().allows(found) {
        return None;
    }
    let at = line.begun().min(now);
    let bytes = without_blanks(bytes).to_vec();
    match found {
        Language::Http if spoken.http && line.may_be_http() => {
            let http = HttpDecoder::new(bytes, at, is_prompted, has_ended);
            Some(Decoder::Http(Box::new(http.coming(line.security()))))
        }
        Language::Irc => {
            let security = line.security();
            let begun = Begun { bytes, at, is_prompted, has_ended, security };
            Some(Decoder::Irc(Box::new(IrcDecoder::new(
                begun,
                spoken.server_name(),
                spoken.accounts,
            ))))
        }
        _ => None,
    }
}

impl Decoded<'_> {
    fn steps(&self) -> &dyn Steps {
        match self {
            Self::Line(steps) => steps,
            Self::WebSocket(steps) => steps,
            Self::Http(steps) => steps,
            Self::Irc(steps) => steps,
            #[cfg(test)]
            Self::Toy(steps) => steps,
        }
    }

    /// When the next step is due.
    pub fn due(&self) -> Due {
        self.steps().due()
    }

    /// The next thing that was said.
    pub fn next(&mut self, speaker: Speaker<'_>) -> Step<'_> {
        match self {
            Self::Line(steps) => steps.next(speaker),
            Self::WebSocket(steps) => steps.next(speaker),
            Self::Http(steps) => steps.next(speaker),
            Self::Irc(steps) => steps.next(speaker),
            #[cfg(test)]
            Self::Toy(steps) => steps.next(speaker),
        }
    }

    /// Whether the client has begun to say something: more than a byte order mark, or a part of it.
    pub fn says_something(&self) -> bool {
        self.steps().says_something()
    }

    /// Whether a message is whole, and not only the rest of one that was too long.
    pub fn has_line(&self) -> bool {
        self.steps().has_line()
    }

    /// Whether the next message begins a command other than one that says something.
    pub fn begins_with_command(&self) -> bool {
        self.steps().begins_with_command()
    }
}
