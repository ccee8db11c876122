//! How the connection is made, kept and made again: under the same name, in the same room, and
//! without missing what was said meanwhile.
//!
//! ```text
//!   Connecting --> Registering --> Here
//!       ^            |    ^          |
//!       |         Naming--'          |     Naming: the user must type another name
//!       '------- Waiting <-----------'     Down: coming back makes no sense; Enter tries again
//! ```
//!
//! The server's own history at the door is refused, because one question fits both who comes and
//! who comes back: what was last said, or what was said since.
//!
//! Neither socket nor clock: what happens is handed in, and what is to be done is handed out.

mod places;

use std::collections::HashMap;
use std::time::Duration;

use places::{folded, is_epoch, parse_place};

use super::account::{Account, greeting, is_about_account};
use crate::dialect::json::{Action, Error, Moderated, Object, RoomRenamed};
use crate::limits::{
    ANSWER_PATIENCE, ANSWER_TIMEOUT, COME_BACK_MAX, COME_BACK_MIN, COME_BACK_TOLD_MAX, NAME_AGAIN,
    NAME_ROUNDS, NAME_TRIES, REPLAYED_MESSAGES, ROOMS_KNOWN_MAX, ROSTER_MAX,
};
use crate::time::Time;

/// Where everybody starts.
pub(super) const MAIN: &str = "main";

/// What the shell is to do for the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// Connect to the server.
    Connect,
    /// Close the connection.
    Disconnect,
    /// Send these lines, each with its newline.
    Send(String),
}

/// How far the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkPhase {
    /// The system is asked for one.
    Connecting,
    /// The nickname was sent.
    Registering,
    /// There is no nickname that the server takes: the user is asked.
    Naming,
    /// All is well.
    Here,
    /// It was lost, and is tried again then.
    Waiting(Time),
    /// It was lost, and is not tried again by itself.
    Down,
}

/// How far a room was read: the epoch of the numbers, and the last of them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ReadPosition {
    /// Eight hexadecimal digits.
    epoch: String,
    /// The last message.
    number: u64,
}

/// The connection to the server.
#[derive(Debug)]
pub(super) struct Link {
    phase: LinkPhase,
    is_connected: bool,
    /// Why there is none.
    why: String,
    nickname: String,
    account: Option<Account>,
    /// Where we are, or want to be again.
    room: String,
    /// What opens rooms: passwords and keys.
    words: HashMap<String, String>,
    /// How far each room was read.
    places: HashMap<String, ReadPosition>,
    epoch: String,
    /// How long to wait for it to come back, if the server has told.
    back_in: Option<Duration>,
    /// Connections that came to nothing in a row.
    failures: u32,
    /// How often the name was sent on this connection, and when it is sent again.
    name_tries: u32,
    name_again: Option<Time>,
    /// We have been here before: the name may still be held by the lost connection.
    was_here: bool,
    /// The first room is yet to be entered.
    returning: bool,
    /// Where we are while we ask for another room.
    fallback: Option<(String, usize)>,
    /// Where we are since the last line, with how many others.
    entered: Option<(String, usize)>,
    /// A word that was typed for a room, until that has opened.
    typed_word: Option<(String, String)>,
    /// Connections on which the name was taken all the time, in a row.
    name_rounds: u32,
    /// When the server must have let us in.
    answer_by: Option<Time>,
    /// Nobody is to be surprised by coming back.
    unwanted: bool,
    leaving: bool,
    random: u64,
}

impl Link {
    /// A connection that is to be made. `nickname`: empty to ask the user.
    pub(super) fn new(nickname: &str, account: Option<Account>, room: &str, random: u64) -> Self {
        Self {
            phase: if nickname.is_empty() { LinkPhase::Naming } else { LinkPhase::Down },
            is_connected: false,
            why: String::new(),
            nickname: nickname.to_owned(),
            account,
            room: room.to_owned(),
            words: HashMap::new(),
            places: HashMap::new(),
            epoch: String::new(),
            back_in: None,
            failures: 0,
            name_tries: 0,
            name_again: None,
            was_here: false,
            returning: false,
            fallback: None,
            entered: None,
            typed_word: None,
            name_rounds: 0,
            answer_by: None,
            unwanted: false,
            leaving: false,
            random: random | 1,
        }
    }

