//! One conversation as it is looked at: what was said, how far back one has scrolled, and what
//! was not read yet.
//!
//! Entries have ids that count up, so that a place in the conversation stays where it is while
//! more is said and the oldest is forgotten.
//!
//! Invariants: at most [`SCROLLBACK_ENTRIES_MAX`] entries and [`SCROLLBACK_BYTES_MAX`] bytes of
//! text; numbered messages are in order and there once.

use std::collections::VecDeque;

use crate::limits::{REPLAYED_ENTRIES_MAX, SCROLLBACK_BYTES_MAX, SCROLLBACK_ENTRIES_MAX};

/// A message's number, which grows over the whole server, and when it was said, in seconds since
/// the beginning of 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) number: u64,
    pub(super) at: u64,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Somebody said it.
    Said,
    /// Somebody did it.
    Acted,
    /// Somebody said it to us alone.
    Whispered,
    /// We said it to somebody alone.
    WhisperSent,
    /// Somebody came or went.
    Presence,
    /// The server says it.
    Notice,
    /// This program says it.
    Own,
    /// This program says that something went wrong.
    Alarm,
    /// A line across, with a few words on it.
    Divider,
}

/// Something to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// What it is.
    pub(super) kind: Kind,
    /// When it was said, in seconds since the beginning of 1970.
    pub(super) at: u64,
    /// The server's number of a message; 0: it is none.
    pub(super) number: u64,
    /// Who said it; empty where nobody did.
    pub(super) who: String,
    /// What was said.
    pub(super) text: String,
    /// It is for us, or speaks of us.
    pub(super) mentions: bool,
    /// It is our own.
    pub(super) is_own: bool,
}

impl Entry {
    /// Something that nobody in particular says.
    pub(super) fn told(kind: Kind, at: u64, text: impl Into<String>) -> Self {
        let (who, text) = (String::new(), text.into());
        Self { kind, at, number: 0, who, text, mentions: false, is_own: false }
    }

    /// Something that somebody says.
    pub(super) fn said(kind: Kind, stamp: Stamp, who: &str, text: &str) -> Self {
        let (who, text) = (who.to_owned(), text.to_owned());
        let Stamp { number, at } = stamp;
        Self { kind, at, number, who, text, mentions: false, is_own: false }
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.who.len() + self.text.len()
    }

    /// Whether it is worth coming back for.
    fn counts(&self) -> bool {
        matches!(self.kind, Kind::Said | Kind::Acted | Kind::Whispered) && !self.is_own
    }
}

/// A conversation.
#[derive(Debug, Default)]
pub(super) struct Pane {
    /// How it is called: the room, or who is at the other end.
    pub(super) title: String,
    /// What it is about.
    pub(super) topic: String,
    entries: VecDeque<Entry>,
    weight: usize,
    /// The id of the first entry.
    first: u64,
    /// The last entry that is shown, and how many of its rows are not; `None`: the newest.
    anchor: Option<(u64, usize)>,
    /// The first entry that was not read.
    unread_from: Option<u64>,
    /// What was not read: messages, and those of them that are for us.
    pub(super) unread: usize,
    /// Of them those that are for us.
    pub(super) mentions: usize,
    /// The number of the last message.
    pub(super) last_number: u64,
    /// What was found last.
    pub(super) found: Option<u64>,
}

impl Pane {
    /// An empty one.
    pub(super) fn new(title: &str) -> Self {
        Self { title: title.to_owned(), ..Self::default() }
    }

    /// Shows of the message with this number no more than that it was taken back.
    pub(super) fn take_back(&mut self, number: u64) {
        let found = self.entries.iter_mut().find(|entry| entry.number == number);
        if let Some(entry) = found.filter(|_| number > 0) {
            self.weight -= entry.weight();
            "(taken back)".clone_into(&mut entry.text);
            self.weight += entry.weight();
        }
    }

    /// Adds an entry: at the end, or where its number belongs. `is_seen`: somebody looks at it.
    pub(super) fn push(&mut self, entry: Entry, is_seen: bool) {
        let Some(at) = self.place(entry.number) else { return };
        let id = self.first + at as u64;
        if at < self.entries.len() {
            // What comes after it moves on by one.
            for mark in [&mut self.unread_from, &mut self.found].into_iter().flatten() {
                *mark += u64::from(*mark >= id);
            }
            self.anchor = self.anchor.map(|(mark, rows)| (mark + u64::from(mark >= id), rows));
        }
        let is_seen = is_seen && self.anchor.is_none();
        if !is_seen && entry.counts() {
            self.unread_from = Some(self.unread_from.map_or(id, |from| from.min(id)));
            self.unread += 1;
            self.mentions += usize::from(entry.mentions);
        }
        self.last_number = self.last_number.max(entry.number);
        self.weight += entry.weight();
        self.entries.insert(at, entry);
        while self.entries.len() > SCROLLBACK_ENTRIES_MAX || self.weight > SCROLLBACK_BYTES_MAX {
            self.forget_oldest();
        }
    }

