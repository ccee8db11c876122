//! What a terminal sends, as keys: bytes in, keys out.
//!
//! Ours because the loop must never wait in the middle of a key: crossterm's readers either block
//! for the rest of a sequence that came in two pieces, or leave behind what did not fit into one
//! read. Which key does what is for others.
//!
//! Source: ECMA-48 (control sequences), xterm's "ctlseqs" (modifiers, bracketed paste, focus).
//!
//! Invariants: no bytes are held but those of one unfinished key, at most [`KEY_BYTES_MAX`], and
//! of one paste, at most [`PASTE_BYTES_MAX`]; any bytes whatever give keys or nothing.

use std::borrow::Cow;
use std::time::Duration;

use crate::limits::{KEY_BYTES_MAX, KEY_PATIENCE, PASTE_BYTES_MAX, SEQUENCE_PATIENCE};

/// Something that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character that stands for itself.
    Char(char),
    /// The same with Ctrl held down, in lower case.
    Control(char),
    /// The same with Alt held down.
    Alt(char),
    /// Return.
    Enter,
    /// The tabulator key.
    Tab,
    /// The same with Shift.
    BackTab,
    /// Erases to the left.
    Backspace,
    /// Erases to the right.
    Delete,
    /// An arrow; `true`: with Ctrl or Alt.
    Left(bool),
    /// An arrow; `true`: with Ctrl or Alt.
    Right(bool),
    /// An arrow; `true`: with Ctrl, Alt or Shift.
    Up(bool),
    /// An arrow; `true`: with Ctrl, Alt or Shift.
    Down(bool),
    /// To the beginning; `true`: with Ctrl.
    Home(bool),
    /// To the end; `true`: with Ctrl.
    End(bool),
    /// A page back.
    PageUp,
    /// A page on.
    PageDown,
    /// Alone, and nothing followed.
    Escape,
    /// What was pasted, as it came; `true`: so much that the rest is lost.
    Paste(String, bool),
    /// The terminal is looked at again, or no more.
    Focus(bool),
    /// Bytes that are no UTF-8: a key that cannot be read.
    Unreadable,
}

const ESCAPE: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";

/// Takes bytes and gives keys.
#[derive(Debug, Default)]
pub struct Keys {
    /// The beginning of a key.
    begun: Vec<u8>,
    /// An escape was just taken for the key of this name; it may have begun another.
    was_escape: bool,
    /// A paste that goes on, and whether some of it was dropped.
    paste: Option<(Vec<u8>, bool)>,
}

impl Keys {
    /// Takes what was read and adds the keys that are whole.
    pub fn feed(&mut self, bytes: &[u8], keys: &mut Vec<Key>) {
        // The rest of a key comes in one piece, however late; nobody types so fast.
        if std::mem::take(&mut self.was_escape) && is_rest_of_key(bytes) {
            self.begun.push(ESCAPE);
        }
        for &byte in bytes {
            if self.paste.is_some() {
                self.go_on_pasting(byte, keys);
                continue;
            }
            self.begun.push(byte);
            self.take(keys);
            if self.begun.len() >= KEY_BYTES_MAX {
                self.begun.clear();
            }
        }
    }

    /// How long to wait for the rest of a key that has begun, which may or may not come. The rest
    /// of a character comes, or another one does: there is no hurry, and it is not given up.
    pub fn patience(&self) -> Option<Duration> {
        match self.begun.as_slice() {
            [ESCAPE] => Some(KEY_PATIENCE),
            [ESCAPE, ..] => Some(SEQUENCE_PATIENCE),
            _ => None,
        }
    }

    /// The rest did not come: an escape is the key itself, the rest is nothing.
    pub fn give_up(&mut self, keys: &mut Vec<Key>) {
        self.was_escape = self.begun == [ESCAPE];
        if self.was_escape {
            keys.push(Key::Escape);
        }
        if self.patience().is_some() {
            self.begun.clear();
        }
    }

    /// Takes a key that has just become whole, if one has.
    fn take(&mut self, keys: &mut Vec<Key>) {
        let key = match self.begun.as_slice() {
            [] | [ESCAPE] | [ESCAPE, b'[' | b'O'] => return,
            [ESCAPE, ESCAPE] => {
                // The first was the key itself.
                self.begun.truncate(1);
                return keys.push(Key::Escape);
            }
            [ESCAPE, b'O', last] => letter(*last, false, false),
            [ESCAPE, b'[', rest @ .., last] => match last {
                0x40..=0x7e => {
                    if rest == b"200" && *last == b'~' {
                        self.paste = Some((Vec::new(), false));
                    }
                    sequence(rest, *last)
                }
                0x20..=0x3f => return,
                _ => None,
            },
            [ESCAPE, rest @ ..] => match character(rest) {
                Character::Whole(character) if !character.is_control() => Some(Key::Alt(character)),
                Character::Whole('\x7f' | '\x08') => Some(Key::Control('w')),
                Character::Begun => return,
                _ => None,
            },
            bytes => match character(bytes) {
                Character::Whole(character) => plain(character),
                Character::Begun => return,
                Character::None => return self.skip_unreadable(keys),
            },
        };
        self.begun.clear();
        keys.extend(key);
    }

