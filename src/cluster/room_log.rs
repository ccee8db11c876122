//! What one node knows of one room's log: how far it has read, what it has added, and what of that
//! may have to be added again.
//!
//! A room is *opened*: it is subscribed to first, then one answer tells all of it. What is
//! published before that answer is in it. After it each entry must follow the one before; one that
//! does not shows a hole, and the room is opened again.
//!
//! A position is good in its term and the engine's run. After another began, all that the log keeps
//! is read again: what was shown already is skipped by its author's own number. And what this node
//! has added lately and the engine has not (it lost its tail, or everything) is added again. So
//! nothing is lost that a living node knows, and nothing is shown twice.
//!
//! Invariants:
//! - The numbers of own entries have no holes, and none is sent before the one before it.
//! - Each entry of an author is shown once, in the author's order.
//! - What cannot be read any more is told as a gap.

use std::collections::{BTreeMap, VecDeque};

use super::answer::OpenRoom;
use super::engine::Move;
use super::entry::{Author, Entry, EntryId, Lane, Malformed, NodeRun, Term};
use crate::limits::LOG_AUTHORS_MAX;
use crate::time::Time;

/// Terms of which it is known how far they were read.
const TERMS_MAX: usize = 8;

/// Bytes that an entry takes besides its body and names.
const OVERHEAD: usize = 96;

/// How far a room is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomState {
    /// To be opened.
    Closed,
    /// It has been asked for.
    Opening,
    /// Entries come and go.
    Open,
}

/// What a published entry is to this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It is new: to be shown.
    New,
    /// It has been shown; or it is in the answer that is waited for.
    Known,
    /// Something before it is missing: the room must be opened again.
    Hole,
}

/// An own entry that may have to be sent (again).
#[derive(Debug)]
pub struct Held {
    /// The node's number of it.
    pub number: u64,
    /// For how many messages it counts.
    pub count: u32,
    /// What it says.
    pub body: Box<[u8]>,
    /// Who comes and goes with it.
    pub moves: Box<[Move]>,
    /// When it came back from the log.
    back: Option<Time>,
}

impl Held {
    fn bytes(&self) -> usize {
        let names = self.moves.iter().map(|moved| match moved {
            Move::In(name) | Move::Out(name) => name.len() + 24,
        });
        OVERHEAD + self.body.len() + names.sum::<usize>()
    }
}

/// How to ask for a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The lowest number that may be sent again, or the next.
    pub first: u64,
    /// The same of changes.
    pub first_change: u64,
    /// The entry after which the log is to be read.
    pub after: EntryId,
}

/// A room's log as one node knows it.
#[derive(Debug)]
pub struct RoomLog {
    run: NodeRun,
    state: RoomState,
    /// The last entry that was applied.
    position: Option<EntryId>,
    /// Whether that can be read on from, if the term is still its own.
    is_trusted: bool,
    /// While the room is opened in parts: the last entry of the last part, and the number up to
    /// which nothing is missing.
    cursor: Option<(EntryId, u64)>,
    /// The number of the next own entry.
    next: u64,
    /// The number of the next own change.
    next_change: u64,
    /// The highest own number that was sent since the room was opened.
    sent: u64,
    held: VecDeque<Held>,
    /// The last number of each author that was shown, and in which entry.
    shown: BTreeMap<Author, (u64, EntryId)>,
    /// How far other terms were read. What is found before that was shown, or told as a gap.
    passed: BTreeMap<Term, u64>,
    /// Own entries that have just come back.
    back: Vec<u64>,
    /// Bytes of entries that have not come back, and of those that have.
    bytes: (usize, usize),
}

impl RoomLog {
    /// A room of which nothing is known yet.
    pub fn new(run: NodeRun) -> Self {
        Self {
            run,
            state: RoomState::Closed,
            position: None,
            is_trusted: true,
            cursor: None,
            next: 1,
            next_change: 1,
            sent: 0,
            held: VecDeque::new(),
            shown: BTreeMap::new(),
            passed: BTreeMap::new(),
            back: Vec::new(),
            bytes: (0, 0),
        }
    }

    /// How far it is.
    pub fn state(&self) -> RoomState {
        self.state
    }

