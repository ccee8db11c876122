//! What nobody may ever be sent. Written apart from the server's own list, which it judges.

use std::ops::RangeInclusive;

/// Whether a character steers a terminal, turns text around, ends a line in some viewer, or is
/// there without being seen.
pub(crate) fn is_harmful(character: char) -> bool {
    character.is_control() || HARMFUL.iter().any(|range| range.contains(&character))
}

/// Beyond control characters: what shows nothing, marks of direction, separators, embeddings and
/// isolates, the byte order mark, annotations, tags.
const HARMFUL: [RangeInclusive<char>; 15] = [
    '\u{ad}'..='\u{ad}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{180e}'..='\u{180e}',
    '\u{200b}'..='\u{200b}',
    '\u{200e}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff9}'..='\u{fffb}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e007f}',
];

/// A text without the flags of parts of countries, in which alone tags are harmless.
pub(crate) fn without_flags(text: &str) -> String {
    let mut pieces = text.split('\u{1f3f4}');
    let mut left = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let rest = piece.trim_start_matches(|one: char| matches!(one, '\u{e0030}'..='\u{e007a}'));
        let code = piece[..piece.len() - rest.len()].chars().count();
        let is_flag = (3..=6).contains(&code) && rest.starts_with('\u{e007f}');
        left.push('\u{1f3f4}');
        left.push_str(if is_flag { &rest['\u{e007f}'.len_utf8()..] } else { piece });
    }
    left
}

fn remove(mut bytes: Vec<u8>, taken: &[u8]) -> Vec<u8> {
    while let Some(at) = bytes.windows(taken.len()).position(|window| window == taken) {
        bytes.drain(at..at + taken.len());
    }
    bytes
}

/// Panics unless these bytes are whole lines, or the beginning of one, that do no harm. A stream
/// may be cut within a character, and the refusals of other languages end lines with CR LF.
pub(crate) fn expect_harmless(who: &str, heard: &[u8]) {
    // The answer to a timing mark, which telnet takes out.
    let heard = &remove(heard.to_vec(), b"\xff\xfc\x06")[..];
    let text = match std::str::from_utf8(heard) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&heard[..error.valid_up_to()]).expect("valid so far")
        }
        Err(error) => panic!("{who} was sent {}: {error}", heard.escape_ascii()),
    };
    for line in without_flags(text).split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let harm = line.chars().find(|character| is_harmful(*character));
        assert_eq!(harm, None, "{who} was sent {line:?}");
    }
}
