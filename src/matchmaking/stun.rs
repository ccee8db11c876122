//! STUN (RFC 8489), as much as a public server needs: Binding requests are answered with their
//! source address.
//!
//! There are no credentials here, so MESSAGE-INTEGRITY and its relatives are known and ignored.
//! Only requests are answered, so two servers cannot start to talk to each other; a malformed
//! request is dropped. The caller limits the rate. Messages from before the magic cookie are
//! handled by `classic`.
//!
//! ```text
//!     00 01 | length | 21 12 a4 42 | transaction id, 12 bytes | attributes, `length` bytes
//!     attribute:  type, 2 bytes | length, 2 bytes | value | 0 to 3 bytes up to a multiple of 4
//! ```
//!
//! Invariant: an answer is at most twice as long as its request, both with the headers of IP and
//! UDP.

mod classic;

use std::net::IpAddr;
use std::net::SocketAddr;

use crate::limits::ANSWER_BYTES_MAX;
use crate::limits::STUN_UNKNOWN_LISTED_MAX;
use crate::matchmaking::counters::Reason;
use crate::matchmaking::crc32::crc32;
use crate::matchmaking::payload::Payload;

/// Whether the datagram can only be meant as STUN, well-formed or not.
pub(super) fn is_stun(datagram: &[u8]) -> bool {
    has_cookie(datagram) || classic::is_message(datagram)
}

fn has_cookie(datagram: &[u8]) -> bool {
    matches!(datagram, [0 | 1, _, _, _, 0x21, 0x12, 0xA4, 0x42, ..])
}

/// A well-formed Binding request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BindingRequest<'a> {
    /// The magic cookie and the transaction, which an answer repeats.
    transaction: &'a [u8; 16],
    /// Whether it is one of before the magic cookie.
    is_classic: bool,
    /// Whether it carries a fingerprint, and so wants one.
    fingerprinted: bool,
    /// Attributes it insists on and we do not know.
    unknown: Types,
}

impl<'a> BindingRequest<'a> {
    /// The request in this datagram, or why there is none.
    pub(super) fn parse(datagram: &'a [u8]) -> Result<Self, Reason> {
        let (header, body) =
            datagram.split_first_chunk::<HEADER_BYTES>().ok_or(Reason::StunMalformed)?;
        let [kind_high, kind_low, high, low, transaction @ ..] = header;
        if u16::from_be_bytes([*kind_high, *kind_low]) != BINDING_REQUEST {
            return Err(Reason::StunNotRequest);
        }
        let declared = usize::from(u16::from_be_bytes([*high, *low]));
        if declared != body.len() {
            return Err(Reason::StunMalformed);
        }
        let is_classic = !has_cookie(datagram);
        let unknown = Types::new();
        let mut request = Self { transaction, is_classic, fingerprinted: false, unknown };
        request.read_attributes(datagram, body).ok_or(Reason::StunMalformed)?;
        Ok(request)
    }

    /// The answer: `address`, or an error if the request requires an attribute that we do not know.
    pub(super) fn answer(&self, address: SocketAddr) -> StunAnswer {
        if self.unknown.is_empty() {
            StunAnswer::Success(self.success(address))
        } else {
            StunAnswer::Refusal(self.refusal())
        }
    }

    /// Walks over all attributes; `None` if they are malformed. Each is padded, so a body whose
    /// length is not a multiple of 4 is malformed.
    fn read_attributes(&mut self, datagram: &[u8], body: &[u8]) -> Option<()> {
        let mut rest = body;
        let mut sealed = false;
        while !rest.is_empty() {
            let before = datagram.get(..datagram.len().checked_sub(rest.len())?)?;
            let (kind, value, after) = split_attribute(rest)?;
            match kind {
                _ if self.is_classic && (kind == FINGERPRINT || classic::is_idle(kind, value)) => {}
                FINGERPRINT if after.is_empty() && value == fingerprint(before) => {
                    self.fingerprinted = true;
                }
                FINGERPRINT => return None,
                // RFC 8489, 14.5: nothing else that follows the integrity check counts.
                _ if sealed => {}
                MESSAGE_INTEGRITY | MESSAGE_INTEGRITY_SHA256 => sealed = true,
                _ if kind >= OPTIONAL || KNOWN.contains(&kind) => {}
                _ => self.unknown.add(kind),
            }
            rest = after;
        }
        Some(())
    }

    fn success(&self, address: SocketAddr) -> Payload {
        let mut attributes = Payload::new();
        if self.is_classic {
            classic::mapped_address(&mut attributes, address);
            return self.message(BINDING_SUCCESS, &attributes);
        }
        let [port_mask @ .., _, _] = MAGIC;
        let port = address.port() ^ u16::from_be_bytes(port_mask);
        match address.ip() {
            IpAddr::V4(ip) => {
                let masked = ip.to_bits() ^ u32::from_be_bytes(MAGIC);
                begin_attribute(&mut attributes, XOR_MAPPED_ADDRESS, 8);
                attributes.extend(&[0, 1]);
                attributes.extend(&port.to_be_bytes());
                attributes.extend(&masked.to_be_bytes());
            }
            IpAddr::V6(ip) => {
                let masked = ip.to_bits() ^ self.long_mask();
                begin_attribute(&mut attributes, XOR_MAPPED_ADDRESS, 20);
                attributes.extend(&[0, 2]);
                attributes.extend(&port.to_be_bytes());
                attributes.extend(&masked.to_be_bytes());
            }
        }
        self.message(BINDING_SUCCESS, &attributes)
    }

    /// Magic cookie and transaction in one number: the mask of IPv6 addresses.
    fn long_mask(&self) -> u128 {
        u128::from_be_bytes(*self.transaction)
    }

