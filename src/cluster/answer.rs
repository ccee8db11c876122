//! What the engine answers, read strictly: another form than a question's answer has is an error,
//! whoever sits at the other end.

use thiserror::Error;

use super::engine::Asked;
use super::entry::{EntryId, Malformed, NodeRun, Term, decimal};
use super::resp::Value;
use crate::limits::NODES_MAX;

/// An answer that is none of what was asked. The connection is of no use after it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum AnswerError {
    /// A part of it.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// All of it.
    #[error("the engine has answered something else than was asked")]
    Other,
}

/// What came of something that was to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done; as this entry, if it is one.
    Done(Option<EntryId>),
    /// It had been done before, or there was nothing to do.
    Again,
    /// The room is in another term.
    Term(Term),
    /// The room was not opened by this run.
    Closed,
    /// Something before it is missing.
    Ahead,
    /// The charter has another version, or a node other people.
    Conflict(u64, Box<[u8]>),
    /// Somebody else has it: `run shown` of a name, `time run` of a lease.
    Taken(Box<[u8]>),
    /// A room's log ends before what this node knows.
    Behind,
}

/// A room, all at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenRoom {
    /// Messages so far.
    pub number: u64,
    /// The number of the last entry of this run that the engine has …
    pub mark: u64,
    /// … and of its last change.
    pub change_mark: u64,
    /// The term of the room before this one …
    pub before: Term,
    /// … and its messages when that ended.
    pub base: u64,
    /// How often the charter was changed.
    pub version: u64,
    /// The charter; empty if there is none.
    pub charter: Box<[u8]>,
    /// Officers, and the runs on which they are.
    pub officers: Vec<(Box<str>, NodeRun)>,
    /// How many people each run has here.
    pub counts: Vec<(NodeRun, u64)>,
    /// Entries, as [`Entry::parse`](super::entry::Entry::parse) reads them.
    pub entries: Vec<Box<[u8]>>,
}

/// All leases, as one beat saw them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leases {
    /// The engine's clock, in milliseconds since 1970.
    pub at: u64,
    /// Whether one's own still held.
    pub held: bool,
    /// What is left of each, in milliseconds; less than nothing if it is over.
    pub left: Vec<(NodeRun, i64)>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The engine's term.
    Term(Term),
    /// A room that is open now.
    Open(Box<OpenRoom>),
    /// What came of it.
    Outcome(Outcome),
    /// Texts.
    Texts(Vec<Box<str>>),
    /// Who holds a name, and as what it is shown.
    Holder(Option<(NodeRun, Box<str>)>),
    /// Leases.
    Beat(Leases),
    /// Rooms, and the cursor of the next; 0 at the end.
    Rooms(u64, Vec<Box<str>>),
    /// The other players of a group and their data, oldest first.
    Group(Vec<(Box<str>, Box<[u8]>)>),
    /// So many wait, this one among them.
    Waiting(u64),
    /// Nothing that anybody has to know.
    Nothing,
}

impl Answer {
    /// Reads the answer to what was asked.
    ///
    /// # Errors
    /// It is none.
    pub fn decode(asked: Asked, value: &Value<'_>) -> Result<Self, AnswerError> {
        match asked {
            Asked::Count => match value {
                Value::Number(_) => Ok(Self::Nothing),
                _ => Err(AnswerError::Other),
            },
            Asked::Holder if *value == Value::Null => Ok(Self::Holder(None)),
            Asked::Holder => holder(value.bytes().ok_or(AnswerError::Other)?),
            Asked::Texts => Ok(Self::Texts(texts(list(value)?)?)),
            Asked::Rooms => match list(value)? {
                [cursor, rooms] => Ok(Self::Rooms(number(cursor)?, texts(list(rooms)?)?)),
                _ => Err(AnswerError::Other),
            },
            _ => Self::of_function(asked, list(value)?),
        }
    }

