//! What a node asks the engine: each question, and the bytes of the command that asks it.
//!
//! This is all that a node may want of an engine; another one than Redis would have its own
//! encoding of [`Question`] and decoding of [`Answer`](super::answer::Answer). Each question
//! touches the keys of one hash slot, and runs alone and whole.
//!
//! Invariant: a question that is asked twice, or carried out late by an engine that slept, does
//! nothing that being asked once would not have done.

mod encoding;

use std::time::Duration;

use super::entry::{EntryId, NodeRun, Term};

/// The functions of rooms, as the engine loads them.
pub const ROOM_FUNCTIONS: &str = include_str!("functions/rooms.lua");
/// The functions of nodes, names and queues.
pub const NODE_FUNCTIONS: &str = include_str!("functions/nodes.lua");

/// What is added to a room's log, and what changes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addition<'a> {
    /// The author's number of it.
    pub number: u64,
    /// For how many messages it counts. One that counts for none is not in the log: it only changes
    /// who is here.
    pub count: u32,
    /// What it says.
    pub body: &'a [u8],
}

/// Somebody comes to a room or goes, as a name's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// Comes.
    In(Box<str>),
    /// Goes, and is no officer any more.
    Out(Box<str>),
}

/// One question. `run` is the one that asks, `room`, `name` and `queue` are keys without the
/// prefix, `lasts` is for how long what is asked for holds. A `player` is called without spaces.
#[expect(missing_docs, reason = "fields are called as what they are above and in the functions")]
#[derive(Clone, Copy, Debug)]
pub enum Question<'a> {
    /// The term of the engine's run, at least that one.
    Term { engine_run: &'a str, least: Term },
    /// All of a room that a node must know, and what is in its log after an entry. `first` and
    /// `first_change` are the lowest numbers that the node may send again, or its next ones.
    Open {
        room: &'a str,
        run: &'a NodeRun,
        term: Term,
        first: u64,
        first_change: u64,
        after: EntryId,
    },
    /// Adds to a log, if nothing was overtaken.
    Append { room: &'a str, run: &'a NodeRun, term: Term, add: Addition<'a>, moves: &'a [Move] },
    /// Replaces the charter, if it is still of that version. Officers: name, run if it is one.
    Change {
        room: &'a str,
        run: &'a NodeRun,
        term: Term,
        add: Addition<'a>,
        version: u64,
        charter: &'a [u8],
        officers: &'a [(&'a str, Option<&'a NodeRun>)],
    },
    /// Takes away the people of a node that is gone, if they are so many.
    Evict { room: &'a str, dead: &'a NodeRun, term: Term, count: u32, body: &'a [u8], people: u64 },
    /// People of a node in a room, so many at most.
    Names { room: &'a str, run: &'a NodeRun, most: u64 },
    /// Takes a name, or keeps it; from a dead run if that holds it.
    Claim {
        name: &'a str,
        run: &'a NodeRun,
        shown: &'a str,
        lasts: Duration,
        dead: Option<&'a NodeRun>,
    },
    /// Gives a name back, if it is one's own.
    Release { name: &'a str, run: &'a NodeRun },
    /// Who holds a name.
    Holder { name: &'a str },
    /// Renews a node's lease, and asks for all.
    Beat { run: &'a NodeRun, lasts: Duration },
    /// Notes that a node has people in a room …
    Visit { run: &'a NodeRun, room: &'a str },
    /// … or none any more.
    Depart { run: &'a NodeRun, room: &'a str },
    /// The rooms of a node, in parts; the first is asked for by 0.
    Rooms { run: &'a NodeRun, cursor: u64 },
    /// Clears up after a dead run, if nobody else does.
    Janitor { run: &'a NodeRun, dead: &'a NodeRun, lasts: Duration },
    /// Forgets a dead run, or its own.
    Bury { run: &'a NodeRun, dead: &'a NodeRun },
    /// A group of `need` players, or a place in the queue.
    Seek { queue: &'a str, player: &'a str, need: u32, lasts: Duration, data: &'a [u8] },
    /// Out of the queue.
    Unseek { queue: &'a str, player: &'a str, lasts: Duration },
}

/// Which answer a question has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A term.
    Term,
    /// A room.
    Open,
    /// Done, or why not.
    Outcome,
    /// Texts.
    Texts,
    /// A name's holder, if there is one.
    Holder,
    /// Leases.
    Beat,
    /// Rooms, and where the next begin.
    Rooms,
    /// Others, or a place.
    Seek,
    /// A number, of which nothing is to be known.
    Count,
}

impl Question<'_> {
    /// Which answer it has.
    pub fn asked(&self) -> Asked {
        match self {
            Self::Term { .. } => Asked::Term,
            Self::Open { .. } => Asked::Open,
            Self::Names { .. } => Asked::Texts,
            Self::Holder { .. } => Asked::Holder,
            Self::Beat { .. } => Asked::Beat,
            Self::Rooms { .. } => Asked::Rooms,
            Self::Seek { .. } => Asked::Seek,
            Self::Visit { .. } | Self::Depart { .. } => Asked::Count,
            _ => Asked::Outcome,
        }
    }
}
