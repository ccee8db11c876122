//! What nobody may ever be sent. Written apart from the server's own list, which it judges.

use std::ops::RangeInclusive;

/// Whether a character steers a terminal, turns text around, ends a line in some viewer, or is
/// there without being seen.
pub(crate) fn is_harmful(character: char) -> bool {
    character.is_control() || HARMFUL.iter().any(|range| range.contains(&character))
}

/// Beyond control characters: marks of direction, separators, embeddings and isolates, the byte
/// order mark, tags.
const HARMFUL: [RangeInclusive<char>; 6] = [
    '\u{61c}'..='\u{61c}',
    '\u{200e}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2066}'..='\u{2069}',
    '\u{feff}'..='\u{feff}',
    '\u{e0000}'..='\u{e007f}',
];

/// Panics unless these bytes are whole lines, or the beginning of one, that do no harm. A stream
/// may be cut within a character, and the refusals of other languages end lines with CR LF.
pub(crate) fn expect_harmless(who: &str, heard: &[u8]) {
    let text = match std::str::from_utf8(heard) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&heard[..error.valid_up_to()]).expect("valid so far")
        }
        Err(error) => panic!("{who} was sent {}: {error}", heard.escape_ascii()),
    };
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let harm = line.chars().find(|character| is_harmful(*character));
        assert_eq!(harm, None, "{who} was sent {line:?}");
    }
}
