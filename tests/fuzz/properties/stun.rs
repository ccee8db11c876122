//! STUN requests, nearly well-formed: each that is gets the address it came from or a refusal,
//! each that is not gets silence, as a careful reader of RFC 8489 would have it. One whose magic
//! cookie was harmed is one of before there was any.
//!
//! The bytes are: source, seal, attributes (count, and for each two bytes of type, a length and a
//! value), then harm that is done to the finished request (place and byte, again and again).

use std::net::{IpAddr, SocketAddr};

use mio_chat::limits::DATAGRAM_BYTES_MAX;
use mio_chat::matchmaking::{Matchmaker, MatchmakerSettings, SocketIndex};
use mio_chat::time::Time;

use super::input::Input;
use crate::common::matched::answers;

const MAGIC: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
const TRANSACTION: [u8; 12] = *b"mio-chat-fuz";
const HEADER: usize = 20;
const ATTRIBUTES_MAX: u8 = 16;
const REQUEST: [u8; 2] = [0, 1];
const SUCCESS: [u8; 2] = [1, 1];
const REFUSAL: [u8; 2] = [1, 0x11];
const FINGERPRINT: u16 = 0x8028;
const MAPPED_ADDRESS: u16 = 0x0001;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const SOURCES: [&str; 5] = [
    "192.0.2.1:40000",
    "127.0.0.1:1",
    "[2001:db8::1]:65535",
    "[::ffff:192.0.2.9]:4660",
    "[fe80::1%2]:8466",
];

/// The answer is right, or silence where it should be.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let source: SocketAddr = input.pick(&SOURCES).parse().expect("a source of the table");
    let request = request(&mut input);
    let settings = MatchmakerSettings {
        plain_pairing: false,
        answers_per_second: 0,
        ..MatchmakerSettings::default()
    };
    let mut matchmaker = Matchmaker::new(settings, [7; 16]);
    let answers = answers(&mut matchmaker, Time::ZERO, SocketIndex(1), source, &request);
    matchmaker.check_invariants();
    let well_formed = attributes(&request).filter(|_| request[..2] == REQUEST);
    let Some(answer) = answers.first() else {
        return assert!(well_formed.is_none(), "silence for {}", request.escape_ascii());
    };
    assert!(well_formed.is_some(), "an answer for {}", request.escape_ascii());
    assert_eq!((answers.len(), answer.to, answer.via), (1, source, SocketIndex(1)));
    expect_answer(&answer.payload, &request, source);
}

/// A Binding request as the input would have it.
fn request(input: &mut Input<'_>) -> Vec<u8> {
    let seal = input.byte();
    let mut request = [&REQUEST[..], &[0, 0], &MAGIC, &TRANSACTION].concat();
    for _ in 0..input.byte() % (ATTRIBUTES_MAX + 1) {
        let kind = [input.byte(), input.byte()];
        let value = input.bytes();
        push_attribute(&mut request, u16::from_be_bytes(kind), value);
    }
    if !seal.is_multiple_of(4) {
        let sealed_len = (request.len() + 8 - HEADER) as u16;
        request[2..4].copy_from_slice(&sealed_len.to_be_bytes());
        let wrong = u32::from(seal % 4 == 3);
        let value = (fingerprint(&request) ^ wrong).to_be_bytes();
        push_attribute(&mut request, FINGERPRINT, &value);
    }
    let len = (request.len() - HEADER) as u16;
    request[2..4].copy_from_slice(&len.to_be_bytes());
    while !input.is_empty() {
        let (place, byte) = (usize::from(input.byte()), input.byte());
        match request.get_mut(place) {
            Some(harmed) => *harmed = byte,
            None => request.truncate(usize::from(byte)),
        }
    }
    request
}

fn push_attribute(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend((value.len() as u16).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

fn has_cookie(message: &[u8]) -> bool {
    message.get(4..8) == Some(&MAGIC[..])
}

/// The attributes of a message that ends where it says and whose fingerprint, if it has one, is
/// last and right; before the magic cookie there was none. `None` for any other.
fn attributes(message: &[u8]) -> Option<Vec<(u16, Vec<u8>)>> {
    let word = |at: usize| Some(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]));
    let whole = message.len() == HEADER + usize::from(word(2)?);
    if !whole || message.len() > DATAGRAM_BYTES_MAX {
        return None;
    }
    let (mut attributes, mut at) = (Vec::new(), HEADER);
    while at < message.len() {
        let (kind, len) = (word(at)?, usize::from(word(at + 2)?));
        let value = message.get(at + 4..at + 4 + len)?;
        let end = at + 4 + len.next_multiple_of(4);
        let sealed = value == fingerprint(&message[..at]).to_be_bytes() && end == message.len();
        if end > message.len() || (kind == FINGERPRINT && has_cookie(message) && !sealed) {
            return None;
        }
        attributes.push((kind, value.to_vec()));
        at = end;
    }
    Some(attributes)
}

fn expect_answer(answer: &[u8], request: &[u8], source: SocketAddr) {
    let Some(told) = attributes(answer) else {
        panic!("not well-formed: {}", answer.escape_ascii())
    };
    assert_eq!(answer[4..HEADER], request[4..HEADER], "the transaction");
    let is_classic = !has_cookie(request);
    let sealed = |message| {
        let attributes: Option<Vec<(u16, Vec<u8>)>> = attributes(message);
        attributes.is_some_and(|attributes| attributes.iter().any(|(kind, _)| *kind == FINGERPRINT))
    };
    let seals = !is_classic && sealed(request);
    assert_eq!(sealed(answer), seals, "a fingerprint for a fingerprint");
    if answer[..2] == SUCCESS {
        let (kind, value) = &told[0];
        let canonical = SocketAddr::new(source.ip().to_canonical(), source.port());
        let mask = if is_classic { &[0; 16] } else { &answer[4..HEADER] };
        assert_eq!(*kind, if is_classic { MAPPED_ADDRESS } else { XOR_MAPPED_ADDRESS });
        assert_eq!(unmasked(value, mask), canonical);
    } else {
        assert_eq!(answer[..2], REFUSAL);
        assert_eq!(told[0], (0x0009, vec![0, 0, 4, 20]));
        assert!(!is_classic || told[1].1.len().is_multiple_of(4), "there was no padding");
    }
    assert!(answer.len() + 28 <= 2 * (request.len() + 28), "twice as much, with headers");
}

/// The address in an XOR-MAPPED-ADDRESS; `mask` is the magic and the transaction. With zeros as
/// the mask, that in a MAPPED-ADDRESS.
fn unmasked(value: &[u8], mask: &[u8]) -> SocketAddr {
    let plain = |at: usize, len: usize| -> Vec<u8> {
        value[at..at + len].iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect()
    };
    let ip = match value[..2] {
        [0, 1] => IpAddr::from(<[u8; 4]>::try_from(plain(4, 4)).expect("four bytes")),
        [0, 2] => IpAddr::from(<[u8; 16]>::try_from(plain(4, 16)).expect("sixteen bytes")),
        _ => panic!("neither IPv4 nor IPv6: {value:?}"),
    };
    SocketAddr::new(ip, u16::from_be_bytes(plain(2, 2).try_into().expect("two bytes")))
}

/// CRC-32 (ISO-HDLC) bit by bit, and what RFC 8489 puts over it.
fn fingerprint(covered: &[u8]) -> u32 {
    let crc = covered.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    });
    !crc ^ 0x5354_554E
}
