//! What it costs to find the lines in a stream and to understand them.
//!
//! A stream as a pipe sends it is decoded into commands, 64 KiB at a time.
//! `cargo bench --bench decode`

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on may stop")]

mod support;

use std::hint::black_box;

use mio_chat::dialect::{Decoder, Speaker, Spoken, Step};
use mio_chat::limits::READ_BYTES_PER_TURN;
use mio_chat::time::Time;

/// What is sent over and over, by name.
const STREAMS: [(&str, &str); 5] = [
    ("16 bytes", "hello, everyone\n"),
    ("64 bytes", "the quick brown fox jumps over the lazy dog, and then once more.\n"),
    ("CR LF", "the quick brown fox jumps over the lazy dog, and then again.\r\n"),
    ("UTF-8", "zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich\n"),
    ("/msg", "/msg bob the quick brown fox jumps over the lazy dog as ever..\n"),
];

fn main() {
    if let Some((work, rounds)) = support::counted_work() {
        let (_, line) = STREAMS.iter().find(|(name, _)| *name == work).unwrap();
        let mut stream = stream(line);
        (0..rounds).for_each(|_| assert!(decode(&mut stream) > 0));
        return;
    }
    println!("line      ns per line  instructions per line");
    for (name, line) in STREAMS {
        let mut stream = stream(line);
        let lines = decode(&mut stream) as f64;
        let nanoseconds = support::median_nanoseconds(|| {
            black_box(decode(black_box(&mut stream)));
        });
        let counted = support::instructions(name, 20).map(|count| count / lines);
        let (nanoseconds, instructions) = (nanoseconds / lines, support::shown(counted));
        println!("{name:8}  {nanoseconds:11.1}  {instructions:>21}");
    }
}

fn stream(line: &str) -> Vec<u8> {
    line.repeat(READ_BYTES_PER_TURN / line.len()).into_bytes()
}

/// Decodes a stream. Returns how many commands it held.
fn decode(stream: &mut [u8]) -> usize {
    let mut decoder = Decoder::default();
    let mut decoded = decoder.decode(Time::ZERO, stream, &Spoken::default());
    let mut commands = 0;
    loop {
        match decoded.next(Speaker::MEMBER) {
            Step::More => break commands,
            Step::Command(_) => commands += 1,
            _ => {}
        }
    }
}
