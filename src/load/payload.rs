//! The text of a load test's messages: its sender, when it was due, and a marker to find it by.
//!
//! ```text
//!     0002a 00003b9aca00 xxxxxxxxxxxxxxxx ^
//!     |     |            |                marker: once in a message, nowhere else
//!     |     |            padding to the size that was asked for
//!     |     when it was due: nanoseconds since the run began, twelve hexadecimal digits
//!     number of the sender, five hexadecimal digits                    (without the spaces)
//! ```
//!
//! The marker is the last byte, so one marker heard is one message heard to its end, in whatever
//! language and however it was cut. Most listeners count markers; a [`MarkerScanner`] also reads.

use std::time::Duration;

use memchr::memchr_iter;

use crate::time::Time;

/// The last byte of every message. No known server sends it of its own accord to registered
/// clients.
const MARKER: u8 = b'^';
const PADDING: u8 = b'x';
const SENDER_DIGITS: usize = 5;
const DUE_DIGITS: usize = 12;

const HEADER_BYTES: usize = SENDER_DIGITS + DUE_DIGITS;

/// Bytes of the shortest message.
pub(super) const TEXT_BYTES_MIN: usize = HEADER_BYTES + 1;

/// Appends the text of a message that is `bytes` long.
pub(super) fn write(text: &mut Vec<u8>, bytes: usize, sender: u32, due: Time) {
    debug_assert!(bytes >= TEXT_BYTES_MIN);
    let end = text.len() + bytes - 1;
    push_hex(text, u64::from(sender), SENDER_DIGITS);
    let nanos = u64::try_from(due.since(Time::ZERO).as_nanos()).unwrap_or(u64::MAX);
    push_hex(text, nanos, DUE_DIGITS);
    text.resize(end, PADDING);
    text.push(MARKER);
}

/// The number of messages that end in these bytes.
pub(super) fn count(bytes: &[u8]) -> usize {
    memchr_iter(MARKER, bytes).count()
}

/// The sender of a message and when it was due; nothing if it is not one of ours.
fn read(header: &[u8]) -> Option<(u32, Time)> {
    let (sender, due) = header.split_at_checked(SENDER_DIGITS)?;
    let sender = parse_hex(sender)?;
    let due = parse_hex(due)?;
    Some((u32::try_from(sender).ok()?, Time::at(Duration::from_nanos(due))))
}

fn push_hex(text: &mut Vec<u8>, number: u64, digits: usize) {
    for place in (0..digits).rev() {
        text.push(b"0123456789abcdef"[(number >> (4 * place) & 15) as usize]);
    }
}

fn parse_hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |number, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u64::from(value))
    })
}

fn hand_on(header: &[u8], count: u64, messages: &mut impl FnMut(u32, Time, u64)) {
    if let Some((sender, due)) = read(header).filter(|_| count > 0) {
        messages(sender, due, count);
    }
}

/// Reads the messages in a stream that comes in pieces.
#[derive(Debug)]
pub(super) struct MarkerScanner {
    /// Length of every message.
    text_bytes: usize,
    /// The possible beginning of a message: fewer than `text_bytes`, and no marker.
    begun: Vec<u8>,
}

impl MarkerScanner {
    /// For messages of this length.
    pub(super) fn new(text_bytes: usize) -> Self {
        Self { text_bytes, begun: Vec::new() }
    }

    /// Passes on sender, due time and number of the messages that end in `bytes`: equal messages in
    /// a row, such as the bursts of a closed loop, are read once. Returns how many ended, invalid
    /// ones included.
    pub(super) fn hear(&mut self, bytes: &[u8], mut messages: impl FnMut(u32, Time, u64)) -> usize {
        let (mut count, mut rest) = (0, 0);
        let (mut same, mut header) = (0, &bytes[..0]);
        for marker in memchr_iter(MARKER, bytes) {
            let end = marker + 1;
            match end.checked_sub(self.text_bytes).map(|start| &bytes[start..][..HEADER_BYTES]) {
                Some(found) if found == header => same += 1,
                Some(found) => {
                    hand_on(header, same, &mut messages);
                    (same, header) = (1, found);
                }
                None => {
                    if let Some(start) = self.finish(&bytes[..end]) {
                        hand_on(&self.begun[start..][..HEADER_BYTES], 1, &mut messages);
                    }
                }
            }
            self.begun.clear();
            count += 1;
            rest = end;
        }
        hand_on(header, same, &mut messages);
        self.keep(&bytes[rest..]);
        count
    }

    /// Completes a message whose beginning came earlier. Returns the index in `begun` at which it
    /// starts.
    fn finish(&mut self, end: &[u8]) -> Option<usize> {
        let missing = self.text_bytes - end.len();
        let start = self.begun.len().checked_sub(missing)?;
        self.begun.extend_from_slice(end);
        Some(start)
    }

    /// Keeps the last bytes that a coming message may begin with.
    fn keep(&mut self, bytes: &[u8]) {
        let most = self.text_bytes - 1;
        let bytes = &bytes[bytes.len().saturating_sub(most)..];
        let surplus = (self.begun.len() + bytes.len()).saturating_sub(most);
        self.begun.drain(..surplus.min(self.begun.len()));
        self.begun.extend_from_slice(bytes);
        debug_assert!(self.begun.len() < self.text_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(bytes: usize) -> Vec<u8> {
        let mut stream = b"* you are in main with 9 others\n".to_vec();
        for sender in [0, 42, 42, 0xfffff] {
            stream.extend_from_slice(b"bcd000042: ");
            let due = Time::at(Duration::from_nanos(1_000_007 * u64::from(sender)));
            write(&mut stream, bytes, sender, due);
            stream.extend_from_slice(b"\r\n");
        }
        stream
    }

    #[test]
    fn a_message_has_the_length_that_was_asked_for() {
        for bytes in [TEXT_BYTES_MIN, 52, 1_000] {
            let mut text = Vec::new();
            write(&mut text, bytes, 7, Time::ZERO);
            assert_eq!((text.len(), count(&text)), (bytes, 1));
            assert_eq!(read(&text[..HEADER_BYTES]), Some((7, Time::ZERO)));
        }
    }

    #[test]
    fn every_split_is_heard_alike() {
        for bytes in [TEXT_BYTES_MIN, 40] {
            let stream = stream(bytes);
            for first in 0..=stream.len() {
                for second in first..=stream.len() {
                    let (mut scanner, mut senders, mut ended) =
                        (MarkerScanner::new(bytes), Vec::new(), 0);
                    for piece in [&stream[..first], &stream[first..second], &stream[second..]] {
                        ended += scanner.hear(piece, |sender, due, count| {
                            let nanos = due.since(Time::ZERO).as_nanos() as u64;
                            assert_eq!(nanos, 1_000_007 * u64::from(sender));
                            senders.extend((0..count).map(|_| sender));
                        });
                    }
                    assert_eq!((senders.as_slice(), ended), (&[0, 42, 42, 0xfffff][..], 4));
                }
            }
        }
    }

    #[test]
    fn what_is_none_of_ours_is_counted_and_not_read() {
        let mut scanner = MarkerScanner::new(TEXT_BYTES_MIN);
        assert_eq!(scanner.hear(b"^ 0123456789abcdefgh^^", |_, _, _| panic!("not ours")), 3);
    }
}
