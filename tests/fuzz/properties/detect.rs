//! What language a client speaks is never decided twice, however its first bytes come in.

use mio_chat::dialect::{Foreign, foreign};

/// Bytes of which every beginning is looked at.
const START_BYTES_MAX: usize = 256;

/// Once a language is known from the first bytes, no more bytes change it; once the first line is
/// whole and plain, nothing behind it makes it foreign.
pub fn check(data: &[u8]) {
    let data = &data[..data.len().min(START_BYTES_MAX)];
    let mut known = None;
    for end in 0..=data.len() {
        let start = &data[..end];
        let now = foreign(start, false);
        let at_the_end = foreign(start, true);
        match known {
            Some(decided) => assert_eq!(now, decided, "after {end} bytes"),
            None if now.is_some() || has_whole_line(start) => known = Some(now),
            None => {}
        }
        if let Some(decided) = known {
            assert_eq!(at_the_end, decided, "ended after {end} bytes");
        }
        assert_eq!(foreign(without_blank_lines(start), false), now, "without blank lines");
    }
    for language in [foreign(data, false), foreign(data, true)].into_iter().flatten() {
        expect_polite(language);
    }
}

/// Whether a line that is not empty ends here.
fn has_whole_line(start: &[u8]) -> bool {
    without_blank_lines(start).contains(&b'\n')
}

fn without_blank_lines(start: &[u8]) -> &[u8] {
    let blank = start.iter().take_while(|byte| b"\r\n".contains(byte)).count();
    &start[blank..]
}

/// A refusal is lines of plain ASCII, or nothing at all for who could not read them.
fn expect_polite(language: Foreign) {
    let refusal = language.refusal();
    assert!(refusal.is_ascii());
    assert_eq!(refusal.is_empty(), language == Foreign::Tls);
    assert!(refusal.is_empty() || refusal.ends_with(b"\r\n"));
}
