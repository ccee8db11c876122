//! One node of a cluster, as far as one engine goes: its rooms, what it has to add to their logs,
//! its lease, and whatever else it asks.
//!
//! The shell connects, hands in bytes and time, and writes what is to be written; the server opens
//! rooms, adds to them, asks, and takes [`Event`]s. What an entry says is the server's; what is
//! said while the engine is away, and to whom that is told, too.
//!
//! Invariants:
//! - What was added to a room is sent, and sent again, until it is in the log; own entries that are
//!   not are at most [`UNLOGGED_BYTES_MAX`], and those that are held all the same
//!   [`HELD_BYTES_MAX`].
//! - A room is opened again whenever something is missing, and never twice at once.

mod rooms;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use thiserror::Error;

use super::answer::{Answer, OpenRoom, Outcome};
use super::engine::{Move, Question};
use super::entry::{Author, Entry, EntryId, NodeRun, Term};
use super::lease::Lease;
use super::link::{Failure, Gone, Link, LinkEvent, LinkSettings, Stage, Unasked, Unfit};
use super::room_log::RoomLog;
use crate::limits::{
    ENTRY_BYTES_MAX, ENTRY_MESSAGES_MAX, HELD_BYTES_MAX, HELD_FOR, LEASE, UNLOGGED_BYTES_MAX,
};
use crate::time::{Time, UnixTime};

/// A room that this node has people in. Numbers are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomNumber(u64);

/// An entry that is to be applied, in the order of its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Its id.
    pub id: EntryId,
    /// For how many messages it counts.
    pub count: u32,
    /// Whose it is.
    pub author: Author,
    /// The author's number of it.
    pub number: u64,
    /// When it was added.
    pub at: UnixTime,
    /// What it says.
    pub body: Box<[u8]>,
}

impl From<&Entry<'_>> for Logged {
    fn from(entry: &Entry<'_>) -> Self {
        let (id, count, number, at) = (entry.id, entry.count, entry.number, entry.at);
        Self { id, count, author: entry.author.clone(), number, at, body: entry.body.into() }
    }
}

/// What has happened.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// The engine is there, or its term is another one. Rooms are opened one after the other.
    Up(Term),
    /// The engine is gone.
    Down(Gone),
    /// The engine cannot be used, and waiting will not help.
    Unfit(Unfit),
    /// Entries of a room can no longer be read: those before the next ones are missing.
    Gap(RoomNumber),
    /// An entry is to be applied.
    Entry(RoomNumber, Logged),
    /// A room is open: its charter, officers and counts. Its entries came before.
    Opened(RoomNumber, Box<OpenRoom>),
    /// What came of a change of a room's charter.
    Changed(RoomNumber, Outcome),
    /// The lease had run out: names are to be claimed and people to be entered again.
    Lapsed,
    /// What came of a question.
    Answer(u64, Result<Answer, Failure>),
}

/// Why something cannot be done now.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NotNow {
    /// The engine is away. Entries are taken all the same.
    #[error("the engine is not there")]
    Down,
    /// Too much waits for the engine: authors are to be read no further.
    #[error("too much waits for the engine")]
    Full,
    /// An entry is larger than any may be, or counts for too many messages.
    #[error("an entry is too long")]
    TooLong,
    /// A change of that room's charter is under way.
    #[error("a change is under way")]
    Busy,
    /// There is no such room here.
    #[error("the room is not open here")]
    NoRoom,
}

/// A change of a room's charter.
#[derive(Clone, Debug)]
pub struct Change {
    /// For how many messages its entry counts, at least one.
    pub count: u32,
    /// What its entry says.
    pub body: Box<[u8]>,
    /// The version that it replaces.
    pub version: u64,
    /// The new charter.
    pub charter: Box<[u8]>,
    /// Officers who change: where they are from now on, or none any more.
    pub officers: Vec<(Box<str>, Option<NodeRun>)>,
}

/// What a question on the link is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    /// The room was asked for, for the so many-th time.
    Open(RoomNumber, u64),
    /// An entry of this number, sent since this opening of the room.
    Append(RoomNumber, u64, u64),
    Change(RoomNumber, u64),
    Beat,
    Asked(u64),
}

#[derive(Debug)]
struct Room {
    key: Box<str>,
    log: RoomLog,
    change: Option<Change>,
    /// The change was sent, and is not answered.
    is_changing: bool,
    /// As which number it was sent first.
    change_number: Option<u64>,
    /// How often it was opened: answers to what was sent before are stale.
    opening: u64,
    is_subscribed: bool,
    /// It is among those with something to send.
    is_queued: bool,
    /// Entries since it was opened: busy rooms are opened first.
    entries: u64,
}

