//! Messages of several lines that a client sends as one (IRCv3 `draft/multiline`).
//!
//! ```text
//!     BATCH +1 draft/multiline #games
//!     @batch=1 PRIVMSG #games :how is
//!     @batch=1;draft/multiline-concat PRIVMSG #games :everyone?
//!     BATCH -1
//! ```
//!
//! What belongs to an open batch is kept until its end, which sends it. What goes wrong is said
//! once, and the rest of that batch is passed over.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::capability::{MULTILINE_BATCH, MULTILINE_CONCAT};
use super::commands::talking::recipient;
use super::message::Message;
use super::note::Told;
use crate::chat::{Command, Sending, SentKind};
use crate::dialect::steps::Step;
use crate::limits::{MULTILINE_BYTES_MAX, MULTILINE_LINES_MAX, MULTILINE_PATIENCE};
use crate::text::lines::{LINE_END, SEAM};
use crate::time::Time;

/// A batch that a client has begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Draft {
    reference: SmolStr,
    target: SmolStr,
    label: SmolStr,
    /// Tags for others.
    tags: String,
    text: String,
    lines: usize,
    /// Some line says something.
    says_something: bool,
    began: Time,
    /// Its end has come.
    has_ended: bool,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// More is to come.
    Open,
    /// All has come.
    Whole,
    /// It is wrong, which is to be said: why, and about what.
    Failed(Fault, SmolStr),
    /// That was said: the rest of it is passed over.
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Fault {
    TooLong,
    TooManyLines,
    OtherTarget,
    TooLate,
    Invalid,
}

/// What a line is to the batch of a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// No part of it.
    Elsewhere,
    /// It begins one.
    Begins,
    /// A part.
    Kept,
    /// The batch is over, or wrong, and is answered with this label.
    Over(String),
}

/// What a line of a client is to its batch, of which that is noted. `own` are its label and its
/// tags for others.
pub(super) fn place(
    draft: &mut Option<Box<Draft>>,
    now: Time,
    message: &Message<'_>,
    own: (&str, &str),
) -> Place {
    let batch = message.tags.get("batch");
    let is_batch = message.verb.eq_ignore_ascii_case("BATCH");
    let named = message.get(0).filter(|_| is_batch).unwrap_or_default();
    if let Some(reference) = named.strip_prefix('+') {
        return begin(draft, now, message, reference, own);
    }
    let reference = match (&batch, named.strip_prefix('-')) {
        (_, Some(reference)) => reference,
        (Some(batch), None) => batch,
        (None, None) => return Place::Elsewhere,
    };
    let is_end = is_batch;
    let stray = || Draft { has_ended: is_end, ..Draft::new(reference, now, own) };
    let Some(open) = draft else { return refuse(draft, stray()) };
    match open.state {
        State::Refused if reference == open.reference => {
            if is_end {
                *draft = None;
            }
            return Place::Kept;
        }
        State::Refused => return refuse(draft, stray()),
        _ if reference != open.reference => open.fail(Fault::Invalid, ""),
        _ if now.since(open.began) > MULTILINE_PATIENCE => open.fail(Fault::TooLate, ""),
        _ if is_end && open.says_something => open.state = State::Whole,
        _ if is_end => open.fail(Fault::Invalid, ""),
        _ => open.add(message),
    }
    open.has_ended = is_end && reference == open.reference;
    if open.state == State::Open { Place::Kept } else { Place::Over(open.label.to_string()) }
}

fn begin(
    draft: &mut Option<Box<Draft>>,
    now: Time,
    message: &Message<'_>,
    reference: &str,
    own: (&str, &str),
) -> Place {
    if let Some(open) = draft.as_mut().filter(|open| open.state == State::Open) {
        open.fail(Fault::Invalid, "");
        return Place::Over(open.label.to_string());
    }
    let mut begun = Draft::new(reference, now, own);
    let kind = message.get(1).unwrap_or_default();
    let Some(target) = message.said(2).filter(|_| kind.eq_ignore_ascii_case(MULTILINE_BATCH))
    else {
        return refuse(draft, begun);
    };
    begun.target = target.into();
    *draft = Some(Box::new(begun));
    Place::Begins
}