    /// There is a connection.
    pub(super) fn connected(&mut self, now: Time) -> Vec<Ask> {
        self.answer_by = Some(now + ANSWER_PATIENCE);
        (self.name_tries, self.name_again) = (1, None);
        (self.is_connected, self.returning, self.fallback) = (true, true, None);
        self.phase = LinkPhase::Registering;
        // In one write, or a pause might be taken for the end of a line.
        vec![Ask::Send(greeting(&self.nickname, self.account.as_ref()))]
    }

    /// The connection is no more, or could not be made.
    pub(super) fn closed(&mut self, now: Time, why: &str) {
        // What the server said last tells more than that it has closed.
        if self.why.is_empty() || !matches!(self.phase, LinkPhase::Here | LinkPhase::Registering) {
            why.clone_into(&mut self.why);
        }
        (self.is_connected, self.name_again, self.answer_by) = (false, None, None);
        if self.leaving || self.unwanted {
            self.phase = LinkPhase::Down;
        }
        // Whoever is asked for a name may take their time.
        if matches!(self.phase, LinkPhase::Down | LinkPhase::Naming) {
            return;
        }
        self.failures = if self.phase == LinkPhase::Here { 1 } else { self.failures + 1 };
        let patience = self.back_in.take().unwrap_or_else(|| self.patience());
        self.phase = LinkPhase::Waiting(now + patience);
    }

    /// How long to wait before the next try: longer each time, and never all at once after a
    /// server has come back.
    fn patience(&mut self) -> Duration {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let most = COME_BACK_MIN.saturating_mul(1 << self.failures.saturating_sub(1).min(10));
        let most = most.min(COME_BACK_MAX);
        most / 2 + most.mul_f64((self.random % 1_000) as f64 / 2_000.0)
    }

    /// Does what is due.
    pub(super) fn tick(&mut self, now: Time) -> Vec<Ask> {
        if let LinkPhase::Waiting(until) = self.phase
            && now >= until
        {
            return self.try_again();
        }
        if self.phase == LinkPhase::Registering && self.answer_by.is_some_and(|by| now >= by) {
            "it does not answer as a mio-chat server does".clone_into(&mut self.why);
            return vec![Ask::Disconnect];
        }
        if self.name_again.is_some_and(|at| now >= at) {
            self.name_again = None;
            self.name_tries += 1;
            return vec![Ask::Send(format!("{}\n", self.nickname))];
        }
        Vec::new()
    }

    /// Tries to connect at once, if there is no connection.
    pub(super) fn try_again(&mut self) -> Vec<Ask> {
        let may = matches!(self.phase, LinkPhase::Waiting(_) | LinkPhase::Down);
        if !may || self.leaving || self.nickname.is_empty() {
            return Vec::new();
        }
        self.unwanted = false;
        self.phase = LinkPhase::Connecting;
        vec![Ask::Connect]
    }

    /// When [`Self::tick`] is due.
    pub(super) fn due(&self) -> Option<Time> {
        match self.phase {
            LinkPhase::Waiting(until) => Some(until),
            LinkPhase::Registering => self.name_again.into_iter().chain(self.answer_by).min(),
            _ => None,
        }
    }

    /// Takes what the server says: what is to be asked next.
    pub(super) fn hear(&mut self, now: Time, object: &Object<'_>) -> Vec<Ask> {
        match object {
            Object::Format(greeting) if is_epoch(&greeting.epoch) => {
                self.epoch = greeting.epoch.to_string();
            }
            Object::Welcome(greeting) => {
                (self.phase, self.was_here, self.failures) = (LinkPhase::Here, true, 0);
                (self.name_again, self.unwanted) = (None, false);
                (self.name_rounds, self.answer_by) = (0, None);
                self.why.clear();
                if let Some(nick) = &greeting.nick {
                    self.nickname = nick.to_string();
                }
            }
            // What led to it was told.
            Object::Bye(bye) if matches!(&*bye.code, "quit" | "banned" | "kicked") => {}
            Object::Bye(bye) => {
                let retry = bye.retry.map(Duration::from_secs);
                self.why = bye.text.to_string();
                self.back_in = retry.map(|retry| retry.min(COME_BACK_TOLD_MAX));
            }
            Object::Error(error) => return self.hear_error(now, error),
            // The server is busy with us, and says when it is done.
            Object::Checking { .. } if self.phase == LinkPhase::Registering => {
                self.answer_by = Some(now + ANSWER_TIMEOUT + ANSWER_PATIENCE);
            }
            // Whoever was put out of where everybody starts is not to come back at once.
            Object::Moderated(Moderated {
                action: Action::Kicked | Action::Banned,
                room,
                you: true,
                text,
                ..
            }) if room == MAIN => {
                (self.why, self.unwanted) = (text.to_string(), true);
            }
            Object::Renamed { nick, new, .. } if *nick == self.nickname => {
                self.nickname = new.to_string();
            }
            Object::RoomRenamed(RoomRenamed { room, new, .. }) => self.follow_room(room, new),
            Object::Room { room, total } => return self.entered(room, total.saturating_sub(1)),
            Object::Message(message) => self.note_read(message.n),
            Object::End { room, at } if *room == self.room => {
                if let Some(place) = parse_place(at) {
                    self.note_place(room, place);
                }
            }
            Object::Owner { room, key } => self.note_word(room, key),
            _ => {}
        }
        Vec::new()
    }