/// One node.
#[derive(Debug)]
pub struct Node {
    run: NodeRun,
    link: Link<Tag>,
    lease: Lease,
    rooms: BTreeMap<RoomNumber, Room>,
    keys: BTreeMap<Box<str>, RoomNumber>,
    last_room: u64,
    /// Rooms to be opened, in this order.
    to_open: VecDeque<RoomNumber>,
    /// Rooms that were asked for.
    opening: BTreeSet<RoomNumber>,
    /// Rooms with something to send, in turn.
    to_send: VecDeque<RoomNumber>,
    /// Rooms that the engine refused, and when they are tried again.
    later: VecDeque<(Time, RoomNumber)>,
    /// When own entries came back, in that order.
    back: VecDeque<(Time, RoomNumber, u64)>,
    /// Since when the engine is there, in this term.
    up_since: Option<Time>,
    /// Bytes of own entries that are not in a log, and of those held that are.
    bytes: (usize, usize),
    events: VecDeque<Event>,
    counters: Counters,
}

/// What has been counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections to the engine that were lost.
    pub lost: u64,
    /// Holes, for which a room was opened again.
    pub holes: u64,
    /// Gaps that were told.
    pub gaps: u64,
    /// Entries that came again, and were skipped.
    pub skipped: u64,
    /// Published entries that were none.
    pub malformed: u64,
}

impl Node {
    /// A node that connects at once. `random` spreads its pauses.
    pub fn new(now: Time, run: NodeRun, settings: LinkSettings, random: u64) -> Self {
        Self {
            run,
            link: Link::new(now, settings, random, Term(0)),
            lease: Lease::default(),
            rooms: BTreeMap::new(),
            keys: BTreeMap::new(),
            last_room: 0,
            to_open: VecDeque::new(),
            opening: BTreeSet::new(),
            to_send: VecDeque::new(),
            later: VecDeque::new(),
            back: VecDeque::new(),
            up_since: None,
            bytes: (0, 0),
            events: VecDeque::new(),
            counters: Counters::default(),
        }
    }

