//! A node's rooms: which is opened when, what is sent to them, and what is made of the answers.

use std::cmp::Reverse;

use super::{Event, Logged, Node, Room, RoomNumber, Tag, channel};
use crate::cluster::answer::{Answer, OpenRoom, Outcome};
use crate::cluster::engine::{Addition, Question};
use crate::cluster::entry::{Entry, Term};
use crate::cluster::link::{Failure, Gone, Unasked};
use crate::cluster::room_log::{RoomState, Seen};
use crate::limits::{OPEN_AGAIN_PAUSE, OPENS_IN_FLIGHT_MAX};
use crate::time::Time;

impl Node {
    /// The engine is there, or another term has begun: every room is opened, busiest first.
    pub(super) fn up(&mut self, now: Time, term: Term, is_same_run: bool) {
        self.lease.up(now);
        self.up_since = Some(now);
        self.events.push_back(Event::Up(term));
        self.opening.clear();
        self.later.clear();
        for room in self.rooms.values_mut() {
            room.log.close(is_same_run);
            room.is_changing = false;
        }
        let mut rooms: Vec<RoomNumber> = self.rooms.keys().copied().collect();
        rooms.sort_by_key(|number| Reverse(self.rooms.get(number).map(|room| room.entries)));
        self.rooms.values_mut().for_each(|room| room.entries = 0);
        self.to_open = rooms.into();
    }

    /// The engine is gone.
    pub(super) fn down(&mut self, why: Gone) {
        self.counters.lost += 1;
        self.lease.down();
        self.up_since = None;
        self.opening.clear();
        self.to_open.clear();
        self.later.clear();
        for room in self.rooms.values_mut() {
            room.log.close(true);
            (room.is_changing, room.is_subscribed) = (false, false);
        }
        self.events.push_back(Event::Down(why));
    }

    /// Asks for rooms and sends entries, as far as the link takes them.
    pub(super) fn pump(&mut self) {
        if !self.link.is_up() {
            return;
        }
        while self.opening.len() < OPENS_IN_FLIGHT_MAX
            && let Some(number) = self.to_open.pop_front()
        {
            if !self.ask_for_room(number) {
                self.to_open.push_front(number);
                break;
            }
        }
        while let Some(number) = self.to_send.front().copied() {
            if !self.send_room(number) {
                break;
            }
            self.to_send.pop_front();
            if let Some(room) = self.rooms.get_mut(&number) {
                room.is_queued = false;
            }
        }
    }

    /// A room has something to send.
    pub(super) fn queue(&mut self, number: RoomNumber) {
        if let Some(room) = self.rooms.get_mut(&number)
            && !std::mem::replace(&mut room.is_queued, true)
        {
            self.to_send.push_back(number);
        }
    }

    /// Asks for a room, unless that is gone or asked for. Returns whether the link took it.
    fn ask_for_room(&mut self, number: RoomNumber) -> bool {
        let Some(room) = self.rooms.get_mut(&number) else { return true };
        if room.log.state() != RoomState::Closed {
            return true;
        }
        if !room.is_subscribed {
            self.link.subscribe(&channel(&room.key), true);
            room.is_subscribed = true;
        }
        self.ask_for_log(number)
    }

    /// Asks for a room, or the rest of it.
    fn ask_for_log(&mut self, number: RoomNumber) -> bool {
        let Some(room) = self.rooms.get_mut(&number) else { return true };
        let term = self.link.term();
        let (run, asked) = (&self.run, room.log.ask(term));
        let (first, first_change, after) = (asked.first, asked.first_change, asked.after);
        let question = Question::Open { room: &room.key, run, term, first, first_change, after };
        room.opening += 1;
        if self.link.ask(&question, Tag::Open(number, room.opening), false).is_err() {
            room.log.close(true);
            return false;
        }
        self.opening.insert(number);
        true
    }

