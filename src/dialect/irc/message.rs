//! One line taken apart. Source: RFC 2812 §2.3.1, IRCv3 message-tags.
//!
//! Any last parameter may have a colon or not, words may have several spaces between them, and
//! verbs are written in any case.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::limits::IRC_PARAMETERS_MAX;
use crate::text::is_unsafe;

/// A line of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    pub(super) tags: Tags<'a>,
    /// The tags that others are to be told, one after the other.
    pub(super) client_tags: &'a str,
    /// All from the verb on, as it was written.
    pub(super) words: &'a str,
    /// As it was written.
    pub(super) verb: &'a str,
    pub(super) parameters: SmallVec<[&'a str; 4]>,
}

/// The tags of a line, as they were written, without the `@`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tags<'a>(pub(super) &'a str);

impl<'a> Message<'a> {
    /// Takes a line apart, without its end. `None`: it says nothing.
    pub(super) fn parse(line: &'a str) -> Option<Self> {
        let mut rest = line.trim_start_matches(' ');
        let mut tags = Tags::default();
        if let Some(tagged) = rest.strip_prefix('@') {
            let (written, behind) = tagged.split_once(' ').unwrap_or((tagged, ""));
            (tags, rest) = (Tags(written), behind.trim_start_matches(' '));
        }
        // A client's own idea of who it is counts for nothing.
        if let Some(source) = rest.strip_prefix(':') {
            rest = source.split_once(' ').map_or("", |(_, behind)| behind.trim_start_matches(' '));
        }
        let words = rest;
        let (verb, mut rest) = rest.split_once(' ').unwrap_or((rest, ""));
        if verb.is_empty() {
            return None;
        }
        let mut parameters = SmallVec::new();
        loop {
            rest = rest.trim_start_matches(' ');
            if rest.is_empty() {
                break;
            }
            if let Some(last) = rest.strip_prefix(':') {
                parameters.push(last);
                break;
            }
            if parameters.len() + 1 == IRC_PARAMETERS_MAX {
                parameters.push(rest);
                break;
            }
            let (parameter, behind) = rest.split_once(' ').unwrap_or((rest, ""));
            parameters.push(parameter);
            rest = behind;
        }
        Some(Self { tags, client_tags: "", words, verb, parameters })
    }

    /// The parameter at a place, from 0; it may be empty.
    pub(super) fn get(&self, place: usize) -> Option<&'a str> {
        self.parameters.get(place).copied()
    }

    /// The parameter at a place, if it says something.
    pub(super) fn said(&self, place: usize) -> Option<&'a str> {
        self.get(place).filter(|parameter| !parameter.is_empty())
    }
}

impl<'a> Tags<'a> {
    /// Each tag with its value as it was written.
    pub(super) fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let tags = self.0.split(';').filter(|tag| !tag.is_empty());
        tags.map(|tag| tag.split_once('=').unwrap_or((tag, "")))
    }

    /// Those that others are to be told, one after the other with `;` between them.
    pub(super) fn of_client(self) -> String {
        let is_client = |tag: &&str| {
            let key = tag.strip_prefix('+').and_then(|tag| tag.split('=').next());
            key.is_some_and(|key| !key.is_empty()) && !tag.contains(is_unsafe)
        };
        self.0.split(';').filter(is_client).collect::<Vec<_>>().join(";")
    }

    /// The last value of a tag, if it has one.
    pub(super) fn get(self, key: &str) -> Option<Cow<'a, str>> {
        let found = self.iter().filter(|(other, _)| *other == key).last();
        found.filter(|(_, value)| !value.is_empty()).map(|(_, value)| unescaped(value))
    }
}

/// The value of a tag as it is meant.
fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut meant = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            meant.push(character);
            continue;
        }
        match characters.next() {
            Some(':') => meant.push(';'),
            Some('s') => meant.push(' '),
            Some('r') => meant.push('\r'),
            Some('n') => meant.push('\n'),
            Some(other) => meant.push(other),
            None => {}
        }
    }
    Cow::Owned(meant)
}

/// Appends the value of a tag as it is written.
pub(super) fn write_value(value: &str, out: &mut Vec<u8>) {
    for byte in value.bytes() {
        match byte {
            b';' => out.extend_from_slice(br"\:"),
            b' ' => out.extend_from_slice(br"\s"),
            b'\\' => out.extend_from_slice(br"\\"),
            b'\r' => out.extend_from_slice(br"\r"),
            b'\n' => out.extend_from_slice(br"\n"),
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> (String, Vec<&str>) {
        let message = Message::parse(line).unwrap();
        (message.verb.to_owned(), message.parameters.to_vec())
    }

    #[test]
    fn lines_are_taken_apart() {
        for (line, verb, parameters) in [
            ("PING", "PING", &[][..]),
            ("PING x", "PING", &["x"]),
            (":me PRIVMSG #a :hello  you", "PRIVMSG", &["#a", "hello  you"]),
            ("@a=b;c :me  privmsg  #a   hello ", "privmsg", &["#a", "hello"]),
            ("USER root 0 * :", "USER", &["root", "0", "*", ""]),
            ("JOIN :", "JOIN", &[""]),
            (
                "A 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
                "A",
                &[
                    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14",
                    "15 16",
                ],
            ),
        ] {
            assert_eq!(parsed(line), (verb.to_owned(), parameters.to_vec()), "{line}");
        }
        for nothing in ["", " ", ":source", "@tags", "@tags :source ", ":"] {
            assert_eq!(Message::parse(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn the_values_of_tags_are_written_with_escapes() {
        let message = Message::parse(r"@label=a\:b\s\\c;+draft/reply=1;label2 TAGMSG #a").unwrap();
        assert_eq!(message.tags.get("label").as_deref(), Some(r"a;b \c"));
        assert_eq!(message.tags.get("+draft/reply").as_deref(), Some("1"));
        assert_eq!(message.tags.get("label2"), None);
        let mut written = Vec::new();
        write_value("a;b \\c\r\n", &mut written);
        assert_eq!(written, br"a\:b\s\\c\r\n");
    }
}
