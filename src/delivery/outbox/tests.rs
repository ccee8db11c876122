//! One outbox by itself: ages, cuts and small writes.

use super::*;
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
