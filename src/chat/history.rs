//! The last messages of one room.
//!
//! A ring bounded by number and bytes. It knows up to which message it has forgotten, so that a
//! client that comes back is told either all that it missed or that there is a gap; and up to which
//! message it was saved, so that the store writes each once.
//!
//! Invariants: numbers grow; all that is remembered is newer than what was forgotten.

use std::cmp::Ordering;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::message::{HistoryCursor, Message, MessageId, PrivateId};
use crate::limits::{HISTORY_ROOM_BYTES, REPLAYED_BYTES};
use crate::time::UnixTime;

/// The history of a room.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct History {
    messages: VecDeque<Message>,
    /// The sum of their weights.
    #[serde(skip)]
    weight: usize,
    /// The newest message that is not remembered any more, or the last one before the room was.
    forgotten: u64,
    /// The newest that was saved.
    pub(super) saved: u64,
}

impl History {
    /// An empty history; `last` is the number of the last message in any room.
    pub(super) fn beginning_after(last: u64) -> Self {
        Self { messages: VecDeque::new(), weight: 0, forgotten: last, saved: last }
    }

    /// Restores a stored history.
    pub(super) fn restored(messages: Vec<Message>, forgotten: u64) -> Self {
        let weight = messages.iter().map(Message::weight).sum();
        let saved = messages.last().map_or(forgotten, |message| message.id.number);
        Self { messages: messages.into(), weight, forgotten, saved }
    }

    /// Weighs a history that came from another process.
    pub(super) fn weigh(&mut self) {
        self.weight = self.messages.iter().map(Message::weight).sum();
    }

    /// Remembers one message more, and at most so many in all.
    pub(super) fn push(&mut self, message: Message, most: usize) {
        self.weight += message.weight();
        self.messages.push_back(message);
        self.limit(most);
    }

    /// Forgets what is more than so many messages, or too much text. Whether there was any.
    pub(super) fn limit(&mut self, most: usize) -> bool {
        let before = self.messages.len();
        while self.messages.len() > most || self.weight > HISTORY_ROOM_BYTES {
            self.forget_oldest();
        }
        self.messages.len() < before
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        while !self.messages.is_empty() {
            self.forget_oldest();
        }
        self.messages = VecDeque::new();
    }

    /// The message of this number.
    pub(super) fn find(&self, number: u64) -> Option<&Message> {
        let place = self.messages.binary_search_by_key(&number, |message| message.id.number);
        place.ok().and_then(|place| self.messages.get(place))
    }

    /// Takes out the message of this number.
    pub(super) fn take_back(&mut self, number: u64) -> Option<Message> {
        let place = self.messages.binary_search_by_key(&number, |message| message.id.number);
        let message = self.messages.remove(place.ok()?)?;
        self.weight -= message.weight();
        Some(message)
    }

    fn forget_oldest(&mut self) {
        let Some(message) = self.messages.pop_front() else { return };
        self.weight -= message.weight();
        self.forgotten = message.id.number;
    }

    /// The number of messages.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// The weight of all messages, in bytes.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// The newest message that is not remembered any more, or the last one before the room was.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The number of the last message here; of the last one anywhere before, if there is none.
    pub fn last_number(&self) -> u64 {
        self.messages.back().map_or(self.forgotten, |message| message.id.number)
    }

