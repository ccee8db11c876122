//! Raw frames, in the sections of the Autobahn suite that speak of them, each with every cut.

use super::super::frame::{frame_len, write_close, write_frame};
use super::*;

const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];
const ECHO: Bounds = Bounds { bytes: 1 << 17, fragments: 32, is_binary_understood: true };
const FIN: u8 = 0x80;
const TEXT: u8 = FIN | 1;
const BINARY: u8 = FIN | 2;
const CLOSE: u8 = FIN | 8;
const PING: u8 = FIN | 9;
const PONG: u8 = FIN | 10;

/// What comes of frames, in a form that can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Text(String),
    Binary(Vec<u8>),
    Fragment(bool),
    Answer(Vec<u8>),
    Pong,
    Closed(Vec<u8>),
    Violation(Violation),
}

/// A frame as clients send it.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ ..=125 => frame.push(0x80 | length as u8),
        length @ ..=0xFFFF => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

fn text(text: &str) -> Vec<u8> {
    frame(TEXT, text.as_bytes())
}

fn said(text: &str) -> Seen {
    Seen::Text(text.to_owned())
}

/// All that comes of a stream in these pieces, up to its end.
fn seen<'a>(pieces: impl Iterator<Item = &'a [u8]>, bounds: Bounds) -> Vec<Seen> {
    let (mut messages, mut unread, mut all) = (Messages::default(), Vec::new(), Vec::new());
    for piece in pieces {
        unread.extend_from_slice(piece);
        let mut used = 0;
        loop {
            let ready = messages.is_ready(&unread[used..], bounds);
            let next = match messages.next(&mut unread, &mut used, bounds) {
                Ok(Incoming::More) => {
                    assert!(!ready, "a frame that is ready is there");
                    break;
                }
                Ok(Incoming::Text(text)) => Seen::Text(text.to_owned()),
                Ok(Incoming::Binary(bytes)) => Seen::Binary(bytes.to_owned()),
                Ok(Incoming::Fragment { is_empty }) => Seen::Fragment(is_empty),
                Ok(Incoming::Ping(answer)) => Seen::Answer(answer.to_owned()),
                Ok(Incoming::Pong) => Seen::Pong,
                Ok(Incoming::Close(answer)) => Seen::Closed(answer.to_owned()),
                Err(violation) => Seen::Violation(violation),
            };
            assert!(ready, "{next:?} comes of a frame that is not ready");
            all.push(next.clone());
            if matches!(next, Seen::Closed(_) | Seen::Violation(_)) {
                return all;
            }
        }
        unread.drain(..used);
    }
    all
}

/// Checks that these frames mean this, cut anywhere, byte by byte, and in reads of other sizes.
#[track_caller]
fn check(bounds: Bounds, frames: &[Vec<u8>], expected: &[Seen]) {
    let stream = frames.concat();
    assert_eq!(seen([&stream[..]].into_iter(), bounds), expected);
    let cuts = stream.len().min(400);
    for cut in (0..=cuts).chain(stream.len() - cuts..stream.len()) {
        let (front, back) = stream.split_at(cut);
        assert_eq!(seen([front, back].into_iter(), bounds), expected, "cut at {cut}");
    }
    for size in [1, 2, 3, 7, 1_000] {
        if stream.len() / size < 10_000 {
            assert_eq!(seen(stream.chunks(size), bounds), expected, "reads of {size}");
        }
    }
}

#[test]
fn messages_of_every_length_are_whole() {
    for length in [0, 1, 7, 8, 9, 65, 125, 126, 127, 128, 65_535, 65_536] {
        let bytes: Vec<u8> = (0..length).map(|at| b'a' + (at % 26) as u8).collect();
        let letters = String::from_utf8(bytes.clone()).unwrap();
        check(ECHO, &[frame(TEXT, &bytes), text("next")], &[said(&letters), said("next")]);
        check(ECHO, &[frame(BINARY, &bytes)], &[Seen::Binary(bytes)]);
    }
}

