//! Hearing a client out: its messages, carried out one by one.
//!
//! The decoder is taken out of its session meanwhile, so that a message can be borrowed from it
//! while the fan-out writes to any outbox, the speaker's included.

use super::Server;
use super::audit::Audited;
use super::close_reason::CloseReason;
use super::session::Phase;
use crate::chat::{Census, Command, Farewell, Outcome, Outlet, PeopleReply, Refusal, Reply};
use crate::dialect::{
    Acknowledgement, Decoded, Decoder, Due, Encoding, Format, Habit, Note, Situation, Speaker, Step,
};
use crate::id::ClientId;
use crate::limits::{FOUND_PER_LINE, LINES_PER_TURN};
use crate::time::Time;

/// What a message asks for.
enum Asked<'a> {
    /// Something of the lobby.
    Command(Command<'a>),
    /// To be told things in another form.
    Format(Format),
    /// A sign of life.
    Ping,
    /// Nothing.
    Nothing,
    /// What cannot be understood, or lacks something.
    InVain(Refusal),
}

impl Asked<'_> {
    /// What flood control charges, in lines.
    fn cost(&self) -> u32 {
        match self {
            Self::Command(command) => command.cost(),
            Self::Format(_) | Self::Ping | Self::Nothing | Self::InVain(_) => 1,
        }
    }
}