    /// What the socket has to do.
    pub fn stage(&self) -> Stage {
        self.link.stage()
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The lease, and what is known of others'.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Bytes of own entries that are not in a log yet, and of those that are held all the same.
    pub fn bytes(&self) -> (usize, usize) {
        self.bytes
    }

    /// When time must be handed in next.
    pub fn poll_timeout(&self) -> Time {
        let later = self.later.front().map_or(Time::NEVER, |(due, _)| *due);
        let back = self.back.front().zip(self.up_since);
        let back = back.map_or(Time::NEVER, |((back, ..), since)| (*back).max(since) + HELD_FOR);
        self.link.poll_timeout().min(self.lease.due()).min(later).min(back)
    }

    /// The next thing that has happened.
    pub fn event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What is to be written.
    pub fn output(&self) -> &[u8] {
        self.link.output()
    }

    /// So much of the output was written.
    pub fn wrote(&mut self, bytes: usize) {
        self.link.wrote(bytes);
        self.pump();
    }

    /// The socket is connected.
    pub fn connected(&mut self, now: Time) {
        self.link.connected(now);
    }

    /// The socket could not be connected, or was closed.
    pub fn closed(&mut self, now: Time) {
        self.link.closed(now);
        self.work(now);
    }

    /// Bytes have come.
    pub fn receive(&mut self, now: Time, bytes: &[u8]) {
        self.link.receive(now, bytes);
        self.work(now);
    }

    /// Does what is due.
    pub fn expire(&mut self, now: Time) {
        self.link.expire(now);
        self.work(now);
        if self.lease.due() <= now {
            let question = Question::Beat { run: &self.run, lasts: LEASE };
            let is_sent = self.link.ask(&question, Tag::Beat, true).is_ok();
            self.lease.beat(now, is_sent);
        }
        while self.later.front().is_some_and(|(due, _)| *due <= now) {
            if let Some((_, number)) = self.later.pop_front() {
                self.to_open.push_back(number);
            }
        }
        self.release(now);
        self.pump();
    }

    /// Asks something. The answer bears the same tag.
    ///
    /// # Errors
    /// The engine is away, or too much waits.
    pub fn ask(&mut self, question: &Question<'_>, tag: u64) -> Result<(), NotNow> {
        self.link.ask(question, Tag::Asked(tag), false).map_err(|unasked| match unasked {
            Unasked::Down => NotNow::Down,
            Unasked::Full => NotNow::Full,
        })
    }

    /// Opens a room, as its key, and keeps it open. Its entries come as events.
    pub fn open(&mut self, key: &str) -> RoomNumber {
        if let Some(number) = self.keys.get(key) {
            return *number;
        }
        self.last_room += 1;
        let number = RoomNumber(self.last_room);
        let log = RoomLog::new(self.run.clone());
        let key: Box<str> = key.into();
        self.keys.insert(key.clone(), number);
        let room = Room {
            key,
            log,
            change: None,
            is_changing: false,
            change_number: None,
            opening: 0,
            is_subscribed: false,
            is_queued: false,
            entries: 0,
        };
        self.rooms.insert(number, room);
        self.to_open.push_back(number);
        self.pump();
        number
    }

    /// Is done with a room. What was added to it and is not in its log is lost: wait for that.
    pub fn close(&mut self, number: RoomNumber) {
        let Some(room) = self.rooms.remove(&number) else { return };
        self.count_bytes(room.log.bytes(), (0, 0));
        self.keys.remove(&room.key);
        self.opening.remove(&number);
        if room.is_subscribed {
            self.link.subscribe(&channel(&room.key), false);
        }
    }

    /// Adds an entry to a room: it is sent when it can be, and applied when it comes back.
    ///
    /// # Errors
    /// It is too long, or too much waits: nothing was taken.
    pub fn append(
        &mut self,
        number: RoomNumber,
        count: u32,
        body: &[u8],
        moves: &[Move],
    ) -> Result<(), NotNow> {
        if body.len() > ENTRY_BYTES_MAX || count > ENTRY_MESSAGES_MAX {
            return Err(NotNow::TooLong);
        }
        if self.bytes.0 >= UNLOGGED_BYTES_MAX {
            return Err(NotNow::Full);
        }
        let room = self.rooms.get_mut(&number).ok_or(NotNow::NoRoom)?;
        let before = room.log.bytes();
        room.log.append(count, body.into(), moves.into());
        let after = room.log.bytes();
        self.count_bytes(before, after);
        self.queue(number);
        self.pump();
        Ok(())
    }

    /// Changes a room's charter. What comes of it is told, once it is known.
    ///
    /// # Errors
    /// It is too long, or another change of this room is under way.
    pub fn change(&mut self, number: RoomNumber, change: Change) -> Result<(), NotNow> {
        if change.body.len() > ENTRY_BYTES_MAX || change.charter.len() > ENTRY_BYTES_MAX {
            return Err(NotNow::TooLong);
        }
        let room = self.rooms.get_mut(&number).ok_or(NotNow::NoRoom)?;
        if room.change.is_some() {
            return Err(NotNow::Busy);
        }
        room.change = Some(change);
        self.queue(number);
        self.pump();
        Ok(())
    }

    fn count_bytes(&mut self, before: (usize, usize), after: (usize, usize)) {
        self.bytes.0 = self.bytes.0 + after.0 - before.0;
        self.bytes.1 = self.bytes.1 + after.1 - before.1;
    }

    /// Forgets own entries that came back long ago, or the oldest when they are too many. Not for
    /// their age while the engine is away, or has just come back: it may lack some.
    fn release(&mut self, now: Time) {
        let is_steady = self.up_since.is_some_and(|since| since + HELD_FOR <= now);
        while let Some(&(back, number, entry)) = self.back.front()
            && (is_steady && back + HELD_FOR <= now || self.bytes.1 > HELD_BYTES_MAX)
        {
            self.back.pop_front();
            if let Some(room) = self.rooms.get_mut(&number) {
                let before = room.log.bytes();
                room.log.release(entry, back);
                let after = room.log.bytes();
                self.count_bytes(before, after);
            }
        }
    }

    /// Takes what has happened on the link, and goes on.
    fn work(&mut self, now: Time) {
        while let Some(event) = self.link.event() {
            match event {
                LinkEvent::Up { term, is_same_run } => self.up(now, term, is_same_run),
                LinkEvent::Down(why) => self.down(why),
                LinkEvent::Unfit(unfit) => self.events.push_back(Event::Unfit(unfit)),
                LinkEvent::Published(channel, text) => self.published(now, &channel, &text),
                LinkEvent::Answer(tag, answer) => self.answered(now, tag, answer),
            }
        }
        self.release(now);
        self.pump();
    }

    fn answered(&mut self, now: Time, tag: Tag, answer: Result<Answer, Failure>) {
        match tag {
            Tag::Open(number, opening) => self.room_answered(now, (number, opening), answer),
            Tag::Append(number, entry, opening) => {
                self.append_answered(now, (number, opening), entry, answer);
            }
            Tag::Change(number, opening) => self.change_answered(now, (number, opening), answer),
            Tag::Beat => {
                if let Ok(Answer::Beat(leases)) = answer
                    && self.lease.answered(&leases)
                {
                    self.events.push_back(Event::Lapsed);
                }
            }
            Tag::Asked(tag) => self.events.push_back(Event::Answer(tag, answer)),
        }
    }
}

/// Where a room's entries are published, without the prefix: its log's key.
fn channel(key: &str) -> String {
    format!("{{{key}}}log")
}
