//! Version 2: binary, its length told at the beginning.
//!
//! ```text
//! 12 bytes  signature, which begins no line that anybody types
//!  1        version 2 (upper half), command (lower): 0 the balancer's own, 1 for a client
//!  1        family and transport
//!  2        how many bytes follow: addresses, then what else the balancer tells
//! ```
//!
//! What is behind the addresses is skipped.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{NoHeader, Proxied};
use crate::limits::PROXY_HEADER_BYTES_MAX;

/// Bytes up to and including the length of the rest.
const FIXED_BYTES: usize = 16;
/// The signature.
pub(super) const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// The length of the header that begins so, as far as it is known yet.
pub(super) fn header_bytes(start: &[u8]) -> Result<usize, NoHeader> {
    let same = start.iter().zip(&SIGNATURE).all(|(byte, expected)| byte == expected);
    let version = start.get(12).is_none_or(|byte| matches!(byte, 0x20 | 0x21));
    if !same || !version {
        return Err(NoHeader);
    }
    let Some(&[high, low]) = start.get(14..FIXED_BYTES) else { return Ok(FIXED_BYTES) };
    let whole = FIXED_BYTES + usize::from(u16::from_be_bytes([high, low]));
    if whole > PROXY_HEADER_BYTES_MAX { Err(NoHeader) } else { Ok(whole) }
}

/// Reads a whole header, and nothing else.
pub(super) fn read(header: &[u8]) -> Result<Proxied, NoHeader> {
    let (fixed, rest) = header.split_first_chunk::<FIXED_BYTES>().ok_or(NoHeader)?;
    // Whatever else it says: the balancer's own connection.
    if fixed[12] == 0x20 {
        return Ok(Proxied::Itself);
    }
    match fixed[13] {
        // TCP over IPv4 and over IPv6.
        0x11 => {
            let addresses: &[u8; 12] = rest.first_chunk().ok_or(NoHeader)?;
            let [a, b, c, d, _, _, _, _, high, low, ..] = *addresses;
            Ok(client(Ipv4Addr::new(a, b, c, d).into(), [high, low]))
        }
        0x21 => {
            let addresses: &[u8; 36] = rest.first_chunk().ok_or(NoHeader)?;
            let (source, _) = addresses.split_first_chunk::<16>().ok_or(NoHeader)?;
            let source = Ipv6Addr::from(*source).to_canonical();
            Ok(client(source, [addresses[32], addresses[33]]))
        }
        // An unknown family, or one that no client of this server can have: no address.
        0x00 | 0x12 | 0x22 | 0x31 | 0x32 => Ok(Proxied::Itself),
        _ => Err(NoHeader),
    }
}

fn client(ip: IpAddr, port: [u8; 2]) -> Proxied {
    Proxied::For(SocketAddr::new(ip, u16::from_be_bytes(port)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{proxy_header_bytes, read_proxy_header};

    fn header(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = (rest.len() as u16).to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, rest].concat()
    }

    fn ipv4(extra: &[u8]) -> Vec<u8> {
        let addresses = [203, 0, 113, 7, 198, 51, 100, 1, 0xC0, 0x01, 0xD9, 0x03];
        header(0x21, 0x11, &[&addresses, extra].concat())
    }

    fn ipv6(source: &str) -> Vec<u8> {
        let source: Ipv6Addr = source.parse().unwrap();
        let addresses = [source.octets(), Ipv6Addr::LOCALHOST.octets()].concat();
        header(0x21, 0x21, &[&addresses[..], &[0xC0, 0x01, 0xD9, 0x03]].concat())
    }

    fn told(source: &str) -> Result<Option<Proxied>, NoHeader> {
        Ok(Some(Proxied::For(source.parse().unwrap())))
    }

    #[test]
    fn the_true_address_is_read_and_what_is_behind_it_skipped() {
        assert_eq!(read_proxy_header(&ipv4(b"")), told("203.0.113.7:49153"));
        assert_eq!(read_proxy_header(&ipv4(&[0x04, 0, 3, 1, 2, 3])), told("203.0.113.7:49153"));
        assert_eq!(read_proxy_header(&ipv4(&[0xFF; 508])), told("203.0.113.7:49153"));
        assert_eq!(read_proxy_header(&ipv6("2001:db8::7")), told("[2001:db8::7]:49153"));
        assert_eq!(read_proxy_header(&ipv6("::ffff:192.0.2.9")), told("192.0.2.9:49153"));
        let followed = [ipv4(b""), b"alice\n".to_vec()].concat();
        assert_eq!(proxy_header_bytes(&followed), Ok(28), "the line is the client's");
    }

    #[test]
    fn a_balancer_may_speak_for_itself() {
        for itself in [
            header(0x20, 0x00, b""),
            header(0x20, 0x11, b"too short"),
            header(0x20, 0x77, b""),
            header(0x21, 0x00, b"whatever it is"),
            header(0x21, 0x12, &[0; 12]),
            header(0x21, 0x31, &[0; 216]),
        ] {
            assert_eq!(read_proxy_header(&itself), Ok(Some(Proxied::Itself)), "{itself:?}");
        }
    }

    #[test]
    fn every_split_waits_for_the_rest_and_a_wrong_byte_for_nothing() {
        for whole in [ipv4(b""), ipv4(&[9; 100]), ipv6("2001:db8::7"), header(0x20, 0, b"")] {
            for end in 0..whole.len() {
                assert_eq!(read_proxy_header(&whole[..end]), Ok(None), "{end} bytes");
                let wanted = proxy_header_bytes(&whole[..end]).unwrap();
                assert!(wanted > end && wanted <= whole.len(), "{wanted} after {end}");
            }
            for at in 0..13 {
                let mut spoiled = whole.clone();
                spoiled[at] ^= 0x40;
                assert_eq!(proxy_header_bytes(&spoiled[..=at]), Err(NoHeader), "byte {at}");
            }
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for none in [
            header(0x11, 0x11, &[0; 12]),
            header(0x22, 0x11, &[0; 12]),
            header(0x21, 0x41, &[0; 12]),
            header(0x21, 0x13, &[0; 12]),
            header(0x21, 0x11, &[0; 11]),
            header(0x21, 0x21, &[0; 35]),
            header(0x21, 0x11, &[0; 521]),
            b"\r\n\r\nhello\n".to_vec(),
            b"alice\n".to_vec(),
        ] {
            assert_eq!(read_proxy_header(&none), Err(NoHeader), "{none:?}");
        }
    }

    #[test]
    fn no_bytes_are_too_odd() {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let mut whole = 0;
        for _ in 0..100_000 {
            let mut bytes = ipv4(&vec![random() as u8; (random() % 530) as usize]);
            for _ in 0..random() % 4 {
                let at = 12 + random() as usize % (bytes.len() - 12);
                bytes[at] = random() as u8;
            }
            bytes.truncate(random() as usize % (bytes.len() + 1));
            match (proxy_header_bytes(&bytes), read_proxy_header(&bytes)) {
                (Ok(length), Ok(read)) => {
                    assert!(length <= PROXY_HEADER_BYTES_MAX);
                    assert_eq!(read.is_some(), bytes.len() >= length && bytes.len() >= 16);
                    whole += usize::from(read.is_some());
                }
                (Err(_), read) => assert_eq!(read, Err(NoHeader)),
                (Ok(_), read) => assert!(read.is_err() && bytes.len() >= 16),
            }
        }
        assert!(whole > 100, "only {whole} whole headers");
    }
}