#[test]
fn each_ping_is_answered_with_its_own_bytes() {
    let long = [0xFE; 125];
    let answer = |bytes: &[u8]| Seen::Answer([&[PONG, bytes.len() as u8], bytes].concat());
    for payload in [&b""[..], b"Hello", &[0, 255, 254, 253], &long] {
        check(ECHO, &[frame(PING, payload)], &[answer(payload)]);
    }
    let too_long = [0xFE; 126];
    check(ECHO, &[frame(PING, &too_long)], &[Seen::Violation(Violation::LongControl)]);
    let (ten, answers) = (vec![frame(PING, b"once"); 10], vec![answer(b"once"); 10]);
    check(ECHO, &ten, &answers);
    check(ECHO, &[frame(PONG, b"unasked"), text("x")], &[Seen::Pong, said("x")]);
    let mixed = [frame(PONG, b""), frame(PING, b"p"), frame(PONG, &long)];
    check(ECHO, &mixed, &[Seen::Pong, answer(b"p"), Seen::Pong]);
}

#[test]
fn reserved_bits_are_not_sent_without_an_extension() {
    for bits in 1..=7_u8 {
        let frames = [text("before"), frame(TEXT | bits << 4, b"x"), text("behind")];
        check(ECHO, &frames, &[said("before"), Seen::Violation(Violation::ReservedBit)]);
        let ping = [frame(PING | bits << 4, b"")];
        check(ECHO, &ping, &[Seen::Violation(Violation::ReservedBit)]);
    }
}

#[test]
fn unknown_opcodes_are_refused() {
    for opcode in (3..=7).chain(11..=15) {
        for payload in [&b""[..], b"payload"] {
            let frames = [text("before"), frame(FIN | opcode, payload), frame(PING, b"")];
            check(ECHO, &frames, &[said("before"), Seen::Violation(Violation::UnknownOpcode)]);
        }
    }
}

#[test]
fn fragments_are_put_together_and_controls_may_come_between() {
    let frames = [frame(1, b"one, "), frame(PING, b"?"), frame(0, b""), frame(FIN, b"two")];
    let answer = Seen::Answer(vec![PONG, 1, b'?']);
    let parts = [Seen::Fragment(false), answer, Seen::Fragment(true), said("one, two")];
    check(ECHO, &frames, &parts);
    let twice = [&frames[..], &frames].concat();
    check(ECHO, &twice, &[&parts[..], &parts].concat());
    let bytes = [frame(2, &[0xFF]), frame(FIN, &[0xFE]), text("x")];
    check(ECHO, &bytes, &[Seen::Fragment(false), Seen::Binary(vec![0xFF, 0xFE]), said("x")]);
    check(ECHO, &[frame(FIN, b"x")], &[Seen::Violation(Violation::NothingToContinue)]);
    check(ECHO, &[frame(0, b"x")], &[Seen::Violation(Violation::NothingToContinue)]);
    for start in [1, 2, TEXT, BINARY] {
        let frames = [frame(1, b"x"), frame(start, b"y")];
        let expected = [Seen::Fragment(false), Seen::Violation(Violation::NotContinued)];
        check(ECHO, &frames, &expected);
    }
    for control in [8, 9, 10] {
        let violation = Seen::Violation(Violation::FragmentedControl);
        check(ECHO, &[frame(control, b"")], &[violation]);
    }
}

