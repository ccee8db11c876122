//! WebSocket frames (RFC 6455 §5) without extensions: those of a client are read where they lie,
//! and headers are written for those of the server.
//!
//! Nothing here knows which frame came before; that is left to [`message`](super::message).

use thiserror::Error;

use crate::limits::{WEBSOCKET_CONTROL_BYTES_MAX, WEBSOCKET_REASON_BYTES_MAX};

const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;
/// Lengths from here on take two bytes more …
const LENGTH_16: u8 = 126;
/// … or eight.
const LENGTH_64: u8 = 127;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// More of a message.
    Continuation = 0,
    /// A text, or its beginning.
    Text = 1,
    /// Bytes, or their beginning.
    Binary = 2,
    /// The end of the connection.
    Close = 8,
    /// A question whether the other end is there.
    Ping = 9,
    /// The answer.
    Pong = 10,
}

/// What a client must not do; it is told so, and closed.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Violation {
    /// No extension was agreed to.
    #[error("a reserved bit is set")]
    ReservedBit,
    /// Nobody has defined it.
    #[error("the opcode is unknown")]
    UnknownOpcode,
    /// Clients mask all that they send.
    #[error("the frame is not masked")]
    NotMasked,
    /// Control frames have 125 bytes at most.
    #[error("the control frame is too long")]
    LongControl,
    /// Control frames are whole.
    #[error("the control frame is fragmented")]
    FragmentedControl,
    /// A shorter form would do, or the top bit of the longest is set.
    #[error("the length is not written in its shortest form")]
    Length,
    /// A continuation of no message.
    #[error("no message was begun that this goes on with")]
    NothingToContinue,
    /// A new message inside another.
    #[error("the message before this has not ended")]
    NotContinued,
    /// A close of one byte, or with a code that no client may send.
    #[error("the close code is not valid")]
    CloseCode,
    /// A text or a reason that is not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// More bytes than are taken in.
    #[error("the message is too long")]
    TooLong,
    /// More fragments than are taken in.
    #[error("the message has too many fragments")]
    TooManyFragments,
    /// This language has only texts.
    #[error("only text is understood here")]
    Binary,
}

impl Violation {
    /// The code of the close that tells a client (RFC 6455 §7.4.1).
    pub fn code(self) -> u16 {
        match self {
            Self::NotUtf8 => 1007,
            Self::TooLong | Self::TooManyFragments => 1009,
            Self::Binary => 1003,
            _ => 1002,
        }
    }
}

/// The header of a client's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The message ends with this frame.
    pub is_final: bool,
    /// What it is.
    pub opcode: Opcode,
    /// Bytes of the header.
    pub size: usize,
    /// Bytes of what follows it.
    pub payload: usize,
    /// What the payload is masked with.
    pub mask: [u8; 4],
}

impl Opcode {
    fn parse(bits: u8) -> Option<Self> {
        const ALL: [Opcode; 6] = [
            Opcode::Continuation,
            Opcode::Text,
            Opcode::Binary,
            Opcode::Close,
            Opcode::Ping,
            Opcode::Pong,
        ];
        ALL.into_iter().find(|opcode| *opcode as u8 == bits)
    }