    /// Error 420 without a phrase: the listed types say it all. An odd number of them is filled up;
    /// in a classic answer, whose attributes had no padding, by one of them once more.
    fn refusal(&self) -> Payload {
        let mut attributes = Payload::new();
        begin_attribute(&mut attributes, ERROR_CODE, 4);
        attributes.extend(&[0, 0, 4, 20]);
        let types = self.unknown.as_slice();
        let last = types.last().filter(|_| !types.len().is_multiple_of(2));
        let again = last.filter(|_| self.is_classic);
        let listed = types.len() + usize::from(again.is_some());
        begin_attribute(&mut attributes, UNKNOWN_ATTRIBUTES, listed as u16 * 2);
        for kind in types.iter().chain(again) {
            attributes.extend(&kind.to_be_bytes());
        }
        if last.is_some() && again.is_none() {
            attributes.extend(&[0, 0]);
        }
        self.message(BINDING_ERROR, &attributes)
    }

    /// Header, attributes, and a fingerprint if the request had one.
    fn message(&self, kind: u16, attributes: &Payload) -> Payload {
        let attributes = attributes.as_ref();
        let seal = if self.fingerprinted { FINGERPRINT_BYTES } else { 0 };
        let mut message = Payload::new();
        message.extend(&kind.to_be_bytes());
        message.extend(&((attributes.len() + seal) as u16).to_be_bytes());
        message.extend(self.transaction);
        message.extend(attributes);
        if self.fingerprinted {
            let value = fingerprint(message.as_ref());
            begin_attribute(&mut message, FINGERPRINT, 4);
            message.extend(&value);
        }
        message
    }
}

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StunAnswer {
    /// Its address.
    Success(Payload),
    /// Error 420, with the attributes we do not know.
    Refusal(Payload),
}

/// A few attribute types, each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Types {
    types: [u16; STUN_UNKNOWN_LISTED_MAX],
    /// `0 <= len <= types.len()`.
    len: usize,
}

impl Types {
    fn new() -> Self {
        Self { types: [0; STUN_UNKNOWN_LISTED_MAX], len: 0 }
    }

    /// Adds a type; one that is there already, or one too many, is left out.
    fn add(&mut self, kind: u16) {
        if self.as_slice().contains(&kind) {
            return;
        }
        if let Some(free) = self.types.get_mut(self.len) {
            *free = kind;
            self.len += 1;
        }
    }

    fn as_slice(&self) -> &[u16] {
        self.types.get(..self.len).unwrap_or_default()
    }

    fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// The first attribute's type and value, and the rest after its padding.
fn split_attribute(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let ([kind_high, kind_low, high, low], rest) = bytes.split_first_chunk::<4>()?;
    let len = usize::from(u16::from_be_bytes([*high, *low]));
    let value = rest.get(..len)?;
    let after = rest.get(len.next_multiple_of(4)..)?;
    Some((u16::from_be_bytes([*kind_high, *kind_low]), value, after))
}

fn begin_attribute(message: &mut Payload, kind: u16, len: u16) {
    message.extend(&kind.to_be_bytes());
    message.extend(&len.to_be_bytes());
}

/// The value of the FINGERPRINT that follows these bytes.
fn fingerprint(covered: &[u8]) -> [u8; 4] {
    (crc32(covered) ^ u32::from_be_bytes(*b"STUN")).to_be_bytes()
}

const MAGIC: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
const HEADER_BYTES: usize = 20;
const FINGERPRINT_BYTES: usize = 8;

const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const BINDING_ERROR: u16 = 0x0111;

const MESSAGE_INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000A;
const MESSAGE_INTEGRITY_SHA256: u16 = 0x001C;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const FINGERPRINT: u16 = 0x8028;

/// Types from here on may be ignored by an agent that does not know them.
const OPTIONAL: u16 = 0x8000;

/// Mandatory types that change nothing here: those of RFC 8489 itself, of which some have no
/// business in a request and are then to be ignored (6.3), and those that ICE (RFC 8445) sends.
const KNOWN: [u16; 11] = [
    classic::MAPPED_ADDRESS,
    0x0006, // USERNAME
    ERROR_CODE,
    UNKNOWN_ATTRIBUTES,
    0x0014, // REALM
    0x0015, // NONCE
    0x001D, // PASSWORD-ALGORITHM
    0x001E, // USERHASH
    XOR_MAPPED_ADDRESS,
    0x0024, // PRIORITY
    0x0025, // USE-CANDIDATE
];

const _: () = {
    let refusal = HEADER_BYTES + 8 + 4 + 2 * STUN_UNKNOWN_LISTED_MAX + FINGERPRINT_BYTES;
    assert!(refusal <= ANSWER_BYTES_MAX, "the longest refusal fits");
    assert!(STUN_UNKNOWN_LISTED_MAX.is_multiple_of(2), "with no padding after the longest list");
    let success = HEADER_BYTES + 4 + 20 + FINGERPRINT_BYTES;
    assert!(success <= ANSWER_BYTES_MAX, "the longest success fits");
    // With headers, of which those of IPv6 are longer still: then less is gained.
    let headers = 20 + 8;
    let listed = HEADER_BYTES + 8 + 4 + 4;
    assert!(listed + headers <= 2 * (HEADER_BYTES + 4 + headers), "one type costs an attribute");
    assert!(refusal + headers <= 2 * (HEADER_BYTES + 4 * STUN_UNKNOWN_LISTED_MAX + headers));
    assert!(success + 48 <= 2 * (HEADER_BYTES + FINGERPRINT_BYTES + 48), "and IPv6 more bytes");
};

#[cfg(test)]
pub(super) mod tests;
