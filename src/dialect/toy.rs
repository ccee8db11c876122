//! A language of the tests, to show what another costs: here is all of it, but for its names in
//! the enums. A message is a text and a zero; the first one, behind a 2, is a nickname.

use serde::{Deserialize, Serialize};

use super::encoding::Encoding;
use super::steps::{Due, LanguageDecoder, Speaker, Step, Steps};
use crate::chat::Command;

pub(super) mod told;

const START: u8 = 2;

/// What was not understood yet.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Toy(Vec<u8>);

/// The same, up to which byte it was understood now.
#[derive(Debug)]
pub struct ToySteps<'a>(&'a mut Toy, usize);

impl Toy {
    pub(super) fn begins(input: &[u8]) -> bool {
        input.first() == Some(&START)
    }

    pub(super) fn decode(&mut self, input: &[u8]) -> ToySteps<'_> {
        self.0.extend_from_slice(input);
        ToySteps(self, 0)
    }
}

impl LanguageDecoder for Toy {
    fn is_drained(&self) -> bool {
        self.0.is_empty()
    }
}

impl Steps for ToySteps<'_> {
    fn due(&self) -> Due {
        if self.has_line() { Due::InTurn } else { Due::Later }
    }

    fn next(&mut self, speaker: Speaker<'_>) -> Step<'_> {
        let rest = &self.0.0[self.1..];
        if rest.first() == Some(&START) {
            self.1 += 1;
            return Step::Speak(Encoding::Toy);
        }
        let Some(end) = rest.iter().position(|byte| *byte == 0) else { return Step::More };
        self.1 += end + 1;
        let text = std::str::from_utf8(&rest[..end]).unwrap_or_default();
        Step::Command(match speaker {
            Speaker::Member { .. } => Command::Say { room: None, text },
            Speaker::Stranger { .. } => Command::Nick(text),
        })
    }

    fn has_line(&self) -> bool {
        self.0.0[self.1..].contains(&0)
    }
}

impl Drop for ToySteps<'_> {
    fn drop(&mut self) {
        self.0.0.drain(..self.1);
    }
}
