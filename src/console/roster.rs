//! Who is in the room, as far as the server has told.
//!
//! Names come from one `/who` that is asked when we come in, and from comings and goings after
//! that. In a big room those are only counted, and then names would be wrong: there is a number.
//!
//! Invariants: at most [`ROSTER_MAX`] names and [`ROOMS_KNOWN_MAX`] rooms.

use std::collections::BTreeMap;

use super::heard::Heard;
use crate::limits::{ROOMS_KNOWN_MAX, ROSTER_MAX};

/// A list that comes in several lines.
#[derive(Debug, Default)]
struct Listing {
    /// Entries that are still to come.
    missing: usize,
    is_rooms: bool,
    is_shown: bool,
}

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
    listing: Listing,
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

    /// Takes a line of the server. Whether the user is to see it.
    pub(super) fn hear(&mut self, room: &str, heard: &Heard<'_>) -> bool {
        match heard {
            Heard::Joined(name) => {
                self.count += 1;
                self.add(name);
            }
            Heard::Left(name) => {
                self.count = self.count.saturating_sub(1);
                self.names.remove(&name.to_lowercase());
            }
            Heard::Renamed { old, new } if self.names.remove(&old.to_lowercase()).is_some() => {
                self.add(new);
            }
            Heard::Digest { here } => {
                self.count = *here;
                self.names.clear();
            }
            Heard::Who { room: listed, count, pages, names } => {
                return self.list(*listed == room, (*count, *pages), names);
            }
            Heard::Rooms { count, rooms } => {
                self.rooms.clear();
                let is_shown = !std::mem::take(&mut self.silent_rooms);
                self.listing = Listing { missing: *count, is_rooms: true, is_shown };
                self.go_on(rooms);
                return is_shown;
            }
            Heard::And(more) if self.listing.missing > 0 => {
                let is_shown = self.listing.is_shown;
                self.go_on(more);
                return is_shown;
            }
            _ => {}
        }
        true
    }

    fn list(&mut self, is_here: bool, (count, pages): (usize, bool), names: &str) -> bool {
        if !is_here {
            self.listing = Listing::default();
            return true;
        }
        let is_shown = !std::mem::take(&mut self.silent_who);
        self.names.clear();
        self.count = count;
        // Of a crowd only a part is named.
        let missing = if pages { 0 } else { count };
        self.listing = Listing { missing, is_rooms: false, is_shown };
        self.go_on(names);
        is_shown
    }

    fn go_on(&mut self, entries: &str) {
        let (entries, more) = match entries.rsplit_once(" and ") {
            Some((entries, more)) if more.ends_with(" more") => (entries, true),
            _ => (entries, false),
        };
        for entry in entries.split(", ") {
            if self.listing.is_rooms {
                let name = entry.split(' ').next().unwrap_or_default();
                if self.rooms.len() < ROOMS_KNOWN_MAX {
                    self.rooms.push(name.to_owned());
                }
            } else if self.listing.missing > 0 {
                self.add(entry);
            }
            self.listing.missing = self.listing.missing.saturating_sub(1);
        }
        if more {
            self.listing.missing = 0;
        }
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
    use super::*;

    fn hear(roster: &mut Roster, lines: &[&str]) -> Vec<bool> {
        lines.iter().map(|line| roster.hear("main", &Heard::parse(line))).collect()
    }

    fn names(roster: &Roster) -> String {
        roster.names().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_first_answer_is_ours_and_the_next_the_users() {
        let mut roster = Roster::default();
        roster.enter("al", 2);
        let answer = ["* there are 3 in main: al, Bob", "* and carol"];
        assert_eq!(hear(&mut roster, &answer), [false, false]);
        assert_eq!(names(&roster), "al Bob carol");
        assert_eq!(hear(&mut roster, &answer), [true, true]);
        assert_eq!(hear(&mut roster, &["* there is 1 in tea: dave"]), [true]);
        hear(&mut roster, &["dave joined!", "bob left!", "* the nickname al is now Zoe"]);
        assert_eq!(names(&roster), "carol dave Zoe");
        assert_eq!(roster.count(), 3);
    }

    #[test]
    fn a_crowd_is_a_number() {
        let mut roster = Roster::default();
        roster.enter("al", 1_203);
        assert_eq!((names(&roster), roster.count()), (String::new(), 1_204));
        hear(&mut roster, &["* +3 -1, 1,206 here"]);
        assert_eq!((names(&roster), roster.count()), (String::new(), 1_206));
        hear(&mut roster, &["* there are 1206 in main, page 1 of 7: al, bob"]);
        assert_eq!((names(&roster), roster.count()), (String::new(), 1_206));
    }

    #[test]
    fn rooms_are_known_for_completion() {
        let mut roster = Roster::default();
        roster.note_rooms_asked();
        let answer = ["* there are 203 rooms: games (3), main (1)", "* and tea (0) and 200 more"];
        assert_eq!(hear(&mut roster, &answer), [false, false]);
        assert_eq!(roster.rooms(), ["games", "main", "tea"]);
        assert_eq!(hear(&mut roster, &["* and that is that"]), [true]);
    }
}
