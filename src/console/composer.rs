//! The line that is being typed: editing, what was typed before, completion, and pastes.
//!
//! Editing itself is `tui_input`'s. A paste of several lines is kept aside until the user has said
//! what is to become of it, because a room full of people would read it.
//!
//! Invariants: the line is clean text of at most [`COMPOSED_BYTES_MAX`] bytes, so that it can be
//! sent as it is; at most [`TYPED_LINES_KEPT`] older lines are kept.

use std::collections::VecDeque;

use tui_input::{Input, InputRequest};

use super::keys::Key;
use crate::limits::{COMPOSED_BYTES_MAX, TYPED_LINES_KEPT};
use crate::text::clean;

/// What came of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// The line may be another; nothing else.
    Edited,
    /// The line was ended.
    Line(String),
    /// Several lines were pasted: they are to be sent or forgotten. `true`: the paste was longer.
    Lines(Vec<String>, bool),
    /// Too long for a line: what was typed last is not in it.
    Full,
    /// The key is none of ours.
    Nothing,
}

/// Choices that Tab goes through.
#[derive(Debug)]
struct Completion {
    /// The line up to what is completed, and from there on.
    before: String,
    after: String,
    choices: Vec<String>,
    at: usize,
}

/// The line that is being typed.
#[derive(Debug, Default)]
pub(super) struct Composer {
    input: Input,
    kept: VecDeque<String>,
    /// Which of the older lines is shown, and what was typed before that.
    recalled: Option<(usize, String)>,
    completion: Option<Completion>,
}

impl Composer {
    /// Takes a key.
    pub(super) fn press(&mut self, key: Key) -> Typed {
        if !matches!(key, Key::Tab | Key::BackTab) {
            self.completion = None;
        }
        let request = match key {
            Key::Char(character) => return self.insert(character.encode_utf8(&mut [0; 4])),
            Key::Paste(text, is_cut) => return self.paste(&text, is_cut),
            Key::Enter => return self.end_line(),
            Key::Up(false) | Key::Control('p') => return self.recall(true),
            Key::Down(false) | Key::Control('n') => return self.recall(false),
            Key::Left(false) | Key::Control('b') => InputRequest::GoToPrevChar,
            Key::Right(false) => InputRequest::GoToNextChar,
            Key::Left(true) | Key::Alt('b') => InputRequest::GoToPrevWord,
            Key::Right(true) | Key::Alt('f') => InputRequest::GoToNextWord,
            Key::Home(false) | Key::Control('a') => InputRequest::GoToStart,
            Key::End(false) | Key::Control('e') => InputRequest::GoToEnd,
            Key::Backspace | Key::Control('h') => InputRequest::DeletePrevChar,
            Key::Delete | Key::Control('d') => InputRequest::DeleteNextChar,
            Key::Control('w') => InputRequest::DeletePrevWord,
            Key::Alt('d') => InputRequest::DeleteNextWord,
            Key::Control('u') => InputRequest::DeleteFromStart,
            Key::Control('k') => InputRequest::DeleteTillEnd,
            Key::Control('y') => InputRequest::Yank,
            _ => return Typed::Nothing,
        };
        let before = self.input.clone();
        self.input.handle(request);
        if self.text().len() > COMPOSED_BYTES_MAX {
            self.input = before;
            return Typed::Full;
        }
        Typed::Edited
    }

    /// Inserts clean text at the cursor, as much of it as there is room for.
    fn insert(&mut self, text: &str) -> Typed {
        // Marks count with what they stand on.
        let joined = clean(&format!("{}{text}", self.before_cursor())).into_owned();
        let inserted = joined.get(self.before_cursor().len()..).unwrap_or_default().to_owned();
        for character in inserted.chars() {
            if self.text().len() + character.len_utf8() > COMPOSED_BYTES_MAX {
                return Typed::Full;
            }
            self.input.handle(InputRequest::InsertChar(character));
        }
        Typed::Edited
    }

