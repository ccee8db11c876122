//! What comes out of a decoder, whatever way it went in.

use super::*;
use crate::chat::Command;
use crate::dialect::{Decoder, Encoding, Form, Spoken};
use crate::limits::CHUNK_QUIET;

const STRANGER: Speaker<'static> = Speaker::Stranger { could_be_nickname: &|_| true };

/// All steps until no more messages are whole, in words.
fn steps(decoder: &mut Decoder, now: Time, input: &[u8], speaker: Speaker<'_>) -> Vec<String> {
    let mut input = input.to_vec();
    let mut decoded = decoder.decode(now, &mut input, &Spoken::default());
    let mut seen = Vec::new();
    while decoded.due() != Due::Later {
        match decoded.next(speaker) {
            Step::More => break,
            step => seen.push(format!("{step:?}")),
        }
    }
    seen
}

fn said(text: &str) -> String {
    format!("{:?}", Step::Command(Command::Say { room: None, text }))
}

fn keeps_nothing(decoder: &Decoder) -> bool {
    matches!(decoder, Decoder::Line(LineDecoder { unread: None, .. }))
}

/// Somebody who has said a nickname.
fn member() -> Decoder {
    let mut decoder = Decoder::default();
    assert_eq!(steps(&mut decoder, Time::ZERO, b"max\n", STRANGER), ["Command(Nick(\"max\"))"]);
    assert!(keeps_nothing(&decoder));
    decoder
}

#[test]
fn a_decoder_is_small() {
    assert!(size_of::<Decoder>() <= 16);
}

#[test]
fn no_pause_ends_a_byte_order_mark() {
    let mut decoder = Decoder::default();
    for bytes in [&b"\xef"[..], b"\xbb\xbf"] {
        assert!(steps(&mut decoder, Time::ZERO, bytes, STRANGER).is_empty());
        assert_eq!((decoder.due(), decoder.begun()), (Time::NEVER, Time::NEVER));
    }
    assert!(steps(&mut decoder, Time::ZERO, b"max", STRANGER).is_empty());
    assert_eq!(decoder.due(), Time::ZERO + CHUNK_QUIET);
}

#[test]
fn a_pause_ends_one_message_and_not_the_next() {
    // What is held back by flood control meanwhile, or ends in the middle of a telnet command, is
    // not asked for another line before more comes.
    for end in [&b"\r"[..], b"\xff"] {
        let (mut decoder, now) = (Decoder::default(), Time::ZERO);
        let sent = [b"max", end].concat();
        let noise = steps(&mut decoder, now, &sent, STRANGER);
        assert_eq!(noise.len(), usize::from(end == b"\xff"));
        decoder.pause();
        let heard = steps(&mut decoder, now, b"", STRANGER);
        assert_eq!(heard, ["Become(ReadsPieces)", "Command(Nick(\"max\"))"]);
        let noise = steps(&mut decoder, now, b"\xf1and n", Speaker::MEMBER);
        assert_eq!(noise.len(), usize::from(end == b"\xff"));
        assert!(!decoder.is_idle());
    }
}

#[test]
fn a_client_that_pauses_shows_how_it_reads() {
    let (mut decoder, now) = (Decoder::default(), Time::ZERO);
    let mut pauses = |text: &str, speaker| {
        assert!(steps(&mut decoder, now, text.as_bytes(), speaker).is_empty());
        decoder.pause();
        steps(&mut decoder, now, b"", speaker)
    };
    pauses("max", STRANGER);
    assert_eq!(pauses("max: hi", Speaker::MEMBER), [said("hi")]);
    assert_eq!(pauses("max: h\u{ef}", Speaker::MEMBER), ["Become(ReadsUnicode)", &said("h\u{ef}")]);
    assert_eq!(pauses("h\u{ef}", Speaker::MEMBER), [said("h\u{ef}")]);
    // Whoever turns out to send newlines reads as everybody does, and still names itself.
    let heard = steps(&mut decoder, now, b"max: yes\n", Speaker::MEMBER);
    assert_eq!(heard, ["Become(ReadsStream)", &said("yes")]);
    assert_eq!(decoder.due(), Time::NEVER);
}

