//! What a WebSocket client asks for in JSON dialect 1: one request a text message.
//!
//! Frames are read where they lie. Only what could not be used yet is kept ([`Kept`]), which is
//! nothing for nearly everybody, so a silent client costs as much as one of plain lines.

use serde::{Deserialize, Serialize};

use super::frame::{Opcode, mask, read_header, write_close};
use super::message::{Bounds, Incoming, Messages};
use super::pongs::Pongs;
use crate::dialect::json::RequestSteps;
use crate::dialect::steps::{Due, InputLimits, LanguageDecoder, Speaker, Step, Steps};
use crate::limits::{
    READ_BYTES_FLOOD_CONTROLLED, READ_BYTES_PER_TURN, REGISTER_TRIES_MAX,
    WEBSOCKET_EMPTY_FRAME_COST, WEBSOCKET_MESSAGE_BYTES_MAX, WEBSOCKET_REGISTER_BYTES_MAX,
};
use crate::time::Time;

/// The frames of one client.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct WebSocketDecoder {
    /// What was not understood yet.
    kept: Option<Box<Kept>>,
}

/// The bytes of one client that were not understood yet, and the state that this needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    /// Frames that are not whole or whose time has not come, as they were read.
    #[serde(with = "crate::hex")]
    bytes: Vec<u8>,
    messages: Messages,
    /// When the message was begun that is not whole; `NEVER`: none was.
    started: Time,
    /// The client will send no more.
    has_ended: bool,
    pongs: Pongs,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            messages: Messages::default(),
            started: Time::NEVER,
            has_ended: false,
            pongs: Pongs::default(),
        }
    }
}

impl Kept {
    /// Whether some message or frame was begun.
    fn is_begun(&self) -> bool {
        !self.bytes.is_empty() || !self.messages.is_idle()
    }

    /// Tidies up at `now`; `has_moved`: what is left was begun after the rest.
    fn settle(&mut self, now: Time, has_moved: bool) {
        if self.has_ended && !self.messages.is_ready(&self.bytes, Bounds::JSON) {
            // The rest will never come.
            (self.bytes, self.messages) = (Vec::new(), Messages::default());
        }
        if !self.is_begun() {
            self.started = Time::NEVER;
        } else if has_moved || self.started == Time::NEVER {
            self.started = now;
        }
        if self.bytes.capacity() > WEBSOCKET_MESSAGE_BYTES_MAX + self.bytes.len() {
            self.bytes.shrink_to_fit();
        }
    }
}

impl WebSocketDecoder {
    /// Begins behind the request that asked for WebSocket. `bytes` came after it.
    pub fn begin(bytes: &[u8]) -> Self {
        let kept = Kept { bytes: bytes.to_vec(), ..Kept::default() };
        Self { kept: (!bytes.is_empty()).then(|| Box::new(kept)) }
    }

    /// Takes in what was read at `now`, which may be nothing.
    pub(in crate::dialect) fn decode<'a>(
        &'a mut self,
        now: Time,
        input: &'a mut [u8],
    ) -> WebSocketSteps<'a> {
        let mut place = self.kept.take();
        let mut unread = place.as_deref_mut().map(std::mem::take).unwrap_or_default();
        let is_direct = unread.bytes.is_empty();
        if !is_direct {
            unread.bytes.extend_from_slice(input);
        }
        WebSocketSteps {
            decoder: self,
            now,
            place,
            unread,
            input: is_direct.then_some(input),
            used: 0,
            has_moved: false,
            is_over: false,
            request: RequestSteps::default(),
            last_words: Vec::new(),
        }
    }
}

impl LanguageDecoder for WebSocketDecoder {
    fn is_drained(&self) -> bool {
        self.kept.as_ref().is_none_or(|kept| kept.bytes.is_empty())
    }

    fn is_idle(&self) -> bool {
        self.kept.as_ref().is_none_or(|kept| !kept.is_begun())
    }

    fn begun(&self) -> Time {
        self.kept.as_ref().map_or(Time::NEVER, |kept| kept.started)
    }

