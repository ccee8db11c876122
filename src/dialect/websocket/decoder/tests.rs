//! What comes out of frames, however they came in.

use std::time::Duration;

use super::*;
use crate::chat::{Command, Recall};
use crate::dialect::{Acknowledgement, Decoder, Encoding, Spoken};
use crate::limits::WEBSOCKET_FRAGMENTS_MAX;

const STRANGER: Speaker<'static> = Speaker::Stranger { could_be_nickname: &|_| true };
const TEXT: u8 = 0x81;
const PING: u8 = 0x89;

/// A frame as clients send it.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let key = [1, 2, 3, 4];
    let mut frame = match payload.len() {
        length @ ..=125 => vec![first, 0x80 | length as u8],
        length => [&[first, 0xFE][..], &(length as u16).to_be_bytes()].concat(),
    };
    frame.extend(key);
    let start = frame.len();
    frame.extend(payload);
    mask(&mut frame[start..], key);
    frame
}

fn say(text: &str) -> Vec<u8> {
    frame(TEXT, format!(r#"{{"t":"say","text":"{text}"}}"#).as_bytes())
}

fn said(text: &str) -> String {
    format!("{:?}", Step::Command(Command::Say { room: None, text }))
}

/// All steps until no more messages are whole, in words.
fn steps(decoder: &mut Decoder, now: Time, input: &[u8]) -> Vec<String> {
    let mut input = input.to_vec();
    let mut decoded = decoder.decode(now, &mut input, &Spoken::default());
    let mut seen = Vec::new();
    while decoded.due() != Due::Later {
        match decoded.next(Speaker::MEMBER) {
            Step::More => break,
            step => seen.push(format!("{step:?}")),
        }
    }
    seen
}

fn decoder() -> Decoder {
    Decoder::WebSocket(WebSocketDecoder::default())
}

fn keeps_nothing(decoder: &Decoder) -> bool {
    matches!(decoder, Decoder::WebSocket(WebSocketDecoder { kept: None }))
}

fn at(seconds: u64) -> Time {
    Time::at(Duration::from_secs(seconds))
}

#[test]
fn requests_are_carried_out_one_after_the_other_and_nothing_is_kept() {
    let stream = [
        frame(TEXT, br#"{"t":"join","id":7,"room":"tea"}"#),
        say("hi"),
        frame(1, br#"{"t":"say","#),
        frame(PING, b"?"),
        frame(0x80, br#""text":"in parts"}"#),
        frame(TEXT, b"no object"),
        frame(TEXT, br#"{"t":"ping"}"#),
        frame(0x88, b"\x03\xE8goodbye"),
        say("never said"),
    ]
    .concat();
    let join = Command::Join {
        room: "tea",
        password: None,
        stay: true,
        recall: Some(Recall::Last(0)),
        list: false,
        keyless: false,
    };
    let join = format!("{:?}", Step::Command(join));
    let expected = [
        "BeginRequest(7)",
        &join,
        "EndRequest",
        &said("hi"),
        "Noise(17)",
        &format!("{:?}", Step::Answer(b"\x8A\x01?")),
        &said("in parts"),
        "Refuse(RequestMalformed)",
        "Ping",
        &format!("{:?}", Step::Finish(b"\x88\x02\x03\xE8")),
    ];
    for size in 1..=stream.len() {
        let (mut decoder, mut seen) = (decoder(), Vec::new());
        for piece in stream.chunks(size) {
            seen.extend(steps(&mut decoder, at(1), piece));
            if seen.len() >= expected.len() {
                break;
            }
        }
        assert_eq!(seen, expected, "reads of {size}");
    }
    let mut decoder = decoder();
    assert_eq!(steps(&mut decoder, at(1), &say("x")), [said("x")]);
    assert!(keeps_nothing(&decoder));
}

#[test]
fn what_came_behind_the_head_comes_first() {
    let mut decoder = Decoder::WebSocket(WebSocketDecoder::begin(&say("first")[..9]));
    let seen = steps(&mut decoder, at(1), &[&say("first")[9..], &say("next")].concat());
    assert_eq!(seen, [said("first"), said("next")]);
    assert!(keeps_nothing(&decoder));
    assert!(keeps_nothing(&Decoder::WebSocket(WebSocketDecoder::begin(b""))));
}

#[test]
fn four_pings_a_second_are_answered_and_the_rest_cost_a_line() {
    let (mut decoder, ten) = (decoder(), frame(PING, b"").repeat(10));
    let answer = format!("{:?}", Step::Answer(b"\x8A\x00"));
    let seen = steps(&mut decoder, at(1), &ten);
    assert_eq!(seen[..4], vec![answer.clone(); 4]);
    assert_eq!(seen[4..], vec!["Noise(256)"; 6]);
    assert_eq!(steps(&mut decoder, at(1), &frame(PING, b"")), ["Noise(256)"]);
    assert_eq!(steps(&mut decoder, at(2), &frame(PING, b"")), [answer]);
    assert_eq!(steps(&mut decoder, at(2), &frame(0x8A, b"unasked")), ["Noise(256)"]);
    assert!(steps(&mut decoder, at(3), b"").is_empty() && keeps_nothing(&decoder));
    let empty = [frame(1, b""), frame(0, b"")].concat();
    assert_eq!(steps(&mut decoder, at(3), &empty), ["Noise(256)", "Noise(256)"]);
}

#[test]
fn a_violation_is_told_with_its_code() {
    for (bytes, code, reason) in [
        (vec![0xC1, 0x80], 1002, "a reserved bit is set"),
        (vec![TEXT, 5], 1002, "the frame is not masked"),
        (frame(0x82, b"x"), 1003, "only text is understood here"),
        (frame(TEXT, b"\xFF"), 1007, "the text is not UTF-8"),
        (vec![TEXT, 0xFE, 0x10, 0x01], 1009, "the message is too long"),
        (vec![TEXT, 0xFF, 0x7F], 1009, ""),
    ] {
        let mut decoder = decoder();
        let seen = steps(&mut decoder, at(1), &[&bytes, &say("x")[..]].concat());
        let close = |reason: &str| {
            let code: [u8; 2] = u16::to_be_bytes(code);
            let bytes = [&[0x88, 2 + reason.len() as u8], &code[..], reason.as_bytes()].concat();
            format!("{:?}", Step::Finish(&bytes))
        };
        if !reason.is_empty() {
            assert_eq!(seen, [close(reason)]);
        }
        assert_eq!(seen.len(), 1);
    }
}

#[test]
fn what_is_begun_has_a_beginning() {
    let (mut decoder, request) = (decoder(), say("x"));
    assert!(steps(&mut decoder, at(1), &request[..3]).is_empty());
    assert!(steps(&mut decoder, at(2), &request[3..8]).is_empty());
    assert_eq!((decoder.begun(), decoder.is_idle()), (at(1), false));
    steps(&mut decoder, at(3), &[&request[8..], &request[..5]].concat());
    assert_eq!(decoder.begun(), at(3));
    steps(&mut decoder, at(4), &request[5..]);
    assert_eq!((decoder.begun(), decoder.is_idle()), (Time::NEVER, true));
    steps(&mut decoder, at(5), &frame(1, b"{"));
    steps(&mut decoder, at(6), &frame(PING, b""));
    assert_eq!((decoder.begun(), decoder.is_idle()), (at(5), false));
    assert!(decoder.is_drained());
}

#[test]
fn who_ends_in_the_middle_is_not_waited_for() {
    let mut decoder = decoder();
    let mut sent = [say("one"), say("two")[..9].to_vec()].concat();
    drop(decoder.decode(at(1), &mut sent, &Spoken::default()));
    assert!(!decoder.is_drained());
    decoder.end();
    assert_eq!(steps(&mut decoder, at(1), b""), [said("one")]);
    assert!(decoder.is_drained() && keeps_nothing(&decoder));
}

#[test]
fn only_what_says_something_waits_for_slow_readers() {
    let begins_with_command = |request: &str| {
        let mut bytes = frame(TEXT, request.as_bytes());
        decoder().decode(at(1), &mut bytes, &Spoken::default()).begins_with_command()
    };
    for (request, expected) in [
        (r#"{"t":"say","text":"hi"}"#, false),
        (r#"{"t":"me","text":"waves"}"#, false),
        (r#"{"id":1,"t":"say","text":"hi"}"#, false),
        (r#"{"t":"who","room":"tea"}"#, true),
        (r#"{"t":"msg","to":"bob","text":"hi"}"#, true),
        ("{}", false),
    ] {
        assert_eq!(begins_with_command(request), expected, "{request}");
    }
}

#[test]
fn a_message_in_parts_is_bounded() {
    let mut decoder = decoder();
    let many = [frame(1, b"{"), frame(0, b" ").repeat(usize::from(WEBSOCKET_FRAGMENTS_MAX))];
    let seen = steps(&mut decoder, at(1), &many.concat());
    assert_eq!(seen.len(), usize::from(WEBSOCKET_FRAGMENTS_MAX) + 1);
    assert!(seen.last().is_some_and(|last| last.starts_with("Finish(")), "{seen:?}");
}

#[test]
fn strangers_come_in_by_hello() {
    let mut decoder = decoder();
    let mut bytes = frame(TEXT, br#"{"t":"hello","nick":"al"}"#);
    let mut decoded = decoder.decode(at(1), &mut bytes, &Spoken::default());
    assert!(matches!(decoded.next(STRANGER), Step::Command(Command::Register { .. })));
    assert_eq!(decoded.next(STRANGER), Step::More);
}

#[test]
fn the_frames_of_the_protocol_mean_what_it_says() {
    let protocol = include_str!("../../../../docs/PROTOCOL.md");
    let chapter = protocol.split("\n## ").find(|part| part.starts_with("WebSocket\n")).unwrap();
    let (mut sent, mut told) = (Vec::new(), Vec::new());
    for line in chapter.lines() {
        let (bytes, frame) = match line.split_at_checked(2) {
            Some(("> ", frame)) => (&mut sent, frame),
            Some(("< ", frame)) => (&mut told, frame),
            _ => continue,
        };
        let hex = frame.split(' ').map_while(|word| u8::from_str_radix(word, 16).ok());
        bytes.extend(hex);
    }
    let seen = steps(&mut decoder(), at(1), &sent);
    let (pong, close) = (Step::Answer(b"\x8A\x01?"), Step::Finish(b"\x88\x02\x03\xE8"));
    let expected = [Step::Ping, Step::Noise(11), pong, Step::Ping, close];
    assert_eq!(seen, expected.map(|step| format!("{step:?}")));
    let mut answered = Vec::new();
    let alive = |out: &mut Vec<u8>| Encoding::JsonFrame.acknowledge(Acknowledgement::Pong, out);
    alive(&mut answered);
    answered.extend_from_slice(b"\x8A\x01?");
    alive(&mut answered);
    answered.extend_from_slice(b"\x88\x02\x03\xE8");
    assert_eq!(told, answered);
}