    /// The last messages, at most so many.
    pub fn last(&self, most: usize) -> Replay<'_> {
        self.up_to(self.messages.len(), most)
    }

    /// The last messages before that of this number, at most so many.
    pub fn before(&self, number: u64, most: usize) -> Replay<'_> {
        self.up_to(self.messages.partition_point(|message| message.id.number < number), most)
    }

    fn up_to(&self, to: usize, most: usize) -> Replay<'_> {
        Replay { history: self, from: to.saturating_sub(most), to }
    }

    /// The last messages, at most so many and only so much text as a newcomer is read.
    pub fn screenful(&self, most: usize) -> Replay<'_> {
        let (mut bytes, mut count) = (0, 0);
        for message in self.messages.iter().rev().take(most) {
            bytes += message.text.len();
            if bytes > REPLAYED_BYTES {
                break;
            }
            count += 1;
        }
        self.last(count)
    }

    /// The messages in a window, which names messages in this epoch.
    pub fn window(&self, window: Window, epoch: u32) -> Replay<'_> {
        let Window { after, before, end, most } = window;
        let count = |is_before: &dyn Fn(&Message) -> bool| {
            self.messages.partition_point(|message| is_before(message))
        };
        let from = after.map_or(0, |place| count(&|it| !place.is_before(it.id, epoch)));
        let to = before.map_or(self.messages.len(), |place| {
            count(&|it| place.order(it.id, epoch) == Ordering::Greater)
        });
        let to = to.max(from);
        let (from, to) = match end {
            HistoryEnd::Newest => (from.max(to.saturating_sub(most)), to),
            HistoryEnd::Oldest => (from, to.min(from.saturating_add(most))),
            HistoryEnd::Around(place) => {
                let middle = count(&|it| place.order(it.id, epoch) == Ordering::Greater);
                let from = middle.saturating_sub(most / 2);
                (from, self.messages.len().min(from + most))
            }
        };
        Replay { history: self, from, to }
    }

    /// All messages after that of this number.
    pub fn after(&self, number: u64) -> Replay<'_> {
        let from = self.messages.partition_point(|message| message.id.number <= number);
        Replay { history: self, from, to: self.messages.len() }
    }

    /// The messages that were not saved yet, at most so many, oldest first.
    pub(super) fn unsaved(&self, most: usize) -> Vec<&Message> {
        self.after(self.saved).iter().take(most).collect()
    }

    /// Panics where the invariants do not hold. For tests.
    pub(super) fn check_invariants(&self) {
        let weights: usize = self.messages.iter().map(Message::weight).sum();
        assert_eq!(self.weight, weights, "the weight of a history");
        assert!(self.weight <= HISTORY_ROOM_BYTES, "a room remembers too much");
        let numbers: Vec<u64> = self.messages.iter().map(|message| message.id.number).collect();
        assert!(numbers.is_sorted_by(|one, next| one < next), "numbers grow: {numbers:?}");
        assert!(numbers.first().is_none_or(|first| *first > self.forgotten), "forgotten, yet here");
    }
}

/// Some of the messages of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Those after this place only.
    pub after: Option<HistoryPlace>,
    /// Those before this place only.
    pub before: Option<HistoryPlace>,
    /// Which of them, where there are more.
    pub end: HistoryEnd,
    /// How many, at most.
    pub most: usize,
}

impl Window {
    /// The last messages, at most so many.
    pub fn last(most: usize) -> Self {
        Self { after: None, before: None, end: HistoryEnd::Newest, most }
    }
}

/// Which messages of a window are wanted, where there are more than may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryEnd {
    /// The oldest.
    Oldest,
    /// The newest.
    Newest,
    /// Those around a place.
    Around(HistoryPlace),
}

/// A place in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryPlace {
    /// That of a message.
    Message(HistoryCursor),
    /// That of a private message; among those of a room, its date.
    Private(PrivateId),
    /// A date.
    At(UnixTime),
}

impl HistoryPlace {
    /// Whether it comes after another; `false` where that cannot be told.
    pub fn is_after(self, other: Self) -> bool {
        match (self, other) {
            (Self::Message(one), Self::Message(other)) => one.number > other.number,
            (Self::Private(one), Self::Private(other)) => one > other,
            (Self::At(one), Self::At(other)) => one > other,
            _ => false,
        }
    }

    /// Where it lies by a message. A message of another epoch lies before all.
    fn order(self, id: MessageId, epoch: u32) -> Ordering {
        match self {
            Self::Message(cursor) if cursor.epoch != epoch => Ordering::Less,
            Self::Message(cursor) => cursor.number.cmp(&id.number),
            Self::Private(private) => private.at.cmp(&id.at),
            Self::At(at) => at.cmp(&id.at),
        }
    }

    fn is_before(self, id: MessageId, epoch: u32) -> bool {
        self.order(id, epoch) == Ordering::Less
    }
}

/// A part of a history.
#[derive(Clone, Copy, Debug)]
pub struct Replay<'a> {
    history: &'a History,
    from: usize,
    to: usize,
}