    fn hear_error(&mut self, now: Time, error: &Error<'_>) -> Vec<Ask> {
        if self.phase != LinkPhase::Here && is_about_account(&error.code) {
            return self.give_up(&error.text);
        }
        match error_of(error) {
            Refused::Entry if self.phase != LinkPhase::Here => {
                (self.why, self.unwanted) = (error.text.to_string(), true);
                Vec::new()
            }
            Refused::Entry | Refused::Again => {
                self.typed_word = None;
                self.stay()
            }
            _ if self.phase != LinkPhase::Here => self.refused(now, error),
            // No room can be called so; or it is another one now, which a word does not open.
            Refused::Name if self.is_between() => self.ask_without_word(),
            _ => Vec::new(),
        }
    }

    /// Why nobody is let in, told before anything is known of the server.
    pub(super) fn refused_at_the_door(&mut self, why: &str) {
        why.clone_into(&mut self.why);
    }

    /// What answers is not the server that was meant; only the user may try again.
    pub(super) fn distrust(&mut self) {
        self.unwanted = true;
    }

    /// The server and this program do not understand each other, however often they try.
    pub(super) fn give_up(&mut self, why: &str) -> Vec<Ask> {
        (self.why, self.unwanted) = (why.to_owned(), true);
        vec![Ask::Disconnect]
    }

    /// The server does not take the name.
    fn refused(&mut self, now: Time, error: &Error<'_>) -> Vec<Ask> {
        self.why = error.text.to_string();
        // It answers, whatever it says.
        self.answer_by = None;
        let is_taken = error.code == "nick-taken";
        if is_taken && self.was_here && self.name_tries < NAME_TRIES {
            // Most likely the server does not know yet that the old connection is dead.
            self.name_again = Some(now + NAME_AGAIN);
        } else if is_taken && self.was_here && self.name_rounds < NAME_ROUNDS {
            self.name_rounds += 1;
            return vec![Ask::Disconnect];
        } else {
            self.phase = LinkPhase::Naming;
        }
        Vec::new()
    }

    fn entered(&mut self, room: &str, others: usize) -> Vec<Ask> {
        let goes_on = std::mem::take(&mut self.returning) && room != self.room;
        if goes_on {
            self.fallback = Some((room.to_owned(), others));
            let word = self.words.get(&folded(&self.room));
            let word = word.map_or(String::new(), |word| format!(" {word}"));
            return vec![Ask::Send(format!("/join {}{word}\n", self.room))];
        }
        self.fallback = None;
        if let Some((typed, word)) = self.typed_word.take()
            && typed == folded(room)
        {
            self.note_word(room, &word);
        }
        self.be_in(room, others)
    }

    /// Asks once more for the room, without the word that once opened it.
    fn ask_without_word(&mut self) -> Vec<Ask> {
        match self.words.remove(&folded(&self.room)) {
            Some(_) => vec![Ask::Send(format!("/join {}\n", self.room))],
            None => self.stay(),
        }
    }

    /// The room that was asked for is closed to us, or was entered under another name.
    fn stay(&mut self) -> Vec<Ask> {
        self.fallback.take().map_or(Vec::new(), |(room, others)| self.be_in(&room, others))
    }