    /// Drops the first byte of what is no character. What is behind it may be a key.
    fn skip_unreadable(&mut self, keys: &mut Vec<Key>) {
        keys.push(Key::Unreadable);
        let rest = self.begun.split_off(1);
        self.begun.clear();
        for byte in rest {
            self.begun.push(byte);
            self.take(keys);
        }
    }

    fn go_on_pasting(&mut self, byte: u8, keys: &mut Vec<Key>) {
        let Some((pasted, is_cut)) = &mut self.paste else { return };
        pasted.push(byte);
        if pasted.ends_with(PASTE_END) {
            pasted.truncate(pasted.len() - PASTE_END.len());
            let text = String::from_utf8_lossy(pasted);
            if matches!(text, Cow::Owned(_)) {
                keys.push(Key::Unreadable);
            }
            keys.push(Key::Paste(text.into_owned(), *is_cut));
            self.paste = None;
        } else if pasted.len() >= PASTE_BYTES_MAX + PASTE_END.len() {
            // What may be the beginning of the end is kept.
            pasted.remove(PASTE_BYTES_MAX);
            *is_cut = true;
        }
    }
}

/// Whether these bytes are what follows the escape of one key, and nothing else.
fn is_rest_of_key(bytes: &[u8]) -> bool {
    match bytes {
        [b'O', last] => letter(*last, false, false).is_some(),
        [b'[', rest @ .., last] => {
            let is_plain = |byte: &u8| matches!(byte, b'0'..=b'9' | b';');
            rest.iter().all(is_plain) && sequence(rest, *last).is_some()
        }
        _ => false,
    }
}

enum Character {
    Whole(char),
    Begun,
    None,
}

/// The character that these bytes are, or are the beginning of.
fn character(bytes: &[u8]) -> Character {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().next().map_or(Character::None, Character::Whole),
        Err(error) if error.error_len().is_none() => Character::Begun,
        Err(_) => Character::None,
    }
}

fn plain(character: char) -> Option<Key> {
    Some(match character {
        '\r' | '\n' => Key::Enter,
        '\t' => Key::Tab,
        '\x08' | '\x7f' => Key::Backspace,
        '\x01'..='\x1a' => Key::Control((character as u8 - 1 + b'a') as char),
        character if character.is_control() => return None,
        character => Key::Char(character),
    })
}

/// A control sequence: `ESC [ PARAMETERS LAST`.
fn sequence(parameters: &[u8], last: u8) -> Option<Key> {
    let mut numbers = parameters.split(|byte| *byte == b';').map(|number| {
        std::str::from_utf8(number).ok().and_then(|number| number.parse::<u32>().ok())
    });
    let (first, modifiers) = (numbers.next().flatten(), numbers.next().flatten());
    // Bits of Shift, Alt and Ctrl, and 1.
    let bits = modifiers.unwrap_or(1).saturating_sub(1);
    let (shift, other) = (bits & 1 != 0, bits & !1 != 0);
    match last {
        b'~' => Some(match first? {
            1 | 7 => Key::Home(other),
            3 => Key::Delete,
            4 | 8 => Key::End(other),
            5 => Key::PageUp,
            6 => Key::PageDown,
            _ => return None,
        }),
        b'Z' => Some(Key::BackTab),
        b'I' => Some(Key::Focus(true)),
        b'O' => Some(Key::Focus(false)),
        _ => letter(last, other, shift),
    }
}