    fn paste(&mut self, text: &str, is_cut: bool) -> Typed {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim_end_matches('\n');
        if !text.contains('\n') {
            return self.insert(text);
        }
        let lines = text.split('\n').map(|line| clean(line).trim_end().to_owned());
        Typed::Lines(lines.filter(|line| !line.is_empty()).collect(), is_cut)
    }

    fn end_line(&mut self) -> Typed {
        let line = self.take();
        if line.trim().is_empty() {
            return Typed::Edited;
        }
        if self.kept.back() != Some(&line) {
            self.kept.push_back(line.clone());
        }
        if self.kept.len() > TYPED_LINES_KEPT {
            self.kept.pop_front();
        }
        Typed::Line(line)
    }

    /// The last line is not to be shown again.
    pub(super) fn forget_last(&mut self) {
        self.kept.pop_back();
    }

    /// Shows an older line, or a newer one; after the newest, what was being typed.
    fn recall(&mut self, older: bool) -> Typed {
        let (at, draft) = self.recalled.take().unwrap_or((self.kept.len(), self.text().to_owned()));
        let next = if older { at.saturating_sub(1) } else { at + 1 };
        match self.kept.get(next) {
            Some(line) => {
                let line = line.clone();
                self.recalled = Some((next, draft));
                self.set(&line);
            }
            None => self.set(&draft),
        }
        Typed::Edited
    }

    /// Goes through what may stand from some byte on to the cursor; a list that one goes through
    /// already stays.
    pub(super) fn complete(&mut self, backwards: bool, (from, choices): (usize, Vec<String>)) {
        if self.completion.is_none() {
            if choices.is_empty() {
                return;
            }
            let before = self.before_cursor().get(..from).unwrap_or_default().to_owned();
            let after = self.text()[self.before_cursor().len()..].to_owned();
            let at = if backwards { 0 } else { choices.len() - 1 };
            self.completion = Some(Completion { before, after, choices, at });
        }
        let Some(completion) = &mut self.completion else { return };
        let count = completion.choices.len();
        let step = if backwards { count - 1 } else { 1 };
        completion.at = (completion.at + step) % count;
        let Some(choice) = completion.choices.get(completion.at) else { return };
        let line = format!("{}{choice}{}", completion.before, completion.after);
        if line.len() <= COMPOSED_BYTES_MAX {
            let cursor = completion.before.chars().count() + choice.chars().count();
            self.input = Input::new(line).with_cursor(cursor);
        }
    }

    /// Empties the line, and returns what was in it.
    pub(super) fn take(&mut self) -> String {
        (self.recalled, self.completion) = (None, None);
        let line = self.text().to_owned();
        self.set("");
        line
    }

    /// Puts another text into the line.
    pub(super) fn set(&mut self, text: &str) {
        self.input = std::mem::take(&mut self.input).with_value(text.to_owned());
    }

    /// What is typed.
    pub(super) fn text(&self) -> &str {
        self.input.value()
    }