    /// What a function of ours answers: a word, and what it goes with.
    fn of_function(asked: Asked, values: &[Value<'_>]) -> Result<Self, AnswerError> {
        let (word, rest) = values.split_first().ok_or(AnswerError::Other)?;
        let word = text(word)?;
        match (asked, word, rest) {
            (Asked::Term, "term", [term]) => Ok(Self::Term(Term(number(term)?))),
            (Asked::Open, "open", rest) => Ok(Self::Open(Box::new(open(rest)?))),
            (Asked::Open | Asked::Outcome, word, rest) => Ok(Self::Outcome(outcome(word, rest)?)),
            (Asked::Beat, "beat", [at, held, rest @ ..]) => {
                let left = pairs(rest, |name, left| Ok((run(name)?, signed(left)?)))?;
                Ok(Self::Beat(Leases { at: number(at)?, held: text(held)? == "1", left }))
            }
            (Asked::Seek, "waiting", [count]) => Ok(Self::Waiting(number(count)?)),
            (Asked::Seek, "group", players) => {
                Ok(Self::Group(players.iter().map(player).collect::<Result<_, _>>()?))
            }
            _ => Err(AnswerError::Other),
        }
    }
}

fn outcome(word: &str, rest: &[Value<'_>]) -> Result<Outcome, AnswerError> {
    Ok(match (word, rest) {
        ("done", [id]) => match text(id)? {
            "" => Outcome::Done(None),
            id => Outcome::Done(Some(id.parse()?)),
        },
        ("again", []) => Outcome::Again,
        ("term", [term]) => Outcome::Term(Term(number(term)?)),
        ("closed", []) => Outcome::Closed,
        ("ahead", []) => Outcome::Ahead,
        ("behind", []) => Outcome::Behind,
        ("conflict", [version, data]) => Outcome::Conflict(number(version)?, bytes(data)?.into()),
        ("taken", [by]) => Outcome::Taken(bytes(by)?.into()),
        _ => return Err(AnswerError::Other),
    })
}

fn open(values: &[Value<'_>]) -> Result<OpenRoom, AnswerError> {
    let [count, mark, change_mark, before, base, version, charter, officers, counts, entries] =
        values
    else {
        return Err(AnswerError::Other);
    };
    let entries = list(entries)?.iter().map(|entry| Ok(bytes(entry)?.into()));
    Ok(OpenRoom {
        number: number(count)?,
        mark: number(mark)?,
        change_mark: number(change_mark)?,
        before: Term(number(before)?),
        base: number(base)?,
        version: number(version)?,
        charter: bytes(charter)?.into(),
        officers: pairs(list(officers)?, |name, by| Ok((text(name)?.into(), run(by)?)))?,
        counts: pairs(list(counts)?, |of, count| Ok((run(of)?, number(count)?)))?,
        entries: entries.collect::<Result<_, AnswerError>>()?,
    })
}

fn holder(held: &[u8]) -> Result<Answer, AnswerError> {
    let held = std::str::from_utf8(held).map_err(|_| AnswerError::Other)?;
    let (run, shown) = held.split_once(' ').ok_or(AnswerError::Other)?;
    Ok(Answer::Holder(Some((run.parse()?, shown.into()))))
}

/// `player data`.
fn player(value: &Value<'_>) -> Result<(Box<str>, Box<[u8]>), AnswerError> {
    let entry = bytes(value)?;
    let end = memchr::memchr(b' ', entry).ok_or(AnswerError::Other)?;
    let name = std::str::from_utf8(&entry[..end]).map_err(|_| AnswerError::Other)?;
    Ok((name.into(), entry[end + 1..].into()))
}

fn pairs<'v, T>(
    values: &'v [Value<'_>],
    pair: impl Fn(&'v Value<'_>, &'v Value<'_>) -> Result<T, AnswerError>,
) -> Result<Vec<T>, AnswerError> {
    let (pairs, []) = values.as_chunks::<2>() else { return Err(AnswerError::Other) };
    if pairs.len() > NODES_MAX {
        return Err(AnswerError::Other);
    }
    pairs.iter().map(|[one, two]| pair(one, two)).collect()
}

fn list<'v, 'a>(value: &'v Value<'a>) -> Result<&'v [Value<'a>], AnswerError> {
    value.list().ok_or(AnswerError::Other)
}

fn bytes<'a>(value: &Value<'a>) -> Result<&'a [u8], AnswerError> {
    value.bytes().ok_or(AnswerError::Other)
}

fn text<'a>(value: &Value<'a>) -> Result<&'a str, AnswerError> {
    std::str::from_utf8(bytes(value)?).map_err(|_| AnswerError::Other)
}

fn texts(values: &[Value<'_>]) -> Result<Vec<Box<str>>, AnswerError> {
    values.iter().map(|value| Ok(text(value)?.into())).collect()
}

fn number(value: &Value<'_>) -> Result<u64, AnswerError> {
    Ok(decimal(text(value)?)?)
}

fn signed(value: &Value<'_>) -> Result<i64, AnswerError> {
    text(value)?.parse().map_err(|_| AnswerError::Other)
}

fn run(value: &Value<'_>) -> Result<NodeRun, AnswerError> {
    Ok(text(value)?.parse()?)
}
