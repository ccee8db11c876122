//! What language a client speaks is never decided twice, however its first bytes come in.

use mio_chat::dialect::{Foreign, Language, language};

/// Bytes of which every beginning is looked at.
const START_BYTES_MAX: usize = 256;

/// Once a language is known from the first bytes, no more bytes change it; once the first line is
/// whole and plain, nothing behind it makes it foreign. All that holds with and without a prompt.
pub fn check(data: &[u8]) {
    let data = &data[..data.len().min(START_BYTES_MAX)];
    for prompted in [false, true] {
        check_beginnings(data, prompted);
        for decided in [language(data, false, prompted), language(data, true, prompted)] {
            if let Language::Foreign(foreign) = decided {
                expect_polite(foreign);
            }
        }
    }
}

fn check_beginnings(data: &[u8], prompted: bool) {
    let mut known = None;
    for end in 0..=data.len() {
        let start = &data[..end];
        let now = language(start, false, prompted);
        let at_the_end = language(start, true, prompted);
        assert_ne!(at_the_end, Language::Undecided, "no more will come after {end} bytes");
        match known {
            Some(decided) => assert_eq!(now, decided, "after {end} bytes"),
            None if now != Language::Undecided => known = Some(now),
            None => assert!(!has_whole_line(start), "a whole line decides, after {end} bytes"),
        }
        if let Some(decided) = known {
            assert_eq!(at_the_end, decided, "ended after {end} bytes");
        }
        let first = language(without_blanks(start), false, prompted);
        assert_eq!(first, now, "without blank lines");
    }
}

/// Whether a line that is not empty ends here.
fn has_whole_line(start: &[u8]) -> bool {
    without_blanks(start).contains(&b'\n')
}

/// Without line ends and byte order marks in front.
fn without_blanks(start: &[u8]) -> &[u8] {
    let is_first = |start: &&[u8]| start.starts_with(b"\r") || start.starts_with(b"\n");
    let skip = |start: &&'_ [u8]| match start {
        start if start.starts_with(b"\xef\xbb\xbf") => 3,
        start if is_first(start) => 1,
        _ => 0,
    };
    let mut rest = start;
    while skip(&rest) > 0 {
        rest = &rest[skip(&rest)..];
    }
    rest
}

/// A refusal is lines of plain ASCII, or nothing at all for who could not read them.
fn expect_polite(language: Foreign) {
    let refusal = language.refusal();
    assert!(refusal.is_ascii());
    assert_eq!(refusal.is_empty(), language == Foreign::Tls);
    assert!(refusal.is_empty() || refusal.ends_with(b"\r\n"));
}