    /// Sends what a room has to send. Returns whether that was all.
    fn send_room(&mut self, number: RoomNumber) -> bool {
        let Some(room) = self.rooms.get_mut(&number) else { return true };
        let (run, term, opening) = (&self.run, self.link.term(), room.opening);
        while let Some(held) = room.log.next_to_send() {
            let add = Addition { number: held.number, count: held.count, body: &held.body };
            let question = Question::Append { room: &room.key, run, term, add, moves: &held.moves };
            let tag = Tag::Append(number, held.number, opening);
            match self.link.ask(&question, tag, false) {
                Ok(()) => room.log.sent(),
                Err(Unasked::Down | Unasked::Full) => return false,
            }
        }
        self.send_change(number)
    }

    fn send_change(&mut self, number: RoomNumber) -> bool {
        let Some(room) = self.rooms.get_mut(&number) else { return true };
        let Some(change) = room.change.as_ref().filter(|_| !room.is_changing) else { return true };
        if room.log.state() != RoomState::Open {
            return true;
        }
        let add =
            Addition { number: room.log.next_change(), count: change.count, body: &change.body };
        let officers: Vec<_> =
            change.officers.iter().map(|(name, run)| (&**name, run.as_ref())).collect();
        let question = Question::Change {
            room: &room.key,
            run: &self.run,
            term: self.link.term(),
            add,
            version: change.version,
            charter: &change.charter,
            officers: &officers,
        };
        let tag = Tag::Change(number, room.opening);
        room.change_number = Some(room.log.next_change());
        room.is_changing = self.link.ask(&question, tag, false).is_ok();
        room.is_changing
    }

    /// Something of a room is missing or refused: it is opened again, now or a little later.
    fn reopen(&mut self, number: RoomNumber, later: Option<Time>) {
        let Some(room) = self.rooms.get_mut(&number) else { return };
        if room.log.state() == RoomState::Closed {
            return;
        }
        room.log.close(true);
        room.is_changing = false;
        self.opening.remove(&number);
        match later {
            Some(now) => self.later.push_back((now + OPEN_AGAIN_PAUSE, number)),
            None => self.to_open.push_back(number),
        }
    }

    /// A room is in another term than was thought: of the engine, or of the room alone.
    fn other_term(&mut self, number: RoomNumber, term: Term) {
        if term > self.link.term() {
            self.link.renew(term);
        } else {
            self.reopen(number, None);
        }
    }

    /// The engine answers what was asked of a room.
    pub(super) fn room_answered(
        &mut self,
        now: Time,
        (number, opening): (RoomNumber, u64),
        answer: Result<Answer, Failure>,
    ) {
        let Some(room) = self.rooms.get(&number) else { return };
        // What was asked before the room was closed is asked again.
        if room.log.state() != RoomState::Opening || room.opening != opening {
            return;
        }
        self.opening.remove(&number);
        match answer {
            Ok(Answer::Open(open)) => self.room_opened(now, number, open),
            Ok(Answer::Outcome(Outcome::Term(term))) => self.other_term(number, term),
            Ok(Answer::Outcome(Outcome::Behind)) => {
                self.link.renew(Term(self.link.term().0 + 1));
            }
            Ok(_) | Err(Failure::Refused(_)) => self.reopen(number, Some(now)),
            Err(Failure::Gone) => {}
        }
    }

    fn room_opened(&mut self, now: Time, number: RoomNumber, mut open: Box<OpenRoom>) {
        let term = self.link.term();
        let Some(room) = self.rooms.get_mut(&number) else { return };
        let (before, mut entries) = (room.log.bytes(), Vec::new());
        let read = room.log.opened(now, term, &open, |entry| entries.push(Logged::from(entry)));
        let after = room.log.bytes();
        self.counters.skipped += open.entries.len().saturating_sub(entries.len()) as u64;
        self.came_back(now, number);
        self.count_bytes(before, after);
        let Ok((gap, is_all)) = read else {
            self.counters.malformed += 1;
            self.reopen(number, Some(now));
            return;
        };
        if gap {
            self.counters.gaps += 1;
            self.events.push_back(Event::Gap(number));
        }
        self.events.extend(entries.into_iter().map(|entry| Event::Entry(number, entry)));
        if !is_all {
            if !self.ask_for_log(number) {
                self.to_open.push_front(number);
            }
            return;
        }
        open.entries = Vec::new();
        self.resolve_change(number, open.change_mark);
        self.events.push_back(Event::Opened(number, open));
        self.queue(number);
    }

