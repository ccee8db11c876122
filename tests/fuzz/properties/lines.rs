//! Telnet commands are taken out and lines are found, alike however the bytes are cut into reads.

use mio_chat::dialect::{Frame, LineSplitter, TelnetFilter};
use mio_chat::limits::LINE_BYTES_MAX;

/// Places at which a stream is cut in two; a short one is cut everywhere.
const CUTS_MAX: usize = 16;

/// What came of a line.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Line(Vec<u8>),
    TooLong,
}

/// The same lines come out of these bytes in whatever pieces they come, and they are those that a
/// naive reader finds.
pub fn check(data: &[u8]) {
    let whole = seen([data].into_iter());
    assert_eq!(whole, expected(data), "read naively");
    for size in [1, 3, LINE_BYTES_MAX - 1] {
        assert_eq!(seen(data.chunks(size)), whole, "in reads of {size}");
    }
    for cut in (1..data.len()).step_by(data.len() / CUTS_MAX + 1) {
        let (front, back) = data.split_at(cut);
        assert_eq!(seen([front, back].into_iter()), whole, "cut at {cut}");
    }
}

/// Every line of a stream that comes in these pieces and then ends.
fn seen<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Seen> {
    let (mut filter, mut splitter) = (TelnetFilter::default(), LineSplitter::default());
    let (mut unused, mut seen) = (Vec::new(), Vec::new());
    for piece in pieces {
        let before = unused.len();
        let kept = filter.filter(piece, &mut unused);
        assert_eq!(unused.len(), before + kept);
        while let Some(used) = note(splitter.next(&unused), &mut seen) {
            unused.drain(..used);
        }
    }
    while let Some(used) = note(splitter.finish(&unused), &mut seen) {
        unused.drain(..used);
    }
    assert!(unused.is_empty(), "left over: {}", unused.escape_ascii());
    seen
}

/// Writes a frame down; how many bytes it took, unless it is incomplete.
fn note(frame: Frame<'_>, seen: &mut Vec<Seen>) -> Option<usize> {
    let used = match frame {
        Frame::Incomplete => return None,
        Frame::Line { line, used } => {
            seen.push(Seen::Line(line.to_vec()));
            used
        }
        Frame::TooLong { used } => {
            seen.push(Seen::TooLong);
            used
        }
        Frame::Skipped { used } => used,
    };
    assert!(used > 0, "a frame of nothing would be found for ever");
    Some(used)
}

/// The same, with all the text in one piece.
fn expected(data: &[u8]) -> Vec<Seen> {
    let mut text = Vec::new();
    TelnetFilter::default().filter(data, &mut text);
    let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    // What stands behind the last newline is a line only if there is something.
    lines.pop_if(|last| last.is_empty());
    let seen = lines.into_iter().map(|line| match line {
        _ if line.len() >= LINE_BYTES_MAX => Seen::TooLong,
        _ => Seen::Line(line.strip_suffix(b"\r").unwrap_or(line).to_vec()),
    });
    seen.collect()
}