    /// The last entry that was applied.
    pub fn position(&self) -> Option<EntryId> {
        self.position
    }

    /// Bytes of own entries that are not known to be in the log, and of those that are and are held
    /// all the same.
    pub fn bytes(&self) -> (usize, usize) {
        self.bytes
    }

    /// Own entries that have come back since this was last asked.
    pub fn take_back(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.back)
    }

    /// The number of the next change.
    pub fn next_change(&self) -> u64 {
        self.next_change
    }

    /// A change was made, so its number is used up.
    pub fn changed(&mut self) {
        self.next_change += 1;
    }

    /// Adds an entry of one's own. It is sent once the room is open, and shown when it comes back.
    pub fn append(&mut self, count: u32, body: Box<[u8]>, moves: Box<[Move]>) {
        let held = Held { number: self.next, count, body, moves, back: None };
        self.bytes.0 += held.bytes();
        self.next += 1;
        self.held.push_back(held);
    }

    /// The room has to be opened anew. Its position can be trusted if the engine is the same.
    pub fn close(&mut self, is_trusted: bool) {
        self.state = RoomState::Closed;
        self.cursor = None;
        self.is_trusted &= is_trusted;
    }

    /// The room is asked for in this term, or the rest of its log.
    pub fn ask(&mut self, term: Term) -> Opening {
        self.state = RoomState::Opening;
        let good = self.position.filter(|position| self.is_trusted && position.term == term);
        let after = self.cursor.map(|(id, _)| id).or(good).unwrap_or_default();
        let first = self.held.front().map_or(self.next, |held| held.number);
        Opening { first, first_change: self.next_change, after }
    }

    /// The next own entry to be sent, if the room is open.
    pub fn next_to_send(&self) -> Option<&Held> {
        let (front, is_open) = (self.held.front()?, self.state == RoomState::Open);
        let index = (self.sent + 1).saturating_sub(front.number);
        if is_open { self.held.get(usize::try_from(index).ok()?) } else { None }
    }

    /// That entry was sent.
    pub fn sent(&mut self) {
        self.sent = self.next_to_send().map_or(self.sent, |held| held.number);
    }

    /// The engine has an own entry. One that counts for no message never comes back.
    pub fn added(&mut self, now: Time, number: u64) {
        if self.held(number).is_some_and(|held| held.count == 0) {
            self.came_back(now, number);
        }
    }

    fn held(&mut self, number: u64) -> Option<&mut Held> {
        let first = self.held.front()?.number;
        self.held.get_mut(usize::try_from(number.checked_sub(first)?).ok()?)
    }

    fn came_back(&mut self, now: Time, number: u64) {
        let Some(held) = self.held(number) else { return };
        let (bytes, was_back) = (held.bytes(), held.back.replace(now).is_some());
        if !was_back {
            self.bytes = (self.bytes.0 - bytes, self.bytes.1 + bytes);
        }
        self.back.push(number);
    }

    /// Forgets own entries up to this number that came back by then. Returns whether it did.
    pub fn release(&mut self, number: u64, by: Time) -> bool {
        let mut any = false;
        while let Some(held) = self.held.front()
            && held.number <= number
            && held.back.is_some_and(|back| back <= by)
        {
            self.bytes.1 -= held.bytes();
            self.held.pop_front();
            any = true;
        }
        any
    }

    /// A room was answered: calls `show` for each entry that is new. Returns whether something is
    /// missing, and whether that is all; if not, the rest must be asked for.
    ///
    /// # Errors
    /// An entry is none, or they do not come in order.
    pub fn opened(
        &mut self,
        now: Time,
        term: Term,
        open: &OpenRoom,
        mut show: impl FnMut(&Entry<'_>),
    ) -> Result<(bool, bool), Malformed> {
        let (mut last, mut known) = match (self.cursor, self.position) {
            (Some(cursor), _) => cursor,
            (None, None) => (EntryId::default(), u64::MAX),
            (None, Some(position)) => self.kept(position, term, open),
        };
        let mut gap = false;
        for text in &open.entries {
            let entry = Entry::parse(text)?;
            if entry.id <= last || entry.id.term > term || entry.id.number > open.number {
                return Err(Malformed("log"));
            }
            if known == u64::MAX {
                known = entry.follows();
            }
            gap |= entry.follows() > known;
            (last, known) = (entry.id, known.max(entry.id.number));
            let was_passed = self.pass(entry.id);
            if self.show(now, &entry) && !was_passed {
                show(&entry);
            }
        }
        if !open.entries.is_empty() && last.number < open.number {
            self.cursor = Some((last, known));
            return Ok((gap, false));
        }
        gap |= known < open.number;
        gap |= self.settle(now, open);
        let position = EntryId { term, number: open.number };
        if let Some(former) = self.position.replace(position) {
            self.pass(former);
        }
        self.pass(position);
        (self.state, self.cursor, self.is_trusted) = (RoomState::Open, None, true);
        Ok((gap, true))
    }

    /// An entry is read. Returns whether its term was read further before: the log of another
    /// engine may hold what this one's did not any more.
    fn pass(&mut self, id: EntryId) -> bool {
        let is_here = self.position.is_some_and(|at| at.term == id.term && at.number >= id.number);
        let passed = self.passed.entry(id.term).or_default();
        let was_passed = is_here || *passed >= id.number;
        *passed = id.number.max(*passed);
        while self.passed.len() > TERMS_MAX {
            self.passed.pop_first();
        }
        was_passed
    }

    /// After which entry the log was read, and up to which number nothing is missing.
    fn kept(&self, position: EntryId, term: Term, open: &OpenRoom) -> (EntryId, u64) {
        match position.term {
            own if own == term && self.is_trusted => (position, position.number),
            own if own == open.before => (EntryId::default(), position.number.min(open.base)),
            _ => (EntryId::default(), 0),
        }
    }

    /// What of one's own the engine has, and what it must be sent again. Returns whether an entry
    /// is in the log and can no longer be read.
    fn settle(&mut self, now: Time, open: &OpenRoom) -> bool {
        self.sent = open.mark;
        self.next_change = self.next_change.max(open.change_mark + 1);
        let mut unseen = Vec::new();
        for held in &mut self.held {
            match held.back {
                None if held.number <= open.mark => unseen.push((held.number, held.count)),
                Some(_) if held.number > open.mark => {
                    held.back = None;
                    let bytes = held.bytes();
                    self.bytes = (self.bytes.0 + bytes, self.bytes.1 - bytes);
                }
                _ => {}
            }
        }
        unseen.iter().for_each(|(number, _)| self.came_back(now, *number));
        if open.mark >= self.next {
            // Another process of this run has gone further. All that is held here is in the log.
            self.held.clear();
            (self.next, self.bytes) = (open.mark + 1, (0, 0));
        }
        unseen.iter().any(|(_, count)| *count > 0)
    }

    /// An entry was published.
    pub fn published(&mut self, now: Time, entry: &Entry<'_>) -> Seen {
        let Some(position) = self.position.filter(|_| self.state == RoomState::Open) else {
            return Seen::Known;
        };
        if entry.id <= position {
            return Seen::Known;
        }
        if entry.id.term != position.term || entry.follows() != position.number {
            return Seen::Hole;
        }
        self.position = Some(entry.id);
        if self.show(now, entry) { Seen::New } else { Seen::Known }
    }

    /// Whether an entry was not shown before. It is now.
    fn show(&mut self, now: Time, entry: &Entry<'_>) -> bool {
        if entry.author.run == self.run && entry.author.lane == Lane::Talk {
            self.came_back(now, entry.number);
        }
        if let Some((shown, id)) = self.shown.get_mut(&entry.author) {
            let is_new = entry.number > *shown;
            if is_new {
                (*shown, *id) = (entry.number, entry.id);
            }
            return is_new;
        }
        if self.shown.len() >= LOG_AUTHORS_MAX {
            let oldest = self.shown.iter().min_by_key(|(_, (_, id))| *id);
            if let Some(author) = oldest.map(|(author, _)| author.clone()) {
                self.shown.remove(&author);
            }
        }
        self.shown.insert(entry.author.clone(), (entry.number, entry.id));
        true
    }
}

#[cfg(test)]
mod tests;