#[test]
fn the_end_of_a_stream_is_no_habit() {
    let mut decoder = Decoder::default();
    assert!(steps(&mut decoder, Time::ZERO, b"max", STRANGER).is_empty());
    decoder.end();
    assert_eq!(steps(&mut decoder, Time::ZERO, b"", STRANGER), ["Command(Nick(\"max\"))"]);
    assert!(decoder.is_drained());
}

#[test]
fn a_broken_connection_says_whole_lines() {
    let mut decoder = member();
    drop(decoder.decode(Time::ZERO, &mut b"one\ntwo\nthr".to_vec(), &Spoken::default()));
    decoder.drop_unfinished();
    decoder.end();
    let heard = steps(&mut decoder, Time::ZERO, b"", Speaker::MEMBER);
    assert_eq!(heard, [said("one"), said("two")]);
}

#[test]
fn telnet_is_answered_before_what_was_said() {
    let mut decoder = member();
    let heard = steps(&mut decoder, Time::ZERO, b"hi\xff\xfd\x06\n", Speaker::MEMBER);
    let answer = format!("{:?}", Step::Answer(b"\xff\xfc\x06"));
    assert_eq!(heard, ["Noise(3)", &answer, &said("hi")]);
}

#[test]
fn irc_is_known_by_its_first_line_and_begins_behind_the_prompt() {
    for prompted in [false, true] {
        let mut decoder = Decoder::default();
        if prompted {
            decoder.note_prompt();
            assert_eq!(decoder.before_notice(), b"\n");
        }
        let mut input = b"\r\nNICK max\r\n".to_vec();
        let mut decoded = decoder.decode(Time::ZERO, &mut input, &Spoken::default());
        assert_eq!(decoded.due(), Due::Now);
        assert_eq!(decoded.next(STRANGER), Step::Speak(Encoding::Irc(Form::BARE)));
        let behind_prompt = if prompted { Step::Answer(b"\r\n") } else { Step::Noise(0) };
        assert_eq!(decoded.next(STRANGER), behind_prompt);
    }
}

#[test]
fn a_long_first_line_is_not_heard_before_its_end() {
    let (mut decoder, mut long) = (Decoder::default(), [b'x'; LINE_BYTES_MAX]);
    assert_eq!(decoder.decode(Time::ZERO, &mut long, &Spoken::default()).due(), Due::Later);
    let heard = steps(&mut decoder, Time::ZERO, b" HTTP/1.1\n", STRANGER);
    assert!(heard[0].starts_with("Close(Http"), "{heard:?}");
}

#[test]
fn every_cut_gives_the_same_steps() {
    let long = "y".repeat(2 * LINE_BYTES_MAX);
    let sent = [
        b"hi\r\n\nmix\x08ke\n\xff\xfb\x1f/me waves\r\x00/who 2\n\xef\xbb\xbfbom\n\xfe\xff\n/nick\n",
        long.as_bytes(),
        b"\n//x\n/frobnicate\n",
    ]
    .concat();
    let is_noise = |step: &String| step.starts_with("Noise");
    let without_noise = |mut heard: Vec<String>| {
        heard.retain(|step| !is_noise(step));
        heard
    };
    let whole = without_noise(steps(&mut member(), Time::ZERO, &sent, Speaker::MEMBER));
    assert_eq!(whole.len(), 11, "{whole:?}");
    for size in (1..40).chain([LINE_BYTES_MAX - 1, LINE_BYTES_MAX]) {
        let mut decoder = member();
        let pieces = sent.chunks(size);
        let heard =
            pieces.flat_map(|piece| steps(&mut decoder, Time::ZERO, piece, Speaker::MEMBER));
        assert_eq!(without_noise(heard.collect()), whole, "reads of {size}");
        assert!(keeps_nothing(&decoder), "nothing is kept");
    }
}

#[test]
fn what_is_left_holds_no_large_buffer() {
    // The second is no text all the way.
    for begin in ["", "\0"] {
        let sent = format!("{begin}{}rest", "x\n".repeat(30_000));
        let mut decoder = member();
        steps(&mut decoder, Time::ZERO, sent.as_bytes(), Speaker::MEMBER);
        let Decoder::Line(LineDecoder { unread: Some(unread), .. }) = &decoder else {
            panic!("a line is begun");
        };
        assert_eq!(unread.bytes, b"rest");
        assert!(unread.bytes.capacity() <= LINE_BYTES_MAX);
    }
}