    /// Whether it may come between the fragments of a message.
    pub fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// Reads the header at the front of `bytes`; `None`: it is not whole yet. What is wrong is told as
/// soon as it is seen, whatever is missing. No payload of a message may have more bytes than
/// `room`.
pub fn read_header(bytes: &[u8], room: usize) -> Result<Option<Header>, Violation> {
    let &[first, second, ref rest @ ..] = bytes else { return Ok(None) };
    let opcode = Opcode::parse(first & 0x0F);
    if first & RESERVED != 0 {
        return Err(Violation::ReservedBit);
    }
    let (is_final, opcode) = (first & FINAL != 0, opcode.ok_or(Violation::UnknownOpcode)?);
    if second & MASKED == 0 {
        return Err(Violation::NotMasked);
    }
    let short = second & !MASKED;
    if opcode.is_control() && usize::from(short) > WEBSOCKET_CONTROL_BYTES_MAX {
        return Err(Violation::LongControl);
    }
    if opcode.is_control() && !is_final {
        return Err(Violation::FragmentedControl);
    }
    let Some((payload, rest)) = length(short, rest) else { return Ok(None) };
    let is_shortest = match short {
        LENGTH_64 => payload > u64::from(u16::MAX) && payload >> 63 == 0,
        LENGTH_16 => payload >= u64::from(LENGTH_16),
        _ => true,
    };
    if !is_shortest {
        return Err(Violation::Length);
    }
    let payload = usize::try_from(payload).unwrap_or(usize::MAX);
    if payload > room && !opcode.is_control() {
        return Err(Violation::TooLong);
    }
    let Some((&mask, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
    Ok(Some(Header { is_final, opcode, size: bytes.len() - rest.len(), payload, mask }))
}

/// The length of a payload, and what follows it; `None`: it is not whole yet.
fn length(short: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    match short {
        LENGTH_16 => {
            let (length, rest) = rest.split_first_chunk()?;
            Some((u16::from_be_bytes(*length).into(), rest))
        }
        LENGTH_64 => {
            let (length, rest) = rest.split_first_chunk()?;
            Some((u64::from_be_bytes(*length), rest))
        }
        _ => Some((short.into(), rest)),
    }
}

/// Takes a mask off a whole payload, or puts it on.
pub fn mask(payload: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.into_iter().cycle()) {
        *byte ^= key;
    }
}

/// Appends one frame of the server that holds a whole message: what `write` appends.
pub fn write_frame(opcode: Opcode, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    // Most have a header of four bytes, so most stay where they are written.
    out.extend_from_slice(&[FINAL | opcode as u8, LENGTH_16, 0, 0]);
    write(out);
    let payload = out.len() - start - 4;
    if let Ok(length) = u16::try_from(payload) {
        if payload < usize::from(LENGTH_16) {
            out[start + 1] = payload as u8;
            out.copy_within(start + 4.., start + 2);
            out.truncate(start + 2 + payload);
        } else {
            out[start + 2..start + 4].copy_from_slice(&length.to_be_bytes());
        }
    } else {
        out[start + 1] = LENGTH_64;
        out.splice(start + 2..start + 4, (payload as u64).to_be_bytes());
    }
}

/// Appends a close: a code and why, which is cut where it does not fit.
pub fn write_close(code: u16, reason: &str, out: &mut Vec<u8>) {
    let fits = |end: &usize| reason.is_char_boundary(*end);
    let end = (0..=reason.len().min(WEBSOCKET_REASON_BYTES_MAX)).rev().find(fits);
    let reason = &reason[..end.unwrap_or(0)];
    write_frame(Opcode::Close, out, |out| {
        out.extend_from_slice(&code.to_be_bytes());
        out.extend_from_slice(reason.as_bytes());
    });
}

/// Reads the header of a server's frame at the front of `bytes`; `None`: it is not whole yet. What
/// is unknown is taken for bytes.
pub fn read_server_header(bytes: &[u8]) -> Option<Header> {
    let &[first, short, ref rest @ ..] = bytes else { return None };
    let (payload, behind) = length(short & !MASKED, rest)?;
    Some(Header {
        is_final: first & FINAL != 0,
        opcode: Opcode::parse(first & 0x0F).unwrap_or(Opcode::Binary),
        size: bytes.len() - behind.len(),
        payload: usize::try_from(payload).unwrap_or(usize::MAX),
        mask: [0; 4],
    })
}

/// Bytes of the server's frame that begins here, which may be more than are there; `None`: its
/// header is not whole.
pub fn frame_len(bytes: &[u8]) -> Option<usize> {
    let header = read_server_header(bytes)?;
    header.payload.checked_add(header.size)
}
