//! The last messages of one room, and what happened between them where somebody wants that.
//!
//! A ring bounded by number and bytes. It knows up to which message it has forgotten, so that a
//! client that comes back is told either all that it missed or that there is a gap; and up to which
//! message it was saved, so that the store writes each once. Events are a ring of their own
//! ([`KeptEvents`]), which is not saved.
//!
//! Invariants: numbers grow; all that is remembered is newer than what was forgotten.

use std::collections::VecDeque;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::kept_events::{KeptEvent, KeptEvents};
use super::message::{HistoryCursor, Message, PrivateId};
use super::window::{HistoryPlace, Window};
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
    /// What happened between the messages; `None`: nobody here has wanted to read that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    events: Option<Box<KeptEvents>>,
}

impl History {
    /// An empty history; `last` is the number of the last message in any room.
    pub(super) fn beginning_after(last: u64) -> Self {
        let messages = VecDeque::new();
        Self { messages, weight: 0, forgotten: last, saved: last, events: None }
    }

    /// Restores a stored history.
    pub(super) fn restored(messages: Vec<Message>, forgotten: u64) -> Self {
        let weight = messages.iter().map(Message::weight).sum();
        let saved = messages.last().map_or(forgotten, |message| message.id.number);
        Self { messages: messages.into(), weight, forgotten, saved, events: None }
    }

    /// Weighs a history that came from another process.
    pub(super) fn weigh(&mut self) {
        self.weight = self.messages.iter().map(Message::weight).sum();
        self.events.iter_mut().for_each(|events| events.weigh());
    }

    /// Keeps events from now on.
    pub(super) fn begin_to_keep_events(&mut self) {
        self.events.get_or_insert_default();
    }

    /// Whether events are kept.
    pub(super) fn keeps_events(&self) -> bool {
        self.events.is_some()
    }

    /// Keeps an event, if any are kept.
    pub(super) fn keep(&mut self, event: KeptEvent) {
        if let Some(events) = &mut self.events {
            events.push(event);
        }
    }

    /// Forgets every event. Later ones are kept.
    pub(super) fn forget_events(&mut self) {
        self.events.iter_mut().for_each(|events| **events = KeptEvents::default());
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
        if most == 0 {
            self.events = None;
        }
        self.forget_old_events();
        self.messages.len() < before
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        while !self.messages.is_empty() {
            self.forget_oldest();
        }
        self.messages = VecDeque::new();
        self.forget_events();
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

    /// Forgets events that happened before the messages that are remembered.
    fn forget_old_events(&mut self) {
        let forgotten = self.forgotten;
        self.events.iter_mut().for_each(|events| events.forget_before(forgotten));
    }

    /// The number of messages.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// The weight of all messages and events, in bytes.
    pub fn weight(&self) -> usize {
        self.weight + self.events.as_ref().map_or(0, |events| events.weight())
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
        Replay::of(self, to.saturating_sub(most)..to, 0..0)
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

    /// The messages in a window, which names messages in this epoch; with the events between them
    /// where it asks for these.
    pub fn window(&self, window: Window, epoch: u32) -> Replay<'_> {
        let events = self.events.as_ref().filter(|_| window.with_events);
        let events = events.map_or(0, |events| events.len());
        let all: Vec<Entry<'_>> =
            Replay::of(self, 0..self.messages.len(), 0..events).entries().collect();
        let part = window.part(all.len(), |place| self.place(&all, place, epoch));
        let messages = |entries: &[Entry<'_>]| {
            entries.iter().filter(|entry| matches!(entry, Entry::Message(_))).count()
        };
        let from = messages(&all[..part.start]);
        let to = from + messages(&all[part.clone()]);
        Replay::of(self, from..to, part.start - from..part.end - to)
    }

    /// Where a place lies among entries: what is there, or nothing between two of them. What is
    /// remembered no more lies where it was, and a message of another epoch before all.
    fn place(&self, all: &[Entry<'_>], place: HistoryPlace, epoch: u32) -> Range<usize> {
        let behind = |number: u64| all.partition_point(|entry| entry.number() <= number);
        let on = |date: UnixTime| {
            let start = all.partition_point(|entry| entry.at() < date);
            start..start.max(all.partition_point(|entry| entry.at() <= date))
        };
        match place {
            HistoryPlace::Message(HistoryCursor { epoch: other, .. }) if other != epoch => 0..0,
            HistoryPlace::Message(HistoryCursor { number, .. }) => {
                let start = all.partition_point(|entry| entry.number() < number);
                let is_here = all.get(start).is_some_and(|entry| entry.is_message(number));
                start..start + usize::from(is_here)
            }
            HistoryPlace::Private(id) => {
                let found = all.iter().position(|entry| entry.is_event(id));
                let known = || self.events.as_ref().and_then(|events| events.find(id));
                match (found, known()) {
                    (Some(found), _) => found..found + 1,
                    (None, Some(event)) => behind(event.after)..behind(event.after),
                    (None, None) => on(id.at),
                }
            }
            HistoryPlace::At(date) => on(date),
        }
    }

    /// All messages after that of this number.
    pub fn after(&self, number: u64) -> Replay<'_> {
        let from = self.messages.partition_point(|message| message.id.number <= number);
        Replay::of(self, from..self.messages.len(), 0..0)
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
        self.events.iter().for_each(|events| events.check_invariants(self.forgotten));
    }
}

/// A part of a history.
#[derive(Clone, Copy, Debug)]
pub struct Replay<'a> {
    history: &'a History,
    from: usize,
    to: usize,
    /// The first of its events, and the one behind its last.
    events: (usize, usize),
}

/// A message of a history, or an event between two.
#[derive(Clone, Copy, Debug)]
pub enum Entry<'a> {
    /// A message.
    Message(&'a Message),
    /// An event.
    Event(&'a KeptEvent),
}

impl Entry<'_> {
    fn is_message(&self, number: u64) -> bool {
        matches!(self, Self::Message(message) if message.id.number == number)
    }

    fn is_event(&self, id: PrivateId) -> bool {
        matches!(self, Self::Event(event) if event.id == id)
    }

    /// The number of the message; of the last one anywhere before the event.
    fn number(&self) -> u64 {
        match self {
            Self::Message(message) => message.id.number,
            Self::Event(event) => event.after,
        }
    }

    fn at(&self) -> UnixTime {
        match self {
            Self::Message(message) => message.id.at,
            Self::Event(event) => event.id.at,
        }
    }
}

impl<'a> Replay<'a> {
    fn of(history: &'a History, messages: Range<usize>, events: Range<usize>) -> Self {
        let Range { start: from, end: to } = messages;
        Self { history, from, to, events: (events.start, events.end) }
    }

    /// The messages and the events, in the order in which they happened.
    pub fn entries(self) -> impl Iterator<Item = Entry<'a>> {
        let (from, to) = self.events;
        let events = self.history.events.iter().flat_map(move |all| all.range(from..to));
        let (mut messages, mut events) = (self.iter().peekable(), events.peekable());
        std::iter::from_fn(move || {
            let is_event = match (messages.peek(), events.peek()) {
                (Some(message), Some(event)) => event.after < message.id.number,
                (None, _) => true,
                (Some(_), None) => false,
            };
            if is_event {
                events.next().map(Entry::Event)
            } else {
                messages.next().map(Entry::Message)
            }
        })
    }

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
mod tests;
