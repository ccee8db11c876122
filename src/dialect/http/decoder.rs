//! One client's request, understood as it comes; it is answered once.
//!
//! Invariant: what is decided does not depend on how the bytes came.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::body::{Body, Framing};
use super::error::HttpError;
use super::origin::Spoken;
use super::request::{AnswerForm, Asked, Wanted, WebCall};
use super::response;
use super::upgrade::Subprotocol;
use crate::dialect::encoding::Encoding;
use crate::dialect::encryption::Security;
use crate::dialect::steps::{Due, InputLimits, LanguageDecoder, Speaker, Step, Steps};
use crate::http::head_length;
use crate::limits::{
    HTTP_BODY_PATIENCE, HTTP_HEAD_BYTES_MAX, HTTP_HEAD_PATIENCE, HTTP_REQUEST_BYTES_MAX,
    READ_BYTES_FLOOD_CONTROLLED, READ_BYTES_PER_TURN, REGISTER_TRIES_MAX,
};
use crate::time::Time;

/// The request of one client, as far as it has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HttpDecoder {
    /// The head; and what came behind it, until somebody takes that.
    #[serde(with = "crate::hex")]
    bytes: Vec<u8>,
    /// Where the end of the head is looked for next.
    searched: usize,
    body: Option<Body>,
    /// When the first byte came, and when the head was whole.
    begun: Time,
    head_whole: Time,
    /// The client was asked for a nickname before.
    is_prompted: bool,
    /// How its bytes come.
    #[serde(default)]
    security: Security,
    /// No more will come.
    has_ended: bool,
    stage: Stage,
    /// What is spoken behind an upgrade.
    #[serde(default)]
    subprotocol: Subprotocol,
}

/// How far the request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    /// The server does not know yet that the client speaks HTTP.
    New,
    /// It is not whole.
    Coming,
    /// The same, and the client was told that its body is awaited.
    Awaited,
    /// It was handed out. What else comes is not looked at.
    Done,
    /// It was for WebSocket, and so is what came behind it.
    Upgraded,
}

impl HttpDecoder {
    /// A request that begins with these bytes, the first of which came when it was `begun`.
    pub(in crate::dialect) fn new(
        bytes: Vec<u8>,
        begun: Time,
        is_prompted: bool,
        has_ended: bool,
    ) -> Self {
        Self {
            bytes,
            searched: 0,
            body: None,
            begun,
            head_whole: Time::NEVER,
            is_prompted,
            security: Security::Plain,
            has_ended,
            stage: Stage::New,
            subprotocol: Subprotocol::default(),
        }
    }

    /// The request of a client with which HTTP was agreed on, and of which nothing has come yet.
    pub(in crate::dialect) fn agreed(security: Security) -> Self {
        Self::new(Vec::new(), Time::NEVER, false, false).coming(security)
    }

    /// The same request, whose bytes come like this.
    pub(in crate::dialect) fn coming(self, security: Security) -> Self {
        Self { security, ..self }
    }

    /// Takes in what was read at `now`, which may be nothing.
    pub(in crate::dialect) fn decode(
        &mut self,
        now: Time,
        input: &[u8],
        spoken: &Spoken,
    ) -> HttpSteps<'_> {
        let outcome = match self.stage {
            Stage::Done | Stage::Upgraded => Outcome::Waiting,
            Stage::New | Stage::Coming | Stage::Awaited => {
                if !input.is_empty() {
                    self.begun = self.begun.min(now);
                }
                self.bytes.extend_from_slice(input);
                self.outcome(now, spoken)
            }
        };
        HttpSteps { decoder: self, outcome, last: Vec::new() }
    }

    /// What is spoken behind the request if that was for WebSocket, and what came behind it.
    pub(in crate::dialect) fn behind_upgrade(&self) -> Option<(Subprotocol, &[u8])> {
        (self.stage == Stage::Upgraded).then_some((self.subprotocol, &self.bytes))
    }

    /// What comes of the bytes so far.
    fn outcome(&mut self, now: Time, spoken: &Spoken) -> Outcome {
        let form = AnswerForm {
            too_early: self.is_prompted,
            security: self.security,
            ..AnswerForm::default()
        };
        let length = match self.head_length() {
            Ok(Some(length)) => length,
            Ok(None) if self.has_ended => {
                return Outcome::Refused(form, HttpError::Malformed("the request is cut off"));
            }
            Ok(None) => return Outcome::Waiting,
            Err(error) => return Outcome::Refused(form, error),
        };
        if self.head_whole == Time::NEVER {
            self.head_whole = now;
        }
        let (head, behind) = self.bytes.split_at(length);
        let asked = match Asked::read(head, spoken, form) {
            Ok(asked) => asked,
            Err((form, error)) => return Outcome::Refused(form, error),
        };
        if let Wanted::Elsewhere(place) = &asked.wanted {
            return Outcome::Moved(response::moved(&asked.form, place));
        }
        if let Wanted::Upgrade(upgrade) = &asked.wanted {
            let answer = upgrade.answer(response::note(&asked.form));
            self.subprotocol = upgrade.subprotocol;
            self.bytes.drain(..length);
            return Outcome::Upgrade(answer);
        }
        let form = asked.form.clone();
        let mut nothing = Body::new(Framing::Length(0));
        let body = match asked.body {
            None => &mut nothing,
            Some(framing) => self.body.get_or_insert_with(|| Body::new(framing)),
        };
        if let Err(error) = body.take(behind) {
            return Outcome::Refused(form, error);
        }
        let outcome = match body.whole() {
            Some(body) => match asked.complete(body) {
                Ok(request) => Outcome::Call(Box::new(WebCall { request, form })),
                Err(error) => Outcome::Refused(form, error),
            },
            None if self.has_ended => {
                Outcome::Refused(form, HttpError::Malformed("the body is cut off"))
            }
            None if asked.expects_word && self.stage != Stage::Awaited => Outcome::Continue,
            None => Outcome::Waiting,
        };
        self.bytes.truncate(length);
        outcome
    }

    /// The length of the head, if it is whole.
    fn head_length(&mut self) -> Result<Option<usize>, HttpError> {
        let length = head_length(&self.bytes, &mut self.searched);
        let so_far = length.unwrap_or(self.bytes.len());
        if so_far <= HTTP_HEAD_BYTES_MAX {
            return Ok(length);
        }
        let is_in_first_line = !self.bytes[..HTTP_HEAD_BYTES_MAX].contains(&b'\n');
        Err(if is_in_first_line { HttpError::TargetTooLong } else { HttpError::HeadTooLarge })
    }
}