    fn be_in(&mut self, room: &str, others: usize) -> Vec<Ask> {
        room.clone_into(&mut self.room);
        self.entered = Some((room.to_owned(), others));
        let mut lines = match self.places.get(room) {
            Some(ReadPosition { epoch, number }) => format!("/history after {epoch}:{number}\n"),
            None => format!("/history {REPLAYED_MESSAGES}\n"),
        };
        if (1..ROSTER_MAX).contains(&others) {
            lines.push_str("/who\n");
        }
        vec![Ask::Send(lines)]
    }

    /// Whether what the server says of a name is about the room that we want to be back in, which
    /// the user has not typed.
    pub(super) fn is_about_room(&self, object: &Object<'_>) -> bool {
        matches!(object, Object::Error(error) if error_of(error) == Refused::Name)
            && self.is_between()
    }

    /// Whether we are on the way from one room to another: what is said now is said elsewhere.
    pub(super) fn is_between(&self) -> bool {
        self.fallback.is_some()
    }

    /// Where we have just come to be, and with how many others.
    pub(super) fn take_entered(&mut self) -> Option<(String, usize)> {
        self.entered.take()
    }

    fn note_read(&mut self, number: u64) {
        if self.is_between() {
            return;
        }
        let read = self.places.get(&self.room).map_or(0, |place| place.number);
        let epoch = self.epoch.clone();
        let is_new = self.places.get(&self.room).is_none_or(|place| place.epoch != epoch);
        if is_new || number > read {
            self.note_place(&self.room.clone(), ReadPosition { epoch, number });
        }
    }

    fn note_place(&mut self, room: &str, place: ReadPosition) {
        if self.places.len() < ROOMS_KNOWN_MAX || self.places.contains_key(room) {
            self.places.insert(room.to_owned(), place);
        }
    }

    /// A word was typed that is to open a room.
    pub(super) fn note_typed_word(&mut self, room: &str, word: &str) {
        self.typed_word = Some((folded(room), word.to_owned()));
    }

    /// This opens a room: a password that was typed, or a key that was told.
    fn note_word(&mut self, room: &str, word: &str) {
        let room = folded(room);
        if self.words.len() < ROOMS_KNOWN_MAX || self.words.contains_key(&room) {
            self.words.insert(room, word.to_owned());
        }
    }

    /// The user has typed a nickname because the server took none.
    pub(super) fn choose_name(&mut self, name: &str) -> Vec<Ask> {
        name.clone_into(&mut self.nickname);
        (self.was_here, self.name_again) = (false, None);
        match (self.phase, self.is_connected) {
            (LinkPhase::Naming | LinkPhase::Registering, true) => {
                self.phase = LinkPhase::Registering;
                vec![Ask::Send(format!("{name}\n"))]
            }
            (LinkPhase::Naming, false) => {
                self.phase = LinkPhase::Connecting;
                vec![Ask::Connect]
            }
            _ => self.try_again(),
        }
    }

    /// The user leaves: what comes now is the end.
    pub(super) fn leave(&mut self) {
        self.leaving = true;
    }

    /// How far the connection is.
    pub(super) fn phase(&self) -> LinkPhase {
        self.phase
    }

    /// Why there is no connection.
    pub(super) fn why(&self) -> &str {
        &self.why
    }

    /// What we are called, or want to be.
    pub(super) fn nickname(&self) -> &str {
        &self.nickname
    }

    /// Where we are, or want to be.
    pub(super) fn room(&self) -> &str {
        &self.room
    }

    /// The epoch of the server's numbers.
    pub(super) fn epoch(&self) -> &str {
        &self.epoch
    }
}

/// What an error means for where we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// We may not come in, neither into a room nor, before we have a nickname, at all.
    Entry,
    /// We are there already.
    Again,
    /// No nickname and no room can be called so.
    Name,
    /// Something else.
    Other,
}

/// What an error means for where we are.
pub(super) fn error_of(error: &Error<'_>) -> Refused {
    match &*error.code {
        "banned" | "room-password" | "password-wrong" | "password-paused" | "key-wrong"
        | "rooms-full" | "rooms-unreadable" => Refused::Entry,
        "room-same" | "room-last" => Refused::Again,
        "name-bad" => Refused::Name,
        _ => Refused::Other,
    }
}

#[cfg(test)]
mod tests;
