//! One outbox by itself: ages, cuts and small writes.

use super::*;
use crate::chat::Reply;
use crate::delivery::tests::TestRandom;
use crate::dialect::Framing;
use std::time::Duration;

fn at(seconds: u64) -> Time {
    Time::at(Duration::from_secs(seconds))
}

fn gathered(outbox: &Outbox, transcripts: &Transcripts) -> Vec<u8> {
    let mut slices = Slices::new();
    let offered = outbox.gather(transcripts, &mut slices);
    let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
    assert_eq!(bytes.len(), offered);
    bytes
}

#[test]
fn age_counts_from_when_bytes_first_had_to_wait() {
    let (mut outbox, mut pool) = (Outbox::default(), Pool::default());
    let transcripts = Transcripts::default();
    outbox.push_own(b"0123456789", &mut pool);
    assert_eq!(outbox.waiting_since(), None);
    outbox.block(at(1), &mut pool);
    outbox.push_own(b"later", &mut pool);
    outbox.block(at(2), &mut pool);
    assert_eq!(outbox.waiting_since(), Some(at(1)));
    outbox.sent(at(3), 9, &transcripts, &mut pool);
    assert_eq!(outbox.waiting_since(), Some(at(1)), "the tenth byte waits since then");
    outbox.sent(at(4), 1, &transcripts, &mut pool);
    assert_eq!(outbox.waiting_since(), Some(at(4)), "a steady reader is not old");
    outbox.sent(at(5), 5, &transcripts, &mut pool);
    assert_eq!(outbox.waiting_since(), None);
    assert!(outbox.overflow.is_none(), "an empty outbox holds no memory");
}

#[test]
fn a_slow_reader_is_offered_little_until_it_has_caught_up() {
    let (mut outbox, mut pool) = (Outbox::default(), Pool::default());
    let transcripts = Transcripts::default();
    outbox.push_own(&vec![b'x'; 3 * WRITE_BYTES_PER_TURN], &mut pool);
    assert_eq!(gathered(&outbox, &transcripts).len(), WRITE_BYTES_PER_TURN);
    outbox.block(at(1), &mut pool);
    assert_eq!(gathered(&outbox, &transcripts).len(), WRITE_BYTES_TO_SLOW);
    outbox.sent(at(2), 3 * WRITE_BYTES_PER_TURN, &transcripts, &mut pool);
    outbox.push_own(&vec![b'x'; WRITE_BYTES_PER_TURN], &mut pool);
    assert_eq!(gathered(&outbox, &transcripts).len(), WRITE_BYTES_PER_TURN);
}

#[test]
fn an_idle_outbox_is_small() {
    let size = size_of::<Option<(u32, Outbox)>>();
    assert!(size <= 48, "an outbox takes {size} bytes");
}

#[test]
fn small_pieces_weigh_something() {
    let (mut outbox, mut pool) = (Outbox::default(), Pool::default());
    let mut transcripts = Transcripts::default();
    let room = transcripts.open();
    for _ in 0..100 {
        let span = transcripts.append(room, |out| out.push(b'\n'));
        outbox.push_span(span, &mut pool);
        outbox.push_own(b"\n", &mut pool);
    }
    assert_eq!(outbox.backlog(), 200);
    assert!(outbox.weight() > 199 * PIECE_BYTES);
}

/// Messages in every encoding's framing, as spans and as own bytes, written in pieces and cut off
/// again and again: what is read is whole messages, in their order.
#[test]
fn whatever_is_cut_is_cut_between_messages() {
    for &encoding in Encoding::ALL {
        for seed in 1..=200 {
            let mut random = TestRandom::new(seed);
            let (mut outbox, mut pool) = (Outbox::default(), Pool::default());
            let mut transcripts = Transcripts::default();
            let room = transcripts.open();
            outbox.encoding = encoding;
            let (mut told, mut read, mut encoded) = (Vec::new(), Vec::new(), Vec::new());
            for number in 0..200 {
                encoded.clear();
                message(encoding, &"x".repeat(random.below(90) * 4), number, &mut encoded);
                told.push(encoded.clone());
                if encoded.is_empty() {
                    continue;
                }
                if random.below(2) == 0 {
                    outbox.push_own(&encoded, &mut pool);
                } else {
                    let append = |out: &mut Vec<u8>| out.extend_from_slice(&encoded);
                    outbox.push_span(transcripts.append(room, append), &mut pool);
                }
                while random.below(3) == 0 {
                    let waiting: Vec<u8> = outbox.slices(&transcripts).flatten().copied().collect();
                    let count = random.below(waiting.len() + 1);
                    read.extend_from_slice(&waiting[..count]);
                    outbox.sent(at(1), count, &transcripts, &mut pool);
                    if count < waiting.len() {
                        outbox.block(at(1), &mut pool);
                    }
                }
                if random.below(8) == 0 {
                    outbox.cut_after_message(&transcripts, &mut pool);
                    assert!(outbox.backlog() < 400, "the rest of one message");
                }
            }
            read.extend(outbox.slices(&transcripts).flatten());
            let mut rest = &read[..];
            for message in told {
                rest = rest.strip_prefix(&message[..]).unwrap_or(rest);
            }
            assert!(rest.is_empty(), "{encoding:?}, seed {seed}: {}", rest.escape_ascii());
        }
    }
}