    /// A change that was sent before the room was opened again is made, if the engine says so.
    fn resolve_change(&mut self, number: RoomNumber, mark: u64) {
        let Some(room) = self.rooms.get_mut(&number) else { return };
        if room.change.is_some() && room.change_number.is_some_and(|sent| sent <= mark) {
            self.end_change(number, Outcome::Done(None));
        }
    }

    /// An entry was published in a room.
    pub(super) fn published(&mut self, now: Time, channel: &[u8], text: &[u8]) {
        let key = channel.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}log"));
        let key = key.and_then(|key| std::str::from_utf8(key).ok());
        let Some(&number) = key.and_then(|key| self.keys.get(key)) else { return };
        let Some(room) = self.rooms.get_mut(&number) else { return };
        let Ok(entry) = Entry::parse(text) else {
            self.counters.malformed += 1;
            return;
        };
        room.entries += 1;
        let before = room.log.bytes();
        let seen = room.log.published(now, &entry);
        let after = room.log.bytes();
        self.count_bytes(before, after);
        self.came_back(now, number);
        match seen {
            Seen::New => self.events.push_back(Event::Entry(number, Logged::from(&entry))),
            Seen::Known => self.counters.skipped += 1,
            Seen::Hole => {
                self.counters.holes += 1;
                self.other_term(number, entry.id.term);
            }
        }
    }

    fn came_back(&mut self, now: Time, number: RoomNumber) {
        let Some(room) = self.rooms.get_mut(&number) else { return };
        self.back.extend(room.log.take_back().into_iter().map(|entry| (now, number, entry)));
    }

    /// The engine answers an entry.
    pub(super) fn append_answered(
        &mut self,
        now: Time,
        (number, opening): (RoomNumber, u64),
        entry: u64,
        answer: Result<Answer, Failure>,
    ) {
        let Some(room) = self.current(number, opening) else { return };
        match answer {
            Ok(Answer::Outcome(Outcome::Done(_) | Outcome::Again)) => {
                let before = room.log.bytes();
                room.log.added(now, entry);
                let after = room.log.bytes();
                self.count_bytes(before, after);
                self.came_back(now, number);
            }
            Ok(Answer::Outcome(Outcome::Term(term))) => self.other_term(number, term),
            Ok(Answer::Outcome(Outcome::Closed | Outcome::Ahead)) => self.reopen(number, None),
            Ok(_) | Err(Failure::Refused(_)) => self.reopen(number, Some(now)),
            Err(Failure::Gone) => {}
        }
    }

    /// The engine answers a change.
    pub(super) fn change_answered(
        &mut self,
        now: Time,
        (number, opening): (RoomNumber, u64),
        answer: Result<Answer, Failure>,
    ) {
        let Some(room) = self.current(number, opening) else { return };
        match answer {
            Ok(Answer::Outcome(outcome @ (Outcome::Done(_) | Outcome::Again))) => {
                room.log.changed();
                self.end_change(number, outcome);
            }
            Ok(Answer::Outcome(outcome @ Outcome::Conflict(..))) => {
                self.end_change(number, outcome);
            }
            Ok(Answer::Outcome(Outcome::Term(term))) => self.other_term(number, term),
            Ok(Answer::Outcome(Outcome::Closed | Outcome::Ahead)) => self.reopen(number, None),
            Ok(_) | Err(Failure::Refused(_)) => self.reopen(number, Some(now)),
            Err(Failure::Gone) => {}
        }
    }

    fn end_change(&mut self, number: RoomNumber, outcome: Outcome) {
        if let Some(room) = self.rooms.get_mut(&number) {
            (room.change, room.is_changing, room.change_number) = (None, false, None);
            self.events.push_back(Event::Changed(number, outcome));
        }
    }

    /// A room, if it is open and was not opened again since.
    fn current(&mut self, number: RoomNumber, opening: u64) -> Option<&mut Room> {
        let room = self.rooms.get_mut(&number)?;
        let is_open = room.log.state() == RoomState::Open && room.opening == opening;
        is_open.then_some(room)
    }
}
