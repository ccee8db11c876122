//! Entries of a room's log: who added them, when, and what they are called.
//!
//! An entry counts for so many messages, and its id ends with the number of its last. So the number
//! before its first is known too, and a missing entry is seen. The body is bytes that are left to
//! whoever reads the log.

use std::fmt;
use std::str::FromStr;

use smol_str::SmolStr;
use thiserror::Error;

use crate::limits::{ENTRY_BYTES_MAX, ENTRY_MESSAGES_MAX, NODE_NAME_CHARS_MAX};
use crate::time::UnixTime;

/// What is called an entry or a node, and is none.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the engine has sent what is no {0}")]
pub struct Malformed(pub &'static str);

/// A span of time in which the engine forgot nothing: milliseconds since 1970 at which it began, or
/// more where clocks disagree. It only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(pub u64);

/// The id of an entry, `<term>-<number>`: what is later is greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// The term in which it was added.
    pub term: Term,
    /// Messages of the room up to its last.
    pub number: u64,
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.term.0, self.number)
    }
}

impl FromStr for EntryId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (term, number) = text.split_once('-').ok_or(Malformed("id"))?;
        Ok(Self { term: Term(decimal(term)?), number: decimal(number)? })
    }
}

/// The largest number there is: above it Lua, and so the engine, counts in steps of two.
const NUMBER_MAX: u64 = 1 << 53;

/// A number of decimal digits alone.
pub(super) fn decimal(text: &str) -> Result<u64, Malformed> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| is_number && *number <= NUMBER_MAX);
    number.ok_or(Malformed("number"))
}

/// One process of a node, from its start to its end, hand-overs included: `<name>.<run>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeRun {
    node: SmolStr,
    run: u64,
}

impl NodeRun {
    /// A run, which is a random number, of the node of this name.
    ///
    /// # Errors
    /// The name is not 1 to 16 letters, digits and `-` of ASCII.
    pub fn new(node: &str, run: u64) -> Result<Self, Malformed> {
        let may_be = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_name = (1..=NODE_NAME_CHARS_MAX).contains(&node.len()) && node.bytes().all(may_be);
        if is_name { Ok(Self { node: node.into(), run }) } else { Err(Malformed("node")) }
    }

    /// The name of the node.
    pub fn node(&self) -> &str {
        &self.node
    }
}

impl fmt::Display for NodeRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:x}", self.node, self.run)
    }
}

impl FromStr for NodeRun {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (node, run) = text.split_once('.').ok_or(Malformed("node"))?;
        let is_plain = run.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let run = u64::from_str_radix(run, 16).ok().filter(|_| is_plain);
        Self::new(node, run.ok_or(Malformed("node"))?)
    }
}

/// What an author's entries are: each kind is numbered for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// What was said and who came and went: pipelined, numbered without holes.
    Talk,
    /// Changes of the charter: one at a time, numbered without holes.
    Change,
    /// The node is gone, as another one found: numbered by the time.
    Gone,
}

/// Who has added an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Author {
    /// The run of the node.
    pub run: NodeRun,
    /// Which of its entries it is one of.
    pub lane: Lane,
}

impl FromStr for Author {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (run, lane) = match text.split_once('/') {
            None => (text, Lane::Talk),
            Some((run, "c")) => (run, Lane::Change),
            Some((run, "x")) => (run, Lane::Gone),
            Some(_) => return Err(Malformed("author")),
        };
        Ok(Self { run: run.parse()?, lane })
    }
}

/// An entry as it came from a log. Its body is borrowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// What it is called.
    pub id: EntryId,
    /// For how many messages it counts, at least one.
    pub count: u32,
    /// Who has added it.
    pub author: Author,
    /// The author's own number of it.
    pub number: u64,
    /// When it was added, by the engine's clock.
    pub at: UnixTime,
    /// What it says.
    pub body: &'a [u8],
}

impl<'a> Entry<'a> {
    /// Parses `<id> <count> <author> <number> <time> <body>`.
    ///
    /// # Errors
    /// A part is missing, malformed or exceeds its limit.
    pub fn parse(mut text: &'a [u8]) -> Result<Self, Malformed> {
        let id: EntryId = word(&mut text)?.parse()?;
        let count = u32::try_from(decimal(word(&mut text)?)?).map_err(|_| Malformed("count"))?;
        let author = word(&mut text)?.parse()?;
        let number = decimal(word(&mut text)?)?;
        let at = UnixTime::from_millis(decimal(word(&mut text)?)?);
        let is_count = (1..=ENTRY_MESSAGES_MAX).contains(&count) && u64::from(count) <= id.number;
        if !is_count || text.len() > ENTRY_BYTES_MAX {
            return Err(Malformed("entry"));
        }
        Ok(Self { id, count, author, number, at, body: text })
    }

    /// The number before its first message.
    pub fn follows(&self) -> u64 {
        self.id.number.saturating_sub(self.count.into())
    }
}

/// What stands before the next space.
fn word<'a>(text: &mut &'a [u8]) -> Result<&'a str, Malformed> {
    let end = memchr::memchr(b' ', text).ok_or(Malformed("entry"))?;
    let (word, rest) = (&text[..end], &text[end + 1..]);
    *text = rest;
    std::str::from_utf8(word).map_err(|_| Malformed("entry"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let entry =
            Entry::parse(b"170-12 3 node-1.c0ffee/c 7 1700000000000 a body\n with ").unwrap();
        assert_eq!(entry.id, EntryId { term: Term(170), number: 12 });
        assert_eq!((entry.count, entry.number, entry.follows()), (3, 7, 9));
        let run = NodeRun::new("node-1", 0xc0_ffee).unwrap();
        assert_eq!(entry.author, Author { run, lane: Lane::Change });
        assert_eq!(entry.author.run.to_string(), "node-1.c0ffee");
        assert_eq!(entry.body, b"a body\n with ");
        assert_eq!(entry.id.to_string().parse(), Ok(entry.id));
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        for wrong in [
            "",
            "1-1 1 a.1 1 1",
            "1 1 a.1 1 1 b",
            "1-1 2 a.1 1 1 b",
            "1-1 0 a.1 1 1 b",
            "1-1 1 a 1 1 b",
            "1-1 1 a.G 1 1 b",
            "1-1 1 .1 1 1 b",
            "1-1 1 a.1/y 1 1 b",
            "1-1 +1 a.1 1 1 b",
            "1-1 1 a.+1 1 1 b",
            "1-1 1 a.1 -1 1 b",
            "-1 1 a.1 1 1 b",
            "1-1 1 a.1 1 99999999999999999999 b",
            "1-99999999 99999999 a.1 1 1 b",
            "1-1 1 abcdefghijklmnopq.1 1 1 b",
        ] {
            assert!(Entry::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
        let long = [b"1-1 1 a.1 1 1 ".as_slice(), &[b'a'; ENTRY_BYTES_MAX + 1]].concat();
        assert!(Entry::parse(&long).is_err() && Entry::parse(&long[1..]).is_err());
        assert!(Entry::parse(&long[..long.len() - 1]).is_ok());
    }
}
