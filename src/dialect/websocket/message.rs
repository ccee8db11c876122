//! Messages of a WebSocket client, whole frames put together.
//!
//! A message in one frame, which nearly all are, is unmasked and handed out where it was read.
//! Fragments are copied. A text is checked fragment by fragment, so that what is not UTF-8 is
//! refused before its message ends.
//!
//! Invariant: however the bytes are cut into reads, the messages are the same, and so is the first
//! violation.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::frame::{Header, Opcode, Violation, mask, read_header};
use crate::limits::{WEBSOCKET_FRAGMENTS_MAX, WEBSOCKET_MESSAGE_BYTES_MAX};

/// What a language takes in.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of a message.
    pub bytes: usize,
    /// Fragments of a message.
    pub fragments: u16,
    /// Messages need not be texts.
    pub is_binary_understood: bool,
}

impl Bounds {
    /// What requests in JSON may be.
    pub const JSON: Self = Self {
        bytes: WEBSOCKET_MESSAGE_BYTES_MAX,
        fragments: WEBSOCKET_FRAGMENTS_MAX,
        is_binary_understood: false,
    };
}

/// The next thing that a client has sent. Answers are whole frames.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// No frame is whole.
    More,
    /// A whole text.
    Text(&'a str),
    /// Whole bytes.
    Binary(&'a [u8]),
    /// A fragment of a message that is not whole.
    Fragment {
        /// It has no byte.
        is_empty: bool,
    },
    /// A question, and its answer.
    Ping(&'a [u8]),
    /// An answer to a question that nobody has asked.
    Pong,
    /// The last that the client says, and the answer.
    Close(&'a [u8]),
}

/// A message that is not whole yet.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Messages {
    /// What it is, once it was begun.
    kind: Option<Kind>,
    fragments: u16,
    #[serde(with = "crate::hex")]
    bytes: Vec<u8>,
    /// Bytes of it that are known to be UTF-8.
    checked: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Text,
    Binary,
    /// The last was handed out, and may be forgotten.
    Over,
}

impl Messages {
    /// Whether no message was begun.
    pub fn is_idle(&self) -> bool {
        matches!(self.kind, None | Some(Kind::Over))
    }

    /// Whether what comes first in these bytes is whole, or wrong.
    pub fn is_ready(&self, bytes: &[u8], bounds: Bounds) -> bool {
        match self.header(bytes, bounds) {
            Ok(Some(header)) => bytes.len() - header.size >= header.payload,
            Ok(None) => false,
            Err(_) => true,
        }
    }

    /// Takes the next thing off the front of `bytes`, of which the first `used` are gone.
    pub fn next<'a>(
        &'a mut self,
        bytes: &'a mut [u8],
        used: &mut usize,
        bounds: Bounds,
    ) -> Result<Incoming<'a>, Violation> {
        if self.is_idle() && self.kind.take().is_some() {
            (self.bytes, self.checked, self.fragments) = (Vec::new(), 0, 0);
        }
        let unused = &mut bytes[*used..];
        let Some(header) = self.header(unused, bounds)? else { return Ok(Incoming::More) };
        let payload = header.size..header.size + header.payload;
        if payload.end > unused.len() {
            return Ok(Incoming::More);
        }
        *used += payload.end;
        mask(&mut unused[payload.clone()], header.mask);
        match header.opcode {
            Opcode::Ping => Ok(Incoming::Ping(answer(unused, payload, Opcode::Pong))),
            Opcode::Pong => Ok(Incoming::Pong),
            Opcode::Close => closed(unused, payload),
            _ => self.data(header, &unused[payload], bounds),
        }
    }

    /// The next header, if it may come now.
    fn header(&self, bytes: &[u8], bounds: Bounds) -> Result<Option<Header>, Violation> {
        let room = if self.is_idle() { 0 } else { self.bytes.len() };
        let Some(header) = read_header(bytes, bounds.bytes - room)? else { return Ok(None) };
        match header.opcode {
            Opcode::Continuation if self.is_idle() => Err(Violation::NothingToContinue),
            Opcode::Text | Opcode::Binary if !self.is_idle() => Err(Violation::NotContinued),
            Opcode::Binary if !bounds.is_binary_understood => Err(Violation::Binary),
            _ => Ok(Some(header)),
        }
    }

    /// Takes in a part of a message, which may be all of it.
    fn data<'a>(
        &'a mut self,
        header: Header,
        payload: &'a [u8],
        bounds: Bounds,
    ) -> Result<Incoming<'a>, Violation> {
        match (header.opcode, header.is_final) {
            (Opcode::Text, true) => {
                return std::str::from_utf8(payload)
                    .map(Incoming::Text)
                    .or(Err(Violation::NotUtf8));
            }
            (Opcode::Binary, true) => return Ok(Incoming::Binary(payload)),
            (Opcode::Text, false) => self.kind = Some(Kind::Text),
            (Opcode::Binary, false) => self.kind = Some(Kind::Binary),
            _ => {}
        }
        self.fragments = self.fragments.saturating_add(1);
        if self.fragments > bounds.fragments {
            return Err(Violation::TooManyFragments);
        }
        self.bytes.extend_from_slice(payload);
        if self.kind == Some(Kind::Text) {
            self.check(header.is_final)?;
        }
        if !header.is_final {
            return Ok(Incoming::Fragment { is_empty: payload.is_empty() });
        }
        let is_text = self.kind.replace(Kind::Over) == Some(Kind::Text);
        match std::str::from_utf8(&self.bytes) {
            Ok(text) if is_text => Ok(Incoming::Text(text)),
            _ => Ok(Incoming::Binary(&self.bytes)),
        }
    }

    /// Checks what is new in a text. A character may be cut between two fragments.
    fn check(&mut self, is_final: bool) -> Result<(), Violation> {
        match std::str::from_utf8(&self.bytes[self.checked..]) {
            Ok(_) => self.checked = self.bytes.len(),
            Err(error) if error.error_len().is_some() || is_final => {
                return Err(Violation::NotUtf8);
            }
            Err(error) => self.checked += error.valid_up_to(),
        }
        Ok(())
    }
}

/// Makes the frame that holds this payload the server's answer: the shorter header fits in front.
fn answer(frame: &mut [u8], payload: Range<usize>, opcode: Opcode) -> &[u8] {
    frame[payload.start - 2] = 0x80 | opcode as u8;
    frame[payload.start - 1] = payload.len() as u8;
    &frame[payload.start - 2..payload.end]
}

/// A close, answered with its code.
fn closed(frame: &mut [u8], payload: Range<usize>) -> Result<Incoming<'_>, Violation> {
    let start = payload.start;
    let end = match &frame[payload] {
        [] => start,
        [high, low, reason @ ..] => {
            if !matches!(u16::from_be_bytes([*high, *low]), 1000..=1003 | 1007..=1014 | 3000..=4999)
            {
                return Err(Violation::CloseCode);
            }
            std::str::from_utf8(reason).or(Err(Violation::NotUtf8))?;
            start + 2
        }
        [_] => return Err(Violation::CloseCode),
    };
    Ok(Incoming::Close(answer(frame, start..end, Opcode::Close)))
}

#[cfg(test)]
mod tests;