impl<'a> Replay<'a> {
    /// The messages, oldest first.
    pub fn iter(self) -> impl Iterator<Item = &'a Message> {
        self.history.messages.range(self.from..self.to)
    }

    /// The number of messages.
    pub fn len(self) -> usize {
        self.to - self.from
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The number of its last message; of the last one anywhere before, if there is none.
    pub fn last_number(self) -> u64 {
        let last = self.to.checked_sub(1).and_then(|last| self.history.messages.get(last));
        last.map_or(self.history.forgotten, |message| message.id.number)
    }

    /// The number of its first message; zero if there is none.
    pub fn first_number(self) -> u64 {
        self.iter().next().map_or(0, |message| message.id.number)
    }

    /// Whether older messages are remembered.
    pub fn has_older(self) -> bool {
        self.from > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::authorship::Authorship;
    use crate::chat::message::{MessageId, MessageKind};
    use crate::chat::name::{Alphabet, Nickname};
    use crate::time::UnixTime;

    fn message(number: u64, text: &str) -> Message {
        Message {
            id: MessageId { number, at: UnixTime::from_millis(number) },
            kind: MessageKind::Said,
            who: Nickname::parse("alice", Alphabet::Ascii).unwrap(),
            text: text.into(),
            author: Authorship::Unknown,
        }
    }

    fn numbers(replay: Replay<'_>) -> Vec<u64> {
        replay.iter().map(|message| message.id.number).collect()
    }

    #[test]
    fn the_oldest_is_forgotten_and_that_is_known() {
        let mut history = History::beginning_after(5);
        assert_eq!((history.forgotten(), history.last_number()), (5, 5));
        for number in [7, 8, 11, 12] {
            history.push(message(number, "hello"), 3);
            history.check_invariants();
        }
        assert_eq!(numbers(history.last(9)), [8, 11, 12]);
        assert_eq!(numbers(history.last(2)), [11, 12]);
        assert_eq!(numbers(history.after(8)), [11, 12]);
        assert_eq!(numbers(history.after(9)), [11, 12]);
        assert_eq!(numbers(history.before(12, 1)), [11]);
        assert_eq!(numbers(history.before(11, 5)), [8]);
        assert!(history.before(12, 1).has_older() && !history.before(12, 2).has_older());
        assert_eq!(history.before(12, 1).last_number(), 11);
        assert!(history.before(8, 9).is_empty());
        assert!(history.after(12).is_empty());
        assert_eq!((history.forgotten(), history.last_number()), (7, 12));
        history.clear();
        assert_eq!((history.forgotten(), history.last_number(), history.weight()), (12, 12, 0));
    }

    #[test]
    fn what_was_taken_back_is_gone_and_nothing_else() {
        let mut history = History::beginning_after(0);
        for number in 1..=4 {
            history.push(message(number, "hello"), 4);
        }
        assert!(history.take_back(9).is_none() && history.find(3).is_some());
        assert_eq!(history.take_back(3).unwrap().id.number, 3);
        assert!(history.take_back(3).is_none() && history.find(3).is_none());
        assert_eq!(numbers(history.last(9)), [1, 2, 4]);
        assert_eq!(history.last(2).first_number(), 2);
        history.take_back(4);
        history.check_invariants();
        assert_eq!((history.last_number(), history.forgotten()), (2, 0));
        assert!([1, 2].into_iter().all(|number| history.take_back(number).is_some()));
        history.check_invariants();
        assert_eq!((history.last_number(), history.last(9).first_number()), (0, 0));
    }

    #[test]
    fn bytes_bind_as_well() {
        let mut history = History::beginning_after(0);
        let long = "x".repeat(1_000);
        for number in 1..200 {
            history.push(message(number, &long), 1_000);
            history.check_invariants();
        }
        assert_eq!(history.len(), HISTORY_ROOM_BYTES / message(0, &long).weight());
        assert_eq!(history.screenful(20).len(), REPLAYED_BYTES / 1_000);
        assert_eq!(history.screenful(2).len(), 2);
    }

    #[test]
    fn what_was_saved_is_not_saved_again() {
        let mut history = History::beginning_after(0);
        for number in 1..=5 {
            history.push(message(number, "hello"), 3);
        }
        assert_eq!(history.unsaved(2).len(), 2);
        history.saved = 4;
        assert_eq!(history.unsaved(9).len(), 1);
        let restored = History::restored(vec![message(4, "four"), message(5, "five")], 3);
        restored.check_invariants();
        assert!(restored.unsaved(9).is_empty());
        assert_eq!(restored.forgotten(), 3);
    }
}
