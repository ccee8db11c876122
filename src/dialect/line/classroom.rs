//! The classroom client's messages: the name that each begins with, and text in ASCII.
//!
//! The tutorial's client puts the nickname before each message, and its many copies each do it
//! with other marks. The pauses of a client show whether it is one; `habits` notes that.
//!
//! Invariant: a text that only looks like a name and a mark (`anna: hi` from ann, `ann-marie`) is
//! left as it is.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Brackets that copies of the client put around the name.
const BRACKETS: [(char, char); 5] = [('<', '>'), ('[', ']'), ('(', ')'), ('{', '}'), ('*', '*')];
/// Marks that may stand right before the text, as in `ann:hi`.
const TIGHT_MARKS: [char; 7] = [':', '>', '»', '›', '→', '：', '＞'];
/// Marks that need a space behind them: a name may go on with one of these, as in `ann-marie`.
const LOOSE_MARKS: [char; 12] = ['-', '=', '|', '~', '#', '$', '%', ';', '…', '–', '—', '•'];
/// Characters of the longest mark, which is `---->` or the like.
const MARK_CHARACTERS_MAX: usize = 5;

/// A message without the name that its client puts before it, and without the mark behind that.
/// `None` if the message does not begin so. One space behind the mark goes too.
pub(in crate::dialect) fn without_name<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    if name.is_empty() {
        return None;
    }
    let text = text.trim_start();
    if let Some(rest) = behind_name(text, name) {
        return marked(rest);
    }
    let (open, close) = *BRACKETS.iter().find(|(open, _)| text.starts_with(*open))?;
    let inside = behind_name(text[open.len_utf8()..].trim_start(), name)?;
    let rest = inside.trim_start().strip_prefix(close)?;
    Some(marked(rest).unwrap_or_else(|| without_space(rest)))
}

/// The text behind the name at the beginning of `text`, in whichever case the name is written.
fn behind_name<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text.chars();
    let lower = |character: char| character.to_lowercase();
    name.chars()
        .all(|one| rest.next().is_some_and(|other| lower(one).eq(lower(other))))
        .then_some(rest.as_str())
}

/// The text behind the mark at the beginning of `rest`, if there is one: a mark that stands alone,
/// or its part that may stand right before the text (of `:-) hi` the colon).
fn marked(rest: &str) -> Option<&str> {
    let rest = rest.trim_start();
    let is_mark = |it: &char| TIGHT_MARKS.contains(it) || LOOSE_MARKS.contains(it);
    let length = rest.chars().take_while(is_mark).take(MARK_CHARACTERS_MAX).count();
    let ends = rest.char_indices().take(length).map(|(at, mark)| (at + mark.len_utf8(), mark));
    let ends: Vec<(usize, char)> = ends.collect();
    ends.iter().rev().find_map(|(end, last)| {
        let text = &rest[*end..];
        let stands_alone = text.is_empty() || text.starts_with(char::is_whitespace);
        (stands_alone || TIGHT_MARKS.contains(last)).then(|| without_space(text))
    })
}

fn without_space(text: &str) -> &str {
    text.strip_prefix(' ').unwrap_or(text)
}

/// Writes text in ASCII, in place: letters without their marks, the usual signs for typographic
/// ones, and a question mark for all else. The tutorial's client decodes what it reads as ASCII
/// and stops for good at the first byte that is none. `bytes` are UTF-8.
pub fn simplify(bytes: &mut Vec<u8>) {
    if bytes.is_ascii() {
        return;
    }
    let text = String::from_utf8_lossy(bytes).into_owned();
    bytes.clear();
    for character in text.nfkd().filter(|character| !is_combining_mark(*character)) {
        match u8::try_from(character) {
            Ok(byte) if byte.is_ascii() => bytes.push(byte),
            _ => bytes.extend_from_slice(in_ascii(character).as_bytes()),
        }
    }
}

/// Characters that no decomposition brings to ASCII and that people know how to write in it.
fn in_ascii(character: char) -> &'static str {
    match character {
        'ß' => "ss",
        'ẞ' => "SS",
        'æ' => "ae",
        'Æ' => "AE",
        'œ' => "oe",
        'Œ' => "OE",
        'ø' => "o",
        'Ø' => "O",
        'ł' => "l",
        'Ł' => "L",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'þ' => "th",
        'Þ' => "Th",
        'ı' => "i",
        '‘' | '’' | '‚' | '′' => "'",
        '“' | '”' | '„' | '«' | '»' => "\"",
        '‐' | '‑' | '‒' | '–' | '—' | '−' => "-",
        '·' | '•' => "*",
        '×' => "x",
        '€' => "EUR",
        '\u{200C}' | '\u{200D}' => "",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_goes_whatever_mark_follows_it() {
        for message in [
            "ann:hi",
            "ann: hi",
            "ann : hi",
            "ann > hi",
            "ann> hi",
            "ann -> hi",
            "<ann> hi",
            "[ann] hi",
            "[ann]: hi",
            "(ann) hi",
            "* ann * hi",
            "ann>> hi",
            "ann => hi",
            "ann | hi",
            "ann - hi",
            "ann$ hi",
            "ann ~ hi",
            " ann: hi",
            "< ann > hi",
            "ann：hi",
            "ann » hi",
            "ann --> hi",
            "[ann] > hi",
        ] {
            assert_eq!(without_name(message, "ann"), Some("hi"), "{message}");
        }
        assert_eq!(without_name("Nick Smith: hi", "Nick Smith"), Some("hi"));
        assert_eq!(without_name("ANN: hi", "Ann"), Some("hi"));
        assert_eq!(without_name("<ZO\u{cb}> hi", "Zo\u{eb}"), Some("hi"));
        assert_eq!(without_name("ann:  two", "ann"), Some(" two"));
        assert_eq!(without_name("ann: ", "ann"), Some(""));
        assert_eq!(without_name("ann: /who", "ann"), Some("/who"));
        assert_eq!(without_name("ann:/who", "ann"), Some("/who"));
        assert_eq!(without_name("ann:-) hi", "ann"), Some("-) hi"));
        assert_eq!(without_name("ann: ann: hi", "ann"), Some("ann: hi"));
    }

    #[test]
    fn text_that_only_looks_so_stays() {
        for message in [
            "annual hi",
            "ann hi",
            "anna: hi",
            "ann-marie: hi",
            "ann",
            "<anna> hi",
            "<ann hi",
            "hi ann: hi",
            "ann, hi",
            "ann's: hi",
            "ann=5",
            "",
            "<",
            "[ann",
        ] {
            assert_eq!(without_name(message, "ann"), None, "{message}");
        }
        assert_eq!(without_name(": hi", ""), None);
    }

    #[test]
    fn text_becomes_ascii_and_stays_readable() {
        for (written, read) in [
            ("Zoë joined!\n", "Zoe joined!\n"),
            ("* motd: café – “déjà vu”\n", "* motd: cafe - \"deja vu\"\n"),
            ("Straße, smørrebrød, Łódź", "Strasse, smorrebrod, Lodz"),
            ("日本 ok", "?? ok"),
            ("ﬁne", "fine"),
            ("plain", "plain"),
        ] {
            let mut bytes = written.as_bytes().to_vec();
            simplify(&mut bytes);
            assert_eq!(String::from_utf8(bytes).unwrap(), read);
        }
    }
}