#[test]
fn texts_are_utf8_and_what_is_not_is_refused_in_its_fragment() {
    let good = "κόσμε \u{0} \u{7f} \u{80} \u{7ff} \u{800} \u{ffff} \u{10000} \u{10ffff} \u{fffe}";
    check(ECHO, &[text(good)], &[said(good)]);
    for cut in 0..=good.len() {
        let (front, back) = good.as_bytes().split_at(cut);
        let frames = [frame(1, front), frame(FIN, back)];
        check(ECHO, &frames, &[Seen::Fragment(front.is_empty()), said(good)]);
    }
    let bad: [&[u8]; 12] = [
        b"\xCE\xBA\xED\xA0\x80edited",
        b"\xED\xBF\xBF",
        b"\xED\xA0\x80\xED\xB0\x80",
        b"\xC0\xAF",
        b"\xE0\x80\xAF",
        b"\xF0\x80\x80\xAF",
        b"\xF4\x90\x80\x80",
        b"\xF8\x88\x80\x80\x80",
        b"\x80",
        b"\xFE",
        b"\xFF\xFF",
        b"\xCEx",
    ];
    for bytes in bad {
        check(ECHO, &[frame(TEXT, bytes)], &[Seen::Violation(Violation::NotUtf8)]);
        // The rest of the message never comes.
        let frames = [frame(1, b"fine so far"), frame(0, bytes)];
        check(ECHO, &frames, &[Seen::Fragment(false), Seen::Violation(Violation::NotUtf8)]);
    }
    for cut in ["é", "日", "🎲"].map(str::as_bytes) {
        for end in 1..cut.len() {
            check(ECHO, &[frame(TEXT, &cut[..end])], &[Seen::Violation(Violation::NotUtf8)]);
            let frames = [frame(1, &cut[..end]), frame(FIN, b"")];
            check(ECHO, &frames, &[Seen::Fragment(false), Seen::Violation(Violation::NotUtf8)]);
        }
    }
}

#[test]
fn a_close_is_answered_with_its_code_and_nothing_follows() {
    let refused = |violation| [Seen::Violation(violation)];
    check(ECHO, &[frame(CLOSE, b""), text("x")], &[Seen::Closed(vec![CLOSE, 0])]);
    check(ECHO, &[frame(CLOSE, b"\x03")], &refused(Violation::CloseCode));
    for code in 0..=5_100_u16 {
        let [high, low] = code.to_be_bytes();
        let frames = [frame(CLOSE, &[high, low, b'w', b'h', b'y']), text("x")];
        let is_allowed = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        let expected = match is_allowed {
            true => [Seen::Closed(vec![CLOSE, 2, high, low])],
            false => refused(Violation::CloseCode),
        };
        assert_eq!(seen([&frames.concat()[..]].into_iter(), ECHO), expected, "{code}");
    }
    check(ECHO, &[frame(CLOSE, b"\xFF\xFFx")], &refused(Violation::CloseCode));
    check(ECHO, &[frame(CLOSE, b"\x03\xE8\xCE")], &refused(Violation::NotUtf8));
    let longest = [&b"\x03\xE8"[..], &[b'x'; 123]].concat();
    let answer = vec![CLOSE, 2, 3, 0xE8];
    check(ECHO, &[frame(CLOSE, &longest)], &[Seen::Closed(answer.clone())]);
    let too_long = [&longest[..], b"x"].concat();
    check(ECHO, &[frame(CLOSE, &too_long)], &refused(Violation::LongControl));
    let inside = [frame(1, b"x"), frame(CLOSE, b"\x03\xE8")];
    check(ECHO, &inside, &[Seen::Fragment(false), Seen::Closed(answer)]);
}

#[test]
fn what_no_client_may_send_is_refused_from_the_header() {
    // Nothing of the payload is there.
    for (start, violation) in [
        (&[TEXT, 5][..], Violation::NotMasked),
        (&[TEXT, 126], Violation::NotMasked),
        (&[TEXT, 0xFE, 0, 125], Violation::Length),
        (&[TEXT, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], Violation::Length),
        (&[TEXT, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0], Violation::Length),
        (&[TEXT, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255], Violation::TooLong),
        (&[TEXT, 0xFF, 0, 0, 0, 0, 0, 2, 0, 1], Violation::TooLong),
        (&[PING, 0xFE], Violation::LongControl),
        (&[CLOSE, 0xFF], Violation::LongControl),
    ] {
        check(ECHO, &[start.to_vec()], &[Seen::Violation(violation)]);
    }
}