/// A batch is wrong from its beginning.
fn refuse(draft: &mut Option<Box<Draft>>, mut wrong: Draft) -> Place {
    wrong.fail(Fault::Invalid, "");
    let label = wrong.label.to_string();
    *draft = Some(Box::new(wrong));
    Place::Over(label)
}

impl Draft {
    fn new(reference: &str, now: Time, (label, tags): (&str, &str)) -> Self {
        Self {
            reference: reference.into(),
            target: SmolStr::default(),
            label: label.into(),
            tags: tags.into(),
            text: String::new(),
            lines: 0,
            says_something: false,
            began: now,
            has_ended: false,
            state: State::Open,
        }
    }

    /// Keeps a part, if it is one.
    fn add(&mut self, message: &Message<'_>) {
        let goes_on = message.tags.iter().any(|(key, _)| key == MULTILINE_CONCAT);
        let (target, text) = (message.get(0).unwrap_or_default(), message.get(1));
        let Some(text) = text.filter(|_| message.verb.eq_ignore_ascii_case("PRIVMSG")) else {
            return self.fail(Fault::Invalid, "");
        };
        if !target.eq_ignore_ascii_case(&self.target) {
            return self.fail(Fault::OtherTarget, target);
        }
        let is_first = self.lines == 0;
        if goes_on && (text.is_empty() || is_first) {
            return self.fail(Fault::Invalid, "");
        }
        if self.lines == MULTILINE_LINES_MAX {
            return self.fail(Fault::TooManyLines, &MULTILINE_LINES_MAX.to_string());
        }
        // A seam counts like the end of a line.
        if self.text.len() + usize::from(!is_first) + text.len() > MULTILINE_BYTES_MAX {
            return self.fail(Fault::TooLong, &MULTILINE_BYTES_MAX.to_string());
        }
        if !is_first {
            self.text.push(if goes_on { SEAM } else { LINE_END });
        }
        self.text.push_str(text);
        self.lines += 1;
        self.says_something |= !text.is_empty();
    }

    fn fail(&mut self, fault: Fault, about: &str) {
        self.state = State::Failed(fault, about.into());
    }

    /// A part of it could not be understood, which was said.
    pub(super) fn spoil(&mut self) {
        self.state = State::Refused;
        self.text = String::new();
    }

    /// Whether it is to be sent, or refused.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::Whole | State::Failed(..))
    }

    /// Whom it is for, if it is to be sent.
    pub(super) fn addressed(&self) -> Option<&str> {
        (self.state == State::Whole).then_some(&*self.target)
    }

    /// What it asks for at a stage, where it is over. `None`: nothing more.
    pub(super) fn step(&self, stage: usize) -> Option<Step<'_>> {
        match (&self.state, stage) {
            (State::Whole, 0) => {
                let (to, kind) = (recipient(&self.target), SentKind::Said);
                let sending = Sending { to, kind, text: &self.text, tags: &self.tags };
                Some(Step::Command(Command::Send(sending)))
            }
            // What was kept in vain is paid for.
            (State::Failed(..), 0) => Some(Step::Noise(self.text.len())),
            (State::Failed(fault, about), 1) => Some(self.failure(*fault, about)),
            _ => None,
        }
    }

    fn failure<'a>(&'a self, fault: Fault, about: &'a str) -> Step<'a> {
        let (code, text) = match fault {
            Fault::TooLong => ("MULTILINE_MAX_BYTES", "The message is too long"),
            Fault::TooManyLines => ("MULTILINE_MAX_LINES", "The message has too many lines"),
            Fault::OtherTarget => {
                let text = "All of a message goes to one target";
                let about = [&*self.target, about];
                return Step::Told(Told::fail("BATCH", "MULTILINE_INVALID_TARGET", &about, text));
            }
            Fault::TooLate => ("MULTILINE_INVALID", "The message did not end in time"),
            Fault::Invalid => ("MULTILINE_INVALID", "This is no message of several lines"),
        };
        let about: &[&str] = if about.is_empty() { &[] } else { &[about] };
        Step::Told(Told::fail("BATCH", code, about, text))
    }
}

/// All of a batch that was over was said: what is left of it.
pub(super) fn settle(draft: &mut Option<Box<Draft>>) {
    match draft.as_mut().filter(|draft| !draft.has_ended) {
        Some(refused) => refused.spoil(),
        None => *draft = None,
    }
}