/// Each is another, and begins none of the others.
fn message(encoding: Encoding, text: &str, number: usize, out: &mut Vec<u8>) {
    let line = format!("* motd: {number} {text}");
    encoding.reply(&Reply::MessageOfTheDay { line: &line }, None, None, out);
}

#[test]
fn what_waits_in_another_encoding_is_sent_to_its_end() {
    let (mut outbox, mut pool) = (Outbox::default(), Pool::default());
    let transcripts = Transcripts::default();
    outbox.push_own(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", &mut pool);
    let frames = Encoding::ALL.iter().find(|encoding| encoding.framing() == Framing::Frame);
    let frames = *frames.unwrap();
    outbox.set_encoding(frames, &mut pool);
    let mut frame = Vec::new();
    message(frames, "x", 1, &mut frame);
    outbox.push_own(&frame, &mut pool);
    outbox.sent(at(1), 9, &transcripts, &mut pool);
    outbox.block(at(1), &mut pool);
    outbox.push_own(&frame, &mut pool);
    outbox.cut_after_message(&transcripts, &mut pool);
    assert_eq!(gathered(&outbox, &transcripts), b"101 Switching Protocols\r\n\r\n");
    outbox.push_own(&frame, &mut pool);
    let state = outbox.handed_over(&transcripts);
    let (mut other, mut pool) = (Outbox::default(), Pool::default());
    other.begin_as(&state);
    other.take_over(&state, &mut pool);
    other.cut_after_message(&transcripts, &mut pool);
    assert_eq!(gathered(&other, &transcripts), b"101 Switching Protocols\r\n\r\n");
}

#[test]
fn a_question_that_was_sent_begins_the_line_that_follows() {
    for sent in [2, 4] {
        let (mut outbox, mut pool) = (Outbox::default(), Pool::default());
        let transcripts = Transcripts::default();
        outbox.push_own(b"NICK", &mut pool);
        outbox.sent(Time::ZERO, sent, &transcripts, &mut pool);
        let state = outbox.handed_over(&transcripts);
        let mut other = Outbox::default();
        other.begin_as(&state);
        other.take_over(&state, &mut pool);
        for outbox in [&mut outbox, &mut other] {
            outbox.push_own(b"Connected to server!\nhello\n", &mut pool);
            outbox.cut_after_message(&transcripts, &mut pool);
            let rest = [&b"NICK"[sent..], b"Connected to server!\n"].concat();
            assert_eq!(gathered(outbox, &transcripts), rest);
            outbox.sent(Time::ZERO, rest.len(), &transcripts, &mut pool);
            outbox.push_own(b"more\n", &mut pool);
            outbox.cut_after_message(&transcripts, &mut pool);
            assert_eq!(gathered(outbox, &transcripts), b"");
        }
    }
}

#[test]
fn an_older_server_tells_that_a_line_was_begun() {
    let document = r#"{"waiting":"6c6f0a6869210a","blocked":false,"ending":false,"spoke":false,
        "mid_line":true,"mark":null}"#;
    let state: OutboxState = serde_json::from_str(document).unwrap();
    let (mut outbox, mut pool) = (Outbox::default(), Pool::default());
    let transcripts = Transcripts::default();
    outbox.begin_as(&state);
    outbox.take_over(&state, &mut pool);
    outbox.cut_after_message(&transcripts, &mut pool);
    assert_eq!(gathered(&outbox, &transcripts), b"lo\n");
}
