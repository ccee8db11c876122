//! Cleaning the text of people before it is relayed.
//!
//! The server cleans text because people read it with programs (`nc`, a classroom script) that hand
//! every byte to the terminal: relayed text must not move a cursor, ring, change colours or reorder
//! characters (CVE-2021-42574). `dialect` checks whether bytes are UTF-8 at all.

pub mod lines;

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;

use crate::limits::COMBINING_MARKS_MAX;

/// The text without control characters (a tab becomes a space), bidirectional controls, line
/// and paragraph separators, characters that show nothing and tags outside of flags, and with at
/// most [`COMBINING_MARKS_MAX`] combining marks in a row. Borrows when there is nothing to remove.
pub fn clean(text: &str) -> Cow<'_, str> {
    // Without an early end, many bytes are looked at at once.
    if !text.bytes().fold(false, |other, byte| other | !matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    let (mut marks, mut rest) = (0, text);
    while let Some(character) = rest.chars().next() {
        let flag = subdivision_flag_bytes(rest);
        let (taken, behind) = rest.split_at(flag.unwrap_or(character.len_utf8()));
        rest = behind;
        match character {
            '\t' => cleaned.push(' '),
            _ if is_unsafe(character) => continue,
            _ if is_combining_mark(character) && marks == COMBINING_MARKS_MAX => continue,
            _ => cleaned.push_str(taken),
        }
        marks = if is_combining_mark(character) { marks + 1 } else { 0 };
    }
    if cleaned == text { Cow::Borrowed(text) } else { Cow::Owned(cleaned) }
}

/// The same, but formatting codes stay: bold, colour and the like, which some programs show. Others
/// are told the text [`without_formatting`].
pub fn clean_formatted(text: &str) -> Cow<'_, str> {
    if !text.contains(is_formatting) {
        return clean(text);
    }
    let parts = text.split_inclusive(is_formatting);
    let cleaned =
        parts.map(|part| match part.chars().next_back().filter(|end| is_formatting(*end)) {
            Some(code) => format!("{}{code}", clean(&part[..part.len() - 1])),
            None => clean(part).into_owned(),
        });
    Cow::Owned(cleaned.collect())
}

/// The text without formatting codes, and without the digits of colours behind them. Borrows when
/// there are none.
pub fn without_formatting(text: &str) -> Cow<'_, str> {
    // Without an early end, many bytes are looked at at once.
    if !text.bytes().fold(false, |other, byte| other | (byte < b' ')) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_formatting) {
        plain.push_str(&rest[..at]);
        let code = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        let digits = match code {
            COLOUR => 2,
            HEX_COLOUR => 6,
            _ => continue,
        };
        rest = without_colour(rest, digits);
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Takes the digits of a colour off the front, and those of another behind a comma.
fn without_colour(text: &str, digits: usize) -> &str {
    let is_digit =
        |byte: &u8| if digits > 2 { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
    let count = |text: &str| text.bytes().take(digits).take_while(is_digit).count();
    let front = count(text);
    let rest = &text[front..];
    match rest.strip_prefix(',').map(|behind| (behind, count(behind))) {
        Some((behind, back)) if front > 0 && back > 0 => &behind[back..],
        _ => rest,
    }
}

const COLOUR: u8 = 0x03;
const HEX_COLOUR: u8 = 0x04;

/// Whether this is a formatting code (bold, colour, hex colour, reset, monospace, reverse, italics,
/// strikethrough, underline).
fn is_formatting(character: char) -> bool {
    matches!(
        character,
        '\x02' | '\x03' | '\x04' | '\x0f' | '\x11' | '\x16' | '\x1d' | '\x1e' | '\x1f'
    )
}

/// As many bytes of a text as fit, without a part of a character.
pub fn fitting(text: &str, most: usize) -> usize {
    let is_boundary = |end: &usize| text.is_char_boundary(*end);
    (0..=most.min(text.len())).rev().find(is_boundary).unwrap_or(0)
}

/// Whether a reader sees nothing of this text: a message of this kind says nothing.
pub fn is_blank(text: &str) -> bool {
    let begins_visibly = text.bytes().next().is_some_and(|byte| byte.is_ascii_graphic());
    !begins_visibly
        && text.chars().all(|character| {
            character.is_whitespace()
                || is_unsafe(character)
                || is_combining_mark(character)
                || matches!(character, '\u{200C}' | '\u{200D}' | '\u{2800}')
        })
}

/// Whether a character steers a terminal, ends a line in some viewer, turns text around, or takes
/// its place without being seen. Never relayed but as part of a flag, and escaped in the log. The
/// joiners U+200C and U+200D stay: Persian words and families of emoji need them.
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            // Bidirectional controls.
            '\u{061C}' | '\u{200E}' | '\u{200F}'
            | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
            // Separators of lines and paragraphs.
            | '\u{2028}' | '\u{2029}'
            // Spaces without width, fillers, and invisible operators.
            | '\u{00AD}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}'
            | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}'
            | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            // Annotations of lines, of shorthand and of music.
            | '\u{FFF9}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            // Tags, in which hidden text can be written.
            | '\u{E0000}'..='\u{E007F}')
}

/// How many bytes at the start of `text` are the flag of a part of a country (UTS 51, ED-14a): a
/// black flag, the code of the part in tag letters and digits, and a tag that ends it.
fn subdivision_flag_bytes(text: &str) -> Option<usize> {
    let code = text.strip_prefix(BLACK_FLAG)?;
    let is_tag = |it: &char| matches!(it, '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}');
    let letters = code.chars().take_while(is_tag).count();
    let bytes = code.chars().take(letters).map(char::len_utf8).sum::<usize>();
    let ends = code[bytes..].starts_with(TAG_END);
    let is_code = SUBDIVISION_CODE_LETTERS.contains(&letters);
    (ends && is_code).then(|| text.len() - code.len() + bytes + TAG_END.len_utf8())
}

