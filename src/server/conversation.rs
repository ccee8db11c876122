//! Hearing a client out: whole messages from its inbox, carried out one by one.
//!
//! The inbox is taken out of its session meanwhile, so that a message can be borrowed from it
//! while the fan-out writes to any outbox, the speaker's included.

use std::borrow::Cow;

use super::Server;
use super::audit::Audited;
use super::close::CloseReason;
use super::inbox::{Inbox, Utterance};
use super::session::{Classroom, Ending, Phase, Session};
use crate::chat::{Command, Event, Farewell, Lobby, Outcome, Outlet, Refusal};
use crate::dialect::{self, Encoding, Foreign, Language};
use crate::id::ClientId;
use crate::limits::{LINE_BYTES_MAX, LINES_PER_TURN, REGISTER_BYTES_MAX, REGISTER_TRIES_MAX};
use crate::time::Time;

impl Server {
    /// Carries out what this client has said, as far as its budget goes.
    pub(super) fn converse(&mut self, now: Time, id: ClientId) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let mut inbox = session.inbox.take().or_else(|| self.spare.take()).unwrap_or_default();
        if !session.has_spoken {
            match dialect::language(inbox.peek(), inbox.is_ended(), session.prompted) {
                Language::Foreign(foreign) => return self.close_foreign(now, id, foreign),
                // Too long for a name, and its end may still show that it is a web request.
                Language::Undecided if inbox.peek().len() >= LINE_BYTES_MAX => {
                    return self.put_back(now, id, Some(inbox));
                }
                Language::Undecided | Language::Plain => {}
            }
        }
        let (mut lines, mut line_ended) = (0, false);
        while self.may_be_heard(now, id, &mut inbox, lines) {
            let Some(utterance) = inbox.next() else { break };
            self.hear(now, id, &utterance);
            lines += 1;
            line_ended |= !inbox.is_skipping();
        }
        let rest = inbox.settle(now, line_ended, &mut self.spare);
        self.put_back(now, id, rest);
    }

    /// Whether the next message of this client may be carried out now; if not, notes why.
    fn may_be_heard(&mut self, now: Time, id: ClientId, inbox: &mut Inbox, lines: usize) -> bool {
        let waits_for_disk = self.has_recalled_enough();
        let Some(session) = self.sessions.get_mut(id) else { return false };
        if session.phase == Phase::Closing || session.is_busy() {
            return false;
        }
        if let Some(rate) = self.settings.flood {
            if session.allowance.ready_at(rate) > now {
                session.held = true;
                self.counters.held += 1;
                return false;
            }
            if self.must_wait_for_readers(now, id, inbox) || self.must_wait_its_turn(now, id, inbox)
            {
                return false;
            }
        }
        let waits_for_flush = lines > 0 && self.fanout.wants_flush();
        let Some(session) = self.sessions.get_mut(id) else { return false };
        if lines >= LINES_PER_TURN || waits_for_flush || waits_for_disk {
            session.unfinished = true;
            self.woken.push_back(id);
            return false;
        }
        true
    }

    /// Puts back what could not be carried out yet.
    fn put_back(&mut self, now: Time, id: ClientId, rest: Option<Box<Inbox>>) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.phase == Phase::Closing {
            return;
        }
        let all_said = rest.as_ref().is_none_or(|inbox| inbox.peek().is_empty());
        let nothing_begun = rest.as_ref().is_none_or(|inbox| inbox.is_empty());
        session.inbox = rest;
        if session.held && !nothing_begun {
            self.tell_to_wait(id);
        }
        let Some(session) = self.sessions.get(id) else { return };
        let is_stranger = session.phase != Phase::Chatting;
        if session.ended && all_said {
            let reason = if session.broken { CloseReason::Lost } else { CloseReason::Ended };
            self.close(now, id, reason);
        } else if is_stranger && usize::from(session.stranger_bytes) >= REGISTER_BYTES_MAX {
            self.close(now, id, CloseReason::Told(Farewell::TooManyTries));
        }
    }

    fn hear(&mut self, now: Time, id: ClientId, utterance: &Utterance<'_>) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if let Utterance::Skipped(bytes) = utterance {
            return session.charge_noise(now, self.settings.flood, *bytes);
        }
        self.counters.lines += 1;
        let text = utterance.text();
        self.note_habits(id, utterance, text.as_deref().ok());
        if self.lobby.is_member(id) {
            self.hear_member(now, id, text);
        } else {
            self.hear_stranger(now, id, text);
        }
    }

    fn hear_member(&mut self, now: Time, id: ClientId, text: Result<Cow<'_, str>, Refusal>) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let decoded = match &text {
            Ok(text) => dialect::command(session.own_text(text)),
            Err(refusal) => Err(refusal.clone()),
        };
        let cost = match &decoded {
            Ok(Some(command)) => command.cost(),
            Ok(None) | Err(_) => 1,
        };
        self.charge(now, id, cost);
        if let Some(asked) = decoded.transpose() {
            self.carry_out(now, id, asked);
        }
    }

    /// A message of somebody without a nickname, which most likely is that nickname. Charged to
    /// where it comes from alone, and there are only so many tries.
    fn hear_stranger(&mut self, now: Time, id: ClientId, text: Result<Cow<'_, str>, Refusal>) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        session.has_spoken |= text.as_ref().map_or(true, |text| !text.trim().is_empty());
        session.stranger_tries += 1;
        let tries = session.stranger_tries;
        let decoded = match &text {
            Ok(text) if repeats_refused_name(session, text, &self.lobby) => {
                Err(Refusal::NicknameFirst)
            }
            Ok(text) => dialect::nickname_or_command(session.own_text(text)),
            Err(refusal) => Err(refusal.clone()),
        };
        let asked = decoded.and_then(|command| command.ok_or(Refusal::NicknameFirst));
        self.carry_out(now, id, asked);
        let is_member = self.lobby.is_member(id);
        self.charge_stranger(now, id, is_member);
        if is_member {
            if let Some(session) = self.sessions.get_mut(id) {
                session.phase = Phase::Chatting;
            }
        } else if tries >= REGISTER_TRIES_MAX {
            self.close(now, id, CloseReason::Told(Farewell::TooManyTries));
        }
    }

    /// Notes what a message shows of its client: whether it ends messages by pausing, which name it
    /// puts before them, and whether it knows more than ASCII.
    fn note_habits(&mut self, id: ClientId, utterance: &Utterance<'_>, text: Option<&str>) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let paused = session.ending == Ending::Pause;
        if let Utterance::Line { newline, .. } = utterance {
            session.note_ending(*newline);
        }
        let pauses = session.ending == Ending::Pause;
        if pauses != paused {
            self.lobby.read_history_unasked(id, !pauses);
            self.fanout.write_small(id, pauses);
        }
        if let Some(text) = text.filter(|_| pauses) {
            session.note_first_answer(text);
            if !text.is_ascii() {
                self.fanout.write_more_than_ascii(id);
            }
        }
    }

    /// Carries out what was asked, or says why not.
    fn carry_out(&mut self, now: Time, id: ClientId, asked: Result<Command<'_>, Refusal>) {
        match asked {
            Ok(command) => self.obey(now, id, command),
            Err(refusal) => self.fanout.tell(id, Event::Refused(&refusal)),
        }
    }

    fn obey(&mut self, now: Time, id: ClientId, command: Command<'_>) {
        let outcome = self.with_context(now, |lobby, fanout, context| {
            lobby.execute(id, command, context, fanout)
        });
        match outcome {
            Outcome::Stays => {}
            Outcome::Quits => self.close(now, id, CloseReason::Told(Farewell::Quit)),
            Outcome::Renamed => self.note_name(id),
            Outcome::SeeksMatch { queue, players } => self.seek_match(now, id, queue, players),
            Outcome::StopsSeeking => self.stop_seeking(id),
            Outcome::Invites(friend) => self.invite(now, id, friend),
            Outcome::Authenticates { name, password } => {
                self.authenticate(now, id, name, password);
            }
            Outcome::WantsNumbers(wanted) => {
                self.fanout.set_encoding(id, Encoding::line(wanted));
                let place = wanted.then(|| self.lobby.place());
                self.fanout.tell(id, Event::Numbers(place));
            }
            Outcome::Guessed => self.charge_guess(now, id),
            Outcome::KeptOut => self.close(now, id, CloseReason::Told(Farewell::Banned)),
        }
        if let Some(record) = self.lobby.take_record() {
            self.audit.push(Audited::Done(record));
        }
        while let Some(expelled) = self.lobby.poll_expelled() {
            self.close(now, expelled, CloseReason::Told(Farewell::Kicked));
        }
    }

    fn close_foreign(&mut self, now: Time, id: ClientId, foreign: Foreign) {
        let prompted = self.sessions.get(id).is_some_and(|session| session.prompted);
        if prompted && foreign == Foreign::Irc {
            // The prompt has no line end of its own.
            self.fanout.push(id, b"\r\n");
        }
        self.fanout.push(id, foreign.refusal());
        self.close(now, id, CloseReason::Foreign(foreign));
    }
}