    /// What comes now is numbered anew.
    pub(super) fn forget_numbers(&mut self) {
        self.last_number = 0;
        self.entries.iter_mut().for_each(|entry| entry.number = 0);
    }

    /// Where a message of this number belongs; `None`: it is there already.
    fn place(&self, number: u64) -> Option<usize> {
        let end = self.entries.len();
        if number == 0 || number > self.last_number {
            return Some(end);
        }
        let recent = self.entries.iter().enumerate().rev().take(REPLAYED_ENTRIES_MAX);
        let mut place = end;
        for (at, entry) in recent {
            if entry.number == number {
                return None;
            }
            if entry.number != 0 && entry.number < number {
                return Some(place);
            }
            if entry.number > number {
                place = at;
            }
        }
        // Older than all that could be replayed.
        (end <= REPLAYED_ENTRIES_MAX).then_some(place)
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.entries.pop_front() else { return };
        self.weight -= oldest.weight();
        self.first += 1;
        let first = self.first;
        self.anchor =
            self.anchor.map(|(id, rows)| if id < first { (first, 0) } else { (id, rows) });
        self.unread_from = self.unread_from.map(|id| id.max(first));
        self.found = self.found.filter(|id| *id >= first);
    }

    /// The entries from the last that is shown backwards, each with its id; and how many rows of
    /// the last one are hidden.
    pub(super) fn shown(&self) -> (impl Iterator<Item = (u64, &Entry)>, usize) {
        let (last, hidden) = self.anchor.unwrap_or((self.end().saturating_sub(1), 0));
        let count = (last + 1).saturating_sub(self.first).min(self.entries.len() as u64) as usize;
        let shown = self.entries.iter().enumerate().take(count).rev();
        (shown.map(|(at, entry)| (self.first + at as u64, entry)), hidden)
    }

    /// The id that the next entry will have.
    fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Whether the newest is in view.
    pub(super) fn is_at_end(&self) -> bool {
        self.anchor.is_none()
    }

    /// The first entry that was not read, if a mark is to be shown before it.
    pub(super) fn unread_mark(&self) -> Option<u64> {
        self.unread_from
    }

    /// All that is here has been looked at; the mark stays until [`Self::forget_mark`].
    pub(super) fn note_seen(&mut self) {
        (self.unread, self.mentions) = (0, 0);
    }

    /// The mark has done its duty.
    pub(super) fn forget_mark(&mut self) {
        if self.unread == 0 {
            self.unread_from = None;
        }
    }

    /// Back by so many rows; `height` of them are in view, and `rows` tells how many an entry has.
    pub(super) fn scroll_back(
        &mut self,
        by: usize,
        height: usize,
        rows: impl Fn(u64, &Entry) -> usize,
    ) {
        let (shown, hidden) = self.shown();
        let (mut above, mut anchor) = (0, None);
        let mut left = by + hidden;
        for (id, entry) in shown {
            let count = rows(id, entry);
            if anchor.is_none() {
                if left < count {
                    anchor = Some((id, left));
                    above = count - left;
                } else {
                    left -= count;
                }
            } else {
                above += count;
            }
            if above >= height {
                break;
            }
        }
        match anchor {
            Some(anchor) if above >= height => self.anchor = Some(anchor),
            _ => self.scroll_to_start(height, rows),
        }
    }

    /// To the very beginning: the first rows fill the view.
    pub(super) fn scroll_to_start(&mut self, height: usize, rows: impl Fn(u64, &Entry) -> usize) {
        let mut filled = 0;
        for (at, entry) in self.entries.iter().enumerate() {
            let id = self.first + at as u64;
            filled += rows(id, entry);
            if filled >= height {
                let is_end = id + 1 == self.end() && filled == height;
                self.anchor = (!is_end).then_some((id, filled - height));
                return;
            }
        }
        self.anchor = None;
    }

    /// On by so many rows, at most to the newest.
    pub(super) fn scroll_on(&mut self, by: usize, rows: impl Fn(u64, &Entry) -> usize) {
        let Some((mut id, mut hidden)) = self.anchor else { return };
        let mut left = by;
        loop {
            if left < hidden || (left == hidden && id + 1 < self.end()) {
                self.anchor = Some((id, hidden - left));
                return;
            }
            left -= hidden;
            id += 1;
            let Some(entry) = self.entry(id) else { break };
            hidden = rows(id, entry);
        }
        self.scroll_to_end();
    }

    /// To the newest.
    pub(super) fn scroll_to_end(&mut self) {
        self.anchor = None;
    }

    /// An entry by its id.
    pub(super) fn entry(&self, id: u64) -> Option<&Entry> {
        self.entries.get(id.checked_sub(self.first)? as usize)
    }

    /// Looks for a text, capitals or not, from what was found last (or the newest) backwards or on,
    /// and shows it. Whether there is such an entry.
    pub(super) fn find(&mut self, text: &str, backwards: bool) -> bool {
        let wanted = text.to_lowercase();
        let has = |entry: &Entry| {
            entry.text.to_lowercase().contains(&wanted) || entry.who.to_lowercase() == wanted
        };
        let from = self.found.map_or(self.entries.len(), |id| (id - self.first) as usize);
        let found = if backwards {
            self.entries.range(..from).rposition(has)
        } else {
            let on = (from + 1).min(self.entries.len());
            self.entries.range(on..).position(has).map(|at| at + on)
        };
        let Some(at) = found else { return false };
        let id = self.first + at as u64;
        (self.found, self.anchor) = (Some(id), (id + 1 < self.end()).then_some((id, 0)));
        true
    }