    fn end(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.has_ended = true;
        }
    }

    fn limits(&self) -> InputLimits {
        InputLimits {
            stranger_bytes: WEBSOCKET_REGISTER_BYTES_MAX,
            stranger_tries: REGISTER_TRIES_MAX,
            read: READ_BYTES_PER_TURN,
            read_flood_controlled: READ_BYTES_FLOOD_CONTROLLED,
        }
    }
}

/// What a client has sent, while it is understood. What is left is kept when this is dropped.
#[derive(Debug)]
pub struct WebSocketSteps<'a> {
    decoder: &'a mut WebSocketDecoder,
    now: Time,
    /// The place in which what is left may be kept.
    place: Option<Box<Kept>>,
    unread: Kept,
    /// What was read, if nothing was kept before it.
    input: Option<&'a mut [u8]>,
    /// Bytes at the front that were understood.
    used: usize,
    /// What is left was begun after a message that has ended now.
    has_moved: bool,
    /// The last words were said.
    is_over: bool,
    request: RequestSteps,
    last_words: Vec<u8>,
}

impl Steps for WebSocketSteps<'_> {
    fn due(&self) -> Due {
        if self.request.is_begun() {
            Due::Now
        } else if self.has_line() {
            Due::InTurn
        } else {
            Due::Later
        }
    }

    fn next(&mut self, speaker: Speaker<'_>) -> Step<'_> {
        if self.request.is_begun() {
            return self.request.next(speaker);
        }
        if self.is_over {
            return Step::More;
        }
        let Kept { bytes, messages, pongs, .. } = &mut self.unread;
        let bytes = self.input.as_deref_mut().unwrap_or(bytes);
        let start = self.used;
        match messages.next(bytes, &mut self.used, Bounds::JSON) {
            Ok(Incoming::More) => Step::More,
            Ok(Incoming::Text(text)) => {
                self.has_moved = true;
                match self.request.begin(text.as_bytes()) {
                    Ok(()) => self.request.next(speaker),
                    Err(refusal) => Step::Refuse(refusal),
                }
            }
            Ok(Incoming::Ping(answer)) if pongs.take(self.now) => Step::Answer(answer),
            Ok(Incoming::Fragment { is_empty: false }) => Step::Noise(self.used - start),
            Ok(Incoming::Close(answer)) => {
                self.is_over = true;
                Step::Finish(answer)
            }
            Ok(_) => Step::Noise(WEBSOCKET_EMPTY_FRAME_COST),
            Err(violation) => {
                self.is_over = true;
                write_close(violation.code(), &violation.to_string(), &mut self.last_words);
                Step::Finish(&self.last_words)
            }
        }
    }

    fn has_line(&self) -> bool {
        !self.is_over && self.unread.messages.is_ready(self.unused(), Bounds::JSON)
    }

    fn begins_with_command(&self) -> bool {
        const BEGINNING: &[u8] = br#"{"t":""#;
        let unused = self.unused();
        let Ok(Some(header)) = read_header(unused, usize::MAX) else { return false };
        let payload = &unused[header.size..];
        let Some(&start) = payload.first_chunk::<16>() else { return false };
        let mut start = start;
        mask(&mut start, header.mask);
        header.opcode == Opcode::Text
            && header.payload >= start.len()
            && start.strip_prefix(BEGINNING).is_some_and(|request| {
                !request.starts_with(br#"say""#) && !request.starts_with(br#"me""#)
            })
    }
}

impl WebSocketSteps<'_> {
    fn unused(&self) -> &[u8] {
        &self.input.as_deref().unwrap_or(&self.unread.bytes)[self.used..]
    }
}

impl Drop for WebSocketSteps<'_> {
    fn drop(&mut self) {
        match self.input.as_deref() {
            Some(input) => self.unread.bytes.extend_from_slice(&input[self.used..]),
            None => drop(self.unread.bytes.drain(..self.used)),
        }
        self.unread.settle(self.now, self.has_moved);
        let is_needed = self.unread.is_begun() || self.unread.pongs.matter(self.now);
        self.decoder.kept = is_needed.then(|| {
            let mut kept = self.place.take().unwrap_or_default();
            *kept = std::mem::take(&mut self.unread);
            kept
        });
    }
}

#[cfg(test)]
mod tests;