impl LanguageDecoder for HttpDecoder {
    fn is_drained(&self) -> bool {
        self.stage == Stage::Done
    }

    fn begun(&self) -> Time {
        if self.stage == Stage::Done { Time::NEVER } else { self.begun }
    }

    fn whole_by(&self, _patience: Duration) -> Time {
        match self.stage {
            Stage::Done | Stage::Upgraded => Time::NEVER,
            _ if self.head_whole == Time::NEVER => self.begun + HTTP_HEAD_PATIENCE,
            _ => self.head_whole + HTTP_BODY_PATIENCE,
        }
    }

    fn end(&mut self) {
        self.has_ended = true;
    }

    fn limits(&self) -> InputLimits {
        InputLimits {
            stranger_bytes: HTTP_REQUEST_BYTES_MAX,
            stranger_tries: REGISTER_TRIES_MAX,
            read: READ_BYTES_PER_TURN,
            read_flood_controlled: READ_BYTES_FLOOD_CONTROLLED,
        }
    }
}

/// What comes of the bytes so far.
#[derive(Debug)]
enum Outcome {
    /// Nothing yet, or nothing more.
    Waiting,
    /// The client waits for a word before it sends the body.
    Continue,
    /// A request is whole.
    Call(Box<WebCall>),
    /// The request is not carried out.
    Refused(AnswerForm, HttpError),
    /// It is to be made elsewhere, and this is the answer.
    Moved(Vec<u8>),
    /// It is for WebSocket, and this is the answer …
    Upgrade(Vec<u8>),
    /// … behind which that is what the client is told things in …
    Speak,
    /// … and what it is heard in.
    Switch,
}

/// What a client has sent, while it is understood.
#[derive(Debug)]
pub struct HttpSteps<'a> {
    decoder: &'a mut HttpDecoder,
    outcome: Outcome,
    /// The last words.
    last: Vec<u8>,
}

impl Steps for HttpSteps<'_> {
    fn due(&self) -> Due {
        match self.outcome {
            _ if self.decoder.stage == Stage::New => Due::Now,
            Outcome::Waiting => Due::Later,
            Outcome::Call(_) => Due::InTurn,
            _ => Due::Now,
        }
    }

    fn next(&mut self, _speaker: Speaker<'_>) -> Step<'_> {
        if self.decoder.stage == Stage::New {
            self.decoder.stage = Stage::Coming;
            return Step::Speak(Encoding::Http);
        }
        match std::mem::replace(&mut self.outcome, Outcome::Waiting) {
            Outcome::Waiting => Step::More,
            Outcome::Continue => {
                self.decoder.stage = Stage::Awaited;
                Step::Answer(response::CONTINUE)
            }
            Outcome::Call(call) => {
                self.decoder.finish();
                Step::Web(call)
            }
            Outcome::Refused(form, error) => {
                self.decoder.finish();
                self.last = response::failed(&form, error);
                Step::Finish(&self.last)
            }
            Outcome::Moved(answer) => {
                self.decoder.finish();
                self.last = answer;
                Step::Finish(&self.last)
            }
            Outcome::Upgrade(answer) => {
                self.decoder.stage = Stage::Upgraded;
                self.outcome = Outcome::Speak;
                self.last = answer;
                Step::Answer(&self.last)
            }
            Outcome::Speak if self.decoder.subprotocol == Subprotocol::Json => {
                self.outcome = Outcome::Switch;
                Step::Speak(Encoding::JsonFrame)
            }
            // Whoever speaks IRC says so first.
            Outcome::Speak => Step::Switch,
            Outcome::Switch => Step::Switch,
        }
    }

    fn has_line(&self) -> bool {
        matches!(self.outcome, Outcome::Call(_))
    }
}

impl HttpDecoder {
    /// The request was handed out: nothing else is looked at.
    fn finish(&mut self) {
        self.stage = Stage::Done;
        (self.bytes, self.body) = (Vec::new(), None);
    }
}

#[cfg(test)]
mod tests;
