//! Which part of a history is asked for: of a room's, or of a conversation of two.
//!
//! A window names places; whoever keeps the history knows where among its entries these lie.

use std::ops::Range;

use super::message::{HistoryCursor, PrivateId};
use crate::time::UnixTime;

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
    pub most: u32,
    /// Whether events between the messages are wanted, too. They count like messages. A room keeps
    /// them from the first time on that somebody wants them.
    pub with_events: bool,
}

/// Which messages of a window are wanted, where there are more than may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryEnd {
    /// The oldest.
    Oldest,
    /// The newest.
    Newest,
    /// Those next to the place that is named first, `after`, even if it is the later of the two.
    NextToFirst,
    /// Those around a place.
    Around(HistoryPlace),
}

/// A place in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryPlace {
    /// That of a message.
    Message(HistoryCursor),
    /// That of a private message, or of an event in a room.
    Private(PrivateId),
    /// A date.
    At(UnixTime),
}

impl Window {
    /// The last messages, at most so many.
    pub fn last(most: usize) -> Self {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        Self { after: None, before: None, end: HistoryEnd::Newest, most, with_events: false }
    }

    /// Which of so many entries are in it. `at` says where a place lies: at the entries that are
    /// there, or between two of them.
    pub(super) fn part(
        self,
        entries: usize,
        at: impl Fn(HistoryPlace) -> Range<usize>,
    ) -> Range<usize> {
        let (most, end) = (self.most as usize, self.end);
        let (first, second) = (self.after.map(&at), self.before.map(&at));
        let is_backward = end == HistoryEnd::NextToFirst
            && first.as_ref().zip(second.as_ref()).is_some_and(|(one, two)| one.start > two.start);
        let (after, before) = if is_backward { (second, first) } else { (first, second) };
        let from = after.map_or(0, |place| place.end);
        let to = before.map_or(entries, |place| place.start).max(from);
        match end {
            HistoryEnd::Around(place) => {
                let from = at(place).start.saturating_sub(most / 2);
                from..entries.min(from.saturating_add(most))
            }
            HistoryEnd::Newest => from.max(to.saturating_sub(most))..to,
            HistoryEnd::NextToFirst if is_backward => from.max(to.saturating_sub(most))..to,
            HistoryEnd::Oldest | HistoryEnd::NextToFirst => from..to.min(from.saturating_add(most)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whichever_is_named_first_is_where_reading_begins() {
        let place = |at: u64| Some(HistoryPlace::At(UnixTime::from_millis(at)));
        let at = |place: HistoryPlace| match place {
            HistoryPlace::At(at) => at.millis() as usize..at.millis() as usize + 1,
            _ => 0..0,
        };
        let end = HistoryEnd::NextToFirst;
        for (first, second, most, part) in [
            (0, 9, 99, 1..9),
            (9, 0, 99, 1..9),
            (0, 9, 3, 1..4),
            (9, 0, 3, 6..9),
            (4, 4, 3, 5..5),
            (4, 5, 3, 5..5),
            (5, 4, 3, 5..5),
        ] {
            let (after, before) = (place(first), place(second));
            let window = Window { after, before, end, most, with_events: false };
            assert_eq!(window.part(10, at), part, "{first} to {second}, {most}");
        }
    }
}
