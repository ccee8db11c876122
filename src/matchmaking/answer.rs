//! What goes out: at most two short datagrams for each one that came in.
//!
//! Everything is held inline, so that answering allocates nothing. Sending is left to `net`, and
//! what the bytes mean to `stun` and `pairing`.
//!
//! Invariants:
//! - a [`Payload`] is never longer than [`ANSWER_BYTES_MAX`], and zero behind its length;
//! - [`Answers`] holds at most two datagrams.

use std::array;
use std::fmt;
use std::iter::Flatten;
use std::net::SocketAddr;
use std::slice;

use crate::limits::ANSWER_BYTES_MAX;
use crate::matchmaking::SocketIndex;

/// The bytes of one outgoing datagram.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Payload {
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

/// One datagram to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// The socket it leaves by: the one its receiver spoke to, or a NAT would drop it.
    pub via: SocketIndex,
    /// Where it goes, in the form in which that socket reports its senders.
    pub to: SocketAddr,
    /// What it says.
    pub payload: Payload,
}

/// What one datagram led to: none, one or two to send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers([Option<Transmit>; 2]);

impl Answers {
    /// One datagram.
    pub(super) fn one(transmit: Transmit) -> Self {
        Self([Some(transmit), None])
    }

    /// Two datagrams, to be sent in this order.
    pub(super) fn two(first: Transmit, second: Transmit) -> Self {
        Self([Some(first), Some(second)])
    }

    /// The datagrams in the order in which they are to be sent.
    pub fn iter(&self) -> Flatten<slice::Iter<'_, Option<Transmit>>> {
        self.0.iter().flatten()
    }

    /// How many datagrams there are to send.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether the answer is silence.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl IntoIterator for Answers {
    type Item = Transmit;
    type IntoIter = Flatten<array::IntoIter<Option<Transmit>, 2>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().flatten()
    }
}

impl<'a> IntoIterator for &'a Answers {
    type Item = &'a Transmit;
    type IntoIter = Flatten<slice::Iter<'a, Option<Transmit>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_out_in_order() {
        let to = |port| Transmit {
            via: SocketIndex(0),
            to: SocketAddr::from(([192, 0, 2, 1], port)),
            payload: Payload::new(),
        };
        assert!(Answers::default().is_empty());
        assert_eq!(Answers::one(to(1)).len(), 1);
        let both = Answers::two(to(1), to(2));
        assert_eq!(both.iter().map(|t| t.to.port()).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(both.into_iter().map(|t| t.to.port()).collect::<Vec<_>>(), [1, 2]);
    }

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
