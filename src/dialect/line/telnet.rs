//! Takes telnet commands out of the stream.
//!
//! Commands that begin with IAC (RFC 854) are taken out before lines are looked for, because an
//! option may hold a newline byte. The server answers one command only: a client that hears no
//! answer stays in its default mode, which is right; but after Ctrl-C it shows nothing until its
//! timing mark (RFC 860) is answered. NUL is dropped, and
//! `CR NUL`, which is Enter on a character-mode terminal, becomes a line end. The commands that
//! erase become the control characters that do the same.
//!
//! Invariants: however the bytes are cut into reads, the filtered stream is the same; a command
//! that is never ended swallows [`TELNET_SUBNEGOTIATION_BYTES_MAX`] bytes and no more.

use memchr::memchr2;
use serde::{Deserialize, Serialize};

use crate::limits::TELNET_SUBNEGOTIATION_BYTES_MAX;

/// Erases the character before it: what terminals send for Backspace.
pub(in crate::dialect) const BACKSPACE: u8 = 8;
/// Erases the character before it: other terminals send this for Backspace.
pub(in crate::dialect) const DELETE: u8 = 127;
/// Erases the line so far (Ctrl-U).
pub(in crate::dialect) const ERASE_LINE: u8 = 21;

const NUL: u8 = 0;
const FIRST_COMMAND: u8 = 236;
const ERASE_CHARACTER_COMMAND: u8 = 247;
const ERASE_LINE_COMMAND: u8 = 248;
const SUBNEGOTIATION_END: u8 = 240;
const SUBNEGOTIATION: u8 = 250;
const WILL: u8 = 251;
const DO: u8 = 253;
const DONT: u8 = 254;
const TIMING_MARK: u8 = 6;
/// The answer to a client that asks for a timing mark: IAC WONT TIMING-MARK.
const TIMING_MARK_REFUSED: &[u8] = &[IAC, 252, TIMING_MARK];
const IAC: u8 = 255;

/// Takes telnet commands out of a stream.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct TelnetFilter {
    state: TelnetState,
    /// The number of bytes of the subnegotiation so far.
    #[serde(default)]
    swallowed: u16,
    /// The last of them may be the end of typed text, so that a newline is one.
    #[serde(default)]
    typed: bool,
    /// A timing mark was asked for and not answered.
    #[serde(default)]
    owes_mark: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum TelnetState {
    #[default]
    Text,
    /// The last byte was a carriage return.
    Return,
    /// After IAC.
    Command,
    /// After WILL, WONT or DONT.
    Option,
    /// After DO.
    Do,
    /// Inside a subnegotiation.
    Subnegotiation,
    /// After IAC inside a subnegotiation.
    SubnegotiationCommand,
}

impl TelnetFilter {
    /// Whether the stream is between characters, as it is at its beginning.
    pub fn is_in_text(self) -> bool {
        self.state == TelnetState::Text
    }

    /// Whether the client waits for an answer.
    pub(in crate::dialect) fn owes_answer(self) -> bool {
        self.owes_mark
    }

    /// Takes the answer to a timing mark, if the client waits for one.
    pub fn take_answer(&mut self) -> Option<&'static [u8]> {
        std::mem::take(&mut self.owes_mark).then_some(TIMING_MARK_REFUSED)
    }

    /// Whether all of `bytes` is text.
    pub(in crate::dialect) fn passes(self, bytes: &[u8]) -> bool {
        matches!(self.state, TelnetState::Text | TelnetState::Return)
            && memchr2(IAC, NUL, bytes).is_none()
    }

    /// Notes that `bytes` are all text. Returns their number.
    pub(in crate::dialect) fn pass(&mut self, bytes: &[u8]) -> usize {
        if let Some(last) = bytes.last() {
            self.state = TelnetState::after(*last);
        }
        bytes.len()
    }

    /// Appends the text in `bytes` to `kept`. Returns the number of its bytes.
    pub fn filter(&mut self, bytes: &[u8], kept: &mut Vec<u8>) -> usize {
        let before = kept.len();
        if self.passes(bytes) {
            kept.extend_from_slice(bytes);
            self.pass(bytes);
        } else {
            for &byte in bytes {
                self.step(byte, kept);
            }
        }
        kept.len() - before
    }

    fn step(&mut self, byte: u8, kept: &mut Vec<u8>) {
        self.state = match (self.state, byte) {
            (TelnetState::Text | TelnetState::Return, IAC) => TelnetState::Command,
            (TelnetState::Return, NUL) => {
                kept.push(b'\n');
                TelnetState::Text
            }
            (TelnetState::Text, NUL) => TelnetState::Text,
            (TelnetState::Text | TelnetState::Return, _) => {
                kept.push(byte);
                TelnetState::after(byte)
            }
            (TelnetState::Command, SUBNEGOTIATION) => {
                (self.swallowed, self.typed) = (0, false);
                TelnetState::Subnegotiation
            }
            (TelnetState::Command, DO) => TelnetState::Do,
            (TelnetState::Command, WILL..=DONT) => TelnetState::Option,
            // No option is a small letter: this is the mark of UTF-16, and no command.
            (TelnetState::Option | TelnetState::Do, b'a'..=b'z') => {
                kept.extend_from_slice(&[IAC, byte]);
                TelnetState::Text
            }
            (TelnetState::Do, option) => {
                self.owes_mark |= option == TIMING_MARK;
                TelnetState::Text
            }
            (TelnetState::Command, ERASE_CHARACTER_COMMAND) => {
                kept.push(BACKSPACE);
                TelnetState::Text
            }
            (TelnetState::Command, ERASE_LINE_COMMAND) => {
                kept.push(ERASE_LINE);
                TelnetState::Text
            }
            (TelnetState::Command, FIRST_COMMAND..SUBNEGOTIATION) | (TelnetState::Option, _) => {
                TelnetState::Text
            }
            // No command: 0xFF was data. It is kept, so that the line is refused as not UTF-8
            // instead of being relayed with a hole.
            (TelnetState::Command, _) => {
                kept.push(IAC);
                if byte != IAC {
                    kept.push(byte);
                }
                TelnetState::after(byte)
            }
            (TelnetState::SubnegotiationCommand, SUBNEGOTIATION_END) => TelnetState::Text,
            (TelnetState::Subnegotiation | TelnetState::SubnegotiationCommand, _) => {
                self.swallow(byte, kept)
            }
        };
    }

    /// A byte of a subnegotiation. Where its end was lost, a byte that is not UTF-8 has the line
    /// refused with a notice, and what follows is text again: after too many bytes, or after a
    /// newline that ends typed text. (A window of ten lines is told so as well, behind
    /// a NUL.)
    fn swallow(&mut self, byte: u8, kept: &mut Vec<u8>) -> TelnetState {
        let is_line_end = byte == b'\n' && self.typed;
        self.swallowed += 1;
        self.typed = matches!(byte, b' '..=b'~' | b'\r');
        if is_line_end || self.swallowed > TELNET_SUBNEGOTIATION_BYTES_MAX {
            kept.push(IAC);
            if is_line_end {
                kept.push(byte);
            }
            return TelnetState::Text;
        }
        match (self.state, byte) {
            (TelnetState::Subnegotiation, IAC) => TelnetState::SubnegotiationCommand,
            _ => TelnetState::Subnegotiation,
        }
    }
}

