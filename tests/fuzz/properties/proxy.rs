//! The header of a balancer is read the same however its bytes come in, and never beyond its end.

use mio_chat::dialect::{proxy_header_bytes, read_proxy_header};
use mio_chat::limits::{PROXY_HEADER_BYTES_MAX, PROXY_LINE_BYTES_MAX};

/// Bytes of which every beginning is looked at: more than a header takes.
const START_BYTES_MAX: usize = PROXY_HEADER_BYTES_MAX + 64;

/// What is no header stays none; the length that is wanted only grows, up to the limit; a header is
/// there as soon as so many bytes are, and nothing behind it changes what it says. One of text ends
/// where its first line does.
pub fn check(data: &[u8]) {
    let data = &data[..data.len().min(START_BYTES_MAX)];
    let (mut refused, mut wanted, mut known) = (false, 0, None);
    for end in 0..=data.len() {
        let (length, read) = (proxy_header_bytes(&data[..end]), read_proxy_header(&data[..end]));
        assert!(!refused || read.is_err(), "taken back after {end} bytes");
        assert!(length.is_ok() || read.is_err(), "read, though it is none, after {end} bytes");
        refused = read.is_err();
        if let Ok(length) = length {
            assert!(length >= wanted && length <= PROXY_HEADER_BYTES_MAX, "{length} at {end}");
            wanted = length;
        }
        if let Ok(read) = read {
            let is_whole = end >= wanted;
            assert_eq!(read.is_some(), is_whole, "{wanted} wanted, {end} there");
            assert!(known.is_none() || known == read, "changed by byte {end}");
            known = read;
        }
    }
    if known.is_some() && data.starts_with(b"PROXY") {
        let line = data.windows(2).position(|bytes| bytes == b"\r\n").map(|at| at + 2);
        assert!(line == Some(wanted) && wanted <= PROXY_LINE_BYTES_MAX, "{wanted}, not {line:?}");
    }
}
