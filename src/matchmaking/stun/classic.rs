//! STUN as it was before it had a magic cookie (RFC 3489): phones, consoles and old libraries.
//!
//! Nothing in such a message says for certain that it is STUN, so its kind and its length must. A
//! Binding request is answered as RFC 8489 has it (by way of RFC 5389, 12.2): with MAPPED-ADDRESS,
//! and with all 16 bytes of the transaction. Other messages of this form are neither answered nor
//! paired.
//!
//! ```text
//!     00 01 | length | transaction id, 16 bytes | attributes, `length` bytes
//! ```

use std::net::IpAddr;
use std::net::SocketAddr;

use super::HEADER_BYTES;
use super::begin_attribute;
use crate::limits::DATAGRAM_BYTES_MAX;
use crate::matchmaking::payload::Payload;

/// Requests, indications, answers and errors of its two methods, Binding and Shared Secret.
const KINDS: [u16; 7] = [0x0001, 0x0002, 0x0011, 0x0101, 0x0102, 0x0111, 0x0112];

pub(super) const MAPPED_ADDRESS: u16 = 0x0001;
const CHANGE_REQUEST: u16 = 0x0003;

/// Types that RFC 3489 knows and that change nothing: SOURCE-ADDRESS, CHANGED-ADDRESS, PASSWORD and
/// REFLECTED-FROM, which have no business in a request.
const IDLE: [u16; 4] = [0x0004, 0x0005, 0x0007, 0x000B];

/// Whether this is such a message: it ends where it says, or was cut off before.
///
/// A game's datagrams may begin with a kind, too. They are recognised by more bytes than a message
/// of that length has, by a length that no message can have, or by a length that counts all bytes
/// behind it (a message counts 16 bytes less).
pub(super) fn is_message(datagram: &[u8]) -> bool {
    let [kind_high, kind_low, high, low, rest @ ..] = datagram else { return false };
    let kind = u16::from_be_bytes([*kind_high, *kind_low]);
    let declared = usize::from(u16::from_be_bytes([*high, *low]));
    let whole = HEADER_BYTES + declared;
    let is_possible = declared.is_multiple_of(4) && whole <= DATAGRAM_BYTES_MAX;
    let counts_the_rest = declared > 0 && declared == rest.len();
    let is_cut = datagram.len() < whole && is_possible && !counts_the_rest;
    KINDS.contains(&kind) && (datagram.len() == whole || is_cut)
}

/// Whether an attribute asks for nothing that is not done anyway. A client that asks for an answer
/// from another address (CHANGE-REQUEST with a flag) or to another one (RESPONSE-ADDRESS) must be
/// told that this is not done, or it would draw wrong conclusions about its NAT.
pub(super) fn is_idle(kind: u16, value: &[u8]) -> bool {
    IDLE.contains(&kind) || (kind == CHANGE_REQUEST && value == [0; 4])
}

/// MAPPED-ADDRESS: the address as it is.
pub(super) fn mapped_address(attributes: &mut Payload, address: SocketAddr) {
    let (family, len) = if address.is_ipv4() { (1, 8) } else { (2, 20) };
    begin_attribute(attributes, MAPPED_ADDRESS, len);
    attributes.extend(&[0, family]);
    attributes.extend(&address.port().to_be_bytes());
    match address.ip() {
        IpAddr::V4(ip) => attributes.extend(&ip.octets()),
        IpAddr::V6(ip) => attributes.extend(&ip.octets()),
    }
}
