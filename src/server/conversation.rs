//! Hearing a client out: its messages, carried out one by one.
//!
//! The decoder is taken out of its session meanwhile, so that a message can be borrowed from it
//! while the fan-out writes to any outbox, the speaker's included.

use super::Server;
use super::audit::Audited;
use super::close::CloseReason;
use super::session::Phase;
use crate::chat::{Command, Farewell, Outcome, Outlet, Refusal, Reply};
use crate::dialect::{Decoded, Decoder, Due, Encoding, Habit, Speaker, Step};
use crate::id::ClientId;
use crate::limits::LINES_PER_TURN;
use crate::time::Time;

impl Server {
    /// Carries out what this client has said, as far as its budget goes. `input` was just read.
    pub(super) fn converse(&mut self, now: Time, id: ClientId, input: &[u8]) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let mut is_member = session.phase == Phase::Chatting;
        let mut decoder = std::mem::take(&mut session.decoder);
        let mut decoded = decoder.decode(now, input);
        if session.phase == Phase::Silent && decoded.says_something() {
            session.phase = Phase::Choosing;
        }
        let mut lines = 0;
        loop {
            let due = decoded.due();
            if due == Due::Later
                || (due == Due::InTurn && !self.may_be_heard(now, id, &decoded, lines))
            {
                break;
            }
            lines += usize::from(due == Due::InTurn);
            let could_be_nickname = &|name: &str| self.lobby.could_be_nickname(name);
            let step = decoded.next(match is_member {
                true => Speaker::Member,
                false => Speaker::Stranger { could_be_nickname },
            });
            if step == Step::More {
                break;
            }
            is_member = self.take_step(now, id, step, is_member);
        }
        drop(decoded);
        self.put_back(now, id, decoder);
    }

    /// Whether the next message of this client may be carried out now; if not, notes why.
    fn may_be_heard(
        &mut self,
        now: Time,
        id: ClientId,
        decoded: &Decoded<'_>,
        lines: usize,
    ) -> bool {
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
            if self.must_wait_for_readers(now, id, decoded)
                || self.must_wait_its_turn(now, id, decoded)
            {
                return false;
            }
        }
        let waits_for_flush = lines > 0 && self.fanout.wants_flush();
        if lines >= LINES_PER_TURN || waits_for_flush || self.has_recalled_enough() {
            if let Some(session) = self.sessions.get_mut(id) {
                session.unfinished = true;
                self.woken.push_back(id);
            }
            return false;
        }
        true
    }

    /// Puts back what could not be carried out yet.
    fn put_back(&mut self, now: Time, id: ClientId, decoder: Decoder) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session.phase == Phase::Closing {
            return;
        }
        let (all_said, nothing_begun) = (decoder.is_drained(), decoder.is_idle());
        session.decoder = decoder;
        let (is_held, is_stranger) = (session.held, session.phase != Phase::Chatting);
        let has_too_much =
            usize::from(session.stranger_bytes) >= session.decoder.limits().stranger_bytes;
        let end = (session.ended && all_said).then_some(session.broken);
        if nothing_begun {
            self.turns.remove(id);
        } else if is_held {
            self.tell_to_wait(id);
        }
        if let Some(is_broken) = end {
            let reason = if is_broken { CloseReason::Lost } else { CloseReason::Ended };
            self.close(now, id, reason);
        } else if is_stranger && has_too_much {
            self.close(now, id, CloseReason::Told(Farewell::TooManyTries));
        }
    }

    /// Does what one step asks for. Whether the client is a member then.
    fn take_step(&mut self, now: Time, id: ClientId, step: Step<'_>, is_member: bool) -> bool {
        let asked = match step {
            Step::More => return is_member,
            Step::Noise(bytes) => {
                if let Some(session) = self.sessions.get_mut(id) {
                    session.charge_noise(now, self.settings.flood, bytes);
                }
                return is_member;
            }
            Step::Answer(bytes) => {
                self.fanout.push(id, bytes);
                return is_member;
            }
            Step::Become(habit) => {
                self.note_habit(id, habit);
                return is_member;
            }
            Step::Close(language, last_words) => {
                self.fanout.push(id, last_words);
                self.close(now, id, CloseReason::Foreign(language));
                return is_member;
            }
            Step::Command(command) => Some(Ok(command)),
            Step::Blank => None,
            Step::Refuse(refusal) => Some(Err(refusal)),
        };
        self.counters.lines += 1;
        if is_member {
            self.hear_member(now, id, asked)
        } else {
            self.hear_stranger(now, id, asked)
        }
    }

    fn hear_member(
        &mut self,
        now: Time,
        id: ClientId,
        asked: Option<Result<Command<'_>, Refusal>>,
    ) -> bool {
        let cost = match &asked {
            Some(Ok(command)) => command.cost(),
            Some(Err(_)) | None => 1,
        };
        self.charge(now, id, cost);
        if let Some(asked) = asked {
            self.carry_out(now, id, asked);
        }
        true
    }

    /// A message of somebody without a nickname, which most likely is that nickname. Charged to
    /// where it comes from alone, and there are only so many tries.
    fn hear_stranger(
        &mut self,
        now: Time,
        id: ClientId,
        asked: Option<Result<Command<'_>, Refusal>>,
    ) -> bool {
        let Some(session) = self.sessions.get_mut(id) else { return false };
        session.stranger_tries += 1;
        let tries = session.stranger_tries;
        self.carry_out(now, id, asked.unwrap_or(Err(Refusal::NicknameFirst)));
        let is_member = self.lobby.is_member(id);
        self.charge_stranger(now, id, is_member);
        let Some(session) = self.sessions.get_mut(id) else { return false };
        if is_member {
            session.phase = Phase::Chatting;
        } else if tries >= session.decoder.limits().stranger_tries {
            self.close(now, id, CloseReason::Told(Farewell::TooManyTries));
        }
        is_member
    }

    /// Writes to a client as it reads.
    fn note_habit(&mut self, id: ClientId, habit: Habit) {
        match habit {
            Habit::ReadsUnicode => self.fanout.write_more_than_ascii(id),
            Habit::ReadsPieces | Habit::ReadsStream => {
                let is_stream = habit == Habit::ReadsStream;
                self.lobby.read_history_unasked(id, is_stream);
                self.fanout.write_small(id, !is_stream);
            }
        }
    }

    /// Carries out what was asked, or says why not.
    fn carry_out(&mut self, now: Time, id: ClientId, asked: Result<Command<'_>, Refusal>) {
        match asked {
            Ok(command) => self.obey(now, id, command),
            Err(refusal) => self.fanout.reply(id, &Reply::Refused(&refusal)),
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
                self.fanout.reply(id, &Reply::Numbers(place));
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
}
