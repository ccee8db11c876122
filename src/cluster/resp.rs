//! RESP3, the protocol of Redis and Valkey: commands as bytes, and bytes as values.
//!
//! [`decode`] borrows from what was received and keeps nothing: as long as a frame is not whole it
//! answers `None`, and is asked again with more. Which values mean what is left to `answer`.
//!
//! Of RESP3 this reads what the engines send: all types, and attributes, which are passed over.
//! Refused are strings and lists that are streamed in parts, and the nulls of RESP2, since no
//! engine sends them to who has said `HELLO 3`. To this codec the engine is a stranger:
//!
//! - However the input is cut, the same values and the same error come of it.
//! - Depth, number of values, lines and whole frames are bounded, whatever lengths are announced.
//! - Nothing panics, and nothing is allocated for what was announced and has not come.

use thiserror::Error;

use crate::limits::{RESP_DEPTH_MAX, RESP_FRAME_BYTES_MAX, RESP_LINE_BYTES_MAX, RESP_VALUES_MAX};

/// Values for which a list has room before they have come.
const LIST_CAPACITY_MAX: usize = 16;

/// One value that the engine has sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Number(i64),
    /// Any number.
    Double(f64),
    /// A number of any length, as its digits.
    Big(&'a [u8]),
    /// A short text, such as `OK`.
    Simple(&'a [u8]),
    /// Bytes.
    Bulk(&'a [u8]),
    /// Text to be shown to people as it is; what format it has is dropped.
    Verbatim(&'a [u8]),
    /// What went wrong, its code first.
    Error(&'a [u8]),
    /// A list.
    Array(Vec<Self>),
    /// A list without order.
    Set(Vec<Self>),
    /// Keys and values by turns.
    Map(Vec<Self>),
    /// Told without having been asked: no answer to anything.
    Push(Vec<Self>),
}

impl<'a> Value<'a> {
    /// The bytes of a text of whichever kind.
    pub fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Simple(bytes) | Self::Bulk(bytes) | Self::Verbatim(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The values of a list of whichever kind.
    pub fn list(&self) -> Option<&[Self]> {
        match self {
            Self::Array(values) | Self::Set(values) | Self::Map(values) | Self::Push(values) => {
                Some(values)
            }
            _ => None,
        }
    }
}

/// Why bytes are no RESP3, or none that is taken. The connection is of no use after it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum RespError {
    /// A value begins with a byte that begins none.
    #[error("no value begins with the byte {0:#04x}")]
    Kind(u8),
    /// A length, a number or an ending that is none.
    #[error("a value is malformed")]
    Malformed,
    /// A string or list in parts.
    #[error("a value is streamed in parts")]
    Streamed,
    /// Values within values within values.
    #[error("values lie more than {RESP_DEPTH_MAX} deep")]
    TooDeep,
    /// A line or a frame is too long.
    #[error("a frame is too long")]
    TooLong,
    /// A frame of too many values.
    #[error("a frame holds more than {RESP_VALUES_MAX} values")]
    TooMany,
}

/// Decodes the frame with which the input begins: it and its bytes, or nothing while it is not
/// whole.
///
/// # Errors
/// It is malformed or exceeds a limit.
pub fn decode(input: &[u8]) -> Result<Option<(Value<'_>, usize)>, RespError> {
    let mut reader = Reader { input, at: 0, left: RESP_VALUES_MAX };
    match reader.value(0) {
        Ok(_) if reader.at > RESP_FRAME_BYTES_MAX => Err(RespError::TooLong),
        Ok(value) => Ok(Some((value, reader.at))),
        Err(Stop::Short) if input.len() > RESP_FRAME_BYTES_MAX => Err(RespError::TooLong),
        Err(Stop::Short) => Ok(None),
        Err(Stop::Wrong(error)) => Err(error),
    }
}

/// Why reading ends before the frame does.
enum Stop {
    Short,
    Wrong(RespError),
}

impl From<RespError> for Stop {
    fn from(error: RespError) -> Self {
        Self::Wrong(error)
    }
}

struct Reader<'a> {
    input: &'a [u8],
    at: usize,
    /// Values that the frame may still hold.
    left: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Value<'a>, Stop> {
        loop {
            self.left = self.left.checked_sub(1).ok_or(RespError::TooMany)?;
            let kind = *self.input.get(self.at).ok_or(Stop::Short)?;
            self.at += 1;
            return Ok(match kind {
                b'$' => self.text(Value::Bulk)?,
                b'*' => self.values(depth, 1, Value::Array)?,
                b'>' => self.values(depth, 1, Value::Push)?,
                b'%' => self.values(depth, 2, Value::Map)?,
                b'~' => self.values(depth, 1, Value::Set)?,
                b'+' => Value::Simple(self.line()?),
                b'-' => Value::Error(self.line()?),
                b':' => Value::Number(number(self.line()?)?),
                b'(' => Value::Big(digits(self.line()?)?),
                b',' => Value::Double(double(self.line()?)?),
                b'!' => self.text(Value::Error)?,
                b'=' => self.verbatim()?,
                b'#' => match self.line()? {
                    b"t" => Value::Boolean(true),
                    b"f" => Value::Boolean(false),
                    _ => return Err(RespError::Malformed.into()),
                },
                b'_' if self.line()?.is_empty() => Value::Null,
                b'|' => {
                    self.values(depth, 2, Value::Map)?;
                    continue;
                }
                b'_' => return Err(RespError::Malformed.into()),
                other => return Err(RespError::Kind(other).into()),
            });
        }
    }

    /// What stands before the end of the line.
    fn line(&mut self) -> Result<&'a [u8], Stop> {
        let rest = &self.input[self.at..];
        let Some(end) = memchr::memchr2(b'\r', b'\n', rest) else {
            let is_long = rest.len() > RESP_LINE_BYTES_MAX;
            return Err(if is_long { RespError::TooLong.into() } else { Stop::Short });
        };
        if end > RESP_LINE_BYTES_MAX {
            return Err(RespError::TooLong.into());
        }
        match (rest[end], rest.get(end + 1)) {
            (b'\r', Some(b'\n')) => {
                self.at += end + 2;
                Ok(&rest[..end])
            }
            (b'\r', None) => Err(Stop::Short),
            _ => Err(RespError::Malformed.into()),
        }
    }

    fn length(&mut self) -> Result<usize, Stop> {
        match self.line()? {
            b"?" => Err(RespError::Streamed.into()),
            line if line.len() > 10 => Err(RespError::TooLong.into()),
            line => Ok(usize::try_from(number(line)?).map_err(|_| RespError::Malformed)?),
        }
    }

    fn text(&mut self, value: fn(&'a [u8]) -> Value<'a>) -> Result<Value<'a>, Stop> {
        let length = self.length()?;
        let end = self.at.saturating_add(length);
        if end > RESP_FRAME_BYTES_MAX {
            return Err(RespError::TooLong.into());
        }
        let ending = self.input.get(end..).unwrap_or_default();
        if !b"\r\n".starts_with(&ending[..ending.len().min(2)]) {
            return Err(RespError::Malformed.into());
        }
        if ending.len() < 2 {
            return Err(Stop::Short);
        }
        let bytes = &self.input[self.at..end];
        self.at = end + 2;
        Ok(value(bytes))
    }

    fn verbatim(&mut self) -> Result<Value<'a>, Stop> {
        match self.text(Value::Verbatim)? {
            Value::Verbatim([_, _, _, b':', text @ ..]) => Ok(Value::Verbatim(text)),
            _ => Err(RespError::Malformed.into()),
        }
    }

    fn values(
        &mut self,
        depth: usize,
        each: usize,
        value: fn(Vec<Value<'a>>) -> Value<'a>,
    ) -> Result<Value<'a>, Stop> {
        let count = self.length()?.saturating_mul(each);
        if count > self.left {
            return Err(RespError::TooMany.into());
        }
        if depth + 1 >= RESP_DEPTH_MAX {
            return Err(RespError::TooDeep.into());
        }
        let mut values = Vec::with_capacity(count.min(LIST_CAPACITY_MAX));
        for _ in 0..count {
            values.push(self.value(depth + 1)?);
        }
        Ok(value(values))
    }
}