impl Server {
    /// Carries out what this client has said, as far as its budget goes. `input` was just read.
    pub(super) fn converse(&mut self, now: Time, id: ClientId, input: &mut [u8]) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let mut is_member = session.phase == Phase::Chatting;
        let mut decoder = std::mem::take(&mut session.decoder);
        let mut most_tries = decoder.limits().stranger_tries;
        let mut decoded = decoder.decode(now, input, &self.settings.spoken);
        if session.phase == Phase::Silent && decoded.says_something() {
            session.phase = Phase::Choosing;
        }
        if decoded.due() == Due::Onward {
            self.resume_answer(id);
        }
        let mut lines = 0;
        loop {
            let due = decoded.due();
            let is_heard = match due {
                Due::Now => true,
                Due::Onward => !self.must_catch_up(id),
                Due::InTurn => self.may_be_heard(now, id, &decoded, lines),
                Due::Later => false,
            };
            if !is_heard {
                break;
            }
            lines += usize::from(due == Due::InTurn);
            let could_be_nickname = &|name: &str| self.lobby.could_be_nickname(name);
            let source_bytes = &|| self.source_bytes(id);
            let step = decoded.next(match is_member {
                true => Speaker::Member { source_bytes },
                false => Speaker::Stranger { could_be_nickname },
            });
            match step {
                Step::More => break,
                Step::Switch => {
                    drop(decoded);
                    most_tries = decoder.limits().stranger_tries;
                    decoded = decoder.decode(now, &mut [], &self.settings.spoken);
                }
                step => is_member = self.take_step(now, id, step, is_member),
            }
            if !is_member {
                self.limit_tries(now, id, most_tries);
            }
        }
        drop(decoded);
        self.put_back(now, id, decoder);
    }

    /// Closes a client without a nickname that has tried as often as its language allows.
    fn limit_tries(&mut self, now: Time, id: ClientId, most: u8) {
        if self.sessions.get(id).is_some_and(|session| session.stranger_tries >= most) {
            self.close(now, id, CloseReason::Told(Farewell::TooManyTries));
        }
    }

    /// Bytes of what others are told of who says something.
    fn source_bytes(&self, id: ClientId) -> usize {
        self.lobby.source_bytes(id, self.network_of(id))
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
        if session.is_listening() {
            return session.forget_input();
        }
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
            Step::More | Step::Switch => return is_member,
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
            Step::BeginRequest(number) => {
                self.begin_request(id, number);
                return is_member;
            }
            Step::Note(note) => {
                self.fanout.note(id, &note);
                return is_member;
            }
            Step::Told(note) => {
                self.tell_note(now, id, &note, is_member);
                return is_member;
            }
            Step::Introduce(introduced) => {
                self.introduce(now, id, introduced);
                return is_member;
            }
            Step::EndRequest => {
                self.end_request(id);
                return is_member;
            }
            Step::Speak(encoding) => {
                self.speak_in(now, id, encoding);
                return is_member;
            }
            Step::Become(habit) => {
                self.note_habit(id, habit);
                return is_member;
            }
            Step::Finish(last_words) => {
                self.end_in_order(now, id, last_words);
                return is_member;
            }
            Step::Web(call) => {
                self.serve(now, id, &call);
                return is_member;
            }
            Step::Close(language, last_words) => {
                self.fanout.push(id, last_words);
                self.close(now, id, CloseReason::Foreign(language));
                return is_member;
            }
            Step::Also(command) => {
                self.obey(now, id, command);
                return is_member;
            }
            Step::Command(command) => Asked::Command(command),
            Step::Format(format) => Asked::Format(format),
            Step::Ping => Asked::Ping,
            Step::Blank => Asked::Nothing,
            Step::Refuse(refusal) => Asked::InVain(refusal),
        };
        self.counters.lines += 1;
        if is_member {
            self.hear_member(now, id, asked)
        } else {
            self.hear_stranger(now, id, asked)
        }
    }

    /// A language answers a message by itself, which costs a member a line. Who would have to come
    /// encrypted is told what there is to ask for, as that may say how, and not asked for anything.
    fn tell_note(&mut self, now: Time, id: ClientId, note: &Note<'_>, is_member: bool) {
        if !is_member && !note.is_offer() && self.send_away_unencrypted(now, id) {
            return;
        }
        self.counters.lines += 1;
        self.fanout.note(id, note);
        if is_member {
            self.charge(now, id, 1);
        } else {
            self.send_away_unencrypted(now, id);
        }
    }

    /// The conversation ends in order, with these bytes.
    fn end_in_order(&mut self, now: Time, id: ClientId, last_words: &[u8]) {
        if self.fanout.encoding(id).is_answered_once() {
            self.charge_stranger(now, id, false);
        }
        self.fanout.push(id, last_words);
        self.close(now, id, CloseReason::Finished);
    }

    /// A request that bears this number is carried out from now on.
    fn begin_request(&mut self, id: ClientId, number: u64) {
        self.said_before = self.lobby.cursor().number;
        self.fanout.begin_request(id, number);
    }

    /// The client is answered in another language from now on.
    fn speak_in(&mut self, now: Time, id: ClientId, encoding: Encoding) {
        if encoding.is_answered_once() {
            self.open_request(now, id);
        } else {
            self.close_request(id);
        }
        self.fanout.set_encoding(id, encoding);
    }

    /// The request of a client is carried out, or will be when it is answered.
    fn end_request(&mut self, id: ClientId) {
        if self.sessions.get(id).is_some_and(|session| session.awaits_answer) {
            if let Some(number) = self.fanout.put_off_request(id) {
                self.end_when_answered(id, number);
            }
            return;
        }
        let last = self.lobby.cursor().number;
        self.fanout.end_request(id, Some(last).filter(|last| *last > self.said_before));
    }

    fn hear_member(&mut self, now: Time, id: ClientId, asked: Asked<'_>) -> bool {
        self.charge(now, id, asked.cost());
        self.carry_out(now, id, asked);
        true
    }

    /// A message of somebody without a nickname, which most likely is that nickname. Charged to
    /// where it comes from alone, and counted: there are only so many tries.
    fn hear_stranger(&mut self, now: Time, id: ClientId, asked: Asked<'_>) -> bool {
        if self.send_away_unencrypted(now, id) {
            return false;
        }
        let Some(session) = self.sessions.get_mut(id) else { return false };
        session.stranger_tries += 1;
        let asked = match asked {
            Asked::Nothing => Asked::InVain(Refusal::NicknameFirst),
            asked => asked,
        };
        self.carry_out(now, id, asked);
        let is_member = self.lobby.is_member(id);
        self.charge_stranger(now, id, is_member);
        let Some(session) = self.sessions.get_mut(id) else { return false };
        if is_member {
            session.phase = Phase::Chatting;
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
    fn carry_out(&mut self, now: Time, id: ClientId, asked: Asked<'_>) {
        match asked {
            Asked::Command(command) => self.obey(now, id, command),
            Asked::Format(format) => self.tell_in(now, id, format),
            Asked::Ping => self.fanout.acknowledge(id, Acknowledgement::Pong),
            Asked::InVain(refusal) => self.fanout.reply(id, &Reply::Refused(&refusal)),
            Asked::Nothing => {}
        }
    }

    /// Tells a client things in another form from now on, and how far they are.
    fn tell_in(&mut self, now: Time, id: ClientId, format: Format) {
        let encoding = self.fanout.encoding(id).with(format);
        self.fanout.set_encoding(id, encoding);
        let situation = Situation {
            nickname: self.lobby.nickname(id),
            room: self.lobby.room_name_of(id),
            cursor: self.lobby.cursor(),
            now: self.started + now.since(Time::ZERO),
            udp: self.matchmaker.port(),
        };
        let mut answer = Vec::new();
        encoding.announce(format, &situation, &mut answer);
        self.fanout.push(id, &answer);
    }

    /// Tells a client how many are here.
    fn count_people(&mut self, id: ClientId) {
        let census = self.lobby.census();
        let others = census.members + self.lobby.listeners();
        let strangers = self.sessions.len().saturating_sub(others);
        let census = Census { strangers, ..census };
        self.fanout.reply(id, &Reply::People(PeopleReply::Census(census)));
    }

    pub(super) fn obey(&mut self, now: Time, id: ClientId, command: Command<'_>) {
        let outcome = self.with_context(now, |lobby, fanout, context| {
            lobby.execute(id, command, context, fanout)
        });
        match outcome {
            Outcome::Stays => {}
            Outcome::Quits(reason) => {
                self.leave_lobby(now, id, reason);
                self.close(now, id, CloseReason::Told(Farewell::Quit));
            }
            Outcome::Renamed => self.note_name(id),
            Outcome::SeeksMatch { queue, players } => self.seek_match(now, id, queue, players),
            Outcome::Listed(people) => {
                self.charge(now, id, u32::try_from(people / FOUND_PER_LINE).unwrap_or(u32::MAX));
            }
            Outcome::CountsPeople => self.count_people(id),
            Outcome::StopsSeeking => self.stop_seeking(id),
            Outcome::Invites(friend) => self.invite(now, id, friend),
            Outcome::Authenticates { name, password } => {
                self.authenticate(now, id, name, password);
            }
            Outcome::Account(request) => self.request_of_account(now, id, request),
            Outcome::Guessed => self.charge_guess(now, id),
            Outcome::KeptOut => self.close(now, id, CloseReason::Told(Farewell::Banned)),
        }
        if let Some(record) = self.lobby.take_record() {
            self.audit.push(Audited::Done(record));
        }
        while let Some((expelled, farewell)) = self.lobby.poll_expelled() {
            self.close(now, expelled, CloseReason::Told(farewell));
        }
    }
}
