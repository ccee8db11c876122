//! A STUN Binding request and its answer (RFC 8489), as a client writes and reads them. Pure.
//!
//! Shares nothing with the server. Attributes other than the address are skipped.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

const REQUEST: u16 = 0x0001;
const SUCCESS: u16 = 0x0101;
const MAGIC: u32 = 0x2112_A442;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const HEADER_BYTES: usize = 20;

/// Asks for the address that the request comes from.
pub(super) fn request(id: u64) -> [u8; HEADER_BYTES] {
    let mut request = [0; HEADER_BYTES];
    request[..2].copy_from_slice(&REQUEST.to_be_bytes());
    request[4..8].copy_from_slice(&MAGIC.to_be_bytes());
    request[12..].copy_from_slice(&id.to_be_bytes());
    request
}

/// The id of the request that a datagram answers, and the address in it.
pub(super) fn read(datagram: &[u8]) -> Option<(u64, SocketAddr)> {
    let (header, mut rest) = datagram.split_at_checked(HEADER_BYTES)?;
    let is_answer = header[..2] == SUCCESS.to_be_bytes()
        && usize::from(u16::from_be_bytes([header[2], header[3]])) == rest.len()
        && header[4..12] == request(0)[4..12];
    if !is_answer {
        return None;
    }
    let id = u64::from_be_bytes(header[12..].try_into().ok()?);
    loop {
        let (attribute, after) = rest.split_at_checked(4)?;
        let bytes = usize::from(u16::from_be_bytes([attribute[2], attribute[3]]));
        let value = after.get(..bytes)?;
        if attribute[..2] == XOR_MAPPED_ADDRESS.to_be_bytes() {
            return Some((id, address(value, &header[4..])?));
        }
        rest = after.get(bytes.next_multiple_of(4)..)?;
    }
}

/// An address is hidden from helpful routers by the magic number and the id of the request.
fn address(value: &[u8], mask: &[u8]) -> Option<SocketAddr> {
    let plain: Vec<u8> = value.get(4..)?.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    let ip: IpAddr = match value[1] {
        1 => Ipv4Addr::from(<[u8; 4]>::try_from(plain).ok()?).into(),
        2 => Ipv6Addr::from(<[u8; 16]>::try_from(plain).ok()?).into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::from_be_bytes([value[2] ^ mask[0], value[3] ^ mask[1]])))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer to `request(7)` with some software's name before the address.
    fn answer(address: &[u8]) -> Vec<u8> {
        let mut answer = request(7).to_vec();
        answer[..2].copy_from_slice(&SUCCESS.to_be_bytes());
        answer.extend(b"\x80\x22\x00\x01x\0\0\0\x00\x20\x00");
        answer.push(address.len() as u8);
        answer.extend(address);
        answer[3] = (answer.len() - HEADER_BYTES) as u8;
        answer
    }

    #[test]
    fn an_answer_tells_an_address() {
        // 192.0.2.1:32853 of RFC 5769; the mask of an IPv4 address is the same in all answers.
        let v4 = answer(b"\0\x01\xa1\x47\xe1\x12\xa6\x43");
        assert_eq!(read(&v4), Some((7, "192.0.2.1:32853".parse().unwrap())));
        let mask = &request(7)[4..];
        let masked: Vec<u8> =
            Ipv6Addr::LOCALHOST.octets().iter().zip(mask).map(|(b, m)| b ^ m).collect();
        let v6 = answer(&[&b"\0\x02\xa1\x47"[..], &masked].concat());
        assert_eq!(read(&v6), Some((7, "[::1]:32853".parse().unwrap())));
        for end in 0..v6.len() {
            assert_eq!(read(&v6[..end]), None, "cut after {end}");
        }
    }

    #[test]
    fn anything_else_is_no_answer() {
        let good = answer(b"\0\x01\xa1\x47\xe1\x12\xa6\x43");
        for (at, byte) in [(0, 0), (1, 0x11), (3, 0), (4, 0), (29, 0), (33, 3)] {
            let mut bad = good.clone();
            bad[at] = byte;
            assert_eq!(read(&bad), None, "{byte} at {at}");
        }
        assert_eq!(read(&answer(b"\0\x01\xa1")), None);
        assert_eq!(read(&answer(b"")), None);
        assert_eq!(read(&request(7)), None);
    }
}
