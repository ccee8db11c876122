//! The published examples (RFC 5769), and every way in which a request can be wrong.

use std::net::SocketAddr;

use crate::limits::STUN_UNKNOWN_LISTED_MAX;
use crate::matchmaking::counters::Reason;
use crate::matchmaking::stun::BindingRequest;
use crate::matchmaking::stun::StunAnswer;
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
    match BindingRequest::parse(bytes).map(|request| request.answer(address())) {
        Ok(StunAnswer::Success(payload)) => payload.as_ref().to_vec(),
        other => panic!("no success but {other:?}"),
    }
}

fn refusal_of(bytes: &[u8]) -> Vec<u8> {
    match BindingRequest::parse(bytes).map(|request| request.answer(address())) {
        Ok(StunAnswer::Refusal(payload)) => payload.as_ref().to_vec(),
        other => panic!("no refusal but {other:?}"),
    }
}

#[test]
fn the_published_request_is_read_and_its_fingerprint_verified() {
    let bytes = sample_request();
    let request = BindingRequest::parse(&bytes).unwrap();
    assert!(request.fingerprinted);
    assert!(request.unknown.is_empty());
    assert!(!request.is_classic);
    assert_eq!(request.transaction.as_slice(), hex(&format!("2112a442 {TRANSACTION}")));
}

