//! The habits of a plain client: how it ends its messages, and so how it reads.
//!
//! A client that ends messages by pausing is a copy of the tutorial's, the classroom client. It
//! decodes each small read by itself, as ASCII until it has sent more than that, and puts its first
//! answer before each message.

use serde::{Deserialize, Serialize};

use super::classroom::without_name;
use crate::dialect::encryption::{Agreed, Security};
use crate::dialect::format::Format;

/// The way in which a client reads, as its messages show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Everything, in reads of any size.
    ReadsStream,
    /// Small reads, each decoded by itself as ASCII.
    ReadsPieces,
    /// It knows more than ASCII.
    ReadsUnicode,
}

/// The way in which a client ends its messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::dialect) enum LineEnding {
    /// Not known yet.
    #[default]
    Unknown,
    /// With newlines. Never doubted again once one was seen.
    Newline,
    /// By pausing.
    Pause,
    /// By pausing, and it has sent more than ASCII.
    PauseUnicode,
}

/// The habits of one client.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Habits {
    pub(in crate::dialect) ending: LineEnding,
    /// It will send no more.
    pub(in crate::dialect) ended: bool,
    /// It was asked for a nickname.
    pub(in crate::dialect) is_prompted: bool,
    /// It has said something, which may be empty.
    pub(in crate::dialect) has_answered: bool,
    /// That was more than empty lines, so its language is known.
    #[serde(default)]
    pub(in crate::dialect) has_spoken: bool,
    /// It is told things in JSON, so a line that begins with `{` is a request.
    #[serde(default)]
    pub(in crate::dialect) reads_json: bool,
    /// How its bytes come, and the language that was agreed on before.
    #[serde(default)]
    pub(in crate::dialect) security: Security,
    #[serde(default)]
    pub(in crate::dialect) agreed: Agreed,
}

impl Habits {
    /// Notes how a message was ended: by a newline, or by a pause or the end of the stream.
    pub(in crate::dialect) fn note_ending(&mut self, newline: bool) -> Option<Habit> {
        let has_paused = self.pauses();
        if newline {
            self.ending = LineEnding::Newline;
        } else if self.ending == LineEnding::Unknown && !self.ended {
            self.ending = LineEnding::Pause;
        }
        match (has_paused, self.pauses()) {
            (false, true) => Some(Habit::ReadsPieces),
            (true, false) => Some(Habit::ReadsStream),
            _ => None,
        }
    }

    /// Notes what a message shows that a client has ended by pausing: its first answer to the
    /// prompt, which it will put before each message whatever its nickname becomes, and whether it
    /// knows more than ASCII.
    pub(in crate::dialect) fn note_text(
        &mut self,
        text: &str,
        first_answer: &mut Option<Box<str>>,
    ) -> Option<Habit> {
        if !self.pauses() {
            return None;
        }
        let name = text.trim();
        if first_answer.is_none() && !name.is_empty() {
            *first_answer = Some(name.into());
        }
        if self.ending == LineEnding::PauseUnicode || text.is_ascii() {
            return None;
        }
        self.ending = LineEnding::PauseUnicode;
        Some(Habit::ReadsUnicode)
    }

    /// Notes in which format the client wants to be told things.
    pub(in crate::dialect) fn note_format(&mut self, format: Format) {
        match format {
            Format::Json => self.reads_json = true,
            Format::Text => self.reads_json = false,
            Format::Numbers(_) => {}
        }
    }

    pub(in crate::dialect) fn pauses(self) -> bool {
        matches!(self.ending, LineEnding::Pause | LineEnding::PauseUnicode)
    }
}

/// A message without the first answer that its client puts before it.
pub(in crate::dialect) fn without_name_of<'a>(
    first_answer: Option<&str>,
    text: &'a str,
) -> &'a str {
    first_answer.and_then(|name| without_name(text, name)).unwrap_or(text)
}