impl Utterance<'_> {
    fn text(&self) -> Result<Cow<'_, str>, Refusal> {
        match self {
            Utterance::Line { text, .. } => dialect::text(text),
            Utterance::TooLong | Utterance::Skipped(_) => Err(Refusal::LineTooLong),
        }
    }
}

impl Session {
    fn note_ending(&mut self, newline: bool) {
        if newline {
            self.ending = Ending::Newline;
        } else if self.ending == Ending::Unknown && !self.ended {
            self.ending = Ending::Pause;
        }
    }

    /// Remembers the nickname that a classroom client answers the prompt with: it will put it
    /// before each message, whatever the nickname becomes.
    fn note_first_answer(&mut self, text: &str) {
        let name = text.trim();
        if self.classroom.is_none() && !name.is_empty() {
            self.classroom = Some(Box::new(Classroom { prefix: name.into() }));
        }
    }

    /// A message without the nickname that a classroom client puts before it.
    fn own_text<'a>(&self, text: &'a str) -> &'a str {
        self.without_first_answer(text).unwrap_or(text)
    }

    fn without_first_answer<'a>(&self, text: &'a str) -> Option<&'a str> {
        let classroom = self.classroom.as_ref()?;
        dialect::without_name(text, &classroom.prefix)
    }
}

/// Whether a stranger's message begins with the name that was refused as its nickname, and could
/// be one: then it is meant to be said, and is no other nickname. (A name with a space in it could
/// not, and its user, who is told so, types another.)
fn repeats_refused_name(session: &Session, text: &str, lobby: &Lobby) -> bool {
    let is_said = session.without_first_answer(text).is_some_and(|rest| !rest.starts_with('/'));
    let name = session.classroom.as_ref().map(|classroom| &*classroom.prefix);
    is_said && name.is_some_and(|name| lobby.could_be_nickname(name))
}
