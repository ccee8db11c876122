//! The body of a request, put together from what comes: a length, or chunks.
//!
//! Strict about chunks: no extensions, no trailers and no bare line feeds, which no client needs
//! and on which servers disagree.

use serde::{Deserialize, Serialize};

use super::error::HttpError;
use crate::limits::{HTTP_BODY_BYTES_MAX, HTTP_CHUNK_DIGITS_MAX, HTTP_CHUNKED_BYTES_MAX};

/// How a body is marked off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes.
    Length(usize),
    /// Chunks, the last of them empty.
    Chunked,
}

/// A body, as far as it has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Body {
    #[serde(with = "crate::hex")]
    bytes: Vec<u8>,
    state: State,
    /// Bytes that came, as they were sent.
    taken: usize,
}

/// What is expected next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// So many bytes, and then nothing.
    Rest(usize),
    /// The size of a chunk, of which so many digits came.
    Size { digits: u8, size: usize },
    /// The line feed behind it.
    SizeEnd(usize),
    /// So many bytes of a chunk.
    Chunk(usize),
    /// The carriage return behind a chunk …
    ChunkReturn,
    /// … and the line feed.
    ChunkEnd,
    /// The carriage return of the empty line behind the last chunk …
    LastReturn,
    /// … and the line feed.
    LastEnd,
    /// Nothing: the body is whole.
    Whole,
}

const BAD_CHUNK: HttpError = HttpError::Malformed("a chunk of the body is malformed");
const NO_DIGITS: State = State::Size { digits: 0, size: 0 };

impl Body {
    /// A body of which nothing has come.
    pub(super) fn new(framing: Framing) -> Self {
        let state = match framing {
            Framing::Length(0) => State::Whole,
            Framing::Length(length) => State::Rest(length),
            Framing::Chunked => NO_DIGITS,
        };
        Self { bytes: Vec::new(), state, taken: 0 }
    }

    /// Takes what came. What is behind the body is dropped.
    pub(super) fn take(&mut self, mut input: &[u8]) -> Result<(), HttpError> {
        while !input.is_empty() && self.state != State::Whole {
            let used = self.step(input)?;
            self.taken += used;
            input = &input[used..];
            if self.taken > HTTP_CHUNKED_BYTES_MAX {
                return Err(HttpError::BodyTooLarge);
            }
        }
        Ok(())
    }

    /// The body, if it is whole.
    pub(super) fn whole(&self) -> Option<&[u8]> {
        (self.state == State::Whole).then_some(&self.bytes)
    }

    /// Takes some of what came; returns how much.
    fn step(&mut self, input: &[u8]) -> Result<usize, HttpError> {
        let Some(&byte) = input.first() else { return Ok(0) };
        self.state = match (self.state, byte) {
            (State::Rest(left), _) => {
                let used = self.copy(input, left);
                self.state = if used == left { State::Whole } else { State::Rest(left - used) };
                return Ok(used);
            }
            (State::Chunk(left), _) => {
                let used = self.copy(input, left);
                self.state =
                    if used == left { State::ChunkReturn } else { State::Chunk(left - used) };
                return Ok(used);
            }
            (State::Size { digits, size }, b'\r') if digits > 0 => State::SizeEnd(size),
            (State::Size { digits, size }, _) => {
                let digit = (byte as char).to_digit(16).ok_or(BAD_CHUNK)? as usize;
                if digits == HTTP_CHUNK_DIGITS_MAX {
                    return Err(BAD_CHUNK);
                }
                let size = size * 16 + digit;
                if size > HTTP_BODY_BYTES_MAX - self.bytes.len() {
                    return Err(HttpError::BodyTooLarge);
                }
                State::Size { digits: digits + 1, size }
            }
            (State::SizeEnd(0), b'\n') => State::LastReturn,
            (State::SizeEnd(size), b'\n') => State::Chunk(size),
            (State::ChunkReturn, b'\r') => State::ChunkEnd,
            (State::ChunkEnd, b'\n') => NO_DIGITS,
            (State::LastReturn, b'\r') => State::LastEnd,
            (State::LastEnd, b'\n') => State::Whole,
            _ => return Err(BAD_CHUNK),
        };
        Ok(1)
    }