const BLACK_FLAG: char = '\u{1F3F4}';
const TAG_END: char = '\u{E007F}';
/// Two letters of the country and one to four of the part (ISO 3166-2 has up to three, CLDR four):
/// too few to hide a sentence in.
const SUBDIVISION_CODE_LETTERS: std::ops::RangeInclusive<usize> = 3..=6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        for text in ["", "hello", "na\u{ef}ve \u{1F600} \u{65E5}\u{672C}\u{8A9E}", "cafe\u{301}"] {
            assert!(matches!(clean(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }

    #[test]
    fn formatting_stays_where_it_is_shown_and_goes_elsewhere() {
        for (typed, kept, plain) in [
            ("plain", "plain", "plain"),
            ("\x02bold\x0f \x1b[2J", "\x02bold\x0f [2J", "bold [2J"),
            ("\x034,12red\x03, 5", "\x034,12red\x03, 5", "red, 5"),
            ("\x0312345 \x031,x", "\x0312345 \x031,x", "345 ,x"),
            ("\x04ff00AAx\x1d\x1f\x11", "\x04ff00AAx\x1d\x1f\x11", "x"),
        ] {
            assert_eq!(clean_formatted(typed), kept, "{typed:?}");
            assert_eq!(without_formatting(kept), plain, "{typed:?}");
        }
    }

    #[test]
    fn what_terminals_obey_is_removed() {
        for (typed, relayed) in [
            ("a\tb", "a b"),
            ("\x1b[2Jgone", "[2Jgone"),
            ("bell\x07 del\x7f c1\u{9b}31m", "bell del c131m"),
            ("\u{202E}evil\u{2066}", "evil"),
            ("\u{200F}\u{061C}x\u{2028}y\u{2029}\u{FEFF}", "xy"),
            ("flag\u{E0067}\u{E007F}", "flag"),
            (
                "a\u{200B}b\u{3164}c\u{180E}d\u{FFF9}e\u{FFFB}f\u{1D173}g\u{2060}h\u{AD}i",
                "abcdefghi",
            ),
            ("\x00\x01\x02", ""),
        ] {
            assert_eq!(clean(typed), relayed, "{typed:?}");
        }
    }

    /// Text in tag characters, and the tag that ends it.
    fn tagged(code: &str) -> String {
        let tag = |letter: char| char::from_u32(0xE0000 + u32::from(letter)).unwrap();
        code.chars().map(tag).chain([TAG_END]).collect()
    }

    #[test]
    fn flags_of_england_scotland_and_wales_stay_and_other_tags_go() {
        for code in ["gbeng", "gbsct", "gbwls", "usca"] {
            let flag = format!("{BLACK_FLAG}{} won", tagged(code));
            assert_eq!(clean(&flag), flag, "{code}");
        }
        for (hidden, shown) in [
            (format!("hi{}!", tagged("ignore this")), "hi!"),
            (format!("{BLACK_FLAG}{}!", tagged("ignorethis")), "\u{1F3F4}!"),
            (format!("{BLACK_FLAG}{}!", tagged("GB")), "\u{1F3F4}!"),
            (format!("{BLACK_FLAG} {}!", tagged("gbeng")), "\u{1F3F4} !"),
            (format!("{BLACK_FLAG}{}", tagged("gbeng").replace(TAG_END, "")), "\u{1F3F4}"),
            (
                format!("{BLACK_FLAG}{0}{0}", tagged("gbeng")),
                &format!("{BLACK_FLAG}{}", tagged("gbeng")),
            ),
        ] {
            assert_eq!(clean(&hidden), shown, "{hidden:?}");
        }
    }

    #[test]
    fn joiners_and_selectors_stay_where_words_and_pictures_need_them() {
        for text in [
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "\u{1F468}\u{200d}\u{1F469}\u{200d}\u{1F467}",
            "\u{2764}\u{fe0f}",
        ] {
            assert_eq!(clean(text), text);
        }
    }

    #[test]
    fn what_nobody_sees_is_blank() {
        for text in
            ["", " \t", "\u{200B}", "\u{3164}", "\u{200D}\u{200C}", "\u{2800}", "\u{301}\u{FE0F}"]
        {
            assert!(is_blank(text), "{text:?}");
        }
        for text in ["a", ".", "\u{2764}\u{fe0f}", "e\u{301}"] {
            assert!(!is_blank(text), "{text:?}");
        }
    }

    #[test]
    fn piled_up_marks_are_cut_and_controls_between_them_do_not_help() {
        let piled = format!("z{}", "\u{301}".repeat(50));
        assert_eq!(clean(&piled).chars().count(), 1 + COMBINING_MARKS_MAX);
        let sneaky = format!("z{}", "\u{301}\u{200E}".repeat(50));
        assert_eq!(clean(&sneaky).chars().count(), 1 + COMBINING_MARKS_MAX);
    }

    #[test]
    fn cleaning_twice_changes_nothing_more() {
        let all: String = (0..0x1_1000u32).filter_map(char::from_u32).collect();
        let once = clean(&all).into_owned();
        assert_eq!(clean(&once), once);
        assert!(!once.chars().any(is_unsafe));
    }
}
