//! Datagrams and sources that somebody might make up, from a seed that repeats them.

use std::net::{IpAddr, SocketAddr};

use super::random::Random;
use super::{binding_request, stun, verbs};

/// Well-formed datagrams of every language, and answers of servers.
pub(crate) fn examples() -> Vec<Vec<u8>> {
    let mut examples = requests();
    examples.extend(not_to_be_answered());
    examples.extend([b"".to_vec(), b"hello".to_vec(), b"192.0.2.1".to_vec()]);
    examples
}

/// Requests that are answered, each once: Binding requests, and those of the keyed protocol.
pub(crate) fn requests() -> Vec<Vec<u8>> {
    let software = b"\x80\x22\0\x04test";
    let unknown = [b"\0\x03\0\x04\0\0\0\x06".as_slice(), software, software].concat();
    let binding = vec![
        binding_request(&[]),
        with_fingerprint(),
        binding_request(software),
        stun(1, &unknown),
        stun(1, &unknown[..8]),
        classic(1, &[]),
        classic(1, &unknown[..8]),
    ];
    [binding, verbs::requests()].concat()
}

/// Whole datagrams that ask for nothing: what servers say, what is not well-formed, what players
/// say who are none.
pub(crate) fn not_to_be_answered() -> Vec<Vec<u8>> {
    let mapped = b"\0\x20\0\x08\0\x01\xbd\x52\x5e\x12\xa4\x43";
    let error = b"\0\x09\0\x04\0\0\x04\x14\0\x0a\0\x02\0\x03\0\0";
    let short = binding_request(&[])[..19].to_vec();
    let mut wrong_length = binding_request(&[]);
    wrong_length[3] = 4;
    let mut wrong_fingerprint = with_fingerprint();
    wrong_fingerprint[27] ^= 1;
    let all = vec![
        stun(0x0101, mapped),
        stun(0x0111, error),
        stun(0x0011, &[]),
        stun(0x0003, &[]),
        classic(0x0101, mapped),
        classic(0x0111, error),
        classic(0x0011, &[]),
        classic(0x0002, &[]),
        classic(1, &[])[..19].to_vec(),
        classic(1, mapped)[..25].to_vec(),
        b"192.0.2.1:4001\n".to_vec(),
        b"[2001:db8::1]:4001\n".to_vec(),
        b"MC1 JOIN q=duel n=2\n".to_vec(),
        vec![b'x'; 513],
        short,
        wrong_length,
        wrong_fingerprint,
    ];
    [all, verbs::not_to_be_answered()].concat()
}

/// A STUN message of before there was a magic cookie (RFC 3489).
fn classic(kind: u16, attributes: &[u8]) -> Vec<u8> {
    let mut message = stun(kind, attributes);
    message.splice(4..8, *b"old ");
    message
}

/// A Binding request with a fingerprint, which is answered with one.
fn with_fingerprint() -> Vec<u8> {
    let mut message = stun(1, &[0x80, 0x28, 0, 4, 0, 0, 0, 0]);
    let value = crc32(&message[..20]) ^ 0x5354_554E;
    message.splice(24.., value.to_be_bytes());
    message
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

/// An example, mostly spoilt a little, or noise.
pub(crate) fn datagram(random: &mut Random, examples: &[Vec<u8>]) -> Vec<u8> {
    if random.below(16) == 0 {
        let length = random.below(560);
        return (0..length).map(|_| random.next() as u8).collect();
    }
    let mut bytes = random.pick(examples).clone();
    for _ in 0..random.below(3) {
        let at = random.below(bytes.len() + 1);
        match random.below(3) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.next() as u8),
            _ => bytes.extend(random.pick(examples)),
        }
    }
    if bytes.len() >= 20 && random.below(2) == 0 {
        let length = (bytes.len() - 20) as u16;
        bytes.splice(2..4, length.to_be_bytes());
    }
    bytes
}

/// A source among about so many, of every family and form, some of them impossible.
pub(crate) fn source(random: &mut Random, among: u64) -> SocketAddr {
    let number = random.below(among as usize) as u32;
    let [a, b, c, d] = number.to_be_bytes();
    let (high, low) = ((number >> 16) as u16, number as u16);
    let ip: IpAddr = match number % 8 {
        0..=3 => [100 ^ a, 64 ^ b, c, d].into(),
        4 | 5 => [0x2001, 0xdb8, high, low, 0, 0, 0, 1].into(),
        // The same as an IPv4 address, as a socket for both families would tell it.
        6 => [0, 0, 0, 0, 0, 0xffff, 0x6440 ^ high, low].into(),
        _ => *random.pick(&[
            [0, 0, 0, 0].into(),
            [224, 0, 0, 1].into(),
            [255, 255, 255, 255].into(),
            [127, 0, 0, d].into(),
            [0, 0, 0, 0, 0, 0, 0, 0].into(),
            [0xff02, 0, 0, 0, 0, 0, 0, 1].into(),
        ]),
    };
    SocketAddr::new(ip, *random.pick(&[0, 53, 4_000, 4_000, 4_000, 50_000, 65_535]))
}