impl TelnetState {
    fn after(byte: u8) -> Self {
        if byte == b'\r' { Self::Return } else { Self::Text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
        let (mut filter, mut kept) = (TelnetFilter::default(), Vec::new());
        for piece in pieces {
            filter.filter(piece, &mut kept);
        }
        kept
    }

    const SESSIONS: [(&[u8], &[u8]); 13] = [
        (b"hello\r\n", b"hello\r\n"),
        (b"\xff\xfb\x1f\xff\xfd\x03alice\r\n", b"alice\r\n"),
        (b"a\xff\xfa\x1f\x00\x0a\x00\x0d\xff\xf0b\n", b"ab\n"),
        (b"a\xff\xfa\x18\xff\xff\n\xff\xf0b", b"ab"),
        (b"a\xff\xf4b\xff\xf1c", b"abc"),
        (b"alice\r\x00bob\r\x00", b"alice\r\nbob\r\n"),
        (b"\x00a\x00\x00b\n\x00", b"ab\n"),
        (b"a\xff\xffb\n", b"a\xffb\n"),
        (b"\xff\xfe\xff\r\n", b"\r\n"),
        (b"bax\xff\xf7b\r\n", b"bax\x08b\r\n"),
        (b"\xff\xfem\x00a\x00x\x00\n\x00", b"\xffmax\n"),
        (b"\xff\xf4\xff\xfd\x06hi\r\n", b"hi\r\n"),
        (b"wrong\xff\xf8right\r\n", b"wrong\x15right\r\n"),
    ];

    #[test]
    fn only_text_is_left() {
        for (sent, text) in SESSIONS {
            assert_eq!(filtered([sent].into_iter()), text, "{}", sent.escape_ascii());
        }
    }

    #[test]
    fn a_stray_0xff_does_not_swallow_the_line_end() {
        assert_eq!(filtered([&b"x\xff\nnext\n"[..]].into_iter()), b"x\xff\nnext\n");
    }

    #[test]
    fn a_subnegotiation_without_an_end_spoils_one_line() {
        for begun in [&b"\xff\xfa"[..], b"\xff\xfa\x1f\xff", b"\xff\xfa\x18\x00"] {
            for (end, rest) in [("\n", &b"\xff\nnext\n"[..]), ("\r\n", b"\xff\nnext\n")] {
                let sent = [begun, format!("hello{end}next\n").as_bytes()].concat();
                assert_eq!(filtered([&sent[..]].into_iter()), rest, "{}", sent.escape_ascii());
                assert_eq!(filtered(sent.chunks(1)), rest);
            }
        }
    }

    #[test]
    fn a_subnegotiation_swallows_only_so_much() {
        let bytes = vec![7; 3 * usize::from(TELNET_SUBNEGOTIATION_BYTES_MAX)];
        let sent = [b"\xff\xfa", &bytes[..], b"\nnext\n"].concat();
        let kept = filtered([&sent[..]].into_iter());
        assert!(kept.starts_with(b"\xff\x07") && kept.ends_with(b"\x07\nnext\n"));
        assert_eq!(filtered(sent.chunks(1)), kept);
    }

    #[test]
    fn a_timing_mark_is_answered_once() {
        let (mut filter, mut kept) = (TelnetFilter::default(), Vec::new());
        filter.filter(b"\xff\xfd\x01\xff\xfb\x06", &mut kept);
        assert_eq!(filter.take_answer(), None);
        filter.filter(b"\xff\xf4\xff\xfd", &mut kept);
        filter.filter(b"\x06", &mut kept);
        assert_eq!(filter.take_answer(), Some(TIMING_MARK_REFUSED));
        assert_eq!(filter.take_answer(), None);
    }

    #[test]
    fn every_cut_gives_the_same_text() {
        for (sent, text) in SESSIONS {
            for cut in 0..=sent.len() {
                let (front, back) = sent.split_at(cut);
                let kept = filtered([front, back].into_iter());
                assert_eq!(kept, text, "{} cut at {cut}", sent.escape_ascii());
            }
            assert_eq!(filtered(sent.chunks(1)), text);
        }
    }
}