#[test]
fn requests_are_bounded_texts() {
    let longest = "x".repeat(WEBSOCKET_MESSAGE_BYTES_MAX);
    check(Bounds::JSON, &[text(&longest)], &[said(&longest)]);
    let header = [TEXT, 0xFE, 0x10, 0x01];
    check(Bounds::JSON, &[header.to_vec()], &[Seen::Violation(Violation::TooLong)]);
    check(Bounds::JSON, &[frame(BINARY, b"{}")], &[Seen::Violation(Violation::Binary)]);
    let (front, back) = longest.split_at(4_000);
    let fits = [frame(1, front.as_bytes()), frame(FIN, back.as_bytes())];
    check(Bounds::JSON, &fits, &[Seen::Fragment(false), said(&longest)]);
    let more = [frame(1, front.as_bytes()), frame(FIN, &[b'x'; 97])];
    check(Bounds::JSON, &more, &[Seen::Fragment(false), Seen::Violation(Violation::TooLong)]);
    let count = usize::from(WEBSOCKET_FRAGMENTS_MAX);
    let mut fragments = vec![frame(0, b"x"); count];
    fragments[0] = frame(1, b"x");
    let parts = vec![Seen::Fragment(false); count];
    let many = [&fragments[..], &[frame(0, b"")]].concat();
    let violation = Seen::Violation(Violation::TooManyFragments);
    check(Bounds::JSON, &many, &[&parts[..], &[violation]].concat());
    fragments[count - 1] = frame(FIN, b"x");
    let whole = [&parts[1..], &[said(&"x".repeat(count))]].concat();
    check(Bounds::JSON, &fragments, &whole);
}

#[test]
fn what_was_put_together_is_forgotten() {
    let stream = [frame(1, b"one "), frame(FIN, b"message")].concat();
    let (mut messages, mut bytes, mut used) = (Messages::default(), stream, 0);
    let mut next = || messages.next(&mut bytes, &mut used, ECHO).map(|next| format!("{next:?}"));
    assert_eq!(next().unwrap(), "Fragment { is_empty: false }");
    assert_eq!(next().unwrap(), "Text(\"one message\")");
    assert_eq!(next().unwrap(), "More");
    assert!(messages.is_idle() && messages.bytes.capacity() == 0);
}

#[test]
fn the_server_writes_the_shortest_header_in_front() {
    for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
        let payload = vec![b'x'; length];
        let mut out = b"before".to_vec();
        write_frame(Opcode::Text, &mut out, |out| out.extend_from_slice(&payload));
        let header: Vec<u8> = match length {
            ..=125 => vec![TEXT, length as u8],
            126..=0xFFFF => [&[TEXT, 126][..], &(length as u16).to_be_bytes()].concat(),
            _ => [&[TEXT, 127][..], &(length as u64).to_be_bytes()].concat(),
        };
        assert_eq!(out, [b"before", &header[..], &payload].concat(), "{length}");
        assert_eq!(frame_len(&out[6..]), Some(out.len() - 6));
        assert_eq!(frame_len(&header), Some(out.len() - 6), "the header tells");
        assert_eq!(frame_len(&header[..header.len() - 1]), None);
    }
}

#[test]
fn the_reason_of_a_close_is_cut_at_a_character() {
    let mut out = Vec::new();
    write_close(1008, &"é".repeat(70), &mut out);
    assert_eq!(out[..4], [CLOSE, 124, 3, 0xF0]);
    assert_eq!(std::str::from_utf8(&out[4..]).unwrap(), "é".repeat(61));
    out.clear();
    write_close(1000, "goodbye", &mut out);
    assert_eq!(out, b"\x88\x09\x03\xE8goodbye");
}