    /// What is left of the cursor.
    pub(super) fn before_cursor(&self) -> &str {
        let text = self.text();
        let end = text.char_indices().nth(self.input.cursor()).map_or(text.len(), |(at, _)| at);
        &text[..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typing(composer: &mut Composer, text: &str) {
        for character in text.chars() {
            composer.press(Key::Char(character));
        }
    }

    #[test]
    fn lines_that_were_typed_come_back() {
        let mut composer = Composer::default();
        for line in ["one", "two", "two"] {
            typing(&mut composer, line);
            assert_eq!(composer.press(Key::Enter), Typed::Line(line.into()));
        }
        typing(&mut composer, "draft");
        let (up, down) = (Key::Up(false), Key::Down(false));
        let seen = [up.clone(), up.clone(), up, down.clone(), down].map(|key| {
            composer.press(key);
            composer.text().to_owned()
        });
        assert_eq!(seen, ["two", "one", "one", "two", "draft"].map(String::from));
    }

    #[test]
    fn a_paste_of_several_lines_is_not_typed() {
        let mut composer = Composer::default();
        typing(&mut composer, "x");
        composer.press(Key::Paste("a\tb\x1b[31m\n".into(), false));
        assert_eq!(composer.text(), "xa b[31m");
        let pasted = composer.press(Key::Paste("one\r\n\r\ntwo\n".into(), false));
        assert_eq!(pasted, Typed::Lines(vec!["one".into(), "two".into()], false));
        assert_eq!(composer.text(), "xa b[31m");
    }

    #[test]
    fn a_line_is_never_longer_than_can_be_sent() {
        let mut composer = Composer::default();
        let long = "é".repeat(COMPOSED_BYTES_MAX);
        assert_eq!(composer.press(Key::Paste(long, false)), Typed::Full);
        assert_eq!(composer.text().len(), COMPOSED_BYTES_MAX / 2 * 2);
        composer.press(Key::Control('w'));
        composer.press(Key::Control('y'));
        assert_eq!(composer.press(Key::Control('y')), Typed::Full);
    }

    #[test]
    fn tab_goes_through_the_choices_in_both_directions() {
        let mut composer = Composer::default();
        typing(&mut composer, "hi al");
        composer.complete(false, (3, vec!["alice".into(), "alan".into()]));
        assert_eq!(composer.text(), "hi alice");
        composer.complete(false, (3, vec!["another list".into()]));
        assert_eq!(composer.text(), "hi alan");
        composer.complete(true, (0, Vec::new()));
        assert_eq!(composer.text(), "hi alice");
        composer.press(Key::Char('!'));
        composer.complete(false, (0, Vec::new()));
        assert_eq!(composer.text(), "hi alice!");
    }

    /// A line as a naive editor has it: clusters of characters to the left and right of the cursor.
    #[derive(Default)]
    struct Model {
        left: Vec<String>,
        right: Vec<String>,
    }

    impl Model {
        fn press(&mut self, key: &Key) {
            match key {
                Key::Char(character) => self.left.push(character.to_string()),
                Key::Left(false) => self.right.extend(self.left.pop()),
                Key::Right(false) => self.left.extend(self.right.pop()),
                Key::Home(false) => self.right.extend(self.left.drain(..).rev()),
                Key::End(false) => self.left.extend(self.right.drain(..).rev()),
                Key::Backspace => drop(self.left.pop()),
                Key::Delete => drop(self.right.pop()),
                Key::Control('u') => self.left.clear(),
                Key::Control('k') => self.right.clear(),
                _ => unreachable!("{key:?} is not drawn"),
            }
        }

        fn text(&self) -> (String, String) {
            let right: Vec<&str> = self.right.iter().rev().map(String::as_str).collect();
            (self.left.concat(), right.concat())
        }
    }

    #[test]
    fn editing_is_what_a_naive_editor_does() {
        for seed in 1..200_u64 {
            let (mut composer, mut model) = (Composer::default(), Model::default());
            let mut state = seed;
            for step in 0..300 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed);
                let draw = (state >> 33) as usize;
                let letters = ['a', 'b', ' ', '日', '\u{1F600}', 'é', '/'];
                let key = match draw % 24 {
                    0..=11 => Key::Char(letters[draw / 24 % letters.len()]),
                    12..=14 => Key::Left(false),
                    15..=17 => Key::Right(false),
                    18 => Key::Home(false),
                    19 => Key::End(false),
                    20 | 21 => Key::Backspace,
                    22 => Key::Delete,
                    _ if draw.is_multiple_of(5) => Key::Control('u'),
                    _ => Key::Control('k'),
                };
                model.press(&key);
                composer.press(key.clone());
                let (left, right) = model.text();
                let text = format!("{left}{right}");
                let is_same = composer.text() == text && composer.before_cursor() == left;
                assert!(
                    is_same,
                    "seed {seed}, step {step}, {key:?}: {:?}, {text:?}",
                    composer.text()
                );
            }
        }
    }
}
