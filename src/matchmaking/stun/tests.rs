//! The published examples (RFC 5769), and every way in which a request can be wrong.

use std::net::SocketAddr;

use crate::limits::STUN_UNKNOWN_LISTED_MAX;
use crate::matchmaking::counters::Reason;
use crate::matchmaking::stun::Answer;
use crate::matchmaking::stun::Request;
use crate::matchmaking::stun::fingerprint;
use crate::matchmaking::stun::is_stun;

/// Bytes from hexadecimal digits; spaces are for the reader.
fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<char> = digits.chars().filter(|c| !c.is_whitespace()).collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

const TRANSACTION: &str = "b7e7a701 bc34d686 fa87dfae";

/// RFC 5769, 2.1: software, priority, ice-controlled, username, integrity, fingerprint.
pub(in crate::matchmaking) fn sample_request() -> Vec<u8> {
    hex("00010058 2112a442 b7e7a701 bc34d686 fa87dfae
         80220010 5354554e 20746573 7420636c 69656e74
         00240004 6e0001ff  80290008 932ff9b1 51263b36
         00060009 6576746a 3a683676 59202020
         00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
         80280004 e57a3bcf")
}

/// RFC 5769, 2.2, and the address it tells.
fn sample_ipv4_response() -> (Vec<u8>, SocketAddr) {
    let bytes = hex("0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
                     8022000b 74657374 20766563 746f7220
                     00200008 0001a147 e112a643
                     00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
                     80280004 c07d4c96");
    (bytes, "192.0.2.1:32853".parse().unwrap())
}

/// RFC 5769, 2.3, and the address it tells.
fn sample_ipv6_response() -> (Vec<u8>, SocketAddr) {
    let bytes = hex("01010048 2112a442 b7e7a701 bc34d686 fa87dfae
                     8022000b 74657374 20766563 746f7220
                     00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
                     00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
                     80280004 c8fb0b4c");
    (bytes, "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap())
}

/// A request with these attributes, and a good fingerprint if wanted.
pub(in crate::matchmaking) fn request(attributes: &str, fingerprinted: bool) -> Vec<u8> {
    let attributes = hex(attributes);
    let len = attributes.len() + if fingerprinted { 8 } else { 0 };
    let mut bytes = hex(&format!("0001 {len:04x} 2112a442 {TRANSACTION}"));
    bytes.extend(attributes);
    if fingerprinted {
        let value = fingerprint(&bytes);
        bytes.extend(hex("80280004"));
        bytes.extend(value);
    }
    bytes
}

fn address() -> SocketAddr {
    "192.0.2.1:32853".parse().unwrap()
}

fn success_to(bytes: &[u8]) -> Vec<u8> {
    match Request::parse(bytes).map(|request| request.answer(address())) {
        Ok(Answer::Success(payload)) => payload.as_ref().to_vec(),
        other => panic!("no success but {other:?}"),
    }
}

fn refusal_of(bytes: &[u8]) -> Vec<u8> {
    match Request::parse(bytes).map(|request| request.answer(address())) {
        Ok(Answer::Refusal(payload)) => payload.as_ref().to_vec(),
        other => panic!("no refusal but {other:?}"),
    }
}

#[test]
fn the_published_request_is_read_and_its_fingerprint_verified() {
    let bytes = sample_request();
    let request = Request::parse(&bytes).unwrap();
    assert!(request.fingerprinted);
    assert!(request.unknown.is_empty());
    assert_eq!(request.transaction.as_slice(), hex(TRANSACTION));
}

#[test]
fn addresses_are_encoded_as_published() {
    for (sample, address) in [sample_ipv4_response(), sample_ipv6_response()] {
        let (covered, value) = sample.split_at(sample.len() - 4);
        assert_eq!(fingerprint(&covered[..covered.len() - 4]), value, "our checksum is theirs");

        let request = sample_request();
        let Answer::Success(answer) = Request::parse(&request).unwrap().answer(address) else {
            panic!("no success");
        };
        let answer = answer.as_ref();
        assert_eq!(answer[..2], sample[..2], "binding success");
        assert_eq!(answer[4..20], sample[4..20], "magic and transaction");
        let mapped = &answer[20..answer.len() - 8];
        assert_eq!(mapped, &sample[36..36 + mapped.len()], "the address itself");
        let (covered, seal) = answer.split_at(answer.len() - 8);
        assert_eq!(seal[..4], hex("80280004"));
        assert_eq!(seal[4..], fingerprint(covered));
    }
}

#[test]
fn a_bare_request_gets_a_bare_answer() {
    let expected = format!("0101000c 2112a442 {TRANSACTION} 00200008 0001a147 e112a643");
    assert_eq!(success_to(&request("", false)), hex(&expected));
}

#[test]
fn a_fingerprint_is_given_only_to_those_who_gave_one() {
    assert_eq!(success_to(&request("", false)).len(), 32);
    assert_eq!(success_to(&request("", true)).len(), 40);
}

#[test]
fn what_changes_nothing_is_ignored() {
    for attribute in [
        "80220003 61626300",                                          // SOFTWARE, padded
        "00060000",                                                   // USERNAME, empty
        "00240004 6e0001ff 00250000",                                 // PRIORITY, USE-CANDIDATE
        "00080014 0000000000000000000000000000000000000000",          // MESSAGE-INTEGRITY
        "001c0010 00000000000000000000000000000000",                  // …-SHA256
        "00140001 78000000 00150001 79000000",                        // REALM, NONCE
        "00200008 0001a147 e112a643",                                 // known, has no business
        "ffff0000 80000000",                                          // unknown, optional
        "00080014 0000000000000000000000000000000000000000 7fff0000", // behind the seal
    ] {
        assert_eq!(success_to(&request(attribute, false)).len(), 32, "{attribute}");
        assert_eq!(success_to(&request(attribute, true)).len(), 40, "{attribute}");
    }
}

#[test]
fn a_request_that_insists_on_the_unknown_is_told_what() {
    let software = "8022000c 6d6f7265207468616e206974";
    let expected =
        "0111 0010 2112a442 b7e7a701bc34d686fa87dfae 00090004 00000414 000a0002 0003 0000";
    let bytes = request(&format!("00030004 00000002 {software}"), false);
    assert_eq!(refusal_of(&bytes), hex(expected));

    let expected =
        "0111 0010 2112a442 b7e7a701bc34d686fa87dfae 00090004 00000414 000a0004 00030026";
    let bytes = request(&format!("00030004 00000002 00260000 00030000 {software}"), false);
    assert_eq!(refusal_of(&bytes), hex(expected), "each once");

    let bytes = request(&format!("00030004 00000002 {software}"), true);
    let refusal = refusal_of(&bytes);
    let (covered, value) = refusal.split_at(refusal.len() - 4);
    assert_eq!(value, fingerprint(&covered[..covered.len() - 4]), "fingerprinted like the request");
}

#[test]
fn a_refusal_lists_a_few_and_is_never_longer_than_the_request() {
    let alone = request("00030004 00000006", false);
    assert_eq!(Request::parse(&alone).unwrap().answer(address()), Answer::Silence);
    for count in 1..100_usize {
        for fingerprinted in [false, true] {
            let attributes: String = (0..count).map(|n| format!("{:04x}0000", n + 0x100)).collect();
            let bytes = request(&attributes, fingerprinted);
            match Request::parse(&bytes).unwrap().answer(address()) {
                Answer::Silence => assert!(count <= 8, "{count} are enough"),
                Answer::Refusal(payload) => {
                    let listed = usize::from(payload.as_ref()[31]) / 2;
                    assert_eq!(listed, count.min(STUN_UNKNOWN_LISTED_MAX));
                    assert!(payload.as_ref().len() <= bytes.len());
                }
                Answer::Success(_) => panic!("{count} unknown"),
            }
        }
    }
}

#[test]
fn only_binding_requests_are_answered() {
    let kinds = [0x0000, 0x0002, 0x0003, 0x0004, 0x0011, 0x0101, 0x0111, 0x0103, 0x0113, 0x01ff];
    for kind in kinds {
        let mut bytes = request("", false);
        bytes.splice(..2, u16::to_be_bytes(kind));
        assert!(is_stun(&bytes));
        assert_eq!(Request::parse(&bytes), Err(Reason::StunNotRequest), "{kind:04x}");
    }
    for (sample, _) in [sample_ipv4_response(), sample_ipv6_response()] {
        assert_eq!(Request::parse(&sample), Err(Reason::StunNotRequest));
    }
}

#[test]
fn malformed_requests_are_recognised() {
    let misfingerprinted = |change: fn(&mut Vec<u8>)| {
        let mut bytes = sample_request();
        change(&mut bytes);
        bytes
    };
    let resealed = |attributes: &str| {
        let mut bytes = request("", true);
        bytes.extend(hex(attributes));
        bytes[3] = (bytes.len() - 20) as u8;
        let value = fingerprint(&bytes[..20]);
        bytes.splice(24..28, value);
        bytes
    };
    for (what, bytes) in [
        ("declared longer", hex(&format!("0001 0004 2112a442 {TRANSACTION}"))),
        ("declared shorter", hex(&format!("0001 0000 2112a442 {TRANSACTION} 80220000"))),
        ("not a multiple of 4", hex(&format!("0001 0003 2112a442 {TRANSACTION} 802200"))),
        ("value beyond the end", request("80220005 01020304", false)),
        ("value far beyond the end", request("8022ffff 01020304", false)),
        ("fingerprint too short", request("80280000", false)),
        ("fingerprint too long", request("80280008 0000000000000000", false)),
        ("fingerprint not last", resealed("80220000")),
        ("two fingerprints", request(&format!("80280004 {:08x}", 0), true)),
        ("fingerprint wrong", misfingerprinted(|bytes| bytes[107] ^= 1)),
        ("text changed under it", misfingerprinted(|bytes| bytes[24] ^= 1)),
    ] {
        assert_eq!(Request::parse(&bytes), Err(Reason::StunMalformed), "{what}");
    }
}

#[test]
fn a_truncated_request_is_malformed() {
    for whole in [sample_request(), request("", false), request("00030004 00000002", true)] {
        assert!(Request::parse(&whole).is_ok());
        for len in 0..whole.len() {
            let Err(reason) = Request::parse(&whole[..len]) else { panic!("{len} bytes of it") };
            assert_eq!(reason, Reason::StunMalformed, "{len} bytes of it");
        }
    }
}
