//! Where messages end in what a client is sent, so that one who is cut off reads the message that
//! it is in to its end, and no part of another.

use memchr::memmem;

use super::websocket::frame::frame_len;

/// How the reader of an encoding tells where a message ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// It ends in these bytes, which it holds nowhere else.
    EndsIn(&'static [u8]),
    /// It is a frame of WebSocket, which begins with its length.
    Frame,
    /// All that waits is one.
    Whole,
}

impl Framing {
    /// How many bytes are owed of the message that is partly sent, if so many bytes of what waits
    /// were. Of these the first `begun` end a message that was partly sent before; every other
    /// lies in one of the slices. `None`: the message has no end yet.
    pub fn owed<'a>(
        self,
        waiting: impl Iterator<Item = &'a [u8]>,
        begun: usize,
        sent: usize,
    ) -> Option<usize> {
        if sent <= begun {
            return Some(begun - sent);
        }
        let (mut offset, mut next) = (0, begun);
        for slice in waiting {
            let from = next.max(offset) - offset;
            if let Some(unsearched) = slice.get(from..)
                && let Some(end) = self.end(unsearched, sent.saturating_sub(offset + from))
            {
                next = offset + from + end;
                if next >= sent {
                    return Some(next - sent);
                }
            }
            offset += slice.len();
        }
        (self == Self::Whole).then(|| offset.saturating_sub(sent))
    }

    /// Whether a message may end with the last of these bytes.
    pub fn is_end(self, bytes: &[u8]) -> bool {
        match self {
            Self::EndsIn(end) => bytes.ends_with(end),
            Self::Frame | Self::Whole => true,
        }
    }

    /// Of the messages that these bytes begin with, the end of the first that ends at `least` or
    /// later, or else of the last.
    fn end(self, bytes: &[u8], least: usize) -> Option<usize> {
        match self {
            Self::EndsIn(end) => {
                // The end of a message may have been sent, but for its last byte.
                let from = least.saturating_sub(end.len());
                let found = memmem::find(bytes.get(from..)?, end)?;
                Some(from + found + end.len())
            }
            Self::Frame => {
                let mut end = 0;
                while end < least {
                    match frame_len(bytes.get(end..)?) {
                        Some(length) => end += length,
                        None => break,
                    }
                }
                Some(end)
            }
            Self::Whole => None,
        }
    }

    /// Where the last message ends that ends in these bytes. Frames are not looked for: their
    /// readers read any number of bytes at once.
    pub fn last_end(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::EndsIn(end) => memmem::rfind(bytes, end).map(|at| at + end.len()),
            Self::Frame | Self::Whole => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::websocket::frame::{Opcode, write_frame};

    /// Messages of several lengths in each framing.
    fn messages(framing: Framing) -> Vec<Vec<u8>> {
        let texts = ["", "a", "bb\r", &"c".repeat(130), "", "d\r", &"e".repeat(300)];
        let encode = |text: &&str| match framing {
            Framing::EndsIn(end) => [text.as_bytes(), end].concat(),
            Framing::Frame => {
                let mut out = Vec::new();
                write_frame(Opcode::Text, &mut out, |out| out.extend_from_slice(text.as_bytes()));
                out
            }
            Framing::Whole => unreachable!("not tried here"),
        };
        texts.iter().map(encode).collect()
    }

    #[test]
    fn what_is_owed_ends_the_message_that_was_begun() {
        for framing in [Framing::EndsIn(b"\n"), Framing::EndsIn(b"\r\n"), Framing::Frame] {
            let all = messages(framing);
            let stream = all.concat();
            let mut ends = vec![0];
            for message in &all {
                ends.push(ends[ends.len() - 1] + message.len());
            }
            let owed_at = |place: usize| ends.iter().find(|end| **end >= place).unwrap() - place;
            for begun_at in 0..=stream.len() {
                let waiting = &stream[begun_at..];
                let begun = owed_at(begun_at);
                // The slices are cut where messages end.
                let cut = ends[ends.len() / 2].max(begun_at) - begun_at;
                for sent in 0..=waiting.len() {
                    let slices = [&waiting[..cut], &waiting[cut..]];
                    let owed = framing.owed(slices.into_iter(), begun, sent);
                    let expected = Some(owed_at(begun_at + sent));
                    assert_eq!(owed, expected, "{framing:?} {begun_at} {sent}");
                }
            }
        }
    }

    #[test]
    fn a_question_without_an_end_is_owed_to_the_end_of_its_line() {
        let lines = Framing::EndsIn(b"\n");
        assert_eq!(lines.owed([&b"NICK"[..]].into_iter(), 0, 1), None);
        assert_eq!(lines.owed([&b"NICK"[..], b"\nx\ny\n"].into_iter(), 0, 1), Some(4));
        assert_eq!(lines.owed([&b"NICK"[..]].into_iter(), 0, 4), None);
        assert_eq!(Framing::Whole.owed([&b"HTTP"[..], b"\n\n"].into_iter(), 0, 5), Some(1));
        assert_eq!(lines.last_end(b"one\ntwo\nthr"), Some(8));
        assert_eq!(lines.last_end(b"one"), None);
    }
}
