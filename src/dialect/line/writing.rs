//! The forms of plain lines: a line, a notice, a listing. Their words are in `wording`, `notices`,
//! `refusals` and `commands`.

use std::io::Write;

use crate::chat::MessageId;
use crate::limits::LISTING_LINE_BYTES;

/// The beginning of a numbered message: `@NUMBER SECONDS `, the seconds counted from 1970.
pub(in crate::dialect) fn number(out: &mut Vec<u8>, numbered: bool, id: MessageId) {
    if numbered {
        let _ = write!(out, "@{} {} ", id.number, id.at.millis() / 1_000);
    }
}

pub(in crate::dialect) fn line(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'\n');
}

pub(in crate::dialect) fn notice(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector cannot fail.
    let _ = writeln!(out, "* {text}");
}

/// A plain line, or several, for those who are told the same in English in another language:
/// without the mark of a notice before it, and without its end.
pub(in crate::dialect) fn sentence(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut line = Vec::new();
    write(&mut line);
    unmarked(&String::from_utf8_lossy(&line)).trim_end_matches('\n').to_owned()
}

/// A line without the mark of a notice.
pub(in crate::dialect) fn unmarked(line: &str) -> &str {
    line.strip_prefix("* ").unwrap_or(line)
}

/// Names separated by commas, in lines of a readable length.
pub(in crate::dialect) struct Listing<'a> {
    out: &'a mut Vec<u8>,
    line_start: usize,
    first: bool,
}

impl<'a> Listing<'a> {
    pub(in crate::dialect) fn begin(
        out: &'a mut Vec<u8>,
        heading: std::fmt::Arguments<'_>,
    ) -> Self {
        let line_start = out.len();
        let _ = write!(out, "* {heading}");
        Self { out, line_start, first: true }
    }

    pub(in crate::dialect) fn add(&mut self, name: std::fmt::Arguments<'_>) {
        if self.out.len() - self.line_start > LISTING_LINE_BYTES {
            self.out.extend_from_slice(b"\n* and ");
            self.line_start = self.out.len();
        } else if !self.first {
            self.out.extend_from_slice(b", ");
        }
        self.first = false;
        let _ = self.out.write_fmt(name);
    }

    pub(in crate::dialect) fn end(self, more: usize) {
        if more > 0 {
            let _ = write!(self.out, " and {more} more");
        }
        self.out.push(b'\n');
    }
}