/// A whole number in decimal digits.
fn number(line: &[u8]) -> Result<i64, RespError> {
    let line = std::str::from_utf8(digits(line)?).map_err(|_| RespError::Malformed)?;
    line.parse().map_err(|_| RespError::Malformed)
}

/// The line, if it is digits that a minus may precede.
fn digits(line: &[u8]) -> Result<&[u8], RespError> {
    let unsigned = line.strip_prefix(b"-").unwrap_or(line);
    let is_number = !unsigned.is_empty() && unsigned.iter().all(u8::is_ascii_digit);
    if is_number { Ok(line) } else { Err(RespError::Malformed) }
}

fn double(line: &[u8]) -> Result<f64, RespError> {
    let text = std::str::from_utf8(line).map_err(|_| RespError::Malformed)?;
    text.parse().map_err(|_| RespError::Malformed)
}

/// Writes one command, argument by argument.
///
/// ```
/// use mio_chat::cluster::resp::Command;
/// let mut out = Vec::new();
/// Command::new(&mut out, 2).bytes(b"ECHO").number(42);
/// assert_eq!(out, b"*2\r\n$4\r\nECHO\r\n$2\r\n42\r\n");
/// ```
#[derive(Debug)]
pub struct Command<'o> {
    out: &'o mut Vec<u8>,
    left: usize,
}

impl<'o> Command<'o> {
    /// Begins a command of so many arguments, its name included. All of them must follow.
    pub fn new(out: &'o mut Vec<u8>, arguments: usize) -> Self {
        length(out, b'*', arguments as u64);
        Self { out, left: arguments }
    }

    /// An argument of bytes.
    pub fn bytes(self, bytes: &[u8]) -> Self {
        self.parts(&[bytes])
    }

    /// An argument that is joined from parts.
    pub fn parts(mut self, parts: &[&[u8]]) -> Self {
        length(self.out, b'$', parts.iter().map(|part| part.len() as u64).sum());
        parts.iter().for_each(|part| self.out.extend_from_slice(part));
        self.out.extend_from_slice(b"\r\n");
        debug_assert!(self.left > 0, "an argument more than was announced");
        self.left = self.left.saturating_sub(1);
        self
    }

    /// An argument of decimal digits.
    pub fn number(self, number: u64) -> Self {
        let mut digits = [0; 20];
        let at = decimal(number, &mut digits);
        self.bytes(&digits[at..])
    }
}

fn length(out: &mut Vec<u8>, kind: u8, length: u64) {
    let mut digits = [0; 20];
    let at = decimal(length, &mut digits);
    out.push(kind);
    out.extend_from_slice(&digits[at..]);
    out.extend_from_slice(b"\r\n");
}

/// Writes a number at the end of the digits, and says where it begins.
fn decimal(mut number: u64, digits: &mut [u8; 20]) -> usize {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return at;
        }
    }
}

#[cfg(test)]
mod tests;