#[test]
fn addresses_are_encoded_as_published() {
    for (sample, address) in [sample_ipv4_response(), sample_ipv6_response()] {
        let (covered, value) = sample.split_at(sample.len() - 4);
        assert_eq!(fingerprint(&covered[..covered.len() - 4]), value, "our checksum is theirs");

        let request = sample_request();
        let StunAnswer::Success(answer) = BindingRequest::parse(&request).unwrap().answer(address)
        else {
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
fn a_refusal_lists_a_few_and_is_never_twice_as_long_as_the_request() {
    for count in 1..100_usize {
        let attributes: String = (0..count).map(|n| format!("{:04x}0000", n + 0x100)).collect();
        let bytes = request(&attributes, false);
        for bytes in [request(&attributes, true), as_classic(&bytes), bytes] {
            let refusal = refusal_of(&bytes);
            let listed = usize::from(refusal[31]) / 2;
            assert!(listed - count.min(STUN_UNKNOWN_LISTED_MAX) <= 1, "{count}");
            assert!(28 + refusal.len() <= 2 * (28 + bytes.len()), "{count}");
        }
    }
}

#[test]
fn what_clients_of_other_documents_insist_on_is_refused_by_name() {
    for (attribute, kind) in [
        ("00030004 00000006", "0003"), // CHANGE-REQUEST (RFC 5780), both
        ("00030004 00000004", "0003"), // the address alone
        ("00030004 00000000", "0003"), // neither: RFC 8489 does not know it
        ("00020008 0001a147 c0000201", "0002"), // RESPONSE-ADDRESS (RFC 3489)
        ("00270004 0fa00000", "0027"), // RESPONSE-PORT (RFC 5780)
        ("00260008 0000000000000000", "0026"), // PADDING
        ("00260000", "0026"),          // the shortest request of all
        ("00190004 11000000 000d0004 00000258", "0019"), // REQUESTED-TRANSPORT (RFC 8656), LIFETIME
    ] {
        let refusal = refusal_of(&request(attribute, false));
        assert_eq!(refusal[..2], hex("0111"), "{attribute}");
        assert_eq!(refusal[20..30], hex("00090004 00000414 000a"), "{attribute}");
        assert_eq!(refusal[32..34], hex(kind), "{attribute}");
        assert_eq!(refusal_of(&request(attribute, true)).len(), refusal.len() + 8, "{attribute}");
    }
}

/// The same in the form of before the magic cookie.
fn as_classic(message: &[u8]) -> Vec<u8> {
    let mut bytes = message.to_vec();
    bytes.splice(4..8, *b"old ");
    bytes
}

#[test]
fn a_classic_request_is_told_its_address_as_it_is() {
    let head = format!("{} {TRANSACTION}", "6f6c6420");
    for attributes in [
        "",
        "00030004 00000000", // CHANGE-REQUEST: nothing is changed
        "00060004 61626364 00080014 000102030405060708090a0b0c0d0e0f10111213",
        "80220004 74657374 80280004 00000000", // no fingerprint of those days
        "00010008 0001a147 c0000201 000b0008 0001a147 c0000201", // no business in a request
    ] {
        let bytes = as_classic(&request(attributes, false));
        assert!(is_stun(&bytes), "{attributes}");
        let expected = format!("0101000c {head} 00010008 0001 8055 c0000201");
        assert_eq!(success_to(&bytes), hex(&expected), "{attributes}");
    }
    let bytes = as_classic(&request("", false));
    let told =
        BindingRequest::parse(&bytes).unwrap().answer("[2001:db8::1]:32853".parse().unwrap());
    let StunAnswer::Success(told) = told else { panic!("{told:?}") };
    let expected = format!("01010018 {head} 00010014 0002 8055 20010db8{:024x}", 1);
    assert_eq!(told.as_ref(), hex(&expected));
}

#[test]
fn a_classic_request_for_what_is_not_done_is_refused() {
    let head = format!("{} {TRANSACTION}", "6f6c6420");
    for (attributes, listed) in [
        ("00030004 00000002", "0003 0003"), // answer from another port
        ("00030004 00000006", "0003 0003"),
        ("00020008 0001a147 c0000201", "0002 0002"), // answer to somebody else
        ("00020008 0001a147 c0000201 00030004 00000004", "0002 0003"),
        ("00270004 0fa00000", "0027 0027"),
    ] {
        let bytes = as_classic(&request(attributes, false));
        let expected = format!("01110010 {head} 00090004 00000414 000a0004 {listed}");
        assert_eq!(refusal_of(&bytes), hex(&expected), "{attributes}");
    }
}

#[test]
fn all_that_looks_like_classic_stun_is_nobodys_datagram() {
    let (plain, changed) = (request("", false), request("00030004 00000006", false));
    for whole in [as_classic(&plain), as_classic(&changed)] {
        // Both methods: requests, indications, answers, errors.
        for kind in [0x0001_u16, 0x0002, 0x0011, 0x0101, 0x0102, 0x0111, 0x0112] {
            let mut bytes = whole.clone();
            bytes.splice(..2, kind.to_be_bytes());
            assert!(is_stun(&bytes), "{kind:04x}");
            let is_answered = BindingRequest::parse(&bytes).is_ok();
            assert_eq!(is_answered, kind == 1, "{kind:04x}");
            for len in (4..bytes.len()).filter(|len| *len != 12 || bytes[3] == 0) {
                assert!(is_stun(&bytes[..len]), "{len} bytes of {kind:04x}");
                assert!(BindingRequest::parse(&bytes[..len]).is_err(), "{len} bytes of {kind:04x}");
            }
        }
    }
    // It ends where it says, whatever is in it.
    let odd = hex("0101 0005 00112233445566778899aabbccddeeff 8022000161");
    assert!(is_stun(&odd) && BindingRequest::parse(&odd).is_err());
    let spoilt = as_classic(&request("00030008 00000006", false));
    assert!(is_stun(&spoilt));
    assert_eq!(BindingRequest::parse(&spoilt), Err(Reason::StunMalformed));
}

#[test]
fn a_game_that_begins_like_classic_stun_is_a_game() {
    for datagram in [
        "",
        "0001",
        "000100",
        "0001 0203",                                     // a length that no message has
        "0001 0000 00112233445566778899aabbccddeeff 00", // more than it says
        "0001 0008 6d6f76652075702e",                    // a length that counts what follows
        "0001 fffc 00112233445566778899aabbccddeeff 00", // no datagram is so long
        "0003 0000 00112233445566778899aabbccddeeff",    // another kind
        "0100 0000 00112233445566778899aabbccddeeff",
        "0001 6865 6c6c6f",
    ] {
        assert!(!is_stun(&hex(datagram)), "{datagram}");
    }
}

#[test]
fn only_binding_requests_are_answered() {
    let kinds = [0x0000, 0x0002, 0x0003, 0x0004, 0x0011, 0x0101, 0x0111, 0x0103, 0x0113, 0x01ff];
    for kind in kinds {
        let mut bytes = request("", false);
        bytes.splice(..2, u16::to_be_bytes(kind));
        assert!(is_stun(&bytes));
        assert_eq!(BindingRequest::parse(&bytes), Err(Reason::StunNotRequest), "{kind:04x}");
    }
    for (sample, _) in [sample_ipv4_response(), sample_ipv6_response()] {
        assert_eq!(BindingRequest::parse(&sample), Err(Reason::StunNotRequest));
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
        assert_eq!(BindingRequest::parse(&bytes), Err(Reason::StunMalformed), "{what}");
    }
}

#[test]
fn a_truncated_request_is_malformed() {
    for whole in [sample_request(), request("", false), request("00030004 00000002", true)] {
        assert!(BindingRequest::parse(&whole).is_ok());
        for len in 0..whole.len() {
            let Err(reason) = BindingRequest::parse(&whole[..len]) else {
                panic!("{len} bytes of it")
            };
            assert_eq!(reason, Reason::StunMalformed, "{len} bytes of it");
        }
    }
}
