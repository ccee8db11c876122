//! Where a line ends, and whether it is too long. Its tags and its body have limits of their own.

use memchr::{memchr, memchr2};

use super::numeric::END;
use crate::limits::{IRC_LINE_BYTES_MAX, IRC_TAGS_BYTES_MAX};

/// What comes next of what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// No line is whole.
    More,
    /// A line, of so many bytes without its end and so many with it.
    Line(usize, usize),
    /// So many bytes of a line that is too long, at its beginning.
    TooLong(usize),
    /// So many more of it.
    Skipped(usize),
}

/// What is next in bytes that were not used yet.
pub(super) fn frame(unused: &[u8], is_skipping: bool) -> Frame {
    let end = memchr(b'\n', unused);
    if is_skipping {
        return match end {
            _ if unused.is_empty() => Frame::More,
            Some(end) => Frame::Skipped(end + 1),
            None => Frame::Skipped(unused.len()),
        };
    }
    let line = &unused[..end.unwrap_or(unused.len())];
    let text = line.strip_suffix(b"\r").unwrap_or(line);
    let tags = match text.first() {
        Some(b'@') => memchr(b' ', text).map_or(text.len(), |space| space + 1),
        _ => 0,
    };
    let fits = tags <= IRC_TAGS_BYTES_MAX && text.len() - tags + END.len() <= IRC_LINE_BYTES_MAX;
    match end {
        Some(end) if fits => Frame::Line(text.len(), end + 1),
        Some(end) => Frame::TooLong(end + 1),
        None if fits => Frame::More,
        None => Frame::TooLong(unused.len()),
    }
}

/// A line without what is no part of one, if there is such; otherwise empty.
pub(super) fn cleaned(line: &str) -> String {
    match memchr2(b'\r', 0, line.as_bytes()) {
        Some(_) => line.replace(['\r', '\0'], ""),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_do_not_count_for_the_body_and_a_line_may_be_as_long_as_its_limit() {
        let body = "x".repeat(IRC_LINE_BYTES_MAX - END.len());
        let longest = format!("@a={} {body}", "y".repeat(IRC_TAGS_BYTES_MAX - 4));
        let length = longest.len();
        assert_eq!(
            frame(format!("{longest}\r\nz").as_bytes(), false),
            Frame::Line(length, length + 2)
        );
        assert_eq!(frame(longest.as_bytes(), false), Frame::More);
        let too_long = format!("{longest}x\n");
        assert_eq!(frame(too_long.as_bytes(), false), Frame::TooLong(too_long.len()));
        assert_eq!(frame(b"rest\nPING a\n", true), Frame::Skipped(5));
    }

    #[test]
    fn what_is_no_part_of_a_line_is_taken_out() {
        assert_eq!(cleaned("PING a"), "");
        assert_eq!(cleaned("PI\0NG\r a"), "PING a");
    }
}