fn letter(last: u8, other: bool, shift: bool) -> Option<Key> {
    Some(match last {
        b'A' => Key::Up(other || shift),
        b'B' => Key::Down(other || shift),
        b'C' => Key::Right(other),
        b'D' => Key::Left(other),
        b'H' => Key::Home(other),
        b'F' => Key::End(other),
        b'M' => Key::Enter,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let (mut decoder, mut keys) = (Keys::default(), Vec::new());
        decoder.feed(bytes, &mut keys);
        decoder.give_up(&mut keys);
        keys
    }

    #[test]
    fn keys_are_what_terminals_send_for_them() {
        for (bytes, key) in [
            (&b"a"[..], Key::Char('a')),
            ("é".as_bytes(), Key::Char('é')),
            ("😀".as_bytes(), Key::Char('😀')),
            (b"\r", Key::Enter),
            (b"\x1bOM", Key::Enter),
            (b"\t", Key::Tab),
            (b"\x1b[Z", Key::BackTab),
            (b"\x7f", Key::Backspace),
            (b"\x1b[3~", Key::Delete),
            (b"\x01", Key::Control('a')),
            (b"\x17", Key::Control('w')),
            (b"\x1b\x7f", Key::Control('w')),
            (b"\x1bn", Key::Alt('n')),
            (b"\x1b1", Key::Alt('1')),
            (b"\x1b[D", Key::Left(false)),
            (b"\x1bOC", Key::Right(false)),
            (b"\x1b[1;5D", Key::Left(true)),
            (b"\x1b[1;3C", Key::Right(true)),
            (b"\x1b[1;2A", Key::Up(true)),
            (b"\x1b[H", Key::Home(false)),
            (b"\x1b[1;5F", Key::End(true)),
            (b"\x1b[5~", Key::PageUp),
            (b"\x1b[6;2~", Key::PageDown),
            (b"\x1b", Key::Escape),
            (b"\x1b[I", Key::Focus(true)),
            (b"\x1b[200~two\nlines\x1b[201~", Key::Paste("two\nlines".into(), false)),
        ] {
            assert_eq!(keys(bytes), [key], "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn every_split_gives_the_same_keys() {
        let bytes = "a\x1b[1;5Cé\x1b[200~x\x1b[y\x1b[201~\x1b[999z\x1b\x1b[A\u{1F600}\x1bé\r";
        let whole = keys(bytes.as_bytes());
        assert_eq!(whole.len(), 9);
        for at in 0..=bytes.len() {
            let (mut decoder, mut keys) = (Keys::default(), Vec::new());
            decoder.feed(&bytes.as_bytes()[..at], &mut keys);
            decoder.feed(&bytes.as_bytes()[at..], &mut keys);
            decoder.give_up(&mut keys);
            assert_eq!(keys, whole, "cut at {at}");
        }
    }

    #[test]
    fn a_slow_line_changes_no_key() {
        let typed = "aé\u{1F600}\x1b[A\x1b[1;5C\x1bOD日";
        for at in 0..=typed.len() {
            let (mut decoder, mut late) = (Keys::default(), Vec::new());
            decoder.feed(&typed.as_bytes()[..at], &mut late);
            // As long as it takes, where it is waited for at all.
            if decoder.patience() != Some(SEQUENCE_PATIENCE) && decoder.patience().is_some() {
                decoder.give_up(&mut late);
            }
            let escapes = late.iter().filter(|key| **key == Key::Escape).count();
            let rest = &typed.as_bytes()[at..];
            // What is behind the cut comes key by key.
            let end = (1..=rest.len()).find(|end| is_rest_of_key(&rest[..*end])).unwrap_or(0);
            decoder.feed(&rest[..end], &mut late);
            decoder.feed(&rest[end..], &mut late);
            late.retain(|key| *key != Key::Escape);
            assert!(late == keys(typed.as_bytes()) && escapes < 2, "cut at {at}: {late:?}");
        }
        // Typed by hand after Escape.
        let (mut decoder, mut slow) = (Keys::default(), Vec::new());
        decoder.feed(b"\x1b", &mut slow);
        decoder.give_up(&mut slow);
        decoder.feed(b"[", &mut slow);
        decoder.feed(b"A", &mut slow);
        assert_eq!(slow, [Key::Escape, Key::Char('['), Key::Char('A')]);
    }

    #[test]
    fn what_is_no_utf8_is_told_and_takes_nothing_with_it() {
        for (bytes, readable) in [
            (&b"a\xe9b"[..], "ab"),
            (b"\xe9\xe9", ""),
            (b"\xf0\x9f\x98x", "x"),
            (b"\xe2\x82\xe2\x82\xac", "€"),
            (b"\xff\xfe", ""),
            (b"\x80z", "z"),
        ] {
            let mut decoder = Keys::default();
            let mut found = Vec::new();
            decoder.feed(bytes, &mut found);
            let told = found.iter().filter(|key| **key == Key::Unreadable).count();
            let text: String = found
                .iter()
                .filter_map(
                    |key| if let Key::Char(character) = key { Some(*character) } else { None },
                )
                .collect();
            assert_eq!(text, readable, "{}", bytes.escape_ascii());
            assert!(told > 0, "{}", bytes.escape_ascii());
        }
        let pasted = keys(b"\x1b[200~caf\xe9\x1b[201~");
        assert_eq!(pasted, [Key::Unreadable, Key::Paste("caf\u{fffd}".into(), false)]);
    }

    #[test]
    fn no_bytes_are_kept_without_end() {
        let (mut decoder, mut keys) = (Keys::default(), Vec::new());
        decoder.feed(b"\x1b[", &mut keys);
        decoder.feed(&[b'1'; 100_000], &mut keys);
        assert!(decoder.begun.len() < KEY_BYTES_MAX);
        decoder.feed(b"\x1b[200~", &mut keys);
        keys.clear();
        decoder.feed(&vec![b'x'; PASTE_BYTES_MAX + 1_000], &mut keys);
        decoder.feed(b"\x1b[201~y", &mut keys);
        let pasted = "x".repeat(PASTE_BYTES_MAX);
        assert!(keys == [Key::Paste(pasted, true), Key::Char('y')]);
    }

    #[test]
    fn any_bytes_are_taken() {
        let mut state = 7_u64;
        let (mut decoder, mut keys) = (Keys::default(), Vec::new());
        for _ in 0..200_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let byte = (state >> 56) as u8;
            // Escapes and brackets more often than by chance.
            let byte = if byte < 30 {
                ESCAPE
            } else if byte < 60 {
                b'['
            } else {
                byte
            };
            decoder.feed(&[byte], &mut keys);
            assert!(decoder.begun.len() < KEY_BYTES_MAX);
        }
        assert!(keys.len() > 10_000);
    }
}