    /// Who spoke last, the latest first.
    pub(super) fn speakers(&self) -> impl Iterator<Item = &str> {
        let recent = self.entries.iter().rev().take(REPLAYED_ENTRIES_MAX);
        recent.filter(|entry| entry.counts()).map(|entry| entry.who.as_str())
    }

    /// Whether there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: u64) -> Entry {
        Entry::said(Kind::Said, Stamp { number, at: number }, "bob", &format!("message {number}"))
    }

    fn numbers(pane: &Pane) -> Vec<u64> {
        pane.entries.iter().map(|entry| entry.number).collect()
    }

    /// The rows in view, the last first, as (entry, row of it), where each entry has two.
    fn view(pane: &Pane, height: usize) -> Vec<(u64, usize)> {
        let (shown, hidden) = pane.shown();
        shown.flat_map(|(id, _)| [(id, 1), (id, 0)]).skip(hidden).take(height).collect()
    }

    #[test]
    fn what_was_missed_comes_where_it_belongs_and_nothing_twice() {
        let mut pane = Pane::new("main");
        for number in [3, 0, 9, 5, 7, 9, 3, 5, 10] {
            pane.push(message(number), true);
        }
        assert_eq!(numbers(&pane), [3, 0, 5, 7, 9, 10]);
        assert_eq!(pane.last_number, 10);
    }

    #[test]
    fn marks_stay_where_they_are_while_older_messages_come() {
        let mut pane = Pane::new("main");
        pane.push(message(1), true);
        pane.push(message(9), false);
        assert_eq!((pane.unread_mark(), pane.unread), (Some(1), 1));
        pane.push(message(5), false);
        assert_eq!((pane.unread_mark(), pane.unread), (Some(1), 2));
        pane.note_seen();
        pane.forget_mark();
        assert_eq!((pane.unread_mark(), pane.unread), (None, 0));
    }

    #[test]
    fn no_more_is_kept_than_may_be() {
        let mut pane = Pane::new("main");
        for number in 0..SCROLLBACK_ENTRIES_MAX as u64 + 100 {
            pane.push(message(number + 1), number < 10);
        }
        assert_eq!(pane.entries.len(), SCROLLBACK_ENTRIES_MAX);
        assert_eq!(pane.unread_mark(), Some(100));
        let long = "x".repeat(SCROLLBACK_BYTES_MAX / 4);
        for _ in 0..9 {
            pane.push(Entry::told(Kind::Notice, 0, long.clone()), true);
        }
        assert!(pane.entries.len() == 3 && pane.weight <= SCROLLBACK_BYTES_MAX);
    }

    #[test]
    fn scrolling_goes_by_rows_and_stops_at_both_ends() {
        let mut pane = Pane::new("main");
        (1..=10).for_each(|number| pane.push(message(number), true));
        let rows = |_: u64, _: &Entry| 2;
        pane.scroll_back(3, 5, rows);
        assert_eq!(view(&pane, 5), [(8, 0), (7, 1), (7, 0), (6, 1), (6, 0)]);
        pane.push(message(11), true);
        assert_eq!(view(&pane, 2), [(8, 0), (7, 1)]);
        assert_eq!(pane.unread, 1);
        pane.scroll_on(1, rows);
        assert_eq!(view(&pane, 2), [(8, 1), (8, 0)]);
        pane.scroll_on(2, rows);
        assert_eq!(view(&pane, 2), [(9, 1), (9, 0)]);
        pane.scroll_on(1, rows);
        assert_eq!(view(&pane, 2), [(10, 0), (9, 1)]);
        pane.scroll_on(1, rows);
        assert!(pane.is_at_end());
        pane.scroll_back(1_000, 5, rows);
        assert_eq!(view(&pane, 5), [(2, 0), (1, 1), (1, 0), (0, 1), (0, 0)]);
        pane.scroll_on(1_000, rows);
        assert!(pane.is_at_end());
        pane.scroll_back(7, 50, rows);
        assert!(pane.is_at_end(), "all is in view");
    }

    #[test]
    fn what_is_looked_for_is_shown() {
        let mut pane = Pane::new("main");
        (1..=30).for_each(|number| pane.push(message(number), true));
        assert!(pane.find("MESSAGE 2", true));
        assert_eq!(pane.found, Some(28));
        for _ in 0..9 {
            assert!(pane.find("message 2", true));
        }
        assert_eq!(pane.found, Some(19));
        assert!(pane.find("message 2", true) && pane.found == Some(1));
        assert!(!pane.find("message 2", true) && pane.found == Some(1));
        assert!(pane.find("message 2", false) && pane.found == Some(19));
        assert!(!pane.find("nothing", true));
    }
}
