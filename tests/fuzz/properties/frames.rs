//! Frames of a WebSocket client become messages, alike however the bytes are cut into reads, and
//! as a naive reader understands them.

use mio_chat::dialect::websocket::frame::Violation;
use mio_chat::dialect::websocket::message::{Bounds, Incoming, Messages};

/// Places at which a stream is cut in two; a short one is cut everywhere.
const CUTS_MAX: usize = 16;
const BOUNDS: Bounds = Bounds { bytes: 300, fragments: 5, is_binary_understood: true };

/// What came of a frame.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Part,
    Pong,
    Answer(Vec<u8>),
    Closed(Vec<u8>),
    Violation(u16),
}

/// The same messages come out of these bytes in whatever pieces they come, and they are those that
/// a naive reader finds.
pub fn check(data: &[u8]) {
    for bounds in [BOUNDS, Bounds::JSON] {
        let whole = seen([data].into_iter(), bounds);
        assert_eq!(whole, Naive::new(bounds).read(data), "read naively");
        for size in [1, 3, 127] {
            assert_eq!(seen(data.chunks(size), bounds), whole, "in reads of {size}");
        }
        for cut in (1..data.len()).step_by(data.len() / CUTS_MAX + 1) {
            let (front, back) = data.split_at(cut);
            assert_eq!(seen([front, back].into_iter(), bounds), whole, "cut at {cut}");
        }
    }
}

/// Everything in a stream that comes in these pieces.
fn seen<'a>(pieces: impl Iterator<Item = &'a [u8]>, bounds: Bounds) -> Vec<Seen> {
    let (mut messages, mut unread, mut seen) = (Messages::default(), Vec::new(), Vec::new());
    for piece in pieces {
        unread.extend_from_slice(piece);
        let mut used = 0;
        loop {
            seen.push(match messages.next(&mut unread, &mut used, bounds) {
                Ok(Incoming::More) => break,
                Ok(Incoming::Text(text)) => Seen::Text(text.to_owned()),
                Ok(Incoming::Binary(bytes)) => Seen::Binary(bytes.to_owned()),
                Ok(Incoming::Fragment { .. }) => Seen::Part,
                Ok(Incoming::Pong) => Seen::Pong,
                Ok(Incoming::Ping(answer)) => Seen::Answer(answer.to_owned()),
                Ok(Incoming::Close(answer)) => Seen::Closed(answer.to_owned()),
                Err(violation) => Seen::Violation(violation.code()),
            });
            if matches!(seen.last(), Some(Seen::Closed(_) | Seen::Violation(_))) {
                return seen;
            }
        }
        unread.drain(..used);
    }
    seen
}

/// A reader that has everything before it and takes it byte by byte.
struct Naive {
    bounds: Bounds,
    seen: Vec<Seen>,
    /// Whether the message that was begun is a text, its bytes, and how many fragments it has.
    begun: Option<(bool, Vec<u8>, u16)>,
}

impl Naive {
    fn new(bounds: Bounds) -> Self {
        Self { bounds, seen: Vec::new(), begun: None }
    }

    fn read(mut self, mut data: &[u8]) -> Vec<Seen> {
        loop {
            match self.frame(data) {
                Ok(Some(rest)) => data = rest,
                Ok(None) => return self.seen,
                Err(violation) => {
                    self.seen.push(Seen::Violation(violation.code()));
                    return self.seen;
                }
            }
        }
    }

    /// One frame; what is behind it, if there is one and more may come.
    fn frame<'a>(&mut self, data: &'a [u8]) -> Result<Option<&'a [u8]>, Violation> {
        let [first, second, rest @ ..] = data else { return Ok(None) };
        let (opcode, short) = (first % 16, second % 128);
        if first & 0b0111_0000 != 0 || !matches!(opcode, 0..=2 | 8..=10) || *second < 128 {
            return Err(Violation::ReservedBit);
        }
        if opcode >= 8 && (short > 125 || *first < 128) {
            return Err(Violation::LongControl);
        }
        let digits = match short {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if rest.len() < digits {
            return Ok(None);
        }
        let (length, rest) = rest.split_at(digits);
        let long = length.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        let length = if digits == 0 { u64::from(short) } else { long };
        let is_longer_than_needed =
            (digits == 2 && length < 126) || (digits == 8 && !(65_536..1 << 63).contains(&length));
        if is_longer_than_needed {
            return Err(Violation::Length);
        }
        let before = self.begun.as_ref().map_or(0, |(_, bytes, _)| bytes.len());
        if opcode < 8 && length > (self.bounds.bytes - before) as u64 {
            return Err(Violation::TooLong);
        }
        let Some((mask, rest)) = rest.split_at_checked(4) else { return Ok(None) };
        match (opcode, self.begun.is_some()) {
            (0, false) => return Err(Violation::NothingToContinue),
            (1 | 2, true) => return Err(Violation::NotContinued),
            (2, _) if !self.bounds.is_binary_understood => return Err(Violation::Binary),
            _ => {}
        }
        let Some((payload, rest)) = rest.split_at_checked(length as usize) else {
            return Ok(None);
        };
        let bytes = payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]).collect();
        let goes_on = self.payload(opcode, *first >= 128, bytes)?;
        Ok(goes_on.then_some(rest))
    }

    /// What a whole frame says; whether more may come.
    fn payload(&mut self, opcode: u8, last: bool, bytes: Vec<u8>) -> Result<bool, Violation> {
        let is_utf8 = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).is_ok();
        match opcode {
            9 => self.seen.push(Seen::Answer([&[138, bytes.len() as u8], &bytes[..]].concat())),
            10 => self.seen.push(Seen::Pong),
            8 => {
                let code = bytes.first_chunk::<2>().map(|code| u16::from_be_bytes(*code));
                let may_be = |code| {
                    (1000..5000).contains(&code)
                        && ![1004, 1005, 1006].contains(&code)
                        && !(1015..3000).contains(&code)
                };
                match code {
                    None if !bytes.is_empty() => return Err(Violation::CloseCode),
                    Some(code) if !may_be(code) => return Err(Violation::CloseCode),
                    Some(_) if !is_utf8(&bytes[2..]) => return Err(Violation::NotUtf8),
                    _ => {}
                }
                let kept = bytes.len().min(2);
                self.seen.push(Seen::Closed([&[136, kept as u8], &bytes[..kept]].concat()));
                return Ok(false);
            }
            _ if opcode > 0 && last => self.seen.push(message(opcode == 1, bytes)?),
            _ => {
                let begun = self.begun.get_or_insert((opcode == 1, Vec::new(), 0));
                begun.1.extend(bytes);
                begun.2 += 1;
                if begun.2 > self.bounds.fragments {
                    return Err(Violation::TooManyFragments);
                }
                let error = std::str::from_utf8(&begun.1).err().and_then(|error| error.error_len());
                if begun.0 && error.is_some() {
                    return Err(Violation::NotUtf8);
                }
                let seen = match last {
                    true => self.begun.take().map(|(is_text, bytes, _)| message(is_text, bytes)),
                    false => None,
                };
                self.seen.push(seen.unwrap_or(Ok(Seen::Part))?);
            }
        }
        Ok(true)
    }
}

fn message(is_text: bool, bytes: Vec<u8>) -> Result<Seen, Violation> {
    match String::from_utf8(bytes) {
        Ok(text) if is_text => Ok(Seen::Text(text)),
        Err(_) if is_text => Err(Violation::NotUtf8),
        Ok(text) => Ok(Seen::Binary(text.into_bytes())),
        Err(error) => Ok(Seen::Binary(error.into_bytes())),
    }
}
