//! Read marks: up to when somebody has read its conversations, for its other devices.
//!
//! A mark only ever moves forward. It is nobody else's business: nobody but those who are logged in
//! to the same account is told of it.
//!
//! Invariants: a conversation has one mark at most; there are no more than [`READ_MARKS_MAX`]. Each
//! mark keeps its place, by which it is stored: a new one takes the place of the one that makes
//! way, so that nothing has to be deleted.

use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use super::name::{Nickname, RoomName};
use crate::limits::READ_MARKS_MAX;
use crate::text::is_unsafe;
use crate::time::UnixTime;

/// A conversation, as it is named in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversation<'a> {
    /// What is said in a room.
    Room(&'a str),
    /// What is said with one person.
    Person(&'a str),
}

/// A conversation that there may be.
#[derive(Clone, Copy, Debug)]
pub enum ConversationRef<'a> {
    /// What is said in a room.
    Room(&'a RoomName),
    /// What is said with one person.
    Person(&'a Nickname),
}

impl ConversationRef<'_> {
    /// By what its mark is found: no nickname holds a `#`.
    pub fn key(self) -> SmolStr {
        match self {
            Self::Room(room) => format_smolstr!("#{}", room.key().as_str()),
            Self::Person(person) => person.key().as_str().into(),
        }
    }
}

/// Up to when one conversation was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadMark {
    /// The conversation: the key of a nickname, or `#` and that of a room's name.
    pub conversation: SmolStr,
    /// The date of the last message that was read.
    pub at: UnixTime,
}

/// The marks of one account, or of one client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReadMarks(Vec<Placed>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Placed {
    mark: ReadMark,
    is_unsaved: bool,
}

impl ReadMarks {
    /// Those that are stored. What could not be found, or is too much, is left out.
    pub(super) fn restored(marks: impl IntoIterator<Item = ReadMark>) -> Self {
        let placed = |mark| Placed { mark, is_unsaved: false };
        Self(marks.into_iter().take(READ_MARKS_MAX).map(placed).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, conversation: &str) -> Option<UnixTime> {
        let found = self.0.iter().find(|placed| placed.mark.conversation == conversation);
        found.map(|placed| placed.mark.at)
    }

    /// Moves a mark forward, or makes it. Whether anything has changed.
    pub(super) fn advance(&mut self, conversation: &str, at: UnixTime) -> bool {
        let placed = |conversation: &str| Placed {
            mark: ReadMark { conversation: conversation.into(), at },
            is_unsaved: true,
        };
        if let Some(known) = self.0.iter_mut().find(|it| it.mark.conversation == conversation) {
            let is_later = known.mark.at < at;
            if is_later {
                (known.mark.at, known.is_unsaved) = (at, true);
            }
            return is_later;
        }
        if self.0.len() < READ_MARKS_MAX {
            self.0.push(placed(conversation));
        } else if let Some(oldest) = self.0.iter_mut().min_by_key(|placed| placed.mark.at) {
            *oldest = placed(conversation);
        }
        true
    }

    /// Has the marks of two conversations change places. Whether there was one.
    pub(super) fn exchange(&mut self, one: &str, other: &str) -> bool {
        let mut is_changed = false;
        for placed in &mut self.0 {
            let conversation = match placed.mark.conversation.as_str() {
                known if known == one => other,
                known if known == other => one,
                _ => continue,
            };
            (placed.mark.conversation, placed.is_unsaved) = (conversation.into(), true);
            is_changed = true;
        }
        is_changed
    }

    /// Takes over what is later in others.
    pub(super) fn merge(&mut self, others: &Self) {
        for Placed { mark, .. } in &others.0 {
            self.advance(&mark.conversation, mark.at);
        }
    }

    /// Those that are to be stored, each with its place.
    pub(super) fn unsaved(&self) -> impl Iterator<Item = (usize, &ReadMark)> {
        let placed = self.0.iter().enumerate().filter(|(_, placed)| placed.is_unsaved);
        placed.map(|(place, placed)| (place, &placed.mark))
    }

    pub(super) fn note_saved(&mut self) {
        self.0.iter_mut().for_each(|placed| placed.is_unsaved = false);
    }
}

impl ReadMark {
    /// A mark as it was stored. `None`: nobody can have written that.
    pub fn restored(conversation: &str, at: UnixTime) -> Option<Self> {
        let name = conversation.strip_prefix('#').unwrap_or(conversation);
        let is_key = !name.is_empty() && !conversation.contains(is_unsafe);
        is_key.then(|| Self { conversation: conversation.into(), at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> UnixTime {
        UnixTime::from_millis(millis)
    }

    #[test]
    fn a_mark_only_moves_forward() {
        let mut marks = ReadMarks::default();
        assert!(marks.advance("#den", at(5)));
        assert!(!marks.advance("#den", at(4)) && !marks.advance("#den", at(5)));
        assert!(marks.advance("#den", at(6)) && marks.advance("den", at(1)));
        assert_eq!((marks.get("#den"), marks.get("den")), (Some(at(6)), Some(at(1))));
        assert_eq!(marks.get("bob"), None);
        let mut others = ReadMarks::default();
        others.advance("#den", at(3));
        others.advance("bob", at(2));
        marks.merge(&others);
        assert_eq!((marks.get("#den"), marks.get("bob")), (Some(at(6)), Some(at(2))));
    }

    #[test]
    fn the_marks_of_two_rooms_change_places() {
        let mut marks = ReadMarks::default();
        assert!(marks.advance("#den", at(5)) && marks.advance("bob", at(1)));
        marks.note_saved();
        assert!(marks.exchange("#den", "#cave") && !marks.exchange("#a", "#b"));
        assert_eq!((marks.get("#den"), marks.get("#cave")), (None, Some(at(5))));
        assert_eq!(marks.unsaved().map(|(place, _)| place).collect::<Vec<_>>(), [0]);
        assert!(marks.advance("#den", at(7)) && marks.exchange("#den", "#cave"));
        assert_eq!((marks.get("#den"), marks.get("#cave")), (Some(at(5)), Some(at(7))));
    }

    #[test]
    fn what_was_read_longest_ago_makes_way_and_leaves_its_place() {
        let mut marks = ReadMarks::default();
        let count = READ_MARKS_MAX as u64;
        assert!((0..count).all(|n| marks.advance(&format!("p{n}"), at(1_000 - n))));
        marks.note_saved();
        assert!(marks.advance("bob", at(1)));
        assert_eq!((marks.get(&format!("p{}", count - 1)), marks.get("bob")), (None, Some(at(1))));
        let unsaved: Vec<_> = marks.unsaved().map(|(place, _)| place).collect();
        assert_eq!(unsaved, [READ_MARKS_MAX - 1]);
        assert_eq!(marks.0.len(), READ_MARKS_MAX);
    }

    #[test]
    fn a_stored_mark_is_one_that_could_be_made() {
        let (room, person) = (RoomName::main(), Nickname::restored("Alice").unwrap());
        let keys = [ConversationRef::Room(&room), ConversationRef::Person(&person)];
        for key in keys.map(ConversationRef::key) {
            assert_eq!(ReadMark::restored(&key, at(1)).unwrap().conversation, key);
        }
        assert!(["", "#", "a\u{7}"].iter().all(|it| ReadMark::restored(it, at(1)).is_none()));
    }
}
