//! What a program has written to its terminal, taken apart: whether only what a tame program needs
//! was in it, and what of it is still in force at the end.
//!
//! `vt100` shows what a terminal makes of it; what it does not know, and what must not even be
//! tried, is found here. Source: ECMA-48 and xterm's "ctlseqs".

use std::collections::BTreeMap;

use unicode_normalization::char::is_combining_mark;

/// Private modes that are on where nothing was said: wrapping, and the cursor.
const ON_AT_FIRST: [u32; 2] = [7, 25];
/// Private modes that the client may change: the cursor, the alternate screen, focus reports,
/// bracketed paste, and frames that are shown when they are whole.
const MODES_ALLOWED: [u32; 6] = [7, 25, 1_004, 1_049, 2_004, 2_026];
/// Last bytes of control sequences that move the cursor, erase, insert, delete and scroll.
const ACTS_ALLOWED: &str = "ABCDEFGHJKLMPSTXd@";
/// Marks in a row that the server and the client let through.
const MARKS_MAX: usize = 8;
/// Deeds that are told: the first show what is wrong.
const TOLD_MAX: usize = 5;

/// A piece of what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Printed as it is.
    Text(&'a str),
    /// A byte that is a control character.
    Control(u8),
    /// `ESC [`, these, and the last byte.
    Csi(&'a str, char),
    /// `ESC`, and these.
    Escape(&'a str),
    /// A command of the terminal with a text: title, clipboard, and more; the kind, and the text.
    Command(char, &'a [u8]),
    /// Nothing of all this.
    Broken(&'a [u8]),
}

/// Takes the first piece of what was written; what is left.
fn first(bytes: &[u8]) -> (Piece<'_>, &[u8]) {
    match bytes {
        [0x1b, b'[', rest @ ..] => {
            let length = rest.iter().take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
            match rest.get(length) {
                Some(last @ 0x40..=0x7e) => {
                    let text = std::str::from_utf8(&rest[..length]).unwrap();
                    (Piece::Csi(text, char::from(*last)), &rest[length + 1..])
                }
                _ => bytes.split_at(length + 2).broken(),
            }
        }
        [0x1b, kind @ (b']' | b'P' | b'X' | b'^' | b'_'), rest @ ..] => {
            let length = rest.iter().take_while(|byte| !matches!(byte, 0x07 | 0x1b)).count();
            let end = if rest.get(length..length + 2) == Some(b"\x1b\\") { 2 } else { 1 };
            let after = rest.get(length + end..).unwrap_or_default();
            (Piece::Command(char::from(*kind), &rest[..length]), after)
        }
        [0x1b, rest @ ..] => {
            let length = rest.iter().take_while(|byte| matches!(byte, 0x20..=0x2f)).count() + 1;
            match rest.get(..length).filter(|text| text.is_ascii()) {
                Some(text) => (Piece::Escape(std::str::from_utf8(text).unwrap()), &rest[length..]),
                None => bytes.split_at(1).broken(),
            }
        }
        [control @ (..0x20 | 0x7f), rest @ ..] => (Piece::Control(*control), rest),
        text => {
            let length = text.iter().take_while(|byte| !matches!(byte, ..0x20 | 0x7f)).count();
            match std::str::from_utf8(&text[..length]) {
                Ok(valid) => (Piece::Text(valid), &text[length..]),
                Err(error) if error.valid_up_to() > 0 => {
                    let (valid, rest) = text.split_at(error.valid_up_to());
                    (Piece::Text(std::str::from_utf8(valid).unwrap()), rest)
                }
                Err(_) => text.split_at(1).broken(),
            }
        }
    }
}

trait Broken<'a> {
    fn broken(self) -> (Piece<'a>, &'a [u8]);
}

impl<'a> Broken<'a> for (&'a [u8], &'a [u8]) {
    fn broken(self) -> (Piece<'a>, &'a [u8]) {
        (Piece::Broken(self.0), self.1)
    }
}

/// All that was written, piece by piece.
pub(crate) fn pieces(mut output: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    std::iter::from_fn(move || {
        if output.is_empty() {
            return None;
        }
        let (piece, rest) = first(output);
        output = rest;
        Some(piece)
    })
}

/// What is in force at the end and was not at the beginning, as far as `vt100` does not tell.
pub(crate) fn left_on(output: &[u8]) -> Vec<String> {
    let (mut modes, mut keyboards) = (BTreeMap::new(), 0);
    let mut last = BTreeMap::new();
    for piece in pieces(output) {
        match piece {
            Piece::Csi(text, end @ ('h' | 'l')) if text.starts_with('?') => {
                modes.extend(numbers(&text[1..]).map(|mode| (mode, end == 'h')));
            }
            Piece::Csi(text, 'u') if text.starts_with('>') => keyboards += 1,
            Piece::Csi(text, 'u') if text.starts_with('<') => keyboards -= 1,
            Piece::Csi(text, 'r') => drop(last.insert("scroll region", (text, ""))),
            Piece::Csi(text, 'q') if text.ends_with(' ') => {
                last.insert("shape of the cursor", (text.trim_end(), "0"));
            }
            Piece::Escape(text) if text.starts_with('(') => {
                last.insert("character set", (text, "(B"));
            }
            Piece::Escape("c") => {
                modes.clear();
                last.clear();
                keyboards = 0;
            }
            _ => {}
        }
    }
    let differs = modes.into_iter().filter(|(mode, is_on)| ON_AT_FIRST.contains(mode) != *is_on);
    let modes =
        differs.map(|(mode, is_on)| format!("mode {mode} {}", if is_on { "on" } else { "off" }));
    let others = last.into_iter().filter(|(_, (is, was))| is != was && !is.is_empty());
    let others = others.map(|(what, (is, _))| format!("{what} {is:?}"));
    let keyboards = (keyboards != 0).then(|| format!("{keyboards} keyboard modes"));
    modes.chain(others).chain(keyboards).collect()
}

fn numbers(text: &str) -> impl Iterator<Item = u32> {
    text.split([';', ':']).map(|number| number.parse().unwrap_or(0))
}

/// The first few things in what was written that a chat client has no business with, such as
/// ringing, or changing the title.
pub(crate) fn misdeeds(output: &[u8]) -> Vec<String> {
    let bad = pieces(output).filter(|piece| !is_tame(piece));
    bad.map(|piece| format!("{piece:?}")).take(TOLD_MAX).collect()
}

fn is_tame(piece: &Piece<'_>) -> bool {
    match *piece {
        Piece::Text(text) => is_tame_text(text),
        Piece::Control(byte) => matches!(byte, b'\r' | b'\n' | 0x08),
        Piece::Csi(text, 'h' | 'l') => {
            let modes = text.strip_prefix('?');
            modes.is_some_and(|modes| numbers(modes).all(|mode| MODES_ALLOWED.contains(&mode)))
        }
        // Nobody blinks, and nothing is concealed.
        Piece::Csi(text, 'm') => {
            let plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b';' | b':'));
            plain && !["5", "6", "8"].contains(&text)
        }
        Piece::Csi(text, last) => {
            ACTS_ALLOWED.contains(last)
                && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b';'))
        }
        Piece::Escape(text) => matches!(text, "7" | "8"),
        Piece::Command(..) | Piece::Broken(_) => false,
    }
}

/// Whether nothing in a text steers a terminal, turns text around or is piled up.
fn is_tame_text(text: &str) -> bool {
    let mut marks = 0;
    text.chars().all(|character| {
        marks = if is_combining_mark(character) { marks + 1 } else { 0 };
        !character.is_control() && !is_hidden(character) && marks <= MARKS_MAX
    })
}

/// Whether a character turns text around, or is there without being seen.
fn is_hidden(character: char) -> bool {
    let directions = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}', '\u{feff}'];
    directions.contains(&character)
        || matches!(
            character,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}'
        )
}
