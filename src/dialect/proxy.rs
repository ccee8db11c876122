//! The header that a balancer puts before what its client says: the PROXY protocol, as HAProxy has
//! specified it, in both of its versions. The first bytes tell which one it is.
//!
//! `net` decides which addresses are trusted to send one.

mod version1;
mod version2;

use std::net::SocketAddr;

/// The content of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxied {
    /// On behalf of a client with this address.
    For(SocketAddr),
    /// The balancer itself, which looks whether we are well, or cannot say for whom.
    Itself,
}

/// Not a header, or one that is longer than any should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoHeader;

/// The length of the header that begins so, as far as it is known yet. Taking no more bytes than
/// that leaves the client's own bytes to its session.
///
/// # Errors
/// It is none, which shows at the first wrong byte, or at the end of version 1.
pub fn proxy_header_bytes(start: &[u8]) -> Result<usize, NoHeader> {
    match start.first() {
        // Either version: the shorter one.
        None => Ok(version1::SHORTEST_BYTES),
        Some(first) if *first == version2::SIGNATURE[0] => version2::header_bytes(start),
        Some(_) => version1::header_bytes(start),
    }
}

/// Reads a header of which all bytes are there; `None` while more must come.
///
/// # Errors
/// It is none.
pub fn read_proxy_header(bytes: &[u8]) -> Result<Option<Proxied>, NoHeader> {
    let whole = proxy_header_bytes(bytes)?;
    let Some(header) = bytes.get(..whole) else { return Ok(None) };
    let is_binary = header.first() == version2::SIGNATURE.first();
    let told = if is_binary { version2::read(header) } else { version1::read(header) };
    told.map(Some)
}
