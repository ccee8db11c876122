//! The bytes of one short answer, held inline so that answering allocates nothing.
//!
//! `stun` and plain pairing define the bytes' meaning.
//!
//! Invariant: a [`Payload`] is never longer than [`ANSWER_BYTES_MAX`], and zero behind its length.

use std::fmt;

use crate::limits::ANSWER_BYTES_MAX;

/// The bytes of one outgoing datagram.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Payload {
    bytes: [u8; ANSWER_BYTES_MAX],
    /// `0 <= len <= bytes.len()`.
    len: usize,
}

impl Payload {
    /// No bytes yet.
    pub(super) fn new() -> Self {
        Self { bytes: [0; ANSWER_BYTES_MAX], len: 0 }
    }

    /// Adds bytes at the end. The callers' longest answers are known to fit.
    pub(super) fn extend(&mut self, more: &[u8]) {
        let end = self.len.saturating_add(more.len());
        let free = self.bytes.get_mut(self.len..end);
        debug_assert!(free.is_some(), "an answer of {end} bytes does not fit");
        if let Some(free) = free {
            free.copy_from_slice(more);
            self.len = end;
        }
    }
}

impl AsRef<[u8]> for Payload {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl fmt::Write for Payload {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.extend(text.as_bytes());
        Ok(())
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_ref().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_grows_up_to_its_limit() {
        let mut payload = Payload::new();
        payload.extend(b"one\n");
        assert_eq!(format!("{payload:?}"), "\"one\\n\"");
        payload.extend(&[7; ANSWER_BYTES_MAX - 4]);
        assert_eq!(payload.as_ref().len(), ANSWER_BYTES_MAX);
        assert_eq!(payload.as_ref().first(), Some(&b'o'));
    }
}
