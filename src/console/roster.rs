//! Who is in the room, as far as the server has told.
//!
//! Names come from one `/who` that is asked when we come in, and from comings and goings after
//! that. In a big room those are only counted, and then names would be wrong: there is a number.
//!
//! Invariants: at most [`ROSTER_MAX`] names and [`ROOMS_KNOWN_MAX`] rooms.

use std::collections::BTreeMap;

use crate::dialect::json::{Object, RoomEntry, Text};
use crate::limits::{ROOMS_KNOWN_MAX, ROSTER_MAX};

/// Who is here, and which rooms there are.
#[derive(Debug, Default)]
pub(super) struct Roster {
    /// By the name in lower case.
    names: BTreeMap<String, String>,
    count: usize,
    rooms: Vec<String>,
    /// Answers to questions that the user has not asked.
    silent_who: bool,
    silent_rooms: bool,
}

impl Roster {
    /// We are in another room with so many others, and ask who they are if they are few.
    pub(super) fn enter(&mut self, nickname: &str, others: usize) {
        self.names.clear();
        self.count = others + 1;
        self.silent_who = (1..ROSTER_MAX).contains(&others);
        if others == 0 {
            self.add(nickname);
        }
    }

    /// The rooms were asked for without the user's doing.
    pub(super) fn note_rooms_asked(&mut self) {
        self.silent_rooms = true;
    }

    /// Takes what the server says. Whether the user is to see it.
    pub(super) fn hear(&mut self, room: &str, object: &Object<'_>) -> bool {
        match object {
            Object::Joined { nick, .. } => {
                self.count = self.count.saturating_add(1);
                self.add(nick);
            }
            Object::Left { nick, .. } => {
                self.count = self.count.saturating_sub(1);
                self.names.remove(&nick.to_lowercase());
            }
            Object::Renamed { nick, new, .. }
                if self.names.remove(&nick.to_lowercase()).is_some() =>
            {
                self.add(new);
            }
            Object::Presence { total, .. } => {
                self.count = *total;
                self.names.clear();
            }
            Object::Names { room: listed, names, total, .. } if listed == room => {
                return self.list(names, *total);
            }
            Object::Rooms { rooms, .. } => return self.list_rooms(rooms),
            _ => {}
        }
        true
    }

    fn list(&mut self, names: &[Text<'_>], total: usize) -> bool {
        let is_shown = !std::mem::take(&mut self.silent_who);
        self.names.clear();
        self.count = total;
        // Of a crowd only a part is named.
        if names.len() == total {
            names.iter().for_each(|name| self.add(name));
        }
        is_shown
    }

    fn list_rooms(&mut self, rooms: &[RoomEntry<'_>]) -> bool {
        let rooms = rooms.iter().take(ROOMS_KNOWN_MAX);
        self.rooms = rooms.map(|entry| entry.room.to_string()).collect();
        !std::mem::take(&mut self.silent_rooms)
    }

    fn add(&mut self, name: &str) {
        if self.names.len() < ROSTER_MAX {
            self.names.insert(name.to_lowercase(), name.to_owned());
        }
    }

    /// Nobody is there to be known of.
    pub(super) fn clear(&mut self) {
        *self = Self { rooms: std::mem::take(&mut self.rooms), ..Self::default() };
    }

    /// Everybody here, by name; none if they are too many to be known.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let known = if self.names.len() == self.count { self.names.len() } else { 0 };
        self.names.values().take(known).map(String::as_str)
    }

    /// Everybody of whom we know that they are here.
    pub(super) fn known(&self) -> impl Iterator<Item = &str> {
        self.names.values().map(String::as_str)
    }

    /// How many are here.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The rooms that we know of.
    pub(super) fn rooms(&self) -> &[String] {
        &self.rooms
    }
}

#[cfg(test)]
mod tests {
    use super::super::reading::read_one;
    use super::*;

    fn hear(roster: &mut Roster, lines: &[&str]) -> Vec<bool> {
        lines.iter().map(|line| roster.hear("main", &read_one(line))).collect()
    }

    fn names(roster: &Roster) -> String {
        roster.names().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_first_answer_is_ours_and_the_next_the_users() {
        let mut roster = Roster::default();
        roster.enter("al", 2);
        let answer = [r#"{"t":"names","room":"main","names":["al","Bob","carol"],"total":3}"#];
        assert_eq!(hear(&mut roster, &answer), [false]);
        assert_eq!(names(&roster), "al Bob carol");
        assert_eq!(hear(&mut roster, &answer), [true]);
        let elsewhere = [r#"{"t":"names","room":"tea","names":["dave"],"total":1}"#];
        assert_eq!(hear(&mut roster, &elsewhere), [true]);
        let changes = [
            r#"{"t":"joined","room":"main","nick":"dave"}"#,
            r#"{"t":"left","room":"main","nick":"bob"}"#,
            r#"{"t":"renamed","room":"main","nick":"al","new":"Zoe"}"#,
        ];
        hear(&mut roster, &changes);
        assert_eq!(names(&roster), "carol dave Zoe");
        assert_eq!(roster.count(), 3);
    }

    #[test]
    fn a_crowd_is_a_number() {
        let mut roster = Roster::default();
        roster.enter("al", 1_203);
        assert_eq!((names(&roster), roster.count()), (String::new(), 1_204));
        hear(&mut roster, &[r#"{"t":"presence","room":"main","came":3,"went":1,"total":1206}"#]);
        assert_eq!((names(&roster), roster.count()), (String::new(), 1_206));
        let page = r#"{"t":"names","room":"main","names":["al","bob"],"total":1206,"next":2}"#;
        hear(&mut roster, &[page]);
        assert_eq!((names(&roster), roster.count()), (String::new(), 1_206));
        let all =
            r#"{"t":"presence","room":"main","came":0,"went":0,"total":18446744073709551615}"#;
        hear(&mut roster, &[all, r#"{"t":"joined","room":"main","nick":"bob"}"#]);
        assert_eq!(roster.count(), usize::MAX);
    }

    #[test]
    fn rooms_are_known_for_completion() {
        let mut roster = Roster::default();
        roster.note_rooms_asked();
        let rooms = r#"[{"room":"games","total":3},{"room":"main","total":1}]"#;
        let answer = format!(r#"{{"t":"rooms","rooms":{rooms},"more":200}}"#);
        assert_eq!(hear(&mut roster, &[&answer, &answer]), [false, true]);
        assert_eq!(roster.rooms(), ["games", "main"]);
    }
}