    fn copy(&mut self, input: &[u8], most: usize) -> usize {
        let used = input.len().min(most);
        self.bytes.extend_from_slice(&input[..used]);
        used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of bytes that come so many at a time.
    fn taken(
        framing: Framing,
        bytes: &[u8],
        at_a_time: usize,
    ) -> Result<Option<Vec<u8>>, HttpError> {
        let mut body = Body::new(framing);
        for piece in bytes.chunks(at_a_time.max(1)) {
            body.take(piece)?;
        }
        Ok(body.whole().map(<[u8]>::to_vec))
    }

    fn chunked(bytes: &[u8]) -> Result<Option<Vec<u8>>, HttpError> {
        let whole = taken(Framing::Chunked, bytes, bytes.len());
        for at_a_time in [1, 2, 3, 7] {
            assert_eq!(
                taken(Framing::Chunked, bytes, at_a_time),
                whole,
                "{}",
                bytes.escape_ascii()
            );
        }
        whole
    }

    #[test]
    fn a_length_is_so_many_bytes() {
        for at_a_time in [1, 2, 5, 99] {
            let five = |bytes| taken(Framing::Length(5), bytes, at_a_time);
            assert_eq!(five(b"hell"), Ok(None));
            assert_eq!(five(b"hello"), Ok(Some(b"hello".to_vec())));
            assert_eq!(five(b"hello, and more"), Ok(Some(b"hello".to_vec())));
        }
        assert_eq!(taken(Framing::Length(0), b"x", 1), Ok(Some(Vec::new())));
        assert_eq!(taken(Framing::Length(0), b"", 1), Ok(Some(Vec::new())));
    }

    #[test]
    fn chunks_are_put_together() {
        for (bytes, whole) in [
            (&b"5\r\nhello\r\n0\r\n\r\n"[..], Some(&b"hello"[..])),
            (b"2\r\nhe\r\n003\r\nllo\r\n00\r\n\r\nGET / HTTP/1.1", Some(b"hello")),
            (b"A\r\n0123456789\r\n0\r\n\r\n", Some(b"0123456789")),
            (b"a\r\n0\r\n\r\n45678\r\n0\r\n\r\n", Some(b"0\r\n\r\n45678")),
            (b"0\r\n\r\n", Some(b"")),
            (b"5\r\nhello\r\n0\r\n\r", None),
            (b"5\r\nhello\r\n", None),
            (b"", None),
        ] {
            assert_eq!(chunked(bytes), Ok(whole.map(<[u8]>::to_vec)), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn bad_chunks_are_refused() {
        for bytes in [
            &b"\r\n"[..],
            b"g\r\n",
            b"-1\r\n",
            b" 5\r\nhello\r\n",
            b"5 \r\nhello\r\n",
            b"0x5\r\nhello\r\n",
            b"5;a=b\r\nhello\r\n",
            b"5\nhello\n0\n\n",
            b"5\rhello",
            b"5\r\nhelloX\r\n",
            b"5\r\nhello\n",
            b"5\r\nhello\r\r",
            b"0\r\nTrailer: x\r\n\r\n",
            b"0\r\n\n",
            b"0\r\n\r\r",
            b"000000005\r\nhello\r\n",
        ] {
            assert_eq!(chunked(bytes), Err(BAD_CHUNK), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn no_body_grows_above_the_limit() {
        for size in ["2001", "ffffffff"] {
            let huge = format!("{size}\r\n");
            assert_eq!(chunked(huge.as_bytes()), Err(HttpError::BodyTooLarge));
        }
        let mut many = Vec::new();
        for _ in 0..9 {
            many.extend_from_slice(b"400\r\n");
            many.extend_from_slice(&[b'x'; 1_024]);
            many.extend_from_slice(b"\r\n");
        }
        assert_eq!(chunked(&many), Err(HttpError::BodyTooLarge));
        let tiny = b"1\r\nx\r\n".repeat(HTTP_CHUNKED_BYTES_MAX / 6 + 1);
        assert_eq!(chunked(&tiny), Err(HttpError::BodyTooLarge), "more about chunks than in them");
    }
}
