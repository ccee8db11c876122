//! Other names of rooms that are not stored yet, and under which name the store knows what until
//! then.
//!
//! Until they are stored, the store has rooms and read marks under the names that were: what is
//! asked for by a name is looked for by the one that it had, and what is found gets the one that it
//! has.

use serde::{Deserialize, Serialize};

use crate::chat::name::{NameKey, RoomName};
use crate::chat::read_marks::ConversationRef;
use crate::chat::room_renaming::RoomRename;
use crate::chat::stored::{StoredBelongings, StoredRoom};
use crate::time::UnixTime;

/// The other names that are to be stored, in the order in which they were given.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Renames {
    waiting: Vec<RoomRename>,
    /// The id of the last of all.
    last: u64,
}

impl Renames {
    /// A room that takes so many rows has another name.
    pub(super) fn note(&mut self, (old, new): (RoomName, RoomName), rows: usize, now: UnixTime) {
        // The date sets them apart from those before a restart.
        self.last = now.millis().max(self.last + 1);
        self.waiting.push(RoomRename { id: self.last, old, new, rows });
    }

    /// All of them.
    pub(super) fn all(&self) -> &[RoomRename] {
        &self.waiting
    }

    /// The first of them, which take no more than so many rows, or one that takes more.
    pub(super) fn first(&self, most: usize) -> &[RoomRename] {
        let mut rows = 0;
        let fits = |rename: &&RoomRename| {
            let has_begun = rows < most;
            rows += rename.rows;
            has_begun
        };
        &self.waiting[..self.waiting.iter().take_while(fits).count()]
    }

    /// The first so many are stored.
    pub(super) fn note_saved(&mut self, count: usize) {
        self.waiting.drain(..count);
    }

    /// The name under which a room may be stored that has this one now; `None`: none is, since a
    /// room that was called so is called otherwise.
    pub(super) fn stored_name(&self, name: &RoomName) -> Option<RoomName> {
        let mut name = name.clone();
        for RoomRename { old, new, .. } in self.waiting.iter().rev() {
            let key = name.key();
            if key == new.key() {
                name = old.clone();
            } else if key == old.key() {
                return None;
            }
        }
        Some(name)
    }

    /// Gives a room that was read the name that it has now.
    pub(super) fn follow_room(&self, room: &mut StoredRoom) {
        for RoomRename { old, new, .. } in &self.waiting {
            let key = old.key();
            if room.name.key() == key {
                room.name = new.clone();
                room.settings.salt = salt(room.settings.salt.take(), &key, &new.key());
            }
        }
    }

    /// Has read marks that were read follow the rooms.
    pub(super) fn follow_marks(&self, belongings: &mut StoredBelongings) {
        for RoomRename { old, new, .. } in &self.waiting {
            let [old, new] = [old, new].map(|name| ConversationRef::Room(name).key());
            for mark in &mut belongings.marks {
                if mark.conversation == old {
                    mark.conversation = new.clone();
                } else if mark.conversation == new {
                    mark.conversation = old.clone();
                }
            }
        }
    }

    /// Whether this is the old or the new name of a room that is stored under the old one.
    pub(super) fn are_about(&self, name: &RoomName) -> bool {
        let key = name.key();
        self.waiting.iter().any(|rename| rename.old.key() == key || rename.new.key() == key)
    }
}

/// The salt of the secrets of a room that gets another name.
pub(super) fn salt(salt: Option<NameKey>, old: &NameKey, new: &NameKey) -> Option<NameKey> {
    Some(salt.unwrap_or_else(|| old.clone())).filter(|salt| salt != new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::name::Alphabet;

    fn name(name: &str) -> RoomName {
        RoomName::parse(name, Alphabet::Ascii).unwrap()
    }

    fn renames(names: &[(&str, &str)]) -> Renames {
        let mut renames = Renames::default();
        for (old, new) in names {
            renames.note((name(old), name(new)), 3, UnixTime::from_millis(7));
        }
        renames
    }

    #[test]
    fn a_room_is_found_under_the_name_that_it_is_stored_under() {
        let renames = renames(&[("a", "t"), ("b", "a"), ("t", "b"), ("c", "d"), ("d", "e")]);
        for (now, stored) in [
            ("a", Some("b")),
            ("B", Some("a")),
            ("e", Some("c")),
            ("t", None),
            ("c", None),
            ("d", None),
            ("f", Some("f")),
        ] {
            assert_eq!(renames.stored_name(&name(now)), stored.map(name), "{now}");
        }
        assert!(renames.are_about(&name("D")) && !renames.are_about(&name("f")));
        let ids: Vec<u64> = renames.all().iter().map(|rename| rename.id).collect();
        assert_eq!(ids, [7, 8, 9, 10, 11]);
    }

    #[test]
    fn a_room_keeps_its_salt_until_it_has_its_first_name_again() {
        let [one, two, three] = ["one", "two", "three"].map(NameKey::of);
        let second = salt(None, &one, &two);
        assert_eq!(second, Some(one.clone()));
        let third = salt(second, &two, &three);
        assert_eq!(third, Some(one.clone()));
        assert_eq!(salt(third, &three, &one), None);
    }

    #[test]
    fn as_many_are_stored_at_once_as_fit_and_one_at_least() {
        let renames = renames(&[("a", "b"), ("c", "d"), ("e", "f")]);
        for (most, count) in [(0, 0), (1, 1), (3, 1), (4, 2), (9, 3)] {
            assert_eq!(renames.first(most).len(), count, "{most}");
        }
    }
}
