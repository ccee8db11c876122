//! IRC in WebSocket, one line a message, without its line end (IRCv3 `websocket`).
//!
//! What comes is turned into lines before it is looked at, so that everything behind this reads
//! lines; what goes is turned into frames behind everything else.

use serde::{Deserialize, Serialize};

use crate::dialect::websocket::frame::{Opcode, write_close, write_frame};
use crate::dialect::websocket::message::{Bounds, Incoming, Messages};
use crate::dialect::websocket::pongs::Pongs;
use crate::limits::{
    IRC_LINE_BYTES_MAX, IRC_TAGS_BYTES_MAX, WEBSOCKET_EMPTY_FRAME_COST, WEBSOCKET_FRAGMENTS_MAX,
};
use crate::time::Time;

/// What a line may be that comes in a message. One that is a little too long is told so in IRC.
const BOUNDS: Bounds = Bounds {
    bytes: 2 * (IRC_TAGS_BYTES_MAX + IRC_LINE_BYTES_MAX),
    fragments: WEBSOCKET_FRAGMENTS_MAX,
    is_binary_understood: true,
};

/// The frames of one client, as far as they are no lines.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Frames {
    /// A frame that is not whole, as it was read.
    #[serde(with = "crate::hex")]
    bytes: Vec<u8>,
    messages: Messages,
    pongs: Pongs,
    /// Answers to questions whether the server is there.
    #[serde(with = "crate::hex")]
    answers: Vec<u8>,
    /// What frames without lines cost.
    cost: usize,
    /// The last words; nothing that comes after the frame they answer is heard.
    #[serde(with = "crate::hex")]
    last_words: Vec<u8>,
}

/// What is to be done about frames, besides hearing the lines in them.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pending {
    /// Nothing.
    Nothing,
    /// The client is sent this.
    Answer(Vec<u8>),
    /// It has sent as much that says nothing.
    Noise(usize),
}

impl Frames {
    /// Begins with what came behind the request that asked for WebSocket.
    pub(super) fn begin(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), ..Self::default() }
    }

    /// Takes in what was read at `now`, and appends the lines in it.
    pub(super) fn take(&mut self, now: Time, input: &[u8], lines: &mut Vec<u8>) {
        let Self { bytes, messages, pongs, answers, cost, last_words } = self;
        bytes.extend_from_slice(input);
        let mut used = 0;
        while last_words.is_empty() {
            let line = match messages.next(bytes, &mut used, BOUNDS) {
                Ok(Incoming::More) => break,
                Ok(Incoming::Text(text)) => text.as_bytes(),
                Ok(Incoming::Binary(line)) => line,
                Ok(Incoming::Ping(answer)) if pongs.take(now) => {
                    answers.extend_from_slice(answer);
                    continue;
                }
                Ok(Incoming::Close(answer)) => {
                    last_words.extend_from_slice(answer);
                    continue;
                }
                Ok(_) => {
                    *cost += WEBSOCKET_EMPTY_FRAME_COST;
                    continue;
                }
                Err(violation) => {
                    write_close(violation.code(), &violation.to_string(), last_words);
                    continue;
                }
            };
            lines.extend_from_slice(line);
            lines.push(b'\n');
        }
        bytes.drain(..used);
        if bytes.is_empty() || !last_words.is_empty() {
            *bytes = Vec::new();
        }
    }

    /// What is to be done before the next line is heard.
    pub(super) fn next(&mut self) -> Pending {
        if !self.answers.is_empty() {
            return Pending::Answer(std::mem::take(&mut self.answers));
        }
        match std::mem::take(&mut self.cost) {
            0 => Pending::Nothing,
            cost => Pending::Noise(cost),
        }
    }

    /// Whether something is to be done before the next line is heard.
    pub(super) fn is_pending(&self) -> bool {
        !self.answers.is_empty() || self.cost > 0
    }

    /// The last words, once all lines are heard.
    pub(super) fn last_words(&mut self) -> Option<Vec<u8>> {
        (!self.last_words.is_empty()).then(|| std::mem::take(&mut self.last_words))
    }

    /// Whether there are last words to say.
    pub(super) fn are_over(&self) -> bool {
        !self.last_words.is_empty()
    }

    /// Whether some frame or message was begun.
    pub(super) fn is_begun(&self) -> bool {
        !self.bytes.is_empty() || !self.messages.is_idle()
    }

    /// Whether all that came was understood.
    pub(super) fn is_drained(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Appends lines, each in a frame of its own.
pub(super) fn write_lines(opcode: Opcode, lines: &[u8], out: &mut Vec<u8>) {
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        write_frame(opcode, out, |out| out.extend_from_slice(line.trim_ascii_end()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::websocket::frame::mask;

    fn frame(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
        let mut masked = payload.to_vec();
        mask(&mut masked, [1, 2, 3, 4]);
        let head = [0x80 | opcode as u8, 0x80 | payload.len() as u8, 1, 2, 3, 4];
        [&head[..], &masked].concat()
    }

    /// What comes of these bytes, cut in two at every place.
    fn every_cut(bytes: &[u8]) -> (Vec<u8>, Vec<u8>, Option<Vec<u8>>) {
        let mut ends = (0..=bytes.len()).map(|cut| {
            let (mut frames, mut lines) = (Frames::begin(&bytes[..cut]), Vec::new());
            frames.take(Time::ZERO, &[], &mut lines);
            frames.take(Time::ZERO, &bytes[cut..], &mut lines);
            let mut answers = Vec::new();
            while let Pending::Answer(answer) = frames.next() {
                answers.extend(answer);
            }
            (lines, answers, frames.last_words())
        });
        let first = ends.next().unwrap();
        assert!(ends.all(|end| end == first), "{first:?}");
        first
    }

    #[test]
    fn each_message_is_a_line_and_questions_are_answered() {
        let sent = [
            frame(Opcode::Text, b"NICK a"),
            frame(Opcode::Ping, b"?"),
            frame(Opcode::Binary, b"PRIVMSG b :caf\xe9"),
        ];
        let (lines, answers, last_words) = every_cut(&sent.concat());
        assert_eq!(lines, b"NICK a\nPRIVMSG b :caf\xe9\n");
        assert_eq!(answers, b"\x8a\x01?");
        assert_eq!(last_words, None);
    }

    #[test]
    fn what_comes_behind_the_end_is_not_heard() {
        let end = frame(Opcode::Close, &1000_u16.to_be_bytes());
        let (lines, _, last_words) = every_cut(&[end, frame(Opcode::Text, b"NICK a")].concat());
        assert_eq!((lines.as_slice(), last_words), (&b""[..], Some(b"\x88\x02\x03\xe8".to_vec())));
        let (lines, _, last_words) = every_cut(&frame(Opcode::Text, b"caf\xe9"));
        assert_eq!(lines, b"");
        assert!(last_words.unwrap().ends_with(b"the text is not UTF-8"));
    }

    #[test]
    fn each_line_goes_in_a_frame_without_its_end() {
        let mut out = Vec::new();
        write_lines(Opcode::Text, b"PING a\r\n:b 001 c :d\r\n", &mut out);
        assert_eq!(out, b"\x81\x06PING a\x81\x0b:b 001 c :d");
    }
}
